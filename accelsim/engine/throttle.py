"""When events may begin so that the energy of any window of time stays below a limit, but for one event.

An event, a time step or a job, spends its energy evenly over its duration; one without duration spends none. It begins
as soon as the one before is done and every window that ends then, of the given length or longer, holds no more energy
than the limit for its length. Any other such window then holds at most that and the energy of the event that begins
last in it.

Energies are in any one unit; where they are whole numbers, and sums stay below 2**53, the result does not depend on how
many events are placed at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from accelsim.engine.throttle_loop import place_events


@dataclass(frozen=True)
class Events:
    """Events placed in time, one after the other.

    Attributes
    ----------
    energy : float array, shape (events, points)
        Energy of each event at each operating point, the fastest first.
    cycles : int64 array, shape (events, points)
        Duration of each.
    start : int64 array, shape (events,)
        Cycle in which each begins.
    point : int64 array, shape (events,)
        Operating point at which each happens.
    lowest : float
        Least of what was spent until any time before the first event less what was allowed until then, above the same
        of the time when the first one begins.
    now : int
        Cycle before which no further event begins.
    """

    energy: NDArray[np.float64]
    cycles: NDArray[np.int64]
    start: NDArray[np.int64]
    point: NDArray[np.int64]
    lowest: float = np.inf
    now: int = 0

    @classmethod
    def none(cls, points: int) -> Events:
        """Before the first event."""
        nothing = np.zeros(0, np.int64)
        return cls(np.zeros((0, points)), np.zeros((0, points), np.int64), nothing, nothing)

    @cached_property
    def spent(self) -> NDArray[np.float64]:
        """(events,) energy of each where it happens."""
        return self.energy[np.arange(len(self.start)), self.point]

    @cached_property
    def end(self) -> NDArray[np.int64]:
        """(events,) cycle in which each is done."""
        return self.start + self.cycles[np.arange(len(self.start)), self.point]

    def until(self, stop: int) -> Events:
        """The first of them."""
        now = int(self.end[stop - 1]) if stop else self.now
        return Events(self.energy[:stop], self.cycles[:stop], self.start[:stop], self.point[:stop], self.lowest, now)

    def recent(self, limit: float, window: int) -> Events:
        """Those that reach into the window that ends now."""
        if not len(self.start):
            return self
        gone = int(np.searchsorted(self.end, self.now - window, side="right"))
        rate, until, origin = limit / window, np.cumsum(self.spent), self.start[0]
        begin = until - self.spent - rate * (self.start - origin)
        end = until - rate * (self.end - origin)
        lowest = min(self.lowest, begin[:gone].min(initial=np.inf), end[:gone].min(initial=np.inf))
        level = begin[gone] if gone < len(begin) else end[-1] - rate * (self.now - self.end[-1])
        return Events(
            self.energy[gone:],
            self.cycles[gone:],
            self.start[gone:],
            self.point[gone:],
            float(lowest - level),
            self.now,
        )

    def of_windows(self, window: int) -> NDArray[np.float64]:
        """(events,) energy in the window that ends with each."""
        knots = np.column_stack([self.start, self.end]).ravel().astype(np.float64)
        until = np.cumsum(self.spent)
        level = np.column_stack([until - self.spent, until]).ravel()
        begins = (self.end - window).astype(np.float64)
        return np.asarray(until - np.interp(begins, knots, level, left=0.0), np.float64) if len(until) else until


def throttle(
    energy: NDArray[np.float64],
    cycles: NDArray[np.int64],
    limit: float,
    window: int,
    past: Events | None = None,
) -> Events:
    """Place events in time.

    Parameters
    ----------
    energy, cycles : arrays, shape (events, points)
        See :class:`Events`.
    limit : float
        Most energy of a window, above 0.
    window : int
        Its length in cycles.
    past : Events, optional
        Those before, as far as they reach into the window that ends now.

    Returns
    -------
    Events
        Those of the past, then the new ones. An event happens at the fastest point at which those of the window before
        would have spent no more power, while at work, than the limit allows; at the slowest if there is none, and at
        the first after a window without any.
    """
    past = past or Events.none(energy.shape[1])
    energy, cycles = np.concatenate([past.energy, energy]), np.concatenate([past.cycles, cycles])
    events, points = energy.shape
    known = len(past.start)
    start, point = np.zeros(events, np.int64), np.zeros(events, np.int64)
    start[:known], point[:known] = past.start, past.point
    spent, lasted = np.zeros((events + 1, points)), np.zeros((events + 1, points), np.int64)
    np.cumsum(energy, axis=0, out=spent[1:])
    np.cumsum(cycles, axis=0, out=lasted[1:])
    place_events(
        energy, cycles, float(limit), int(window), known, past.now, past.lowest, spent, lasted,
        np.zeros(events + 1), start, point,
    )  # fmt: skip
    placed = Events(energy, cycles, start, point, past.lowest, past.now)
    return placed.until(events)
