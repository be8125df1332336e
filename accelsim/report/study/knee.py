"""The knee of a front: where a little more of one objective begins to cost much of another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accelsim.report.study.configurations import Configuration
from accelsim.report.study.data import Objective
from accelsim.report.study.front import rates

FEWEST = 3
"""Designs of a front that has one between its ends."""
ROUNDING = 1e-9


def knee(best: Sequence[Configuration], objectives: Sequence[Objective]) -> Configuration | None:
    """Return the design of a front that is farthest, on the better side, from the plane through the front's ends.

    Each objective is scaled such that the front goes from 0, its best value, to 1, its worst. The ends are the designs
    best in one objective each; the plane through them is Das' convex hull of individual minima (I. Das, On
    characterizing the "knee" of the Pareto curve based on normal-boundary intersection, Structural Optimization 18,
    107-115, 1999). Where the ends span no plane that faces the best values, it is the one through the unit points.

    Parameters
    ----------
    best : the front of these objectives

    Returns
    -------
    Configuration or None
        None if the front has no design that bulges beyond the plane; the first of equals.
    """
    values = np.array([rates(each, objectives) for each in best], float).reshape(len(best), len(objectives))
    if len(best) < FEWEST:
        return None
    low, span = values.min(axis=0), np.ptp(values, axis=0)
    scaled = (values - low)[:, span > 0] / span[span > 0]
    if scaled.shape[1] < 2:
        return None
    distance = _distances(scaled)
    found = int(distance.argmax())
    return best[found] if distance[found] > ROUNDING else None


def _distances(scaled: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of each row from the plane through the rows that are best in a column, positive towards 0."""
    sums = scaled.sum(axis=1)
    ends = np.array([scaled[np.lexsort((sums, column))[0]] for column in scaled.T])
    normal = np.ones(scaled.shape[1])
    if abs(np.linalg.det(ends)) > ROUNDING:
        found = np.linalg.solve(ends, normal)
        normal = found if (found > 0).all() else normal
    distances: NDArray[np.float64] = (1 - scaled @ normal) / np.linalg.norm(normal)
    return distances
