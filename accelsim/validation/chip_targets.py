"""Tables of published figures of chips: a CSV with the columns chip, metric, value, unit."""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass
from pathlib import Path

from accelsim.config.errors import ConfigError, Problem, check

METRICS = {
    "area_mm2": 1e6,
    "energy_per_sop_pj": 1e12,
    "power_mw": 1e3,
    "synapse_density_per_mm2": 1e-6,
    "leakage_uw": 1e6,
}
"""What is predicted, with the factor from SI to the unit in its name."""
_PREFIX = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6}
_UNITS = {
    **{f"{prefix}J": factor for prefix, factor in _PREFIX.items()},
    **{f"{prefix}W": factor for prefix, factor in _PREFIX.items()},
    **{f"{prefix}J/SOP": factor for prefix, factor in _PREFIX.items()},
    "um2": 1e-12,
    "mm2": 1e-6,
    "cm2": 1e-4,
    "1/um2": 1e12,
    "1/mm2": 1e6,
    "k/mm2": 1e9,
    "M/mm2": 1e12,
}
_DIMENSION = {"area_mm2": "m2", "energy_per_sop_pj": "J", "power_mw": "W", "leakage_uw": "W"}
_COLUMNS = ("chip", "metric", "value", "unit")


@dataclass(frozen=True)
class Target:
    """A row of a table of published figures, the value in the unit of the metric."""

    chip: str
    metric: str
    value: float | None
    condition: str
    note: str = ""


def read_targets(path: Path) -> list[Target]:
    """Read a table of published figures; raises `ConfigError` with all its problems."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(line for line in file if line.strip() and not line.startswith("#"))
            rows = [(reader.line_num, row) for row in reader]
            columns = [name.strip() for name in reader.fieldnames or ()]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(Problem(str(path), message=f"cannot be read: {reason.lower()}")) from None
    missing = [name for name in _COLUMNS if name not in columns]
    if missing:
        raise ConfigError(Problem(str(path), 1, message=f"no column {', '.join(missing)}; found {', '.join(columns)}"))
    problems: list[Problem] = []
    targets = []
    for line, raw in rows:
        row = {(key or "").strip(): (value or "").strip() for key, value in raw.items() if isinstance(value, str)}
        try:
            value = float(row["value"])
        except (KeyError, ValueError):
            value = math.nan
        if not (math.isfinite(value) and value > 0):
            problems.append(Problem(str(path), line, path="value", message=f"{row.get('value')!r} is not > 0"))
            continue
        metric = row["metric"]
        condition = row.get("condition", "")
        if metric not in METRICS:
            note = f"`{metric}` is not predicted; predicted are {', '.join(METRICS)}"
            targets.append(Target(row["chip"], metric, None, condition, note))
            continue
        factor = unit_factor(row.get("unit", ""), metric)
        if factor is None:
            problems.append(Problem(str(path), line, path="unit", message=f"{row['unit']!r} is no unit of {metric}"))
            continue
        targets.append(Target(row["chip"], metric, value * factor * METRICS[metric], condition))
    check(problems)
    return targets


def unit_factor(unit: str, metric: str) -> float | None:
    """Return the factor from a written unit to SI, or None if it is none of that metric."""
    text = unit.strip().replace("µ", "u").replace("μ", "u").replace("²", "2").replace("^", "").replace(" per ", "/")
    text = text.replace(" ", "")
    if metric == "synapse_density_per_mm2":
        scale, _, area = re.sub(r"(?i)synapses?|syn", "", text).replace("per", "/").rpartition("/")
        return _UNITS.get(f"{scale if scale in ('k', 'M') else 1}/{area}") if scale in ("", "1", "k", "M") else None
    if not text.removesuffix("/SOP").endswith(_DIMENSION[metric]):
        return None
    return _UNITS.get(text)
