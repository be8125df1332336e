"""Numbers as a reader wants them: a unit that fits, few digits, and the band beside the nominal value."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

MISSING = "-"
NOMINAL_DIGITS, BOUND_DIGITS = 3, 2

_LADDERS = {
    "J": (("pJ", 1e-12), ("nJ", 1e-9), ("uJ", 1e-6), ("mJ", 1e-3), ("J", 1.0)),
    "W": (("pW", 1e-12), ("nW", 1e-9), ("uW", 1e-6), ("mW", 1e-3), ("W", 1.0)),
    "s": (("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1.0)),
    "m2": (("um2", 1e-12), ("mm2", 1e-6)),
    "Hz": (("Hz", 1.0), ("kHz", 1e3), ("MHz", 1e6), ("GHz", 1e9)),
    "V": (("mV", 1e-3), ("V", 1.0)),
    "A": (("uA", 1e-6), ("mA", 1e-3), ("A", 1.0)),
    "Wh": (("uWh", 1e-6), ("mWh", 1e-3), ("Wh", 1.0)),
    "h": (("h", 3600.0),),
    "days": (("days", 86_400.0),),
    "years": (("years", 31_557_600.0),),
    "g": (("mg", 1e-3), ("g", 1.0)),
    "m3": (("mm3", 1e-9),),
    "degC": (("C", 1.0),),
    "K": (("K", 1.0),),
}
_FROM = {"m2": 0.01}
"""From how many on a unit is preferred to the next smaller one, where not from 1: chips are told in mm2."""
_UNITS = {symbol.lower(): (kind, si) for kind, steps in _LADDERS.items() for symbol, si in steps}
_SYMBOLS = {symbol.lower(): symbol for steps in _LADDERS.values() for symbol, _ in steps}
_BANDS = ("_low", "_high", "_mean", "_p99", "_max")


def unit_of(name: str) -> str | None:
    """Return the key of the unit in a name such as `energy_total_pj_low`; None for a plain number."""
    for ending in _BANDS:
        name = name.removesuffix(ending)
    last = name.rpartition("_")[2]
    return last if last in _UNITS else None


def label(name: str) -> str:
    """Return a name as words with its unit, `[1]` for none: `energy_total_pj` gives `energy total [pJ]`."""
    key = unit_of(name)
    if key is None:
        return f"{name.replace('_', ' ')} [1]"
    return f"{words_of(name)} [{_SYMBOLS[key]}]"


def words_of(name: str) -> str:
    """Return a name as words without its unit."""
    return " ".join(word for word in name.split("_") if word != unit_of(name))


def axis(name: str, values: list[float]) -> tuple[str, float]:
    """Return the label of an axis for values called `name` in a unit that fits, and the factor to it."""
    key = unit_of(name)
    if key is None:
        return label(name), 1.0
    kind, si = _UNITS[key]
    unit, size = fitting([value * si for value in values], kind)
    return label(name).replace(f"[{_SYMBOLS[key]}]", f"[{unit}]"), si / size


def significant(value: float, digits: int) -> str:
    """Return a number rounded to so many significant digits, never with an exponent."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = digits - 1 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:,.{max(decimals, 0)}f}"


def fitting(values_si: list[float], kind: str) -> tuple[str, float]:
    """Return symbol and SI size of the largest unit of `kind` that the largest value fills."""
    steps = _LADDERS[kind]
    largest = max((abs(value) for value in values_si), default=0.0)
    chosen = [step for step in steps if step[1] * _FROM.get(kind, 1) <= largest * (1 + 1e-9)]
    return chosen[-1] if chosen else steps[0]


def banded(value: float, low: float | None, high: float | None, unit: str) -> str:
    """Return `12.7 uW (2.9 - 83)`; without the bracket if the bounds are missing or no rounding tells them apart.

    Bounds have as many digits as the value where with fewer they would leave it outside.
    """
    text = f"{significant(value, NOMINAL_DIGITS)} {unit}"
    if low is None or high is None:
        return text
    for digits in (BOUND_DIGITS, NOMINAL_DIGITS):
        first, last = significant(low, digits), significant(high, digits)
        if first != last and _number(first) <= _number(significant(value, NOMINAL_DIGITS)) <= _number(last):
            return f"{text} ({first} - {last})"
    return text


def _number(shown: str) -> float:
    return float(shown.replace(",", ""))


def quantity(row: Mapping[str, float | None], name: str) -> str:
    """Return the number `name` of a row with its band, in the unit that fits it; `-` if it is missing."""
    value, key = row.get(name), unit_of(name)
    if value is None:
        return MISSING
    if key is None:
        return f"{value:,}" if isinstance(value, int) else significant(value, NOMINAL_DIGITS)
    kind, si = _UNITS[key]
    return _in(row, name, value, si, fitting([value * si], kind))


def quantities(rows: Sequence[Mapping[str, float | None]], name: str) -> list[str]:
    """Return the number `name` of every row with its band, all in the unit that fits the smallest one beside zero."""
    key = unit_of(name)
    if key is None:
        return [quantity(row, name) for row in rows]
    kind, si = _UNITS[key]
    values = [row.get(name) for row in rows]
    smallest = min((abs(value) * si for value in values if value), default=0.0)
    step = fitting([smallest], kind)
    return [
        MISSING if value is None else _in(row, name, value, si, step) for row, value in zip(rows, values, strict=True)
    ]


def _in(row: Mapping[str, float | None], name: str, value: float, si: float, step: tuple[str, float]) -> str:
    """Return the number `name` of a row, whose unit is `si`, with its band in the unit `step`."""
    unit, size = step
    factor = si / size
    low, high = (row.get(f"{name}{end}") for end in ("_low", "_high"))
    return banded(
        value * factor,
        None if low is None else low * factor,
        None if high is None else high * factor,
        unit,
    )


def is_share(name: str) -> bool:
    """Return whether a metric is a share between 0 and 1, told in per cent and its changes in percentage points."""
    return name.startswith("accuracy") or name in ("acc", "duty_cycle") or name.endswith("_share")


def percent(share: float | None) -> str:
    """Return a share as per cent; `-` if it is missing."""
    return MISSING if share is None else f"{100 * share:.1f} %"


def typeset(text: str) -> str:
    """Return text with ASCII units in print form: `uW` as µW, `mm2` as mm²."""
    micro = re.sub(r"\bu(?=(?:J|W|Wh|A|s|m2)\b)", "µ", text)
    return re.sub(r"\b(m?m)3\b", r"\1³", re.sub(r"\b([µm]?m)2\b", r"\1²", micro))


def printable(text: object) -> str:
    """Return text from a file without control characters, which terminals obey and XML forbids."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in str(text))
