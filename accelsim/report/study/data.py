"""A sweep read from its directory."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from accelsim.config.errors import ConfigError, Problem
from accelsim.formats.json_file import check_version, damaged, read_json
from accelsim.report.load import read_table
from accelsim.report.study.breakdown import Breakdown, load_breakdown

SWEEP, POINTS = "sweep.json", "points.csv"
ID, SEED, STATUS, MESSAGE = "id", "seed", "status", "message"
OK, FAILED = "ok", "failed"
INFEASIBLE = "infeasible"
"""Status of points that violate a constraint of the sweep."""
SIGNS = {"min": 1.0, "max": -1.0}


@dataclass(frozen=True)
class Column:
    """A metric in tables; an expression of metrics keeps its text."""

    metric: str
    expression: str = ""


@dataclass(frozen=True)
class Objective:
    """A metric and whether little or much of it is good; an expression of metrics keeps its text."""

    metric: str
    direction: str
    expression: str = ""


@dataclass(frozen=True)
class Declared:
    """A figure that the sweep asks for; `where` and `relative_to` hold texts of values (see the sweep's `figures`)."""

    name: str
    title: str
    kind: str
    x: str
    y: str
    lines: str | None
    panels: str | None
    where: Mapping[str, list[str]]
    log: list[str]
    relative_to: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Point:
    """A point of a sweep: number, axis values and seed as text, status, message, and the metrics it has."""

    axes: dict[str, str]
    status: str
    message: str
    metrics: dict[str, float | None]


@dataclass(frozen=True, eq=False)
class SweepData:
    """A sweep read from its directory.

    Attributes
    ----------
    columns : metrics that tables show beside the objectives
    levels : mapping of axis to texts of its values, in the order of the sweep
    figures : figures that the sweep declares
    labels : mapping of a name to the values of the axes of the design that bears it
    marks : mapping of a point's id to a name for its design
    breakdown : parts of energy, area and cycles by kind and point
    """

    name: str
    description: str
    engine: str
    seeds: int
    objectives: tuple[Objective, ...]
    points: tuple[Point, ...]
    constraints: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    figures: tuple[Declared, ...] = ()
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    marks: Mapping[int, str] = field(default_factory=dict)
    breakdown: Breakdown = field(default_factory=dict)

    @cached_property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """The values that occur of every axis but the seed, in the order of the sweep, or else of the points."""
        names = [name for name in (self.points[0].axes if self.points else ()) if name not in (ID, SEED)]
        found = {}
        for name in names:
            seen = dict.fromkeys(point.axes[name] for point in self.points)
            order = dict.fromkeys(self.levels.get(name, ()))
            found[name] = (
                *(level for level in order if level in seen),
                *(level for level in seen if level not in order),
            )
        return found

    @property
    def tabled(self) -> list[str]:
        """Metrics that tables show: objectives, then further columns."""
        return [*(goal.metric for goal in self.objectives), *(column.metric for column in self.columns)]

    @property
    def expressions(self) -> dict[str, str]:
        """Expressions of metrics by their names."""
        named = {goal.metric: goal.expression for goal in self.objectives}
        named |= {column.metric: column.expression for column in self.columns}
        return {name: text for name, text in named.items() if text not in ("", name)}

    @cached_property
    def varying(self) -> list[str]:
        """Axes with several values, without the seed."""
        return [name for name, levels in self.axes.items() if len(levels) > 1]

    @cached_property
    def metrics(self) -> list[str]:
        """Every metric that a point has a number for."""
        return list(
            dict.fromkeys(name for point in self.points for name, value in point.metrics.items() if value is not None)
        )

    def short(self, axis: str) -> str:
        """Return the shortest end of an axis' name that no other axis ends with: `lanes`, or `plasticity.lanes`."""
        parts = axis.split(".")
        for start in range(len(parts) - 1, 0, -1):
            end = ".".join(parts[start:])
            if not any(f".{other}".endswith(f".{end}") for other in self.axes if other != axis):
                return end
        return axis

    def named(self, axes: Mapping[str, str]) -> str:
        """Return values of axes in short, those that do not apply left out."""
        shown = [*self.varying, *([SEED] if self.seeds > 1 else [])]
        return ", ".join(f"{self.short(axis)}={axes[axis]}" for axis in shown if axes.get(axis))


def load_sweep(folder: Path | str, marks: Mapping[int, str] | None = None) -> SweepData:
    """Read a sweep directory.

    Parameters
    ----------
    folder : directory with `sweep.json`, which names the objectives, `points.csv`, whose columns are
        `id`, the axes and `seed`, then `status` and `message`, then metrics, and perhaps `breakdown.csv`.
    marks : names for the designs of some points, by their ids.

    Raises
    ------
    ConfigError
        If a file is missing or damaged, another version of accelsim wrote it, or a mark is of no point.
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
    marks = marks or {}
    ids = {point.axes[ID] for point in points}
    if unknown := [number for number in marks if str(number) not in ids]:
        raise ConfigError(Problem(path="--label", message=f"{path.parent} has no point {unknown[0]}"))
    try:
        return SweepData(
            str(data["sweep"]),
            str(data["description"]),
            str(data["engine"]),
            len(data["seeds"]),
            tuple(Objective(each["metric"], each["direction"], each.get("expression", "")) for each in objectives),
            points,
            tuple(map(str, data.get("constraints") or ())),
            tuple(Column(**column) for column in data.get("columns") or ()),
            {axis["name"]: tuple(map(_text, axis["values"])) for axis in data.get("axes", ())},
            tuple(Declared(**figure) for figure in data.get("figures", ())),
            {label["text"]: label["axes"] for label in data.get("labels", ())},
            marks,
            load_breakdown(folder),
        )
    except (KeyError, TypeError) as error:
        raise damaged(path, str(error)) from None


def _text(label: Any) -> str:
    """A value of an axis as the table shows it."""
    if label is None:
        return ""
    return str(label).lower() if isinstance(label, bool) else str(label)


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
