"""Crossbar tiles: analog sums of the rows driven together, and what converters make of them: compiled kernels.

Sums are in units of a cell: of the last digit of the part of a weight that it holds if weights are integers, of weight
if they are floats.
"""

from __future__ import annotations

import math

import numpy as np

from accelsim.datapath.compile import inner

# Entries of the law of a matrix in tiles.
ROWS, INVERSE_STEP, CODE_LOW, CODE_HIGH, SLICE_BITS, OFFSET = range(6)
READ, WRITTEN = 1, 2
"""Bits of a recorded tile: it was read, or cells of it were written."""


@inner
def quantise(total: float, inverse_step: float, low: float, high: float) -> float:
    """The number that a converter gives for a sum: the nearest step, clipped to its codes."""
    return min(max(math.floor(total * inverse_step + 0.5), low), high)


@inner
def cell_level(weight: float, part: int, parts: int, law: np.ndarray) -> float:
    """What the cell, or the pair of cells, adds to a sum that holds a `part` of a weight, the lowest first."""
    level = weight + law[OFFSET]
    if parts == 1:
        return level
    bits = np.int64(law[SLICE_BITS])
    size = np.int64(abs(level)) >> (part * bits)
    if part < parts - 1:
        size &= (1 << bits) - 1
    return math.copysign(np.float64(size), level)


@inner
def drive_row(law: np.ndarray, i: int, weights: np.ndarray, columns: np.ndarray, active: np.ndarray) -> None:
    """Add row `i` of the weights to the columns (parts, tiles, columns) of its tile."""
    tile = i // np.int64(law[ROWS])
    active[tile] += 1
    for part in range(columns.shape[0]):
        for j in range(columns.shape[2]):
            columns[part, tile, j] += cell_level(np.float64(weights[i, j]), part, columns.shape[0], law)


@inner
def convert_columns(law: np.ndarray, tile: int, columns: np.ndarray, codes: np.ndarray) -> None:
    """Convert the sums of a tile, which are gone then."""
    for part in range(columns.shape[0]):
        for j in range(columns.shape[2]):
            total = columns[part, tile, j]
            codes[part, tile, j] = np.int32(quantise(total, law[INVERSE_STEP], law[CODE_LOW], law[CODE_HIGH]))
            columns[part, tile, j] = 0.0


@inner
def count_tiles(
    law: np.ndarray,
    active: np.ndarray,
    programmed: np.ndarray,
    tally: np.ndarray,
    marks: np.ndarray,
    rows: np.ndarray,
) -> None:
    """Count tiles read, tiles written and rows written in a time step, and begin anew.

    `marks` (1, tiles) and `rows` (1, rows) take what is recorded, unless empty.
    """
    size = int(law[ROWS])
    for tile in range(active.size):
        first, last = tile * size, min((tile + 1) * size, programmed.size)
        written = 0
        for i in range(first, last):
            written += programmed[i]
            if rows.shape[0]:
                rows[0, i] = programmed[i]
            programmed[i] = 0
        what = (READ if active[tile] else 0) | (WRITTEN if written else 0)
        tally[0] += what & READ
        tally[1] += written > 0
        tally[2] += written
        if marks.shape[0]:
            marks[0, tile] = what
        active[tile] = 0
