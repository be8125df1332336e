"""Running totals of a run: they stay the same size however long it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.engine.counts import Counter
from accelsim.simulation.learning_curve import LearningCurve
from accelsim.simulation.part import Part

NOT_ASKED = -1
"""In place of an answer."""


@dataclass(kw_only=True)
class Answers:
    """How many answers were right."""

    samples: int = 0
    asked: int = 0
    answered: int = 0
    correct: int = 0
    latency_cycles: int = 0
    errors: int = 0
    squared: float = 0.0

    def add(self, part: Part, labels: NDArray[np.int32]) -> None:
        """Add those of a chunk; `labels` are the classes of its samples."""
        self.samples += len(labels)
        self.asked += int((part.answers != NOT_ASKED).sum())
        self.answered += int((part.answers >= 0).sum())
        self.correct += int(((part.answers == labels) & (part.answers >= 0)).sum())
        self.latency_cycles += int(part.latency_cycles.sum())
        if part.errors is not None:
            known = part.errors[~np.isnan(part.errors)]
            self.errors += known.size
            self.squared += float(known.sum())

    @property
    def accuracy(self) -> float | None:
        """Share of right answers, a missing one being wrong; None if the core was not asked."""
        return self.correct / self.asked if self.asked else None

    @property
    def mean_squared_error(self) -> float | None:
        """Of the outputs of a regression where they count; None for other tasks."""
        return self.squared / self.errors if self.errors else None


@dataclass
class SplitTotals(Answers):
    """Totals of the samples of one epoch and split; in a stream of tasks of one task, but for tests of several."""

    epoch: int
    split: str
    counters: tuple[Counter, ...]
    columns: tuple[str, ...]
    task: int | None = None
    ticks: int = 0
    cycles: int = 0
    latency_cycles_max: int = 0
    learning_events: int = 0
    counted: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    activity: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    curve: LearningCurve | None = None
    """Of training in streams of tasks."""
    tests: dict[int, Answers] = field(default_factory=dict)
    """By task, of tests in such streams."""

    def __post_init__(self) -> None:
        self.counted = np.zeros(len(self.counters), np.int64)
        self.activity = np.zeros(len(self.columns), np.int64)
        if self.task is not None and self.split == "train":
            self.curve = LearningCurve()

    @property
    def key(self) -> tuple[int, str, int | None]:
        """What it is of."""
        return self.epoch, self.split, self.task

    def count(self, part: Part, ticks: int, labels: NDArray[np.int32], task: int | None = None) -> None:
        """Add a chunk of so many time steps; `labels` are the classes of its samples."""
        self.add(part, labels)
        self.ticks += ticks
        self.cycles += part.cycles
        self.latency_cycles_max = max(self.latency_cycles_max, int(part.latency_cycles.max(initial=0)))
        self.learning_events += part.learning_events
        self.counted += part.counted
        self.activity += part.activity
        if self.curve is not None:
            asked, correct = part.answers != NOT_ASKED, (part.answers == labels) & (part.answers >= 0)
            self.curve.add(asked, correct, part.latency_cycles, part.errors)
        if self.split == "test" and task is not None:
            self.tests.setdefault(task, Answers()).add(part, labels)

    @property
    def accuracy(self) -> float | None:
        """As of answers; of tests on several tasks the mean over these."""
        if not self.tests:
            return super().accuracy
        known = [answers.accuracy for answers in self.tests.values() if answers.accuracy is not None]
        return float(np.mean(known)) if known else None

    def row(self) -> dict[str, Any]:
        """As a row of the table of epochs."""
        states: dict[str, int] = {}
        for counter, count in zip(self.counters, self.counted, strict=True):
            if counter.kind == "cycles":  # a state may belong to several phases
                states[f"cycles_{counter.target}"] = states.get(f"cycles_{counter.target}", 0) + int(count)
        return {
            "epoch": self.epoch,
            "split": self.split,
            **({"task": self.task} if self.task is not None or self.tests else {}),
            "samples": self.samples,
            "answered": self.answered,
            "accuracy": self.accuracy,
            "mean_squared_error": self.mean_squared_error,
            "ticks": self.ticks,
            "cycles": self.cycles,
            "sample_cycles_mean": self.latency_cycles / self.samples if self.samples else None,
            "sample_cycles_max": self.latency_cycles_max,
            **states,
            **{name: int(count) for name, count in zip(self.columns, self.activity, strict=True)},
        }
