"""Running totals of a run: they stay the same size however long it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.engine.counts import Counter


@dataclass
class SplitTotals:
    """Totals of the samples of one epoch and split."""

    epoch: int
    split: str
    counters: tuple[Counter, ...]
    columns: tuple[str, ...]
    samples: int = 0
    ticks: int = 0
    answered: int = 0
    correct: int = 0
    cycles: int = 0
    sample_cycles_max: int = 0
    counted: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    activity: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def __post_init__(self) -> None:
        self.counted = np.zeros(len(self.counters), np.int64)
        self.activity = np.zeros(len(self.columns), np.int64)

    def add(
        self,
        per_tick: NDArray[np.int64],
        activity: NDArray[np.int64],
        sample_cycles: NDArray[np.int64],
        answers: NDArray[np.int32],
        labels: NDArray[np.int32],
    ) -> None:
        """Add a chunk: counters per tick, activity per tick, cycles, answers and labels per sample."""
        self.samples += len(labels)
        self.ticks += per_tick.shape[0]
        self.answered += int((answers >= 0).sum())
        self.correct += int(((answers == labels) & (answers >= 0)).sum())
        self.cycles += int(sample_cycles.sum())
        self.sample_cycles_max = max(self.sample_cycles_max, int(sample_cycles.max(initial=0)))
        self.counted += per_tick.sum(axis=0)
        self.activity += activity.sum(axis=0)

    @property
    def accuracy(self) -> float | None:
        """Share of answered samples that were right; None if none was answered."""
        return self.correct / self.answered if self.answered else None

    def row(self) -> dict[str, Any]:
        """As a row of the table of epochs."""
        states: dict[str, int] = {}
        for counter, count in zip(self.counters, self.counted, strict=True):
            if counter.kind == "cycles":  # a state may belong to several phases
                states[f"cycles_{counter.target}"] = states.get(f"cycles_{counter.target}", 0) + int(count)
        return {
            "epoch": self.epoch,
            "split": self.split,
            "samples": self.samples,
            "answered": self.answered,
            "accuracy": self.accuracy,
            "ticks": self.ticks,
            "cycles": self.cycles,
            "sample_cycles_mean": self.cycles / self.samples if self.samples else None,
            "sample_cycles_max": self.sample_cycles_max,
            **states,
            **{name: int(count) for name, count in zip(self.columns, self.activity, strict=True)},
        }
