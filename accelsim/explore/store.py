"""The directory of a sweep.

``sweep.json``
    What was swept: name, axes, seeds, objectives, engine, versions, the base documents and their hashes.
``study.sqlite``
    One row per point: what it sets, hashes, status, message, all metrics and their parts. A finished point is in it
    before the next one is waited for, whole or not at all, whatever is killed.
``points.csv``
    The table: one row per finished point in grid order, written whole at the end or on an interruption.
``breakdown.csv``
    Written with it: energy and area by component and busy cycles by state of every finished point.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import accelsim
from accelsim.config.errors import ConfigError, Problem
from accelsim.explore.constraints import INFEASIBLE, Constraint, Value, violations
from accelsim.explore.execute import Outcome
from accelsim.explore.points import Point
from accelsim.explore.schema import COLUMNS, Column
from accelsim.explore.tasks import Inputs
from accelsim.formats.atomic import prepare_output_directory, write_text_atomic
from accelsim.formats.json_file import read_json

SUMMARY, DATABASE, TABLE, LOCK = "sweep.json", "study.sqlite", "points.csv", "study.lock"
BREAKDOWN = "breakdown.csv"
REMEDY = "go on with them with `--resume`, or name another folder with `--out`"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS study (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS points (
    id INTEGER, key TEXT, status TEXT NOT NULL, message TEXT NOT NULL DEFAULT '', traceback TEXT,
    fits INTEGER NOT NULL DEFAULT 1, axes TEXT NOT NULL, seed INTEGER NOT NULL, bases TEXT NOT NULL,
    settings TEXT NOT NULL, architecture_sha256 TEXT, workload_sha256 TEXT, activity_key TEXT, timing_key TEXT,
    reused TEXT, metrics TEXT, breakdown TEXT, wall_s REAL
);
CREATE UNIQUE INDEX IF NOT EXISTS by_id ON points (id) WHERE id IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_key ON points (key);
"""
_FINISHED = (
    "UPDATE points SET status=?, message=?, traceback=?, fits=?, metrics=?, breakdown=?, wall_s=?, reused=? WHERE id=?"
)
_ROW = "INSERT INTO points ({}) VALUES ({})"


@dataclass(frozen=True)
class Read:
    """A study that was read back.

    Attributes
    ----------
    summary : mapping
        As in `sweep.json`.
    rows : list of (Point, str, Outcome)
        Every point with its status: `queued`, `running`, `done` or `failed`.
    """

    summary: Mapping[str, Any]
    rows: list[tuple[Point, str, Outcome]]


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
        If the folder cannot be written, is foreign, is in use by another sweep, was made by another version, or holds
        results and `resume` is False.
    """

    def __init__(self, folder: Path | str, *, resume: bool = False) -> None:
        _remove_left_over(Path(folder))
        self.folder = prepare_output_directory(folder, marker=SUMMARY, overwrite=resume, remedy=REMEDY)
        self._path = self.folder / DATABASE
        self._lock: sqlite3.Connection | None = None
        self._database: sqlite3.Connection | None = None

    def begin(self, summary: Mapping[str, Any]) -> dict[str, Outcome]:
        """Take the study, write `sweep.json` and return the successful outcomes that it holds, by key."""
        if self._path.exists():
            check_version(self.folder / SUMMARY)
        text = json.dumps(summary, indent=1, allow_nan=False) + "\n"
        with self._telling("open"):
            # Held as long as this process lives: the system lets go of it however the process ends.
            self._lock = sqlite3.connect(self.folder / LOCK, timeout=0, isolation_level=None)
            try:
                self._lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    raise
                message = "another sweep is writing to this study; wait for it, or choose another folder"
                raise ConfigError(Problem(str(self.folder), message=message)) from None
            write_text_atomic(self.folder / SUMMARY, text)
            # Points are taken down by one thread, but a finished future may be handed over by another.
            self._database = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.executescript(_SCHEMA)
            self._database.execute("INSERT OR REPLACE INTO study VALUES ('summary', ?)", (text,))
            found = self._database.execute(
                f"SELECT key, {_OUTCOME} FROM points WHERE status='done' AND key IS NOT NULL"
            )
            known = {key: _outcome("done", *rest) for key, *rest in found}
            with self._transaction():  # a point that is no longer in the plan keeps its result for a later one
                self._database.execute("DELETE FROM points WHERE status != 'done' OR key IS NULL")
                self._database.execute("UPDATE points SET id=NULL")
        return known

    def plan(self, points: Iterable[tuple[Point, Inputs | None, Outcome | None]]) -> None:
        """Add points, those with an outcome as finished, the others as queued."""
        with self._telling("write"), self._transaction() as database:
            for point, inputs, outcome in points:
                key = inputs.key if inputs is not None else None
                if key is not None:
                    database.execute("DELETE FROM points WHERE key=? AND id IS NULL", (key,))
                row = {"id": point.id, "key": key, "status": "queued", **_plan_columns(point, inputs)}
                names = ", ".join(row)
                database.execute(_ROW.format(names, ", ".join("?" * len(row))), tuple(row.values()))
                if outcome is not None:
                    database.execute(_FINISHED, (*_outcome_columns(outcome), point.id))

    def begun(self, point: Point) -> None:
        """Mark a point as running."""
        with self._telling("write"):
            assert self._database is not None
            self._database.execute("UPDATE points SET status='running' WHERE id=?", (point.id,))

    def finished(self, point: Point, outcome: Outcome) -> None:
        """Keep what became of a point; it is in the file when this returns."""
        with self._telling("write"):
            assert self._database is not None
            self._database.execute(_FINISHED, (*_outcome_columns(outcome), point.id))

    def write_table(self, rows: Sequence[Mapping[str, Any]], axes: Iterable[str]) -> None:
        """Write `points.csv`."""
        write_text_atomic(self.folder / TABLE, table_text(rows, axes))

    def write_breakdown(self, outcomes: Mapping[int, Outcome]) -> None:
        """Write `breakdown.csv`."""
        write_text_atomic(self.folder / BREAKDOWN, breakdown_text(outcomes))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in (self._database, self._lock):
            if connection is not None:
                with suppress(sqlite3.Error):
                    connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        assert self._database is not None
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
        except BaseException:
            with suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    @contextmanager
    def _telling(self, action: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _cannot(action, self._path, error) from None


def _remove_left_over(folder: Path) -> None:
    """Remove the half-written summary of a sweep that was killed before it began."""
    with suppress(OSError):
        if not (folder / SUMMARY).exists():
            for name in (LOCK, *(path.name for path in folder.glob(f".{SUMMARY}.*.part"))):
                (folder / name).unlink(missing_ok=True)


def check_version(path: Path) -> None:
    """Raise `ConfigError` if another version wrote a study: its figures must not stand beside those of this one."""
    found = read_json(path).get("accelsim") if path.is_file() else None
    if found != accelsim.__version__:
        message = f"was made by accelsim {found}; this is accelsim {accelsim.__version__}: choose another folder"
        raise ConfigError(Problem(str(path.parent), message=message))


def read_study(place: Path | str) -> Read:
    """Read a study, finished or not.

    Parameters
    ----------
    place : its folder, or its `study.sqlite`.

    Raises
    ------
    ConfigError
        If there is none, or it is damaged.
    """
    path = Path(place) / DATABASE if Path(place).is_dir() else Path(place)
    if not path.is_file():
        raise ConfigError(Problem(str(place), message=f"is no study; expected a folder with `{DATABASE}`"))
    try:
        with _opened(path) as database:
            (text,) = database.execute("SELECT value FROM study WHERE name='summary'").fetchone()
            query = f"SELECT id, axes, seed, bases, status, {_OUTCOME} FROM points WHERE id IS NOT NULL ORDER BY id"
            rows = [
                (Point(number, json.loads(axes), seed, {}, json.loads(bases)), status, _outcome(status, *rest))
                for number, axes, seed, bases, status, *rest in database.execute(query)
            ]
        return Read(json.loads(text), rows)
    except sqlite3.Error as error:
        raise _cannot("read", path, error) from None
    except (TypeError, ValueError) as error:
        raise ConfigError(Problem(str(path), message=f"is damaged: {error}")) from None


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA query_only=1")
        yield connection
    finally:
        connection.close()


_OUTCOME = "message, traceback, fits, metrics, breakdown, wall_s, reused"


def _outcome(
    status: str,
    message: str,
    trace: str | None,
    fits: int,
    metrics: str | None,
    breakdown: str | None,
    wall_s: float | None,
    reused: str | None,
) -> Outcome:
    found, parts = (json.loads(text) if text else {} for text in (metrics, breakdown))
    kind = "failed" if status == "failed" else "ok"
    return Outcome(kind, message, found, wall_s, trace, bool(fits), reused or "", (), parts)  # type: ignore[arg-type]


def _plan_columns(point: Point, inputs: Inputs | None) -> dict[str, Any]:
    hashes = inputs.hashes if inputs is not None else {}
    return {
        "axes": json.dumps(dict(point.axes)),
        "seed": point.seed,
        "bases": json.dumps(dict(point.bases)),
        "settings": json.dumps({key: override.value for key, override in point.settings.items()}),
        "architecture_sha256": hashes.get("architecture"),
        "workload_sha256": hashes.get("workload"),
        "activity_key": inputs.stages.activity if inputs is not None else None,
        "timing_key": inputs.stages.timing if inputs is not None else None,
    }


def _outcome_columns(outcome: Outcome) -> tuple[Any, ...]:
    status = "done" if outcome.status == "ok" else "failed"
    found = (json.dumps(each, allow_nan=False) for each in (dict(outcome.metrics), dict(outcome.breakdown)))
    return status, outcome.message, outcome.traceback, outcome.fits, *found, outcome.wall_s, outcome.reused


def _cannot(action: str, path: Path, error: sqlite3.Error) -> ConfigError:
    return ConfigError(Problem(message=f"cannot {action} {path}: {error}"))


def row(
    point: Point,
    outcome: Outcome,
    constraints: Iterable[Constraint] = (),
    columns: Iterable[Column] = (),
    *,
    must_fit: bool = False,
) -> dict[str, Any]:
    """A point as a row of the table: id, axes, seed, status, message, columns that are expressions, metrics.

    A point that violates a constraint is infeasible, and its message says why.
    """
    status, message = str(outcome.status), outcome.message
    if status == "ok" and (reason := violations(constraints, outcome.metrics)):
        status, message = INFEASIBLE, reason
    elif must_fit and not outcome.fits:
        status = INFEASIBLE
    head = {"id": point.id, **point.axes, "seed": point.seed, "status": status, "message": message}
    worked_out: dict[str, Value] = {}
    for each in columns:
        if outcome.status == "ok" and each.column not in outcome.metrics:
            worked_out[each.column] = each.expression.value(outcome.metrics)
    # An axis that the user named like a metric keeps its column.
    return head | worked_out | {name: value for name, value in outcome.metrics.items() if name not in head}


def table_text(rows: Sequence[Mapping[str, Any]], axes: Iterable[str]) -> str:
    """Rows as CSV: floats with all their digits, missing values empty."""
    first, *others = COLUMNS
    names = dict.fromkeys([first, *axes, *others, *(name for row in rows for name in row)])
    text = io.StringIO()
    writer = csv.DictWriter(text, list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def breakdown_text(outcomes: Mapping[int, Outcome]) -> str:
    """What the metrics of points are made of as CSV, in the order of their ids."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("id", "kind", "part", "value"))
    for number, outcome in sorted(outcomes.items()):
        for kind, parts in outcome.breakdown.items():
            writer.writerows((number, kind, part, value) for part, value in parts.items())
    return text.getvalue()


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, bool) else value
