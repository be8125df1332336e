"""What the activity of a tick-driven core tells: conditions, masks and counts, and how they are gathered."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.tick import loop
from accelsim.controllers.tick.shape import Shape
from accelsim.controllers.vocabulary import Vocabulary
from accelsim.devices.tiles import READ, WRITTEN

CONDITIONS = (
    "training",  # the rules' words per neuron are kept up to date
    "learning",  # in this time step synapses may change
    "target",  # and there is a learning signal
    "sweep_rows", "spike_rows",  # every row of input and recurrent synapses is visited, or only those with a spike
    "on_time_step", "on_spike", "on_signal", "on_period",  # what the rule does at the rows visited
    "on_firing",  # what it does to the synapses of neurons that fire,
    "visits_columns",  # apart from rows: all synapses in the words of those neurons, of which it does
    "column_reads", "column_writes", "column_reads_traces", "column_writes_traces",
    "output_sweep_rows", "output_spike_rows", "output_on_time_step", "output_on_spike", "output_on_signal",
    "output_on_period",
    "ends_sample", "ends_task",  # all synapses are visited once more,
    "end_reads", "end_writes", "end_reads_traces", "end_writes_traces",  # with these accesses
    "output_ends_sample", "output_ends_task",
    "output_end_reads", "output_end_writes", "output_end_reads_traces", "output_end_writes_traces",
    "judged", "deviated",  # the reward of a class or of a regression is computed
    "keeps_presynaptic", "keeps_postsynaptic",  # words that the rule keeps while training
    "output_keeps_presynaptic", "output_keeps_postsynaptic",
    "clears_synaptic", "output_clears_synaptic",  # some of the words per synapse return to zero after a sample
    "lasts_synaptic", "output_lasts_synaptic",  # and others do not
    "symmetric",  # errors return through the readout's own weights
    "adaptive",  # or through others that change as these do
    "outer_product",  # cells in crossbar tiles are written all at once, not row by row
    "last",  # end of the sample
)  # fmt: skip
MATRICES = {"winp": ("block", "pre"), "wrec": ("block", "pre"), "wout": ("recurrent",)}
"""Matrices, and the index sets of masks of their rows."""
ROW_MASKS = ("visited", "read", "row", "trace_read", "trace_row")
"""Rows visited, weights read and written, other words read and written."""
CHANGED = ("changed", "end_changed")
"""Masks of words whose weights changed, in the visits of a time step and in the one that ends a sample or task."""
TILES = {
    "winp": ("input_tile", "input"),
    "wrec": ("recurrent_tile", "recurrent"),
    "wout": ("recurrent_tile", "recurrent"),
}
"""Index sets of the crossbar tiles of a matrix, and of their rows."""
WORDS = {"winp": "row_word", "wrec": "row_word", "wout": "output_word"}
MASKS = {
    "event": ("pre",), "input_event": ("pre",), "spike": ("pre",), "fired": ("recurrent",),
    "fired_word": ("block", "row_word"),
    **{f"{matrix}_{what}": axes for matrix, axes in MATRICES.items() for what in ROW_MASKS},
    **{f"{matrix}_{what}": (*axes, WORDS[matrix]) for matrix, axes in MATRICES.items() for what in CHANGED},
    **{f"{matrix}_{what}": (tiles,) for matrix, (tiles, _) in TILES.items() for what in ("tile_read", "tile_written")},
    **{f"{matrix}_programmed": (rows,) for matrix, (_, rows) in TILES.items()},
}  # fmt: skip
COUNTS = ("deliveries", "input_events", "spikes_fired", *(f"{matrix}_updates" for matrix in MATRICES))
SPARSE = ("winp", "wrec")
"""Matrices that may be kept as rows of live synapses."""
ROW_COUNTS = tuple(
    f"{matrix}_{who}_{what}" for matrix in SPARSE for who in ("live", "sent", "quiet") for what in ("words", "synapses")
)
"""Of such rows: words and synapses of all, of those with a spike, of those without."""
ROW_CONDITIONS = tuple(f"{who}_{what}" for who in ("quiet", "sent") for what in ROW_MASKS)
"""What happens in this time step to rows without and with a spike."""
VOCABULARY = Vocabulary(CONDITIONS, MASKS, COUNTS)
ROW_VOCABULARY = Vocabulary((*CONDITIONS, *ROW_CONDITIONS), MASKS, (*COUNTS, *ROW_COUNTS))
"""Of a core that keeps such rows."""
_NOT_TILED = len(MATRICES) * len(loop.PER_MATRIX) + len(loop.PER_TICK)
_FIRED_WORD = _NOT_TILED + len(MATRICES) * len(loop.PER_TILED)
TALLIES = _FIRED_WORD + 1
"""Columns of the loop's tallies."""


def tally_columns(blocks: int) -> Mapping[str, tuple[int, int]]:
    """Column of the loop's tallies behind each count, and what multiplies it (rows visited count in every block)."""
    width = len(loop.PER_MATRIX)
    found = {}
    for m, (matrix, axes) in enumerate(MATRICES.items()):
        for k, what in enumerate(loop.PER_MATRIX):
            factor = blocks if what in ROW_MASKS and "block" in axes else 1
            found[f"{matrix}_{what}"] = (m * width + k, factor)
    for k, what in enumerate(loop.PER_TICK):
        found[what] = (len(MATRICES) * width + k, 1)
    for m, matrix in enumerate(MATRICES):
        for k, what in enumerate(loop.PER_TILED):
            found[f"{matrix}_{what}"] = (_NOT_TILED + m * len(loop.PER_TILED) + k, 1)
    found["spikes_fired"] = found["fired"]
    found["fired_word"] = (_FIRED_WORD, 1)
    return found


def gather_masks(
    events: NDArray[np.uint8],
    rows: Mapping[str, NDArray[np.uint8]],
    changed: Mapping[str, Mapping[str, NDArray[np.uint8]]],
    shape: Shape,
    on_firing: NDArray[np.uint8],
) -> dict[str, NDArray[np.uint8]]:
    """Masks from the loop's marks.

    Parameters
    ----------
    events : (time steps, indices)
    rows : by matrix, (time steps, rows)
    changed : by what of `CHANGED` and by matrix, (time steps, rows, words of a row)
    shape : Shape
    on_firing : (time steps,), whether something happens to the synapses of neurons that fire
    """
    blocks = shape.blocks
    ticks, pre = events.shape
    recurrent = rows["wout"].shape[1]

    def marked(marks: NDArray[np.uint8], *bits: int) -> NDArray[np.uint8]:
        return ((marks & sum(bits)) != 0).astype(np.uint8)

    def padded(marks: NDArray[np.uint8]) -> NDArray[np.uint8]:
        room = np.zeros((ticks, pre, *marks.shape[2:]), np.uint8)
        room[:, : marks.shape[1]] = marks
        return room

    masks = {
        "event": marked(events, loop.INPUT_EVENT, loop.SPIKE),
        "input_event": marked(events, loop.INPUT_EVENT),
        "spike": marked(events, loop.SPIKE),
        "fired": marked(events, loop.FIRED)[:, :recurrent],
    }
    for matrix, axes in MATRICES.items():
        in_blocks = "block" in axes
        for bit, what in enumerate(ROW_MASKS):
            mask = marked(rows[matrix], 1 << bit)
            if in_blocks:
                mask = np.broadcast_to(padded(mask)[:, None, :], (ticks, blocks, pre))
            masks[f"{matrix}_{what}"] = mask
        for what in CHANGED:
            words = changed[what][matrix]
            if in_blocks:
                words = padded(words).reshape(ticks, pre, blocks, -1).swapaxes(1, 2)
            masks[f"{matrix}_{what}"] = words
    room = np.zeros((ticks, blocks * shape.lanes), np.uint8)
    room[:, :recurrent] = masks["fired"] * on_firing[:, None]
    lanes = room.reshape(ticks, blocks, shape.lanes)
    masks["fired_word"] = np.maximum.reduceat(lanes, range(0, shape.lanes, shape.width), axis=2)
    return masks


def gather_tile_masks(
    tiles: Mapping[str, NDArray[np.uint8]], programmed: Mapping[str, NDArray[np.uint8]]
) -> dict[str, NDArray[np.uint8]]:
    """Masks of crossbar tiles and of their rows, from the loop's marks.

    Parameters
    ----------
    tiles : by matrix, (time steps, tiles)
    programmed : by matrix, (time steps, rows)
    """
    masks = {f"{matrix}_programmed": marks for matrix, marks in programmed.items()}
    for matrix, marks in tiles.items():
        for what, bit in (("tile_read", READ), ("tile_written", WRITTEN)):
            masks[f"{matrix}_{what}"] = ((marks & bit) != 0).astype(np.uint8)
    return masks
