"""Figures of the L2M programme on logs small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from accelsim.config.errors import ConfigError
from accelsim.metrics.l2m import accuracy_matrix, l2m_figures
from accelsim.metrics.l2m_blocks import Block, moving_average, saturation, theil_sen_slope
from accelsim.metrics.l2m_experts import experts_of, relative_performance, sample_efficiency
from accelsim.metrics.l2m_preparation import prepare


def run(*steps):
    """Blocks of (type, task, values), or (type, task, values, subtype), numbered."""
    blocks, start = [], 0
    for number, (block_type, task, values, *subtype) in enumerate(steps):
        values = np.atleast_1d(np.array(values, float))
        numbers = np.arange(start, start + values.size)
        start += values.size
        blocks.append(Block(number, block_type, *(subtype or ["wake"]), task, numbers, values))
    return blocks


def test_maintenance_by_hand():
    """Tests of 50, 90, 80, 70, the task trained after the first: ((80 - 90) + (70 - 90)) / 2."""
    blocks = run(
        ("test", "a", 50), ("train", "a", [60, 95]), ("test", "a", 90), ("test", "a", 80), ("train", "b", 1),
        ("test", "a", 70),
    )  # fmt: skip
    figures = l2m_figures(blocks).task_metrics["a"]
    assert figures.perf_maintenance_mrlep == -15
    assert figures.perf_maintenance_mrtlp == -20
    assert figures.maintenance_val_mrlep == [[-10, -20]]
    assert figures.avg_eval_perf == 72.5
    assert (figures.num_lx, figures.num_ex, figures.min, figures.max) == (2, 4, 50, 95)


def test_maintenance_refers_to_the_latest_training():
    blocks = run(
        ("train", "a", 9), ("test", "a", 8), ("test", "a", 7), ("train", "a", 10), ("test", "a", 9.5), ("test", "a", 6)
    )
    figures = l2m_figures(blocks).task_metrics["a"]
    assert figures.maintenance_val_mrlep == [[-1], [-3.5]]
    assert figures.maintenance_val_mrtlp == [[-2], [-4]]


def test_terminal_performance_is_the_last_tenth():
    values = np.arange(25.0)
    (train,), (test,) = run(("train", "a", values)), run(("test", "a", values))
    assert train.terminal == pytest.approx((22 + 23 + 24) / 3)
    assert test.terminal == 12


def test_transfer_by_hand():
    tests = {"a": [1, 8, 4, 5], "b": [2, 3, 6, 3]}
    steps = [("test", "a", 1), ("test", "b", 2)]
    for i, task in enumerate(("a", "b", "a"), 1):
        steps += [("train", task, 9), ("test", "a", tests["a"][i]), ("test", "b", tests["b"][i])]
    figures = l2m_figures(run(*steps))
    a, b = figures.task_metrics["a"], figures.task_metrics["b"]
    assert a.forward_transfer_ratio == {"b": [1.5]}
    assert a.backward_transfer_ratio == {"b": [0.5]}
    assert b.backward_transfer_ratio == {"a": [0.5]}
    assert a.forward_transfer_contrast == {"b": [pytest.approx(0.2)]}
    assert figures.backward_transfer_contrast == pytest.approx(-1 / 3)
    assert b.forward_transfer_ratio == {}


def test_transfer_from_nothing_has_no_ratio():
    figures = l2m_figures(
        run(("test", "b", 0), ("train", "a", 1), ("test", "b", 2), ("train", "a", 1), ("test", "b", 0))
    )
    assert figures.task_metrics["a"].forward_transfer_ratio == {"b": [0]}
    assert figures.task_metrics["a"].forward_transfer_contrast == {"b": [1, -1]}


def test_recovery():
    """Terminal 5, reached again after 3 and 1 experiences, then 9 not at all in 4."""
    steps = [[1, 5], [2, 3, 4, 6], [5, 9], [1, 2, 3, 4]]
    blocks = run(*(("train", "a", values) for values in steps))
    figures = l2m_figures(blocks).task_metrics["a"]
    assert figures.recovery_times == [3, 1, 5]
    assert figures.perf_recovery == -1  # slopes -2, 4, 1
    alone = l2m_figures(blocks[:2]).task_metrics["a"]
    assert (alone.recovery_times, alone.perf_recovery) == ([], None)


def test_slope_of_many_values():
    rng = np.random.default_rng(1)
    values = rng.random(9)
    slopes = [(values[j] - values[i]) / (j - i) for i in range(9) for j in range(i + 1, 9)]
    assert theil_sen_slope(values) == pytest.approx(np.median(slopes))


@pytest.mark.parametrize("count", [1, 14, 15, 33, 100, 700])
def test_moving_average(count):
    values = np.random.default_rng(count).random(count)
    window = min(count // 5, 100)
    averaged = moving_average(values)
    assert averaged.shape == values.shape
    if window < 3:
        assert (averaged == values).all()
        return
    mirrored = [values[abs(i) if i < count else 2 * (count - 1) - i] for i in range(-window, count + window)]
    for i in range(count):  # the window lies half a value late if its length is even
        start = i - (window - 1) + window // 2 - 1 + window
        assert averaged[i] == pytest.approx(np.mean(mirrored[start : start + window]))


def test_experts():
    values = np.linspace(0.1, 1, 10)
    own = run(("train", "a", values[:4]), ("test", "a", 0.5), ("train", "a", values[4:] / 2))
    learner = np.concatenate([values[:4], values[4:] / 2])
    experts = experts_of({"one": run(("train", "a", values[:8])), "two": run(("test", "a", 3), ("train", "a", values))})
    assert relative_performance(own, "a", experts["a"]) == pytest.approx(
        [learner[:8].sum() / values[:8].sum(), learner.sum() / values.sum()]
    )
    efficiency = sample_efficiency(own, "a", experts["a"])
    assert saturation(learner) == (0.5, 9)
    assert efficiency.saturation_ratio == pytest.approx([0.5 / 0.8, 0.5])
    assert efficiency.experiences_ratio == pytest.approx([7 / 9, 1])
    assert efficiency.efficiency == pytest.approx([0.5 / 0.8 * 7 / 9, 0.5])


def test_a_curve_that_falls_or_stays_low_is_not_efficient():
    (expert,) = experts_of({"one": run(("train", "a", [0.1, 0.9, 1.0]))})["a"]
    falling = run(("train", "a", [0.8, 0.9, 0.1, 0.0]))
    low = run(("train", "a", [0.1, 0.15, 0.19]))
    first = run(("train", "a", [0.9, 0.5]))
    assert sample_efficiency(falling, "a", [expert]).efficiency == [0]
    assert sample_efficiency(low, "a", [expert]).efficiency == [0]
    assert sample_efficiency(first, "a", [expert]) is None
    assert sample_efficiency(low, "a", [run(("train", "a", [1.0, 0.5]))]).efficiency == []
    with pytest.raises(ConfigError, match="an expert trains one task; it trains a, b"):
        experts_of({"one": run(("train", "a", 1), ("train", "b", 1))})


def test_an_expert_that_never_scored():
    figures = l2m_figures(run(("train", "a", [0, 1])), {"a": [run(("train", "a", [0, 0, 0]))]})
    assert figures.task_metrics["a"].ste_rel_perf_vals == [np.inf]


def test_values_of_one_experience_are_averaged():
    block = Block(0, "test", "wake", "a", np.array([0, 0, 1]), np.array([1.0, 2.0, 4.5]))
    assert block.terminal == 3
    assert l2m_figures([block]).task_metrics["a"].avg_eval_perf == 2.5


def test_tests_awake_do_not_count_beside_sleep():
    blocks = run(("test", "a", 1), ("train", "a", 2), ("test", "a", 3, "sleep"), ("test", "a", 9))
    figures = l2m_figures(blocks).task_metrics["a"]
    assert figures.avg_eval_perf_vals == [3]
    assert figures.num_ex == 3


def test_matrix_of_a_run():
    blocks = run(
        ("test", "b", 0.1), ("test", "a", 0.2), ("train", "a", 1), ("train", "a", 1), ("test", "a", 0.9),
        ("test", "a", 0.8), ("train", "b", 1), ("train", "a", 1), ("test", "b", 0.7), ("test", "c", 0.3),
    )  # fmt: skip
    matrix = accuracy_matrix(blocks)
    assert matrix.tasks == ("a", "b", "c")
    assert matrix.trained == ("a", "b", "a")
    expected = [[0.9, np.nan, np.nan], [np.nan] * 3, [np.nan, 0.7, 0.3]]
    np.testing.assert_array_equal(matrix.accuracy, expected)
    np.testing.assert_array_equal(matrix.baseline, [0.2, 0.1, np.nan])
    assert accuracy_matrix(blocks[2:]).baseline is None


def test_normalised_performance():
    blocks = run(("train", "a", [2, 4]), ("test", "a", 3), ("test", "b", [5, 5]))
    experts = {"a": [run(("train", "a", [0, 1]))], "c": [run(("train", "c", 1))]}
    changed, others = prepare(blocks, experts)
    assert [block.values.tolist() for block in changed] == [[51, 101], [76], [1, 1]]
    assert [block.values.tolist() for block in others["a"][0]] == [[1, 26]]
    assert "c" not in others
    assert blocks[0].values.tolist() == [2, 4]
