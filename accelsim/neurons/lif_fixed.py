"""Leaky integrate-and-fire neuron on integers.

The equations of `accelsim.neurons.lif` with a saturating fixed-point potential, a leak factor of 8 bits after
the point, rounded to nearest, and the threshold 1 (the potential's format sets the scale). The surrogate
derivative is the triangle of height 1 - 2^-bits, without its factor gamma, which belongs in the learning
rate. The widths' defaults are assumed.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from accelsim.datapath.intrinsics import saturate, shift_round, where
from accelsim.datapath.stages import stage
from accelsim.datapath.words import BIT, Format, Word
from accelsim.neurons.base import register
from accelsim.neurons.fixed import FixedNeuron

_DECAY_BITS = 8


@register("lif-fixed")
class LIFFixed(FixedNeuron):
    """Leaky integrate-and-fire on integers, triangular surrogate derivative."""

    decay: float = Field(default=0.95, ge=0, le=1)
    """Factor of the potential per time step, rounded to 8 bits after the point."""

    reset: Literal["subtract", "zero"] = "subtract"
    """Whether a spike takes the threshold from the potential or sets it to zero, in the next time step."""

    @property
    def state(self) -> Mapping[str, Format]:
        """Potential, and the last spike for the reset."""
        return {"potential": Word(self.potential_bits, fraction=self.potential_fraction), "spike": BIT}

    @property
    def derived(self) -> Mapping[str, float]:
        """The arithmetic in integers."""
        leak = {"leak": round(self.decay * 2**_DECAY_BITS), "leak_bits": _DECAY_BITS}
        return {**super().derived, **leak, "to_zero": self.reset == "zero"}

    @stage(on="time step", per="neuron", writes=("potential", "spike", "distance"))
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
        return potential, potential > threshold, potential - threshold
