"""Activity-dependent metaplasticity: every synapse slows down with the changes it has seen.

In the manner of V. Karia, A. Zyarah, D. Kudithipudi, "Genesis: A spiking neuromorphic accelerator with on-chip
continual learning", arXiv:2509.05858 (2025), which keeps a weight and its metaplasticity parameters of few bits at
one address. Only its abstract was read; the equations are ours::

    m     = floor(count / 2^interval_bits), at most largest_shift
    dw   <- dw / 2^m                         at every change: a shift
    count <- count + 1                       after each change that moved the weight, saturating

Hardware, per synapse: one count beside the weight, read in the same access, and written with it when the weight
moves; the modulation takes a shifter and no multiplier.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from accelsim.datapath.intrinsics import minimum, where
from accelsim.datapath.stages import Stage, stage
from accelsim.datapath.words import Format, Word
from accelsim.plasticity.consolidation import Consolidation, register_consolidation


@register_consolidation("activity-dependent")
class ActivityDependent(Consolidation):
    """Changes shifted right by a metaplasticity that grows with the number of changes."""

    largest_shift: int = Field(default=7, ge=0, le=15)
    """Largest m; 0 leaves the base rule as it is."""

    interval_bits: int = Field(default=5, ge=0, le=16)
    """m grows by 1 in 2^interval_bits changes."""

    @property
    def derived(self) -> Mapping[str, float]:
        """The count at which m is largest."""
        return {"last_count": self.largest_shift << self.interval_bits}

    def synapse_words(self, weight: Format) -> Mapping[str, Format]:
        """The count; its upper bits are m."""
        if not self.largest_shift:
            return {}
        return {"count": Word((self.largest_shift << self.interval_bits).bit_length(), signed=False)}

    @property
    def stages(self) -> tuple[Stage, ...]:
        """None without metaplasticity."""
        return super().stages if self.largest_shift else ()

    @stage(on="modulate", per="synapse", writes=("change",))
    def slow_down(change: Any, count: Any, largest_shift: int, interval_bits: int) -> Any:
        """Dw <- dw / 2^m."""
        for m in range(1, largest_shift + 1):
            change = where(count >= (m << interval_bits), change * 0.5, change)
        return change

    @stage(on="after commit", per="synapse", writes=("count",))
    def remember(count: Any, w: Any, w_before: Any, last_count: int) -> Any:
        """Count <- count + 1 if the weight moved."""
        return minimum(where(w != w_before, count + 1, count), last_count)
