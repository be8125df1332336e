"""The event log by which the engines are compared: (time, component, action, operand, count)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.schema import Core

ACTIONS = ("begin", "end", "read", "write", "run")
BEGIN, END, READ, WRITE, RUN = range(5)
COLUMNS = ("time", "component", "action", "operand", "count")


def components(states: Sequence[str], core: Core) -> tuple[tuple[str, ...], dict[tuple[int, str], int]]:
    """Components of a log: states of the control, memories, stages.

    Returns
    -------
    names : tuple of str
        A state may be called like a stage.
    number : dict of (action, name) to int
        The component that an action of that name belongs to.
    """
    stages = dict.fromkeys(stage for unit in core.units.values() for stage in unit.stages)
    names: list[str] = []
    number: dict[tuple[int, str], int] = {}
    for kind, actions in ((states, (BEGIN, END)), (core.memories, (READ, WRITE)), (stages, (RUN,))):
        for name in kind:
            number |= {(action, name): len(names) for action in actions}
            names.append(name)
    return tuple(names), number


@dataclass(frozen=True)
class EventLog:
    """Events of a run of time steps.

    Attributes
    ----------
    components : tuple of str
    rows : int64 array, shape (events, 5)
        Columns :data:`COLUMNS`; in order of time, ties by component, action, operand: never by insertion.
        The operand is the number of the iteration among those of all its loops; when a state begins or ends, among
        those of the loops around it.
    tick_start, tick_stop : int64 arrays, shape (time steps,)
        When each time step began and ended.
    """

    components: tuple[str, ...]
    rows: NDArray[np.int64]
    tick_start: NDArray[np.int64]
    tick_stop: NDArray[np.int64]

    @classmethod
    def ordered(
        cls, names: tuple[str, ...], rows: NDArray[np.int64], start: NDArray[np.int64], stop: NDArray[np.int64]
    ) -> EventLog:
        """A log with its rows put in order."""
        order = np.lexsort(rows.T[::-1])
        return cls(names, rows[order], start, stop)

    def first_difference(self, other: EventLog) -> str | None:
        """What differs first between two logs, in words, or None if they are equal."""
        n = min(len(self.rows), len(other.rows))
        differs = np.flatnonzero((self.rows[:n] != other.rows[:n]).any(axis=1))
        if differs.size:
            at = int(differs[0])
            return f"event {at}: {self.describe(at)} against {other.describe(at)}"
        if len(self.rows) != len(other.rows):
            longer = self if len(self.rows) > n else other
            return f"{len(self.rows)} events against {len(other.rows)}; the first extra one is {longer.describe(n)}"
        if not np.array_equal(self.tick_stop, other.tick_stop):
            return "time steps end at different times"
        return None

    def describe(self, row: int) -> str:
        """One event in words."""
        time, component, action, operand, count = (int(value) for value in self.rows[row])
        return f"cycle {time} {self.components[component]} {ACTIONS[action]} {operand} x{count}"
