"""Running totals of a network on a chip of many cores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.stepped.chunk import StepChunk
from accelsim.engine.stepped.timing import StepTimes
from accelsim.simulation.stepped_setup import SteppedSetup

STEP_COLUMNS = ("fired", "updated", "synops", "messages", "hops")
DIRECTIONS = ("east", "west", "north", "south")
ACTIONS = (
    ("axon_in", "message"),
    ("synapse", "operation"),
    ("dendrite", "operation"),
    ("soma", "access"),
    ("soma", "update"),
    ("soma", "spike"),
    ("axon_out", "message"),
)
"""What the units of a core are charged for."""


class SteppedTotals:
    """Per step, per core and per link, in ticks and counts.

    Attributes
    ----------
    counts : list of int64 arrays, (steps, STEP_COLUMNS)
    times : list of int64 arrays, (steps, 5): time, bound, blocked ticks, critical core and its side
    actions : int64 array, (cores, ACTIONS)
    busy : int64 array, (cores, 2): ticks of sender and receiver
    links : int64 array, (4 * routers,): messages over each link, east, west, north, south of each router
    reference : int64 array or None: time of the first steps on the cycle-level network, where another one was asked for
    """

    def __init__(self, setup: SteppedSetup) -> None:
        cores = setup.grid.cores
        self.setup = setup
        self.steps = 0
        self.counts: list[NDArray[np.int64]] = []
        self.times: list[NDArray[np.int64]] = []
        self.actions = np.zeros((cores, len(ACTIONS)), np.int64)
        self.busy = np.zeros((cores, 2), np.int64)
        self.reference: NDArray[np.int64] | None = None
        self.links = np.zeros(4 * setup.grid.routers, np.int64)

    def add(self, chunk: StepChunk, times: StepTimes) -> None:
        """Add the steps of a chunk."""
        self.steps += chunk.steps
        own = (chunk.fired, chunk.updated, chunk.synops, chunk.messages_sent, chunk.hops)
        self.counts.append(np.stack(own, axis=1))
        blocked = times.blocked.sum(axis=1)
        self.times.append(np.column_stack([times.time, times.bound, blocked, times.critical]))
        self.busy[:, 0] += times.work.send.sum(axis=0)
        self.busy[:, 1] += times.work.receive.sum(axis=0)
        self.links += times.link_messages.sum(axis=0)
        self._add_actions(chunk)

    def _add_actions(self, chunk: StepChunk) -> None:
        sent = chunk.messages
        assert sent is not None
        cores = self.setup.grid.cores
        real = sent.destination_core >= 0
        received = np.bincount(sent.destination_core[real], minlength=cores)
        served = _summed(sent.destination_core[real], sent.synops[real], cores)
        work = [_summed(sent.source_core, column, cores) for column in (sent.accesses, sent.updates, sent.spikes)]
        added = served
        if self.setup.costs.dendrite_in_sender:
            added = served + _summed(sent.source_core, sent.neurons, cores)
        messages = np.bincount(sent.source_core[real], minlength=cores)
        self.actions += np.stack([received, served, added, *work, messages], axis=1).astype(np.int64)


def _summed(core: NDArray[np.int32], amount: NDArray[np.int32], cores: int) -> NDArray[np.int64]:
    return np.bincount(core, weights=amount, minlength=cores).astype(np.int64)
