"""Digits as spikes: rates, order, splits, and the same samples whatever the chunks."""

import numpy as np
import pytest

from accelsim.workload.digits import Digits


def task(**settings):
    return Digits(kind="digits", **settings)


def drawn(task, count, training=False, seed=0, size=1000):
    rng = np.random.default_rng(1)
    return list(task.batches(rng, count, training, seed, size))


def test_every_picture_is_in_one_part_and_classes_stay_in_proportion():
    parts = [task(held_out=500).examples(0, training) for training in (True, False)]
    assert [len(label) for _, label in parts] == [1297, 500]
    shares = [np.bincount(label) / len(label) for _, label in parts]
    assert np.abs(shares[0] - shares[1]).max() < 0.01
    assert all(inputs.min() == 0 and inputs.max() == 1 and inputs.shape[1] == 64 for inputs, _ in parts)


def test_seeds_draw_different_parts():
    assert not np.array_equal(task().examples(0, False)[0], task().examples(1, False)[0])


@pytest.mark.parametrize("coding", ["bernoulli", "systematic", "regular"])
def test_an_input_spikes_with_its_brightness(coding):
    one = task(coding=coding, length=40, spikes_per_tick=0.5)
    (samples,) = drawn(one, 300)
    inputs, _ = one.examples(0, False)
    expected = inputs[:300].sum() * 20
    deviation = 5 * np.sqrt(expected) if coding == "bernoulli" else 0.02 * expected
    assert abs(samples.event_tick.size - expected) < deviation


def test_regular_spikes_are_the_same_in_every_sample():
    one = task(coding="regular", length=8, spikes_per_tick=1.0)
    counts = []
    for rng in (np.random.default_rng(1), np.random.default_rng(2)):
        (samples,) = one.batches(rng, 20, False, 0, 100)
        counts.append(np.sort(samples.event_tick * 64 + samples.event_address))
    assert np.array_equal(*counts)


def test_complementary_inputs_spike_with_darkness():
    inputs, _ = task(complement=True).examples(0, True)
    assert inputs.shape[1] == task(complement=True).inputs == 128
    assert np.allclose(inputs[:, :64] + inputs[:, 64:], 1)


def test_training_pictures_each_come_once_before_any_comes_again():
    one = task(length=1)
    labels = np.concatenate([samples.label for samples in drawn(one, 2 * 1297, training=True, size=100)])
    _, label = one.examples(0, True)
    assert np.array_equal(np.bincount(labels[:1297]), np.bincount(label))
    assert not np.array_equal(labels[:1297], labels[1297:])


def test_a_sample_for_training_may_be_shorter():
    one = task(length=6, training_length=2)
    assert drawn(one, 3, training=True)[0].length.tolist() == [2, 2, 2]
    assert drawn(one, 3)[0].length.tolist() == [6, 6, 6]


def test_one_spike_per_bright_pixel():
    one = task(coding="latency", length=10)
    (samples,) = drawn(one, 50)
    inputs, _ = one.examples(0, False)
    assert samples.event_tick.size == (inputs[:50] > 0).sum()
    ticks, addresses = samples.events_of(0)
    assert (np.diff(inputs[0][addresses]) <= 0.12).all()  # brighter pixels first, but for rounding to time steps
    assert ticks.max() < 10


def test_receptive_fields_multiply_the_inputs():
    one = task(coding="population", receptive_fields=3, complement=True)
    assert one.inputs == 64 * 2 * 3
    inputs, _ = one.examples(0, False)
    assert inputs.shape == (500, one.inputs)
    np.testing.assert_allclose(inputs[:, :192].reshape(-1, 64, 3)[..., ::-1], inputs[:, 192:].reshape(-1, 64, 3))


def test_no_samples():
    assert drawn(task(), 0) == []
