"""Learning curves: exact sums in few bins, whatever the chunks."""

import numpy as np
import pytest

from accelsim.simulation.learning_curve import MOST_BINS, LearningCurve


@pytest.mark.parametrize("samples", [1, 99, 100, 101, 777, 12_345])
def test_sums_are_exact_and_bins_few(samples):
    rng = np.random.default_rng(samples)
    asked, right = rng.random(samples) < 0.9, rng.random(samples) < 0.5
    cycles = rng.integers(0, 2**40, samples)
    errors = np.where(rng.random(samples) < 0.3, np.nan, rng.random(samples))
    whole, cut = LearningCurve(), LearningCurve()
    whole.add(asked, right & asked, cycles, errors)
    for part in np.array_split(np.arange(samples), 13):
        cut.add(asked[part], (right & asked)[part], cycles[part], errors[part])
    rows = whole.rows()
    assert [row["correct"] for row in rows] == [row["correct"] for row in cut.rows()]
    assert sum(row["samples"] for row in rows) == samples
    assert sum(row["correct"] for row in rows) == (right & asked).sum()
    assert sum(row["cycles"] for row in rows) == cycles.sum()
    assert len(rows) == min(samples, len(rows)) <= MOST_BINS
    first = slice(0, whole.width)
    assert rows[0]["accuracy"] == (right & asked)[first].sum() / asked[first].sum() if asked[first].any() else None
    if len(rows) > 1:
        assert {row["samples"] for row in rows[:-1]} == {whole.width}


def test_what_was_not_asked_has_no_accuracy():
    curve = LearningCurve()
    curve.add(np.array([False]), np.array([False]), np.array([3]))
    assert curve.rows() == [{"samples": 1, "correct": 0, "accuracy": None, "mean_squared_error": None, "cycles": 3}]
