"""The reference engine of event-driven cores: the control as a SimPy process between an input and an output link.

It reads the phase tables itself and calls the chip's functions from Python; the compiled event loop must give the
same timeline, row for row, and the same counts.
"""

from __future__ import annotations

from collections.abc import Generator
from types import ModuleType
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from accelsim.architecture.phases import Access, Nest, Phase
from accelsim.architecture.schema import Architecture
from accelsim.controllers import emissions
from accelsim.controllers.emissions import BIG
from accelsim.controllers.vocabulary import Vocabulary
from accelsim.engine import event_layout as layout
from accelsim.engine.event_counts import EventCounts
from accelsim.engine.event_ports import ACKNOWLEDGE_FALL, InputLink, OutputLink, Request
from accelsim.engine.event_timeline import Timeline
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
    env : where the core lives; its own, if it is alone

    Attributes
    ----------
    counted : EventCounts
        Of the last call.
    """

    def __init__(
        self,
        architecture: Architecture,
        placement: Placement,
        names: tuple[str, ...],
        chip: ModuleType,
        state: Any,
        handshake: tuple[int, int, int, int],
        env: simpy.Environment | None = None,
    ) -> None:
        links = architecture.core.links
        assert links is not None
        self.core = architecture.core
        self.tables = ReferenceEngine(architecture, placement, Vocabulary((), {}, ()))
        self.names = names
        self.chip = chip
        self.state = state
        self.queue, self.queue_state = layout.allocate_queues(self.core)
        self.neurons = layout.neuron_capacity(self.core, placement)
        self.env = env if env is not None else simpy.Environment()
        falling, gap, rise, fall = handshake
        self.input = InputLink(self.env, links.synchroniser, falling, gap)
        self.output = OutputLink(self.env, links.output_cycles, rise + fall)
        self.until = BIG
        self.stopped, self.resumed = self.env.event(), self.env.event()
        self.operands = np.zeros(16, np.int64)
        self.out = np.zeros(emissions.OUT_SIZE, np.int64)
        self.segments: list[list[int]] = []
        self.clear()
        self.open(layout.WAITING, 0)
        self.env.process(self.control())

    def run(self, stimulus: NDArray[np.int64], horizon: int) -> Timeline:
        """Run a stimulus up to a cycle (see :meth:`accelsim.engine.event_driven.EventDrivenEngine.run`)."""
        self.input.offer(stimulus.tolist())
        self.env.run(until=horizon)
        return self.finish(horizon)

    def advance(self, stimulus: NDArray[np.int64], until: int) -> EventCounts:
        """Go on to a decision (see :meth:`accelsim.engine.event_driven.EventDrivenEngine.advance`)."""
        self.until = until
        self.clear()
        self.queue[1] = -1
        self.input.offer(stimulus.tolist())
        self.resumed.succeed()
        self.resumed = self.env.event()
        self.env.run(until=self.stopped)
        self.stopped = self.env.event()
        self.close(int(self.env.now))
        self.open(layout.WAITING, 0)
        self.counted.withdrawn = self.input.withdraw()
        return self.counted

    def clear(self) -> None:
        """Begin new records and counts."""
        del self.segments[:-1]
        self.inputs: list[list[int]] = []
        self.fifo: list[list[int]] = []
        self.spikes: list[tuple[int, int, int, int]] = []
        self.writes: list[tuple[int, ...]] = []
        queues = len(self.queue_state)
        self.counted = EventCounts.empty(len(self.names), len(self.core.memories), queues, self.neurons)

    def finish(self, horizon: int) -> Timeline:
        """Cut everything off, and tell what happened."""
        self.close(horizon)
        width = 5 + 2 * len(self.core.memories)
        return Timeline(
            np.array([row for row in self.segments if row[2]], np.int64).reshape(-1, width),
            np.array([row for row in self.inputs if row[1] >= 0], np.int64).reshape(-1, 7),
            np.array(self.fifo, np.int64).reshape(-1, 5),
            np.array(self.spikes, np.int64).reshape(-1, 4),
            np.array(self.output.outputs, np.int64).reshape(-1, 2),
            np.array(self.writes, np.int64).reshape(-1, 5),
        )

    def control(self) -> Process:
        """The control: decide, run a phase, wait for the request to fall."""
        following: str | None = None
        request: Request | None = None
        while True:
            if following is None:
                number, request = yield from self.decision()
                yield self.env.timeout(1)
                name = self.names[number]
            else:
                name = following
            phase = self.core.phases[name]
            yield from self.phase(name, phase, request if phase.acknowledge else None)
            following = phase.then
            if phase.acknowledge:
                assert request is not None
                yield from self.fall(request)
            if following is None:
                self.open(layout.WAITING, 0)

    def decision(self) -> Generator[simpy.Event, Any, tuple[int, Request | None]]:
        """Ask the controller in each cycle in which its answer can differ, until it names a phase."""
        while True:
            while self.env.now < self.output.free:
                known = self.output.free < BIG
                yield self.env.timeout(self.output.free - self.env.now) if known else self.output.freed
            now = int(self.env.now)
            if now >= self.until:
                self.stopped.succeed()
                yield self.resumed
                continue
            first = self.input.first()
            visible = BIG if first is None else self.input.up(first) + self.input.synchroniser
            request = first if visible <= now else None
            view = (self.queue, self.queue_state, self.state)
            phase = int(self.chip.decide(now, int(request is not None), request.word if request else 0, *view))
            if phase >= 0:
                if self.core.phases[self.names[phase]].acknowledge and request is not None:
                    self.input.pending.remove(request)
                return phase, request
            moments = (visible, int(self.chip.wake(now, *view)), self.until)
            awaited = [self.env.timeout(moment - now) for moment in moments if now < moment < BIG]
            yield self.env.any_of([*awaited, self.input.changed])

    def phase(self, name: str, phase: Phase, request: Request | None) -> Process:
        """One phase: iteration after iteration, each held while the output link is busy with the one before."""
        number = self.names.index(name)
        view = (self.queue, self.queue_state, self.state, self.operands)
        head = int(self.chip.begin(number, int(self.env.now), request.word if request else 0, *view))
        self.open(number, head)
        self.counted.executions[number] += 1
        if request is not None:
            self.inputs.append([self.input.up(request), -1, -1, -1, int(self.env.now), -1, -1])
        self.own_entry = False
        (nest,) = phase.body
        before = None
        raised = False
        for j, index in enumerate(self.tables.iterations(nest.loops)):
            if raised or phase.until_free:
                yield from self.hold(nest, index, before, repeats=not phase.until_free)
            yield from self.iteration(nest, number, j, index, before, request)
            before = index
            packets = int(self.out[emissions.PACKETS])
            raised = packets > 0
            if raised:
                self.counted.packets[number] += packets
                self.output.send(self.out[emissions.PACKET0 : emissions.PACKET0 + packets].tolist())
            yield self.env.timeout(self.tables.schedule(nest, {}).cycles[-1])

    def hold(self, nest: Nest, index: dict[str, int], before: Any, *, repeats: bool) -> Process:
        """Wait until the link is free, in the first cycle of an iteration, whose reads repeat."""
        while self.env.now < self.output.free:
            self.counted.output_hold_cycles += 1
            if repeats and len(nest.steps) > 1:
                self.access(nest.steps[0].reads, index, before, 0, held=True)
            yield self.env.timeout(1)

    def iteration(
        self, nest: Nest, number: int, j: int, index: dict[str, int], before: Any, request: Request | None
    ) -> Process:
        """Steps of one iteration up to its last, in whose first cycle the work is done."""
        for step, cycles in zip(nest.steps, self.tables.schedule(nest, {}).cycles, strict=True):
            self.access(step.reads, index, before, 0)
            self.access(step.writes, index, before, 1)
            if step is not nest.steps[-1]:
                yield self.env.timeout(cycles)
        out = self.out
        out[emissions.SPIKES] = out[emissions.PACKETS] = out[emissions.PUSHES] = out[emissions.CHANGES] = 0
        out[emissions.POP] = -1
        view = (self.queue, self.queue_state, self.state, self.operands)
        self.chip.work(number, j, int(self.env.now), *view, out)
        self.emit(external=request is not None and out[emissions.SPIKES] == 0)

    def access(
        self, accesses: tuple[Any, ...], index: dict[str, int], before: Any, write: int, held: bool = False
    ) -> None:
        """Count the words that a step reads or writes; of a step that is held, what the ports read in one cycle."""
        memories = list(self.core.memories)
        for entry in accesses:
            access = Access(memory=entry) if isinstance(entry, str) else entry
            words = self.tables.words(access, index, before)
            if held:
                words = min(words, self.core.memories[access.memory].repeated_reads())
            memory = memories.index(access.memory)
            self.segments[-1][5 + 2 * memory + write] += words
            (self.counted.writes if write else self.counted.reads)[self.segments[-1][1], memory] += words

    def emit(self, *, external: bool) -> None:
        """Pushes, then the pop of one cycle, in that order; the records show the queues after both."""
        now, phase, out, counted = int(self.env.now), self.segments[-1][1], self.out, self.counted
        rows: list[list[int]] = []
        accepted: set[int] = set()
        for i in range(int(out[emissions.PUSHES])):
            queue, value = (int(out[emissions.PUSH0 + 2 * i + k]) for k in (0, 1))
            self.own_entry |= external
            taken = self.push(queue, value, len(self.inputs) - 1 if external else -1)
            if taken:
                accepted.add(i)
                counted.pushes[phase, queue] += 1
            if queue == 0:
                name = ("accepted" if taken else "dropped") + ("_external" if external else "_internal")
                setattr(counted, name, getattr(counted, name) + 1)
            else:
                counted.other_pushes += 1
            kind = (0 if external else 1) + (0 if taken else 2) if queue == 0 else 5
            rows.append([now, kind, value, 0, queue])
        queue = int(out[emissions.POP])
        if queue >= 0 and self.queue_state[queue, layout.OCCUPANCY] > 0:
            rows.append([now, 4 if queue == 0 else 6, self.pop(queue), 0, queue])
            counted.pops[phase, queue] += 1
        for row in rows:
            row[3] = int(self.queue_state[0, layout.OCCUPANCY])
        self.fifo += rows
        for i in range(int(out[emissions.SPIKES])):
            neuron, code, entry = (int(out[emissions.SPIKE0 + 3 * i + k]) for k in range(3))
            self.spikes.append((now, neuron, code, int(entry in accepted)))
            counted.spikes[neuron] += 1
        for i in range(int(out[emissions.CHANGES])):
            at = emissions.CHANGE0 + 4 * i
            self.writes.append((now, *(int(out[at + k]) for k in range(4))))
            counted.changed[int(out[at])] += 1

    def push(self, queue: int, value: int, owner: int) -> bool:
        """Enter a value; False if the queue is full."""
        read, occupancy, depth = (int(number) for number in self.queue_state[queue])
        if occupancy == depth:
            return False
        self.queue[:, queue, (read + occupancy) % depth] = value, owner
        self.queue_state[queue, layout.OCCUPANCY] += 1
        return True

    def pop(self, queue: int) -> int:
        """Take the head away; the input event that entered it is done."""
        read, _, depth = (int(number) for number in self.queue_state[queue])
        value, owner = (int(number) for number in self.queue[:, queue, read])
        self.queue_state[queue, layout.READ_AT] = (read + 1) % depth
        self.queue_state[queue, layout.OCCUPANCY] -= 1
        if owner >= 0:
            self.inputs[owner][6] = int(self.env.now)
        return value

    def fall(self, request: Request) -> Process:
        """Acknowledge, and wait until the request has fallen."""
        now = int(self.env.now)
        row = self.inputs[-1]
        down = now + request.fall
        row[1:4] = now, down, down + ACKNOWLEDGE_FALL
        row[5] = now - row[4]
        if not self.own_entry:
            row[6] = now - 1
        self.counted.events += 1
        self.counted.input_wait_cycles += row[4] - request.due
        self.input.finish(request, now)
        self.open(layout.FALLING, 0)
        yield self.env.timeout(request.fall + ACKNOWLEDGE_FALL)

    def open(self, phase: int, head: int) -> None:
        """Begin a segment of the timeline, and close the one before."""
        now = int(self.env.now)
        self.close(now)
        self.segments.append([now, phase, 0, 0, head] + [0] * (2 * len(self.core.memories)))

    def close(self, end: int) -> None:
        """Fill in the length of the last segment and how long the output link was busy in it."""
        if not self.segments or self.segments[-1][2]:
            return
        segment = self.segments[-1]
        segment[2] = end - segment[0]
        segment[3] = self.output.busy_cycles(segment[0], end)
        self.counted.link_busy_cycles += segment[3]
        row = segment[1] if segment[1] >= 0 else len(self.names) + (segment[1] == layout.FALLING)
        self.counted.cycles[row] += segment[2]
