"""The reference engine of event-driven cores: sender, control and output link as SimPy processes.

It reads the phase tables itself and calls the chip's functions from Python; the compiled event loop must give the
same timeline, row for row.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from types import ModuleType
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from accelsim.architecture.phases import Access, Nest, Phase
from accelsim.architecture.schema import Architecture
from accelsim.controllers import emissions
from accelsim.controllers.vocabulary import Vocabulary
from accelsim.engine import event_loop as layout
from accelsim.engine.event_driven import Timeline, allocate_queues
from accelsim.engine.reference import ReferenceEngine
from accelsim.mapping.placement import Placement

Process = Generator[simpy.Event, Any, None]


class EventDrivenReference:
    """An event-driven core whose control is a SimPy process.

    Parameters
    ----------
    architecture, placement : the chip and the network on it
    names : phases by the controller's numbers
    chip : module with `decide`, `wake`, `begin`, `work`
    state : the chip's state
    handshake : falling delay and gap of the sender, rise and fall delays of the receiver, in cycles
    """

    def __init__(
        self,
        architecture: Architecture,
        placement: Placement,
        names: tuple[str, ...],
        chip: ModuleType,
        state: Any,
        handshake: tuple[int, int, int, int],
    ) -> None:
        assert architecture.core.links is not None
        self.core = architecture.core
        self.tables = ReferenceEngine(architecture, placement, Vocabulary((), {}, ()))
        self.names = names
        self.chip = chip
        self.state = state
        self.falling, self.gap = handshake[0], handshake[1]
        self.synchroniser = architecture.core.links.synchroniser
        self.busy = architecture.core.links.output_cycles + handshake[2] + handshake[3]
        self.queue, self.queue_state = allocate_queues(architecture.core)

    def run(self, stimulus: NDArray[np.int64], horizon: int) -> Timeline:
        """Run a stimulus up to a cycle (see :class:`accelsim.engine.event_driven.Timeline`)."""
        return _Simulation(self, stimulus, horizon).timeline()


class _Simulation:
    def __init__(self, engine: EventDrivenReference, stimulus: NDArray[np.int64], horizon: int) -> None:
        self.engine = engine
        self.stimulus = stimulus
        self.horizon = horizon
        self.env = simpy.Environment()
        self.requested = -1  # input event whose request the control can see, or -1
        self.visible = self.env.event()
        self.acknowledged = self.env.event()
        self.request_up = np.full(len(stimulus), -1, np.int64)
        self.link_busy: deque[tuple[int, int]] = deque()
        self.link_free = 0
        self.operands = np.zeros(16, np.int64)
        self.out = np.zeros(emissions.OUT_SIZE, np.int64)
        self.segments: list[list[int]] = []
        self.inputs: list[list[int]] = []
        self.done = np.full(len(stimulus), -1, np.int64)
        self.fifo: list[list[int]] = []
        self.spikes: list[tuple[int, int, int, int]] = []
        self.outputs: list[tuple[int, int]] = []
        self.writes: list[tuple[int, ...]] = []

    def timeline(self) -> Timeline:
        self.env.process(self.sender())
        self.env.process(self.control())
        self.env.run(until=self.horizon)
        self.close(self.horizon)
        inputs = [[*row, int(self.done[i])] for i, row in enumerate(self.inputs)]
        width = 5 + 2 * len(self.engine.core.memories)
        return Timeline(
            np.array(self.segments, np.int64).reshape(-1, width),
            np.array(inputs, np.int64).reshape(-1, 7),
            np.array(self.fifo, np.int64).reshape(-1, 5),
            np.array(self.spikes, np.int64).reshape(-1, 4),
            np.array(self.outputs, np.int64).reshape(-1, 2),
            np.array(self.writes, np.int64).reshape(-1, 5),
        )

    def sender(self) -> Process:
        """The sender: raises each request when its time has come and the link is at rest."""
        ready = 1
        for event, (earliest, _) in enumerate(self.stimulus):
            yield self.env.timeout(max(int(earliest), ready) - int(self.env.now))
            self.request_up[event] = self.env.now
            yield self.env.timeout(self.engine.synchroniser)
            self.requested = event
            self.visible.succeed()
            yield self.acknowledged
            self.acknowledged = self.env.event()
            ready = int(self.env.now) + self.engine.gap

    def control(self) -> Process:
        """The control: decide, run a phase, wait for the request to fall."""
        self.open(layout.WAITING, 0)
        following: str | None = None
        while True:
            if following is None:
                yield from self.until_link_free()
                phase = yield from self.decision()
                yield self.env.timeout(1)
                name = self.engine.names[phase]
            else:
                name = following
            description = self.engine.core.phases[name]
            event = self.requested if description.acknowledge else -1
            yield from self.phase(name, description, event)
            following = description.then
            if description.acknowledge:
                yield from self.fall(event)
            if following is None:
                self.open(layout.WAITING, 0)

    def until_link_free(self) -> Process:
        if self.env.now < self.link_free:
            yield self.env.timeout(self.link_free - self.env.now)

    def decision(self) -> Generator[simpy.Event, Any, int]:
        """Ask the controller in each cycle in which its answer can differ, until it names a phase."""
        engine = self.engine
        while True:
            now = int(self.env.now)
            request = int(self.requested >= 0)
            word = int(self.stimulus[self.requested, 1]) if request else 0
            view = (engine.queue, engine.queue_state, engine.state)
            phase = int(engine.chip.decide(now, request, word, *view))
            if phase >= 0:
                return phase
            awaited = [self.visible] if not request else []
            wake = int(engine.chip.wake(now, *view))
            if wake < emissions.BIG:
                awaited.append(self.env.timeout(wake - now))
            yield self.env.any_of(awaited) if awaited else self.env.event()

    def phase(self, name: str, phase: Phase, event: int) -> Process:
        """One phase: iteration after iteration, each held while the output link is busy with the one before."""
        engine = self.engine
        number = engine.names.index(name)
        word = int(self.stimulus[event, 1]) if event >= 0 else 0
        view = (engine.queue, engine.queue_state, engine.state, self.operands)
        head = int(engine.chip.begin(number, int(self.env.now), word, *view))
        self.open(number, head)
        (nest,) = phase.body
        iterations = engine.tables.iterations(nest.loops)
        hold = 0
        before = None
        for j, index in enumerate(iterations):
            if phase.until_free:
                yield from self.until_link_free()
            yield from self.iteration(nest, number, j, index, before, hold, event)
            before = index
            packets = int(self.out[emissions.PACKETS])
            hold = self.send(packets) if packets else 0
            last = nest.steps[-1]
            yield self.env.timeout(max(last.cycles, 1))

    def iteration(
        self,
        nest: Nest,
        number: int,
        j: int,
        index: dict[str, int],
        before: dict[str, int] | None,
        hold: int,
        event: int,
    ) -> Process:
        """Steps of one iteration up to its last, in whose cycle the work is done."""
        engine = self.engine
        for cycle in range(hold):  # held in its first step, whose reads repeat
            if len(nest.steps) > 1:
                self.access(nest.steps[0].reads, index, before, 0)
            del cycle
            yield self.env.timeout(1)
        for step in nest.steps[:-1]:
            self.access(step.reads, index, before, 0)
            self.access(step.writes, index, before, 1)
            yield self.env.timeout(max(step.cycles, 1))
        self.access(nest.steps[-1].reads, index, before, 0)
        self.access(nest.steps[-1].writes, index, before, 1)
        out = self.out
        out[emissions.CODE] = out[emissions.PACKETS] = out[emissions.PUSHES] = out[emissions.CHANGES] = 0
        out[emissions.POP] = -1
        view = (engine.queue, engine.queue_state, engine.state, self.operands)
        engine.chip.work(number, j, int(self.env.now), *view, out)
        self.emit(event)

    def access(self, accesses: tuple[Any, ...], index: dict[str, int], before: Any, write: int) -> None:
        """Count the words that a step reads or writes."""
        memories = list(self.engine.core.memories)
        for entry in accesses:
            access = Access(memory=entry) if isinstance(entry, str) else entry
            column = 5 + 2 * memories.index(access.memory) + write
            self.segments[-1][column] += self.engine.tables.words(access, index, before)

    def send(self, packets: int) -> int:
        """Put packets on the output link; returns the cycles that the next iteration is held."""
        now = int(self.env.now)
        period = self.engine.busy + 1
        for k in range(packets):
            self.outputs.append((now + 1 + k * period, int(self.out[emissions.PACKET0 + k])))
        self.link_free = now + packets * period
        self.link_busy.append((now + 1, self.link_free))
        return packets * period - 1

    def emit(self, event: int) -> None:
        """Pushes, then the pop of one cycle, in that order; the records show the queues after both."""
        now, out = int(self.env.now), self.out
        storage, state = self.engine.queue, self.engine.queue_state
        external = event >= 0 and out[emissions.CODE] == 0
        rows: list[list[int]] = []
        accepted = 0
        for i in range(int(out[emissions.PUSHES])):
            queue, value = (int(out[emissions.PUSH0 + 2 * i + k]) for k in (0, 1))
            read, occupancy, depth = (int(number) for number in state[queue])
            taken = occupancy < depth
            if taken:
                storage[0, queue, (read + occupancy) % depth] = value
                storage[1, queue, (read + occupancy) % depth] = event if external else -1
                state[queue, layout.OCCUPANCY] += 1
            if queue == 0:
                accepted = int(taken)
            kind = (0 if external else 1) + (0 if taken else 2) if queue == 0 else 5
            rows.append([now, kind, value, 0, queue])
        queue = int(out[emissions.POP])
        if queue >= 0 and state[queue, layout.OCCUPANCY] > 0:
            read, _, depth = (int(number) for number in state[queue])
            owner = int(storage[1, queue, read])
            state[queue, layout.READ_AT] = (read + 1) % depth
            state[queue, layout.OCCUPANCY] -= 1
            if owner >= 0:
                self.done[owner] = now
            rows.append([now, 4 if queue == 0 else 6, int(storage[0, queue, read]), 0, queue])
        for row in rows:
            row[3] = int(state[0, layout.OCCUPANCY])
        self.fifo += rows
        if out[emissions.CODE]:
            self.spikes.append((now, int(out[emissions.NEURON]), int(out[emissions.CODE]), accepted))
        for i in range(int(out[emissions.CHANGES])):
            at = emissions.CHANGE0 + 4 * i
            self.writes.append((now, *(int(out[at + k]) for k in range(4))))

    def fall(self, event: int) -> Process:
        """Acknowledge, and wait until the request has fallen."""
        began = self.segments[-1][0]
        now = int(self.env.now)
        down = now + self.engine.falling
        self.inputs.append([int(self.request_up[event]), now, down, down + 3, began, now - began])
        if self.out[emissions.PUSHES] == 0 or self.out[emissions.CODE]:
            self.done[event] = now - 1
        self.requested = -1
        self.visible = self.env.event()
        self.open(layout.FALLING, 0)
        yield self.env.timeout(self.engine.falling + 3)
        self.acknowledged.succeed()

    def open(self, phase: int, head: int) -> None:
        """Begin a segment of the timeline, and close the one before."""
        now = int(self.env.now)
        self.close(now)
        self.segments.append([now, phase, 0, 0, head] + [0] * (2 * len(self.engine.core.memories)))

    def close(self, end: int) -> None:
        """Fill in the length of the last segment and how long the output link was busy in it."""
        if not self.segments:
            return
        segment = self.segments[-1]
        start = segment[0]
        segment[2] = end - start
        segment[3] = sum(max(0, min(end, stop) - max(start, begin)) for begin, stop in self.link_busy)
        while self.link_busy and self.link_busy[0][1] <= end:
            self.link_busy.popleft()
