"""A sweep read from its directory."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accelsim.formats.json_file import check_version, damaged, read_json
from accelsim.report.load import read_table

SWEEP, POINTS = "sweep.json", "points.csv"
ID, STATUS, MESSAGE = "id", "status", "message"
INFEASIBLE = "infeasible"
"""Status of points that violate a constraint of the sweep."""
SIGNS = {"min": 1.0, "max": -1.0}


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
