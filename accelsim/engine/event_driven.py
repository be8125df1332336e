"""Event-driven cores: a controller decides at run time, its phases are the loop nests of the phase table.

The chip's functions are put together with the event loop in one generated module, so that numba compiles them as one,
and finds the result again in the next process.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cache
from math import prod
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.schema import Core
from accelsim.controllers.emissions import BIG, OUT_SIZE
from accelsim.engine import event_loop
from accelsim.engine.event_counts import EventCounts
from accelsim.engine.event_layout import (
    BUSY,
    BUSY_DONE,
    BUSY_FROM,
    BUSY_TO,
    CHANGED,
    CLOCK_SIZE,
    ENTERED,
    EVENTS,
    FALL,
    FREE_INPUT,
    GAP,
    ITERATION,
    NEXT_EVENT,
    PHASE,
    REQUEST_UP,
    SYNCHRONISER,
    TIME,
    Counters,
    Records,
    allocate_queues,
    allocate_records,
    neuron_capacity,
)
from accelsim.engine.event_timeline import Timeline, timeline_of
from accelsim.engine.program import Node, Program

CHIP_FUNCTIONS = ("decide", "wake", "begin", "work", "licensed", "sweep", "swept_pop")
"""Functions of a chip's module that the event loop calls."""
_LAST_REPLACED = "wake = begin = work = licensed = sweep = swept_pop = decide\n"


@dataclass(frozen=True)
class PhaseTable:
    """Phases of an event-driven core as arrays (see :func:`accelsim.engine.event_loop.execute`)."""

    names: tuple[str, ...]
    phases: NDArray[np.int64]
    accesses: NDArray[np.int64]
    memories: tuple[str, ...]
    neurons: int
    """Neurons that can spike."""
    words: int
    """Words of all memories."""


def phase_table(program: Program, names: tuple[str, ...]) -> PhaseTable:
    """Phases by the controller's numbers.

    Raises
    ------
    ValueError
        If a phase is no single nest of steps, or misses.
    """
    core = program.core
    memories = tuple(core.memories)
    roots = {root.phase: root for root in program.roots}
    rows: list[list[int]] = []
    accesses: list[NDArray[np.int64]] = []
    filled = 0
    for name in names:
        root = roots.get(name)
        if root is None or root.timing is None or len(core.phases[name].body) > 1:
            raise ValueError(f"phase `{name}` must be one nest of steps")
        phase = core.phases[name]
        table = _accesses(core, root, memories)
        work_at = root.timing.offsets[-1]
        following = names.index(phase.then) if phase.then is not None else -1
        rows.append(
            [
                len(table),
                root.timing.interval,
                work_at,
                int(phase.acknowledge),
                following,
                int(phase.until_free),
                filled,
            ]
        )
        accesses.append(table)
        filled += len(table)
    each = np.concatenate(accesses)
    sums = np.concatenate([np.zeros((1, each.shape[1]), np.int64), np.cumsum(each, axis=0)])
    words = program.placement.words
    neurons = neuron_capacity(core, program.placement)
    return PhaseTable(names, np.array(rows, np.int64), sums, memories, neurons, sum(words.values()))


def _accesses(core: Core, leaf: Node, memories: tuple[str, ...]) -> NDArray[np.int64]:
    """Accesses of every iteration of a nest: per memory the reads of the first step that a held cycle repeats, its
    other reads, reads of later steps, writes."""
    sizes = tuple(span.size for span in leaf.loops)
    iterations = prod(sizes)
    indices = np.indices(sizes).reshape(len(sizes), iterations)
    table = np.zeros((iterations, 4 * len(memories)), np.int64)
    for action in leaf.actions:
        if action.kind == "run":
            continue
        column = 4 * memories.index(action.target)
        often = action.table[tuple(indices[depth] for depth in action.loops)] if action.loops else action.table
        if action.kind == "write":
            table[:, column + 3] += often
        elif action.step > 0:
            table[:, column + 2] += often
        else:
            repeated = np.minimum(often, core.memories[action.target].repeated_reads())
            table[:, column] += repeated
            table[:, column + 1] += often - repeated
    return table


@cache
def loop_module(chip: str, recorded: bool = True, sweeps: bool = True) -> ModuleType:
    """The event loop with the functions of the chip whose module is named.

    Parameters
    ----------
    chip : str
        Module with `decide`, `wake`, `begin`, `work`, `licensed`, `sweep`, `swept_pop`.
    recorded : bool
        Whether it writes records; without them it is several times as fast.
    sweeps : bool
        Whether it runs phases at once where the chip licenses it; the results are the same.
    """
    from accelsim.datapath.compile import package_cache
    from accelsim.datapath.generate import load_generated

    source = inspect.getsource(event_loop)
    start, stop = source.index("RECORDED = True\n"), source.index(_LAST_REPLACED) + len(_LAST_REPLACED)
    own = f"# {package_cache().name}\nfrom {chip} import {', '.join(CHIP_FUNCTIONS)}\n"
    text = f"{source[:start]}{own}RECORDED = {recorded}\nSWEEPS = {sweeps}\n{source[stop:]}"
    return load_generated(f"events_{chip.rsplit('.', 2)[-2]}", text.replace("from __future__ import annotations\n", ""))


class EventDrivenEngine:
    """The compiled engine of an event-driven core; it keeps its state from call to call.

    Parameters
    ----------
    core : Core
    table : PhaseTable
    chip : str
        Module with the chip's functions.
    state : the chip's state, as its functions take it
    handshake : falling delay and gap of the sender, rise and fall delays of the receiver, in cycles
    recorded, sweeps : see :func:`loop_module`

    Attributes
    ----------
    counted : EventCounts
        Of the last call.
    """

    counted: EventCounts

    def __init__(
        self,
        core: Core,
        table: PhaseTable,
        chip: str,
        state: Any,
        handshake: tuple[int, int, int, int],
        recorded: bool = True,
        sweeps: bool = True,
    ) -> None:
        assert core.links is not None
        self.table = table
        self.module: Any = loop_module(chip, recorded, sweeps)
        self.state = state
        self.output_cycles = core.links.output_cycles
        self.queue, self.queue_state = allocate_queues(core)
        falling, gap, rise, fall = handshake
        self.clock = np.zeros(CLOCK_SIZE, np.int64)
        self.clock[[PHASE, ITERATION]] = -1
        self.clock[[FALL, GAP, SYNCHRONISER]] = falling, gap, core.links.synchroniser
        self.clock[BUSY] = core.links.output_cycles + rise + fall
        self.clock[FREE_INPUT] = 1 - gap  # no request before cycle 1
        self.operands = np.zeros(16, np.int64)
        self.out = np.zeros(OUT_SIZE, np.int64)
        self.held = np.zeros(len(table.memories), np.int64)
        self.emitted = np.zeros((table.neurons, 5), np.int64)
        self.changes = np.zeros((table.words, 5), np.int64)
        self.counters = Counters(
            np.zeros(CHANGED + len(table.memories), np.int64),
            np.zeros((len(table.names) + 2, 2 + 2 * len(table.memories)), np.int64),
            np.zeros((len(table.names), ENTERED + 2 * len(self.queue_state)), np.int64),
            np.zeros(table.neurons, np.int64),
        )
        self._under_way = np.zeros((0, 2), np.int64)
        self._link_busy = 0

    def run(self, stimulus: NDArray[np.int64], horizon: int, rows: int) -> Timeline:
        """Run a stimulus up to a cycle, and cut off what is under way there.

        Parameters
        ----------
        stimulus : int64 array, (events, 2): earliest cycle of the request, word; in order
        horizon : int
            Last cycle, exclusive.
        rows : int
            Room of each record.

        Raises
        ------
        MemoryError
            If a record has not enough rows.
        """
        self.offer(stimulus)
        records = allocate_records(rows, len(stimulus), len(self.table.memories))
        self.execute(horizon, horizon, stimulus, records)
        self.take_counts(0)
        return timeline_of(records)

    def advance(self, stimulus: NDArray[np.int64], until: int) -> EventCounts:
        """Go on to the first decision in cycle `until` or later, without records.

        Phases and handshakes under way are finished first.  The request that is up then is served in the next call;
        what the sender could not raise by then it withdraws.

        Parameters
        ----------
        stimulus : int64 array, (events, 2): earliest cycle of the request, word; in order
        until : int

        Returns
        -------
        EventCounts
            Of this call.
        """
        self.queue[1] = -1
        events = np.concatenate([self._under_way, stimulus])
        self.offer(events, raised=len(self._under_way) > 0)
        self.execute(until, BIG, events, allocate_records(0, len(events), len(self.table.memories)))
        at, up = int(self.clock[NEXT_EVENT]), self.clock[REQUEST_UP] < self.clock[TIME]
        self._under_way = events[at : at + int(up)]
        return self.take_counts(len(events) - at - len(self._under_way))

    def offer(self, stimulus: NDArray[np.int64], *, raised: bool = False) -> None:
        """Put a stimulus before the input link; `raised` if the request of its first event is up already."""
        clock = self.clock
        clock[EVENTS], clock[NEXT_EVENT] = len(stimulus), 0
        if not raised:
            ready = max(int(clock[FREE_INPUT] + clock[GAP]), int(clock[TIME]))
            clock[REQUEST_UP] = max(int(stimulus[0, 0]), ready) if len(stimulus) else BIG

    def execute(self, until: int, horizon: int, stimulus: NDArray[np.int64], records: Records) -> int:
        """Call the loop; returns why it stopped."""
        return int(
            self.module.execute(
                until, horizon, self.table.phases, self.table.accesses, stimulus, self.state, self.queue,
                self.queue_state, self.clock, self.operands, self.out, self.held, self.emitted, self.changes, records,
                self.counters,
            )
        )  # fmt: skip

    def take_counts(self, withdrawn: int) -> EventCounts:
        """What was counted since the last time."""
        clock = self.clock
        last = max(0, min(int(clock[TIME]), int(clock[BUSY_TO])) - int(clock[BUSY_FROM]))
        busy = int(clock[BUSY_DONE]) + last
        self.counted = EventCounts.taken(self.counters, busy - self._link_busy, withdrawn)
        self._link_busy = busy
        return self.counted
