"""Run recorded operations on vectors of words: one element for each evaluation, to the same bits as compiled code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.datapath.symbols import Symbol
from accelsim.datapath.words import Float

Vector = NDArray[Any]

_OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "neg": np.negative, "abs": np.abs,
    "shl": np.left_shift, "shr": np.right_shift, "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor,
    "not": np.invert, "lt": np.less, "le": np.less_equal, "eq": np.equal, "ne": np.not_equal, "min": np.minimum,
    "max": np.maximum, "clip": np.clip, "convert": np.asarray, "sqrt": np.sqrt, "exp": np.exp, "tanh": np.tanh,
    "trunc": np.trunc,
    "recip": lambda x: 1 / x,
    "where": lambda condition, a, b: np.where(condition != 0, a, b),
}  # fmt: skip


def evaluate(symbols: Iterable[Symbol], words: Mapping[str, Vector]) -> dict[int, Vector]:
    """Values of recorded operations.

    Parameters
    ----------
    symbols : every producer before its users, as `accelsim.datapath.trace.reachable` lists them.
    words : the inputs by name, vectors of one length.

    Returns
    -------
    int64 or float vectors by the index of the symbol.
    """
    values: dict[int, Vector] = {}
    with np.errstate(all="ignore"):
        for symbol in symbols:
            operands = [values[x.index] if isinstance(x, Symbol) else x for x in symbol.operands]
            dtype = symbol.value.dtype if isinstance(symbol.value, Float) else np.dtype(np.int64)
            values[symbol.index] = np.asarray(_result(symbol, operands, words)).astype(dtype)
    return values


def _result(symbol: Symbol, operands: list[Any], words: Mapping[str, Vector]) -> Any:
    if symbol.kind == "input":
        return words[symbol.detail]
    if symbol.kind == "lookup":
        return np.asarray(symbol.detail)[operands[0]]
    if symbol.kind == "wrap":
        half = 1 << (symbol.detail - 1)
        return ((operands[0] & (2 * half - 1)) ^ half) - half
    return _OPERATIONS[symbol.kind](*operands)
