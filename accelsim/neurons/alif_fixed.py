"""Leaky integrate-and-fire neuron with an adaptive threshold and a refractory period, on integers.

The equations of `accelsim.neurons.alif` with saturating fixed-point words and the threshold 1; decays are rounded to
`decay_bits` after the point, products to nearest. The surrogate derivative has no factor gamma, which belongs in the
learning rate. The widths' defaults are assumed.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from accelsim.datapath.intrinsics import clip, saturate, saturate_unsigned, shift_round, where
from accelsim.datapath.stages import stage
from accelsim.datapath.words import BIT, Format, Word
from accelsim.neurons.base import register
from accelsim.neurons.fixed import FixedNeuron

_STRENGTH = Word(16, signed=False, fraction=14)


@register("alif-fixed")
class ALIFFixed(FixedNeuron):
    """Leaky integrate-and-fire with adaptive threshold and refractory period, on integers."""

    decay: float = Field(default=0.95, ge=0, le=1)
    """Factor of the potential per time step."""

    adaptation_decay: float = Field(default=0.995, ge=0, le=1)
    """Factor of the threshold's adaptation per time step."""

    decay_bits: int = Field(default=12, ge=4, le=16)
    """Bits of these factors after the point."""

    beta: float = Field(default=0.1, ge=0, lt=4)
    """What a spike adds to the threshold of an adaptive neuron; a word of 16 bits, 14 after the point."""

    adaptive_share: float = Field(default=1.0, ge=0, le=1)
    """Share of the neurons, the last ones, that adapt."""

    refractory_steps: int = Field(default=0, ge=0, le=255)
    """Time steps from a spike to the first one in which the neuron may fire again; up to 1 for no pause."""

    adaptation_bits: int = Field(default=16, ge=4, le=24)
    """Width of the adaptation."""

    adaptation_fraction: int = Field(default=8, ge=0, le=20)
    """Bits of the adaptation after the point."""

    @property
    def state(self) -> Mapping[str, Format]:
        """Potential, adaptation, time to stay silent, and the last spike for the reset."""
        return {
            "potential": Word(self.potential_bits, fraction=self.potential_fraction),
            "adaptation": Word(self.adaptation_bits, signed=False, fraction=self.adaptation_fraction),
            "refractory": Word(max(1, self.refractory_steps.bit_length()), signed=False),
            "spike": BIT,
        }

    @property
    def configuration(self) -> Mapping[str, Format]:
        """Strength beta of the adaptation."""
        return {"adaptation_strength": _STRENGTH}

    def configured(self, neurons: int) -> dict[str, NDArray[Any]]:
        """`beta` in the last neurons, `adaptive_share` of all, else 0."""
        adaptive = np.arange(neurons) >= neurons - round(self.adaptive_share * neurons)
        return {"adaptation_strength": _STRENGTH.encode(adaptive * self.beta)}

    @property
    def derived(self) -> Mapping[str, float]:
        """The arithmetic in integers."""
        scale = 2**self.decay_bits
        rise = _STRENGTH.fraction + self.adaptation_fraction - self.potential_fraction
        return {
            **super().derived,
            "leak": round(self.decay * scale),
            "adaptation_leak": round(self.adaptation_decay * scale),
            "lowered_bits": max(rise, 0),
            "raised_bits": max(-rise, 0),
        }

    @stage(on="time step", per="neuron", writes=("adaptation", "potential", "distance"))
    def soma(
        potential: Any,
        adaptation: Any,
        spike: Any,
        current: Any,
        adaptation_strength: Any,
        leak: int,
        adaptation_leak: int,
        decay_bits: int,
        threshold: int,
        potential_bits: int,
        adaptation_bits: int,
        adaptation_fraction: int,
        lowered_bits: int,
        raised_bits: int,
    ) -> Any:
        """Adapt, leak, reset, integrate, saturate."""
        kept = shift_round(adaptation * adaptation_leak, decay_bits)
        adaptation = saturate_unsigned(kept + (spike << adaptation_fraction), adaptation_bits)
        kept = shift_round(potential * leak, decay_bits)
        potential = saturate(kept + current - where(spike, threshold, 0), potential_bits)
        raised = shift_round(adaptation_strength * adaptation, lowered_bits) << raised_bits
        return adaptation, potential, saturate(potential - threshold - raised, potential_bits + 2)

    @stage(on="time step", per="neuron", writes=("spike", "refractory", "surrogate"))
    def fire(distance: Any, refractory: Any, surrogate: Any, refractory_steps: int) -> Any:
        """Fire unless the last spike was a short time ago."""
        ready = refractory == 0
        spike = ready & (distance > 0)
        left = clip(refractory + where(spike, refractory_steps, 0) - 1, 0, refractory_steps)
        return spike, left, where(ready, surrogate, 0)
