"""The functions a datapath may call besides the operators of Python.

Each is a plain scalar function on exact integers (or floats where it says so). Called with numbers it
computes; called with a traced `Symbol` it adds one operation to the graph; compiled code runs the very same
bodies once `accelsim.datapath.jit` has been imported. None of them branches or raises in compiled code, so a
loop over a row of synapses stays in SIMD registers.
"""

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

__all__ = [
    "absolute",
    "clip",
    "exp",
    "lookup",
    "maximum",
    "minimum",
    "recip",
    "saturate",
    "saturate_unsigned",
    "shift_round",
    "sigmoid",
    "sign",
    "sqrt",
    "stochastic_round",
    "tanh",
    "truncate",
    "where",
    "wrap",
    "wrap_unsigned",
]


def _intrinsic(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let `function` record itself instead of computing when an argument is a traced symbol."""

    @wraps(function)
    def call(*arguments: Any) -> Any:
        for argument in arguments:
            record = getattr(argument, "record_intrinsic", None)
            if record is not None:
                return record(function.__name__, arguments)
        return function(*arguments)

    return call


@_intrinsic
def where(condition: Any, a: Any, b: Any) -> Any:
    """`a` if `condition` holds, else `b`: a multiplexer; both sides are always computed."""
    return a if condition else b


@_intrinsic
def minimum(a: Any, b: Any) -> Any:
    """The smaller of two words."""
    return a if a < b else b


@_intrinsic
def maximum(a: Any, b: Any) -> Any:
    """The larger of two words."""
    return a if a > b else b


@_intrinsic
def absolute(x: Any) -> Any:
    """|x|, one bit wider than a signed argument needs: the most negative word does not overflow."""
    return abs(x)


@_intrinsic
def sign(x: Any) -> Any:
    """-1, 0 or 1."""
    return (x > 0) - (x < 0)


@_intrinsic
def clip(x: Any, low: Any, high: Any) -> Any:
    """`x` limited to [low, high]; `low` wins if the limits cross."""
    return maximum(minimum(x, high), low)


@_intrinsic
def saturate(x: Any, bits: int) -> Any:
    """`x` limited to the range of a signed word of `bits` bits (at most 63)."""
    return clip(x, -(1 << (bits - 1)), (1 << (bits - 1)) - 1)


@_intrinsic
def saturate_unsigned(x: Any, bits: int) -> Any:
    """`x` limited to the range of an unsigned word of `bits` bits (at most 62)."""
    return clip(x, 0, (1 << bits) - 1)


@_intrinsic
def wrap(x: Any, bits: int) -> Any:
    """The low `bits` bits (at most 62) of `x` read as a signed two's-complement word."""
    return ((x & ((1 << bits) - 1)) ^ (1 << (bits - 1))) - (1 << (bits - 1))


@_intrinsic
def wrap_unsigned(x: Any, bits: int) -> Any:
    """The low `bits` bits (at most 62) of `x` read as an unsigned word."""
    return x & ((1 << bits) - 1)


@_intrinsic
def shift_round(x: Any, n: int) -> Any:
    """x / 2^n rounded to the nearest integer, halves upward (also for negative x); an adder and wires."""
    return (x + ((1 << n) >> 1)) >> n


@_intrinsic
def stochastic_round(x: Any, n: int, random: Any) -> Any:
    """x / 2^n rounded up with a probability equal to the dropped fraction, else down.

    The low `n` bits of `random` (a uniform random word) are added to `x` before an arithmetic shift right
    by `n`: the result is floor(x / 2^n) plus one if dropped bits + random bits reach 2^n. The mean is
    exactly x / 2^n when the random bits are uniform. With ``random = 0`` this is floor.
    """
    return (x + (random & ((1 << n) - 1))) >> n


@_intrinsic
def lookup(table: Sequence[Any], i: Any) -> Any:
    """Entry `i` of a constant table; an index outside the table reads its first or last entry."""
    return table[clip(i, 0, len(table) - 1)]


@_intrinsic
def recip(x: Any) -> Any:
    """1 / x of a float."""
    return 1.0 / x


@_intrinsic
def sqrt(x: Any) -> Any:
    """Square root of a float."""
    return math.sqrt(x)


@_intrinsic
def exp(x: Any) -> Any:
    """e^x of a float."""
    return math.exp(x)


@_intrinsic
def tanh(x: Any) -> Any:
    """Hyperbolic tangent of a float."""
    return math.tanh(x)


@_intrinsic
def truncate(x: Any) -> Any:
    """A float without its bits after the point (towards zero), still a float."""
    return np.trunc(x)


@_intrinsic
def sigmoid(x: Any) -> Any:
    """Logistic function 1 / (1 + e^-x) of a float, computed as (1 + tanh(x/2)) / 2."""
    return 0.5 + 0.5 * math.tanh(0.5 * x)
