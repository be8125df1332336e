"""ReckOn as a controller: program it, feed it samples, get activity and learning results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.activity import Activity
from accelsim.controllers.reckon.state import Quirks, Registers, Shape, State
from accelsim.controllers.reckon.ticks import VOCABULARY, Record, Ticks, run_ticks


@dataclass(frozen=True)
class Recording:
    """What to record beside the counts."""

    states: bool = False
    signals: bool = False
    masks: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a run of time steps gave.

    Attributes
    ----------
    activity : Activity
    sent : uint8 array
        Bytes on the output bus.
    sent_end : int64 array, shape (samples,)
        Bytes sent up to the end of each sample.
    record : Record
    """

    activity: Activity
    sent: NDArray[np.uint8]
    record: Record


def _zeros(kept: bool, ticks: int, *shape: int, dtype: type = np.int32) -> NDArray:  # type: ignore[type-arg]
    return np.zeros((ticks if kept else 0, *shape), dtype)


def run(
    state: State, registers: Registers, shape: Shape, quirks: Quirks, ticks: Ticks, recording: Recording = Recording()
) -> Outcome:
    """Process every tick and collect what was asked for."""
    n = ticks.first.size
    neurons = state.u.size
    reach = max(shape.inputs, shape.recurrent)
    blocks = -(-shape.recurrent // shape.lanes)
    bits = {"dtype": np.uint8}
    record = Record(
        step_states=_zeros(recording.states, n, 5, neurons),
        prop_states=_zeros(recording.states, n, 4, neurons),
        y_step=_zeros(recording.signals, n, shape.outputs),
        y_prop=_zeros(recording.signals, n, shape.outputs),
        error=_zeros(recording.signals, n, shape.outputs),
        eprop=_zeros(recording.states, n, 3, shape.recurrent),
        lfsr=_zeros(recording.signals, n, 10, dtype=np.uint32),
        events=_zeros(recording.masks, n, reach, **bits),  # type: ignore[arg-type]
        rows=_zeros(recording.masks, n, 2, blocks, reach, **bits),  # type: ignore[arg-type]
        changed=_zeros(recording.masks, n, 2, blocks, reach, shape.row_words, **bits),  # type: ignore[arg-type]
        output_rows=_zeros(recording.masks, n, blocks * shape.lanes, **bits),  # type: ignore[arg-type]
    )
    counts = np.zeros((n, len(VOCABULARY.columns)), np.int64)
    sends = n if registers.send_per_timestep else int(ticks.last.sum())
    sent = np.zeros(sends * 2 * shape.outputs, np.uint8)
    n_sent = run_ticks(state, registers, shape, quirks, ticks, counts, sent, record)
    masks = _masks(record, shape) if recording.masks else {}
    return Outcome(Activity(counts, masks), sent[:n_sent], record)


def _masks(record: Record, shape: Shape) -> Mapping[str, NDArray[np.uint8]]:
    blocks = -(-shape.recurrent // shape.lanes)
    n = record.events.shape[0]
    return {
        "event": record.events & 1,
        "input_event": (record.events >> 1) & 1,
        "spike": (record.events >> 2) & 1,
        "supplementary": (record.events >> 3) & 1,
        "output_row": record.output_rows.reshape(n, blocks, shape.lanes),
        "lone_output_row": record.output_rows[:, : shape.recurrent],
        "winp_row": record.rows[:, 0],
        "wrec_row": record.rows[:, 1],
        "winp_changed": record.changed[:, 0],
        "wrec_changed": record.changed[:, 1],
    }
