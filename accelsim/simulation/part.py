"""What a run gives chunk by chunk, whatever drives the core."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from accelsim.engine.counts import Counter
from accelsim.engine.log import EventLog
from accelsim.workload.stream import Chunk


@dataclass(frozen=True)
class Window:
    """Some time steps with their events placed in time.

    Attributes
    ----------
    first_tick : int
        Number of the first one in the run.
    counted : int64 array, shape (time steps, counters)
        Counters of each time step, where the core works in steps; else no rows.
    log : EventLog
        From cycle 0 at the beginning of the window.
    difference : str or None
        First difference between the two engines in this window; None if they agree event for event.
    """

    first_tick: int
    counted: NDArray[np.int64]
    counters: tuple[Counter, ...]
    log: EventLog
    difference: str | None


@dataclass(frozen=True)
class Part:
    """A chunk of samples, processed.

    Attributes
    ----------
    counted : int64 array, shape (counters,)
    activity : int64 array, shape (columns,)
    cycles : int
        From the beginning of the first sample to the end of the last.
    latency_cycles : int64 array, shape (samples,)
        Cycles in which the core works on a sample.
    answers : int32 array, shape (samples,)
        Class answered, -1 where none was asked for, `SILENT` where none came.
    learning_events : int
        Executions of phases in which synapses learn, of event-driven cores.
    """

    counted: NDArray[np.int64]
    activity: NDArray[np.int64]
    cycles: int
    latency_cycles: NDArray[np.int64]
    answers: NDArray[np.int32]
    window: Window | None = field(default=None, repr=False)
    learning_events: int = 0


class Runner(Protocol):
    """A programmed core on an engine."""

    counters: tuple[Counter, ...]
    columns: tuple[str, ...]
    """What `Part.activity` counts."""

    def run(self, chunk: Chunk, window: range, first_tick: int) -> Part:
        """Process a chunk; place the time steps `window` of it in time, numbered from `first_tick` in the run."""
