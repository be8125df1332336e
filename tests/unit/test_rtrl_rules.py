"""Rules that approximate real-time recurrent learning, against their equations in NumPy."""

import numpy as np
import pytest
from pydantic import ValidationError
from rule_runs import random_trains, run_rule

from accelsim.plasticity.decolle import DECOLLE
from accelsim.plasticity.eprop import EProp
from accelsim.plasticity.kernels import allocate, build_row_kernel, parameters
from accelsim.plasticity.rflo import RFLO
from accelsim.plasticity.superspike import SuperSpike
from accelsim.plasticity.three_factor import ThreeFactorHebb

STEPS, INPUTS, NEURONS = 40, 5, 4
ALPHA, BETA = 0.7, 0.9


def _case(seed=1):
    """Spikes, surrogate derivatives and learning signals."""
    rng = np.random.default_rng(seed)
    pre, post = random_trains(STEPS, INPUTS, NEURONS, seed)
    psi = np.maximum(0, rng.normal(0.2, 0.3, (STEPS, NEURONS)))
    return pre, post, {"surrogate": psi, "learning_signal": rng.normal(size=(STEPS, NEURONS))}


def _kernel(decay, values):
    """Leaky integration over time, as the sum over earlier steps that it stands for."""
    powers = np.tril(np.power(float(decay), np.subtract.outer(np.arange(STEPS), np.arange(STEPS)).clip(0)))
    return np.tensordot(powers, values, 1)


def _twice(values):
    return _kernel(BETA, _kernel(ALPHA, values))


def _descent(rate, signal, eligibility):
    return -rate * np.einsum("tj,tij->ij", signal, eligibility)


def test_superspike_filters_potential_times_surrogate_twice():
    pre, post, offered = _case()
    potential = _twice(pre.astype(float))
    eligibility = _twice(potential[:, :, None] * offered["surrogate"][:, None, :])
    rule = SuperSpike(float_bits=64, rate=0.2, synaptic_decay=ALPHA, trace_decay=BETA)
    expected = _descent(0.2, offered["learning_signal"], eligibility)
    np.testing.assert_allclose(run_rule(rule, pre, post, **offered), expected, rtol=1e-6, atol=1e-9)
    assert list(rule.synapse_state) == ["w", "drive", "eligibility"]
    assert list(rule.presynaptic_state) == ["pre_current", "pre_potential"]


def test_superspike_gathers_a_gradient_if_asked():
    pre, post, offered = _case()
    rule = SuperSpike(rate=0.2, update="end of sample")
    assert not run_rule(rule, pre, post, **offered).any()
    state = allocate(rule, 1, 2)
    state.gradient[:] = [[1.0, -3.0]]
    assert build_row_kernel(rule, ["end of sample"])(0, state, parameters(rule)) == 2
    np.testing.assert_allclose(state.w, [[-0.2, 0.6]], rtol=1e-6)


def test_rflo_is_a_leaky_surrogate_times_rate():
    pre, post, offered = _case()
    rate = (1 - BETA) * _kernel(BETA, pre.astype(float))
    eligibility = (1 - BETA) * _kernel(BETA, rate[:, :, None] * offered["surrogate"][:, None, :])
    rule = RFLO(float_bits=64, rate=0.2, decay=BETA)
    expected = _descent(0.2, offered["learning_signal"], eligibility)
    np.testing.assert_allclose(run_rule(rule, pre, post, **offered), expected, rtol=1e-6, atol=1e-9)
    assert list(rule.synapse_state) == ["w", "eligibility"]


def test_decolle_is_membrane_trace_times_surrogate():
    pre, post, offered = _case()
    trace = _twice(pre.astype(float))
    rule = DECOLLE(float_bits=64, rate=0.2, synaptic_decay=ALPHA, trace_decay=BETA)
    expected = _descent(0.2, offered["learning_signal"], trace[:, :, None] * offered["surrogate"][:, None, :])
    np.testing.assert_allclose(run_rule(rule, pre, post, **offered), expected, rtol=1e-6, atol=1e-9)
    assert list(rule.synapse_state) == ["w"]


def test_without_a_synaptic_current_decolle_is_eprop_without_filter():
    pre, post, offered = _case()
    decolle = DECOLLE(float_bits=64, rate=0.2, synaptic_decay=0.0, trace_decay=BETA)
    eprop = EProp(float_bits=64, rate=0.2, trace_decay=BETA, eligibility_filter=False)
    one, other = (run_rule(rule, pre, post, **offered) for rule in (decolle, eprop))
    np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_three_factors_are_covariance_and_reward():
    pre, post, _ = _case()
    reward = np.random.default_rng(3).normal(size=STEPS)
    p, f, e, w = np.zeros(INPUTS), np.zeros(NEURONS), np.zeros((INPUTS, NEURONS)), np.zeros((INPUTS, NEURONS))
    for t in range(STEPS):
        p = ALPHA * p + pre[t]
        e = BETA * e + np.outer(p, post[t] - f)
        f = f + 0.1 * (post[t] - f)
        w += 0.2 * reward[t] * e
    rule = ThreeFactorHebb(float_bits=64, rate=0.2, trace_decay=ALPHA, eligibility_decay=BETA, rate_memory=0.9)
    found = run_rule(rule, pre, post, reward=reward)
    np.testing.assert_allclose(found, w, rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(run_rule(rule, pre, post, reward=-reward), -found)
    assert not run_rule(rule, pre, post, reward=np.zeros(STEPS)).any()


@pytest.mark.parametrize("rule", [SuperSpike, RFLO, DECOLLE])
def test_without_a_learning_rate_nothing_changes(rule):
    pre, post, offered = _case()
    start = np.linspace(-1, 1, INPUTS * NEURONS).reshape(INPUTS, NEURONS)
    np.testing.assert_array_equal(run_rule(rule(float_bits=64, rate=0.0), pre, post, start, **offered), start)


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (SuperSpike, {"synaptic_decay": 1.5}),
        (RFLO, {"decay": -0.1}),
        (DECOLLE, {"rate": -1.0}),
        (ThreeFactorHebb, {"rate_memory": 1.0}),
    ],
)
def test_parameters_are_validated(rule, wrong):
    with pytest.raises(ValidationError):
        rule(**wrong)
