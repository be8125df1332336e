"""What the axes of a sweep do to a metric: each alone, two together, and from one design."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelsim.report.study.configurations import Configuration, configurations, labelled, summary_of
from accelsim.report.study.data import ID, OK, SweepData
from accelsim.report.study.front import front, value
from accelsim.report.study.knee import knee

MOST_LEVELS = 50
"""Values of an axis above which it is no factor of an analysis of variance."""


@dataclass(frozen=True)
class Level:
    """Mean of a metric over the designs with one value of an axis, and half its interval over seeds."""

    label: str
    mean: float
    half_width: float | None
    designs: int


@dataclass(frozen=True)
class Effect:
    """What an axis does, averaged over all others."""

    axis: str
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Interaction:
    """Means of a metric by the values of two axes; None where no design has both.

    `strength` is the share of the variance between designs that the two explain together but not each for itself.
    """

    first: str
    second: str
    first_levels: tuple[str, ...]
    second_levels: tuple[str, ...]
    cells: tuple[tuple[float | None, ...], ...]
    strength: float


@dataclass(frozen=True)
class Swing:
    """The least and the most that a metric comes to when one axis leaves its value in a base design."""

    axis: str
    base: float
    low: float
    high: float
    low_label: str
    high_label: str


def main_effects(data: SweepData, metric: str) -> list[Effect]:
    """Return the mean of a metric at each value of each axis that varies, over all designs that have the metric.

    The interval is that of the mean over seeds: the designs are averaged for each seed first, as runs with the same
    seed share their data. Nothing is adjusted for a search that tried some values with better company than others.
    """
    by_seed = _by_seed(data, metric)
    effects = []
    for axis in data.varying:
        levels = []
        for label in data.axes[axis]:
            rows = [values for each, values in by_seed.items() if each.axes[axis] == label]
            if rows:
                found = summary_of(np.mean(rows, axis=0).tolist())
                assert found.mean is not None
                levels.append(Level(label, found.mean, found.half_width, len(rows)))
        if len(levels) > 1:
            effects.append(Effect(axis, tuple(levels)))
    return effects


def _by_seed(data: SweepData, metric: str) -> Mapping[Configuration, Sequence[float]]:
    """Values of a metric by seed, of the designs that have it for each; their means if no design does."""
    points = {int(point.axes[ID]): point.metrics.get(metric) for point in data.points}
    rows = {each: [points[number] for number in each.ids] for each in configurations(data)}
    whole = {each: row for each, row in rows.items() if len(row) == data.seeds and None not in row}
    return whole or {each: [mean] for each in rows if (mean := value(each, metric)) is not None}  # type: ignore[return-value]


def interactions(data: SweepData, metric: str) -> list[Interaction]:
    """Return how much each two axes change what the other one does to a metric, strongest first.

    The strength is the sum of squares of the interaction in a two-way analysis of variance over the designs' means,
    SS_AB / SS_total: by how much a mean for each cell fits better than effects of the rows and columns that add up
    (R. A. Fisher, Statistical methods for research workers, 1925; for unequal cells F. Yates, J. Am. Stat. Assoc. 29,
    51-66, 1934).
    """
    designs = [(each, mean) for each in configurations(data) if (mean := value(each, metric)) is not None]
    values = np.array([mean for _, mean in designs])
    total = float(((values - values.mean()) ** 2).sum()) if designs else 0.0
    codes = {}
    for axis in data.varying:
        seen = {each.axes[axis] for each, _ in designs}
        levels = tuple(label for label in data.axes[axis] if label in seen)
        if 1 < len(levels) <= MOST_LEVELS:
            place = {label: i for i, label in enumerate(levels)}
            codes[axis] = levels, np.array([place[each.axes[axis]] for each, _ in designs])
    found = []
    for (first, (rows, i)), (second, (columns, j)) in itertools.combinations(codes.items(), 2):
        at = i * len(columns) + j
        size = len(rows) * len(columns)
        counts = np.bincount(at, minlength=size).reshape(len(rows), len(columns))
        sums = np.bincount(at, values, size).reshape(counts.shape)
        means = sums / np.maximum(counts, 1)
        strength = _interaction_squares(means, counts) / total if total else 0.0
        cells = tuple(
            tuple(float(mean) if count else None for mean, count in zip(*row, strict=True))
            for row in zip(means, counts, strict=True)
        )
        found.append(Interaction(first, second, rows, columns, cells, strength))
    return sorted(found, key=lambda each: -each.strength)


def _interaction_squares(means: NDArray[np.float64], counts: NDArray[np.int64]) -> float:
    """Weighted squares that remain of the means of cells after the best fit of row and column effects that add up."""
    if (counts == counts[0, 0]).all():
        rest = means - means.mean(axis=1, keepdims=True) - means.mean(axis=0) + means.mean()
        return float(counts[0, 0] * (rest**2).sum())
    i, j = np.nonzero(counts)
    weights = np.sqrt(counts[i, j])
    design = np.zeros((len(i), sum(counts.shape)))
    design[np.arange(len(i)), i] = weights
    design[np.arange(len(i)), counts.shape[0] + j] = weights
    wanted = weights * (means[i, j] - means[i, j].mean())
    fit, *_ = np.linalg.lstsq(design, wanted, rcond=None)
    return float(((wanted - design @ fit) ** 2).sum())


def base_design(data: SweepData, metric: str) -> Configuration | None:
    """Return the design from which sensitivities are taken: the first label's, else the knee, else the first design.

    One that keeps to all constraints goes before one that does not. A design without the metric is passed over; None
    if no design has it.
    """
    every = configurations(data)
    goals = data.objectives
    found: list[Configuration | None] = [*labelled(data)]
    found += [knee(front(every, goals), goals) if goals else None, *every]
    known = [each for each in found if each is not None and value(each, metric) is not None]
    return next((each for each in known if each.status == OK), known[0] if known else None)


def sensitivity(data: SweepData, metric: str) -> list[Swing]:
    """Return how far a metric swings when one axis at a time leaves the base design, the widest first."""
    base = base_design(data, metric)
    if base is None:
        return []
    middle = value(base, metric)
    assert middle is not None
    near: dict[str, list[tuple[float, str]]] = {axis: [(middle, base.axes[axis])] for axis in data.varying}
    for each in configurations(data):
        apart = [axis for axis in data.varying if each.axes[axis] != base.axes[axis]]
        mean = value(each, metric)
        if len(apart) == 1 and mean is not None:
            near[apart[0]].append((mean, each.axes[apart[0]]))
    swings = []
    for axis, found in near.items():
        if len(found) > 1:
            low, high = min(found, key=lambda one: one[0]), max(found, key=lambda one: one[0])
            swings.append(Swing(axis, middle, low[0], high[0], low[1], high[1]))
    return sorted(swings, key=lambda swing: swing.low - swing.high)
