"""Golden cases of kind `sram-table`: CACTI runs of SRAM and eDRAM, predicted by a table that has not seen them.

The index is a CSV file with a row per run, its columns those of the shipped table and perhaps more.  A run that the
shipped table lacks is predicted from all of it.  A run that it holds is predicted from what is left when a random
fifth of the table, with the run in it, is withheld.  Every slice of the runs is a case, and `all` of them together.

All runs together must keep the limits of `LIMITS`, and each slice those of the medians; eDRAM, whose 106 runs are
few and uneven, twice those.  The write energies of eDRAM are unusable and not compared.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.config.errors import ConfigError, Problem, check
from accelsim.technology.sram_table import (
    EDRAM,
    QUANTITIES,
    MemoryTable,
    Row,
    device,
    family,
    outside,
    shipped,
)
from accelsim.technology.sram_table import rows as shipped_rows
from accelsim.validation.runner import CaseReport, Check, Folder, Replay

TEXTS = ("slice", "ports", "cell", "periphery", "objective")
NUMBERS = ("size_bytes", "word_bits", "node_nm", "banks", "temp_K")
ALL = "all"
FOLDS = 5
SEED = 1
"""Of the fifths that are withheld in turn."""
EDRAM_ALLOWANCE = 2.0

Run = dict[str, Any]


@dataclass(frozen=True)
class Limit:
    """Largest relative errors of a quantity: median, and 90th percentile if it is limited."""

    what: str
    median: float
    ninetieth: float | None = None
    only: Callable[[Row], bool] = lambda row: True
    """Which runs it is about."""


LIMITS = {
    "read_pJ": Limit("read energy", 0.10, 0.25),
    "write_pJ": Limit("write energy", 0.12, 0.30, lambda row: device(row) != EDRAM),
    "leak_mW_total": Limit("leakage", 0.10, 0.25),
    "area_mm2": Limit("area", 0.10, 0.25),
    "access_ns": Limit("access time (ed2)", 0.15, None, lambda row: row["objective"] == "ed2"),
}


def cases(folder: Folder) -> list[Replay]:
    """A case for all runs of the folder's index, and one per slice."""
    runs = read_runs(folder)
    truth = np.array([[run[name] for name in QUANTITIES] for run in runs])
    errors = Errors(runs, truth)
    slices = sorted({run["slice"] for run in runs} - {ALL})
    return [Replay(name, partial(_report, name, errors)) for name in (ALL, *slices)]


class Errors:
    """Relative errors [run, quantity] of predicting runs, computed when first asked for.

    Parameters
    ----------
    runs : configurations.
    truth : what was measured [run, `QUANTITIES`].
    """

    def __init__(self, runs: Sequence[Run], truth: NDArray[np.float64]) -> None:
        self.runs, self.truth = runs, truth
        known = {_key(row) for row in shipped_rows()}
        self.seen = np.array([_key(run) in known for run in runs])
        self._withheld: NDArray[np.float64] | None = None

    def unseen_runs(self) -> NDArray[np.float64]:
        """Errors of the table without the runs."""
        if self._withheld is None:
            self._withheld = self._errors(lambda runs: predict_unseen(runs, shipped_rows()))
        return self._withheld

    def shipped_table(self) -> NDArray[np.float64]:
        """Errors of the table as it is shipped, for the runs that it holds."""
        return self._errors(lambda runs: _by_family(runs, shipped))[self.seen]

    def _errors(self, predicted: Callable[[Sequence[Run]], NDArray[np.float64]]) -> NDArray[np.float64]:
        return np.abs(predicted(self.runs) / self.truth - 1)


def predict_unseen(runs: Sequence[Row], table: Sequence[Row]) -> NDArray[np.float64]:
    """Return every quantity [run, `QUANTITIES`] of runs, each predicted by a table that lacks it.

    Parameters
    ----------
    runs : configurations to predict.
    table : runs to predict from; those of them that `runs` asks for are withheld, a random fifth of the table at
        a time.
    """
    fold_of_row = np.random.default_rng(SEED).integers(FOLDS, size=len(table))
    fold_of = {_key(row): int(fold) for row, fold in zip(table, fold_of_row, strict=True)}
    found = np.empty((len(runs), len(QUANTITIES)))
    fold_of_run = np.array([fold_of.get(_key(run), -1) for run in runs])
    for fold in np.unique(fold_of_run):
        kept = [row for row, its in zip(table, fold_of_row, strict=True) if its != fold]
        chosen = np.flatnonzero(fold_of_run == fold).tolist()
        found[chosen] = _by_family([runs[i] for i in chosen], partial(_table, kept))
    return found


def _table(rows: Sequence[Row], name: str) -> MemoryTable:
    return MemoryTable([row for row in rows if family(row) == name])


def _by_family(runs: Sequence[Row], table: Callable[[str], MemoryTable]) -> NDArray[np.float64]:
    """Predict every run from the table of its family."""
    found = np.empty((len(runs), len(QUANTITIES)))
    families = np.array([family(run) for run in runs])
    for name in np.unique(families):
        chosen = np.flatnonzero(families == name).tolist()
        found[chosen] = table(str(name)).predict([runs[i] for i in chosen])
    return found


def _report(name: str, errors: Errors, engine: str) -> CaseReport:
    runs = errors.runs
    inside = np.array([name in (ALL, run["slice"]) for run in runs])
    withheld = errors.unseen_runs()
    checks, notes = [], []
    for quantity, limit in LIMITS.items():
        chosen = inside & np.array([limit.only(run) for run in runs])
        if chosen.any():
            one = _limited(limit, withheld[chosen, QUANTITIES.index(quantity)], name, runs[int(np.argmax(chosen))])
            checks.append(one[0])
            notes.append(one[1])
    seen = int((inside & errors.seen).sum())
    notes.append(f"{int(inside.sum()) - seen} runs new to the shipped table, {seen} withheld from it by fifths")
    if name == ALL and seen:
        notes.append(f"the shipped table itself reproduces its runs within {errors.shipped_table().max():.1e}")
    return CaseReport(name, engine, tuple(checks), tuple(notes))


def _limited(limit: Limit, error: NDArray[np.float64], name: str, run: Run) -> tuple[Check, str]:
    """Judge the errors of some runs, and put them in words."""
    median, ninetieth = float(np.median(error)), float(np.quantile(error, 0.9))
    note = f"{limit.what} {median:.1%} median, {ninetieth:.1%} 90th percentile"
    most = limit.median * (EDRAM_ALLOWANCE if name != ALL and device(run) == EDRAM else 1.0)
    most_ninetieth = limit.ninetieth if name == ALL and limit.ninetieth is not None else np.inf
    if median <= most and ninetieth <= most_ninetieth:
        return Check(limit.what, error.size, 0), note
    first = f"{note}; allowed are {most:.0%}" + (f" and {most_ninetieth:.0%}" if np.isfinite(most_ninetieth) else "")
    return Check(limit.what, error.size, int((error > most).sum()), first), note


def read_runs(folder: Folder) -> list[Run]:
    """Return the runs of a folder's index, numbers as numbers.

    Raises
    ------
    ConfigError
        If the index cannot be read, lacks a column, or holds what is no run in the range of the table.
    """
    if folder.golden.index is None:
        marker = str(folder.path / "golden.yaml")
        raise ConfigError(Problem(file=marker, path="index", message="missing; names the list of runs"))
    path = folder.path / folder.golden.index
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
        reader = csv.DictReader(io.StringIO(text, newline=""))
        lines = list(reader)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(Problem(str(path), message=f"cannot be read: {reason.lower()}")) from None
    if not lines:
        raise ConfigError(Problem(str(path), message="no runs"))
    missing = [name for name in (*TEXTS, *NUMBERS, *QUANTITIES) if name not in (reader.fieldnames or ())]
    check(Problem(str(path), 1, path=name, message="no such column") for name in missing)
    problems: list[Problem] = []
    runs = [_run(cells, str(path), line, problems) for line, cells in enumerate(lines, 2)]
    check(problems)
    return runs


def _run(cells: Mapping[str, str | None], file: str, line: int, problems: list[Problem]) -> Run:
    """Return one run; what is wrong with it is added to `problems`."""
    run: Run = {name: cells[name] or "" for name in TEXTS}
    wrong = []
    for name in (*NUMBERS, *QUANTITIES):
        try:
            run[name] = float(cells[name] or "")
            if not 0 < run[name] < np.inf:
                wrong.append(Problem(file, line, path=name, message=f"{cells[name]} is not > 0 and finite"))
        except ValueError:
            wrong.append(Problem(file, line, path=name, message=f"`{cells[name] or ''}` is no number"))
    problems += wrong or [replace(problem, file=file, line=line) for problem in outside(run)]
    return run


def _key(row: Row) -> tuple[Any, ...]:
    """Return what identifies a configuration."""
    return (*(float(row[name]) for name in NUMBERS), *(row[name] for name in TEXTS[1:]))
