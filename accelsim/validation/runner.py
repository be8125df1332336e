"""Replay of a folder of golden cases: the kind of data is named in its `golden.yaml`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import Field

from accelsim.config.errors import ConfigError, Problem
from accelsim.config.loader import load_document
from accelsim.config.model import Model, validate
from accelsim.config.registry import Registry, UnknownNameError

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Check:
    """One comparison of a case.

    Attributes
    ----------
    what : str
        What was compared.
    values : int
        Number of values.
    mismatches : int
    first : str
        The first mismatch in words, empty if there is none.
    """

    what: str
    values: int
    mismatches: int
    first: str = ""


def equal(what: str, found: Any, expected: Any) -> Check:
    """Compare two integer arrays value by value."""
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape != expected.shape:
        first = f"shape {found.shape} against {expected.shape}"
        return Check(what, int(expected.size), max(int(expected.size), 1), first)
    differs = np.flatnonzero(found.astype(np.int64).reshape(-1) != expected.astype(np.int64).reshape(-1))
    first = ""
    if differs.size:
        at = np.unravel_index(int(differs[0]), expected.shape)
        place = ", ".join(str(int(i)) for i in at)
        first = f"[{place}]: {int(found[at])} against {int(expected[at])}"
    return Check(what, int(expected.size), int(differs.size), first)


@dataclass(frozen=True)
class CaseReport:
    """Outcome of one case."""

    name: str
    engine: str
    checks: tuple[Check, ...]
    notes: tuple[str, ...] = ()
    error: str | None = None
    skipped: str | None = None
    """Why the case was not replayed."""

    @property
    def values(self) -> int:
        """Number of values compared."""
        return sum(check.values for check in self.checks)

    @property
    def mismatches(self) -> int:
        """Number of values that differ."""
        return sum(check.mismatches for check in self.checks)

    @property
    def passed(self) -> bool:
        """Whether something was compared and nothing differed."""
        return self.error is None and self.values > 0 and self.mismatches == 0

    def line(self) -> str:
        """The case in one line."""
        if self.skipped is not None:
            return f"skip  {self.name}  {self.engine}  {self.skipped}"
        if self.error is not None:
            return f"FAIL  {self.name}  {self.engine}  {self.error}"
        what = f"{len(self.checks)} quantities, {self.values} values, {self.mismatches} mismatches"
        worst = next((f"; {check.what} {check.first}" for check in self.checks if check.mismatches), "")
        notes = f"  ({'; '.join(self.notes)})" if self.notes else ""
        return f"{'pass' if self.passed else 'FAIL'}  {self.name}  {self.engine}  {what}{worst}{notes}"

    def as_data(self) -> dict[str, Any]:
        """The case as plain data."""
        return {
            "case": self.name,
            "engine": self.engine,
            "passed": self.passed,
            "values": self.values,
            "mismatches": self.mismatches,
            "error": self.error,
            "skipped": self.skipped,
            "notes": list(self.notes),
            "checks": [check.__dict__ for check in self.checks],
        }


class Golden(Model):
    """The schema of `golden.yaml`."""

    kind: str
    """Format of the cases."""
    version: int = 1
    source: str = ""
    index: str | None = None
    """File that lists the cases."""
    third_party: tuple[str, ...] = Field(default=())
    """Files that may not be copied; their cases are skipped where the files are absent."""


@dataclass(frozen=True)
class Folder:
    """A folder of cases."""

    path: Path
    golden: Golden

    def index(self, model: type[M], first_key: str) -> M:
        """The folder's index file, validated."""
        if self.golden.index is None:
            marker = str(self.path / "golden.yaml")
            raise ConfigError(Problem(file=marker, path="index", message="missing; names the list of cases"))
        return validate(load_document(self.path / self.golden.index, first_key), model)

    def json_index(self) -> dict[str, Any]:
        """The folder's index file in JSON: cases by name."""
        if self.golden.index is None:
            marker = str(self.path / "golden.yaml")
            raise ConfigError(Problem(file=marker, path="index", message="missing; names the list of cases"))
        path = self.path / self.golden.index
        try:
            index = json.loads(path.read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            raise ConfigError(Problem(str(path), error.lineno, error.colno, message=f"not JSON: {error.msg}")) from None
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ConfigError(Problem(str(path), message=f"cannot be read: {reason.lower()}")) from None
        if not isinstance(index, dict) or not index:
            raise ConfigError(Problem(str(path), message="expected cases by name"))
        return index


@dataclass(frozen=True)
class Replay:
    """One case, ready to be replayed."""

    name: str
    run: Callable[[str], CaseReport]
    """Replays it on the named engine."""


kinds: Registry[Callable[[Folder], list[Replay]]] = Registry(
    "kind of golden data",
    "accelsim.validation",
    {
        "reckon-rtl": "accelsim.validation.reckon_rtl:cases",
        "odin-rtl": "accelsim.validation.odin_rtl:cases",
        "tinyodin-rtl": "accelsim.validation.odin_rtl:cases",
        "noc-packets": "accelsim.validation.noc_packets:cases",
        "snn-chip-steps": "accelsim.validation.snn_steps:cases",
        "eprop-vectors": "accelsim.validation.eprop_vectors:cases",
        "l2m-log": "accelsim.validation.l2m:cases",
        "logic-blocks": "accelsim.validation.logic_blocks:cases",
        "sram-table": "accelsim.validation.sram_table:cases",
    },
)
"""Readers of golden folders by kind."""


def validate_folder(path: Path | str, *, engine: str = "compiled", pattern: str = "*") -> Iterator[CaseReport]:
    """Replay the cases of a folder, one report each.

    Parameters
    ----------
    path : folder with a `golden.yaml`
    engine : {"compiled", "simpy"}
    pattern : shell pattern of case names

    Raises
    ------
    ConfigError
        If the folder is malformed or no case matches.
    """
    folder = open_folder(Path(path))
    try:
        reader = kinds.get(folder.golden.kind)
    except UnknownNameError as error:
        raise ConfigError(Problem(file=str(folder.path / "golden.yaml"), path="kind", message=str(error))) from None
    chosen = [case for case in reader(folder) if fnmatch(case.name, pattern)]
    if not chosen:
        raise ConfigError(Problem(file=str(path), message=f"no case matches `{pattern}`"))
    for case in chosen:
        yield case.run(engine)


def open_folder(path: Path) -> Folder:
    """Read a folder's `golden.yaml`."""
    marker = path / "golden.yaml"
    if not path.is_dir():
        raise ConfigError(Problem(file=str(path), message="no such folder"))
    if not marker.is_file():
        raise ConfigError(Problem(file=str(path), message="no folder of golden cases: it has no golden.yaml"))
    return Folder(path, validate(load_document(marker, "kind"), Golden))
