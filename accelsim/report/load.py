"""Read a run directory back: what a finished run and a saved one have in common is all a report needs."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from accelsim.config.errors import ConfigError, Problem
from accelsim.formats.json_file import check_version, damaged, read_json, unreadable

RESULT = "result.json"
STEPS = "steps.csv"

_COLUMNS = {
    "epochs": (
        "epoch",
        "split",
        "samples",
        "accuracy",
        "ticks",
        "cycles",
        "sample_cycles_mean",
        "sample_cycles_max",
    ),
    "counters": ("kind", "target", "phase", "count"),
    "energy": ("component", "action", "count", "energy_pj", "energy_pj_low", "energy_pj_high", "provenance"),
    "area": ("component", "area_um2", "area_um2_low", "area_um2_high"),
    "datapaths": (
        *("component", "instances", "operations", "critical_path_ns", "pipeline_stages", "initiation_interval_cycles"),
        *("register_bits", "energy_per_update_pj", "area_um2", "measured"),
    ),
    "power": (
        *("component", "power_average_uw", "power_average_uw_low", "power_average_uw_high"),
        *("power_peak_uw", "power_peak_uw_low", "power_peak_uw_high", "peak_start_s"),
    ),
    "power_trace": ("start_s", "duration_s"),
    "power_domains": (
        *("domain", "components", "off_share", "wake_ups", "wake_up_energy_pj", "leakage_saved_uj", "break_even_us"),
    ),
    "operating_points": (
        *("point", "voltage_v", "clock_mhz", "clock_limit_mhz", "clock_reachable", "energy_sample_uj"),
        *("power_average_uw", "latency_sample_us", "deadlines_met"),
    ),
    "wear": (
        *("memory", "kind", "cells", "writes_mean", "writes_max", "writes_known", "lifetime_first_failure_days"),
        *("lifetime_01pct_days", "lifetime_1pct_days"),
    ),
    "published": (
        *("chip", "metric", "unit", "predicted_low", "predicted", "predicted_high", "published_low"),
        *("published_high", "ratio", "inside", "condition", "source", "verified"),
    ),
}
_NOT_OF_ALL = {
    "energy_splits": ("split", "component", "samples", "energy_pj", "energy_pj_low", "energy_pj_high"),
    "roofline": ("of", "name", "operations", "bytes_moved", "time_us"),
    "ceilings": ("component", "kind", "peak_per_s"),
}
"""Columns of tables that not every run has."""
_ABOUT = (
    *(
        "accelsim",
        "python",
        "packages",
        "architecture",
        "workload",
        "engine",
        "seed",
        "engines_agree",
        "warnings",
    ),
    *(
        "simulated_cycles_per_cpu_s",
        "memory_words",
        "memory_words_used",
        "clock_hz",
        "voltage_v",
        "technology",
    ),
)


class Run(Protocol):
    """A run, finished a moment ago or read back from its directory."""

    @property
    def metrics(self) -> Mapping[str, float | int | None]:
        """Figures as `<what>_<unit>`."""

    @property
    def tables(self) -> Mapping[str, list[dict[str, Any]]]:
        """Rows of `epochs`, `steps`, `counters`, `energy`, `area`, `datapaths` and `published`."""

    @property
    def about(self) -> Mapping[str, Any]:
        """Inputs, versions, seed, engine, warnings."""


@dataclass(frozen=True)
class RunData:
    """A run read from files; the attributes are those of :class:`Run`."""

    metrics: Mapping[str, float | int | None]
    tables: Mapping[str, list[dict[str, Any]]]
    about: Mapping[str, Any]


def load_run(folder: Path | str) -> RunData:
    """Read a run directory.

    Parameters
    ----------
    folder : directory with `result.json`, and `steps.csv` if the run kept a window of time steps.

    Raises
    ------
    ConfigError
        If the folder holds no run, a file is damaged, or another version of accelsim wrote it.
    """
    folder = Path(folder)
    if not (folder / RESULT).is_file():
        raise ConfigError(Problem(str(folder), message=f"is no run directory; expected a folder with `{RESULT}`"))
    path = folder / RESULT
    data = read_json(path)
    about = _part(path, data, "about", _ABOUT)
    check_version(path, about["accelsim"])
    metrics = _part(path, data, "metrics", ())
    for name, value in metrics.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise damaged(path, f"metrics.{name} is no number")
    tables = _part(path, data, "tables", tuple(_COLUMNS))
    for name, columns in _COLUMNS.items():
        _check_rows(path, name, tables[name], columns)
    for name, columns in _NOT_OF_ALL.items():
        _check_rows(path, name, tables.get(name, []), columns)
    return RunData(metrics, {**tables, "steps": _read_steps(folder / STEPS)}, about)


def read_table(path: Path) -> list[dict[str, str]]:
    """Read a CSV file with a header; a `ConfigError` says what is wrong with it."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    except OSError as error:
        raise unreadable(path, error) from None
    except (ValueError, csv.Error) as error:
        raise damaged(path, str(error)) from None
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise damaged(path, f"row {number} has not as many cells as the header")
    return rows


def _part(path: Path, data: Mapping[str, Any], name: str, keys: tuple[str, ...]) -> dict[str, Any]:
    part = data.get(name)
    if not isinstance(part, dict):
        raise damaged(path, f"`{name}` is missing")
    missing = [key for key in keys if key not in part]
    if missing:
        raise damaged(path, f"`{name}.{missing[0]}` is missing")
    return part


def _check_rows(path: Path, name: str, rows: Any, columns: tuple[str, ...]) -> None:
    if not isinstance(rows, list):
        raise damaged(path, f"`tables.{name}` is no list")
    for number, row in enumerate(rows):
        missing = [column for column in columns if not isinstance(row, dict) or column not in row]
        if missing:
            raise damaged(path, f"`tables.{name}[{number}].{missing[0]}` is missing")


def _read_steps(path: Path) -> list[dict[str, Any]]:
    """Rows of the window of time steps; a run without a window has none."""
    if not path.is_file():
        return []
    try:
        return [{name: int(cell) for name, cell in row.items()} for row in read_table(path)]
    except ValueError as error:
        raise damaged(path, str(error)) from None
