"""Arrays that the event loop, its engine and the reference share: what their rows and columns mean."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.schema import Core
from accelsim.mapping.placement import Placement

WAITING, FALLING = -1, -2
"""Segments of the timeline that are no phase: waiting for something to do, for the request to fall."""

READ_AT, OCCUPANCY, DEPTH = range(3)
"""Columns of a queue's state."""

ITERATIONS, INTERVAL, WORK_AT, ACKNOWLEDGE, THEN, UNTIL_FREE, FIRST_ACCESS = range(7)
"""Columns of the phase table."""

(TIME, WAIT_FROM, PHASE, ITERATION, START, BEGAN, RAISED, HEAD, OWN_ENTRY,
 EVENTS, NEXT_EVENT, REQUEST_UP, ACKNOWLEDGED, FREE_INPUT,
 LINK_FREE, BUSY_DONE, BUSY_FROM, BUSY_TO,
 FALL, GAP, SYNCHRONISER, BUSY, LINKED, STEPPING, FINAL, CLOCK_SIZE) = range(26)  # fmt: skip
"""What the loop remembers between calls.

`TIME`: present cycle.  `WAIT_FROM`: start of the waiting segment.  `PHASE`: the one under way, -1 for none, with the
`ITERATION` that comes next (-1: none has begun), its `START` as if nothing held it, the cycle the phase `BEGAN`,
packets `RAISED` by the iteration before, which hold the next one, the scheduler's `HEAD`, and whether the input event
made an entry (`OWN_ENTRY`).

`EVENTS`: rows of the stimulus in use, `NEXT_EVENT` to be served, its `REQUEST_UP`; cycle the last one was
`ACKNOWLEDGED`, and in which its handshake ended (`FREE_INPUT`).

`LINK_FREE`: first cycle with the output link at rest, far away if not known yet; cycles it was busy up to the last
group of packets (`BUSY_DONE`), and that group (`BUSY_FROM`, `BUSY_TO`).

Constants: the sender's delays (`FALL`, `GAP`), the `SYNCHRONISER`, cycles the link is `BUSY` for one packet, whether
another core receives (`LINKED`), whether the loop returns after each decision (`STEPPING`) and takes links that are not
free as never free (`FINAL`).
"""

FINISHED, PAUSED, EMITTED, BLOCKED = range(4)
"""Why the loop returns: at its end; after a decision; with packets for another core; until the link is free."""

SEGMENTS, FIFO, SPIKED, OUTPUTS, WRITES, INPUTS = range(6)
"""Rows written to each record."""

PUSHED, DROPPED, OTHER_PUSHES, SERVED, INPUT_WAIT, OUTPUT_HOLD, CHANGED = (0, 2, 4, 5, 6, 7, 8)
"""Scalar counters; pushes by source (external, internal), changed words by memory."""

PACKETS_SENT, ENTERED = 0, 1
"""Columns of the traffic of a phase: packets sent, then of each queue entries made and entries taken away."""


class Records(NamedTuple):
    """Records of a run, written up to the rows there are; `used` counts on."""

    segments: NDArray[np.int64]
    inputs: NDArray[np.int64]
    fifo: NDArray[np.int64]
    spikes: NDArray[np.int64]
    outputs: NDArray[np.int64]
    writes: NDArray[np.int64]
    used: NDArray[np.int64]


class Counters(NamedTuple):
    """Counters of a run.

    `tally` (phases + 2, 2 + 2 * memories) holds executions, cycles, then reads and writes of each memory; its last rows
    are waiting and request falling.  `traffic` (phases, 1 + 2 * queues): see :data:`PACKETS_SENT`.
    """

    scalars: NDArray[np.int64]
    tally: NDArray[np.int64]
    traffic: NDArray[np.int64]
    spikes: NDArray[np.int64]


def neuron_capacity(core: Core, placement: Placement) -> int:
    """Neurons that can spike: all that the memories hold, whether the network uses them or not."""
    held = [
        placement.words[name] * memory.items_per_word
        for name, memory in core.memories.items()
        if memory.holds.rows is None
    ]
    return max([*placement.populations.values(), *held])


def allocate_records(rows: int, events: int, memories: int) -> Records:
    """Empty records with room for so many rows each."""
    fifo, spikes, outputs, writes = (np.zeros((rows, 5), np.int64) for _ in range(4))
    segments = np.zeros((rows, 5 + 2 * memories), np.int64)
    inputs = np.full((events, 7), -1, np.int64)
    return Records(segments, inputs, fifo, spikes, outputs, writes, used=np.zeros(6, np.int64))


def allocate_queues(core: Core) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Storage (2, queues, depth) and state (queues, 3) of the queues of a core, in the order of its description.

    Of an entry the storage holds the value and the input event that put it there, -1 for none.
    """
    depths = [queue.depth for queue in core.queues.values() for _ in range(queue.count)]
    state = np.zeros((len(depths), 3), np.int64)
    state[:, DEPTH] = depths
    storage = np.zeros((2, len(depths), max(depths)), np.int64)
    storage[1] = -1
    return storage, state
