"""Recorded operations as straight-line source that numba compiles to the same bits.

Every value gets the narrowest of int32, int64 and its float format, so that rows of narrow words fill SIMD
registers, and literals never widen a float32.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from accelsim.datapath.intervals import Interval
from accelsim.datapath.symbols import Symbol
from accelsim.datapath.words import Float

PRELUDE = """\
import math

import numpy as np
from numba import float32, float64, int32, int64, njit, uint32, uint64
"""
"""What emitted source needs to have imported."""

_INFIX = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "shl": "<<", "shr": ">>", "and": "&", "or": "|",
    "xor": "^", "lt": "<", "le": "<=", "eq": "==", "ne": "!=",
}  # fmt: skip
_PREFIX = {"neg": "-", "not": "~"}
_FUNCTIONS = {"sqrt": "math.sqrt", "exp": "math.exp", "tanh": "math.tanh", "trunc": "np.trunc", "abs": "abs"}


def lane_type(value: Interval | Float) -> str:
    """The numba type that computes a value."""
    if isinstance(value, Float):
        return f"float{value.bits}"
    return "int32" if value.bits + (not value.signed) <= 32 else "int64"


def emit(symbols: Iterable[Symbol], prefix: str) -> tuple[list[str], list[str]]:
    """Source of recorded operations.

    Parameters
    ----------
    symbols : in order of use, as `accelsim.datapath.trace.reachable` lists them.
    prefix : keeps the names of tables of several kernels in one module apart.

    Returns
    -------
    statements, one per operation; and lines that define constant tables at module level. An input named x is
    read from the variable ``x_``, the result of operation n is in ``tn``.
    """
    statements, tables = [], []
    for symbol in symbols:
        if symbol.kind == "lookup":
            table = f"{prefix}_table{symbol.index}"
            values = ", ".join(map(_literal, symbol.detail))
            tables.append(f"{table} = np.array([{values}], np.{_table_type(symbol)})")
            entry = f"{table}[uint64({word(symbol.operands[0])})]"
            statements.append(f"t{symbol.index} = {_cast(symbol, entry)}")
        elif symbol.kind != "input":
            statements.append(f"t{symbol.index} = {_expression(symbol)}")
    return statements, tables


def word(x: Any) -> str:
    """An operand or result as a number (a condition counts 0 or 1)."""
    if not isinstance(x, Symbol):
        return f"({_literal(x)})" if x < 0 else _literal(x)
    return f"int32({_name(x)})" if _is_condition(x) else _name(x)


def _expression(symbol: Symbol) -> str:
    kind, operands = symbol.kind, symbol.operands
    if kind == "convert":
        return f"{lane_type(symbol.value)}({word(operands[0])})"
    if kind in ("min", "max", "where"):
        a, b = (_cast(symbol, word(x)) for x in operands[-2:])
        comparison = f"{_raw(symbol, 0)} {'>' if kind == 'max' else '<'} {_raw(symbol, 1)}"
        return f"{a} if {_test(operands[0]) if kind == 'where' else comparison} else {b}"
    if kind == "clip":
        x, low, high = map(word, operands)
        limits = _cast(symbol, low), _cast(symbol, high)
        return f"{limits[0]} if {x} < {low} else ({limits[1]} if {x} > {high} else {_cast(symbol, x)})"
    if kind == "wrap":
        mask, half = (1 << symbol.detail) - 1, 1 << (symbol.detail - 1)
        return _cast(symbol, f"(({word(operands[0])} & {mask}) ^ {half}) - {half}")
    if kind == "recip":
        return f"{lane_type(symbol.value)}(1.0) / {word(operands[0])}"
    if kind in _FUNCTIONS:
        return _cast(symbol, f"{_FUNCTIONS[kind]}({word(operands[0])})")
    if kind in _PREFIX:
        return _cast(symbol, f"{_PREFIX[kind]}{word(operands[0])}")
    if _is_condition(symbol):
        pair = operands if all(map(_is_condition, operands)) else None
        a, b = map(_name, pair) if pair else (_raw(symbol, 0), _raw(symbol, 1))
        return f"{a} {_INFIX[kind]} {b}"
    return _cast(symbol, f"{_raw(symbol, 0)} {_INFIX[kind]} {_raw(symbol, 1)}")


def _raw(symbol: Symbol, position: int) -> str:
    """An operand in its own type; a float literal takes the type of the float beside it."""
    x = symbol.operands[position]
    if isinstance(x, float):
        others = (y.value for y in (*symbol.operands, symbol) if isinstance(y, Symbol))
        return f"{lane_type(next(value for value in others if isinstance(value, Float)))}({_literal(x)})"
    return word(x)


def _cast(symbol: Symbol, expression: str) -> str:
    return f"{lane_type(symbol.value)}({expression})"


def _test(x: Symbol) -> str:
    return _name(x) if _is_condition(x) else f"{_name(x)} != 0"


def _name(x: Symbol) -> str:
    return f"{x.detail}_" if x.kind == "input" else f"t{x.index}"


def _is_condition(x: Any) -> bool:
    return isinstance(x, Symbol) and isinstance(x.value, Interval) and x.value.condition


def _literal(x: Any) -> str:
    if isinstance(x, float) and not math.isfinite(x):
        return f'float("{x}")'
    return repr(x)


def _table_type(symbol: Symbol) -> str:
    if isinstance(symbol.value, Float):
        return f"float{symbol.value.bits}"
    return np.result_type(*(np.min_scalar_type(x) for x in (symbol.value.low, symbol.value.high))).name
