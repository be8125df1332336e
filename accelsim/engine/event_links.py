"""Event-driven cores whose output links end at the input links of other cores.

A packet of one core is an input event of another, and the two handshakes are one: the sender's request is up at the
receiver in the cycle after the packet was raised, the receiver acknowledges when it has served the event, the sender
lowers its request 3 cycles later (assumed of every core: that of an open RTL), and 3 cycles after that the
acknowledge is down.  The sender's link is then free as after any other receiver with these delays: `output_cycles` and
3 cycles after the acknowledge came up.  Until then the sender's iterations are held, so back-pressure is real.

Several senders at one input take turns: the request raised first goes first, the outside before links, links in their
order; the next one is up a cycle after the handshake of another one at the earliest (assumed).

Compiled cores are co-simulated: the core that is least far in time goes on, until its next decision, its next packet,
or until it waits for another core.  No packet can then come too late, since a decision in cycle t emits in t+2 at the
earliest.  Cores that wait for each other in a ring wait until the end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import simpy
from numpy.typing import NDArray

from accelsim.architecture.schema import Link
from accelsim.controllers.emissions import BIG, PACKET0, PACKETS
from accelsim.engine import event_layout as layout
from accelsim.engine.event_driven import EventDrivenEngine
from accelsim.engine.event_ports import ACKNOWLEDGE_FALL, LINK_FALL
from accelsim.engine.event_reference import EventDrivenReference
from accelsim.engine.event_timeline import Timeline, timeline_of

OUTSIDE = -1
"""Source of requests that come from no link."""


class LinkedReference:
    """Linked cores of the reference engine, all in one environment.

    Parameters
    ----------
    env : where the cores live
    cores, links : see :class:`LinkedCores`
    """

    def __init__(self, env: simpy.Environment, cores: Sequence[EventDrivenReference], links: Sequence[Link]) -> None:
        self.env = env
        self.cores = cores
        for i, link in enumerate(links):
            cores[link.source].output.connect(cores[link.target].input, i, link.shift, link.add)

    def run(self, stimuli: Sequence[NDArray[np.int64]], horizon: int) -> list[Timeline]:
        """Run a stimulus for each core up to a cycle."""
        for core, stimulus in zip(self.cores, stimuli, strict=True):
            core.input.offer(stimulus.tolist())
        self.env.run(until=horizon)
        return [core.finish(horizon) for core in self.cores]


@dataclass(order=True)
class _Request:
    raised: int
    source: int
    word: int
    due: int


class _Node:
    """A core among others: what waits at its input, and what it sends."""

    def __init__(self, engine: EventDrivenEngine, stimulus: NDArray[np.int64], rows: int) -> None:
        self.engine = engine
        self.clock = engine.clock
        self.fall = int(engine.clock[layout.FALL])
        self.records = layout.allocate_records(rows, rows, len(engine.table.memories))
        self.presented = np.zeros((rows, 2), np.int64)
        self.outside = deque(stimulus.tolist())
        self.outside_ready = 1
        self.pending: list[_Request] = []
        self.current: _Request | None = None
        """The one before the core."""
        self.last_source = OUTSIDE
        self.blocked = False
        self.outputs: list[list[int]] = []
        self.to_send: deque[int] = deque()
        self.clock[layout.STEPPING] = 1
        self.clock[layout.REQUEST_UP] = BIG

    @property
    def time(self) -> int:
        return int(self.clock[layout.TIME])

    def announce(self) -> None:
        """The outside's next request."""
        if self.outside:
            due, word = self.outside.popleft()
            self.post(_Request(max(due, self.outside_ready), OUTSIDE, word, due))

    def post(self, request: _Request) -> None:
        self.pending.append(request)
        self.present()

    def present(self) -> None:
        """Put the request whose turn it is before the core, unless it is being served."""
        clock = self.clock
        phase = clock[layout.PHASE]
        if not self.pending or (phase >= 0 and self.engine.table.phases[phase, layout.ACKNOWLEDGE]):
            return
        first = min(self.pending)
        at = int(clock[layout.NEXT_EVENT])
        if at >= len(self.presented):
            raise MemoryError(f"the input events need more than {at} rows")
        self.current = first
        up = first.raised
        if first.source != OUTSIDE or self.last_source != OUTSIDE:
            up = max(up, int(clock[layout.FREE_INPUT]) + 1)
        self.presented[at] = first.due, first.word
        clock[layout.EVENTS] = at + 1
        clock[layout.REQUEST_UP] = up
        clock[layout.FALL] = self.fall if first.source == OUTSIDE else LINK_FALL
        waits = phase < 0 and clock[layout.WAIT_FROM] < clock[layout.TIME] and not self.blocked
        if waits:
            clock[layout.TIME] = min(self.time, up + int(clock[layout.SYNCHRONISER]))

    def step(self, horizon: int) -> int:
        return self.engine.execute(horizon, horizon, self.presented, self.records)

    def served(self, before: int) -> _Request | None:
        """The request that was served since, if any."""
        if self.clock[layout.NEXT_EVENT] == before:
            return None
        request = self.current
        assert request is not None
        self.pending.remove(request)
        self.last_source = request.source
        if request.source == OUTSIDE:
            self.outside_ready = int(self.clock[layout.FREE_INPUT] + self.clock[layout.GAP])
            self.announce()
        self.present()
        return request

    def timeline(self, horizon: int) -> Timeline:
        """Finish at the horizon."""
        self.clock[layout.STEPPING], self.clock[layout.FINAL] = 0, 1
        self.step(horizon)
        used = self.records.used
        if self.outputs:
            kept = self.outputs[: len(self.records.outputs)]
            self.records.outputs[: len(kept), :4] = kept
            groups = self.records.outputs[: len(kept)]
            groups[groups[:, 3] == BIG, 3] = max(horizon, int(groups[:, 2].max()))
            used[layout.OUTPUTS] = len(self.outputs)
            begin, end = (np.minimum(groups[:, column], horizon) for column in (2, 3))
            self.clock[layout.BUSY_DONE] = (end - begin).sum()
        self.engine.take_counts(0)
        return timeline_of(self.records)


class LinkedCores:
    """Linked cores of the compiled engine.

    Parameters
    ----------
    cores : engines, each with its own chip, state and handshake; they need not be alike
    links : links between them; a core without one sends to the outside
    """

    def __init__(self, cores: Sequence[EventDrivenEngine], links: Sequence[Link]) -> None:
        self.cores = cores
        self.links = {link.source: (i, link) for i, link in enumerate(links)}
        self.senders = {i: link.source for i, link in enumerate(links)}

    def run(self, stimuli: Sequence[NDArray[np.int64]], horizon: int, rows: int) -> list[Timeline]:
        """Run a stimulus for each core up to a cycle.

        Parameters
        ----------
        stimuli : one int64 array (events, 2) for each core: earliest cycle of the request, word; in order
        horizon : int
            Last cycle, exclusive.
        rows : int
            Room of each record.

        Raises
        ------
        MemoryError
            If a record has not enough rows.
        """
        nodes = [_Node(engine, stimulus, rows) for engine, stimulus in zip(self.cores, stimuli, strict=True)]
        for source in self.links:
            nodes[source].clock[layout.LINKED] = 1
        for node in nodes:
            node.announce()
        while True:
            running = [(node.time, i) for i, node in enumerate(nodes) if not node.blocked and node.time < horizon]
            if not running:
                break
            _, i = min(running)
            node = nodes[i]
            before = int(node.clock[layout.NEXT_EVENT])
            reason = node.step(horizon)
            node.blocked = reason == layout.BLOCKED
            if reason == layout.EMITTED:
                self._emitted(nodes, i)
            request = node.served(before)
            if request is not None and request.source != OUTSIDE:
                self._acknowledged(nodes, self.senders[request.source], int(node.clock[layout.ACKNOWLEDGED]))
        return [node.timeline(horizon) for node in nodes]

    def _emitted(self, nodes: list[_Node], source: int) -> None:
        """A core has raised packets."""
        node = nodes[source]
        out = node.engine.out
        words = out[PACKET0 : PACKET0 + out[PACKETS]].tolist()
        node.to_send.extend(words)
        self._send(nodes, source, node.time + 1, first=True)

    def _send(self, nodes: list[_Node], source: int, raised: int, *, first: bool) -> None:
        """The next packet of a core, raised in a cycle."""
        number, link = self.links[source]
        packet = nodes[source].to_send.popleft()
        nodes[source].outputs.append([raised, packet, raised if first else 0, BIG if first else 0])
        nodes[link.target].post(_Request(raised, number, (packet << link.shift) + link.add, raised))

    def _acknowledged(self, nodes: list[_Node], source: int, cycle: int) -> None:
        """The receiver's acknowledge is up: when the link is free again."""
        node = nodes[source]
        free = cycle + ACKNOWLEDGE_FALL + node.engine.output_cycles
        if node.to_send:
            self._send(nodes, source, free + 1, first=False)
            return
        group = next(row for row in reversed(node.outputs) if row[3])
        group[3] = free
        node.clock[layout.LINK_FREE] = free
        node.blocked = False
