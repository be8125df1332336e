"""What an event-driven core did, in numbers: the same from both engines, recorded or not."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from accelsim.engine.event_layout import (
    CHANGED,
    DROPPED,
    ENTERED,
    INPUT_WAIT,
    OTHER_PUSHES,
    OUTPUT_HOLD,
    PACKETS_SENT,
    PUSHED,
    SERVED,
    Counters,
)


@dataclass(eq=False)
class EventCounts:
    """Counters of a run; queue 0 is the main one.

    Attributes
    ----------
    executions : int64 array, (phases,)
        Phases begun.
    cycles : int64 array, (phases + 2,)
        Of each phase, of waiting, and of waiting for the request to fall: all cycles there were.
    reads, writes : int64 arrays, (phases, memories)
        Words, repeats of held steps included.
    accepted_external, accepted_internal, dropped_external, dropped_internal : int
        Pushes into queue 0 by the input link and by the core's neurons.
    pushes, pops : int64 arrays, (phases, queues)
        Entries made, and taken away.
    other_pushes : int
        Into all queues but 0, whether they found room or not.
    packets : int64 array, (phases,)
        Raised for the output link.
    link_busy_cycles : int
        The output link was busy.
    output_hold_cycles : int
        Iterations were held because the output link was busy.
    changed : int64 array, (memories,)
        Words whose content changed.
    spikes : int64 array, (neurons,)
        Spikes that left each neuron.
    events : int
        Input events served.
    input_wait_cycles : int
        Sum over the events served of the cycles from their due time to the start of their service.
    withdrawn : int
        Input events that the sender gave up, because their request was not up when time was over.
    """

    executions: NDArray[np.int64]
    cycles: NDArray[np.int64]
    reads: NDArray[np.int64]
    writes: NDArray[np.int64]
    changed: NDArray[np.int64]
    spikes: NDArray[np.int64]
    pushes: NDArray[np.int64]
    pops: NDArray[np.int64]
    packets: NDArray[np.int64]
    accepted_external: int = 0
    accepted_internal: int = 0
    dropped_external: int = 0
    dropped_internal: int = 0
    other_pushes: int = 0
    link_busy_cycles: int = 0
    output_hold_cycles: int = 0
    events: int = 0
    input_wait_cycles: int = 0
    withdrawn: int = 0

    @classmethod
    def empty(cls, phases: int, memories: int, queues: int, neurons: int) -> EventCounts:
        """Nothing counted yet."""
        return cls(
            executions=np.zeros(phases, np.int64),
            cycles=np.zeros(phases + 2, np.int64),
            reads=np.zeros((phases, memories), np.int64),
            writes=np.zeros((phases, memories), np.int64),
            changed=np.zeros(memories, np.int64),
            spikes=np.zeros(neurons, np.int64),
            pushes=np.zeros((phases, queues), np.int64),
            pops=np.zeros((phases, queues), np.int64),
            packets=np.zeros(phases, np.int64),
        )

    @classmethod
    def taken(cls, counters: Counters, link_busy_cycles: int, withdrawn: int) -> EventCounts:
        """From the event loop's counters, which begin anew."""
        scalars, tally, traffic, spikes = (array.copy() for array in counters)
        memories = (tally.shape[1] - 2) // 2
        for array in counters:
            array[:] = 0
        return cls(
            executions=tally[:-2, 0],
            cycles=tally[:, 1],
            reads=tally[:-2, 2::2],
            writes=tally[:-2, 3::2],
            changed=scalars[CHANGED : CHANGED + memories],
            spikes=spikes,
            pushes=traffic[:, ENTERED::2],
            pops=traffic[:, ENTERED + 1 :: 2],
            packets=traffic[:, PACKETS_SENT],
            accepted_external=int(scalars[PUSHED]),
            accepted_internal=int(scalars[PUSHED + 1]),
            dropped_external=int(scalars[DROPPED]),
            dropped_internal=int(scalars[DROPPED + 1]),
            other_pushes=int(scalars[OTHER_PUSHES]),
            link_busy_cycles=link_busy_cycles,
            output_hold_cycles=int(scalars[OUTPUT_HOLD]),
            events=int(scalars[SERVED]),
            input_wait_cycles=int(scalars[INPUT_WAIT]),
            withdrawn=withdrawn,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EventCounts) and all(
            np.array_equal(getattr(self, field.name), getattr(other, field.name)) for field in fields(self)
        )

    __hash__ = None  # type: ignore[assignment]
