"""The primitive operators (adder, multiplier, multiplexer, ...) that each kind of `Operation` is made of.

Their power laws of energy, area, glitching and depth are in ``data/operators.yaml``.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from accelsim.technology.constants import data_file
from accelsim.technology.estimate import Source
from accelsim.technology.operations import Operation

TABLE_BITS = 6
"""Address bits of the table in a piecewise-linear exponential or hyperbolic tangent."""

Parts = list[tuple[str, float]]
"""Primitive operators and the size at which each is used."""


def law(operator: str, quantity: str, size: float) -> float:
    """Return ``energy`` (fJ), ``area`` (um2), ``glitch`` or ``depth`` of a primitive operator of a size."""
    at, value, exponent = data_file("operators.yaml")["operators"][operator][quantity]
    return value * (size / at) ** exponent


def parts(operation: Operation, fixed: int = 0) -> Parts:
    """Return the primitive operators an operation is made of.

    `fixed` counts the operands that are constants; they are the last ones.
    """
    widths = operation.bits_in or (operation.bits_out,)
    width = max(widths)
    first, second = widths[0], widths[1] if len(widths) > 1 else widths[0]
    if operation.kind in _COMPOSED:
        return _COMPOSED[operation.kind](width, operation.bits_out)
    if operation.kind == "lookup":
        return [("table_bit", 2.0**first * operation.bits_out)]
    adder = ("add", _full_adders(width, 0 if fixed else min(first, second)))
    limit: Parts = [("saturate", width)] if fixed else [("compare", width), ("multiplex", width)]
    simple: dict[str, Parts] = {
        "add": [adder],
        "sub": [adder],
        "neg": [("add", _full_adders(width, 0))],
        "abs": [("add", _full_adders(width, 0)), ("multiplex", width)],
        "mul": [("multiply", first * second)],
        "mac": [("multiply", first * second), ("add", operation.bits_out)],
        "shift_const": [],
        "shift_var": [("shift", first * min(second, math.ceil(math.log2(first)) + 1 if first > 1 else 1))],
        "compare": [("compare", width)],
        "select": [("gate" if fixed else "multiplex", operation.bits_out)],
        "min": limit,
        "max": limit,
        "clip": [("saturate", width)],
        "and": [("gate", width)],
        "or": [("gate", width)],
        "xor": [("exclusive_or", width)],
        "not": [("inverter", width)],
        "random_bits": [("lfsr", operation.bits_out)],
        "register": [("register", operation.bits_out)],
        "fadd": [("float_add", operation.bits_out)],
        "fneg": [("inverter", 1)],
        "fmul": [("float_multiply", operation.bits_out)],
        "fcompare": [("compare", width)],
    }
    return simple[operation.kind]


def is_composed(operation: Operation) -> bool:
    """Whether an operation is put together from operators that were not synthesised as one."""
    return operation.kind in _COMPOSED or operation.kind == "lookup"


def _full_adders(width: int, both: int) -> float:
    """Return the size of an adder of `width` bits: `both` full adders, and half adders for the other bits."""
    half: float = data_file("operators.yaml")["half_adder"]["value"]
    return both + half * (width - both)


def half_adder_source() -> Source:
    """Return where the size of a half adder comes from: sizes of adders that are no whole numbers rest on it."""
    entry = data_file("operators.yaml")["half_adder"]
    return Source(entry["source"], entry["verified"])


def _digit_recurrence(width: int, steps: int) -> Parts:
    """Return an array of `steps` rows, each a subtracter and a restoring multiplexer."""
    return [("add", width), ("multiplex", width)] * max(1, steps)


def _float_recurrence(width: int) -> Parts:
    fraction = {16: 11, 32: 24, 64: 53}.get(width, width * 3 // 4)
    return _digit_recurrence(fraction + 2, fraction)


def _interpolated(width: int, out: int) -> Parts:
    """Return a piecewise-linear function: a table of values and slopes, a product and a sum."""
    table = 2.0 ** min(TABLE_BITS, width) * 2 * out
    return [("table_bit", table), ("multiply", max(1, width - TABLE_BITS) * out), ("add", out)]


def _float_interpolated(width: int, out: int) -> Parts:
    return [("table_bit", 2.0**TABLE_BITS * 2 * out), ("float_multiply", out), ("float_add", out)]


_COMPOSED: dict[str, Callable[[int, int], Parts]] = {
    "recip": lambda width, out: _digit_recurrence(width, out),
    "div": lambda width, out: _digit_recurrence(width, out),
    "mod": lambda width, out: _digit_recurrence(width, width),
    "sqrt": lambda width, out: _digit_recurrence(width, math.ceil(width / 2)),
    "exp": _interpolated,
    "tanh": _interpolated,
    "fdiv": lambda width, out: _float_recurrence(out),
    "fsqrt": lambda width, out: _float_recurrence(out),
    "fexp": _float_interpolated,
    "ftanh": _float_interpolated,
    "convert": lambda width, out: [("shift", width * math.ceil(math.log2(width + 1))), ("add", width)],
}
