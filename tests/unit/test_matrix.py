"""Scores of accuracy matrices against their plain definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest

from accelsim.metrics.matrix import AccuracyMatrix

TASKS = tuple("abcde")


def plain_mean(values):
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else None


def scores(matrix):
    """ACC, BWT, FWT, first minus last, best minus last, just learnt: the sums written out."""
    r, trained = matrix.accuracy, matrix.trained
    last = len(trained) - 1
    first = {task: trained.index(task) for task in matrix.tasks if task in trained}
    column = {task: j for j, task in enumerate(matrix.tasks)}
    old = [task for task in first if first[task] < last]
    change, worse, ahead = [], [], []
    for task in old:
        j = column[task]
        change.append(r[last, j] - r[first[task], j])
        best = -math.inf
        for i in range(last):
            if not math.isnan(r[i, j]):
                best = max(best, r[i, j])
        worse.append(best - r[last, j] if best > -math.inf else math.nan)
    for task, i in first.items():
        if i > 0 and matrix.baseline is not None:
            ahead.append(r[i - 1, column[task]] - matrix.baseline[column[task]])
    bwt = plain_mean(change)
    learnt = plain_mean([r[i, column[task]] for task, i in first.items()])
    return plain_mean(r[last]), bwt, plain_mean(ahead), None if bwt is None else -bwt, plain_mean(worse), learnt


def found(matrix):
    return matrix.acc, matrix.bwt, matrix.fwt, matrix.forgetting_last, matrix.forgetting_max, matrix.just_learnt


@pytest.mark.parametrize("seed", range(40))
def test_random_matrices(seed):
    rng = np.random.default_rng(seed)
    trained = tuple(TASKS[i] for i in rng.integers(0, 4, size=rng.integers(1, 9)))
    accuracy = rng.random((len(trained), 5))
    accuracy[rng.random(accuracy.shape) < 0.2 * (seed % 3)] = np.nan
    baseline = rng.random(5) if seed % 4 else None
    matrix = AccuracyMatrix(TASKS, trained, accuracy, baseline)
    for stage in (matrix, matrix.after(1), matrix.after(max(1, len(trained) // 2))):
        for value, expected in zip(found(stage), scores(stage), strict=True):
            assert value == (None if expected is None else pytest.approx(expected, abs=1e-15))


def test_each_task_once():
    """Lopez-Paz: with every task trained once in order, the diagonal is R[j, j]."""
    r = np.array([[0.9, 0.2, 0.1], [0.7, 0.8, 0.3], [0.6, 0.5, 0.9]])
    matrix = AccuracyMatrix(("a", "b", "c"), ("a", "b", "c"), r, np.full(3, 0.1))
    assert found(matrix) == pytest.approx((2 / 3, -0.3, 0.15, 0.3, 0.3, 2.6 / 3))


def test_a_task_that_comes_again():
    """It keeps its column; what counts is its first training, and a later one may undo what was forgotten."""
    r = np.array([[0.9, 0.1], [0.4, 0.8], [0.95, 0.6]])
    matrix = AccuracyMatrix(("a", "b"), ("a", "b", "a"), r, np.array([0.1, 0.1]))
    assert matrix.bwt == pytest.approx((0.05 - 0.2) / 2)
    assert matrix.fwt == pytest.approx(0.0)
    a, b = matrix.per_task()
    assert (a.trainings, b.trainings) == (2, 1)
    assert (a.learnt, a.best, a.final) == (0.9, 0.9, 0.95)
    assert a.forgetting == pytest.approx(-0.05)
    assert (a.forward_transfer, b.forward_transfer) == (None, pytest.approx(0.0))


def test_what_is_undefined():
    nothing = AccuracyMatrix(("a",), (), np.empty((0, 1)), np.array([0.5]))
    assert found(nothing) == (None,) * 6
    once = AccuracyMatrix(("a",), ("a",), np.array([[0.8]]))
    assert found(once) == (0.8, None, None, None, None, 0.8)
    untested = AccuracyMatrix(("a", "b"), ("a", "b"), np.array([[np.nan, 0.1], [0.5, np.nan]]))
    assert found(untested) == (0.5, None, None, None, None, None)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((("a",), ("a",), np.zeros((2, 1))), "accuracy has shape"),
        ((("a",), ("a",), np.zeros((1, 1)), np.zeros(2)), "baseline has shape"),
        ((("a",), ("b",), np.zeros((1, 1))), "no column of the trained task b"),
    ],
)
def test_what_does_not_fit(arguments, told):
    with pytest.raises(ValueError, match=told):
        AccuracyMatrix(*arguments)
