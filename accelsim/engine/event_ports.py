"""Input and output links of the reference engine: four-phase handshakes, between cores and with the outside."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import simpy

from accelsim.controllers.emissions import BIG

LINK_FALL = 3
"""Cycles after which a core that sends lowers its request, from the cycle the acknowledge is up: two of its
synchroniser and one of its control (open RTL of a crossbar core, output link)."""
ACKNOWLEDGE_FALL = 3
"""Cycles after which a core that receives lowers its acknowledge, from the cycle the request is down."""


@dataclass
class Request:
    """A request at the input of a core."""

    raised: int
    """Cycle in which its sender raises it."""
    source: int
    """-1 for the outside, else the number of the link; the lower one goes first if they are raised together."""
    word: int
    due: int
    """Cycle from which it is said to wait."""
    fall: int
    """Cycles from acknowledge to the end of the request."""
    sender: OutputLink | None = None


class InputLink:
    """The input of a core: requests of the outside and of other cores, one handshake at a time."""

    def __init__(self, env: simpy.Environment, synchroniser: int, fall: int, gap: int) -> None:
        self.env = env
        self.synchroniser = synchroniser
        self.fall = fall
        self.gap = gap
        self.pending: list[Request] = []
        self.changed = env.event()
        self.free = 0
        """End of the last handshake."""
        self.last_source = -1
        self.outside: deque[tuple[int, int]] = deque()
        """Events of the outside that have not been announced."""
        self.outside_ready = 1
        """First cycle in which the outside may raise its next request."""

    def offer(self, stimulus: Sequence[Sequence[int]]) -> None:
        """Give the outside events to send: earliest cycle and word."""
        self.outside.extend((int(due), int(word)) for due, word in stimulus)
        if not any(request.source < 0 for request in self.pending):
            self.announce()

    def announce(self) -> None:
        """The outside's next request."""
        if self.outside:
            due, word = self.outside.popleft()
            self.post(Request(max(due, self.outside_ready, int(self.env.now)), -1, word, due, self.fall))

    def withdraw(self) -> int:
        """The outside gives up what it has not raised yet; returns how many events."""
        late = [request for request in self.pending if request.source < 0 and request.raised >= self.env.now]
        given_up = len(late) + len(self.outside)
        self.pending = [request for request in self.pending if request not in late]
        self.outside.clear()
        return given_up

    def post(self, request: Request) -> None:
        """Add a request that is raised now or later."""
        self.pending.append(request)
        self.changed.succeed()
        self.changed = self.env.event()

    def first(self) -> Request | None:
        """The request whose turn it is."""
        return min(self.pending, key=lambda request: (request.raised, request.source), default=None)

    def up(self, request: Request) -> int:
        """Cycle from which a request is up at this input: one after another source's handshake at the earliest."""
        if request.source < 0 and self.last_source < 0:
            return request.raised
        return max(request.raised, self.free + 1)

    def finish(self, request: Request, acknowledged: int) -> None:
        """End of a request's service: it falls, and its sender goes on."""
        self.free = acknowledged + request.fall + ACKNOWLEDGE_FALL
        self.last_source = request.source
        if request.sender is not None:
            request.sender.acknowledged(acknowledged)
        else:
            self.outside_ready = self.free + self.gap
            self.announce()


class OutputLink:
    """The output of a core.

    Parameters
    ----------
    env : simpy.Environment
    cycles : int
        Cycles of a packet beside the receiver's delays.
    delays : int
        The outside receiver's rise and fall delays.
    """

    def __init__(self, env: simpy.Environment, cycles: int, delays: int) -> None:
        self.env = env
        self.cycles = cycles
        self.delays = delays
        self.receiver: InputLink | None = None
        self.number = 0
        self.shift = self.add = 0
        self.free = 0
        """First cycle at rest, far away as long as it is not known."""
        self.freed = env.event()
        self.busy: deque[list[int]] = deque()
        self.waiting: deque[int] = deque()
        self.outputs: list[tuple[int, int]] = []

    def connect(self, receiver: InputLink, number: int, shift: int, add: int) -> None:
        """Send to another core, as its link of that number, words `(packet << shift) + add`."""
        self.receiver, self.number, self.shift, self.add = receiver, number, shift, add

    def send(self, words: Sequence[int]) -> None:
        """Raise a group of packets, the first in the next cycle."""
        now = int(self.env.now)
        group = [now + 1, BIG]
        self.busy.append(group)
        if self.receiver is None:
            period = self.cycles + self.delays + 1
            self.outputs += [(now + 1 + k * period, word) for k, word in enumerate(words)]
            self.free = group[1] = now + len(words) * period
        else:
            self.free = BIG
            self.waiting.extend(words)
            self.post(now + 1)

    def post(self, cycle: int) -> None:
        """Raise the next packet for another core."""
        assert self.receiver is not None
        packet = self.waiting.popleft()
        self.outputs.append((cycle, packet))
        word = (packet << self.shift) + self.add
        self.receiver.post(Request(cycle, self.number, word, cycle, LINK_FALL, self))

    def acknowledged(self, cycle: int) -> None:
        """The receiver's acknowledge is up from this cycle."""
        free = cycle + ACKNOWLEDGE_FALL + self.cycles
        if self.waiting:
            self.post(free + 1)
            return
        self.free = self.busy[-1][1] = free
        self.freed.succeed()
        self.freed = self.env.event()

    def busy_cycles(self, start: int, end: int) -> int:
        """Busy cycles of an interval that ends now; the next one begins there."""
        busy = sum(max(0, min(end, stop) - max(start, begin)) for begin, stop in self.busy)
        while self.busy and self.busy[0][1] <= end:
            self.busy.popleft()
        return busy
