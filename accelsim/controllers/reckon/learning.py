"""Compiled kernels of ReckOn's learning: post phase and presynaptic rows of its e-prop controller."""

from __future__ import annotations

import numpy as np

from accelsim.controllers.reckon.registers import Registers
from accelsim.controllers.reckon.state import (
    ENABLE_INP,
    ENABLE_REC,
    GAIN,
    INP,
    LABEL,
    OUT,
    PRODUCT,
    PUSH_INP,
    PUSH_REC,
    REC,
    Quirks,
    Shape,
    State,
)
from accelsim.datapath import lfsr
from accelsim.datapath.compile import inlined, inner
from accelsim.devices.kernels import program
from accelsim.devices.state import ON, Cells
from accelsim.plasticity import reckon_eprop as rule

ROW_START = lfsr.stream_start(25)

activation = inner(rule.activation)
output_error = inner(rule.output_error)
learning_signal = inner(rule.learning_signal)
pseudo_derivative = inner(rule.pseudo_derivative)
excess_rate = inner(rule.excess_rate)
feed_back = inner(rule.feed_back)
decrement = inner(rule.decrement)
damping = inner(rule.damping)
propose = inner(rule.propose)
output_proposal = inner(rule.output_proposal)
moves = inner(rule.moves)
move = inner(rule.step)


@inlined
def held(cells: Cells | None, pre: int, post: int, old: int, new: int) -> int:
    """The weight that a cell holds after `new` was written in place of `old`."""
    if cells is None:
        return new
    return np.int64(program(cells, pre, post, old, new)) if cells.law[ON] and new != old else new


@inner
def output_errors(s: State, c: Registers, d: Shape, target_valid: int) -> None:
    """Error of each output from its leaked potential."""
    for o in range(d.output_lanes):
        s.error[o] = 0
        if target_valid and o < d.outputs:
            target = s.target[o] if c.regression else (2048 if o == s.cursor[LABEL] else 0)
            s.error[o] = output_error(target, activation(s.y[o], c.no_out_act))


@inner
def learn_output_row(s: State, c: Registers, d: Shape, post: int, trace: int) -> int:
    """Update the output weights of one neuron; returns how many lanes wrote."""
    width = 28 * d.output_lanes
    if s.cursor[OUT] + width + 64 > s.random_out.size * 32:
        word = s.cursor[OUT] >> 5
        s.cursor[OUT] = lfsr.refill(s.random_out, word, 1, 22) * 32 + (s.cursor[OUT] & 31)
    written = 0
    for o in range(d.outputs):  # lanes beyond the outputs have no error and never move
        at = s.cursor[OUT] + 28 * o
        pair = np.int64(s.random_out[at >> 5]) | (np.int64(s.random_out[(at >> 5) + 1]) << 32)
        random = (pair >> (at & 31)) & 0xFFFFFFF
        change = output_proposal(s.error[o], trace)
        if moves(change, 28, c.lr_p_wout, c.lr_r_wout, random):
            old = s.wout[post, o]
            new = move(np.int64(old), change)
            new = held(s.wout_cells, post, o, np.int64(old), new)
            s.wout[post, o] = new
            s.wout_writes[post, o] += new != old
            written += 1
    s.cursor[OUT] += width
    return written


@inner
def post_phase(
    s: State,
    c: Registers,
    d: Shape,
    k: Quirks,
    block: int,
    target_valid: int,
    do: int,
    signals: np.ndarray,
    t: int,
    output_rows: np.ndarray,
    at: int,
) -> tuple[int, int]:
    """Learning signal, pseudo-derivative and rate excess of one block of neurons; learn their output rows.

    Returns the number of output rows with a trace, and of output weights written.
    """
    reach = max(d.inputs, d.recurrent)
    rows = 0
    written = 0
    for lane in range(d.lanes):
        post = block * d.lanes + lane
        half = post & 1
        if target_valid and post < reach and (half == 0 or lane == 0):
            word = post - half
            for n in range(2):
                s.q[4 * n] = s.u[word + n]
                s.q[4 * n + 1] = s.ti[word + n]
                s.q[4 * n + 2] = s.tr[word + n]
                s.q[4 * n + 3] = s.to[word + n]
        if not k.stale_neuron_word and post >= reach:
            for n in range(8):
                s.q[n] = 0
        u = s.q[4 * half]
        tr = s.q[4 * half + 2]
        scaled = s.q[4 * half + 3] >> c.fp_loc_tout
        total = 0
        if do & 3 and post < d.recurrent:
            for o in range(d.outputs):
                total = feed_back(total, np.int64(s.error[o]), np.int64(s.wout[post, o]))
        s.signal[lane] = learning_signal(total, c.learn_sig_scale)
        s.derivative[lane] = pseudo_derivative(
            u, c.thr_h_0, c.thr_h_1, c.thr_h_2, c.thr_h_3, c.h_0, c.h_1, c.h_2, c.h_3, c.h_4
        )
        excess = excess_rate(tr >> c.fp_loc_trec, c.regul_f0)
        s.excess[lane] = excess if c.regul_mode else 0
        if target_valid and post < d.recurrent and scaled != 0:
            rows += 1
            if at >= 0:
                output_rows[at, post] = 1
            if do & 4:
                written += learn_output_row(s, c, d, post, scaled)
        if t < signals.shape[0] and post < d.recurrent:
            signals[t, 0, post] = s.signal[lane]
            signals[t, 1, post] = s.derivative[lane]
            signals[t, 2, post] = s.excess[lane]
    return rows, written


@inner
def prepare_lanes(s: State, c: Registers, d: Shape, target_valid: int) -> None:
    """Operands of the row updates of a block that are the same for every presynaptic index."""
    for lane in range(d.lanes):
        eligible = target_valid and s.derivative[lane] != 0
        excess = s.excess[lane]
        push_inp = decrement(excess, c.regul_k_inp_p, c.regul_k_inp_r)
        push_rec = decrement(excess, c.regul_k_rec_p, c.regul_k_rec_r)
        s.lane[PUSH_INP, lane] = push_inp if (c.regul_mode & 2) and (c.regul_w & 1) else 0
        s.lane[PUSH_REC, lane] = push_rec if (c.regul_mode & 2) and (c.regul_w & 2) else 0
        s.lane[GAIN, lane] = damping(excess, c.regul_k_mul) if (c.regul_mode & 1) and c.regul_w else 16
        s.lane[ENABLE_INP, lane] = eligible or (c.regul_mode and (c.regul_w & 1))
        s.lane[ENABLE_REC, lane] = eligible or (c.regul_mode and (c.regul_w & 2))
        if not eligible:
            s.signal[lane] = 0
        s.lane[PRODUCT, lane] = abs(s.signal[lane] * s.derivative[lane])


@inner
def largest(values: np.ndarray, row: int) -> int:
    """Largest entry of one row of lane operands."""
    best = 0
    for lane in range(values.shape[1]):
        best = max(best, values[row, lane])
    return best


@inner
def update_row(
    s: State,
    k: Quirks,
    d: Shape,
    weights: np.ndarray,
    cells: Cells | None,
    writes: np.ndarray,
    random: np.ndarray,
    first: int,
    pre: int,
    block: int,
    trace: int,
    push: int,
    enable: int,
    rate_left: int,
    rate_right: int,
    recurrent: bool,
    changed_words: np.ndarray,
    at: int,
) -> tuple[int, int]:
    """Exact update of one row of lanes; returns weights written and memory words whose content changed."""
    written = 0
    changed = 0
    base = block * d.lanes
    for group in range(d.row_words):
        differs = 0
        for lane in range(group * d.word_weights, min((group + 1) * d.word_weights, d.lanes)):
            change = propose(
                np.int64(s.signal[lane]),
                np.int64(trace),
                np.int64(s.derivative[lane]),
                s.lane[push, lane],
                s.lane[GAIN, lane],
                k.overflow_update,
            )
            old = np.int64(weights[pre, base + lane])
            new = move(old, change)
            moving = moves(change, 32, rate_left, rate_right, np.int64(random[first + lane]))
            if moving and s.lane[enable, lane]:
                written += 1
                if recurrent and pre == base + lane:
                    new = np.int64(0)
                if base + lane < d.recurrent:
                    new = held(cells, pre, base + lane, old, new)
                weights[pre, base + lane] = new
                writes[pre, base + lane] += new != old
                differs |= new != old
        changed += differs
        if at >= 0 and differs:
            changed_words[at, int(recurrent), block, pre, group] = 1
    return written, changed


@inner
def may_move(lowest: int, bound: int) -> bool:
    """Whether any lane of a row can move: none can unless its random word is within the largest change proposed."""
    return lowest <= bound


@inner
def learn_rows(
    s: State,
    c: Registers,
    d: Shape,
    k: Quirks,
    block: int,
    target_valid: int,
    recurrent: bool,
    written_rows: np.ndarray,
    changed_words: np.ndarray,
    at: int,
) -> tuple[int, int, int]:
    """Visit every presynaptic row of one matrix for one block; rows written, weights written, words changed."""
    weights = s.wrec if recurrent else s.winp
    cells = s.wrec_cells if recurrent else s.winp_cells
    writes = s.wrec_writes if recurrent else s.winp_writes
    random = s.random_rec if recurrent else s.random_inp
    lowest = s.lowest_rec if recurrent else s.lowest_inp
    which = REC if recurrent else INP
    push = PUSH_REC if recurrent else PUSH_INP
    enable = ENABLE_REC if recurrent else ENABLE_INP
    rate_left = c.lr_p_wrec if recurrent else c.lr_p_winp
    rate_right = c.lr_r_wrec if recurrent else c.lr_r_winp
    shift = c.fp_loc_trec if recurrent else c.fp_loc_tinp
    traces = s.tr if recurrent else s.ti
    count = d.recurrent if recurrent else d.inputs
    steepest = largest(s.lane, PRODUCT)
    pushed = largest(s.lane, push)
    if c.regul_mode:
        regulated = 0
        for lane in range(d.lanes):
            regulated |= s.excess[lane]
    else:
        regulated = 0
    rows = 0
    written = 0
    changed = 0
    first = ROW_START
    position = s.cursor[which]
    for pre in range(count):
        trace = np.int64(traces[pre] if target_valid else s.stale[4 * (pre & 1) + (2 if recurrent else 1)]) >> shift
        if trace == 0 and regulated == 0:
            continue
        rows += 1
        if at >= 0:
            written_rows[at, int(recurrent), block, pre] = 1
        if position == lowest.size:
            start = lfsr.refill(random, first + position * d.lanes, 3, 25)
            lfsr.row_minima(random, start, d.lanes, lowest)
            position = 0
        size = steepest * trace + pushed + 1
        bound = np.int64(0xFFFFFFFF)
        if size < 1 << 27:
            bound = min(size << rate_left, np.int64(0xFFFFFFFF)) >> rate_right
        if may_move(lowest[position], bound):
            w, n = update_row(
                s, k, d, weights, cells, writes, random, first + position * d.lanes, pre, block, trace, push, enable,
                rate_left, rate_right, recurrent, changed_words, at,
            )  # fmt: skip
            written += w
            changed += n
        position += 1
    s.cursor[which] = position
    return rows, written, changed
