"""Compiled kernels of ODIN: what one event does to a neuron word (two halves) or a synapse word (up to 64 bits)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
from numba.extending import overload

from accelsim.datapath import fields
from accelsim.datapath.compile import inlined, inner
from accelsim.datapath.intrinsics import where
from accelsim.neurons import odin_izhikevich as izhikevich
from accelsim.neurons import odin_lif as lif
from accelsim.neurons.odin_izhikevich import IZHIKEVICH
from accelsim.neurons.odin_lif import LIF
from accelsim.plasticity import sdsp

ITEM_BITS, ITEMS = 4, 8
"""Synapse and word of the released design, for which loops are unrolled: a weight, and above it the mapping bit."""
SPIKE = 0x40
"""Spike code of a single spike; a bursting neuron adds the further spikes (bits 5:3) and their interval (2:0)."""

_HELPERS = (
    *(sdsp.spike_step, sdsp.drift_step, sdsp.commit, sdsp.count_to, sdsp.calcium_update, sdsp.learning_flags),
    *(lif.integrate, lif.leak),
    *(izhikevich.accumulate, izhikevich.stimulate, izhikevich.resonate, izhikevich.relax, izhikevich.drive),
    *(izhikevich.rotate, izhikevich.fire, izhikevich.count_delay, izhikevich.modulate),
)
"""What the scalar functions below call."""


def _compile_as_it_is(function: Callable[..., Any]) -> None:
    @wraps(function)  # numba compares the argument names
    def body(*_: Any) -> Callable[..., Any]:
        return function

    overload(function)(body)


for _helper in _HELPERS:
    _compile_as_it_is(_helper)

read = inner(fields.read)
write = inner(fields.write)
lif_update = inner(lif.update)
izhikevich_update = inner(izhikevich.update)
spike_update = inner(sdsp.spike_update)
drift = inner(sdsp.drift)


@inner
def update_lif(
    low: np.uint64, high: np.uint64, tref: int, inhibitory: int, w: int
) -> tuple[np.uint64, np.uint64, int, int, int]:
    """`update_neuron` of a leaky integrate-and-fire word."""
    core, calcium, count, spike, up, down = lif_update(
        tref,
        inhibitory,
        w,
        read(low, high, LIF.leak_str),
        read(low, high, LIF.leak_en),
        read(low, high, LIF.thr),
        read(low, high, LIF.ca_en),
        read(low, high, LIF.thetamem),
        read(low, high, LIF.theta1),
        read(low, high, LIF.theta2),
        read(low, high, LIF.theta3),
        read(low, high, LIF.caleak),
        read(low, high, LIF.core),
        read(low, high, LIF.calcium),
        read(low, high, LIF.caleak_cnt),
    )
    code = SPIKE if spike and not read(low, high, LIF.disable) else 0
    low, high = write(low, high, LIF.core, core)
    low, high = write(low, high, LIF.calcium, calcium)
    low, high = write(low, high, LIF.caleak_cnt, count)
    return low, high, code, np.int64(up), np.int64(down)


@inner
def update_izhikevich(
    low: np.uint64, high: np.uint64, tref: int, inhibitory: int, w: int, burst_end: int
) -> tuple[np.uint64, np.uint64, int, int, int]:
    """`update_neuron` of a phenomenological Izhikevich word."""
    (
        acc, refrac, core, dcnt, ss, st, plock, mlock, sdone, s0, ie, block, ilock, rsign, tmod, tcnt, calcium, ccnt,
        bulock, spike, spikes, interval, up, down,
    ) = izhikevich_update(
        tref,
        inhibitory,
        w,
        burst_end,
        read(low, high, IZHIKEVICH.leak_str),
        read(low, high, IZHIKEVICH.leak_en),
        read(low, high, IZHIKEVICH.fi_sel),
        read(low, high, IZHIKEVICH.spk_ref),
        read(low, high, IZHIKEVICH.isi_ref),
        read(low, high, IZHIKEVICH.reson_sharp_en),
        read(low, high, IZHIKEVICH.thr),
        read(low, high, IZHIKEVICH.rfr),
        read(low, high, IZHIKEVICH.dapdel),
        read(low, high, IZHIKEVICH.spklat_en),
        read(low, high, IZHIKEVICH.dap_en),
        read(low, high, IZHIKEVICH.stim_thr),
        read(low, high, IZHIKEVICH.phasic_en),
        read(low, high, IZHIKEVICH.mixed_en),
        read(low, high, IZHIKEVICH.class2_en),
        read(low, high, IZHIKEVICH.neg_en),
        read(low, high, IZHIKEVICH.rebound_en),
        read(low, high, IZHIKEVICH.inhin_en),
        read(low, high, IZHIKEVICH.bist_en),
        read(low, high, IZHIKEVICH.reson_en),
        read(low, high, IZHIKEVICH.thrvar_en),
        read(low, high, IZHIKEVICH.thr_sel_of),
        read(low, high, IZHIKEVICH.thrleak),
        read(low, high, IZHIKEVICH.acc_en),
        read(low, high, IZHIKEVICH.ca_en),
        read(low, high, IZHIKEVICH.thetamem),
        read(low, high, IZHIKEVICH.theta1),
        read(low, high, IZHIKEVICH.theta2),
        read(low, high, IZHIKEVICH.theta3),
        read(low, high, IZHIKEVICH.caleak),
        read(low, high, IZHIKEVICH.burst_incr),
        read(low, high, IZHIKEVICH.reson_sharp_amt),
        read(low, high, IZHIKEVICH.acc),
        read(low, high, IZHIKEVICH.refrac),
        read(low, high, IZHIKEVICH.core),
        read(low, high, IZHIKEVICH.dcnt),
        read(low, high, IZHIKEVICH.ss),
        read(low, high, IZHIKEVICH.st),
        read(low, high, IZHIKEVICH.plock),
        read(low, high, IZHIKEVICH.mlock),
        read(low, high, IZHIKEVICH.sdone),
        read(low, high, IZHIKEVICH.s0),
        read(low, high, IZHIKEVICH.ie),
        read(low, high, IZHIKEVICH.block),
        read(low, high, IZHIKEVICH.ilock),
        read(low, high, IZHIKEVICH.rsign),
        read(low, high, IZHIKEVICH.tmod),
        read(low, high, IZHIKEVICH.tcnt),
        read(low, high, IZHIKEVICH.calcium),
        read(low, high, IZHIKEVICH.ccnt),
        read(low, high, IZHIKEVICH.bulock),
    )  # fmt: skip
    code = SPIKE | spikes << 3 | interval if spike and not read(low, high, IZHIKEVICH.disable) else 0
    low, high = write(low, high, IZHIKEVICH.acc, acc)
    low, high = write(low, high, IZHIKEVICH.refrac, refrac)
    low, high = write(low, high, IZHIKEVICH.core, core)
    low, high = write(low, high, IZHIKEVICH.dcnt, dcnt)
    low, high = write(low, high, IZHIKEVICH.ss, ss)
    low, high = write(low, high, IZHIKEVICH.st, st)
    low, high = write(low, high, IZHIKEVICH.plock, plock)
    low, high = write(low, high, IZHIKEVICH.mlock, mlock)
    low, high = write(low, high, IZHIKEVICH.sdone, sdone)
    low, high = write(low, high, IZHIKEVICH.s0, s0)
    low, high = write(low, high, IZHIKEVICH.ie, ie)
    low, high = write(low, high, IZHIKEVICH.block, block)
    low, high = write(low, high, IZHIKEVICH.ilock, ilock)
    low, high = write(low, high, IZHIKEVICH.rsign, rsign)
    low, high = write(low, high, IZHIKEVICH.tmod, tmod)
    low, high = write(low, high, IZHIKEVICH.tcnt, tcnt)
    low, high = write(low, high, IZHIKEVICH.calcium, calcium)
    low, high = write(low, high, IZHIKEVICH.ccnt, ccnt)
    low, high = write(low, high, IZHIKEVICH.bulock, bulock)
    return low, high, code, np.int64(up), np.int64(down)


@inner
def update_neuron(
    low: np.uint64, high: np.uint64, tref: int, inhibitory: int, w: int, burst_end: int
) -> tuple[np.uint64, np.uint64, int, int, int]:
    """One write of a neuron: its new word, spike code, and plasticity flags.

    Parameters
    ----------
    low, high : uint64
        Halves of the word.
    tref : 1 for a time reference, which ignores the weight.
    inhibitory : 1 if the weight is subtracted.
    w : unsigned weight.
    burst_end : 1 for the neuron whose burst ends with the event that is processed.

    Returns
    -------
    low, high : uint64
    code : spike byte {1, further spikes[2:0], interval[2:0]}, or 0 without a spike or with a disabled output.
    up, down : flags of the neuron as a target.
    """
    if low & np.uint64(1):
        return update_lif(low, high, tref, inhibitory, w)
    return update_izhikevich(low, high, tref, inhibitory, w, burst_end)


@inlined
def item(word: np.uint64, k: int, bits: int) -> int:
    """Synapse `k` of a word."""
    return np.int64((word >> np.uint64(bits * k)) & ((np.uint64(1) << np.uint64(bits)) - np.uint64(1)))


@inlined
def transmitted(synapse: int, bits: int, propagate_unmapped: int) -> int:
    """Weight that a synapse of `bits` bits transmits: none without its mapping bit."""
    return where((synapse >> (bits - 1)) | propagate_unmapped, synapse & ((1 << (bits - 1)) - 1), 0)


@inner
def synapse_weight(word: np.uint64, k: int, bits: int, propagate_unmapped: int) -> int:
    """Weight that synapse `k` of a word transmits."""
    return transmitted(item(word, k, bits), bits, propagate_unmapped)


@inlined
def learnt(synapse: int, up: int, down: int, update_unmapped: int, bits: int) -> int:
    """Synapse of `bits` bits after a presynaptic spike; `up`, `down`: flags of its target."""
    mapped = synapse >> (bits - 1)
    w = synapse & ((1 << (bits - 1)) - 1)
    return mapped << (bits - 1) | spike_update(w, up, down, mapped | update_unmapped, bits - 1)


@inlined
def _learn(word: np.uint64, up: int, down: int, update_unmapped: int, bits: int, items: int) -> np.uint64:
    new = word
    for k in range(items):
        synapse = item(word, k, bits)
        after = learnt(synapse, (up >> k) & 1, (down >> k) & 1, update_unmapped, bits)
        new ^= np.uint64(synapse ^ after) << np.uint64(bits * k)
    return new


@inlined
def _drift(word: np.uint64, update_unmapped: int, bits: int, items: int) -> np.uint64:
    new = word
    for k in range(items):
        synapse = item(word, k, bits)
        mapped = synapse >> (bits - 1)
        w = synapse & ((1 << (bits - 1)) - 1)
        new ^= np.uint64(w ^ drift(w, mapped | update_unmapped, bits - 1)) << np.uint64(bits * k)
    return new


@inner
def sdsp_word(word: np.uint64, up: int, down: int, update_unmapped: int, bits: int, items: int) -> np.uint64:
    """Synapse word after a presynaptic spike.

    Parameters
    ----------
    word : uint64
    up, down : flags of the targets, bit k for synapse k; a synapse that is not addressed has neither.
    update_unmapped : 1 if synapses without mapping bit learn too.
    bits : bits of a synapse, the mapping bit included.
    items : synapses of the word.
    """
    if bits == ITEM_BITS and items == ITEMS:
        return _learn(word, up, down, update_unmapped, ITEM_BITS, ITEMS)
    return _learn(word, up, down, update_unmapped, bits, items)


@inner
def bistability_word(word: np.uint64, update_unmapped: int, bits: int, items: int) -> np.uint64:
    """Synapse word after a bistability event (parameters: see `sdsp_word`)."""
    if bits == ITEM_BITS and items == ITEMS:
        return _drift(word, update_unmapped, ITEM_BITS, ITEMS)
    return _drift(word, update_unmapped, bits, items)


@inlined
def flags_of_word(word: int, flags: np.ndarray, items: int) -> int:
    """Flags of the targets of a synapse word as bits."""
    bits = 0
    for k in range(items):
        bits |= np.int64(flags[items * word + k]) << k
    return bits
