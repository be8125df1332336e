"""Leaky integrate-and-fire neuron with escape noise.

W. Gerstner, W. Kistler, "Spiking Neuron Models" (2002), chapter 5: the neuron fires with a probability that rises
with the potential, here the logistic function p = 1 / (1 + e^(-(v - v_th) / width)) per time step, compared with a
random word of 16 bits. The surrogate derivative is that of p, dampened.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from accelsim.datapath.intrinsics import sigmoid, where
from accelsim.datapath.stages import stage
from accelsim.datapath.words import BIT, Format
from accelsim.neurons.base import register
from accelsim.neurons.floating import FloatNeuron
from accelsim.neurons.surrogates import Shape

_RANDOM_UNIT = 2.0**-16


@register("stochastic")
class Stochastic(FloatNeuron):
    """Leaky integrate-and-fire that fires with a probability rising with the potential (escape noise)."""

    decay: float = Field(default=0.95, ge=0, le=1)
    """Factor of the potential per time step."""

    width: float = Field(default=0.1, gt=0)
    """Potential over which the probability rises from 0.5 to 0.73."""

    dampening: float = Field(default=1.0, ge=0)
    """Factor of the surrogate derivative."""

    surrogate_shape: Shape = "sigmoid"
    """Shape of the surrogate derivative; the default is the derivative of the probability."""

    @property
    def state(self) -> Mapping[str, Format]:
        """Potential, and the last spike for the reset."""
        return {"potential": self.word, "spike": BIT}

    @property
    def slope(self) -> float:
        """1 / width unless given."""
        return self.surrogate_slope or 1 / self.width

    @stage(on="time step", per="neuron", writes=("potential", "spike", "distance"))
    def soma(
        potential: Any, spike: Any, current: Any, random: Any, decay: Any, threshold: Any, inverse_width: Any
    ) -> Any:
        """Leak, reset, integrate, fire by chance."""
        potential = decay * potential + current - where(spike, threshold, 0)
        distance = potential - threshold
        return potential, random * _RANDOM_UNIT < sigmoid(distance * inverse_width), distance

    @property
    def derived(self) -> Mapping[str, float]:
        """Steepness of the probability, and what the surrogate derivative multiplies with."""
        return {**super().derived, "inverse_width": 1 / self.width}
