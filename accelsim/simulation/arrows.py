"""From spikes to the weight updates they lead to: pairs of events of a log.

A spike is delivered where the control reads a row of weights under a mask of spikes or events.  An update of that row
belongs to the row's last delivery if that was in the same time step or the one before; an older one has been forgotten
by then but for what traces hold of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.indices import UnionSet
from accelsim.controllers.activity import Activity
from accelsim.engine.actions import Action, Guard
from accelsim.engine.log import BEGIN, END, READ, RUN, WRITE, EventLog
from accelsim.engine.program import Node, Program
from accelsim.mapping.spans import Span

SPIKES = ("event", "input_event", "spike", "fired")
"""Masks that hold at neurons that have spiked."""
NONE = np.zeros((0, 2), np.int64)


def arrows(log: EventLog, program: Program, activity: Activity, *, names: str = "") -> NDArray[np.int64]:
    """Arrows of a core that works in time steps.

    Parameters
    ----------
    log : EventLog
    program : Program
        Its control.
    activity : Activity
        Of the log's time steps.
    names : str
        What the core's components begin with in the log.

    Returns
    -------
    int64 array, shape (arrows, 2)
        Row where the state begins in which a spike is delivered, row of the write of a word of its weights.
    """
    number = {name: i for i, name in enumerate(log.components)}
    found = [NONE]
    for memory, description in program.core.memories.items():
        rows = description.holds.rows
        if not isinstance(rows, str):  # no matrix, or several of which an access does not tell its own
            continue
        accesses = _Rows(log, program, activity, rows, names)
        deliver, learn = [], []
        for leaf in program.leaves():
            writing = [each for each in leaf.actions if each.kind == "write" and each.target == memory]
            learn += [(leaf, each) for each in writing]
            if not writing:
                deliver += [
                    (leaf, each)
                    for each in leaf.actions
                    if each.kind == "read" and each.target == memory and {*leaf.masks, each.mask} & {*SPIKES}
                ]
        component = number[names + memory]
        spiked, updated = accesses.rows(deliver, READ, component), accesses.rows(learn, WRITE, component)
        found.append(_latest(log, spiked, updated))
    return np.concatenate(found)


def event_arrows(log: EventLog, phases: Sequence[str], memories: Sequence[str]) -> NDArray[np.int64]:
    """Arrows of an event-driven core: from the phase in which it takes a spike to each weight word that this changes.

    Parameters
    ----------
    log : EventLog
    phases : names of those in which synapses learn
    memories : names of those with weights
    """
    number = {name: i for i, name in enumerate(log.components)}
    found = [NONE]
    for phase in phases:
        begin, end = _spans(log, log.components.index(phase))
        for memory in memories:
            changed = np.flatnonzero((log.rows[:, 1] == number[memory]) & (log.rows[:, 2] == RUN))
            inside = _inside(log, changed, begin, end)
            found.append(np.stack([begin[inside], changed], axis=1)[inside >= 0])
    return np.concatenate(found)


class _Rows:
    """Which row of a matrix each access to its memory belongs to."""

    def __init__(self, log: EventLog, program: Program, activity: Activity, rows: str, names: str) -> None:
        self.log, self.program, self.activity, self.names = log, program, activity, names
        sets = program.core.index_sets
        self.same = [rows, *(name for name, each in sets.items() if isinstance(each, UnionSet) and rows in each.union)]
        self.items = program.placement.spans[rows].items
        self.tick = np.searchsorted(log.tick_start, log.rows[:, 0], side="right") - 1

    def rows(self, of: Sequence[tuple[Node, Action]], action: int, component: int) -> NDArray[np.int64]:
        """(accesses, 3): row of the log in which the state begins, that of the access, row of the matrix.

        An access that two nests of a state may have made, to different rows, is left out.
        """
        events = np.flatnonzero((self.log.rows[:, 1] == component) & (self.log.rows[:, 2] == action))
        begun, row = np.full(len(events), -1), np.full(len(events), -1)
        unsure = np.zeros(len(events), bool)
        for leaf, each in of:
            begin, end = _spans(self.log, self._state(leaf.state))
            inside = _inside(self.log, events, begin, end)
            index = self._index(leaf, self.log.rows[events, 3])
            own = prod(span.size for span in leaf.loops)
            fits = (inside >= 0) & (index >= 0) & (index < self.items)
            fits &= self._holding((*leaf.when, *each.when))[self.tick[events]]
            fits[fits] &= self.log.rows[begin[inside[fits]], 3] == self.log.rows[events[fits], 3] // own
            unsure |= fits & (row >= 0) & (row != index)
            row[fits] = index[fits]
            begun[fits] = begin[inside[fits]]
        return np.stack([begun, events, row], axis=1)[(row >= 0) & ~unsure]

    def _state(self, name: str) -> int:
        """Component of a state: it stands before stages that may be called like it."""
        return self.log.components.index(self.names + name)

    def _holding(self, when: Guard) -> NDArray[np.bool_]:
        """(time steps,): whether conditions hold."""
        holds = np.ones(len(self.activity), bool)
        for name in when:
            column = self.program.vocabulary.columns.index(name.removeprefix("not "))
            holds &= (self.activity.counts[:, column] != 0) != name.startswith("not ")
        return holds

    def _index(self, leaf: Node, iteration: NDArray[np.int64]) -> NDArray[np.int64]:
        """Row of the matrix in iterations of a nest; -1 if none of its loops tells."""
        loops = (*leaf.outer, *leaf.loops)
        at = dict(_indices(loops, iteration))
        for name in self.same:
            if name in at:
                return at[name]
        for span in loops:
            if span.width == 1 and span.blocks in at:
                return at[span.blocks] * span.block_width + at[span.name]
        return np.full(len(iteration), -1)


def _indices(loops: Sequence[Span], iteration: NDArray[np.int64]) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Index of every loop in the iterations of a nest, innermost first."""
    for span in reversed(loops):
        yield span.name, iteration % span.size
        iteration = iteration // span.size


def _spans(log: EventLog, state: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows in which a state begins, and in which it ends."""
    of = log.rows[:, 1] == state
    return np.flatnonzero(of & (log.rows[:, 2] == BEGIN)), np.flatnonzero(of & (log.rows[:, 2] == END))


def _inside(
    log: EventLog, events: NDArray[np.int64], begin: NDArray[np.int64], end: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Number of the time a state lasts that an event falls into, -1 if it falls into none."""
    times = log.rows[:, 0]
    which = np.searchsorted(times[begin], times[events], side="right") - 1
    lasts = which >= 0
    lasts[lasts] = times[events[lasts]] < times[end[which[lasts]]]
    return np.where(lasts, which, -1)


def _latest(log: EventLog, spiked: NDArray[np.int64], updated: NDArray[np.int64]) -> NDArray[np.int64]:
    """Every update with the last spike of its row, from the same time step or the one before."""
    if not len(spiked) or not len(updated):
        return NONE
    scale = len(log.rows) + 1
    spiked = spiked[np.argsort(spiked[:, 2] * scale + spiked[:, 1])]
    last = np.searchsorted(spiked[:, 2] * scale + spiked[:, 1], updated[:, 2] * scale + updated[:, 1]) - 1
    found = np.stack([spiked[last, 0], updated[:, 1]], axis=1)
    tick = np.searchsorted(log.tick_start, log.rows[:, 0], side="right") - 1
    recent = tick[found[:, 1]] - tick[spiked[last, 1]] <= 1
    return found[(last >= 0) & (spiked[last, 2] == updated[:, 2]) & recent]
