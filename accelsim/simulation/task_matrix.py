"""Streams of tasks: accuracy on every task after every experience, learning curves, and what is read off them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.metrics.avalanche import avalanche_metrics
from accelsim.metrics.matrix import AccuracyMatrix
from accelsim.simulation.l2m import l2m_metrics, stream_log
from accelsim.simulation.totals import Answers, SplitTotals
from accelsim.workload.tasks import TaskStream


def accuracy_rows(splits: Sequence[SplitTotals], experiences: int, tasks: int) -> NDArray[np.float64]:
    """Accuracy, (experiences + 1, tasks), in the tests before any training and after each; nan where none was made."""
    found = np.full((experiences + 1, tasks), np.nan)
    for split in splits:
        for task, answers in split.tests.items():
            if answers.accuracy is not None:
                found[split.epoch, task] = answers.accuracy
    return found


def task_matrix(splits: Sequence[SplitTotals], stream: TaskStream) -> AccuracyMatrix:
    """The accuracies of a run with the tasks that were trained."""
    names = tuple(f"task_{number}" for number in range(stream.tasks))
    rows = accuracy_rows(splits, len(stream.experiences), stream.tasks)
    return AccuracyMatrix(names, tuple(names[number] for number in stream.experiences), rows[1:], rows[0])


def task_metrics(splits: Sequence[SplitTotals], stream: TaskStream | None) -> dict[str, float | int | None]:
    """What a stream of tasks adds to the metrics of a run, and puts in place of those over epochs."""
    if stream is None:
        return {}
    matrix = task_matrix(splits, stream)
    log = stream_log("run", learning_curve(splits), 1.0)
    return {
        "accuracy_test": matrix.acc,
        "accuracy_test_last": matrix.acc,
        "acc": matrix.acc,
        "bwt": matrix.bwt,
        "fwt": matrix.fwt,
        "forgetting_last": matrix.forgetting_last,
        "forgetting_max": matrix.forgetting_max,
        "accuracy_just_learned": matrix.just_learnt,
        **l2m_metrics(log),
    }


def task_tables(splits: Sequence[SplitTotals], stream: TaskStream | None) -> dict[str, list[dict[str, Any]]]:
    """`task_matrix`, `learning_curve` and scores by their names in Avalanche, of a stream of tasks."""
    if stream is None:
        return {}
    matrix = task_matrix(splits, stream)
    rows = accuracy_rows(splits, len(stream.experiences), stream.tasks)
    tested = [sum(split.tests[task].samples for split in splits if task in split.tests) for task in range(stream.tasks)]
    scores = avalanche_metrics(matrix, samples=tested)
    return {
        "task_matrix": [
            {"epoch": epoch, "trained": trained}
            | {name: None if np.isnan(value) else float(value) for name, value in zip(matrix.tasks, row, strict=True)}
            for epoch, (trained, row) in enumerate(zip((None, *stream.experiences), rows, strict=True))
        ],
        "learning_curve": learning_curve(splits),
        "avalanche": [{"name": name, "value": value} for name, value in scores.items()],
    }


def learning_curve(splits: Sequence[SplitTotals]) -> list[dict[str, Any]]:
    """Bins of consecutive samples, block after block; the test of a task is one."""
    blocks: list[tuple[SplitTotals, int | None, list[dict[str, Any]]]] = []
    for split in splits:
        if split.curve is not None:
            blocks.append((split, split.task, split.curve.rows()))
        blocks += [(split, task, [_whole(answers)]) for task, answers in split.tests.items()]
    return [
        {"block": block, "epoch": split.epoch, "split": split.split, "task": task, **row}
        for block, (split, task, rows) in enumerate(blocks)
        for row in rows
    ]


def _whole(answers: Answers) -> dict[str, Any]:
    """A test as one bin."""
    return {
        "samples": answers.samples,
        "correct": answers.correct,
        "accuracy": answers.accuracy,
        "mean_squared_error": answers.mean_squared_error,
        "cycles": answers.latency_cycles,
    }
