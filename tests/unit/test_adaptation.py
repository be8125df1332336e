"""Cost of adapting."""

from __future__ import annotations

import numpy as np
import pytest

from accelsim.metrics.adaptation import (
    Adaptation,
    adaptation,
    learning_cost_ratio,
    memory_overhead,
    model_size_efficiency,
)

CURVE = np.array([0.1, np.nan, 0.5, 0.8, 0.7, 0.9])


def test_the_first_experience_at_the_level_counts():
    energy, time = np.arange(1.0, 7.0), np.full(6, 0.5)
    assert adaptation(CURVE, 0.8, time_s=time, energy_j=energy) == Adaptation(4, 2.0, 10.0)
    assert adaptation(CURVE, 0.81, energy_j=energy) == Adaptation(6, None, 21.0)
    assert adaptation(CURVE, 0.0) == Adaptation(1)
    assert adaptation(CURVE, 0.95) is None
    with pytest.raises(ValueError, match="energy_j has shape"):
        adaptation(CURVE, 0.5, energy_j=energy[:3])


def test_random_curves():
    rng = np.random.default_rng(3)
    for _ in range(50):
        curve, cost, level = rng.random(20), rng.random(20), rng.random()
        found = adaptation(curve, level, energy_j=cost)
        spent = 0.0
        for i, value in enumerate(curve):
            spent += cost[i]
            if value >= level:
                assert found == Adaptation(i + 1, None, pytest.approx(spent))
                break
        else:
            assert found is None


def test_ratios():
    assert memory_overhead(8 * 100 + 16 * 100, 8 * 100) == pytest.approx(2.0)
    assert learning_cost_ratio(3e-6, 1e-6) == pytest.approx(2.0)
    assert model_size_efficiency([10, 20, 40]) == pytest.approx((1 + 0.5 + 0.25) / 3)
    assert model_size_efficiency([10, 5]) == 1.0


@pytest.mark.parametrize(
    "call", [lambda: memory_overhead(1, 0), lambda: learning_cost_ratio(1, 0), lambda: model_size_efficiency([])]
)
def test_nothing_to_compare_with(call):
    with pytest.raises(ValueError):
        call()
