"""Accuracy on every task after every training, and the scores that continual learning reads off it.

Row i holds the accuracies after training i (0 .. N-1), column j belongs to task j.  A task may be trained again: it
keeps its one column, and the row after its *first* training takes the place of the diagonal R[j, j] in all
definitions.  A test that was not made is nan; what is undefined without it is left out of the means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class TaskScores:
    """The scores of one task; None where a test that they need was not made.

    Attributes
    ----------
    task : str
    trainings : int
        How often it was trained.
    baseline : float or None
        Accuracy before any training.
    learnt : float or None
        After its first training.
    best : float or None
        The largest in any row but the last.
    final : float or None
        In the last row.
    forgetting : float or None
        learnt - final, for tasks that were first trained before the last row.
    forgetting_max : float or None
        best - final, for the same tasks.
    forward_transfer : float or None
        Accuracy just before the first training minus baseline, unless that training was the very first.
    """

    task: str
    trainings: int
    baseline: float | None
    learnt: float | None
    best: float | None
    final: float | None
    forgetting: float | None
    forgetting_max: float | None
    forward_transfer: float | None


@dataclass(frozen=True, eq=False)
class AccuracyMatrix:
    """Accuracy [training, task] of a stream of tasks.

    Attributes
    ----------
    tasks : tuple of str
        The columns.
    trained : tuple of str
        The task that was trained before each row.
    accuracy : float array, shape (trainings, tasks)
        nan where a task was not tested.
    baseline : float array, shape (tasks,), or None
        Accuracy before any training.
    """

    tasks: tuple[str, ...]
    trained: tuple[str, ...]
    accuracy: NDArray[np.float64]
    baseline: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if self.accuracy.shape != (len(self.trained), len(self.tasks)):
            raise ValueError(f"accuracy has shape {self.accuracy.shape} for {len(self.trained)} x {len(self.tasks)}")
        if self.baseline is not None and self.baseline.shape != (len(self.tasks),):
            raise ValueError(f"baseline has shape {self.baseline.shape} for {len(self.tasks)} tasks")
        if unknown := set(self.trained) - set(self.tasks):
            raise ValueError(f"no column of the trained task {min(unknown)}")

    def after(self, trainings: int) -> AccuracyMatrix:
        """Return the matrix as it was after so many trainings."""
        return AccuracyMatrix(self.tasks, self.trained[:trainings], self.accuracy[:trainings], self.baseline)

    @property
    def acc(self) -> float | None:
        """Mean accuracy after the last training over all tasks that were tested then: ACC."""
        return _mean(self.accuracy[-1]) if self.trained else None

    @property
    def bwt(self) -> float | None:
        """Backward transfer: mean of final - learnt over the tasks first trained before the last row.

        Lopez-Paz and Ranzato, "Gradient episodic memory for continual learning", NeurIPS 2017.
        """
        forgetting = self.forgetting_last
        return None if forgetting is None else -forgetting

    @property
    def fwt(self) -> float | None:
        """Forward transfer: mean over all trained tasks but the first of accuracy just before training - baseline.

        As for `bwt`; None without a baseline.
        """
        return _mean([scores.forward_transfer for scores in self.per_task()])

    @property
    def forgetting_last(self) -> float | None:
        """First minus last: mean of learnt - final, Avalanche's StreamForgetting."""
        return _mean([scores.forgetting for scores in self.per_task()])

    @property
    def forgetting_max(self) -> float | None:
        """Best minus last: mean of best - final; Chaudhry et al., "Riemannian walk", ECCV 2018."""
        return _mean([scores.forgetting_max for scores in self.per_task()])

    @property
    def just_learnt(self) -> float | None:
        """Mean accuracy on each trained task right after its first training."""
        return _mean([scores.learnt for scores in self.per_task()])

    def per_task(self) -> tuple[TaskScores, ...]:
        """Return the scores of each task, in the order of the columns."""
        return tuple(self._scores(column) for column in range(len(self.tasks)))

    def _scores(self, column: int) -> TaskScores:
        task, values = self.tasks[column], self.accuracy[:, column]
        last = len(self.trained) - 1
        baseline = None if self.baseline is None else _known(self.baseline[column])
        learnt = before = best = final = None
        if last >= 0:
            final = _known(values[last])
        earlier = values[:-1][~np.isnan(values[:-1])]
        if earlier.size:
            best = float(earlier.max())
        seen = task in self.trained and self.trained.index(task) < last
        if task in self.trained:
            first = self.trained.index(task)
            learnt = _known(values[first])
            before = _known(values[first - 1]) if first else None
        return TaskScores(
            task=task,
            trainings=self.trained.count(task),
            baseline=baseline,
            learnt=learnt,
            best=best,
            final=final,
            forgetting=_minus(learnt, final) if seen else None,
            forgetting_max=_minus(best, final) if seen else None,
            forward_transfer=_minus(before, baseline),
        )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _minus(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b


def _mean(values: ArrayLike | Sequence[float | None]) -> float | None:
    """Mean of what is known, None if nothing is."""
    array = np.array(values, np.float64)
    known = array[~np.isnan(array)]
    return float(known.mean()) if known.size else None
