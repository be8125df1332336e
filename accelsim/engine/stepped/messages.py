"""The messages of some steps with their durations: all that the timing models look at."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.stepped.chunk import Messages
from accelsim.engine.stepped.costs import StepCosts

TAIL = -1
"""Destination of the work that a core does after its last message of a step."""


class TimedMessages(NamedTuple):
    """Messages ordered by step, then by sending core, then as the core sends them.

    A row with destination `TAIL` ends a core's step: work without a message.
    """

    step_start: NDArray[np.int64]
    """(steps + 1,): first row of each step, and the end."""
    source: NDArray[np.int32]
    """(rows,): sending core."""
    destination: NDArray[np.int32]
    """(rows,): receiving core, or `TAIL`."""
    gen: NDArray[np.int64]
    """(rows,): ticks of the sender since its row before."""
    proc: NDArray[np.int64]
    """(rows,): ticks of the receiver."""

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.step_start) - 1

    def part(self, low: int, high: int) -> TimedMessages:
        """The messages of steps `low` to `high` - 1."""
        starts = self.step_start[low : high + 1]
        rows = slice(starts[0], starts[-1])
        return TimedMessages(
            starts - starts[0], self.source[rows], self.destination[rows], self.gen[rows], self.proc[rows]
        )


def timed(messages: Messages, costs: StepCosts) -> TimedMessages:
    """Durations of the work between and for messages."""
    is_message = messages.destination_core != TAIL
    gen = is_message * np.int64(costs.axon_out)
    parts = [(messages.accesses, costs.access), (messages.updates, costs.update), (messages.spikes, costs.spike)]
    if costs.dendrite_in_sender:
        parts.append((messages.neurons, costs.dendrite))
    for count, ticks in parts:
        gen += np.multiply(count, ticks, dtype=np.int64)
    proc = np.multiply(messages.synops, costs.synapse + costs.dendrite, dtype=np.int64)
    proc += costs.axon_in
    proc *= is_message
    return timed_messages(messages.step_start, messages.source_core, messages.destination_core, gen, proc)


def timed_messages(step_start: Any, source: Any, destination: Any, gen: Any, proc: Any) -> TimedMessages:
    """Messages with given durations, from anything like arrays."""
    return TimedMessages(
        np.ascontiguousarray(step_start, np.int64), np.ascontiguousarray(source, np.int32),
        np.ascontiguousarray(destination, np.int32), np.ascontiguousarray(gen, np.int64),
        np.ascontiguousarray(proc, np.int64),
    )  # fmt: skip
