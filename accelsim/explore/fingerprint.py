"""Hashes of the sources and data that a stage of a run depends on: an edited kernel makes its old results unreachable.

A stage depends on whole packages, those of the design's layers: finer would have to follow every import, and a
missed one would bring stale results back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Any

from accelsim.controllers.registry import controllers
from accelsim.simulation.about import versions
from accelsim.simulation.plugins import PLUGGABLE

PACKAGE = Path(__file__).resolve().parents[1]
DATA_PACKAGES = ("scikit-learn", "scipy")
"""Packages that data sets and curves come from, beside those that results name."""

ACTIVITY = (
    "config", "formats", "architecture", "datapath", "plasticity", "neurons", "devices", "controllers", "lifelong",
    "workload", "simulation/setup.py", "simulation/tick_run.py", "explore/tape.py",
)  # fmt: skip
"""What decides what a network does."""
TIMING = (
    *ACTIVITY, "mapping", "engine", "simulation", "cost/histogram.py", "technology/operations.py",
    "technology/switching.py", "explore/stages.py",
)  # fmt: skip
"""What decides when it happens, and in which form counts are kept."""
PRICING = tuple(
    f"simulation/{name}.py"
    for name in ("breakdown", "chip_figures", "describe", "explained", "figures", "mesh_costs", "mission", "power",
                 "pricing", "recost", "rule_table")
)  # fmt: skip
"""Part of the above by its place, but deciding costs alone."""
EVERYTHING = (*TIMING, "metrics", "cost", "technology")
"""What decides a row of results."""


@cache
def fingerprint(parts: tuple[str, ...], but: tuple[str, ...] = ()) -> str:
    """Hash of the content of packages and files of accelsim, but some, and of the versions they run with."""
    found = hashlib.sha256(repr(_environment()).encode())
    for path in sorted(set(_files(parts)) - set(_files(but))):
        found.update(path.relative_to(PACKAGE).as_posix().encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def _files(parts: Iterable[str]) -> Iterator[Path]:
    for part in parts:
        place = PACKAGE / part
        if place.is_file():
            yield place
        yield from (path for path in place.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _environment() -> list[Any]:
    """Version of Python and of packages that compute, and installed packages that offer rules or models."""
    groups = {registry.entry_point_group for registry in (*PLUGGABLE.values(), controllers)} - {None}
    offered = [point for group in sorted(map(str, groups)) for point in entry_points(group=group)]
    return [
        versions(),
        [version(name) for name in DATA_PACKAGES],
        sorted((point.name, point.value, str(point.dist and point.dist.version)) for point in offered),
    ]
