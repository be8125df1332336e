"""Toggles of every word of a datapath from one evaluation to the next, from the operands it saw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.datapath.evaluate import evaluate
from accelsim.datapath.stages import Program
from accelsim.datapath.symbols import Symbol
from accelsim.datapath.trace import reachable
from accelsim.datapath.words import Float
from accelsim.technology.switching import Switching

FEWEST = 8
"""Pairs of evaluations without which nothing is said of a stage (assumed)."""
DIGITS = 4
"""Digits after the point of an activity: floats of another machine must not change it."""


@dataclass(frozen=True)
class Operands:
    """What a datapath saw in consecutive evaluations.

    Attributes
    ----------
    words : mapping of str to vector, (evaluations,)
        Values of each input.
    position : int64 vector, (evaluations,)
        Which evaluation of a row each one is: lanes take the evaluations of a row in turn.
    """

    words: Mapping[str, NDArray[Any]]
    position: NDArray[np.int64]

    @property
    def evaluations(self) -> int:
        """Number of evaluations."""
        return self.position.size


def switching(program: Program, operands: Operands, lanes: int = 1) -> Switching | None:
    """How often the words of a datapath toggle, over random words; None if there are too few evaluations to tell.

    Parameters
    ----------
    program : the datapath.
    operands : what it saw.
    lanes : copies of the datapath; words toggle between two evaluations of the same one.
    """
    outputs = tuple(program.writes.values())
    symbols = reachable(outputs)
    values = evaluate(symbols, operands.words)
    lane = operands.position % lanes
    order = np.argsort(lane, kind="stable")
    same = lane[order][1:] == lane[order][:-1]
    before, after = order[:-1][same], order[1:][same]
    if before.size < FEWEST:
        return None
    shares = {symbol.index: _toggles(values[symbol.index], symbol, before, after) for symbol in symbols}

    def activity(words: Iterable[Symbol]) -> float:
        bits = {symbol.index: symbol.value.bits for symbol in words}
        toggled = sum(shares[index] * width for index, width in bits.items())
        return round(2 * toggled / sum(bits.values()), DIGITS) if bits else 1.0

    def operand_words(symbol: Symbol) -> list[Symbol]:
        return [x for x in symbol.operands if isinstance(x, Symbol)] or [symbol]  # a drawn word has no operands

    return Switching(
        operands.evaluations,
        activity(symbol for symbol in symbols if symbol.kind == "input"),
        tuple(activity(operand_words(symbol)) for symbol in program.operation_symbols()),
    )


def _toggles(values: NDArray[Any], symbol: Symbol, before: NDArray[np.int64], after: NDArray[np.int64]) -> float:
    """Share of the bits of a word that differ between two evaluations."""
    bits = symbol.value.bits
    raw = values.view(f"int{bits}") if isinstance(symbol.value, Float) else values
    changed = (raw[before] ^ raw[after]).astype(np.uint64) & np.uint64((1 << bits) - 1)
    return float(np.bitwise_count(changed).mean()) / bits
