"""Which points no other point beats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from accelsim.explore.constraints import INFEASIBLE
from accelsim.explore.schema import Objective


def pareto_front(points: Sequence[Mapping[str, Any]], objectives: Sequence[Objective]) -> list[int]:
    """Positions of the points that are not dominated, in ascending order.

    A point dominates another if it is at least as good in every objective and better in one; of equal points none
    dominates. Points that lack an objective (None or NaN) or violate a constraint are left out.

    Parameters
    ----------
    points : sequence of mapping
        Each with the metrics by name, such as the rows of a sweep.
    objectives : sequence of Objective

    Raises
    ------
    ValueError
        Without objectives.
    """
    if not objectives:
        raise ValueError("a Pareto front needs at least one objective")
    complete = [
        i
        for i, point in enumerate(points)
        if point.get("status") != INFEASIBLE and not any(_missing(point.get(goal.column)) for goal in objectives)
    ]
    # Ranks instead of values: exact for integers of any size.
    ranks = np.zeros((len(complete), len(objectives)), np.int64)
    for column, goal in enumerate(objectives):
        values = [points[i][goal.column] for i in complete]
        order = {value: rank for rank, value in enumerate(sorted(set(values), reverse=goal.direction == "max"))}
        ranks[:, column] = [order[value] for value in values]
    # A point comes after all that dominate it, and domination is transitive: the front so far decides.
    front: list[int] = []
    for row in np.lexsort(ranks.T[::-1]):
        better = ranks[front]
        if not ((better <= ranks[row]).all(axis=1) & (better < ranks[row]).any(axis=1)).any():
            front.append(int(row))
    return sorted(complete[row] for row in front)


def _missing(value: Any) -> bool:
    return value is None or value != value
