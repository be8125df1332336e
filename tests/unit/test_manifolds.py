"""Random manifolds: one spike per input, smooth classes, and sets that differ."""

import numpy as np

from accelsim.workload.manifolds import Manifolds

TASK = Manifolds(kind="manifolds", classes=4, inputs=12, length=40, training_per_class=60, test_per_class=20)


def test_every_input_spikes_once_in_a_sample():
    (samples,) = TASK.batches(np.random.default_rng(0), 25, False, 0, 100)
    assert samples.event_tick.size == 25 * TASK.inputs
    for i in range(25):
        ticks, addresses = samples.events_of(i)
        assert sorted(addresses) == list(range(TASK.inputs))
        assert ticks.max() < 40


def test_classes_come_in_turn_and_parts_have_their_sizes():
    times, label = TASK.features(0, False)
    assert times.shape == (80, 12)
    np.testing.assert_array_equal(np.bincount(label[:8]), [2, 2, 2, 2])
    everything = np.concatenate([TASK.features(0, training)[0] for training in (True, False)])
    assert everything.min() == 0
    assert everything.max() == 1


def test_classes_are_told_apart_by_their_times():
    times, label = TASK.features(0, True)
    shown, asked = TASK.features(0, False)
    nearest = np.abs(shown[:, None] - times[None]).sum(axis=2).argmin(axis=1)
    assert (label[nearest] == asked).mean() > 0.95


def test_a_smoother_manifold_has_nearer_neighbours():
    spread = []
    for alpha in (1.0, 3.0):
        times, label = TASK.model_copy(update={"alpha": alpha}).features(0, True)
        own = times[label == 0]
        distance = np.abs(own[:, None] - own[None]).mean(axis=2) + np.eye(len(own))
        spread.append(distance.min(axis=1).mean())
    assert spread[1] < 0.6 * spread[0]


def test_spikes_may_be_early():
    early = TASK.model_copy(update={"spike_share": 0.5})
    (samples,) = early.batches(np.random.default_rng(0), 10, False, 0, 100)
    assert max(samples.events_of(i)[0].max() for i in range(10)) == 19


def test_seeds_and_numbers_draw_other_manifolds():
    base = TASK.features(0, True)[0]
    assert not np.array_equal(base, TASK.features(1, True)[0])
    assert not np.array_equal(base, TASK.drawn(0, True, 1)[0])
    np.testing.assert_array_equal(base, TASK.drawn(0, True, 0)[0])
