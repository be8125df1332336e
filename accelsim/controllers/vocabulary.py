"""What the activity of a controller tells the engines: its conditions, masks and counts, by column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Vocabulary:
    """Names a phase table may use, in the order of the columns of the activity's counts."""

    conditions: tuple[str, ...]
    """0 or 1 per time step."""
    masks: Mapping[str, tuple[str, ...]]
    """Mask name to the index sets it extends over, outermost first; the column counts where it holds."""
    counts: tuple[str, ...]
    """Other counts per time step."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names."""
        return (*self.conditions, *self.masks, *self.counts)

    def column(self, name: str) -> int:
        """Column of a condition, mask or count."""
        return self.columns.index(name)
