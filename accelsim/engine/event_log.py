"""Timelines of event-driven cores as event logs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accelsim.engine.event_driven import Timeline
from accelsim.engine.log import BEGIN, END, READ, RUN, WRITE, EventLog

TRAFFIC = ("queues", "spikes", "packets")
"""Components beside the control's states and the memories: queue operations, spikes, output packets."""


def event_log(
    timeline: Timeline, states: Sequence[str], memories: Sequence[str], start: int, period: int, ticks: int
) -> EventLog:
    """Events of a timeline from a cycle on.

    Parameters
    ----------
    timeline : Timeline
    states : names of the phases by number, then of waiting and of the handshake's end
    memories : names in the order of the timeline's columns
    start : first cycle shown; it becomes cycle 0
    period : cycles of a time step
    ticks : time steps shown
    """
    names = (*states, *memories, *TRAFFIC)
    first_memory, first_traffic = len(states), len(states) + len(memories)
    parts = [np.zeros((0, 5), np.int64)]
    shown = timeline.segments[timeline.segments[:, 0] >= start]
    state = np.where(shown[:, 1] == -1, len(states) - 2, np.where(shown[:, 1] == -2, len(states) - 1, shown[:, 1]))
    parts.append(_rows(shown[:, 0], state, BEGIN, shown[:, 4], 1))
    parts.append(_rows(shown[:, 0] + shown[:, 2], state, END, shown[:, 4], 1))
    for m in range(len(memories)):
        for action, column in ((READ, 5 + 2 * m), (WRITE, 6 + 2 * m)):
            accessed = shown[shown[:, column] > 0]
            parts.append(_rows(accessed[:, 0], first_memory + m, action, accessed[:, 1], accessed[:, column]))
    for k, (rows, operand, count) in enumerate(
        ((timeline.fifo, 2, 1), (timeline.spikes, 1, 2), (timeline.outputs, 1, None))
    ):
        later = rows[rows[:, 0] >= start]
        often = 1 if count is None else later[:, count]
        parts.append(_rows(later[:, 0], first_traffic + k, RUN, later[:, operand], often))
    for m in range(len(memories)):
        changed = timeline.writes[(timeline.writes[:, 0] >= start) & (timeline.writes[:, 1] == m)]
        parts.append(_rows(changed[:, 0], first_memory + m, RUN, changed[:, 2], changed[:, 4]))
    rows = np.concatenate(parts)
    rows[:, 0] -= start
    edges = np.arange(ticks, dtype=np.int64) * period
    return EventLog.ordered(names, rows, edges, edges + period)


def queue_depth(timeline: Timeline, start: int) -> NDArray[np.int64]:
    """Entries of the main queue, (changes, 2): cycle counted from `start`, and entries from there on."""
    before = timeline.fifo[timeline.fifo[:, 0] <= start]
    later = timeline.fifo[timeline.fifo[:, 0] > start]
    first = np.array([[0, before[-1, 3] if len(before) else 0]], np.int64)
    found = np.concatenate([first, later[:, [0, 3]] - [start, 0]])
    return found[np.diff(found[:, 1], prepend=-1) != 0]


def _rows(
    time: NDArray[np.int64],
    component: NDArray[np.int64] | int,
    action: int,
    operand: NDArray[np.int64],
    count: NDArray[np.int64] | int,
) -> NDArray[np.int64]:
    rows = np.zeros((len(time), 5), np.int64)
    rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3], rows[:, 4] = time, component, action, operand, count
    return rows
