"""Compiled kernels of ReckOn outside learning: leak and fire, and the sweeps of events."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload

from accelsim.controllers.reckon.registers import Registers
from accelsim.controllers.reckon.state import (
    GOT_LABEL,
    NEUR,
    NOISE,
    ONEUR,
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

CYCLE15 = lfsr.cycle_length(15)
CYCLE7 = lfsr.cycle_length(7)


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
