"""Leaky integrate-and-fire neuron with an adaptive threshold and a refractory period.

G. Bellec et al., Nature Communications 11:3625 (2020), with z the spike and r the counter of the step before::

    a   <- rho a + z
    v   <- alpha v + I - v_th z
    A   =  v_th + beta a
    z   <- 1 if v > A and r = 0 else 0
    psi <- (gamma / v_th) max(0, 1 - |v - A| / v_th) if r = 0 else 0
    r   <- clip(r + n_ref z - 1, 0, n_ref)

A neuron with beta = 0 is one without adaptation: a population may have some of each.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from accelsim.datapath.decay import decay_factor, decayed
from accelsim.datapath.intrinsics import clip, where
from accelsim.datapath.stages import stage
from accelsim.datapath.words import BIT, Format, Word
from accelsim.neurons.base import register
from accelsim.neurons.floating import FloatNeuron


@register("alif")
class ALIF(FloatNeuron):
    """Leaky integrate-and-fire with adaptive threshold and refractory period, triangular surrogate derivative."""

    decay: float = Field(default=0.95, ge=0, le=1)
    """Factor alpha of the potential per time step."""

    adaptation_decay: float = Field(default=0.995, ge=0, le=1)
    """Factor rho of the threshold's adaptation per time step."""

    beta: float = Field(default=0.07, ge=0)
    """What a spike adds to the threshold of an adaptive neuron."""

    adaptive_share: float = Field(default=1.0, ge=0, le=1)
    """Share of the neurons, the last ones, that adapt."""

    refractory_steps: int = Field(default=0, ge=0, le=255)
    """Time steps n_ref from a spike to the first one in which the neuron may fire again; up to 1 for no pause."""

    exact_decays: bool = False
    """Whether words decay by a subtraction: float32 keeps long time constants (see `accelsim.datapath.decay`)."""

    @property
    def derived(self) -> Mapping[str, float]:
        """What decays and the surrogate derivative multiply with."""
        return {
            **super().derived,
            "factor": decay_factor(self.decay, self.exact_decays),
            "adaptation_factor": decay_factor(self.adaptation_decay, self.exact_decays),
        }

    @property
    def state(self) -> Mapping[str, Format]:
        """Potential, adaptation, time to stay silent, and the last spike for the reset."""
        counter = Word(max(1, self.refractory_steps.bit_length()), signed=False)
        return {"potential": self.word, "adaptation": self.word, "refractory": counter, "spike": BIT}

    @property
    def configuration(self) -> Mapping[str, Format]:
        """Strength beta of the adaptation."""
        return {"adaptation_strength": self.word}

    def configured(self, neurons: int) -> dict[str, NDArray[Any]]:
        """`beta` in the last neurons, `adaptive_share` of all, else 0."""
        adaptive = np.arange(neurons) >= neurons - round(self.adaptive_share * neurons)
        return {"adaptation_strength": self.word.encode(adaptive * self.beta)}

    @stage(on="time step", per="neuron", writes=("adaptation", "potential", "distance"))
    def soma(
        potential: Any,
        adaptation: Any,
        spike: Any,
        current: Any,
        adaptation_strength: Any,
        factor: Any,
        adaptation_factor: Any,
        exact_decays: bool,
        threshold: Any,
    ) -> Any:
        """Adapt, leak, reset, integrate."""
        adaptation = decayed(adaptation, adaptation_factor, exact_decays) + spike
        potential = decayed(potential, factor, exact_decays) + current - where(spike, threshold, 0)
        return adaptation, potential, potential - (threshold + adaptation_strength * adaptation)

    @stage(on="time step", per="neuron", writes=("spike", "refractory", "surrogate"))
    def fire(distance: Any, refractory: Any, surrogate: Any, refractory_steps: int) -> Any:
        """Fire unless the last spike was a short time ago."""
        ready = refractory == 0
        spike = ready & (distance > 0)
        left = clip(refractory + where(spike, refractory_steps, 0) - 1, 0, refractory_steps)
        return spike, left, where(ready, surrogate, 0)
