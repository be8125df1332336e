"""The activity of a tick-driven network as one of the cores sees it that the network is spread over."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.activity import Activity
from accelsim.controllers.tick.vocabulary import CONDITIONS, MASKS, VOCABULARY
from accelsim.controllers.vocabulary import Vocabulary

READS_OUT = "reads_out"
"""Condition of the core that holds the outputs."""
RECEIVED = ("spikes_received", "sums_received", "errors_received")
"""Messages that come from other cores."""
_OF_ALL = ("deliveries", "input_events")
"""Counts that every core shares: all of them receive the input."""
PART_VOCABULARY = Vocabulary((*CONDITIONS, READS_OUT), MASKS, (*_OF_ALL, "spikes_fired", *RECEIVED))
"""What the phase tables of such a core may use."""


def part_activity(
    whole: Activity,
    neurons: range,
    blocks: range,
    reads_out: bool,
    received: Mapping[str, NDArray[np.int64]],
    heard: NDArray[np.bool_] | None = None,
) -> Activity:
    """Cut a core's part from the activity of the network.

    Parameters
    ----------
    whole : with the masks of all its time steps
    neurons, blocks : of the core
    reads_out : whether the core holds the outputs
    received : messages in each time step, (time steps,), by the names of `RECEIVED`
    heard : (recurrent neurons,), whose spikes it receives; None for all

    Returns
    -------
    Activity
        By the columns of `PART_VOCABULARY`.
    """
    counts = np.zeros((len(whole), len(PART_VOCABULARY.columns)), np.int64)
    for name in (*CONDITIONS, *_OF_ALL):
        counts[:, PART_VOCABULARY.column(name)] = whole.counts[:, VOCABULARY.column(name)]
    counts[:, PART_VOCABULARY.column(READS_OUT)] = reads_out
    own = {"block": slice(blocks.start, blocks.stop), "recurrent": slice(neurons.start, neurons.stop)}
    masks = {name: mask[:, *(own.get(axis, slice(None)) for axis in MASKS[name])] for name, mask in whole.masks.items()}
    if heard is not None:
        masks["spike"] = masks["spike"].copy()
        masks["spike"][:, : heard.size] *= heard
    for name, mask in masks.items():
        counts[:, PART_VOCABULARY.column(name)] = mask.sum(axis=tuple(range(1, mask.ndim)), dtype=np.int64)
    counts[:, PART_VOCABULARY.column("spikes_fired")] = counts[:, PART_VOCABULARY.column("fired")]
    for name in RECEIVED:
        counts[:, PART_VOCABULARY.column(name)] = received[name]
    return Activity(counts, masks, whole.masked)
