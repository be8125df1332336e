"""Streams of tasks: accuracy on every task after every experience, learning curves, and what is read off them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.metrics.avalanche import avalanche_metrics
from accelsim.metrics.matrix import AccuracyMatrix
from accelsim.simulation.l2m import l2m_metrics, stream_log
from accelsim.simulation.totals import SplitTotals
from accelsim.workload.tasks import TaskStream


def accuracy_rows(splits: Sequence[SplitTotals], experiences: int, tasks: int) -> NDArray[np.float64]:
    """Accuracy, (experiences + 1, tasks), in the tests before any training and after each; nan where none was made."""
    found = np.full((experiences + 1, tasks), np.nan)
    for split in splits:
        if split.split == "test" and split.task is not None and split.accuracy is not None:
            found[split.epoch, split.task] = split.accuracy
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
    tested = [
        sum(split.samples for split in splits if (split.split, split.task) == ("test", task))
        for task in range(stream.tasks)
    ]
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
    """Bins of consecutive samples, block after block; a test is one."""
    return [
        {"block": block, "epoch": split.epoch, "split": split.split, "task": split.task, **row}
        for block, split in enumerate(split for split in splits if split.split in ("train", "test"))
        for row in (split.curve.rows() if split.curve is not None else [_whole(split)])
    ]


def _whole(split: SplitTotals) -> dict[str, Any]:
    """A test as one bin."""
    return {
        "samples": split.samples,
        "correct": split.correct,
        "accuracy": split.accuracy,
        "mean_squared_error": split.mean_squared_error,
        "cycles": split.latency_cycles,
    }
