"""One compiled loop over time steps: the main controller of ReckOn between its ticks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.reckon import kernels, learning
from accelsim.controllers.reckon.registers import Registers
from accelsim.controllers.reckon.state import (
    GOT_LABEL,
    INP,
    LABEL,
    NEUR,
    NOISE,
    ONEUR,
    OUT,
    REC,
    TINP,
    TOUT,
    TREC,
    Quirks,
    Shape,
    State,
)
from accelsim.controllers.vocabulary import Vocabulary
from accelsim.datapath.compile import inlined, inner
from accelsim.devices.kernels import add_read_noise, age_rows
from accelsim.devices.state import Cells

_CONDITIONS = (
    "stepped", "open", "learning", "output_only", "target", "learn_input", "learn_recurrent", "learn_output",
    "request_label", "request_targets", "send_label", "send_potentials", "pins_changed", "delivery",
)  # fmt: skip
_MASKS = {
    "event": ("pre",), "input_event": ("pre",), "spike": ("pre",), "supplementary": ("pre",),
    "output_row": ("block", "lane"), "lone_output_row": ("recurrent",),
    "winp_row": ("block", "pre"), "wrec_row": ("block", "pre"),
    "winp_changed": ("block", "pre", "row_word"), "wrec_changed": ("block", "pre", "row_word"),
}  # fmt: skip
_COUNTS = ("deliveries", "input_events", "spikes_fired", "winp_updates", "wrec_updates", "wout_updates")
VOCABULARY = Vocabulary(_CONDITIONS, _MASKS, _COUNTS)
(
    _STEPPED, _OPEN, _LEARNING, _OUTPUT_ONLY, _TARGET, _LEARN_INPUT, _LEARN_RECURRENT, _LEARN_OUTPUT,
    _REQUEST_LABEL, _REQUEST_TARGETS, _SEND_LABEL, _SEND_POTENTIALS, _PINS_CHANGED, _DELIVERY,
    _EVENT, _INPUT_EVENT, _SPIKE, _SUPPLEMENTARY, _OUTPUT_ROW, _LONE_OUTPUT_ROW,
    _WINP_ROW, _WREC_ROW, _WINP_CHANGED, _WREC_CHANGED,
    _DELIVERIES, _INPUT_EVENTS, _SPIKES_FIRED, _WINP_UPDATES, _WREC_UPDATES, _WOUT_UPDATES,
) = range(len(VOCABULARY.columns))  # fmt: skip


class Ticks(NamedTuple):
    """Stimulus of a run of time steps (arrays of one entry per tick unless stated)."""

    event_start: NDArray[np.int64]
    """(ticks + 1,) first event of each tick."""
    event_address: NDArray[np.int32]
    """(events,) input index."""
    first: NDArray[np.uint8]
    last: NDArray[np.uint8]
    index: NDArray[np.int32]
    target_valid: NDArray[np.uint8]
    infer: NDArray[np.uint8]
    do_eprop: NDArray[np.uint8]
    label: NDArray[np.int32]
    label_pushed: NDArray[np.uint8]
    targets: NDArray[np.int32]
    """(ticks, outputs) regression targets, or (0, 0)."""
    overlapped: bool
    """Events of the next tick arrive while the current one is processed."""

    def part(self, ticks: range) -> Ticks:
        """Some consecutive time steps."""
        cut = {name: getattr(self, name)[ticks.start : ticks.stop] for name in _BY_TICK}
        return self._replace(event_start=self.event_start[ticks.start : ticks.stop + 1], **cut)


_BY_TICK = (
    "first", "last", "index", "target_valid", "infer", "do_eprop", "label", "label_pushed", "targets",
)  # fmt: skip


class Record(NamedTuple):
    """Optional recordings; an array with no rows is not recorded."""

    step_states: NDArray[np.int32]
    """(ticks, 5, neurons): u, ti, tr, to, z after leak and fire."""
    prop_states: NDArray[np.int32]
    """(ticks, 4, neurons): u, ti, tr, to at the end of the tick."""
    y_step: NDArray[np.int32]
    y_prop: NDArray[np.int32]
    error: NDArray[np.int32]
    eprop: NDArray[np.int32]
    """(ticks, 3, recurrent): learning signal, pseudo-derivative, rate excess."""
    lfsr: NDArray[np.uint32]
    """(ticks, 10) outputs of the random sources."""
    first_masked: int
    """Tick of the chunk that the first row of the arrays below belongs to."""
    events: NDArray[np.uint8]
    """(masked ticks, indices): bit 0 swept, 1 input, 2 spike, 3 supplementary."""
    rows: NDArray[np.uint8]
    """(masked ticks, 2, blocks, indices): weight rows written."""
    changed: NDArray[np.uint8]
    """(masked ticks, 2, blocks, indices, row words): weight words whose content changed."""
    output_rows: NDArray[np.uint8]
    """(masked ticks, recurrent): output rows with a trace."""


@inner
def run_ticks(
    s: State, c: Registers, d: Shape, k: Quirks, ticks: Ticks, counts: np.ndarray, sent: np.ndarray, record: Record
) -> int:
    """Process every tick of ``ticks``; fill ``counts`` (ticks, columns) and the output bytes ``sent``.

    Returns
    -------
    int
        Number of bytes written to ``sent``.
    """
    n_sent = 0
    for t in range(counts.shape[0]):
        row = counts[t]
        at = t - record.first_masked
        if at >= record.events.shape[0]:
            at = -1
        for column in range(row.size):
            row[column] = 0
        first = ticks.first[t]
        last = ticks.last[t]
        do = np.int64(ticks.do_eprop[t])
        target_valid = ticks.target_valid[t]
        row[_INPUT_EVENTS] = ticks.event_start[t + 1] - ticks.event_start[t]
        if t > 0 and not first:
            changed = (
                (last != 0)
                or ticks.target_valid[t] != ticks.target_valid[t - 1]
                or ticks.infer[t] != ticks.infer[t - 1]
            )
            row[_PINS_CHANGED] = changed
        elif first:
            row[_PINS_CHANGED] = 1
        if ticks.label_pushed[t]:
            s.cursor[LABEL] = ticks.label[t]
            if not first:
                s.cursor[GOT_LABEL] = 1
        # Events that arrive while the last step is still being processed cost the chip no time of its own.
        row[_DELIVERIES] = ticks.label_pushed[t] + (0 if ticks.overlapped else row[_INPUT_EVENTS])
        row[_DELIVERY] = row[_DELIVERIES] > 0
        for e in range(ticks.event_start[t], ticks.event_start[t + 1]):
            s.inp[ticks.event_address[e]] = 1

        if not first:
            row[_STEPPED] = 1
            kernels.step(s, c, d, k)
            if ticks.infer[t]:
                best = 0 if c.regression else kernels.winner(s.y, d.outputs)
                s.wins[best] = (s.wins[best] + 1) & 0xFFFF
            fired = 0
            for i in range(s.z.size):
                fired += s.z[i]
            row[_SPIKES_FIRED] = fired
        if record.step_states.shape[0] and not first:
            record_neurons(s, record.step_states, t)
            for i in range(s.z.size):
                record.step_states[t, 4, i] = s.z[i]
            copy_row(record.y_step, t, s.y)

        always = (c.regul_mode & 6) == 6
        learns = (
            do != 0 and not first and not last and (target_valid != 0 or always) and ticks.index[t] % d.learn_every == 0
        )
        if learns:
            row[_LEARNING] = 1
            row[_TARGET] = target_valid
            row[_OUTPUT_ONLY] = do == 4
            if not (c.single_label and s.cursor[GOT_LABEL]):
                if c.regression:
                    row[_REQUEST_TARGETS] = 1
                    for o in range(d.outputs):
                        s.target[o] = ticks.targets[t, o]
                else:
                    row[_REQUEST_LABEL] = 1
                    s.cursor[LABEL] = ticks.label[t]
                s.cursor[GOT_LABEL] = 1
            learn_input = (do & 1) != 0 and (target_valid != 0 or (c.regul_w & 1) != 0)
            learn_recurrent = (do & 2) != 0 and (target_valid != 0 or (c.regul_w & 2) != 0)
            row[_LEARN_INPUT] = learn_input
            row[_LEARN_RECURRENT] = learn_recurrent
            row[_LEARN_OUTPUT] = (do & 4) != 0
            learning.output_errors(s, c, d, target_valid)
            copy_row(record.error, t, s.error)
            for i in range(s.q.size):
                s.stale[i] = s.q[i]
            for block in range((d.recurrent + d.lanes - 1) // d.lanes):
                n, w = learning.post_phase(s, c, d, k, block, target_valid, do, record.eprop, t, record.output_rows, at)
                row[_LONE_OUTPUT_ROW if do == 4 else _OUTPUT_ROW] += n
                row[_WOUT_UPDATES] += w
                if do == 4:
                    continue
                learning.prepare_lanes(s, c, d, target_valid)
                for matrix in range(2):
                    if not (learn_recurrent if matrix else learn_input):
                        continue
                    n, w, changed = learning.learn_rows(
                        s, c, d, k, block, target_valid, matrix == 1, record.rows, record.changed, at
                    )
                    row[_WINP_ROW + matrix] += n
                    row[_WINP_UPDATES + matrix] += w
                    row[_WINP_CHANGED + matrix] += changed
            if do == 4 and record.eprop.shape[0]:
                for i in range(d.recurrent):
                    record.eprop[t, 2, i] = 0

        if c.send_per_timestep or last:
            if first:
                pass
            elif c.send_label_only:
                row[_SEND_LABEL] = 1
                sent[n_sent] = kernels.winner(s.wins, d.outputs)
                n_sent += 1
            else:
                row[_SEND_POTENTIALS] = 1
                for o in range(d.outputs):
                    sent[n_sent] = s.y[o] & 0xFF
                    sent[n_sent + 1] = (s.y[o] >> 8) & 0xFF
                    n_sent += 2

        if not last:
            row[_OPEN] = 1
            swept, inputs, spikes, extra = kernels.propagate(s, c, d, do, record.events, at)
            row[_EVENT] = swept
            row[_INPUT_EVENT] = inputs
            row[_SPIKE] = spikes
            row[_SUPPLEMENTARY] = extra
            read_noise(s.winp_cells, s.u[: d.recurrent], inputs)
            read_noise(s.wrec_cells, s.u[: d.recurrent], spikes)
            read_noise(s.wout_cells, s.y[: d.outputs], spikes)
        else:
            kernels.end_sample(s, c, d)
            age(s.winp_cells, s.winp, ticks.index[t] + 1)
            age(s.wrec_cells, s.wrec, ticks.index[t] + 1)
            age(s.wout_cells, s.wout, ticks.index[t] + 1)
        copy_row(record.y_prop, t, s.y)
        if record.prop_states.shape[0]:
            record_neurons(s, record.prop_states, t)
        if record.lfsr.shape[0]:
            record_random(s, record.lfsr, t)
    return n_sent


@inlined
def read_noise(cells: Cells | None, totals: np.ndarray, rows: int) -> None:
    """Rows of weights were read and added up."""
    if cells is not None:
        add_read_noise(cells, totals, rows)


@inlined
def age(cells: Cells | None, weights: np.ndarray, time_steps: int) -> None:
    """Time goes by for the cells of weights."""
    if cells is not None:
        age_rows(cells, weights, time_steps)


@inner
def copy_row(rows: np.ndarray, t: int, values: np.ndarray) -> None:
    """Row `t` of a recording, if it is kept: as many of the values as it has columns."""
    if t < rows.shape[0]:
        for i in range(rows.shape[1]):
            rows[t, i] = values[i]


@inner
def record_neurons(s: State, rows: np.ndarray, t: int) -> None:
    """Potentials and traces of every neuron."""
    for i in range(s.u.size):
        rows[t, 0, i] = s.u[i]
        rows[t, 1, i] = s.ti[i]
        rows[t, 2, i] = s.tr[i]
        rows[t, 3, i] = s.to[i]


@inner
def record_random(s: State, rows: np.ndarray, t: int) -> None:
    """Outputs of every random source at the end of a tick."""
    lanes = s.signal.size
    rows[t, 0] = s.random_inp[learning.ROW_START + s.cursor[INP] * lanes]
    rows[t, 1] = s.random_rec[learning.ROW_START + s.cursor[REC] * lanes]
    at = s.cursor[OUT]
    pair = np.uint64(s.random_out[at >> 5]) | (np.uint64(s.random_out[(at >> 5) + 1]) << np.uint64(32))
    rows[t, 2] = np.uint32((pair >> np.uint64(at & 31)) & np.uint64(0xFFFFFFFF))
    rows[t, 3] = s.random_u[2 * s.cursor[NEUR]]
    rows[t, 4] = s.random_u[2 * s.cursor[NEUR] + 1]
    rows[t, 5] = pair_word(s.random_ti, 2 * s.cursor[TINP])
    rows[t, 6] = pair_word(s.random_tr, 2 * s.cursor[TREC])
    rows[t, 7] = pair_word(s.random_to, 2 * s.cursor[TOUT])
    rows[t, 8] = s.random_y[s.cursor[ONEUR]]
    rows[t, 9] = s.random_noise[s.cursor[NOISE]] if s.cursor[NOISE] < s.random_noise.size else 0


@inner
def pair_word(windows: np.ndarray, at: int) -> int:
    """Two 16-bit windows as one word."""
    return np.uint32(windows[at]) | (np.uint32(windows[at + 1]) << np.uint32(16))
