"""How far a run is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """Told after every chunk of samples or steps."""

    epoch: int
    epochs: int
    split: str
    samples: int
    total_samples: int
    accuracy: float | None
    task: int | None = None
