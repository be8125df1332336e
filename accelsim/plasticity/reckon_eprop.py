"""Stochastic e-prop of ReckOn (C. Frenkel, G. Indiveri, ISSCC 2022; open RTL).

e-prop (G. Bellec et al., Nat. Commun. 11:3625, 2020) without the readout filter: the update of a synapse is
``L_post * h_post * trace_pre``, plus a firing-rate regulariser.  Weights are 8-bit integers that move by one
unit with a probability given by the update's size and the learning rate: no synapse keeps state of its own.
All functions are scalar arithmetic on exact integers, run by the compiled kernels and traced for their cost.
"""

from __future__ import annotations

from typing import Any

from accelsim.datapath.intrinsics import absolute, minimum, saturate, sign, where, wrap

WEIGHT_MIN, WEIGHT_MAX = -128, 127


def activation(y: Any, linear: Any) -> Any:
    """Output activation: the potential itself, or a hard sigmoid onto 0..2048."""
    sigmoid = where(y > 2047, 2048, where(y < -2048, 0, (y + 2048) >> 1))
    return where(linear, y, sigmoid)


def output_error(target: Any, y: Any) -> Any:
    """Target minus activation, saturated to 16 bits."""
    return saturate(target - y, 16)


def learning_signal(weighted_error: Any, scale: Any) -> Any:
    """Error fed back through the output weights, scaled and saturated to 16 bits."""
    return saturate((weighted_error << scale) >> 12, 16)


def pseudo_derivative(u: Any, t0: Any, t1: Any, t2: Any, t3: Any, h0: Any, h1: Any, h2: Any, h3: Any, h4: Any) -> Any:
    """Five-segment look-up of the surrogate derivative from the potential."""
    return where(u < t0, h0, where(u < t1, h1, where(u < t2, h2, where(u < t3, h3, h4))))


def excess_rate(trace: Any, target: Any) -> Any:
    """Firing-rate trace above the regulariser's target, 0 below it (12-bit borrow as in the RTL)."""
    difference = (trace - target) & 0xFFF
    return where(difference > trace, 0, difference)


def decrement(excess: Any, shift_left: Any, shift_right: Any) -> Any:
    """Additive regulariser: amount by which every weight of an over-active neuron is pushed down."""
    return ((excess << shift_left) & 0xFFFFFFFF) >> shift_right


def damping(excess: Any, shift: Any) -> Any:
    """Multiplicative regulariser: factor 0..16 on positive updates of an over-active neuron."""
    scaled = excess >> shift
    return where(scaled >= 16, 0, 16 - scaled)


def propose(signal: Any, trace: Any, derivative: Any, push_down: Any, gain: Any, overflow_quirk: Any) -> Any:
    """Signed 32-bit weight change of one synapse.

    With ``overflow_quirk`` a large positive e-prop term whose scaled bit 31 is set turns into the most negative
    change, i.e. into a certain decrement, as the released RTL does.
    """
    eligibility = wrap(signal * trace * derivative, 32)
    scaled = eligibility * where(eligibility < 0, 16, gain)
    change = wrap((scaled >> 4) - push_down, 32)
    overflow = (change >= 0) & (((scaled >> 31) & 1) != 0) & overflow_quirk
    return where(overflow, -(1 << 31), change)


def output_proposal(error: Any, trace: Any) -> Any:
    """Weight change of one output synapse: error times output trace (28-bit)."""
    return wrap(error * trace, 28)


def moves(change: Any, width: Any, rate_left: Any, rate_right: Any, random: Any) -> Any:
    """Whether the stochastic update happens: the scaled size of the change reaches the random word.

    Parameters
    ----------
    change : int
        Signed proposal of ``width`` bits.
    width : int
        32 for input and recurrent weights, 28 for output weights.
    rate_left, rate_right : int
        Learning rate as a left shift that saturates, then a right shift.
    random : int
        Uniform unsigned word of ``width`` bits.
    """
    size = minimum(absolute(change) << rate_left, (1 << width) - 1) >> rate_right
    return (change != 0) & ((change == -(1 << (width - 1))) | (size >= random))


def step(weight: Any, change: Any) -> Any:
    """Weight one unit further in the direction of the change; at the end of its range it stays."""
    moved = weight + sign(change)
    return where((moved < WEIGHT_MIN) | (moved > WEIGHT_MAX), weight, moved)


def feed_back(total: Any, error: Any, weight: Any) -> Any:
    """One output's share of the learning signal: multiply and accumulate."""
    return total + error * weight


def post_state(
    total: Any, scale: Any, u: Any, t0: Any, t1: Any, t2: Any, t3: Any, h0: Any, h1: Any, h2: Any, h3: Any, h4: Any,
    trace: Any, target: Any, shift_left: Any, shift_right: Any, shift_multiply: Any,
) -> Any:  # fmt: skip
    """Everything an update needs to know of one postsynaptic neuron (the stage that is costed per neuron)."""
    excess = excess_rate(trace, target)
    return (
        learning_signal(total, scale),
        pseudo_derivative(u, t0, t1, t2, t3, h0, h1, h2, h3, h4),
        decrement(excess, shift_left, shift_right),
        damping(excess, shift_multiply),
    )


def update(
    weight: Any, signal: Any, trace: Any, derivative: Any, push_down: Any, gain: Any, overflow_quirk: Any,
    rate_left: Any, rate_right: Any, random: Any,
) -> Any:  # fmt: skip
    """One synapse of a weight row: propose, decide, commit (the stage that is costed per synapse)."""
    change = propose(signal, trace, derivative, push_down, gain, overflow_quirk)
    return where(moves(change, 32, rate_left, rate_right, random), step(weight, change), weight)


def update_output(weight: Any, error: Any, trace: Any, rate_left: Any, rate_right: Any, random: Any) -> Any:
    """One output synapse: propose, decide, commit."""
    change = output_proposal(error, trace)
    return where(moves(change, 28, rate_left, rate_right, random), step(weight, change), weight)
