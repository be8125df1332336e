"""Counters of a run over its time, in a bounded number of windows however long it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.phases import Phase
from accelsim.engine.counts import Counter
from accelsim.simulation.part import Pieces

MOST_WINDOWS = 256


@dataclass(frozen=True)
class Windows:
    """Consecutive windows of a run; each holds as many pieces (time steps, or samples) as the others but the last.

    Attributes
    ----------
    counted : int64 array, shape (windows, counters)
    ticks, cycles : int64 arrays, shape (windows,)
        Time steps of the outside world, and cycles of the chip.
    busy_most : int64 array, shape (windows,)
        Most busy cycles of one time step, where pieces are longer of the mean of one.
    """

    counted: NDArray[np.int64]
    ticks: NDArray[np.int64]
    cycles: NDArray[np.int64]
    busy_most: NDArray[np.int64]

    @classmethod
    def empty(cls) -> Windows:
        """No windows: nothing ran."""
        none = np.zeros(0, np.int64)
        return cls(np.zeros((0, 0), np.int64), none, none, none)

    @cached_property
    def number(self) -> int:
        """Windows."""
        return len(self.ticks)

    def as_data(self) -> dict[str, list[str]]:
        """Return plain data: a text for each window."""
        columns = np.column_stack([self.ticks, self.cycles, self.busy_most, self.counted])
        return {"rows": [" ".join(map(str, row)) for row in columns.tolist()]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any], counters: int) -> Windows:
        """Read what :meth:`as_data` wrote; ValueError if the windows are not of so many counters."""
        rows = np.array([[int(number) for number in row.split()] for row in data["rows"]], np.int64)
        rows = rows.reshape(len(data["rows"]), 3 + counters)
        return cls(rows[:, 3:], rows[:, 0], rows[:, 1], rows[:, 2])


class WindowTotals:
    """Gathers pieces into windows: when there are too many, neighbours are added up two by two."""

    def __init__(self, counters: tuple[Counter, ...], phases: Mapping[str, Phase], most: int = MOST_WINDOWS) -> None:
        self._idle = not_busy(counters, phases)
        self._most = most
        self._each = 1
        self._pieces = 0
        self._sums = np.zeros((most, 2 + len(counters)), np.int64)
        self._busy_most = np.zeros(most, np.int64)

    def add(self, pieces: Pieces) -> None:
        """Add the pieces that follow."""
        number = len(pieces.ticks)
        if not number:
            return
        while self._pieces + number > self._each * self._most:
            self._merge()
        window = (self._pieces + np.arange(number)) // self._each
        starts = np.flatnonzero(np.diff(window, prepend=-1))
        at = window[starts]
        self._sums[at, 0] += np.add.reduceat(pieces.ticks, starts)
        self._sums[at, 1] += np.add.reduceat(pieces.cycles, starts)
        self._sums[at, 2:] += np.add.reduceat(pieces.counted, starts, axis=0)
        busy = pieces.cycles - pieces.counted[:, self._idle].sum(axis=1)
        in_tick = -(-busy // pieces.ticks)
        self._busy_most[at] = np.maximum(self._busy_most[at], np.maximum.reduceat(in_tick, starts))
        self._pieces += number

    def taken(self) -> Windows:
        """What was gathered."""
        used = -(-self._pieces // self._each)
        sums = self._sums[:used].copy()
        return Windows(sums[:, 2:], sums[:, 0], sums[:, 1], self._busy_most[:used].copy())

    def _merge(self) -> None:
        kept = self._most // 2
        self._sums[:kept] = self._sums[0::2] + self._sums[1::2]
        self._sums[kept:] = 0
        self._busy_most[:kept] = np.maximum(self._busy_most[0::2], self._busy_most[1::2])
        self._busy_most[kept:] = 0
        self._each *= 2


def not_busy(counters: Iterable[Counter], phases: Mapping[str, Phase]) -> NDArray[np.bool_]:
    """Which counters count cycles spent on the outside world.

    These are in phases that say so, and in states that are no phase of the table.
    """
    return np.array(
        [
            counter.kind == "cycles" and (counter.phase not in phases or phases[counter.phase].overhead)
            for counter in counters
        ],
        bool,
    )
