"""Compiled kernels of ReckOn: what its controllers do in one time step, in the order they do it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload

from accelsim.controllers.reckon.registers import Registers
from accelsim.controllers.reckon.state import (
    ENABLE_INP,
    ENABLE_REC,
    GAIN,
    GOT_LABEL,
    INP,
    LABEL,
    NEUR,
    NOISE,
    ONEUR,
    OUT,
    PRODUCT,
    PUSH_INP,
    PUSH_REC,
    REC,
    TINP,
    TOUT,
    TREC,
    Quirks,
    Shape,
    State,
)
from accelsim.datapath import lfsr
from accelsim.datapath.compile import inner
from accelsim.neurons import reckon_lif as lif
from accelsim.plasticity import reckon_eprop as rule

CYCLE15 = lfsr.cycle_length(15)
CYCLE7 = lfsr.cycle_length(7)
ROW_START = lfsr.stream_start(25)


@overload(lif.round_up)
def _round_up(dropped: Any, random: Any, kept: Any, stochastic: Any) -> Any:
    return lif.round_up


leak_potential = inner(lif.leak_potential)
leak_trace = inner(lif.leak_trace)
leak_output_trace = inner(lif.leak_output_trace)
leak_output = inner(lif.leak_output)
fire = inner(lif.fire)
reset = inner(lif.reset)
synaptic_input = inner(lif.synaptic_input)
integrate = inner(lif.integrate)
bump_trace = inner(lif.bump_trace)
accumulate_output = inner(lif.accumulate_output)
activation = inner(rule.activation)
output_error = inner(rule.output_error)
learning_signal = inner(rule.learning_signal)
pseudo_derivative = inner(rule.pseudo_derivative)
excess_rate = inner(rule.excess_rate)
decrement = inner(rule.decrement)
damping = inner(rule.damping)
propose = inner(rule.propose)
output_proposal = inner(rule.output_proposal)
moves = inner(rule.moves)
move = inner(rule.step)


@inner
def advance(s: State, which: int, advances: int, cycle: int) -> None:
    """Move a short register on along its cycle."""
    s.cursor[which] = (s.cursor[which] + advances) % cycle


@inner
def leak_neurons(s: State, c: Registers, n: int) -> None:
    """Leak, fire and reset the first ``n`` neurons and decay their traces."""
    rounding = c.en_stoch_round
    at_u = np.uint64(2 * s.cursor[NEUR])
    at_ti = np.uint64(2 * s.cursor[TINP])
    at_tr = np.uint64(2 * s.cursor[TREC])
    at_to = np.uint64(2 * s.cursor[TOUT])
    for i in range(np.uint64(n)):
        # A word without leak draws no random word: the source stands still there.
        s.drawn[i] = s.random_u[at_u + np.uint64(2 * s.leak_rank[i >> np.uint64(1)]) + (i & np.uint64(1))]
    for i in range(np.uint64(n)):
        u = s.u[i]
        alpha = s.alpha[i]
        spike = fire(u, s.threshold[i])
        leaked = leak_potential(u, alpha, np.int32(s.drawn[i]), rounding)
        s.u[i] = reset(leaked, s.threshold[i], spike, c.rst_mode)
        s.z[i] = spike
    for i in range(np.uint64(n)):
        alpha = s.alpha[i]
        s.ti[i] = leak_trace(s.ti[i], alpha, np.int32(s.random_ti[at_ti + i]), rounding)
        s.tr[i] = leak_trace(s.tr[i], alpha, np.int32(s.random_tr[at_tr + i]), rounding)
        s.to[i] = leak_output_trace(s.to[i], c.kappa, np.int32(s.random_to[at_to + i]), rounding)


@inner
def step(s: State, c: Registers, d: Shape, k: Quirks) -> None:
    """Leak and fire every neuron, decay its traces, leak the outputs."""
    last = max(d.inputs, d.recurrent, d.outputs) - 1
    words = (last + 1) // 2 if k.skip_odd_tail else last // 2 + 1
    n = 2 * words
    tail = 2 * (last // 2)
    for half in range(2):
        s.q[4 * half] = s.u[tail + half]
        s.q[4 * half + 1] = s.ti[tail + half]
        s.q[4 * half + 2] = s.tr[tail + half]
        s.q[4 * half + 3] = s.to[tail + half]
    s.z[tail] = 0
    s.z[tail + 1] = 0
    leak_neurons(s, c, n)
    if c.en_stoch_round and words > 0:
        advance(s, NEUR, s.leak_rank[words - 1] + (s.alpha[n - 1] != 0x8000), CYCLE15)
        advance(s, TINP, words, CYCLE15)
        advance(s, TREC, words, CYCLE15)
        advance(s, TOUT, words, CYCLE7)
    for w in range(words):
        s.dirty[w] = 1
    cycles = min(last + 1, d.output_lanes)
    moving = c.en_stoch_round and c.kappa != 0x80
    for o in range(cycles):
        if o < d.outputs:
            s.y[o] = leak_output(s.y[o], c.kappa, np.int64(s.random_y[s.cursor[ONEUR]]), c.en_stoch_round)
        if moving:
            advance(s, ONEUR, 1, CYCLE7)


@inner
def winner(values: np.ndarray, count: int) -> int:
    """Lowest index of the largest of the first ``count`` values."""
    best = 0
    for o in range(1, count):
        if values[o] > values[best]:
            best = o
    return best


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
            s.wout[post, o] = move(np.int64(s.wout[post, o]), change)
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
        signal = 0
        if do & 3 and post < d.recurrent:
            total = 0
            for o in range(d.outputs):
                total += np.int64(s.error[o]) * np.int64(s.wout[post, o])
            signal = learning_signal(total, c.learn_sig_scale)
        s.signal[lane] = signal
        s.derivative[lane] = pseudo_derivative(
            u, c.thr_h_0, c.thr_h_1, c.thr_h_2, c.thr_h_3, c.h_0, c.h_1, c.h_2, c.h_3, c.h_4
        )
        s.excess[lane] = excess_rate(tr >> c.fp_loc_trec, c.regul_f0) if c.regul_mode else 0
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
            if s.lane[enable, lane] and moves(change, 32, rate_left, rate_right, np.int64(random[first + lane])):
                written += 1
                old = weights[pre, base + lane]
                new = move(np.int64(old), change)
                if recurrent and pre == base + lane:
                    new = np.int64(0)
                weights[pre, base + lane] = new
                differs |= new != old
        changed += differs
        if at >= 0 and differs:
            changed_words[at, int(recurrent), block, pre, group] = 1
    return written, changed


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
        # No lane can move unless its random word is within the largest change that any lane could propose.
        size = steepest * trace + pushed + 1
        bound = np.int64(0xFFFFFFFF)
        if size < 1 << 27:
            bound = min(size << rate_left, np.int64(0xFFFFFFFF)) >> rate_right
        if lowest[position] <= bound:
            w, n = update_row(
                s, k, d, weights, random, first + position * d.lanes, pre, block, trace, push, enable,
                rate_left, rate_right, recurrent, changed_words, at,
            )  # fmt: skip
            written += w
            changed += n
        position += 1
    s.cursor[which] = position
    return rows, written, changed


@inner
def sweep(s: State, c: Registers, d: Shape, i: int, inp: int, z: int) -> None:
    """Add the weights of one index (input event, recurrent spike or both) to every recurrent neuron."""
    n = np.uint64(2 * ((d.recurrent + 1) // 2))
    # An index that has no row of a kind reads row 0 with weight zero: one loop serves every kind of event.
    row_in = np.uint64(i if inp else 0)
    row_rec = np.uint64(i if z else 0)
    on_in = np.int32(inp)
    on_rec = np.int32(z)
    if c.noise_en:
        for j in range(n):
            half = j & np.uint64(1)
            if half == 0:
                if s.cursor[NOISE] >= s.random_noise.size:
                    s.cursor[NOISE] = lfsr.refill(s.random_noise, s.cursor[NOISE], 3, 17)
                s.cursor[NOISE] += 1
            raw = (np.int64(s.random_noise[s.cursor[NOISE] - 1]) >> np.int64(16 * half)) & 0xFFFF
            noise = (raw - ((raw >> 15) << 16)) >> c.noise_str
            a, b = np.int32(s.winp[row_in, j]) * on_in, np.int32(s.wrec[row_rec, j]) * on_rec
            s.u[j] = integrate(s.u[j], synaptic_input(a, c.fp_loc_winp, b, c.fp_loc_wrec), noise)
    else:
        for j in range(n):
            a, b = np.int32(s.winp[row_in, j]) * on_in, np.int32(s.wrec[row_rec, j]) * on_rec
            s.u[j] = integrate(s.u[j], synaptic_input(a, c.fp_loc_winp, b, c.fp_loc_wrec), 0)
    for w in range(n // np.uint64(2)):
        s.dirty[w] = 1


@inner
def supplement(s: State, c: Registers, i: int) -> None:
    """Extra visit of an input whose neuron record lies beyond the recurrent neurons: bump its input trace."""
    w = i >> 1
    if not s.dirty[w]:
        # Lazy reset: the word becomes valid with the potentials the previous sample left behind.
        s.u[2 * w] = s.stale_u[2 * w]
        s.u[2 * w + 1] = s.stale_u[2 * w + 1]
        s.dirty[w] = 1
    s.ti[i] = bump_trace(s.ti[i], 8 << c.fp_loc_tinp, 12)


@inner
def propagate(s: State, c: Registers, d: Shape, do: int, events: np.ndarray, at: int) -> tuple[int, int, int, int]:
    """Process the collected events and the spikes in index order: numbers swept, input, spiking, supplementary."""
    reach = max(d.inputs, d.recurrent)
    covered = 2 * ((d.recurrent + 1) // 2)
    force = c.force_traces
    swept = 0
    inputs = 0
    spikes = 0
    extra = 0
    for i in range(reach):
        inp = s.inp[i]
        z = s.z[i]
        if not (inp or z):
            continue
        swept += 1
        inputs += inp
        spikes += z
        if z:
            for o in range(d.outputs):
                s.y[o] = accumulate_output(s.y[o], np.int64(s.wout[i, o]), c.fp_loc_wout)
        sweep(s, c, d, i, inp, z)
        if i < covered:
            if inp and ((do & 1) or force):
                s.ti[i] = bump_trace(s.ti[i], 8 << c.fp_loc_tinp, 12)
            if z and ((do & 2) or force):
                s.tr[i] = bump_trace(s.tr[i], 8 << c.fp_loc_trec, 12)
            if z and ((do & 4) or force):
                s.to[i] = bump_trace(s.to[i], 2 << c.fp_loc_tout, 10)
        late = 0
        if inp and i >= d.recurrent and ((do & 1) or force):
            supplement(s, c, i)
            late = 1
            extra += 1
        if at >= 0:
            events[at, i] = 1 | (inp << 1) | (z << 2) | (late << 3)
        s.z[i] = 0
        s.inp[i] = 0
    return swept, inputs, spikes, extra


@inner
def end_sample(s: State, c: Registers, d: Shape) -> None:
    """Logical clear of the core on its way to IDLE; weights and random sources keep their state."""
    for i in range(s.u.size):
        if s.dirty[i >> 1]:
            s.stale_u[i] = s.u[i]
        s.u[i] = 0
        s.ti[i] = 0
        s.tr[i] = 0
        s.to[i] = 0
        s.z[i] = 0
        s.inp[i] = 0
    for w in range(s.dirty.size):
        s.dirty[w] = 0
    for o in range(s.y.size):
        s.y[o] = 0
        s.wins[o] = 0
    s.cursor[GOT_LABEL] = 0
