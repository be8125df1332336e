"""Results of a schedule of some steps, and the order in which cores send."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.datapath.compile import inlined
from accelsim.engine.stepped.messages import TimedMessages

LAST_SENT, SENDING_CORE, LAST_DONE, RECEIVING_CORE, LAST_TAIL, TAIL_CORE = range(6)
"""Columns of the ends of a step: when the last message was sent and served and the last tail ended, and where."""

NEVER = 1 << 62
LONG_AGO = -(1 << 61)
CORE_BITS = 16


class Schedule(NamedTuple):
    """Moments in ticks since the start of the step."""

    ends: NDArray[np.int64]
    """(steps, 6), see the names of the columns."""
    blocked: NDArray[np.int64]
    """(steps, cores): ticks for which each sender waited for the network."""
    sent: NDArray[np.int64]
    """(rows,) if recorded, else (0,): when a message left its core, or a tail ended."""
    arrived: NDArray[np.int64]
    """When a message entered the receive queue; -1 for tails."""
    served: NDArray[np.int64]
    """When its service ended; -1 for tails."""


def empty_schedule(messages: TimedMessages, cores: int, recorded: bool) -> Schedule:
    """Room for the schedule of these messages."""
    rows = len(messages.source) if recorded else 0
    moments = (np.full(rows, -1, np.int64) for _ in range(3))
    return Schedule(np.zeros((messages.steps, 6), np.int64), np.zeros((messages.steps, cores), np.int64), *moments)


class Turns(NamedTuple):
    """A tournament of the cores: whose next message is due first; cores of one tick in the order of their numbers."""

    key: NDArray[np.int64]
    """(2 * leaves,): node i is the smaller of nodes 2i and 2i + 1; a leaf is tick << CORE_BITS | core."""
    row: NDArray[np.int64]
    """(leaves,): row of each core's next message."""


def turns(cores: int) -> Turns:
    """A tournament in which no core takes part yet."""
    leaves = 1 << (cores - 1).bit_length()
    return Turns(np.full(2 * leaves, NEVER, np.int64), np.zeros(leaves, np.int64))


@inlined
def begin(turns: Turns, messages: TimedMessages, step: int) -> None:
    """Let every core that has work in a step take part."""
    leaves = turns.row.size
    before = -1
    for i in range(messages.step_start[step], messages.step_start[step + 1]):
        core = messages.source[i]
        if core != before:
            turns.row[core] = i
            turns.key[leaves + core] = messages.gen[i] << CORE_BITS | core
            before = core
    for node in range(leaves - 1, 0, -1):
        turns.key[node] = min(turns.key[2 * node], turns.key[2 * node + 1])


@inlined
def put(turns: Turns, core: int, key: int) -> None:
    """Change a core's key."""
    node = turns.row.size + core
    turns.key[node] = key
    node >>= 1
    while node > 0:
        turns.key[node] = min(turns.key[2 * node], turns.key[2 * node + 1])
        node >>= 1


@inlined
def end_at(ends: np.ndarray, column: int, tick: int, core: int) -> None:
    """Note the end of something; of several in one tick that of the core with the smallest number counts."""
    if tick > ends[column] or (tick == ends[column] and core < ends[column + 1]):
        ends[column] = tick
        ends[column + 1] = core
