"""The regulariser of firing rates on integers."""

import numpy as np
import pytest
from rule_runs import random_trains, run_rule, run_state

from accelsim.plasticity.eprop import EProp
from accelsim.plasticity.eprop_fixed import EPropFixed

STEPS, INPUTS, NEURONS = 60, 5, 4
PRE, POST = random_trains(STEPS, INPUTS, NEURONS, seed=2)
PSI = np.random.default_rng(1).integers(0, 32, (STEPS, NEURONS)) / 32
BETA = np.full((STEPS, NEURONS), 0.25)
MEMORY, TARGET, SHIFT = 4, 0.05, -1
FORMATS = {
    "rounding": "nearest", "rate_shift": 0, "weight_bits": 16, "weight_fraction": 10, "decay_bits": 16,
    "trace_decay": 0.9, "trace_bits": 14, "trace_fraction": 9, "signal_bits": 16, "signal_fraction": 12,
    "eligibility_bits": 18, "eligibility_fraction": 12,
}  # fmt: skip
REGULARISED = {"regularisation_shift": SHIFT, "target_rate": TARGET, "rate_memory_shift": MEMORY}


def _rounded(x, shift):
    return (x + (1 << shift >> 1)) >> shift


def test_by_hand_in_plain_integers():
    """Mean, excess, product and commit with nearest rounding, a neuron at a time."""
    rule = EPropFixed(**FORMATS, **REGULARISED)
    found = run_rule(rule, PRE, POST, surrogate=PSI)
    bits, scale = rule.mean_rate_bits, 1 << 10
    weights = np.zeros((INPUTS, NEURONS), int)
    trace, mean, decay = np.zeros(INPUTS, int), np.zeros(NEURONS, int), round(0.9 * 2**16)
    for t in range(STEPS):
        trace = np.minimum((trace * decay >> 16) + (PRE[t].astype(int) << 9), 2**14 - 1)
        mean = mean + _rounded((POST[t].astype(int) << bits) - mean, MEMORY)
        excess = np.clip(_rounded(mean - round(TARGET * 2**bits), bits - 12 + SHIFT), -(2**15), 2**15 - 1)
        product = -np.outer(trace, (PSI[t] * 32).astype(int)) * excess
        weights = np.clip(weights + _rounded(product, 12 + 5 + 9 - 10), -(2**15), 2**15 - 1)
    assert weights.any()
    np.testing.assert_array_equal(found * scale, weights)


@pytest.mark.parametrize("more", [{}, {"eligibility_filter": True}, {"adaptation": True, "adaptation_decay": 0.95}])
def test_it_follows_the_one_in_floats(more):
    """Both online, without a learning signal: the regulariser alone changes weights."""
    offered = {"surrogate": PSI, "post_adaptation": BETA}
    exact = run_rule(
        EProp(
            rate=1.0, float_bits=64, trace_decay=0.9, regularisation=2.0**-SHIFT, target_rate=TARGET,
            rate_memory=1 - 2.0**-MEMORY, **{"eligibility_filter": False, **more},
        ), PRE, POST, **offered,
    )  # fmt: skip
    fixed = run_rule(EPropFixed(**FORMATS, **REGULARISED, **more), PRE, POST, **offered)
    assert np.abs(exact).max() > 1
    np.testing.assert_allclose(fixed, exact, rtol=0.015, atol=0.03)  # traces are rounded down


def test_a_gathered_gradient_is_regularised_too():
    """What is gathered is what changes weights online, but for the sign and where it is rounded."""
    wide = FORMATS | REGULARISED | {"gradient_bits": 32, "gradient_fraction": 16}
    rule = EPropFixed(**wide, update="end of sample")
    assert [each.name for each in rule.stages][:3] == ["filter_spikes", "average_rate", "regularise_plain_gathered"]
    assert rule.kept == ("mean_rate",)
    state = run_state(rule, PRE, POST, surrogate=PSI)
    online = run_rule(EPropFixed(**wide), PRE, POST, surrogate=PSI)
    np.testing.assert_allclose(-rule.synapse_state["gradient"].decode(state.gradient), online, atol=0.03)


def test_without_it_nothing_is_kept_or_done():
    rule = EPropFixed()
    assert rule.postsynaptic_state == {}
    assert rule.kept == ()
    assert [each.name for each in rule.stages] == ["filter_spikes", "propose_factors"]
    signal = np.random.default_rng(4).normal(size=(STEPS, NEURONS))
    plain = run_rule(EPropFixed(**FORMATS), PRE, POST, surrogate=PSI, learning_signal=signal)
    other = EPropFixed(**FORMATS, target_rate=0.5, rate_memory_shift=1)
    np.testing.assert_array_equal(run_rule(other, PRE, POST, surrogate=PSI, learning_signal=signal), plain)
