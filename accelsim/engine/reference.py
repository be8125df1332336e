"""The reference engine: the phase tables of a core as SimPy processes.

It is written to be read, and reads the tables itself: what the compiled engine lowers to arrays is decided here
iteration by iteration, so that each checks the other.  Memory ports are resources that refuse to be asked for
more than they can serve: a static schedule that needs more is a bug, not a wait.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from accelsim.architecture.phases import Access, Nest, Phase, StageRun, Step
from accelsim.architecture.schema import Architecture, Memory
from accelsim.controllers.activity import Activity
from accelsim.controllers.vocabulary import Vocabulary
from accelsim.engine.counts import Counter
from accelsim.engine.log import ACTIONS, BEGIN, END, READ, RUN, WRITE, EventLog, components
from accelsim.engine.timing import Demand, LeafTiming, leaf_timing
from accelsim.mapping.placement import Placement

Process = Generator[simpy.Event, Any, None]
Indices = dict[str, int]


class Port:
    """The ports of one memory: each serves one access, which may last several cycles, or several in one cycle."""

    def __init__(self, env: simpy.Environment, name: str, memory: Memory) -> None:
        self.env = env
        self.name = name
        self.memory = memory
        self.reads, self.writes, self.either = memory.slots()
        self.held: list[tuple[int, int, bool]] = []
        """First cycle, cycle after the last, and whether it is a write, of accesses present and soon to come."""

    def claim(self, write: bool, cycle: int) -> None:
        """Hold a port from a cycle on, the present or one soon to come."""
        cycles, _ = self.memory.held(write)
        claimed = (cycle, cycle + cycles, write)
        self.held = [claimed, *(other for other in self.held if other[1] > self.env.now)]
        for moment, _, _ in self.held:
            if cycle <= moment < cycle + cycles:
                self.check(moment)

    def check(self, cycle: int) -> None:
        """Refuse more accesses in a cycle than there are slots."""
        used = [0, 0]
        for start, stop, write in self.held:
            if start <= cycle < stop:
                used[write] += self.memory.held(write)[1]
        if max(0, used[0] - self.reads) + max(0, used[1] - self.writes) > self.either:
            raise RuntimeError(f"memory `{self.name}` is asked for {used} accesses in cycle {cycle}")


@dataclass(frozen=True)
class ReferenceRun:
    """Log and counters of a run of time steps."""

    log: EventLog
    counted: tuple[Mapping[Counter, int], ...]
    """Per time step."""

    def table(self, counters: Sequence[Counter]) -> NDArray[np.int64]:
        """Counters of every time step as (time steps, counters).

        Raises
        ------
        KeyError
            If something was counted that is not among the counters.
        """
        column = {counter: i for i, counter in enumerate(counters)}
        table = np.zeros((len(self.counted), len(counters)), np.int64)
        for tick, counted in enumerate(self.counted):
            for counter, count in counted.items():
                table[tick, column[counter]] = count
        return table


class ReferenceEngine:
    """A core whose control runs as a SimPy process.

    Parameters
    ----------
    architecture, placement, vocabulary
        The chip, the network on it, and what its controller's activity tells.
    """

    def __init__(self, architecture: Architecture, placement: Placement, vocabulary: Vocabulary) -> None:
        self.core = architecture.core
        self.spans = placement.spans
        self.vocabulary = vocabulary
        self.states: list[str] = []
        for name in self.core.sequence:
            for nest in self.core.phases[name].body:
                self._name_states(nest, name)
        self.components, self.number = components(self.states, self.core)
        self.schedules: dict[int, LeafTiming] = {}

    def _name_states(self, nest: Nest, inherited: str) -> None:
        state = nest.state or inherited
        if nest.steps and state not in self.states:
            self.states.append(state)
        for inner in nest.body:
            self._name_states(inner, state)

    def run(self, activity: Activity, start: int = 0) -> ReferenceRun:
        """Simulate time steps, log every event and count."""
        env = simpy.Environment(initial_time=start)
        simulation = _Simulation(self, env, activity)
        env.process(simulation.time_steps())
        env.run()
        rows = np.array(simulation.log, np.int64).reshape(-1, 5)
        begin, end = (np.array(times, np.int64) for times in (simulation.begin, simulation.end))
        return ReferenceRun(EventLog.ordered(self.components, rows, begin, end), tuple(simulation.counted))

    def items(self, name: str, index: Indices) -> tuple[int, int]:
        """First and last item that the present index of a loop covers."""
        span = self.spans[name]
        block = index[span.blocks] if span.blocks is not None else 0
        first = span.start(index[name], block)
        return first, first + span.width - 1

    def inside(self, within: Mapping[str, str], index: Indices) -> bool:
        """Whether the items of the loops' indices begin inside other sets."""
        return all(self.items(loop, index)[0] < self.spans[bound].items for loop, bound in within.items())

    def words(self, access: Access, index: Indices, before: Indices | None) -> int:
        """Words an access touches in this iteration; `before` holds the indices of the one before, if any."""
        if not self.inside(access.within, index):
            return 0
        if access.item is None:
            return 1
        per_word = self.core.memories[access.memory].items_per_word
        first, last = (item // per_word for item in self.items(access.item, index))
        if before is None:
            return last - first + 1
        earlier_first, earlier_last = (item // per_word for item in self.items(access.item, before))
        return len(set(range(first, last + 1)) - set(range(earlier_first, earlier_last + 1)))

    def part_filled(self, nest: Nest) -> bool:
        """Whether the last index of the innermost loop covers items that do not exist."""
        if not nest.loops:
            return False
        span = self.spans[nest.loops[-1]]
        return span.blocks is None and span.size * span.width > span.items

    def iterations(self, loops: Sequence[str]) -> list[Indices]:
        """Indices of every iteration of some loops, the last loop fastest."""
        shape = tuple(self.spans[name].size for name in loops)
        return [dict(zip(loops, position, strict=True)) for position in np.ndindex(shape)]

    def accesses(self, entries: Sequence[str | Access]) -> Iterator[Access]:
        """What is accessed by the entries of a step, as each memory writes back."""
        for access in map(_access, entries):
            yield access.sparing(self.core.memories[access.memory].write_back)

    def schedule(self, nest: Nest, outer: Indices) -> LeafTiming:
        """Static schedule of a nest of steps, from the most that each step can ask of a memory."""
        if id(nest) not in self.schedules:
            demands = [
                [
                    Demand(access.memory, write, self._most_words(access, nest, tuple(outer)), access.when)
                    for write, accesses in ((False, step.reads), (True, step.writes))
                    for access in self.accesses(accesses)
                ]
                for step in nest.steps
            ]
            self.schedules[id(nest)] = leaf_timing(self.core, nest, demands, self.part_filled(nest))
        return self.schedules[id(nest)]

    def _most_words(self, access: Access, nest: Nest, outer: Sequence[str]) -> int:
        """Words of the iteration that touches most of them."""
        if access.item is None:
            return 1
        selecting = {access.item, *access.within}
        selecting |= {blocks for name in selecting if (blocks := self.spans[name].blocks) is not None}
        most = 0
        for around in self.iterations([name for name in outer if name in selecting]):
            before = None
            for own in self.iterations(nest.loops):
                index = around | own
                most = max(most, self.words(access, index, before))
                before = index
        return most


class _Simulation:
    """One run of the reference engine."""

    def __init__(self, engine: ReferenceEngine, env: simpy.Environment, activity: Activity) -> None:
        self.engine = engine
        self.env = env
        self.activity = activity
        self.ports = {name: Port(env, name, memory) for name, memory in engine.core.memories.items()}
        self.log: list[tuple[int, int, int, int, int]] = []
        self.begin: list[int] = []
        self.end: list[int] = []
        self.tick = 0
        self.held: Mapping[str, int] = {}
        self.phase = ""
        self.counted: list[dict[Counter, int]] = []

    def record(self, component: str, action: int, operand: int, count: int) -> None:
        self.log.append((int(self.env.now), self.engine.number[action, component], action, operand, count))
        if action not in (BEGIN, END):
            self.count(Counter(ACTIONS[action], component, self.phase), count)

    def count(self, counter: Counter, count: int) -> None:
        if count:
            counted = self.counted[-1]
            counted[counter] = counted.get(counter, 0) + count

    def time_steps(self) -> Process:
        """The control of the core: one time step after the other, each phase in turn."""
        columns = self.engine.vocabulary.columns
        for tick in range(len(self.activity)):
            self.tick = tick
            self.held = dict(zip(columns, self.activity.counts[self.tick].tolist(), strict=True))
            self.begin.append(int(self.env.now))
            self.counted.append({})
            for name in self.engine.core.sequence:
                self.phase = name
                phase: Phase = self.engine.core.phases[name]
                if self.holds(phase.when):
                    for nest in phase.body:
                        yield from self.nest(nest, {}, self.phase)
            self.end.append(int(self.env.now))

    def holds(self, when: tuple[str, ...]) -> bool:
        return all(bool(self.held[name.removeprefix("not ")]) != name.startswith("not ") for name in when)

    def masked(self, mask: str | None, index: Indices) -> bool:
        if mask is None:
            return True
        axes = self.engine.vocabulary.masks[mask]
        return bool(self.activity.masks[mask][(self.tick, *(index[axis] for axis in axes))])

    def nest(self, nest: Nest, index: Indices, inherited: str) -> Process:
        """A loop nest: iterations one after the other, or overlapped if it is a pipelined nest of steps."""
        if not self.holds(nest.when) or not self.masked(nest.mask, index):
            return
        state = nest.state or inherited
        repeats = self.held[nest.repeat] if nest.repeat is not None else 1
        for repeat in range(repeats):
            if nest.steps:
                yield from self.steps(nest, index, state, repeat)
            else:
                for own in self.engine.iterations(nest.loops):
                    for inner in nest.body:
                        yield from self.nest(inner, index | own, state)

    def steps(self, nest: Nest, outer: Indices, state: str, repeat: int) -> Process:
        """A nest of steps: iteration after iteration, each begun when the schedule allows."""
        iterations = self.engine.iterations(nest.loops)
        if not iterations:
            return
        timing = self.engine.schedule(nest, outer)
        place = 0
        for name, value in outer.items():
            place = place * self.engine.spans[name].size + value
        self.record(state, BEGIN, place, repeat)
        began = int(self.env.now)
        under_way: list[simpy.Event] = []
        before: Indices | None = None
        left_out = self.engine.part_filled(nest)
        for j, own in enumerate(iterations):
            last = j == len(iterations) - 1
            index = outer | own
            operand = place * len(iterations) + j
            work = self.iteration(nest, timing, index, before, operand, first=j == 0, partial=left_out and last)
            if last or timing.interval >= timing.depth + (timing.extra_first if j == 0 else 0):
                yield from work
            else:
                under_way.append(self.env.process(work))
                yield self.env.timeout(timing.interval + (timing.extra_first if j == 0 else 0))
            before = index
        yield self.env.all_of(under_way)
        self.count(Counter("cycles", state, self.phase), int(self.env.now) - began)
        self.record(state, END, place, repeat)

    def iteration(
        self,
        nest: Nest,
        timing: LeafTiming,
        index: Indices,
        before: Indices | None,
        operand: int,
        *,
        first: bool,
        partial: bool,
    ) -> Process:
        """The steps of one iteration."""
        for step, cycles, slots in zip(nest.steps, timing.cycles, timing.slots, strict=True):
            if partial and step.whole_words:
                continue
            self.step(step, slots, index, before, operand)
            wait = cycles + (timing.extra_first if first else 0)
            if wait:
                yield self.env.timeout(wait)

    def step(
        self, step: Step, slots: Sequence[Sequence[int]], index: Indices, before: Indices | None, operand: int
    ) -> None:
        """What a step does, logged in its first cycle; accesses have their port slots in that and the next ones."""
        slots_of = iter(slots)
        for action, accesses in ((READ, step.reads), (WRITE, step.writes)):
            for access in self.engine.accesses(accesses):
                cycles = next(slots_of)
                words = self.engine.words(access, index, before)
                if words and self.holds(access.when) and self.masked(access.mask, index):
                    for cycle in cycles[:words]:
                        self.ports[access.memory].claim(action == WRITE, int(self.env.now) + cycle)
                    self.record(access.memory, action, operand, words)
        for run in (StageRun(stage=entry) if isinstance(entry, str) else entry for entry in step.runs):
            if self.holds(run.when) and self.masked(run.mask, index) and self.engine.inside(run.within, index):
                self.record(run.stage, RUN, operand, self.items_of(run, index))

    def items_of(self, run: StageRun, index: Indices) -> int:
        """Items a stage works on: those of the loop index, or of a whole set."""
        items = 1
        for name in run.sets:
            span = self.engine.spans[name]
            items *= span.width if name in index else span.items
        return items


def _access(entry: str | Access) -> Access:
    return Access(memory=entry) if isinstance(entry, str) else entry
