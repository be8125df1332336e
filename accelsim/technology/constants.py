"""The constants shipped in `data/`, as estimates in SI units."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from accelsim.technology.estimate import Estimate, Source

UNITS = {
    "1": 1.0,
    "V": 1.0,
    "m": 1.0,
    "fJ": 1e-15,
    "pJ": 1e-12,
    "ps": 1e-12,
    "ns": 1e-9,
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "nm": 1e-9,
    "bit": 1.0,
    "decade": 1.0,
    "F2": 1.0,
    "pJ/bit": 1e-12,
    "um2": 1e-12,
    "mm2": 1e-6,
    "pW/bit": 1e-12,
    "nW/um2": 1e3,
    "pF/mm": 1e-9,
    "fF/um2": 1e-3,
    "kohm": 1e3,
}
"""Factor from each unit used in the data files to SI; F2 is the square of the feature size."""
SI_UNITS = {
    "1": "1",
    "V": "V",
    "m": "m",
    "fJ": "J",
    "pJ": "J",
    "ps": "s",
    "ns": "s",
    "us": "s",
    "ms": "s",
    "s": "s",
    "nm": "m",
    "bit": "bit",
    "decade": "decade",
    "F2": "F2",
    "pJ/bit": "J/bit",
    "um2": "m2",
    "mm2": "m2",
    "pW/bit": "W/bit",
    "nW/um2": "W/m2",
    "pF/mm": "F/m",
    "fF/um2": "F/m2",
    "kohm": "ohm",
}
"""The SI unit of each of them."""


@cache
def data_file(name: str) -> dict[str, Any]:
    """Return one YAML data file of this package."""
    return yaml.safe_load(files(__package__).joinpath("data", name).read_text(encoding="utf-8"))


def estimate_of(entry: Mapping[str, Any], formula: str) -> Estimate:
    """Return the estimate written as ``{low, nominal, high | value, unit, source, verified}``, in SI."""
    low, nominal, high = (entry.get(key, entry.get("value")) for key in ("low", "nominal", "high"))
    factor = UNITS[entry["unit"]]
    source = Source(entry["source"], entry["verified"])
    return Estimate(low * factor, nominal * factor, high * factor, (source,), formula, SI_UNITS[entry["unit"]])


def constant_names() -> tuple[str, ...]:
    """Return the names of the constants shared by every process."""
    return tuple(data_file("constants.yaml"))


@cache
def constant(name: str) -> Estimate:
    """Return the constant `name` of ``data/constants.yaml`` in SI units."""
    return estimate_of(data_file("constants.yaml")[name], name.replace("_", " "))
