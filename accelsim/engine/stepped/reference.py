"""The same schedules as SimPy processes: slow, short, and the meaning of the compiled ones.

Every core that sends is a process.  Events of one tick come in the order of core numbers.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import simpy

from accelsim.engine.noc import reference as noc_reference
from accelsim.engine.noc.config import NocConfig
from accelsim.engine.noc.network import Work
from accelsim.engine.stepped.costs import Grid, StepCosts
from accelsim.engine.stepped.messages import TAIL, TimedMessages
from accelsim.engine.stepped.schedule import (
    LAST_DONE,
    LAST_SENT,
    LAST_TAIL,
    LONG_AGO,
    Schedule,
    empty_schedule,
    end_at,
)

Process = Generator[simpy.Event, Any, None]


class Turn(simpy.Event):
    """A moment, of those in one tick the earlier the smaller the number of the core it belongs to."""

    def __init__(self, env: simpy.Environment, delay: int, core: int) -> None:
        super().__init__(env)
        self._ok, self._value = True, None
        schedule_at: Any = env.schedule  # its stubs know two priorities only
        schedule_at(self, core, delay)


class Step:
    """One step on the ideal network: messages arrive after the time of their hops, and queue without end."""

    def __init__(self, grid: Grid, costs: StepCosts, messages: TimedMessages, step: int, result: Schedule) -> None:
        self.env = simpy.Environment()
        self.grid, self.costs, self.messages, self.result = grid, costs, messages, result
        self.step = step
        self.free: dict[int, int] = defaultdict(int)
        rows: dict[int, list[int]] = defaultdict(list)
        for row in range(messages.step_start[step], messages.step_start[step + 1]):
            rows[int(messages.source[row])].append(row)
        for core, own in rows.items():
            self.env.process(self.sender(core, own))

    def run(self) -> None:
        """Run to the end, and note when what ended last."""
        self.env.run()
        note_ends(self.messages, self.step, self.result)

    def sender(self, core: int, rows: list[int]) -> Process:
        """Work, then send, message after message."""
        for row in rows:
            yield Turn(self.env, int(self.messages.gen[row]), core)
            if self.messages.destination[row] != TAIL:
                yield from self.send(core, row)
            self.result.sent[row] = self.env.now

    def send(self, core: int, row: int) -> Process:
        """Send a message."""
        self.env.process(self.fly(core, row))
        return
        yield

    def fly(self, core: int, row: int) -> Process:
        """Arrive after the time of all hops."""
        hops = self.route(core, int(self.messages.destination[row]))
        yield Turn(self.env, sum(self.costs.hop[direction] for _, direction in hops), core)
        self.arrive(row, int(self.env.now))

    def arrive(self, row: int, tick: int) -> int:
        """Queue at the receiver; returns when the service starts."""
        core = int(self.messages.destination[row])
        start = max(tick, self.free[core])
        self.free[core] = start + int(self.messages.proc[row])
        self.result.arrived[row], self.result.served[row] = tick, self.free[core]
        return start

    def route(self, source: int, destination: int) -> list[tuple[int, int]]:
        """Router and direction of each hop, along x, then along y."""
        mesh = self.grid.mesh
        place = [int(mesh.positions[axis, source]) for axis in range(2)]
        hops = []
        for axis, size in enumerate((self.grid.width, self.grid.height)):
            target = int(mesh.positions[axis, destination])
            up, down = target - place[axis], place[axis] - target
            if self.grid.torus:
                up, down = up % size, down % size
            forward = 0 <= up <= down or down < 0
            for _ in range(up if forward else down):
                router = int(place[0] * mesh.strides[0] + place[1] * mesh.strides[1])
                hops.append((router, 2 * axis + (0 if forward else 1)))
                place[axis] = (place[axis] + (1 if forward else -1)) % size
        return hops


class Buffer:
    """A first-in first-out buffer that is reserved ahead of time."""

    def __init__(self, places: int) -> None:
        self.leaving: deque[int] = deque([LONG_AGO] * places, maxlen=places)
        """When the last messages, as many as there are places, leave."""
        self.entered = LONG_AGO
        """When the last message set out for this buffer."""

    @property
    def room(self) -> int:
        """When the next message finds a place."""
        return self.leaving[0]

    @property
    def left(self) -> int:
        """When the last message leaves."""
        return self.leaving[-1]


class TransactionStep(Step):
    """One step in which every message reserves its whole way when it is sent."""

    def __init__(self, grid: Grid, costs: StepCosts, messages: TimedMessages, step: int, result: Schedule) -> None:
        super().__init__(grid, costs, messages, step, result)
        self.inputs: dict[int, Buffer] = defaultdict(lambda: Buffer(costs.buffer))
        self.links: dict[tuple[int, int], Buffer] = defaultdict(lambda: Buffer(costs.buffer))
        self.queues: dict[int, Buffer] = defaultdict(lambda: Buffer(costs.receive_queue))

    def send(self, core: int, row: int) -> Process:
        """Wait for a place at the own router, then reserve the way."""
        while (wait := self.inputs[core].room - int(self.env.now)) > 0:
            self.result.blocked[self.step, core] += wait
            yield Turn(self.env, wait, core)
        destination = int(self.messages.destination[row])
        here, tick = self.inputs[core], int(self.env.now)
        for router, direction in self.route(core, destination):
            ahead = self.links[router, direction]
            tick = self.move(here, ahead, tick) + self.costs.hop[direction]
            here = ahead
        queue = self.queues[destination]
        tick = self.move(here, queue, tick)
        queue.leaving.append(self.arrive(row, tick))

    def move(self, here: Buffer, ahead: Buffer, come: int) -> int:
        """When the message that came into `here` moves on to `ahead`."""
        tick = max(come, here.left + self.costs.link, ahead.entered + self.costs.link, ahead.room)
        here.leaving.append(tick)
        ahead.entered = tick
        return tick


def note_ends(messages: TimedMessages, step: int, result: Schedule) -> None:
    """Note what ended last in a step."""
    ends = result.ends[step]
    for row in range(messages.step_start[step], messages.step_start[step + 1]):
        source, destination = int(messages.source[row]), int(messages.destination[row])
        end_at(ends, LAST_TAIL if destination == TAIL else LAST_SENT, int(result.sent[row]), source)
        if destination != TAIL:
            end_at(ends, LAST_DONE, int(result.served[row]), destination)


def schedule(messages: TimedMessages, grid: Grid, costs: StepCosts, kind: Callable[..., Step] = Step) -> Schedule:
    """Schedule of messages step by step; `kind` is the model of a step."""
    result = empty_schedule(messages, grid.cores, True)
    for step in range(messages.steps):
        kind(grid, costs, messages, step, result).run()
    return result


def cycle_schedule(messages: TimedMessages, grid: Grid, costs: StepCosts, config: NocConfig, clock: int) -> Schedule:
    """Schedule of messages on the reference network; durations in cycles are differences of rounded sums."""
    result = empty_schedule(messages, grid.cores, True)
    rows: list[int] = []
    gaps: list[int] = []
    services: list[int] = []
    first = [0]
    for step in range(messages.steps):
        sums: dict[tuple[str, int], int] = defaultdict(int)
        for row in range(messages.step_start[step], messages.step_start[step + 1]):
            if messages.destination[row] == TAIL:
                continue
            rows.append(row)
            for side, core, ticks, cycles in (
                ("send", int(messages.source[row]), int(messages.gen[row]), gaps),
                ("receive", int(messages.destination[row]), int(messages.proc[row]), services),
            ):
                before = sums[side, core]
                sums[side, core] += ticks
                cycles.append((sums[side, core] + clock // 2) // clock - (before + clock // 2) // clock)
        first.append(len(rows))
    work = Work.of(first, messages.source[rows], messages.destination[rows], gaps, services)
    served = noc_reference.run(config, work)
    empty = config.latency(0, 0)
    for packet, row in enumerate(rows):
        result.sent[row] = served.t_inject[packet] * clock
        result.arrived[row] = (served.t_tail[packet] - empty) * clock
        result.served[row] = (served.t_end[packet] - empty) * clock
    for step in range(messages.steps):
        sent: dict[int, int] = defaultdict(int)
        for row in range(messages.step_start[step], messages.step_start[step + 1]):
            core = int(messages.source[row])
            if messages.destination[row] == TAIL:
                result.sent[row] = sent[core] + int(messages.gen[row])
            sent[core] = int(result.sent[row])
        note_ends(messages, step, result)
    held_back = np.zeros(len(messages.source), np.int64)
    held_back[rows] = (served.t_inject - served.t_ready) * clock
    step_of = np.repeat(np.arange(messages.steps), np.diff(messages.step_start))
    np.add.at(result.blocked, (step_of, messages.source), held_back)
    return result
