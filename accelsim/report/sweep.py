"""The report of a sweep: which points nothing beats, in a figure, and all points in a table."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import accelsim
from accelsim.formats.json_file import check_version, damaged, read_json
from accelsim.report import html
from accelsim.report.drawing import MUTED, PALETTE, Drawn, render
from accelsim.report.load import read_table
from accelsim.report.quantity import MISSING, axis, label, printable, quantity, typeset

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

SWEEP, POINTS = "sweep.json", "points.csv"
ID, STATUS, MESSAGE = "id", "status", "message"
INFEASIBLE = "infeasible"
"""Status of points that violate a constraint of the sweep."""
SIGNS = {"min": 1.0, "max": -1.0}
MOST_LABELS = 12
"""Points of a front that are numbered in the figure and named in its caption."""
MOST_ROWS = 2000
"""Points of the table; of a larger sweep it shows the front."""


@dataclass(frozen=True)
class Objective:
    """A metric and whether little or much of it is good."""

    metric: str
    direction: str


@dataclass(frozen=True, eq=False)
class Point:
    """A point of a sweep: number, axis values and seed as text, status, message, and the metrics it has."""

    axes: dict[str, str]
    status: str
    message: str
    metrics: dict[str, float | None]


@dataclass(frozen=True)
class SweepData:
    """A sweep read from its directory."""

    name: str
    description: str
    engine: str
    seeds: int
    objectives: tuple[Objective, ...]
    points: tuple[Point, ...]
    constraints: tuple[str, ...] = ()

    def short_name(self, point: Point) -> str:
        """Return what sets a point apart in short: `lanes=16, voltage=0.5 V`."""
        varying = [key for key in point.axes if key != ID and len({other.axes[key] for other in self.points}) > 1]
        return ", ".join(f"{key.rpartition('.')[2]}={point.axes[key]}" for key in varying)


def load_sweep(folder: Path | str) -> SweepData:
    """Read a sweep directory.

    Parameters
    ----------
    folder : directory with `sweep.json`, which names the objectives, and `points.csv`, whose columns are
        `id`, the axes and `seed`, then `status` and `message`, then metrics.

    Raises
    ------
    ConfigError
        If a file is missing or damaged, or another version of accelsim wrote it.
    """
    path = Path(folder) / SWEEP
    data = read_json(path)
    for key in ("accelsim", "sweep", "description", "engine", "seeds", "objectives"):
        if key not in data:
            raise damaged(path, f"`{key}` is missing")
    check_version(path, data["accelsim"])
    objectives = data["objectives"]
    if not isinstance(objectives, list) or not all(_is_objective(entry) for entry in objectives):
        raise damaged(path, "`objectives` is no list of metrics with direction `min` or `max`")
    table = Path(folder) / POINTS
    points = tuple(_point(table, row) for row in read_table(table))
    chosen = tuple(Objective(entry["metric"], entry["direction"]) for entry in objectives)
    name, description, engine = (str(data[key]) for key in ("sweep", "description", "engine"))
    constraints = tuple(map(str, data.get("constraints") or ()))
    return SweepData(name, description, engine, len(data["seeds"]), chosen, points, constraints)


def _is_objective(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("metric"), str) and entry.get("direction") in SIGNS


def _point(path: Path, row: dict[str, str]) -> Point:
    names = list(row)
    missing = [name for name in (ID, STATUS, MESSAGE) if name not in names]
    if missing:
        raise damaged(path, f"column `{missing[0]}` is missing")
    at = names.index(STATUS)
    metrics = {name: _number(row[name]) for name in names[at + 2 :]}
    return Point({name: row[name] for name in names[:at]}, row[STATUS], row["message"], metrics)


def _number(cell: str) -> float | None:
    """A cell as a finite number; None if it is empty or holds something else."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def front(points: Sequence[Point], objectives: Sequence[Objective]) -> list[Point]:
    """Return the points that no other one dominates: is as good in every objective and better in one.

    Points that lack an objective or violate a constraint take no part. The order is that of the first objective, best
    first.
    """
    rated = [(tuple(_rate(point, goal) for goal in objectives), point) for point in _feasible(points, objectives)]
    kept: list[tuple[tuple[float, ...], Point]] = []
    # A point comes after all that dominate it, and domination is transitive: the front so far decides.
    for rate, point in sorted(rated, key=lambda pair: pair[0]):
        if not any(_dominates(other, rate) for other, _ in kept):
            kept.append((rate, point))
    return [point for _, point in kept]


def _dominates(better: tuple[float, ...], worse: tuple[float, ...]) -> bool:
    return better != worse and all(a <= b for a, b in zip(better, worse, strict=True))


def _complete(points: Sequence[Point], objectives: Sequence[Objective]) -> list[Point]:
    return [point for point in points if all(point.metrics.get(goal.metric) is not None for goal in objectives)]


def _feasible(points: Sequence[Point], objectives: Sequence[Objective]) -> list[Point]:
    return [point for point in _complete(points, objectives) if point.status != INFEASIBLE]


def _rate(point: Point, objective: Objective) -> float:
    value = point.metrics[objective.metric]
    assert value is not None
    return SIGNS[objective.direction] * value


def sweep_figures(data: SweepData) -> list[Drawn]:
    """Draw the front of every two objectives that some point has both of."""
    return [
        render(
            f"pareto_{i}",
            "Pareto front",
            _footer(data),
            partial(pareto, data, pair),
            height_in=3.6,
        )
        for i, pair in enumerate(itertools.combinations(data.objectives, 2), start=1)
        if _complete(data.points, pair)
    ]


def pareto(data: SweepData, pair: Sequence[Objective], figure: FigureBase) -> str:
    """Two objectives: dominated points grey, infeasible ones crossed, the front connected and its points numbered."""
    across, up = (objective.metric for objective in pair)
    complete = _complete(data.points, pair)
    best = front(data.points, pair)
    on_front = set(best)
    dominated = [point for point in _feasible(data.points, pair) if point not in on_front]
    infeasible = [point for point in complete if point.status == INFEASIBLE]
    axes = figure.add_subplot()
    (x_label, x_factor), (y_label, y_factor) = (axis(name, _values(complete, name)) for name in (across, up))

    def columns(points: Sequence[Point]) -> tuple[list[float], list[float]]:
        return (
            [value * x_factor for value in _values(points, across)],
            [value * y_factor for value in _values(points, up)],
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
    return _pareto_caption(data, pair, best, len(complete))


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


def _values(points: Sequence[Point], metric: str) -> list[float]:
    return [value for point in points if (value := point.metrics[metric]) is not None]


def _footer(data: SweepData) -> str:
    run = f"{_seeds(data)}, engine {data.engine}"
    return f"sweep {data.name}; {run}; source: {POINTS}; accelsim {accelsim.__version__}"


def _seeds(data: SweepData) -> str:
    return "1 seed" if data.seeds == 1 else f"{data.seeds} seeds"


def sweep_page(data: SweepData, figures: Sequence[Drawn], summary: str = "") -> str:
    """Return the page of a sweep as one HTML document that needs no other file; `summary` stands before its points."""
    goals = [(f"objective, {objective.direction}", objective.metric) for objective in data.objectives]
    statuses = [point.status for point in data.points]
    counts = ", ".join(f"{statuses.count(status)} {status}" for status in dict.fromkeys(statuses))
    about = [("description", data.description)] if data.description else []
    about += [("run", f"{_seeds(data)}, engine {data.engine}")]
    about += [("points", f"{len(data.points)} ({counts})" if counts else "0")]
    lead = html.pairs([*about, *goals, *(("constraint", constraint) for constraint in data.constraints)])
    drawn = [html.section("Figures", html.figures(figures))] if figures else []
    footer = f"accelsim {accelsim.__version__}; every metric of every point: {POINTS}"
    return html.page(f"sweep {data.name}", lead, [*drawn, summary, html.section("Points", _points(data))], footer)


def _points(data: SweepData) -> str:
    axes = list(data.points[0].axes) if data.points else []
    best = dict.fromkeys(front(data.points, data.objectives) if data.objectives else [])
    everything = len(data.points) <= MOST_ROWS
    shown = data.points if everything else tuple(best)
    metrics = [objective.metric for objective in data.objectives]
    rows = [
        (
            *(html.text(point.axes[name]) for name in axes),
            *(html.number(quantity(point.metrics, name), point.metrics.get(name)) for name in metrics),
            html.text("yes" if point in best else MISSING),
            html.text(point.status),
            html.long_text(point.message),
        )
        for point in shown
    ]
    return html.table(
        f"{'every point' if everything else 'the front'}; on the front: no other point dominates it",
        (*axes, *(label(name) for name in metrics), "front", "status", "message"),
        rows,
    )
