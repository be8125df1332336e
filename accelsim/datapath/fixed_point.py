"""Formulas in real numbers on fixed-point words: exact integers and a binary point, while a function is traced.

A scalar function called with `Fixed` numbers records the integer operations of its formula: sums align the points,
products are exact, and only `narrow` and what is written round. The same function called with float words records
float operations, so one formula serves both. Numbers in the formula are constants of the hardware.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from accelsim.datapath import intrinsics
from accelsim.datapath.intrinsics import clip, lookup, shift_round
from accelsim.datapath.symbols import Symbol, fail
from accelsim.datapath.words import Float, Format, Word

CONSTANT_BITS = 8
"""Significant bits of a constant that is no integer (assumed); powers of two are exact."""
TABLE_BITS = 12
"""Widest argument of a function held as a table."""
TABLE_FRACTION = 10
"""Bits after the point of a table's entries (assumed)."""

_TABLES: dict[str, Callable[[float], float]] = {
    "exp": math.exp,
    "recip": lambda x: 1 / x if x else math.inf,
    "sigmoid": lambda x: 0.5 + 0.5 * math.tanh(0.5 * x),
    "sqrt": lambda x: math.sqrt(max(x, 0.0)),
    "tanh": math.tanh,
}


class Fixed:
    """A real number ``integer / 2**fraction``; `integer` is a traced word, a condition, or a constant."""

    __slots__ = ("fraction", "integer")
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, integer: Any, fraction: int) -> None:
        self.integer = integer
        self.fraction = fraction

    def __bool__(self) -> bool:
        return bool(self.integer)

    def __neg__(self) -> Fixed:
        return Fixed(-self.integer, self.fraction)

    def __pos__(self) -> Fixed:
        return self

    def __abs__(self) -> Fixed:
        return Fixed(abs(self.integer), self.fraction)

    def __add__(self, other: Any) -> Fixed:
        a, b, fraction = _aligned(self, other)
        return Fixed(a + b, fraction)

    def __sub__(self, other: Any) -> Fixed:
        a, b, fraction = _aligned(self, other)
        return Fixed(a - b, fraction)

    def __rsub__(self, other: Any) -> Fixed:
        return fixed(other) - self

    def __mul__(self, other: Any) -> Fixed:
        b = fixed(other)
        return Fixed(self.integer * b.integer, self.fraction + b.fraction)

    def __truediv__(self, other: Any) -> Fixed:
        return self * _function("recip", fixed(other))

    def __rtruediv__(self, other: Any) -> Fixed:
        return fixed(other) / self

    def __and__(self, other: Any) -> Fixed:
        return _of_conditions(self, other, lambda a, b: a & b)

    def __or__(self, other: Any) -> Fixed:
        return _of_conditions(self, other, lambda a, b: a | b)

    def __lt__(self, other: Any) -> Fixed:
        return _compared(self, other, lambda a, b: a < b)

    def __le__(self, other: Any) -> Fixed:
        return _compared(self, other, lambda a, b: a <= b)

    def __gt__(self, other: Any) -> Fixed:
        return _compared(self, other, lambda a, b: a > b)

    def __ge__(self, other: Any) -> Fixed:
        return _compared(self, other, lambda a, b: a >= b)

    def __eq__(self, other: Any) -> Fixed:  # type: ignore[override]
        return _compared(self, other, lambda a, b: a == b)

    def __ne__(self, other: Any) -> Fixed:  # type: ignore[override]
        return _compared(self, other, lambda a, b: a != b)

    __radd__, __rmul__, __rand__, __ror__ = __add__, __mul__, __and__, __or__

    def record_intrinsic(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """Record a call of an intrinsic of which this number is an argument."""
        if name in _TABLES:
            return _function(name, self)
        if name == "where":
            condition = fixed(arguments[0])
            a, b, fraction = _aligned(*arguments[1:])
            return Fixed(intrinsics.where(condition.integer, a, b), fraction)
        if name in ("minimum", "maximum"):
            a, b, fraction = _aligned(*arguments)
            return Fixed(getattr(intrinsics, name)(a, b), fraction)
        if name == "clip":
            return intrinsics.maximum(intrinsics.minimum(arguments[0], arguments[2]), arguments[1])
        if name in ("absolute", "sign"):
            return Fixed(getattr(intrinsics, name)(self.integer), self.fraction if name == "absolute" else 0)
        return fail(f"{name} works on integer words; this formula is in real numbers: use narrow(x, bits, fraction)")


def fixed(x: Any) -> Fixed:
    """A number as a `Fixed` one; a constant that is no integer keeps `CONSTANT_BITS` significant bits."""
    if isinstance(x, Fixed):
        return x
    if isinstance(x, Symbol):
        if isinstance(x.value, Float):
            fail("a float cannot be combined with fixed-point words")
        return Fixed(x, 0)
    if isinstance(x, (bool, int, np.integer, np.bool_)):
        return Fixed(int(x), 0)
    if not math.isfinite(x):
        fail(f"the constant {x} has no fixed-point form")
    mantissa, exponent = math.frexp(x)
    integer, fraction = round(math.ldexp(mantissa, CONSTANT_BITS)), CONSTANT_BITS - exponent
    while integer and integer % 2 == 0:
        integer, fraction = integer // 2, fraction - 1
    return Fixed(integer, fraction if integer else 0)


def narrow(x: Any, bits: int, fraction: int = 0, signed: bool = True) -> Any:
    """A fixed-point number rounded to the nearest that a word of `bits` bits holds, and saturated; floats as they are.

    Exact intermediate results must stay within 64 bits; this keeps them there.
    """
    if not isinstance(x, Fixed):
        return x
    return Fixed(stored(x, Word(bits, signed=signed, fraction=fraction)), fraction)


def stored(x: Any, format: Format) -> Any:
    """The integer that a word holds of a number: rounded to nearest and saturated. Of a float word `x` as it is."""
    if isinstance(format, Float):
        return x
    number = fixed(x)
    dropped = number.fraction - format.fraction
    if dropped > 62:  # nothing of a word of 64 bits remains
        return clip(0, format.low, format.high)
    integer = shift_round(number.integer, dropped) if dropped > 0 else number.integer << -dropped
    return clip(integer, format.low, format.high)


def _aligned(x: Any, y: Any) -> tuple[Any, Any, int]:
    """The integers of two numbers with the same point."""
    a, b = fixed(x), fixed(y)
    # a constant zero has no point of its own, and adds no bits
    fraction = b.fraction if _zero(a) else a.fraction if _zero(b) else max(a.fraction, b.fraction)
    return _raised(a, fraction), _raised(b, fraction), fraction


def _raised(x: Fixed, fraction: int) -> Any:
    return 0 if _zero(x) else x.integer << (fraction - x.fraction) if fraction > x.fraction else x.integer


def _zero(x: Fixed) -> bool:
    return isinstance(x.integer, int) and x.integer == 0


def _compared(x: Any, y: Any, function: Callable[[Any, Any], Any]) -> Fixed:
    a, b, _ = _aligned(x, y)
    return Fixed(function(a, b), 0)


def _of_conditions(x: Any, y: Any, function: Callable[[Any, Any], Any]) -> Fixed:
    a, b = fixed(x), fixed(y)
    if a.fraction or b.fraction:
        fail("& and | of numbers with digits after the point: compare them first")
    return Fixed(function(a.integer, b.integer), 0)


def _function(name: str, x: Fixed) -> Fixed:
    """A function of one number: a constant, or a table over all values of its word."""
    function = _TABLES[name]
    if not isinstance(x.integer, Symbol):
        return fixed(function(math.ldexp(float(x.integer), -x.fraction)))
    bounds: Any = x.integer.value
    if bounds.high - bounds.low >= 1 << TABLE_BITS:
        fail(f"{name} of a word of {bounds.bits} bits: narrow it to {TABLE_BITS} or fewer, they address a table")
    values = [function(math.ldexp(n, -x.fraction)) for n in range(bounds.low, bounds.high + 1)]
    entry, address = Word(32, fraction=TABLE_FRACTION), Fixed(x.integer, 0) - bounds.low
    return Fixed(lookup([int(entry.encode(value)) for value in values], address.integer), TABLE_FRACTION)
