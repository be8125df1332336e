"""The outside world while a core works in time steps: when its own time steps begin, which events wait, which are lost.

Time step t of the outside world begins in cycle t T, and all its events arrive then, in their order. The core begins it
then too, or when it has done everything before; at that moment it takes what waits for it. Events of a time step that
the core has not begun wait in a queue; those that find it full are lost. In one and the same cycle the core takes
events before others arrive.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.schema import Architecture, Core
from accelsim.config.document import Document
from accelsim.config.errors import Problem
from accelsim.controllers.base import Controller
from accelsim.controllers.event_driven import EventController
from accelsim.lifelong.budget import Budget
from accelsim.lifelong.capability import Capability
from accelsim.lifelong.checkpoint import Checkpoint
from accelsim.workload.schema import Overload, Workload

Cycles = NDArray[np.int64]

QUEUE = "input"
"""Queue of a core in which its input events wait."""
DEPTH = 16
"""Events that wait at a core that tells nothing of it (assumed)."""
_FINE = 42
"""Bits of a float's mantissa that classes of lateness leave out: they are 0.1 % wide, those below 2,048 exact."""
_ONE = int(np.float64(1).view(np.int64))


@dataclass
class OutsideWorld:
    """What the outside world and the core's queue are at the end of a time step.

    Parameters
    ----------
    period : int
        Cycles of a time step.
    depth : int, optional
        Events that the queue holds; without it, as many as come.

    Attributes
    ----------
    ticks : int
        Time steps so far.
    free : int
        Cycle in which the core has done them, and everything else that it was given.
    waiting : tuple of (int, int)
        When the core takes events that wait, and how many.
    """

    period: int
    depth: int | None = None
    ticks: int = 0
    free: int = 0
    waiting: tuple[tuple[int, int], ...] = ()

    def starts(self, cycles: Cycles) -> Cycles:
        """When the core begins each of the next time steps, which take it so many cycles."""
        arrival = self._arrivals(len(cycles))
        before = np.cumsum(cycles) - cycles
        return before + np.maximum(self.free, np.maximum.accumulate(arrival - before))

    def queued(self, starts: Cycles, events: Cycles) -> tuple[Cycles, Cycles, tuple[tuple[int, int], ...]]:
        """What happens to the events of the next time steps if the core begins them then.

        Returns
        -------
        waited, lost : int64 arrays, shape (time steps,)
            Events that wait in the queue, and that find it full.
        waiting : tuple of (int, int)
            What waits at the end.
        """
        arrival, start = self._arrivals(len(starts)), starts.tolist()
        waited, lost = np.zeros_like(starts), np.zeros_like(starts)
        queue = list(self.waiting)
        held, taken = sum(number for _, number in queue), 0
        late = np.flatnonzero((events > 0) & (starts > arrival))
        for t, now, number in zip(late.tolist(), arrival[late].tolist(), events[late].tolist(), strict=True):
            while taken < len(queue) and queue[taken][0] <= now:
                held -= queue[taken][1]
                taken += 1
            room = number if self.depth is None else min(number, self.depth - held)
            waited[t], lost[t] = room, number - room
            if room:
                queue.append((start[t], room))
                held += room
        return waited, lost, tuple(queue[taken:])

    def pass_by(self, starts: Cycles, cycles: Cycles, waiting: tuple[tuple[int, int], ...]) -> Cycles:
        """Let time steps pass, which the core began then; by how many cycles it was late with each, < 0 if early."""
        done = starts + cycles
        late = done - self._arrivals(len(cycles)) - self.period
        self.ticks += len(cycles)
        self.free = int(done[-1]) if len(done) else self.free
        self.waiting = waiting
        return late

    @property
    def now(self) -> int:
        """Cycle in which the time steps so far are over."""
        return self.ticks * self.period

    def _arrivals(self, number: int) -> Cycles:
        return np.arange(self.ticks, self.ticks + number, dtype=np.int64) * self.period


@dataclass
class Lateness:
    """How many cycles late time steps were done, in a bounded number of classes; 0 if in time."""

    ticks: int = 0
    late: int = 0
    total: int = 0
    most: int = 0
    classes: Cycles = field(default_factory=lambda: np.zeros(0, np.int64))

    def add(self, late: Cycles) -> None:
        """Add time steps; a negative number is in time."""
        missed = late[late > 0]
        self.ticks += len(late)
        self.late += len(missed)
        self.total += int(missed.sum())
        self.most = max(self.most, int(missed.max(initial=0)))
        found = np.bincount(missed.astype(np.float64).view(np.int64) - _ONE >> _FINE, minlength=len(self.classes))
        found[: len(self.classes)] += self.classes
        self.classes = found

    @property
    def mean(self) -> float | None:
        """Of all time steps."""
        return self.total / self.ticks if self.ticks else None

    def quantile(self, share: float) -> float | None:
        """Smallest lateness that this share of the time steps does not exceed."""
        if not self.ticks:
            return None
        rank = int(np.ceil(share * self.ticks)) - (self.ticks - self.late)
        if rank <= 0:
            return 0.0
        at = np.searchsorted(np.cumsum(self.classes), rank)
        return min(float((((at + 1) << _FINE) + _ONE - 1).view(np.float64) // 1), float(self.most))


def queue_depth(core: Core, wanted: Overload) -> int:
    """Events that can wait at a core."""
    queue = core.queues.get(QUEUE)
    if queue is not None:
        return queue.depth * queue.count
    return DEPTH if wanted.queue is None else wanted.queue


def overload_problems(
    workload: Workload,
    kind: type[Controller] | type[EventController],
    architecture: Architecture,
    capabilities: Collection[Capability],
    document: Document,
) -> Iterator[Problem]:
    """What stands in the way of a world that does not wait."""
    wanted = workload.real_time
    if wanted is None:
        return
    if issubclass(kind, EventController):
        message = f"controller `{architecture.core.controller}` is driven by events: it never lets them wait for it"
        yield document.problem(("overload",), message)
    elif wanted.queue is not None and QUEUE in architecture.core.queues:
        yield document.problem(("overload", "queue"), f"the core has a queue `{QUEUE}` of its own; remove this key")
    if any(isinstance(each, Budget) for each in capabilities):
        message = f"`{wanted.policy}`: a core that waits for power lets the outside world wait too: `none`"
        yield document.problem(("overload",), message)
    if any(isinstance(each, Checkpoint) and each.settings.power_may_fail for each in capabilities):
        message = f"`{wanted.policy}`: where power fails samples are shown again, the outside world must wait: `none`"
        yield document.problem(("overload",), message)
