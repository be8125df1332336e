"""Timelines of event-driven cores: what happened in which cycle, in order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelsim.engine.event_layout import FIFO, INPUTS, OUTPUTS, SEGMENTS, SPIKED, WRITES, Records

INPUT_COLUMNS = ("req_up", "ack_up", "req_down", "ack_down", "svc_start", "svc_len", "done")


@dataclass
class Timeline:
    """What happened up to a cycle; every record is cut to the rows in use.

    Attributes
    ----------
    segments : int64 array, (segments, 5 + 2 * memories)
        Start, phase (-1 waiting, -2 request falling), length, cycles with the output link busy, scheduler head at the
        start, then reads and writes of each memory.
    inputs : int64 array, (events finished, 7): columns :data:`INPUT_COLUMNS`
    fifo : int64 array, (operations, 5): cycle, operation, entry, occupancy of queue 0 afterwards, queue
    spikes : int64 array, (spikes, 4): cycle, neuron, code, whether it entered queue 0
    outputs : int64 array, (packets, 2): cycle of the request, word
    writes : int64 array, (changed words, 5): cycle, memory, address, old and new content
    """

    segments: NDArray[np.int64]
    inputs: NDArray[np.int64]
    fifo: NDArray[np.int64]
    spikes: NDArray[np.int64]
    outputs: NDArray[np.int64]
    writes: NDArray[np.int64]


def timeline_of(records: Records) -> Timeline:
    """Timeline from the event loop's records; groups of packets tell when the output link was busy.

    Raises
    ------
    MemoryError
        If a record ran out of rows.
    """
    used, rows = records.used, len(records.segments)
    if used.max(initial=0, where=np.arange(len(used)) != INPUTS) > rows:
        raise MemoryError(f"a record needs {used.max()} rows, not {rows}")
    outputs = records.outputs[: used[OUTPUTS]]
    groups = outputs[outputs[:, 3] > 0]
    segments = records.segments[: used[SEGMENTS]]
    segments[:, 3] = busy_cycles(segments[:, 0], segments[:, 2], groups[:, 2], groups[:, 3])
    return Timeline(
        segments,
        records.inputs[: used[INPUTS]],
        records.fifo[: used[FIFO]],
        records.spikes[: used[SPIKED], :4],
        outputs[:, :2],
        records.writes[: used[WRITES]],
    )


def busy_cycles(
    start: NDArray[np.int64], length: NDArray[np.int64], begin: NDArray[np.int64], end: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Busy cycles in each segment, given busy intervals that are in order and do not overlap."""
    if not len(begin):
        return np.zeros(len(start), np.int64)
    done = np.concatenate([[0], np.cumsum(end - begin)])

    def until(time: NDArray[np.int64]) -> NDArray[np.int64]:
        last = np.searchsorted(begin, time, side="right") - 1
        inside = np.minimum(time - begin[last], end[last] - begin[last])
        return np.where(last >= 0, done[last] + inside, 0)

    return until(start + length) - until(start)
