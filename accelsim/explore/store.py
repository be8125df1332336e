"""The directory of a sweep.

``sweep.json``
    What was swept: name, axes, seeds, objectives, engine, versions, both base documents and their hashes.
``points.jsonl``
    Journal: one line per finished run, on disk before the next one is waited for.
``points.csv``
    The table: one row per finished point in grid order, written whole at the end or on an interruption.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from accelsim.config.errors import ConfigError, Problem
from accelsim.explore.constraints import INFEASIBLE, Constraint, violations
from accelsim.explore.execute import Outcome
from accelsim.explore.points import Point
from accelsim.explore.schema import COLUMNS
from accelsim.formats.atomic import prepare_output_directory, write_text_atomic

SUMMARY, JOURNAL, TABLE = "sweep.json", "points.jsonl", "points.csv"


class Store:
    """A sweep's directory, open for one run of the sweep.

    Parameters
    ----------
    folder
        Where; created if need be.
    resume
        Whether a sweep that is there already is continued.

    Raises
    ------
    ConfigError
        If the folder cannot be written, is foreign, or holds results and `resume` is False.
    """

    def __init__(self, folder: Path | str, *, resume: bool = False) -> None:
        self.folder = prepare_output_directory(folder, marker=SUMMARY, overwrite=resume)
        self._journal = self.folder / JOURNAL
        self._file: io.BufferedWriter | None = None

    def begin(self, summary: Mapping[str, Any]) -> dict[str, Outcome]:
        """Write `sweep.json`, open the journal and return what it holds: the last outcome of each key."""
        write_text_atomic(self.folder / SUMMARY, json.dumps(summary, indent=1, allow_nan=False) + "\n")
        try:
            known, end = self._read()
            self._file = open(self._journal, "ab")  # noqa: SIM115
            self._file.truncate(end)  # a line cut short by a crash
        except OSError as error:
            raise self._cannot("open", error) from error
        return known

    def append(self, point: Point, key: str, outcome: Outcome) -> None:
        """Add a finished point to the journal; it is on disk when this returns."""
        assert self._file is not None
        line = {"key": key, "id": point.id, "axes": dict(point.axes), "seed": point.seed, **asdict(outcome)}
        try:
            self._file.write(json.dumps(line, allow_nan=False).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._cannot("write", error) from error

    def write_table(self, rows: Sequence[Mapping[str, Any]], axes: Iterable[str]) -> None:
        """Write `points.csv`: floats with all their digits, missing values empty."""
        first, *others = COLUMNS
        names = dict.fromkeys([first, *axes, *others, *(name for row in rows for name in row)])
        text = io.StringIO()
        writer = csv.DictWriter(text, list(names), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
        write_text_atomic(self.folder / TABLE, text.getvalue())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def _read(self) -> tuple[dict[str, Outcome], int]:
        """Outcomes by key, and where the last whole line ends."""
        content = self._journal.read_bytes() if self._journal.exists() else b""
        end = content.rfind(b"\n") + 1
        known: dict[str, Outcome] = {}
        for number, line in enumerate(content[:end].splitlines(), 1):
            try:
                entry = json.loads(line)
                known[entry["key"]] = Outcome(*(entry[name] for name in Outcome.__dataclass_fields__))
            except (ValueError, LookupError, TypeError):
                problem = Problem(str(self._journal), number, message="is no finished point; remove the line to resume")
                raise ConfigError(problem) from None
        return known, end

    def _cannot(self, action: str, error: OSError) -> ConfigError:
        reason = (error.strerror or str(error)).lower()
        return ConfigError(Problem(message=f"cannot {action} {self._journal}: {reason}"))


def row(point: Point, outcome: Outcome, constraints: Iterable[Constraint] = ()) -> dict[str, Any]:
    """A point as a row of the table: id, axes, seed, status, message, metrics.

    A point that violates a constraint is infeasible, and its message says why.
    """
    status, message = str(outcome.status), outcome.message
    if status == "ok" and (reason := violations(constraints, outcome.metrics)):
        status, message = INFEASIBLE, reason
    head = {"id": point.id, **point.axes, "seed": point.seed, "status": status, "message": message}
    # An axis that the user named like a metric keeps its column.
    return head | {name: value for name, value in outcome.metrics.items() if name not in head}


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, bool) else value
