"""What the activity of a tick-driven core tells: conditions, masks and counts, and how they are gathered."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.tick import loop
from accelsim.controllers.vocabulary import Vocabulary

CONDITIONS = (
    "training",  # the rules' words per neuron are kept up to date
    "learning",  # in this time step synapses may change
    "target",  # and there is a learning signal
    "sweep_rows", "spike_rows",  # every row of input and recurrent synapses is visited, or only those with a spike
    "on_time_step", "on_spike", "on_signal", "on_period",  # what the rule does at the rows visited
    "output_sweep_rows", "output_spike_rows", "output_on_time_step", "output_on_spike", "output_on_signal",
    "output_on_period",
    "keeps_synaptic", "keeps_presynaptic", "keeps_postsynaptic",  # words that the rule keeps while training
    "output_keeps_synaptic", "output_keeps_presynaptic", "output_keeps_postsynaptic",
    "symmetric",  # errors return through the readout's own weights
    "last",  # end of the sample
)  # fmt: skip
MATRICES = {"winp": ("block", "pre"), "wrec": ("block", "pre"), "wout": ("recurrent",)}
"""Matrices, and the index sets of masks of their rows."""
ROW_MASKS = ("visited", "read", "row", "trace_read", "trace_row")
"""Rows visited, weights read and written, other words read and written."""
WORDS = {"winp": "row_word", "wrec": "row_word", "wout": "output_word"}
MASKS = {
    "event": ("pre",), "input_event": ("pre",), "spike": ("pre",), "fired": ("recurrent",),
    **{f"{matrix}_{what}": axes for matrix, axes in MATRICES.items() for what in ROW_MASKS},
    **{f"{matrix}_changed": (*axes, WORDS[matrix]) for matrix, axes in MATRICES.items()},
}  # fmt: skip
COUNTS = ("deliveries", "input_events", "spikes_fired", *(f"{matrix}_updates" for matrix in MATRICES))
VOCABULARY = Vocabulary(CONDITIONS, MASKS, COUNTS)
TALLIES = len(MATRICES) * len(loop.PER_MATRIX) + len(loop.PER_TICK)
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
    found["spikes_fired"] = found["fired"]
    return found


def gather_masks(
    events: NDArray[np.uint8],
    rows: Mapping[str, NDArray[np.uint8]],
    changed: Mapping[str, NDArray[np.uint8]],
    blocks: int,
) -> dict[str, NDArray[np.uint8]]:
    """Masks from the loop's marks.

    Parameters
    ----------
    events : (time steps, indices)
    rows : by matrix, (time steps, rows)
    changed : by matrix, (time steps, rows, words of a row)
    blocks : int
    """
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
        words = changed[matrix]
        if in_blocks:
            words = padded(words).reshape(ticks, pre, blocks, -1).swapaxes(1, 2)
        masks[f"{matrix}_changed"] = words
    return masks
