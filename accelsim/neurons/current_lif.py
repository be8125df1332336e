"""Leaky integrate-and-fire neurons whose input has dynamics of its own.

J. K. Eshraghian et al., Proceedings of the IEEE 111(9) (2023), with X the summed weights and z the spike of the step
before. `current-lif` filters the input with one exponential, `alpha-lif` answers to a spike with the difference of
two::

    i <- alpha i + X                      e <- alpha e + X,  n <- beta n - X
    v <- beta v + i - v_th z              v <- tau (e + n) - v_th z,  tau = ln alpha / (ln beta - ln alpha) + 1
"""

import math
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from accelsim.config.model import PathError
from accelsim.datapath.intrinsics import where
from accelsim.datapath.stages import stage
from accelsim.datapath.words import BIT, Format
from accelsim.neurons.base import register
from accelsim.neurons.floating import FloatNeuron


@register("current-lif")
class CurrentLIF(FloatNeuron):
    """Leaky integrate-and-fire with a leaky synaptic current."""

    decay: float = Field(default=0.95, ge=0, le=1)
    """Factor beta of the potential per time step."""

    synaptic_decay: float = Field(default=0.9, ge=0, le=1)
    """Factor alpha of the synaptic current per time step."""

    reset: Literal["subtract", "zero"] = "subtract"
    """Whether a spike takes the threshold from the potential of the next time step or sets it to zero."""

    @property
    def state(self) -> Mapping[str, Format]:
        """Potential, synaptic current, and the last spike for the reset."""
        return {"potential": self.word, "synaptic": self.word, "spike": BIT}

    @property
    def derived(self) -> Mapping[str, float]:
        """The reset as a flag, and what the surrogate derivative multiplies with."""
        return {**super().derived, "to_zero": self.reset == "zero"}

    @stage(on="time step", per="neuron", writes=("synaptic", "potential", "spike", "distance"))
    def soma(
        potential: Any,
        synaptic: Any,
        spike: Any,
        current: Any,
        decay: Any,
        synaptic_decay: Any,
        threshold: Any,
        to_zero: bool,
    ) -> Any:
        """Filter, leak, integrate, reset, fire."""
        synaptic = synaptic_decay * synaptic + current
        potential = decay * potential + synaptic
        potential = where(spike & to_zero, 0, potential) - where(spike & (not to_zero), threshold, 0)
        return synaptic, potential, potential > threshold, potential - threshold


@register("alpha-lif")
class AlphaLIF(FloatNeuron):
    """Integrate-and-fire with an alpha-shaped response to every input spike."""

    decay: float = Field(default=0.8, gt=0, lt=1)
    """Factor beta of the falling part per time step."""

    synaptic_decay: float = Field(default=0.9, gt=0, lt=1)
    """Factor alpha of the rising part per time step, larger than `decay`."""

    @model_validator(mode="after")
    def _rises_first(self) -> Self:
        if self.synaptic_decay <= self.decay:
            raise PathError("synaptic_decay", f"{self.synaptic_decay} is not > decay, which is {self.decay}")
        return self

    @property
    def state(self) -> Mapping[str, Format]:
        """Potential, its two parts, and the last spike for the reset."""
        return {"potential": self.word, "excited": self.word, "inhibited": self.word, "spike": BIT}

    @property
    def derived(self) -> Mapping[str, float]:
        """Scale of the response, and what the surrogate derivative multiplies with."""
        rise, fall = math.log(self.synaptic_decay), math.log(self.decay)
        return {**super().derived, "tau": rise / (fall - rise) + 1}

    @stage(on="time step", per="neuron", writes=("excited", "inhibited", "potential", "spike", "distance"))
    def soma(
        excited: Any,
        inhibited: Any,
        spike: Any,
        current: Any,
        decay: Any,
        synaptic_decay: Any,
        tau: Any,
        threshold: Any,
    ) -> Any:
        """Filter twice, reset, fire."""
        excited = synaptic_decay * excited + current
        inhibited = decay * inhibited - current
        potential = tau * (excited + inhibited) - where(spike, threshold, 0)
        return excited, inhibited, potential, potential > threshold, potential - threshold
