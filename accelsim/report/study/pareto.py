"""The figure of two objectives: which points nothing beats, and which are beaten."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import accelsim
from accelsim.report.drawing import MUTED, PALETTE, Drawn, render
from accelsim.report.quantity import axis, printable, typeset
from accelsim.report.study.data import ID, INFEASIBLE, POINTS, Objective, Point, SweepData
from accelsim.report.study.front import complete, feasible, front

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

MOST_LABELS = 12
"""Points of a front that are numbered in the figure and named in its caption."""


def sweep_figures(data: SweepData) -> list[Drawn]:
    """Draw the front of every two objectives that some point has both of."""
    return [
        render(
            f"pareto_{i}",
            "Pareto front",
            footer(data),
            partial(pareto, data, pair),
            height_in=3.6,
        )
        for i, pair in enumerate(itertools.combinations(data.objectives, 2), start=1)
        if complete(data.points, pair)
    ]


def pareto(data: SweepData, pair: Sequence[Objective], figure: FigureBase) -> str:
    """Two objectives: dominated points grey, infeasible ones crossed, the front connected and its points numbered."""
    across, up = (objective.metric for objective in pair)
    rated = complete(data.points, pair)
    best = front(data.points, pair)
    on_front = set(best)
    dominated = [point for point in feasible(data.points, pair) if point not in on_front]
    infeasible = [point for point in rated if point.status == INFEASIBLE]
    axes = figure.add_subplot()
    (x_label, x_factor), (y_label, y_factor) = (axis(name, values(rated, name)) for name in (across, up))

    def columns(points: Sequence[Point]) -> tuple[list[float], list[float]]:
        return (
            [value * x_factor for value in values(points, across)],
            [value * y_factor for value in values(points, up)],
        )

    axes.plot(*columns(dominated), linestyle="", marker="o", markersize=4, color=MUTED, label="dominated")
    if infeasible:
        axes.plot(*columns(infeasible), linestyle="", marker="x", markersize=4, color=MUTED, label="infeasible")
    at = columns(best)
    axes.plot(*at, drawstyle="steps-post", marker="o", markersize=5, color=PALETTE[0], label="front")
    numbers: dict[tuple[float, float], list[str]] = {}
    for point, x, y in list(zip(best, *at, strict=True))[:MOST_LABELS]:
        numbers.setdefault((x, y), []).append(f"#{point.axes[ID]}")
    # No point lies on the better side of the front: there is room for its numbers.
    left, below = (goal.direction == "min" for goal in pair)
    for place, names in numbers.items():
        axes.annotate(
            printable(" ".join(names)),
            place,
            xytext=(-4 if left else 4, -4 if below else 4),
            textcoords="offset points",
            ha="right" if left else "left",
            va="top" if below else "bottom",
            fontsize=7.5,
        )
    axes.set(xlabel=typeset(printable(x_label)), ylabel=typeset(printable(y_label)))
    axes.margins(0.12)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=3, fontsize=8)
    return _pareto_caption(data, pair, best, len(rated))


def _pareto_caption(data: SweepData, pair: Sequence[Objective], best: Sequence[Point], complete: int) -> str:
    goals = " and ".join(f"{goal.direction} {goal.metric}" for goal in pair)
    counts = f"{len(best)} of {complete} points on the front"
    left_out = f"left out for lack of a figure: {len(data.points) - complete}"
    if data.constraints:
        infeasible = sum(point.status == INFEASIBLE for point in data.points)
        left_out += f", infeasible: {infeasible}"
    key = "; ".join(f"#{point.axes[ID]} {data.short_name(point)}" for point in best[:MOST_LABELS])
    more = ", and more in the table" if len(best) > MOST_LABELS else ""
    return f"{goals}: {counts}; {left_out}. Front: {key}{more}."


def values(points: Sequence[Point], metric: str) -> list[float]:
    return [value for point in points if (value := point.metrics[metric]) is not None]


def footer(data: SweepData) -> str:
    run = f"{seeds(data)}, engine {data.engine}"
    return f"sweep {data.name}; {run}; source: {POINTS}; accelsim {accelsim.__version__}"


def seeds(data: SweepData) -> str:
    return "1 seed" if data.seeds == 1 else f"{data.seeds} seeds"
