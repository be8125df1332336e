"""Leaky integrate-and-fire neuron in float32.

In the form of G. Bellec et al., Nature Communications 11:3625 (2020), with z the spike of the step before::

    v   <- alpha v + I - v_th z          (reset to zero: alpha v (1 - z) + I)
    z   <- 1 if v > v_th else 0
    psi <- (gamma / v_th) max(0, 1 - |v - v_th| / v_th)
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from accelsim.datapath.intrinsics import absolute, maximum, where
from accelsim.datapath.stages import stage
from accelsim.datapath.words import BIT, Float, Format
from accelsim.neurons.base import NeuronModel, register


@register("lif")
class LIF(NeuronModel):
    """Leaky integrate-and-fire, float32, triangular surrogate derivative."""

    decay: float = Field(default=0.95, ge=0, le=1)
    """Factor alpha of the potential per time step."""

    threshold: float = Field(default=1.0, gt=0)
    """Potential v_th above which the neuron fires."""

    dampening: float = Field(default=0.3, ge=0)
    """Height gamma of the surrogate derivative."""

    reset: Literal["subtract", "zero"] = "subtract"
    """Whether a spike takes the threshold from the potential or sets it to zero, in the next time step."""

    @property
    def state(self) -> Mapping[str, Format]:
        """Potential, and the last spike for the reset."""
        return {"potential": Float(32), "spike": BIT}

    @property
    def derived(self) -> Mapping[str, float]:
        """The reset as a flag, and what the surrogate derivative multiplies with."""
        return {
            "to_zero": self.reset == "zero",
            "inverse_threshold": 1 / self.threshold,
            "peak": self.dampening / self.threshold,
        }

    @stage(on="time step", per="neuron", writes=("potential", "spike"))
    def soma(potential: Any, spike: Any, current: Any, decay: Any, threshold: Any, to_zero: bool) -> Any:
        """Leak, reset, integrate, fire."""
        kept = where(spike & to_zero, 0, decay * potential)
        potential = kept + current - where(spike & (not to_zero), threshold, 0)
        return potential, potential > threshold

    @stage(on="time step", per="neuron", writes=("surrogate",))
    def surrogate_derivative(potential: Any, threshold: Any, inverse_threshold: Any, peak: Any) -> Any:
        """Triangle around the threshold."""
        return peak * maximum(1 - absolute(potential - threshold) * inverse_threshold, 0)
