"""Cells of one memory before the first write: what differs between them, and which are stuck."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.config.errors import ConfigError, Problem
from accelsim.datapath.words import Float, Format, Word
from accelsim.devices import state as at
from accelsim.devices.cells import CellModel
from accelsim.devices.kernels import bits_of, word_of, word_of_bits
from accelsim.devices.state import Cells, Sums, no_cells

TIMES_LARGEST = 2.0
"""Conductance range of float weights without a limit, over the largest initial weight (assumed)."""


def allocate_cells(
    model: CellModel | None,
    weights: NDArray[Any],
    form: Format,
    generator: np.random.Generator,
    *,
    tick_s: float,
    limit: float | None = None,
    used: NDArray[np.bool_] | None = None,
    sums: Sums = Sums(),
) -> Cells:
    """Cells that hold the given weights, but for stuck ones, whose weights are replaced.

    Parameters
    ----------
    model : CellModel, or None for an ideal memory.
    weights : (rows, columns), stored words of the format `form`; changed where cells are stuck.
    generator : draws everything that differs between cells.
    tick_s : time step of the outside world.
    limit : largest weight of the rule, as a real number.
    used : (rows, columns) where there are cells; everywhere by default.
    sums : where read noise is added.

    Raises
    ------
    ConfigError
        If binary cells are to hold floats of more than 32 bits.
    """
    if model is None:
        return no_cells()
    if model.binary and isinstance(form, Float) and form.bits > 32:
        raise ConfigError(Problem(path="core.devices", message=f"binary cells hold words up to 32 bits, not {form}"))
    low, high = _range(model, weights, form, limit)
    span = high - low
    shape = weights.shape
    used = np.ones(shape, np.bool_) if used is None else used

    def normal() -> NDArray[np.float64]:
        return generator.standard_normal(shape)

    analog = np.zeros((at.LIFE + 1, *shape))
    analog[at.HELD] = np.clip((weights.astype(np.float64) - low) / span, 0, 1)
    analog[at.GAIN] = np.maximum(1 + model.device_sigma * normal(), 0)
    analog[at.BEND] = 1 + model.device_sigma * normal()
    analog[at.EXPONENT] = np.maximum(model.drift_exponent + model.drift_spread * normal(), 0)
    analog[at.LIFE] = model.endurance * 10 ** (model.endurance_spread * normal()) if model.wear else math.inf
    whole = isinstance(form, Word)
    law = np.zeros(at.USED + 1)
    law[[at.ON, at.LOW, at.SPAN, at.WHOLE]] = 1, low, span, whole
    law[at.BITS] = (form.bits if whole else 32) if model.binary else 0
    law[[at.STEP, at.UP, at.DOWN, at.CYCLE_SIGMA]] = model.step, model.bend_up, model.bend_down, model.cycle_sigma
    law[[at.WRITE_ERROR, at.WEAR]] = model.write_error, model.wear
    law[[at.VERIFY, at.STOCHASTIC]] = model.verify, model.stochastic
    law[[at.DRIFT, at.LOSS, at.TICK_S]] = model.drift_exponent, 1 / model.retention_s, tick_s
    law[[at.ZERO, at.FLOOR]] = -low / span, model.floor
    # Cells are half-way up their range on the average (assumed); bits are told apart in spite of the noise.
    law[at.READ_SIGMA] = 0 if model.binary else model.read_noise * (0.5 + model.floor) * span * sums.scale
    law[[at.TOTAL_LOW, at.TOTAL_HIGH, at.WHOLE_TOTAL]] = sums.low, sums.high, sums.whole
    law[at.USED] = used.sum()
    frozen = np.where(used, 0, at.ALL_BITS).astype(np.uint32)
    cells = Cells(analog, frozen, law, generator.integers(1, 2**63, 2, np.uint64))
    stick = _stick_bits if model.binary else _stick_levels
    stick(cells, weights, generator, model.stuck_fraction, used)
    analog[at.WRITTEN] = analog[at.HELD]
    return cells


def _range(model: CellModel, weights: NDArray[Any], form: Format, limit: float | None) -> tuple[float, float]:
    """Words at the ends of the conductance range."""
    if isinstance(form, Word):
        high = form.high if limit is None else int(form.encode(limit))
        return (max(form.low, -high) if limit is not None else form.low), high
    largest = limit or model.range or TIMES_LARGEST * float(np.abs(weights).max(initial=0.0)) or 1.0
    return -largest, largest


def _stick_levels(
    cells: Cells, weights: NDArray[Any], generator: np.random.Generator, share: float, used: NDArray[np.bool_]
) -> None:
    """Analog cells that never change: a third each at either end and anywhere between (assumed)."""
    stuck = used & (generator.random(weights.shape) < share)
    where, level = generator.integers(0, 3, weights.shape), generator.random(weights.shape)
    cells.frozen[stuck] = at.ALL_BITS
    cells.analog[at.HELD][stuck] = np.choose(where, [0.0, 1.0, level])[stuck]
    weights[stuck] = [word_of(held, cells.law) for held in cells.analog[at.HELD][stuck]]
    cells.law[at.STUCK] = stuck.sum()


def _stick_bits(
    cells: Cells, weights: NDArray[Any], generator: np.random.Generator, share: float, used: NDArray[np.bool_]
) -> None:
    """Bits that never change: at 0 or 1."""
    law = cells.law
    shape = (*weights.shape, int(law[at.BITS]))
    stuck, ones = generator.random(shape) < share, generator.random(shape) < 0.5
    stuck &= used[..., None]
    for i, j in np.argwhere(stuck.any(axis=-1)):
        bits = bits_of(float(weights[i, j]), law)
        for bit in np.flatnonzero(stuck[i, j]):
            cells.frozen[i, j] |= np.uint32(1 << int(bit))
            bits = bits & ~(1 << int(bit)) | int(ones[i, j, bit]) << int(bit)
        weights[i, j] = word_of_bits(bits, max(law[at.LOW] + law[at.SPAN], abs(float(weights[i, j]))), law)
    law[at.STUCK] = stuck.sum()
