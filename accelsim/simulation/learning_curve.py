"""How the answers of an uninterrupted run of samples became better: means over few bins, however many samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_BINS = 100
"""Even: where there are more samples than bins, neighbours are merged."""
_ASKED, _CORRECT, _CYCLES = range(3)
_KNOWN, _SQUARED = range(2)


class LearningCurve:
    """Sums over bins of consecutive samples; every bin but the last has `width` of them."""

    def __init__(self) -> None:
        self.samples = 0
        self.width = 1
        self._counts = np.zeros((MOST_BINS, 3), np.int64)
        self._errors = np.zeros((MOST_BINS, 2))

    def add(
        self,
        asked: NDArray[np.bool_],
        correct: NDArray[np.bool_],
        cycles: NDArray[np.int64],
        errors: NDArray[np.float64] | None = None,
    ) -> None:
        """Add samples: whether each was asked and answered right, its cycles, and its squared error or nan."""
        first, self.samples = self.samples, self.samples + len(asked)
        while self.samples > MOST_BINS * self.width:
            self._counts = _merged(self._counts)
            self._errors = _merged(self._errors)
            self.width *= 2
        at = np.arange(first, self.samples) // self.width
        np.add.at(self._counts, at, np.column_stack([asked, correct, cycles]).astype(np.int64))
        if errors is not None:
            known = ~np.isnan(errors)
            np.add.at(self._errors, at, np.column_stack([known, np.where(known, errors, 0.0)]))

    def rows(self) -> list[dict[str, Any]]:
        """One row per bin, in order."""
        bins = -(-self.samples // self.width)
        return [
            {
                "samples": min(self.width, self.samples - i * self.width),
                "correct": int(counts[_CORRECT]),
                "accuracy": float(counts[_CORRECT] / counts[_ASKED]) if counts[_ASKED] else None,
                "mean_squared_error": float(errors[_SQUARED] / errors[_KNOWN]) if errors[_KNOWN] else None,
                "cycles": int(counts[_CYCLES]),
            }
            for i, (counts, errors) in enumerate(zip(self._counts[:bins], self._errors[:bins], strict=True))
        ]


def _merged(sums: NDArray[Any]) -> NDArray[Any]:
    """Neighbouring bins as one, and empty bins behind them."""
    pairs = sums.reshape(MOST_BINS // 2, 2, -1).sum(axis=1)
    return np.concatenate([pairs, np.zeros_like(pairs)])
