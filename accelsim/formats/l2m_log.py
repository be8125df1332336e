"""Logs of lifelong learning in the format of the L2M programme (l2logger, format version 1.1).

A log is a folder named after its scenario::

    logger_info.json      {"metrics_columns": [...], "log_format_version": "1.1"}
    scenario_info.json    author, complexity, difficulty, scenario_type, ...
    <worker>/<block>-<train|test>/data-log.tsv

Each line of a table is one experience: nine standard columns, the columns named in `logger_info.json` as numbers
(`nan` or nothing where there is none), and perhaps further columns, which are kept as text.  Timestamps are simulated
time.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from accelsim.config.errors import ConfigError, Problem, did_you_mean
from accelsim.formats.json_file import read_json, unreadable

FORMAT_VERSION = "1.1"
COLUMNS = (
    "block_num", "exp_num", "worker_id", "block_type", "block_subtype", "task_name", "task_params", "exp_status",
    "timestamp",
)  # fmt: skip
EPOCH = datetime(1970, 1, 1)
"""Time 0 of a simulation in timestamps."""
_LOGGER, _SCENARIO, _TABLE = "logger_info.json", "scenario_info.json", "data-log.tsv"
_CHOICES = {
    "block_type": ("train", "test"),
    "block_subtype": ("wake", "sleep"),
    "exp_status": ("complete", "incomplete"),
}
_LEVELS = {"complexity": ("1-low", "2-intermediate", "3-high"), "difficulty": ("1-easy", "2-medium", "3-hard")}
_WORKER = re.compile(r"(?!\.+$)[0-9a-zA-Z_\-.]+")
_TIMESTAMP = re.compile(r"\d{8}T\d{6}\.\d{1,6}")


@dataclass(frozen=True, slots=True)
class Experience:
    """One line of a log.

    Attributes
    ----------
    block, number : int
        Numbers of the block and of the experience; neither ever decreases.
    block_type : {"train", "test"}
    task : str
        By convention `<label>_<variant>`.
    values : tuple of float or None
        One for each of the log's measures.
    time_us : int
        Simulated time in microseconds.
    subtype : {"wake", "sleep"}
    params : str
        Parameters of the task in JSON.
    status : {"complete", "incomplete"}
    extra : tuple of str
        One text for each of the log's further columns.
    """

    block: int
    number: int
    block_type: str
    task: str
    values: tuple[float | None, ...]
    time_us: int
    worker: str = "worker-default"
    subtype: str = "wake"
    params: str = "{}"
    status: str = "complete"
    extra: tuple[str, ...] = ()


@dataclass(frozen=True)
class L2MLog:
    """A log: its experiences are ordered by number, then block, then worker.

    Attributes
    ----------
    name : str
        The folder's name.
    measures : tuple of str
        Names of the values of an experience.
    experiences : tuple of Experience
    scenario : mapping
        Content of `scenario_info.json`.
    extra_columns : tuple of str
        Names of the further columns.
    """

    name: str
    measures: tuple[str, ...]
    experiences: tuple[Experience, ...]
    scenario: Mapping[str, Any]
    extra_columns: tuple[str, ...] = ()


def read_log(folder: Path) -> L2MLog:
    """Read the log in a folder.

    Raises
    ------
    ConfigError
        Naming file, line and column of the first thing that is wrong: a file, column or cell that is missing, another
        format version, a number that is none, or block or experience numbers that decrease.
    """
    measures = _measures(folder / _LOGGER)
    scenario = _scenario(folder / _SCENARIO)
    paths = sorted(folder.glob(f"*/*/{_TABLE}"))
    if not paths:
        raise _wrong(folder, f"no tables `<worker>/<block>-<train|test>/{_TABLE}`")
    extra: tuple[str, ...] | None = None
    placed: list[tuple[Experience, Path, int]] = []
    for path in paths:
        columns, lines = _table(path, measures)
        others = tuple(sorted(set(columns) - {*COLUMNS, *measures}))
        if extra is not None and others != extra:
            raise _wrong(path, f"has the further columns {list(others)}, other tables have {list(extra)}", 1)
        extra = others
        placed += [(_experience(path, line, cells, measures, others), path, line) for line, cells in lines]
    placed.sort(key=lambda entry: _order(entry[0]))
    for (before, *_), (after, path, line) in pairwise(placed):
        if after.block < before.block:
            message = f"{after.block} follows block {before.block}; block numbers must not decrease"
            raise _wrong(path, message, line, "block_num")
    return L2MLog(folder.name, measures, tuple(entry[0] for entry in placed), scenario, extra or ())


def write_log(folder: Path, log: L2MLog) -> None:
    """Write a log so that `read_log` gives it back; the folder is complete or absent.

    An earlier log in its place is replaced; the folder should bear the log's name.

    Raises
    ------
    ConfigError
        If it cannot be written, or the folder holds something else than a log.
    ValueError
        If the experiences are out of order or do not have the log's columns.
    """
    _check_sound(log)
    existing = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    if existing and not (folder / _LOGGER).is_file():
        raise _wrong(folder, f"holds something else than a log (no `{_LOGGER}`); it is not replaced")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name[:40]}.") as scratch:
            new, old = Path(scratch, "new"), Path(scratch, "old")
            _write_files(new, log)
            if existing:
                os.rename(folder, old)
            try:
                os.rename(new, folder)
            except OSError:
                if existing:
                    os.rename(old, folder)
                raise
    except OSError as error:
        raise _wrong(folder, f"cannot be written: {(error.strerror or str(error)).lower()}") from None


def _measures(path: Path) -> tuple[str, ...]:
    info = read_json(path)
    version = info.get("log_format_version")
    if version != FORMAT_VERSION:
        raise _wrong(path, f'{json.dumps(version)} is not "{FORMAT_VERSION}"', key="log_format_version")
    names = info.get("metrics_columns")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        raise _wrong(path, "expected a list of names of columns", key="metrics_columns")
    if len({*names, *COLUMNS}) != len(names) + len(COLUMNS):
        raise _wrong(path, "a name stands twice, or is that of a standard column", key="metrics_columns")
    return tuple(names)


def _scenario(path: Path) -> dict[str, Any]:
    info = read_json(path)
    for key, levels in _LEVELS.items():
        if key in info and str(info[key]).lower() not in levels:
            raise _wrong(path, f"{json.dumps(info[key])} is none of {', '.join(levels)}", key=key)
    return info


def _table(path: Path, measures: Sequence[str]) -> tuple[list[str], Iterator[tuple[int, dict[str, str]]]]:
    """Return a table's columns and its lines: number and cells by column."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise unreadable(path, error) from None
    except UnicodeDecodeError:
        raise _wrong(path, "is no UTF-8 text") from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t", strict=True)
    columns = next(_lines(path, reader), (1, []))[1]
    missing = [name for name in (*COLUMNS, *measures) if name not in columns]
    if missing:
        hint = did_you_mean(missing[0], set(columns) - {*COLUMNS, *measures})
        raise _wrong(path, f"no such column{hint}", 1, missing[0])
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        raise _wrong(path, "stands twice", 1, twice)
    return columns, _cells(path, reader, columns)


def _cells(path: Path, reader: Any, columns: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    block_type = path.parent.name
    last = dict.fromkeys(("block_num", "exp_num"), 0)
    for line, cells in _lines(path, reader):
        if len(cells) != len(columns):
            raise _wrong(path, f"has {len(cells)} cells; the header has {len(columns)}", line)
        row = dict(zip(columns, cells, strict=True))
        for column, before in last.items():
            last[column] = _count(path, line, column, row[column])
            if last[column] < before:
                raise _wrong(path, f"{row[column]} follows {before}; it must not decrease", line, column)
        for column, allowed in _CHOICES.items():
            if row[column] not in allowed:
                raise _wrong(path, f"`{row[column]}` is neither {' nor '.join(allowed)}", line, column)
        if f"{last['block_num']}-{row['block_type']}" != block_type:
            message = f"block {row['block_num']}-{row['block_type']} in the folder of `{block_type}`"
            raise _wrong(path, message, line, "block_num")
        yield line, row


def _lines(path: Path, reader: Any) -> Iterator[tuple[int, list[str]]]:
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise _wrong(path, f"is no table of tab-separated values: {error}", reader.line_num) from None


def _experience(
    path: Path, line: int, row: Mapping[str, str], measures: Sequence[str], extra: Sequence[str]
) -> Experience:
    if not _WORKER.fullmatch(row["worker_id"]) or row["worker_id"] != path.parent.parent.name:
        message = f"`{row['worker_id']}` in the folder of `{path.parent.parent.name}`"
        raise _wrong(path, message, line, "worker_id")
    if not row["task_name"].strip():
        raise _wrong(path, "no name", line, "task_name")
    if row["task_params"]:
        try:
            json.loads(row["task_params"])
        except (ValueError, RecursionError):
            raise _wrong(path, f"`{row['task_params'][:40]}` is not JSON", line, "task_params") from None
    return Experience(
        block=int(row["block_num"]),
        number=int(row["exp_num"]),
        block_type=row["block_type"],
        task=row["task_name"],
        values=tuple(_value(path, line, name, row[name]) for name in measures),
        time_us=_time_us(path, line, row["timestamp"]),
        worker=row["worker_id"],
        subtype=row["block_subtype"],
        params=row["task_params"],
        status=row["exp_status"],
        extra=tuple(row[name] for name in extra),
    )


def _count(path: Path, line: int, column: str, text: str) -> int:
    if not re.fullmatch("[0-9]{1,18}", text):
        raise _wrong(path, f"`{text}` is no whole number from 0 on", line, column)
    return int(text)


def _value(path: Path, line: int, column: str, text: str) -> float | None:
    if text.strip().lower() in ("", "nan"):
        return None
    try:
        value = float(text.replace("_", "?"))  # Python reads 1_000 as a number
    except ValueError:
        value = math.inf
    if not math.isfinite(value):
        raise _wrong(path, f"`{text}` is no finite number", line, column)
    return value


def _time_us(path: Path, line: int, text: str) -> int:
    try:
        if not _TIMESTAMP.fullmatch(text):
            raise ValueError
        return (datetime.strptime(text, "%Y%m%dT%H%M%S.%f") - EPOCH) // timedelta(microseconds=1)
    except ValueError:
        raise _wrong(path, f"`{text}` is no time like 19700101T000000.000000", line, "timestamp") from None


def _order(experience: Experience) -> tuple[int, int, str]:
    return experience.number, experience.block, experience.worker


def _check_sound(log: L2MLog) -> None:
    for before, after in pairwise(log.experiences):
        if _order(after) < _order(before) or after.block < before.block:
            raise ValueError(f"experience {after.number} of block {after.block} is out of order")
    for one in log.experiences:
        if len(one.values) != len(log.measures) or len(one.extra) != len(log.extra_columns):
            raise ValueError(f"experience {one.number} does not have the log's columns")


def _write_files(folder: Path, log: L2MLog) -> None:
    folder.mkdir()
    logger = {"metrics_columns": list(log.measures), "log_format_version": FORMAT_VERSION}
    (folder / _LOGGER).write_text(json.dumps(logger), encoding="utf-8")
    (folder / _SCENARIO).write_text(json.dumps(dict(log.scenario)), encoding="utf-8")
    tables = sorted(log.experiences, key=_place)
    for (worker, block, block_type), experiences in groupby(tables, key=_place):
        path = folder / worker / f"{block}-{block_type}" / _TABLE
        path.parent.mkdir(parents=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter="\t", lineterminator="\n")
            writer.writerow((*COLUMNS, *log.measures, *log.extra_columns))
            writer.writerows(_row(experience) for experience in experiences)


def _place(experience: Experience) -> tuple[str, int, str]:
    return experience.worker, experience.block, experience.block_type


def _row(one: Experience) -> list[str]:
    time = (EPOCH + timedelta(microseconds=one.time_us)).strftime("%Y%m%dT%H%M%S.%f")
    standard = [str(one.block), str(one.number), one.worker, one.block_type, one.subtype, one.task, one.params]
    values = ["nan" if value is None else repr(float(value)) for value in one.values]
    return [*standard, one.status, time, *values, *one.extra]


def _wrong(path: Path, message: str, line: int | None = None, key: str | None = None) -> ConfigError:
    return ConfigError(Problem(str(path), line, path=key, message=message))
