"""Leaky integrate-and-fire neuron on integers.

The equations of `accelsim.neurons.lif` with a saturating fixed-point potential, a leak factor of 8 bits after
the point, rounded to nearest, and the threshold 1 (the potential's format sets the scale). The surrogate
derivative is the triangle of height 1 - 2^-bits, without its factor gamma, which belongs in the learning
rate. The widths' defaults are assumed.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from accelsim.datapath.intrinsics import absolute, maximum, saturate, saturate_unsigned, shift_round, where
from accelsim.datapath.stages import stage
from accelsim.datapath.words import BIT, Format, Word
from accelsim.neurons.base import NeuronModel, register

_DECAY_BITS = 8


@register("lif-fixed")
class LIFFixed(NeuronModel):
    """Leaky integrate-and-fire on integers, triangular surrogate derivative."""

    decay: float = Field(default=0.95, ge=0, le=1)
    """Factor of the potential per time step, rounded to 8 bits after the point."""

    potential_bits: int = Field(default=16, ge=4, le=24)
    """Width of the potential."""

    potential_fraction: int = Field(default=10, ge=1, le=20)
    """Bits of potential and current after the point; the threshold is 1."""

    surrogate_bits: int = Field(default=5, ge=1, le=8)
    """Width of the surrogate derivative, all after the point."""

    reset: Literal["subtract", "zero"] = "subtract"
    """Whether a spike takes the threshold from the potential or sets it to zero, in the next time step."""

    @property
    def state(self) -> Mapping[str, Format]:
        """Potential, and the last spike for the reset."""
        return {"potential": Word(self.potential_bits, fraction=self.potential_fraction), "spike": BIT}

    @property
    def current(self) -> Format:
        """The sum of weights that arrived, in units of the potential."""
        return Word(self.potential_bits, fraction=self.potential_fraction)

    @property
    def surrogate(self) -> Format:
        """Non-negative and below 1."""
        return Word(self.surrogate_bits, signed=False, fraction=self.surrogate_bits)

    @property
    def derived(self) -> Mapping[str, float]:
        """The arithmetic in integers."""
        return {
            "to_zero": self.reset == "zero",
            "leak": round(self.decay * 2**_DECAY_BITS),
            "leak_bits": _DECAY_BITS,
            "threshold": 1 << self.potential_fraction,
        }

    @stage(on="time step", per="neuron", writes=("potential", "spike"))
    def soma(
        potential: Any,
        spike: Any,
        current: Any,
        leak: int,
        leak_bits: int,
        threshold: int,
        to_zero: bool,
        potential_bits: int,
    ) -> Any:
        """Leak, reset, integrate, saturate, fire."""
        kept = where(spike & to_zero, 0, shift_round(potential * leak, leak_bits))
        potential = saturate(kept + current - where(spike & (not to_zero), threshold, 0), potential_bits)
        return potential, potential > threshold

    @stage(on="time step", per="neuron", writes=("surrogate",))
    def surrogate_derivative(potential: Any, threshold: int, potential_fraction: int, surrogate_bits: int) -> Any:
        """Triangle around the threshold, truncated to the surrogate's bits."""
        height = maximum(threshold - absolute(potential - threshold), 0) << surrogate_bits
        return saturate_unsigned(height >> potential_fraction, surrogate_bits)
