"""Gated plasticity: a third factor decides when synapses learn, a mask of neurons where.

The third factor is a signal that a core broadcasts (N. Fremaux, W. Gerstner, "Neuromodulated spike-timing-dependent
plasticity, and theory of three-factor learning rules", Front. Neural Circuits 9:85, 2016): `plastic`, a factor that
the samples give, or `reward`. The mask leaves learning to a share of the neurons, drawn anew for each task (the
idea of context-dependent gating, N. Masse, G. Grant, D. Freedman, PNAS 115:E10467, 2018, applied to plasticity
instead of activity)::

    dw <- M dw,  M = 1 - s + s clip(signal, lowest, highest)
    dw <- 0 where the postsynaptic neuron is closed

Hardware: no word per synapse, one bit per neuron if there is a mask, drawn at task boundaries; one product per
change.
"""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from accelsim.datapath.fixed_point import narrow
from accelsim.datapath.intrinsics import clip, where
from accelsim.datapath.stages import Stage, stage
from accelsim.datapath.words import BIT, Format
from accelsim.plasticity.consolidation import Consolidation, register_consolidation


def _factor(signal: Any, strength: Any, lowest: Any, highest: Any) -> Any:
    return narrow((1.0 - strength) + strength * clip(signal, lowest, highest), bits=10, fraction=8)


@register_consolidation("neuromodulated")
class Neuromodulated(Consolidation):
    """Third factor on every change, and a mask of the neurons that may learn a task."""

    source: Literal["plastic", "reward"] = "plastic"
    """The signal that gates."""

    strength: float = Field(default=1.0, ge=0, le=1)
    """s: how much of the change the signal gates; 0 leaves it as it is."""

    lowest: float = Field(default=0.0, ge=-1, le=1)
    """Lower limit of the signal; below 0, changes may be reversed."""

    highest: float = Field(default=1.0, ge=-1, le=1)
    """Upper limit of the signal."""

    plastic_share: float = Field(default=1.0, gt=0, le=1)
    """Share of the postsynaptic neurons that learn, each with this probability anew for every task but the first."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.lowest > self.highest:
            raise ValueError(f"`lowest` ({self.lowest}) is above `highest` ({self.highest})")
        return self

    def postsynaptic_words(self, weight: Format) -> Mapping[str, Format]:
        """Whether a neuron's synapses are fixed, if there is a mask; none are in the first task."""
        return {"closed": BIT} if self.plastic_share < 1.0 else {}

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Those that the options ask for."""
        wanted = {f"gate_by_{self.source}"} if self.strength else set()
        wanted |= {"mask", "draw"} if self.plastic_share < 1.0 else set()
        return tuple(each for each in super().stages if each.name in wanted)

    @stage(on="modulate", per="synapse", writes=("change",))
    def gate_by_plastic(change: Any, plastic: Any, strength: Any, lowest: Any, highest: Any) -> Any:
        """Dw <- M dw."""
        return change * _factor(plastic, strength, lowest, highest)

    @stage(on="modulate", per="synapse", writes=("change",))
    def gate_by_reward(change: Any, reward: Any, strength: Any, lowest: Any, highest: Any) -> Any:
        """Dw <- M dw."""
        return change * _factor(reward, strength, lowest, highest)

    @stage(on="modulate", per="synapse", writes=("change",))
    def mask(change: Any, closed: Any) -> Any:
        """Dw <- 0 where the neuron is closed."""
        return where(closed, 0, change)

    @stage(on="task boundary", per="postsynaptic neuron", writes=("closed",))
    def draw(random: Any, plastic_share: Any) -> Any:
        """Which neurons learn the next task."""
        return where(random >= plastic_share, 1, 0)
