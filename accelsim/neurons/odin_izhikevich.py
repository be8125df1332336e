"""Phenomenological Izhikevich neuron of ODIN (C. Frenkel et al., IEEE TBCAS 13(1):145, 2019; open RTL).

The twenty behaviours of E. M. Izhikevich (IEEE TNN 15(5):1063, 2004) without differential equations: an 11-bit
accumulator divides the synaptic input into unit steps of a 4-bit potential, and counters, locks and a shifting
threshold shape its response.  The whole neuron is one 128-bit memory word whose bit 0 is 0.  All arithmetic is
modulo the width of the fields.  Every function is scalar arithmetic on exact integers, run by the compiled kernels
and traced for its cost.

Names used below: `tref` a time-reference event; `excitatory`, `inhibitory` a synaptic one; `step_x`, `step_i`,
`step_l` a unit step of the potential caused by excitation, inhibition and leak; `effective` the threshold with its
modulation; `rotation` the sign of a resonator's potential.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from accelsim.datapath.fields import Field
from accelsim.datapath.intrinsics import minimum, where, wrap
from accelsim.plasticity.sdsp import calcium_update, count_to, learning_flags

POSITIVE, NEGATIVE, TO_POSITIVE, TO_NEGATIVE = range(4)
"""Rotation of a resonator: the sign of its potential, or the sign it is about to get at zero."""


class IzhikevichWord(NamedTuple):
    """Fields of the neuron word: parameters, state, and the mask of the output."""

    lif: Field = Field(0, 1)
    leak_str: Field = Field(1, 7)
    leak_en: Field = Field(8, 1)
    fi_sel: Field = Field(9, 3)
    spk_ref: Field = Field(12, 3)
    isi_ref: Field = Field(15, 3)
    reson_sharp_en: Field = Field(18, 1)
    thr: Field = Field(19, 3)
    rfr: Field = Field(22, 3)
    dapdel: Field = Field(25, 3)
    spklat_en: Field = Field(28, 1)
    dap_en: Field = Field(29, 1)
    stim_thr: Field = Field(30, 3)
    phasic_en: Field = Field(33, 1)
    mixed_en: Field = Field(34, 1)
    class2_en: Field = Field(35, 1)
    neg_en: Field = Field(36, 1)
    rebound_en: Field = Field(37, 1)
    inhin_en: Field = Field(38, 1)
    bist_en: Field = Field(39, 1)
    reson_en: Field = Field(40, 1)
    thrvar_en: Field = Field(41, 1)
    thr_sel_of: Field = Field(42, 1)
    thrleak: Field = Field(43, 4)
    acc_en: Field = Field(47, 1)
    ca_en: Field = Field(48, 1)
    thetamem: Field = Field(49, 3)
    theta1: Field = Field(52, 3)
    theta2: Field = Field(55, 3)
    theta3: Field = Field(58, 3)
    caleak: Field = Field(61, 5)
    burst_incr: Field = Field(66, 1)
    reson_sharp_amt: Field = Field(67, 3)
    acc: Field = Field(70, 11)
    refrac: Field = Field(81, 1)
    core: Field = Field(82, 4, signed=1)
    dcnt: Field = Field(86, 3)
    ss: Field = Field(89, 4, signed=1)
    st: Field = Field(93, 4, signed=1)
    plock: Field = Field(97, 1)
    mlock: Field = Field(98, 1)
    sdone: Field = Field(99, 1)
    s0: Field = Field(100, 2)
    ie: Field = Field(102, 2)
    block: Field = Field(104, 1)
    ilock: Field = Field(105, 1)
    rsign: Field = Field(106, 2)
    tmod: Field = Field(108, 4)
    tcnt: Field = Field(112, 4)
    calcium: Field = Field(116, 3)
    ccnt: Field = Field(119, 5)
    bulock: Field = Field(124, 1)
    disable: Field = Field(127, 1)


IZHIKEVICH = IzhikevichWord()
"""Layout of the neuron word."""


def accumulate(tref: Any, inhibitory: Any, w: Any, acc: Any, leak_str: Any, leak_en: Any, fi_sel: Any) -> Any:
    """Accumulator after leak or input, and whether the selected bit of it toggled (a unit step)."""
    change = where(tref, -where(leak_en, leak_str, 0), where(inhibitory, -w, w))
    moved = (acc + change) & 0x7FF
    return moved, (((acc ^ moved) >> (fi_sel + 3)) & 1) != 0


def stimulate(tref: Any, step_x: Any, step_i: Any, ss: Any, st: Any) -> Any:
    """Stimulation strength of the last and of the current interval between time references."""
    stronger = step_x & (st != 7)
    weaker = step_i & (st != -7)
    counted = where(stronger, wrap(st + 1, 4), where(weaker, wrap(st - 1, 4), st))
    return where(tref, st, ss), where(tref, 0, counted)


def resonate(tref: Any, step_x: Any, step_i: Any, core: Any, rotation: Any) -> Any:
    """Potential of a resonator: rotates with time, excitation drives it along its sign, inhibition against."""
    positive = (rotation == POSITIVE) | (rotation == TO_POSITIVE)
    outward = where(step_x, positive, positive == 0)
    driven = where(outward & (core != 7), 1, where((outward == 0) & (core != 0), -1, 0))
    turned = where(rotation == TO_NEGATIVE, -1, 0)
    return wrap(core + where(tref, turned, where(step_x | step_i, driven, 0)), 4)


def relax(
    step_l: Any, core: Any, st: Any, dcnt: Any, refrac: Any, bulock: Any, sdone: Any, acc_en: Any, dap_en: Any
) -> Any:
    """Potential of other neurons after a time reference."""
    leaked = where(step_l & (core != 0), wrap(where(core < 0, core + 1, core - 1), 4), core)
    after = where(dap_en & (dcnt == 1), 0, leaked)
    accommodated = where(sdone, core, wrap(core - st, 4))
    return where(refrac, where(bulock, core, wrap(core + 1, 4)), where(acc_en, accommodated, after))


def drive(
    step_x: Any, step_i: Any, core: Any, refrac: Any, weak: Any, class2_en: Any, neg_en: Any
) -> Any:  # fmt: skip
    """Potential of other neurons after a unit step of synaptic input; `weak`: stimulation below its threshold."""
    rises = step_x & ((class2_en & weak) == 0) & (core != 7)
    falls = step_i & (core != where(neg_en, -8, 0))
    moved = where(rises, wrap(core + 1, 4), where(falls, wrap(core - 1, 4), core))
    return where(refrac, core, moved)


def rotate(tref: Any, core: Any, candidate: Any, rsign: Any, reson_en: Any) -> Any:
    """Rotation after this event."""
    back = where(candidate == 0, POSITIVE, NEGATIVE)
    turned = where(
        rsign == POSITIVE,
        TO_NEGATIVE,
        where(rsign == NEGATIVE, TO_POSITIVE, where(rsign == TO_POSITIVE, POSITIVE, back)),
    )
    return where(reson_en, where(tref, where(core == 0, POSITIVE, turned), rsign), POSITIVE)


def fire(
    tref: Any, step_x: Any, candidate: Any, reached: Any, rotation: Any, dcnt: Any, lone_x: Any, lone_i: Any,
    block: Any, ilock: Any, reson_sharp_en: Any, reson_sharp_amt: Any, spklat_en: Any, rebound_en: Any,
    bist_en: Any, reson_en: Any,
) -> Any:  # fmt: skip
    """Spike; the first behaviour that is enabled decides."""
    at_zero = candidate == 0
    bistable = ((block == 0) & lone_x) | ((block != 0) & at_zero) | reached
    resonant = where(reson_en, (rotation == POSITIVE) & reached, reached)
    plain = where(ilock, at_zero, resonant)
    slow = where(rebound_en, lone_i | reached, where(bist_en, bistable, plain))
    sharp = step_x & (dcnt == reson_sharp_amt)
    return where(reson_sharp_en, sharp, where(spklat_en, tref & (dcnt == 1), slow))


def count_delay(
    tref: Any, step_x: Any, spike: Any, arrived: Any, dcnt: Any, dapdel: Any, reson_sharp_en: Any,
    spklat_en: Any, dap_en: Any,
) -> Any:  # fmt: skip
    """Delay counter; `arrived`: the potential has just reached the threshold."""
    sharp = where(tref & (dcnt != 7), dcnt + 1, where(step_x, 0, dcnt))
    starts = (dap_en & spike) | (spklat_en & arrived)
    delayed = where(starts, dapdel, where(tref & (dcnt != 0), dcnt - 1, dcnt))
    return where(reson_sharp_en, sharp & 7, delayed & 7)


def modulate(
    tref: Any, step_x: Any, step_i: Any, spike: Any, st: Any, effective: Any, burst: Any, tmod: Any, tcnt: Any,
    thr: Any, acc_en: Any, thrvar_en: Any, thr_sel_of: Any, thrleak: Any, burst_incr: Any,
) -> Any:  # fmt: skip
    """Modulation of the threshold, and the counter of its leak; `burst`: step in units of a burst."""
    leaking = thrvar_en & tref & (thrleak != 0)
    leaks = leaking & (tcnt == thrleak - 1)
    counter = where(leaks, 0, where(leaking, (tcnt + 1) & 15, tcnt))
    beyond = ((st + thr) & 15) >= 8
    adapted = where(tref, where(beyond, where(st >= 0, 7, 1) - thr, st), tmod)
    by_burst = where(((7 - effective) & 15) < burst, 7, tmod + burst)
    raised = where(burst_incr, by_burst, where(effective == 7, tmod, tmod + 1))
    lowered = where(effective == 1, tmod, tmod - 1)
    leaked = where(leaks & (tmod != 0), where(tmod >= 8, tmod + 1, tmod - 1), tmod)
    falls = (thr_sel_of == 0) & step_i
    varied = where(where(thr_sel_of, spike, step_x), raised, where(falls, lowered, leaked))
    return where(acc_en, adapted, where(thrvar_en, varied, tmod)) & 15, counter


def update(
    tref: Any, inhibitory: Any, w: Any, burst_end: Any,
    leak_str: Any, leak_en: Any, fi_sel: Any, spk_ref: Any, isi_ref: Any, reson_sharp_en: Any, thr: Any, rfr: Any,
    dapdel: Any, spklat_en: Any, dap_en: Any, stim_thr: Any, phasic_en: Any, mixed_en: Any, class2_en: Any,
    neg_en: Any, rebound_en: Any, inhin_en: Any, bist_en: Any, reson_en: Any, thrvar_en: Any, thr_sel_of: Any,
    thrleak: Any, acc_en: Any, ca_en: Any, thetamem: Any, theta1: Any, theta2: Any, theta3: Any, caleak: Any,
    burst_incr: Any, reson_sharp_amt: Any,
    acc: Any, refrac: Any, core: Any, dcnt: Any, ss: Any, st: Any, plock: Any, mlock: Any, sdone: Any, s0: Any,
    ie: Any, block: Any, ilock: Any, rsign: Any, tmod: Any, tcnt: Any, calcium: Any, ccnt: Any, bulock: Any,
) -> Any:  # fmt: skip
    """One update: a time reference if `tref`, else a synaptic input; `burst_end`: its own burst ends with it.

    Returns
    -------
    acc ... bulock : the new state, in the order of the arguments.
    spike : whether it fired (before the output is masked).
    spikes, interval : what the event asks of the burst scheduler: further spikes, and their distance.
    up, down : the plasticity flags of the neuron as a target.
    """
    # accumulator and stimulation
    acc, toggled = accumulate(tref, inhibitory, w, acc, leak_str, leak_en, fi_sel)
    step_l = toggled & (tref != 0)
    step_x = toggled & (tref == 0) & (inhibitory == 0)
    step_i = toggled & (tref == 0) & (inhibitory != 0)
    strong = (ss >= 0) & (ss >= stim_thr)
    strong_now = (st >= 0) & (st >= stim_thr)
    inhibited_now = (st < 0) & (-st >= stim_thr)
    quiet = (tref != 0) & (st == 0)
    lone = quiet & (s0 < 2)
    lone_x = lone & ((ie & 1) != 0)
    lone_i = lone & (ie >= 2)
    ss, st_next = stimulate(tref, step_x, step_i, ss, st)
    s0 = where(tref, ((s0 & 1) << 1) | where(st != 0, 1, 0), s0)
    ie = where(tref, where(inhibited_now, 2, 0) | where(strong_now, 1, 0), ie)

    # candidate potential
    effective = (thr + tmod) & 15
    weak = (strong == 0) & (strong_now == 0)
    relaxed = relax(step_l, core, st, dcnt, refrac, bulock, sdone, acc_en, dap_en)
    driven = drive(step_x, step_i, core, refrac, weak, class2_en, neg_en)
    moved = where(reson_en, resonate(tref, step_x, step_i, core, rsign), where(tref, relaxed, driven))
    held = (spklat_en & (dcnt != 0)) | (plock & (core == 0))
    candidate = where(held, core, moved)
    reached = (candidate & 15) == effective

    # spike, and what follows from it
    rotation = rotate(tref, core, candidate, rsign, reson_en)
    spike = fire(
        tref, step_x, candidate, reached, rotation, dcnt, lone_x, lone_i, block, ilock, reson_sharp_en,
        reson_sharp_amt, spklat_en, rebound_en, bist_en, reson_en,
    )  # fmt: skip
    arrived = reached & ((core & 15) != effective)
    dcnt = count_delay(tref, step_x, spike, arrived, dcnt, dapdel, reson_sharp_en, spklat_en, dap_en)
    spikes = where(mlock, 0, spk_ref)
    interval = where(mlock, 0, isi_ref)
    at_rest = (core == 0) | (refrac != 0)
    locks = (spike & (strong | strong_now)) | ((tref != 0) & (sdone != 0) & at_rest & strong_now)
    plock = where(locks, phasic_en, where(strong, plock, 0))
    mlock = where(locks, mixed_en, where(strong, mlock, 0))
    sdone = where(tref, 0, where(spike, 1, sdone))
    block = where(bist_en & lone_x, 1 - block, block)
    induced = (inhin_en != 0) & (refrac == 0) & ((-core & 15) == effective)
    ilock = where(induced, 1, where(quiet, 0, ilock))
    refractory = (dap_en == 0) & (rfr != 0) & (reson_en == 0)
    refrac = where(spike | (ilock != 0), where(refractory, 1, 0), where(candidate == 0, 0, refrac))
    bulock = where(spike & (spikes != 0), 1, where(burst_end, 0, bulock))
    rsign = where(spike & (reson_en != 0), NEGATIVE, rotation)
    core = where(spike, where(dap_en | reson_en, rfr, -rfr), candidate)

    # threshold, calcium and plasticity flags
    burst = minimum(spikes + 1, 7)
    tmod, tcnt = modulate(
        tref, step_x, step_i, spike, st, effective, burst, tmod, tcnt, thr, acc_en, thrvar_en, thr_sel_of, thrleak,
        burst_incr,
    )  # fmt: skip
    ccnt, leaks = count_to(ccnt, caleak, tref & ca_en, 5)
    calcium = calcium_update(calcium, spike, leaks, ca_en, where(burst_incr, burst, 1))
    up, down = learning_flags(core >= thetamem, calcium, ca_en & (core >= 0), theta1, theta2, theta3)
    return (
        acc, refrac, core, dcnt, ss, st_next, plock, mlock, sdone, s0, ie, block, ilock, rsign, tmod, tcnt, calcium,
        ccnt, bulock, spike, spikes, interval, up, down,
    )  # fmt: skip
