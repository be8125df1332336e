"""Leaky integrate-and-fire neuron in floating point.

In the form of G. Bellec et al., Nature Communications 11:3625 (2020), with z the spike of the step before::

    v   <- alpha v + I - v_th z          (reset to zero: alpha v (1 - z) + I)
    z   <- 1 if v > v_th else 0
    psi <- (gamma / v_th) max(0, 1 - |v - v_th| / v_th)
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from accelsim.datapath.intrinsics import where
from accelsim.datapath.stages import stage
from accelsim.datapath.words import BIT, Format
from accelsim.neurons.base import register
from accelsim.neurons.floating import FloatNeuron


@register("lif")
class LIF(FloatNeuron):
    """Leaky integrate-and-fire, triangular surrogate derivative."""

    decay: float = Field(default=0.95, ge=0, le=1)
    """Factor alpha of the potential per time step."""

    reset: Literal["subtract", "zero"] = "subtract"
    """Whether a spike takes the threshold from the potential or sets it to zero, in the next time step."""

    @property
    def state(self) -> Mapping[str, Format]:
        """Potential, and the last spike for the reset."""
        return {"potential": self.word, "spike": BIT}

    @property
    def derived(self) -> Mapping[str, float]:
        """The reset as a flag, and what the surrogate derivative multiplies with."""
        return {**super().derived, "to_zero": self.reset == "zero"}

    @stage(on="time step", per="neuron", writes=("potential", "spike", "distance"))
    def soma(potential: Any, spike: Any, current: Any, decay: Any, threshold: Any, to_zero: bool) -> Any:
        """Leak, reset, integrate, fire."""
        kept = where(spike & to_zero, 0, decay * potential)
        potential = kept + current - where(spike & (not to_zero), threshold, 0)
        return potential, potential > threshold, potential - threshold
