"""How weights lie in crossbar cells, what a converter's step is, and the digital sum of what converters give.

A sum of integers is converted in steps of a power of two of the weight's last digit, one digit at the least, so that
the digital side only shifts and adds: with enough bits every sum is exact.  Floats are held by one cell or pair, as
they are; a converter's step is its full scale over its codes, and the digital side multiplies by it.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.crossbar import Crossbar
from accelsim.config.errors import ConfigError, Problem
from accelsim.datapath.intrinsics import saturate
from accelsim.datapath.stages import Program, Stage, chain
from accelsim.datapath.words import Float, Format, Word
from accelsim.devices.tiles import CODE_HIGH, CODE_LOW, INVERSE_STEP, OFFSET, ROWS, SLICE_BITS

Converter = Callable[[Any], Any]


@dataclass(frozen=True)
class Grid:
    """Weights of one format in cells of one kind of tile.

    Attributes
    ----------
    crossbar : Crossbar
    weight : Format
    """

    crossbar: Crossbar
    weight: Format

    @property
    def code(self) -> Word:
        """What a converter gives."""
        return Word(self.crossbar.adc_bits, signed=self.crossbar.differential)

    @property
    def cell_bits(self) -> int:
        """Bits of an integer weight that a cell, or a pair of cells, holds."""
        assert isinstance(self.weight, Word)
        size = self.weight.bits - (self.weight.signed and self.crossbar.differential)
        return -(-max(size, 1) // self.crossbar.weight_slices)

    @property
    def offset(self) -> int:
        """What is added to an integer weight so that it is not negative."""
        assert isinstance(self.weight, Word)
        return 0 if self.crossbar.differential else -self.weight.low

    @property
    def step_bits(self) -> int:
        """A converter's step as a power of two of a cell's last digit: its codes reach the full scale."""
        largest = self.crossbar.full_scale * 2**self.cell_bits
        return max(0, math.ceil(math.log2(largest / self._codes)))

    @property
    def _codes(self) -> int:
        """Codes from zero to the full scale."""
        return 2 ** (self.crossbar.adc_bits - self.crossbar.differential)

    def step(self, largest: float) -> float:
        """A converter's step, if weights are floats up to the `largest`."""
        return self.crossbar.full_scale * (1 if self.crossbar.differential else 2) * largest / self._codes

    def arrays(self, weights: NDArray[Any], largest: float) -> dict[str, NDArray[Any]]:
        """What the loop keeps of a matrix of weights beside them; `largest` is their limit, if they are floats."""
        pre, post = weights.shape
        tiles, parts = -(-pre // self.crossbar.rows), self.crossbar.weight_slices
        floats = isinstance(self.weight, Float)
        step = self.step(largest) if floats else 2.0**self.step_bits
        law = np.zeros(OFFSET + 1)
        law[[ROWS, INVERSE_STEP, CODE_LOW, CODE_HIGH]] = self.crossbar.rows, 1 / step, self.code.low, self.code.high
        if not floats:
            law[[SLICE_BITS, OFFSET]] = self.cell_bits, self.offset
        elif not self.crossbar.differential:
            law[OFFSET] = largest
        codes = np.zeros((parts, tiles, post), np.int32)
        return {
            "law": law,
            "columns": np.zeros((parts, tiles, post)),
            "active": np.zeros(tiles, np.int32),
            "programmed": np.zeros(pre, np.uint8),
            "codes": codes,
            **{f"code{part}": codes[part] for part in range(parts)},
            "step": np.full(tiles, step, np.float32),
            "bias": np.full(tiles, law[OFFSET], np.float32),
        }

    def places(self) -> dict[str, str]:
        """Where the words of :meth:`merge` live (see `accelsim.datapath.kernels`)."""
        codes = {f"code{part}": "synapse" for part in range(self.crossbar.weight_slices)}
        return {"total": "lane", "active": "row", "step": "row", "bias": "row", **codes}

    def merge(self, total: Format, align: Converter) -> Program:
        """Add what was converted of one column of a tile to a sum; `align` brings a weight into its format."""
        parts = range(self.crossbar.weight_slices)
        codes = {f"code{part}": self.code for part in parts}
        words: dict[str, Any] = {"total": total, **codes}
        if isinstance(self.weight, Float):
            return self._merge_floats(words)
        bits, step_bits, offset = self.cell_bits, self.step_bits, self.offset

        def merge(total_: Any, **found: Any) -> Any:
            value: Any = 0
            for part in parts:
                value = value + (found[f"code{part}"] << (bits * part + step_bits))
            if offset:
                value = value - found["active"] * offset
            result = total_ + align(value)
            return saturate(result, total.bits) if isinstance(total, Word) else result

        if offset:
            words["active"] = self._active
        return _program(merge, words)

    @property
    def _active(self) -> Word:
        """How many rows of a tile were driven."""
        return Word(self.crossbar.rows.bit_length(), signed=False)

    def _merge_floats(self, words: dict[str, Any]) -> Program:
        words["step"] = Float(32)
        if self.crossbar.differential:
            return _program(lambda total_, code0, step: total_ + code0 * step, words)
        words |= {"active": self._active, "bias": Float(32)}
        return _program(lambda total_, code0, step, active, bias: total_ + (code0 * step - active * bias), words)


def _program(merge: Callable[..., Any], words: dict[str, Any]) -> Program:
    """A program of one function of the sum and of the other words by name."""

    def function(**found: Any) -> Any:
        return merge(found.pop("total"), **found)

    named = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in words]
    function.__signature__ = inspect.Signature(named)  # type: ignore[attr-defined]
    return chain([Stage(function, "time step", "neuron", ("total",))], words, stored=("total",))


def check_crossbar(crossbar: Crossbar, weights: dict[str, Format], factorised: dict[str, bool], feedback: str) -> None:
    """Raise `ConfigError` if rules do not fit the tiles.

    Parameters
    ----------
    crossbar : Crossbar
    weights : format of the weights of each rule by its name.
    factorised : whether its changes are products of a word of the row and one of the column, of the rules that learn.
    feedback : how errors come back.
    """
    problems = []
    if crossbar.weight_slices > 1:
        problems += [
            Problem(
                path="core.crossbar.weight_slices", message=f"rule `{name}` has weights of {form}: one cell holds them"
            )
            for name, form in weights.items()
            if isinstance(form, Float)
        ]
    if crossbar.update == "outer-product":
        problems += [
            Problem(
                path="core.crossbar.update",
                message=f"rule `{name}` keeps words per synapse: no outer product; use `program-verify`",
            )
            for name, product in factorised.items()
            if not product
        ]
    if feedback == "symmetric":
        message = "tiles are not read backwards: errors come back through weights of their own, `random`"
        problems.append(Problem(path="core.options.feedback", message=message))
    if problems:
        raise ConfigError(problems)
