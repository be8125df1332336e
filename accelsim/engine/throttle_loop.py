"""The numba loop of :mod:`accelsim.engine.throttle`."""

from __future__ import annotations

import numpy as np

from accelsim.datapath.compile import inner


@inner
def least_of(
    lowest: float, i: int, until: np.ndarray, start: np.ndarray, duration: int, rate: float, origin: int
) -> float:
    """The least of what was spent less what was allowed, that at the beginning and the end of an event included."""
    begin = until[i] - rate * (start[i] - origin)
    end = until[i + 1] - rate * (start[i] + duration - origin)
    return min(lowest, min(begin, end))


@inner
def place_events(
    energy: np.ndarray,
    cycles: np.ndarray,
    limit: float,
    window: int,
    known: int,
    now: int,
    lowest: float,
    spent: np.ndarray,
    lasted: np.ndarray,
    until: np.ndarray,
    start: np.ndarray,
    point: np.ndarray,
) -> None:
    """Place events in time (see :func:`accelsim.engine.throttle.throttle`).

    Parameters
    ----------
    energy, cycles : arrays, shape (events, points)
    spent, lasted : arrays, shape (events + 1, points)
        Their sums up to each event.
    until : float array of zeros, shape (events + 1,)
        For the energy that events really took, up to each.
    start, point : int64 arrays, shape (events,)
        Where the first `known` ones are; the others are written.
    now, lowest : see :class:`accelsim.engine.throttle.Events`
    """
    events, points = energy.shape
    rate = limit / window
    origin = start[0] if known else now
    oldest = 0  # event that may reach into the window
    free = now
    for i in range(events):
        if i >= known:
            at = free
            while oldest < i and start[oldest] + cycles[oldest, point[oldest]] <= at - window:
                lowest = least_of(lowest, oldest, until, start, cycles[oldest, point[oldest]], rate, origin)
                oldest += 1
            chosen = points - 1
            for p in range(points):
                if (spent[i, p] - spent[oldest, p]) * window <= limit * (lasted[i, p] - lasted[oldest, p]):
                    chosen = p
                    break
            while oldest < i:  # until the window that ends at `at` holds no more than the limit
                first, duration = start[oldest], cycles[oldest, point[oldest]]
                if first + duration <= at - window:
                    lowest = least_of(lowest, oldest, until, start, duration, rate, origin)
                    oldest += 1
                    continue
                gone = max(at - window - first, 0) / max(duration, 1)
                whole = until[oldest + 1] - until[oldest]
                over = until[i] - until[oldest] - whole * gone - limit
                if over <= 0.0:
                    break
                left = int(np.ceil(duration * min(gone + over / whole, 1.0))) if over < whole else duration
                at = first + window + left
                if left < duration:
                    break
            least = lowest
            if oldest < i and start[oldest] <= at - window:
                least = min(least, until[oldest] - rate * (start[oldest] - origin))
            above = until[i] - rate * (at - origin) - least  # in longer windows
            if above > 0.0 and i > 0:
                at += int(np.ceil(above / rate * (1 - 1e-12)))
            start[i] = at
            point[i] = chosen
        until[i + 1] = until[i] + energy[i, point[i]]
        free = max(free, start[i] + cycles[i, point[i]])
