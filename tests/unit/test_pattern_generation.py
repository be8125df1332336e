"""Sums of sines from frozen spikes: the samples, and that a core learns them."""

import numpy as np
import pytest
from tick_cores import build

from accelsim.config.loader import load_document
from accelsim.simulation.run import simulate
from accelsim.workload.pattern_generation import PatternGeneration


def _task(**changes):
    return PatternGeneration(kind="pattern-generation", **changes)


def test_samples_are_alike_and_targets_scaled():
    task = _task(duration=0.4, inputs=30, outputs=2)
    (chunk, rest) = task.batches(np.random.default_rng(0), 5, True, 7, 3)
    assert (len(chunk), len(rest)) == (3, 2)
    assert chunk.targets.shape == (1200, 2)
    assert np.array_equal(chunk.targets[:400], rest.targets[400:])
    assert np.abs(chunk.targets).max(axis=0).tolist() == [10_000, 10_000]
    assert not chunk.targets[0].any()
    for sample in range(1, 3):
        for one, other in zip(chunk.events_of(0), chunk.events_of(sample), strict=True):
            assert np.array_equal(one, other)
    assert len(chunk.event_tick) == pytest.approx(3 * 400 * 30 * 0.05, rel=0.15)
    (other,) = task.batches(np.random.default_rng(0), 1, False, 8, 3)
    assert not np.array_equal(other.targets, chunk.targets[:400])
    assert not other.target_valid.any()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"duration": 1e-3}, "1 ticks are not 2 to"),
        ({"input_rate": 2000.0}, "more than one spike per tick"),
        ({"amplitude": (2.0, 1.0)}, "is no range"),
        ({"periods": (0.0,)}, "a period is not > 0"),
    ],
)
def test_what_cannot_be_drawn_is_told(changes, told):
    with pytest.raises(ValueError, match=told):
        _task(**changes)


def test_the_error_of_a_regression_is_that_of_the_outputs():
    task = _task(duration=0.03, inputs=12, outputs=2)
    (samples,) = task.batches(np.random.default_rng(0), 2, False, 0, 2)
    core, *_ = build(None, settings={"target_unit": 1e-4, "output_weights": {"law": "zero"}})
    outcome = core.run(samples)
    expected = (samples.targets[:30] * 1e-4).astype(np.float32) ** 2
    np.testing.assert_allclose(outcome.errors, expected.mean(), rtol=1e-5)
    assert outcome.answers.tolist() == [-1, -1]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_shipped_workload_is_learnt(seed):
    untrained = load_document("pattern_generation", "workload", overrides=["training_samples=0", "epochs=1"])
    start = simulate("single_core", untrained, seed=seed).mse_test_last
    assert simulate("single_core", "pattern_generation", seed=seed).mse_test_last < 0.15 * start
