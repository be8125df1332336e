"""Golden latency-throughput curves of networks on chip, compared statistically: the random numbers are our own.

A folder with packet lists may have curves too: ``curves.csv.gz``, a row per measured point, and ``saturation.csv``, a
row per curve.  All curves of one router configuration are one case, `curves-A` for configuration A.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from accelsim.config.errors import ConfigError, Problem
from accelsim.engine.noc.config import NocConfig
from accelsim.engine.noc.curve import Bench, Saturation, Windows, find_saturation
from accelsim.engine.noc.traffic import Pattern
from accelsim.validation.runner import CaseReport, Check, Folder, Replay

POINTS, SATURATION = "curves.csv.gz", "saturation.csv"
TOLERANCE = 0.03
STANDARD_ERRORS = 4.0
"""A mean latency agrees within the larger of 3 % and four of its standard errors ..."""
SHARE = 0.95
"""... and a configuration if that many points do: one of two exact engines with other random numbers does as well."""
SATURATION_TOLERANCE = 0.05
"""A saturation load agrees within 5 % and the uncertainty that is stated with it."""
SEEDS = (1, 2, 3, 4)
"""A latency is the mean over several seeds: what is then left of a difference is mostly the noise of the data."""

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "A": {"vcs": 4, "buffer": 8},
    "B": {"vcs": 1, "buffer": 8},
    "C": {"vcs": 2, "buffer": 4, "routing": 0, "credit": 1},
    "E": {"vcs": 4, "buffer": 8, "routing": 2, "allocation": 2, "crossbar": 2, "credit": 2},
    "G": {"vcs": 1, "buffer": 2},
    "H": {"vcs": 1, "buffer": 16, "routing": 0},
}
"""Routers by the letter in the data; dimension-order routing without speculation.  Links take 1 cycle on a mesh and 2
on a torus."""
OUT_OF_SCOPE = {
    "D": "its routing is adaptive",
    "F": "its routers speculate",
    "X": "its routing is random",
}
PATTERNS = {"bitcomp": "bit-complement", "neighbor": "neighbour"}
"""Patterns that have another name in the data."""


class Key(NamedTuple):
    """What identifies a curve."""

    topology: str
    k: int
    pattern: str
    packet_size: int
    config: str

    def __str__(self) -> str:
        return f"{self.topology} {self.k}x{self.k} {self.pattern} of {self.packet_size} flits"


@dataclass(frozen=True)
class Measured:
    """A point of the data at which the network is not near saturation."""

    load: float
    windows: Windows
    latency: float
    sem: float

    @property
    def tolerance(self) -> float:
        """Largest difference of the mean latency, cycles."""
        return max(TOLERANCE * self.latency, STANDARD_ERRORS * self.sem)


@dataclass(frozen=True)
class Golden:
    """A curve of the data; `uncertainty` is None where the network takes a load of 1."""

    key: Key
    points: tuple[Measured, ...]
    saturation: float
    uncertainty: float | None

    def bench(self, windows: Windows, seed: int = SEEDS[0]) -> Bench:
        """The network and its traffic."""
        key = self.key
        link = 2 if key.topology == "torus" else 1
        config = NocConfig(
            key.k, key.k, key.topology == "torus", link_x=link, link_y=link, pipelined=False, ties="random",
            **CONFIGURATIONS[key.config],
        )  # fmt: skip
        return Bench(config, Pattern(config, PATTERNS.get(key.pattern, key.pattern)), key.packet_size, windows, seed)


def cases(folder: Folder) -> list[Replay]:
    """A case for every router configuration whose curves the folder has, if it has any."""
    if not (folder.path / POINTS).is_file():
        return []
    curves = read_curves(folder.path)
    letters = sorted({curve.key.config for curve in curves})
    return [
        Replay(f"curves-{letter}", partial(_run, letter, [curve for curve in curves if curve.key.config == letter]))
        for letter in letters
    ]


def _run(letter: str, curves: Sequence[Golden], engine: str) -> CaseReport:
    name = f"curves-{letter}"
    if letter not in CONFIGURATIONS:
        reason = OUT_OF_SCOPE.get(letter, "an unknown configuration")
        return CaseReport(name, engine, (), skipped=f"not modelled: {reason}")
    if engine != "compiled":
        return CaseReport(name, engine, (), skipped="millions of packets: compiled engine only")
    try:
        results = [compare(curve) for curve in curves]
    except ConfigError as error:
        return CaseReport(name, engine, (), error=str(error))
    outside = [text for result in results for text in result.outside]
    points = sum(len(curve.points) for curve in curves)
    enough = points - len(outside) >= SHARE * points
    shares = [result.saturation.load / curve.saturation - 1 for result, curve in zip(results, curves, strict=True)]
    wrong = [result.late for result in results if result.late]
    checks = (
        Check("mean latency", points, 0 if enough else len(outside), outside[0] if outside else ""),
        Check("saturation load", len(curves), len(wrong), wrong[0] if wrong else ""),
    )
    notes = (
        f"{points - len(outside)} of {points} points agree, {100 * SHARE:.0f} % must",
        f"saturation loads differ by {100 * min(shares):+.1f} to {100 * max(shares):+.1f} %",
    )
    return CaseReport(name, engine, checks, notes)


@dataclass(frozen=True)
class Compared:
    """A curve measured again: what differs, in words."""

    outside: tuple[str, ...]
    saturation: Saturation
    late: str


def compare(curve: Golden) -> Compared:
    """Measure a curve at the points of the data, and its saturation load."""
    outside = []
    found = [latency(curve, point) for point in curve.points]
    for point, mean in zip(curve.points, found, strict=True):
        if not abs(mean - point.latency) <= point.tolerance:
            outside.append(
                f"{curve.key} at {point.load}: {mean:.2f} cycles against {point.latency} +- {point.tolerance:.2f}"
            )
    saturation = find_saturation(curve.bench(curve.points[0].windows), found[0])
    late = ""
    if abs(saturation.load - curve.saturation) > SATURATION_TOLERANCE * curve.saturation + (curve.uncertainty or 0.0):
        late = f"{curve.key}: {saturation.load:.4f} against {curve.saturation}"
    return Compared(tuple(outside), saturation, late)


def latency(curve: Golden, point: Measured) -> float:
    """Mean latency at a point over the seeds; not a number if no packet arrived."""
    found = [curve.bench(point.windows, seed).measure(point.load).latency for seed in SEEDS]
    return sum(float("nan") if mean is None else mean for mean in found) / len(SEEDS)


def read_curves(folder: Path) -> list[Golden]:
    """The curves of a folder, in the order of `saturation.csv`."""
    points: dict[Key, list[Measured]] = {}
    for row in _rows(folder / POINTS):
        if row.text("kind") in ("zero", "grid") and row.number("completed", int):
            windows = Windows(*(row.number(name, int) for name in ("warmup", "measure", "drain_cap")))
            measured = Measured(row.number("offered"), windows, row.number("lat_mean"), row.number("lat_sem"))
            points.setdefault(row.key(), []).append(measured)
    found = []
    for row in _rows(folder / SATURATION):
        key = row.key()
        if key not in points:
            raise row.problem("config", f"no points of this curve in {POINTS}")
        open_ended = row.text("saturation_unc").startswith("none")
        uncertainty = None if open_ended else row.number("saturation_unc")
        ordered = sorted(points[key], key=lambda point: point.load)
        found.append(Golden(key, tuple(ordered), row.number("saturation_load"), uncertainty))
    return found


@dataclass(frozen=True)
class _Row:
    path: Path
    line: int
    cells: dict[str, Any]

    def problem(self, column: str, message: str) -> ConfigError:
        return ConfigError(Problem(str(self.path), self.line, 1, path=column, message=message))

    def text(self, column: str) -> str:
        value = self.cells.get(column)
        if not isinstance(value, str) or not value:
            raise self.problem(column, "missing")
        return value

    def number(self, column: str, kind: Callable[[str], Any] = float) -> Any:
        try:
            return kind(self.text(column))
        except ValueError:
            raise self.problem(column, f"`{self.text(column)}` is no number") from None

    def key(self) -> Key:
        if self.text("topology") not in ("mesh", "torus"):
            raise self.problem("topology", f"`{self.text('topology')}` is neither mesh nor torus")
        sizes = self.number("k", int), self.number("packet_size", int)
        return Key(self.text("topology"), sizes[0], self.text("pattern"), sizes[1], self.text("config"))


def _rows(path: Path) -> list[_Row]:
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8", newline="")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8", newline="") as file
        ):
            return [_Row(path, line, cells) for line, cells in enumerate(csv.DictReader(file), 2)]
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(Problem(str(path), message=f"cannot be read: {reason.lower()}")) from None
