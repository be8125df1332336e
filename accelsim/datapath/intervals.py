"""Interval arithmetic on integers: which values a result may take, hence how many bits it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from accelsim.datapath.words import Word


@dataclass(frozen=True)
class Interval:
    """The values an integer word may take; `condition` marks the outcome of a comparison."""

    low: int
    high: int
    condition: bool = False

    @property
    def signed(self) -> bool:
        """Whether a sign bit is needed."""
        return self.low < 0

    @property
    def bits(self) -> int:
        """Width of the narrowest word that holds every value."""
        if self.signed:
            return max((-self.low - 1).bit_length(), max(self.high, 0).bit_length()) + 1
        return max(1, self.high.bit_length())

    def within(self, other: Interval | Word) -> bool:
        """Whether every value is also one of `other`'s."""
        return other.low <= self.low and self.high <= other.high


CONDITION = Interval(0, 1, condition=True)


def hull(a: Interval, b: Interval) -> Interval:
    """The values of either."""
    return Interval(min(a.low, b.low), max(a.high, b.high))


def _corners(function: Callable[[int, int], int]) -> Callable[[Interval, Interval], Interval]:
    """Bounds of a function that is monotonic in each argument."""

    def bounds(a: Interval, b: Interval) -> Interval:
        values = [function(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
        return Interval(min(values), max(values))

    return bounds


def _two_complement(a: Interval, b: Interval) -> Interval:
    bits = max(a.bits + (not a.signed), b.bits + (not b.signed))
    return Interval(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


def _and(a: Interval, b: Interval) -> Interval:
    if a.condition and b.condition:
        return CONDITION
    masks = [x.high for x in (a, b) if not x.signed]  # a non-negative operand bounds the result
    return Interval(0, min(masks)) if masks else Interval(_two_complement(a, b).low, max(a.high, b.high))


def _or(a: Interval, b: Interval) -> Interval:
    if a.condition and b.condition:
        return CONDITION
    if a.signed or b.signed:
        return _two_complement(a, b)
    return Interval(max(a.low, b.low), (1 << max(a.bits, b.bits)) - 1)


def _xor(a: Interval, b: Interval) -> Interval:
    if a.condition and b.condition:
        return CONDITION
    return _two_complement(a, b) if a.signed or b.signed else Interval(0, (1 << max(a.bits, b.bits)) - 1)


def _absolute(a: Interval) -> Interval:
    ends = abs(a.low), abs(a.high)
    return Interval(0 if a.low <= 0 <= a.high else min(ends), max(ends))


def _lt(a: Interval, b: Interval) -> Interval:
    return Interval(a.high < b.low, a.low < b.high, condition=True)


def _le(a: Interval, b: Interval) -> Interval:
    return Interval(a.high <= b.low, a.low <= b.high, condition=True)


def _eq(a: Interval, b: Interval) -> Interval:
    disjoint = a.high < b.low or b.high < a.low
    return Interval(a.low == a.high == b.low == b.high, not disjoint, condition=True)


def _ne(a: Interval, b: Interval) -> Interval:
    equal = _eq(a, b)
    return Interval(not equal.high, not equal.low, condition=True)


BINARY: dict[str, Callable[[Interval, Interval], Interval]] = {
    "add": lambda a, b: Interval(a.low + b.low, a.high + b.high),
    "sub": lambda a, b: Interval(a.low - b.high, a.high - b.low),
    "mul": _corners(lambda x, y: x * y),
    "shl": _corners(lambda x, y: x << y),
    "shr": _corners(lambda x, y: x >> y),
    "and": _and,
    "or": _or,
    "xor": _xor,
    "min": lambda a, b: Interval(min(a.low, b.low), min(a.high, b.high)),
    "max": lambda a, b: Interval(max(a.low, b.low), max(a.high, b.high)),
    "lt": _lt,
    "le": _le,
    "eq": _eq,
    "ne": _ne,
}
"""Bounds of each operation with two operands; shift amounts must not be negative."""

UNARY: dict[str, Callable[[Interval], Interval]] = {
    "neg": lambda a: Interval(-a.high, -a.low),
    "abs": _absolute,
    "not": lambda a: Interval(~a.high, ~a.low),
}
"""Bounds of each operation with one operand."""
