"""What the loop of a tick-driven core does where weights lie in crossbar tiles; these take the place of empty ones.

A row of synapses is not added to the sums of neurons but to the columns of its tile; `convert` reads these at once,
and the kernels `merge` and `merge_output` add what converters give to the sums.
"""

from __future__ import annotations

from typing import Any

from accelsim.controllers.tick.loop import no_row as merge
from accelsim.controllers.tick.loop import no_row as merge_output
from accelsim.controllers.tick.loop import store_ideal as hold
from accelsim.devices.tiles import convert_columns, count_tiles, drive_row


def integrate(i: int, matrix: Any, parameters: Any) -> None:
    """Row `i` of input or recurrent synapses is driven."""
    drive_row(matrix.law, i, matrix.w, matrix.columns, matrix.active)


def accumulate_output(i: int, out: Any, parameters: Any) -> None:
    """The same of output synapses."""
    drive_row(out.law, i, out.w, out.columns, out.active)


def convert(matrix: Any, parameters: Any) -> None:
    """Tiles with a row driven are read, one after the other."""
    for tile in range(matrix.active.size):
        if matrix.active[tile]:
            convert_columns(matrix.law, tile, matrix.columns, matrix.codes)
            merge(tile, matrix, parameters)


def convert_output(out: Any, parameters: Any) -> None:
    """The same of output synapses."""
    for tile in range(out.active.size):
        if out.active[tile]:
            convert_columns(out.law, tile, out.columns, out.codes)
            merge_output(tile, out, parameters)


def store(i: int, matrix: Any) -> None:
    """Cells of row `i` are written; `hold` is what a memory of these cells does."""
    matrix.programmed[i] = 1
    hold(i, matrix)


def note_tiles(inp: Any, rec: Any, out: Any, tally: Any, record: Any, at: int) -> None:
    """The time step ends: count, in the columns of `accelsim.controllers.tick.loop.PER_TILED`."""
    count_tiles(
        inp.law,
        inp.active,
        inp.programmed,
        tally[28:31],
        record.tiles[0][at : at + 1],
        record.programmed[0][at : at + 1],
    )
    count_tiles(
        rec.law,
        rec.active,
        rec.programmed,
        tally[31:34],
        record.tiles[1][at : at + 1],
        record.programmed[1][at : at + 1],
    )
    count_tiles(
        out.law,
        out.active,
        out.programmed,
        tally[34:37],
        record.tiles[2][at : at + 1],
        record.programmed[2][at : at + 1],
    )
