"""Studies read back, as DataFrames and as files for other tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem
from accelsim.config.model import validate
from accelsim.explore.schema import SweepDocument
from accelsim.explore.store import read_study, row, table_text
from accelsim.formats.atomic import atomic_write, write_text_atomic

if TYPE_CHECKING:
    import pandas as pd

Format = Literal["csv", "parquet", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)


def load_study(place: Path | str) -> pd.DataFrame:
    """A sweep as a DataFrame, finished or not: one row per point, its axes, seed, status, message and metrics.

    Parameters
    ----------
    place : folder of the sweep, or its `study.sqlite`.

    Raises
    ------
    ConfigError
        If there is none, or it is damaged.
    """
    import pandas as pd

    rows, axes = study_rows(place)
    head = ["id", *axes, "seed", "status", "message"]
    return pd.DataFrame(rows, columns=list(dict.fromkeys([*head, *(name for each in rows for name in each)])))


def study_rows(place: Path | str) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of a study and the names of its axes; the status of a point without an outcome is `queued` or `running`."""
    study = read_study(place)
    try:
        document = Document.of(study.summary["resolved"], "sweep")
    except (KeyError, TypeError) as error:
        raise ConfigError(Problem(str(place), message=f"is damaged: {error}")) from None
    plan = validate(document, SweepDocument)
    rows = []
    for point, status, outcome in study.rows:
        found = row(point, outcome, plan.constraint_list(), plan.tabled, must_fit=plan.must_fit)
        rows.append(found if status in ("done", "failed") else _unfinished(found, status))
    return rows, list(plan.names)


def _unfinished(found: dict[str, Any], status: str) -> dict[str, Any]:
    names = list(found)
    return {name: found[name] for name in names[: names.index("status")]} | {"status": status, "message": ""}


def export_study(place: Path | str, to: Path | str, kind: Format) -> int:
    """Write a study as CSV, Parquet or JSON (a list of rows); returns the number of rows.

    Raises
    ------
    ConfigError
        If there is no study, the file cannot be written, or Parquet is asked for without the extra `data`.
    """
    rows, axes = study_rows(place)
    if kind == "parquet":
        _write_parquet(place, Path(to))
    elif kind == "json":
        write_text_atomic(to, json.dumps(rows, indent=1, allow_nan=False) + "\n")
    else:
        write_text_atomic(to, table_text(rows, axes))
    return len(rows)


def _write_parquet(place: Path | str, to: Path) -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        message = "Parquet needs the extra `data`: pip install 'accelsim[data]'"
        raise ConfigError(Problem(path="--format", message=message)) from None
    frame = load_study(place)
    # Labels of an axis may be of several types, columns of a table may not.
    for name in frame.columns:
        kinds = {type(value) for value in frame[name] if value is not None and value == value}
        if len(kinds) > 1 and not kinds <= {int, float}:
            frame[name] = [value if value is None else str(value) for value in frame[name]]
    with atomic_write(to) as file:
        frame.to_parquet(file, engine="pyarrow")
