"""Record operations on symbols: widths from intervals, constants folded, equal operations merged."""

from __future__ import annotations

from typing import Any

import numpy as np

from accelsim.datapath import intervals, intrinsics
from accelsim.datapath.intervals import Interval, hull
from accelsim.datapath.symbols import Symbol, fail
from accelsim.datapath.words import Float, Format, Word

WIDEST = 64
_ONE_BIT = (intervals.CONDITION, Interval(0, 1))
_COMPARISONS = {"lt", "le", "eq", "ne"}
_COMMUTATIVE = {"add", "mul", "and", "or", "xor", "min", "max", "eq", "ne"}
_FLOAT_BINARY = {"add", "sub", "mul", "div", "min", "max"} | _COMPARISONS


class Recorder:
    """The operations recorded so far, in the order in which they were met.

    Parameters
    ----------
    literal_float : the format of a float literal that meets integers only.
    """

    def __init__(self, literal_float: Float | None = None) -> None:
        self.literal_float = literal_float or Float(32)
        self.symbols: list[Symbol] = []
        self._known: dict[Any, Symbol] = {}

    def input(self, name: str, format: Format | Interval) -> Symbol:
        """A new word that comes from outside."""
        value = Interval(format.low, format.high) if isinstance(format, Word) else format
        return self._append("input", (), value, name)

    def _append(self, kind: str, operands: tuple[Any, ...], value: Interval | Float, detail: Any) -> Symbol:
        symbol = Symbol(self, kind, operands, value, detail)
        self.symbols.append(symbol)
        return symbol

    def add(self, kind: str, operands: tuple[Any, ...], value: Interval | Float, detail: Any = None) -> Any:
        """The result of an operation: recorded, merged with an equal one, or a constant."""
        if isinstance(value, Interval):
            if value.low == value.high:
                return value.low
            needed = value.bits + (not value.signed)  # lanes are signed
            if needed > WIDEST:
                fail(f"a result needs {needed} bits, more than {WIDEST}: narrow its operands first")
        names = [f"%{x.index}" if isinstance(x, Symbol) else repr(x) for x in operands]
        key = (kind, tuple(sorted(names) if kind in _COMMUTATIVE else names), value, detail)
        if key not in self._known:
            self._known[key] = self._append(kind, operands, value, detail)
        return self._known[key]

    def number(self, x: Any) -> Any:
        """An operand as a symbol, int or float; anything else is an error."""
        if isinstance(x, Symbol):
            return x
        if isinstance(x, (bool, int, np.integer, np.bool_)):
            if Interval(int(x), int(x)).bits >= WIDEST:
                fail(f"the constant {x} needs more than {WIDEST} bits")
            return int(x)
        if isinstance(x, (float, np.floating)):
            return float(x)
        return fail(f"a word cannot be combined with {x!r}")

    def convert(self, x: Any, format: Float) -> Any:
        """`x` as a float of the given format."""
        if not isinstance(x, Symbol):
            return float(x)
        return x if x.value == format else self.add("convert", (x,), format)

    def _common(self, *operands: Any) -> tuple[list[Any], Float | None]:
        """Operands brought to one float format if any of them is a float."""
        numbers = [self.number(x) for x in operands]
        floats = [x.value for x in numbers if isinstance(x, Symbol) and isinstance(x.value, Float)]
        if not floats and not any(isinstance(x, float) for x in numbers):
            return numbers, None
        format = max(floats, key=lambda f: f.bits, default=self.literal_float)
        return [self.convert(x, format) for x in numbers], format

    def unary(self, kind: str, x: Symbol) -> Any:
        """Negation, absolute value, complement."""
        if isinstance(x.value, Float):
            return fail("~ of a float is not supported") if kind == "not" else self.add(kind, (x,), x.value)
        if kind == "abs" and x.value.low >= 0:
            return x
        return self.add(kind, (x,), intervals.UNARY[kind](x.value))

    def binary(self, kind: str, a: Any, b: Any) -> Any:
        """An operation with two operands."""
        (a, b), format = self._common(a, b)
        if format is not None:
            if kind not in _FLOAT_BINARY:
                fail(f"shifts and bitwise operations work on integer words, found a float in {kind}")
            return self.add(kind, (a, b), intervals.CONDITION if kind in _COMPARISONS else format)
        if kind == "div":
            fail("/ of integer words is not supported: shift with >>, or use a lookup table")
        x, y = _interval(a), _interval(b)
        if kind in ("shl", "shr") and not 0 <= y.low <= y.high < WIDEST:
            fail(f"the amount of a shift must be 0 to {WIDEST - 1}, found {y.low} to {y.high}")
        same = _unchanged(kind, a, b)
        if same is not None:
            return same
        if kind == "mul" and isinstance(a, int):
            a, b = b, a
        if kind == "mul" and isinstance(b, int) and b > 0 and b & (b - 1) == 0:
            return self.binary("shl", a, b.bit_length() - 1)
        return self.add(kind, (a, b), intervals.BINARY[kind](x, y))

    # Intrinsics that are one operation in hardware; the others are recorded through their bodies.

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        """A multiplexer."""
        if isinstance(condition, Symbol) and condition.value not in _ONE_BIT:
            condition = self.binary("ne", condition, 0)  # a one-bit word is a condition already
        if not isinstance(condition, Symbol):
            return a if condition else b
        (a, b), format = self._common(a, b)
        if a is b:
            return a
        if format is None and isinstance(a, int) and isinstance(b, int) and (a, b) == (1, 0):
            return condition
        return self.add("where", (condition, a, b), format or hull(_interval(a), _interval(b)))

    def minimum(self, a: Any, b: Any) -> Any:
        """The smaller word."""
        return self.binary("min", a, b)

    def maximum(self, a: Any, b: Any) -> Any:
        """The larger word."""
        return self.binary("max", a, b)

    def absolute(self, x: Any) -> Any:
        """The absolute value."""
        return abs(x)

    def clip(self, x: Any, low: Any, high: Any) -> Any:
        """Saturation; one operation if the limits are constants."""
        x, low, high = self.number(x), self.number(low), self.number(high)
        fixed = isinstance(low, int) and isinstance(high, int) and low <= high
        if not (fixed and isinstance(x, Symbol) and isinstance(x.value, Interval)):
            return intrinsics.maximum(intrinsics.minimum(x, high), low)
        if x.value.within(Interval(low, high)):
            return x
        bounds = Interval(max(min(x.value.low, high), low), max(min(x.value.high, high), low))
        return self.add("clip", (x, low, high), bounds)

    def wrap(self, x: Any, bits: Any) -> Any:
        """The low bits read as a signed word: wires only."""
        if isinstance(bits, Symbol):
            fail("the width given to wrap must be a constant")
        word = Word(bits)
        if x.value.within(word):
            return x
        return self.add("wrap", (x,), Interval(word.low, word.high), bits)

    def lookup(self, table: Any, i: Any) -> Any:
        """A constant table."""
        entries = np.asarray(table)
        if entries.ndim != 1 or not len(entries) or entries.dtype.kind not in "biuf":
            fail("lookup needs a table that is a constant one-dimensional sequence of numbers")
        i = self.clip(self._integer(i, "the index of lookup"), 0, len(entries) - 1)
        if not isinstance(i, Symbol):
            return entries[i].item()
        if entries.dtype.kind == "f":
            weak = not isinstance(table, np.ndarray)
            format: Any = self.literal_float if weak else Float(max(32, 8 * entries.dtype.itemsize))
        else:
            format = Interval(int(entries.min()), int(entries.max()))
        return self.add("lookup", (i,), format, tuple(entries.tolist()))

    def _integer(self, x: Any, what: str) -> Any:
        x = self.number(x)
        if isinstance(x, float) or (isinstance(x, Symbol) and isinstance(x.value, Float)):
            fail(f"{what} must be an integer word, found a float")
        return x

    def _function(self, kind: str, x: Symbol) -> Any:
        if not isinstance(x.value, Float):
            fail(f"{kind} works on floats; for integer words use lookup(table, i)")
        return self.add(kind, (x,), x.value)

    def recip(self, x: Symbol) -> Any:
        """1 / x."""
        return self._function("recip", x)

    def sqrt(self, x: Symbol) -> Any:
        """Square root."""
        return self._function("sqrt", x)

    def exp(self, x: Symbol) -> Any:
        """e^x."""
        return self._function("exp", x)

    def tanh(self, x: Symbol) -> Any:
        """Hyperbolic tangent."""
        return self._function("tanh", x)

    def truncate(self, x: Symbol) -> Any:
        """Towards zero."""
        return self._function("trunc", x)

    def sigmoid(self, x: Symbol) -> Any:
        """(1 + tanh(x/2)) / 2."""
        half: Any = 0.5
        return half + half * self.tanh(half * x)


def _interval(x: Any) -> Interval:
    bounds: Any = x.value if isinstance(x, Symbol) else Interval(x, x)
    return bounds


def _unchanged(kind: str, a: Any, b: Any) -> Any:
    """The operand that an integer operation returns as it is, or None."""
    x, y = _interval(a), _interval(b)
    if kind in ("add", "sub", "shl", "shr", "or", "xor") and y == Interval(0, 0):
        return a
    if kind in ("add", "or", "xor") and x == Interval(0, 0):
        return b
    if kind == "mul" and 1 in (a if isinstance(a, int) else 0, b if isinstance(b, int) else 0):
        return b if isinstance(a, int) else a
    if kind == "and":
        for word, mask in ((a, b), (b, a)):
            bounds = _interval(word)
            if isinstance(mask, int) and bounds.low >= 0 and mask & (mask + 1) == 0 and bounds.high <= mask:
                return word
    if kind in ("min", "max"):
        smaller = a if x.high <= y.low else b if y.high <= x.low else None
        if smaller is not None:
            return smaller if kind == "min" else (b if smaller is a else a)
    return None
