"""Gradients of recurrent spiking networks: exact ones against finite differences and each other."""

from dataclasses import replace

import numpy as np
import pytest

from accelsim.plasticity.rtrl import Network, bptt, cost, factorised, rtrl, run, spike_gradients

NEURONS, INPUTS, OUTPUTS, STEPS = 6, 4, 2, 25


def _network(**changes):
    rng = np.random.default_rng(0)
    beta = np.where(np.arange(NEURONS) < 3, 0, 0.1)
    weights = [rng.normal(0, s, shape) for s, shape in ((1, (NEURONS, INPUTS)), (0.5, (NEURONS, NEURONS)))]
    network = Network(*weights, rng.normal(0, 1, (OUTPUTS, NEURONS)), beta, 0.9, 0.97, 0.8, 0.6)
    x, target = (rng.random((STEPS, INPUTS)) < 0.3).astype(float), rng.normal(0, 1, (STEPS, OUTPUTS))
    return replace(network, **changes), x, target


def _close(one, other, tolerance):
    for name in ("w_in", "w_rec", "w_out"):
        a, b = getattr(one, name), getattr(other, name)
        assert np.abs(a - b).max() <= tolerance * np.abs(b).max(), name


def test_full_rtrl_of_a_smooth_network_equals_finite_differences():
    network, x, target = _network(smooth=0.3, reset_gradient=True)
    states = run(network, x, target)
    found = rtrl(network, states)
    for name in ("w_in", "w_rec", "w_out"):
        weights = getattr(network, name)
        expected = np.zeros_like(weights)
        for at in np.ndindex(weights.shape):
            if name == "w_rec" and at[0] == at[1]:
                continue
            losses = []
            for step in (1e-5, -1e-5):
                moved = weights.copy()
                moved[at] += step
                losses.append(run(replace(network, **{name: moved}), x, target).loss)
            expected[at] = (losses[0] - losses[1]) / 2e-5
        difference = np.abs(getattr(found, name) - expected).max()
        assert difference <= 1e-8 * np.abs(expected).max(), name


@pytest.mark.parametrize("smooth", [0.0, 0.3])
@pytest.mark.parametrize("reset_gradient", [False, True])
def test_forward_and_backward_in_time_agree(smooth, reset_gradient):
    network, x, target = _network(smooth=smooth, reset_gradient=reset_gradient, refractory_steps=0 if smooth else 3)
    states = run(network, x, target)
    assert states.z.sum() > 5
    exact = bptt(network, states)
    _close(rtrl(network, states), exact, 1e-12)
    with_exact_signals = factorised(network, states, spike_gradients(network, states))
    _close(replace(with_exact_signals, w_out=exact.w_out), exact, 1e-12)


def test_the_block_diagonal_form_is_exact_without_recurrence_only():
    network, x, target = _network(w_rec=np.zeros((NEURONS, NEURONS)))
    states = run(network, x, target)
    found, exact = rtrl(network, states, block_diagonal=True), bptt(network, states)
    np.testing.assert_allclose(found.w_in, exact.w_in, atol=1e-12 * np.abs(exact.w_in).max())
    network, x, target = _network()
    states = run(network, x, target)
    found, exact = rtrl(network, states, block_diagonal=True), bptt(network, states)
    assert np.abs(found.w_in - exact.w_in).max() > 1e-3 * np.abs(exact.w_in).max()


def test_costs_of_the_methods():
    full, own, back = (cost(method, 100, 100, 2, 2000) for method in ("rtrl", "block-diagonal rtrl", "bptt"))
    synapses = 100 * 200
    assert full["words"] == 4 * 100 * synapses + synapses + 200 + 100
    assert own["words"] == 5 * synapses + 300
    assert back["words"] == 2000 * 502 + synapses + 200
    assert full["multiply_accumulates"] > 100 * own["multiply_accumulates"] > 100 * back["multiply_accumulates"]
