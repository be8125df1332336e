"""What a run gives chunk by chunk, whatever drives the core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.samples import Samples
from accelsim.datapath.toggles import Operands
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
    arrows : int64 array, shape (arrows, 2)
        Rows of the log: where a state begins in which a spike is delivered, and the write of a weight that it leads to.
    depths : mapping of str to int64 array, shape (changes, 2)
        Cycle, and entries of a queue from there on.
    """

    first_tick: int
    counted: NDArray[np.int64]
    counters: tuple[Counter, ...]
    log: EventLog
    difference: str | None
    arrows: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    depths: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)


@dataclass(frozen=True)
class Pieces:
    """A chunk cut into pieces: time steps, or samples of cores that do not work in steps.

    Attributes
    ----------
    counted : int64 array, shape (pieces, counters)
    ticks : int64 array, shape (pieces,)
        Time steps of the outside world in each.
    cycles : int64 array, shape (pieces,)
    activity : int64 array, shape (pieces, columns), or None
        Of cores that work in time steps.
    """

    counted: NDArray[np.int64]
    ticks: NDArray[np.int64]
    cycles: NDArray[np.int64]
    activity: NDArray[np.int64] | None = None


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
    pieces : Pieces
        What `counted` and `cycles` are the sums of.
    learning_events : int
        Executions of phases in which synapses learn, of event-driven cores.
    operands : mapping of str to Operands
        What the stages saw in the sample that was listened to.
    errors : float64 array, shape (samples,), or None
        Mean squared error of the outputs, of regressions.
    whole : bool
        Whether all of it was done before power failed.
    delivered : Samples or None
        The samples as they reached the core, if events were lost.
    """

    counted: NDArray[np.int64]
    activity: NDArray[np.int64]
    cycles: int
    latency_cycles: NDArray[np.int64]
    answers: NDArray[np.int32]
    pieces: Pieces
    window: Window | None = field(default=None, repr=False)
    learning_events: int = 0
    operands: Mapping[str, Operands] = field(default_factory=dict, repr=False)
    errors: NDArray[np.float64] | None = None
    whole: bool = True
    delivered: Samples | None = field(default=None, repr=False)

    def until(self, cycles: int) -> Part:
        """What was done in so many cycles, as pieces that were completed, and no sample."""
        done = int(np.searchsorted(np.cumsum(self.pieces.cycles), cycles, side="right"))
        pieces = Pieces(self.pieces.counted[:done], self.pieces.ticks[:done], self.pieces.cycles[:done])
        of = self.pieces.activity
        return Part(
            pieces.counted.sum(axis=0),
            np.zeros_like(self.activity) if of is None else of[:done].sum(axis=0),
            int(pieces.cycles.sum()),
            np.zeros(0, np.int64),
            np.zeros(0, np.int32),
            pieces,
            whole=False,
        )


class Runner(Protocol):
    """A programmed core on an engine."""

    counters: tuple[Counter, ...]
    columns: tuple[str, ...]
    """What `Part.activity` counts."""

    def cell_writes(self) -> Mapping[str, NDArray[Any]]:
        """Writes of each cell in the run so far by memory, where they are counted."""

    def run(self, chunk: Chunk, window: range, first_tick: int, heard: int | None = None) -> Part:
        """Process a chunk.

        The time steps `window` of it are placed in time, numbered from `first_tick` in the run; operands of the
        datapath are listened to in its sample `heard`.
        """
