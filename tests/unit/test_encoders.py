"""Encoders: rates, times of first spikes, receptive fields and changes, by hand-computed cases."""

import numpy as np
import pytest

from accelsim.workload import encoders


def test_bernoulli_and_systematic_spike_at_their_rates():
    inputs = np.tile([0.0, 0.25, 1.0], (200, 1))
    rng = np.random.default_rng(0)
    drawn = encoders.bernoulli(inputs, 40, 0.5, rng).mean(axis=(0, 1))
    np.testing.assert_allclose(drawn, [0, 0.125, 0.5], atol=0.02)
    even = encoders.systematic(inputs, 40, 0.5, rng)
    assert (even.sum(axis=1) == [0, 5, 20]).all()
    assert not (even[0] == even[1]).all()  # another phase


def test_regular_spikes_are_evenly_spaced():
    spikes = encoders.regular(np.array([[1.0]]), 8, 0.25)
    assert np.flatnonzero(spikes[0, :, 0]).tolist() == [1, 5]


def test_the_brightest_input_spikes_first_and_a_dark_one_never():
    spikes = encoders.latency(np.array([[1.0, 0.5, 0.01, 0.0]]), 11)
    sample, tick, address = np.nonzero(spikes)
    assert dict(zip(address.tolist(), tick.tolist(), strict=True)) == {0: 0, 1: 5, 2: 10}
    assert sample.tolist() == [0, 0, 0]


def test_receptive_fields_cover_the_range():
    response = encoders.population(np.array([[0.125, 0.9]]), 4).reshape(2, 4)
    assert response[0, 0] == 1.0  # in the middle of the first field
    assert response[0, 1] == pytest.approx(np.exp(-0.5 * 1.5**2))
    assert response[0, 3] == 0.0  # too far away to spike
    assert response[1].argmax() == 3


def test_delta_modulation_follows_a_signal():
    signal = np.array([0.0, 0.0, 0.5, 0.5, 0.5, 0.1, 0.1, 0.1, 0.1])[None, :, None]
    spikes = encoders.delta(signal, 0.15)[0]
    assert np.flatnonzero(spikes[:, 0]).tolist() == [2, 3, 4]
    assert np.flatnonzero(spikes[:, 1]).tolist() == [5, 6]
    followed = 0.15 * (spikes[:, 0].cumsum() - spikes[:, 1].cumsum())
    assert np.abs(followed[[4, 8]] - signal[0, [4, 8], 0]).max() <= 0.15


def test_several_channels_keep_their_places():
    signals = np.zeros((2, 3, 2))
    signals[1, 1:, 1] = -1.0
    spikes = encoders.delta(signals, 0.4)
    assert np.argwhere(spikes).tolist() == [[1, 1, 3], [1, 2, 3]]
