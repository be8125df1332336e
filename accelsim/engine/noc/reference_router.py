"""A router of the reference engine: a SimPy process that reads like the router's description."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import Any

import simpy

from accelsim.engine.noc.config import LOCAL, NocConfig
from accelsim.engine.noc.routing import decide


@dataclass(frozen=True)
class Flit:
    """A flit on its way.

    Attributes
    ----------
    packet : number of the packet
    head, tail : whether it is the first and the last of its packet
    targets : receiving cores of this copy
    phase : class of virtual channels on a torus, and the way on a tie, see `decide`
    """

    packet: int
    head: bool
    tail: bool
    targets: tuple[int, ...]
    phase: int = 0


class Component:
    """Something clocked: in each cycle with work it takes what has arrived, then acts on it.

    What others send arrives in a later cycle, so it does not matter who acts first in a cycle.
    """

    def __init__(self, env: simpy.Environment) -> None:
        self.env = env
        self._inbox: dict[int, list[tuple[Callable[..., None], Any]]] = defaultdict(list)
        self._called = env.event()
        env.process(self._run())

    def deliver(self, time: int, action: Callable[..., None], *what: Any) -> None:
        """Let `action(*what)` happen at the begin of a later cycle."""
        self._inbox[time].append((action, what))
        if not self._called.triggered:
            self._called.succeed()

    def _run(self) -> Generator[simpy.Event, Any, None]:
        while True:
            now = int(self.env.now)
            for action, what in self._inbox.pop(now, ()):
                action(*what)
            if self.act(now):
                yield self.env.timeout(1)
            else:
                self._called = self.env.event()
                waits = [self._called]
                if self._inbox:
                    waits.append(self.env.timeout(min(self._inbox) - now))
                yield self.env.any_of(waits)

    def act(self, now: int) -> bool:
        """Do a cycle's work; says whether there may be more in the next cycle."""
        raise TypeError(f"{type(self).__name__} does nothing")


class Stage:
    """A pipeline stage: what enters in cycle t leaves it in t + delay.

    One that is not pipelined serves batches: all that wait start together, and what comes meanwhile waits for the end.
    """

    def __init__(self, delay: int, pipelined: bool) -> None:
        self.delay = delay
        self.batched = not pipelined and delay > 1
        self.waiting: list[tuple[int, Any]] = []
        self.batch: list[Any] = []
        self.until = 0

    def enter(self, since: int, entry: Any) -> None:
        """Take an entry that waits from a cycle on."""
        self.waiting.append((since, entry))

    def leave(self, now: int) -> list[Any]:
        """What leaves in this cycle, in order of entry."""
        if not self.batched:
            done = [entry for since, entry in self.waiting if since + self.delay <= now]
            self.waiting = [(since, entry) for since, entry in self.waiting if since + self.delay > now]
            return done
        done = []
        if self.batch and self.until <= now:
            done, self.batch = self.batch, []
        if not self.batch:
            self.batch = [entry for since, entry in self.waiting if since <= now]
            self.waiting = [(since, entry) for since, entry in self.waiting if since > now]
            self.until = now + self.delay
        return done

    @property
    def empty(self) -> bool:
        """Whether nothing is in it."""
        return not self.waiting and not self.batch


class Islip:
    """One iteration of iSLIP: outputs grant requests, inputs accept grants, both round robin."""

    def __init__(self, inputs: int, outputs: int) -> None:
        self.grant_at = [0] * outputs
        self.accept_at = [0] * inputs

    def match(self, requests: set[tuple[int, int]]) -> list[tuple[int, int]]:
        """Pairs (input, output) out of the requested ones; pointers move on acceptance only."""
        inputs, outputs = len(self.accept_at), len(self.grant_at)
        granted = defaultdict(list)
        for output in sorted({output for _, output in requests}):
            asking = [i for i, wanted in requests if wanted == output]
            granted[min(asking, key=lambda i: (i - self.grant_at[output]) % inputs)].append(output)
        pairs = []
        for i, offers in sorted(granted.items()):
            output = min(offers, key=lambda o: (o - self.accept_at[i]) % outputs)
            self.grant_at[output] = (i + 1) % inputs
            self.accept_at[i] = (output + 1) % outputs
            pairs.append((i, output))
        return pairs


@dataclass
class Channel:
    """An input virtual channel."""

    buffer: deque[Flit] = field(default_factory=deque)
    busy: bool = False
    """A packet is at the front."""
    pending: list[Flit] = field(default_factory=list)
    """Copies of the front packet's head that have not left."""
    port: int = -1
    """Output port of the front packet, -1 before its route is known."""
    owns: int = -1
    """Output channel of the front packet, -1 before allocation."""


class Router(Component):
    """A router; `neighbours[port]` says who gets its flits and credits: deliver functions that know the delay."""

    def __init__(self, env: simpy.Environment, config: NocConfig, number: int) -> None:
        self.config = config
        (x,), (y,) = config.positions([number * config.terminals])
        self.number, self.x, self.y = number, int(x), int(y)
        size = config.ports * config.vcs
        self.inputs = [Channel() for _ in range(size)]
        self.owner: list[int] = [-1] * size
        self.credits = [config.buffer if o < LOCAL * config.vcs else config.receive_buffer for o in range(size)]
        self.routing = Stage(config.routing, config.pipelined)
        self.crossbar = Stage(config.crossbar, config.pipelined)
        self.decided_at: dict[int, int] = {}
        self.last_batch = -config.allocation
        self.outputs: list[deque[tuple[Flit, int]]] = [deque() for _ in range(config.ports)]
        self.channel_allocator = Islip(size, size)
        self.crossbar_allocator = Islip(config.ports, config.ports)
        self.channel_at = [0] * config.ports
        self.send_flit: dict[int, Callable[[int, Flit, int], None]] = {}
        self.send_credit: dict[int, Callable[[int, int], None]] = {}
        self.flits = [0] * config.ports
        self.heads = [0] * config.ports
        super().__init__(env)

    def take_flit(self, port: int, flit: Flit, vc: int) -> None:
        """A flit arrives at an input."""
        number = port * self.config.vcs + vc
        channel = self.inputs[number]
        channel.buffer.append(flit)
        if not channel.busy:
            self._front(int(self.env.now), number)

    def take_credit(self, port: int, vc: int) -> None:
        """A credit arrives for an output."""
        self.credits[port * self.config.vcs + vc] += 1

    def act(self, now: int) -> bool:
        """Routing, allocation of channels and of the crossbar, crossbar: each sees the state of the cycle's begin."""
        for number in self.routing.leave(now):
            self._route(number)
        movable = self._movable()
        won = self._allocate_channels()
        if self.config.single_cycle:
            movable = self._movable(won)
        for number, output in won.items():
            self.inputs[number].owns = output
            self.owner[output] = number
            self.heads[output // self.config.vcs] += 1
        for number in self._allocate_crossbar(self._decided(now, movable)):
            self._move(now, number)
        for flit, output in self.crossbar.leave(now):
            self.outputs[output // self.config.vcs].append((flit, output % self.config.vcs))
        for port, queue in enumerate(self.outputs):
            if queue:
                self.send_flit[port](now, *queue.popleft())
        held = any(channel.buffer for channel in self.inputs) or any(self.outputs)
        return held or not self.crossbar.empty

    def _front(self, since: int, number: int) -> None:
        """A packet has come to the front of a channel."""
        channel = self.inputs[number]
        channel.busy = True
        self.routing.enter(since, number)

    def _direction(self, number: int, target: int, phase: int) -> tuple[int, int]:
        """Output port and class towards a core."""
        config, port = self.config, number // self.config.vcs
        (x,), (y,) = config.positions([target])
        choice = decide.py_func(config.width, config.height, config.torus, self.x, self.y, int(x), int(y), port, phase)
        return (LOCAL + target % config.terminals, 0) if choice == 2 * LOCAL else (choice >> 1, choice & 1)

    def _route(self, number: int) -> None:
        """Find the output of a packet, and the copies it is to leave in."""
        channel = self.inputs[number]
        if not channel.pending:
            flit = channel.buffer[0]
            parts: dict[tuple[int, int], list[int]] = defaultdict(list)
            for target in flit.targets:
                parts[self._direction(number, target, flit.phase)].append(target)
            channel.pending = [
                replace(flit, targets=tuple(targets), phase=flit.phase & ~1 | (phase if port < LOCAL else 0))
                for (port, phase), targets in sorted(parts.items())
            ]
        flit = channel.pending[0]
        channel.port, _ = self._direction(number, flit.targets[0], channel.buffer[0].phase)

    def _allocate_channels(self) -> dict[int, int]:
        """Output channels for packets that have none, by input channel."""
        config, requests = self.config, set()
        half = config.vcs // 2
        for number, channel in enumerate(self.inputs):
            if channel.port < 0 or channel.owns >= 0:
                continue
            allowed = range(config.vcs)
            if config.torus and channel.port < LOCAL:
                allowed = range(half, config.vcs) if channel.pending[0].phase & 1 else range(config.vcs - half)
            outputs = [channel.port * config.vcs + vc for vc in allowed]
            requests |= {(number, output) for output in outputs if self.owner[output] < 0}
        return dict(self.channel_allocator.match(requests))

    def _movable(self, won: dict[int, int] | None = None) -> dict[int, int]:
        """Inputs that have a flit, an output channel and a credit, with that channel."""
        owned = {number: channel.owns for number, channel in enumerate(self.inputs) if channel.owns >= 0} | (won or {})
        return {i: output for i, output in owned.items() if self.inputs[i].buffer and self.credits[output] > 0}

    def _decided(self, now: int, movable: dict[int, int]) -> dict[int, int]:
        """Of the inputs that ask for the crossbar, those whose requests are decided in this cycle."""
        length = self.config.allocation
        for number in movable.keys() - self.decided_at.keys():
            start = now
            if length > 1 and not self.config.pipelined:
                if now > self.last_batch:
                    self.last_batch = max(now, self.last_batch + length)
                start = self.last_batch
            self.decided_at[number] = start + length - 1
        decided = {number: output for number, output in movable.items() if self.decided_at[number] == now}
        for number in decided:
            del self.decided_at[number]
        return decided

    def _allocate_crossbar(self, movable: dict[int, int]) -> list[int]:
        """Inputs whose flits pass: one of each port, one to each port."""
        vcs = self.config.vcs
        candidates: dict[tuple[int, int], int] = {}
        for number, output in movable.items():
            pair = number // vcs, output // vcs
            pointer = self.channel_at[pair[0]]
            if pair not in candidates or (number - pointer) % vcs < (candidates[pair] - pointer) % vcs:
                candidates[pair] = number
        chosen = [candidates[pair] for pair in self.crossbar_allocator.match(set(candidates))]
        for number in chosen:
            self.channel_at[number // vcs] = (number + 1) % vcs
        return chosen

    def _move(self, now: int, number: int) -> None:
        """Send the front flit of an input into the crossbar."""
        vcs = self.config.vcs
        channel = self.inputs[number]
        output = channel.owns
        front = channel.buffer[0]
        copy = channel.pending.pop(0) if front.head else replace(front, targets=front.targets)
        self.credits[output] -= 1
        self.flits[output // vcs] += 1
        self.crossbar.enter(now, (copy, output))
        if not channel.pending:
            channel.buffer.popleft()
            self.send_credit[number // vcs](now, number % vcs)
        if front.tail:
            self.owner[output] = channel.owns = -1
            channel.port = -1
            if channel.pending:
                # The next copy needs no route computation: it asks for its output in the next cycle.
                self.deliver(now + 1, self._route, number)
            elif channel.buffer:
                self._front(now + 1, number)
            else:
                channel.busy = False
