"""Spike-driven synaptic plasticity (J. M. Brader, W. Senn, S. Fusi, Neural Comput. 19:2881, 2007) in digital form.

The form of ODIN (C. Frenkel et al., IEEE TBCAS 13(1):145, 2019; open RTL): a presynaptic spike moves a weight of
few bits one unit up or down as two flags of the postsynaptic neuron say, and nothing else of its history is
needed.  The flags compare its potential with one threshold and its calcium, a slow spike counter, with three; a
bistability drift pulls weights to the nearer end of their range.  Widths of weight and calcium are ODIN's; the
defaults of every other parameter of the rule are assumed: they belong to the task.  Every function is scalar
arithmetic on exact integers, run by the compiled kernels and traced for its cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from accelsim.datapath.intrinsics import maximum, minimum, saturate_unsigned, where, wrap_unsigned
from accelsim.datapath.stages import stage
from accelsim.datapath.words import BIT, Format, Word
from accelsim.plasticity.base import PlasticityRule, register

CALCIUM_MAX = 7
"""Calcium is a 3-bit count."""


def spike_step(up: Any, down: Any) -> Any:
    """Change that a presynaptic spike proposes: one unit up, else one down, as the postsynaptic flags say."""
    return where(up, 1, where(down, -1, 0))


def drift_step(w: Any, bits: Any) -> Any:
    """Change that a bistability event proposes: one unit towards the nearer end of the range of `bits` bits."""
    return where(w >= 1 << (bits - 1), 1, -1)


def commit(w: Any, change: Any, enabled: Any, bits: Any) -> Any:
    """Unsigned weight of `bits` bits after a change, saturated; unchanged if not `enabled`."""
    return where(enabled, saturate_unsigned(w + change, bits), w)


def spike_update(w: Any, up: Any, down: Any, enabled: Any, bits: Any) -> Any:
    """Weight after a presynaptic spike (the stage that is costed per synapse)."""
    return commit(w, spike_step(up, down), enabled, bits)


def drift(w: Any, enabled: Any, bits: Any) -> Any:
    """Weight after a bistability event (the stage that is costed per synapse)."""
    return commit(w, drift_step(w, bits), enabled, bits)


def count_to(count: Any, period: Any, counts: Any, bits: Any) -> Any:
    """Counter of `bits` bits modulo `period` (0: off) that moves if `counts`; also whether it came round."""
    running = counts & (period != 0)
    around = running & (count + 1 == period)
    return where(around, 0, where(running, wrap_unsigned(count + 1, bits), count)), around


def calcium_update(calcium: Any, spike: Any, leaks: Any, enabled: Any, increment: Any) -> Any:
    """Calcium up by `increment` with a spike, down by one with a leak; both together cancel."""
    rises = enabled & spike & (leaks == 0)
    falls = enabled & leaks & (spike == 0)
    return where(rises, minimum(calcium + increment, CALCIUM_MAX), where(falls, maximum(calcium - 1, 0), calcium))


def learning_flags(above: Any, calcium: Any, enabled: Any, theta1: Any, theta2: Any, theta3: Any) -> Any:
    """Flags (up, down) of a postsynaptic neuron; `above`: its potential reaches the membrane threshold."""
    learns = enabled & (calcium >= theta1)
    return learns & above & (calcium < theta3), learns & (above == 0) & (calcium < theta2)


@register("sdsp")
class SDSP(PlasticityRule):
    """Spike-driven synaptic plasticity: unit steps of weights of few bits, gated by potential and calcium."""

    weight_bits: int = Field(default=3, ge=2, le=8)
    """Width of an (unsigned, excitatory) weight; the default is that of ODIN."""

    weight_fraction: int = Field(default=3, ge=0, le=16)
    """Bits of a weight after the point."""

    potential_bits: int = Field(default=16, ge=4, le=24)
    """Width in which the rule sees the potential: that of the neuron model saves a conversion."""

    potential_fraction: int = Field(default=10, ge=0, le=20)
    """Bits of the potential after the point."""

    potential_threshold: float = 0.5
    """Potential from which on a synapse is strengthened, below which it is weakened."""

    calcium_low: int = Field(default=1, ge=0, le=CALCIUM_MAX)
    """Calcium from which on anything is learnt (theta1)."""

    calcium_down: int = Field(default=4, ge=0, le=CALCIUM_MAX)
    """Calcium from which on nothing is weakened any more (theta2)."""

    calcium_up: int = Field(default=7, ge=0, le=CALCIUM_MAX)
    """Calcium from which on nothing is strengthened any more (theta3)."""

    calcium_period: int = Field(default=10, ge=0, le=31)
    """Time steps in which calcium falls by one; 0 for never."""

    drift_period: int = Field(default=100, ge=0, le=65535)
    """Time steps from one bistability event to the next (K of the drift's trigger); 0 for never."""

    @property
    def synapse_state(self) -> Mapping[str, Format]:
        """The weight."""
        return {"w": Word(self.weight_bits, signed=False, fraction=self.weight_fraction)}

    @property
    def postsynaptic_state(self) -> Mapping[str, Format]:
        """Calcium with the counter of its leak, and the flags."""
        return {
            "calcium": Word(3, signed=False),
            "calcium_count": Word(5, signed=False),
            "up": BIT,
            "down": BIT,
        }

    @property
    def quantities(self) -> Mapping[str, Format]:
        """The potential as a fixed-point word."""
        return {"post_potential": Word(self.potential_bits, fraction=self.potential_fraction)}

    @property
    def derived(self) -> Mapping[str, float]:
        """The threshold of the potential in the potential's last bits."""
        return {"membrane_level": int(self.quantities["post_potential"].encode(self.potential_threshold))}

    @property
    def period(self) -> int:
        """Of bistability events."""
        return self.drift_period

    @property
    def change(self) -> Format:
        """One unit of the weight up or down."""
        return Word(2, fraction=self.weight_fraction)

    @stage(on="presynaptic spike", per="synapse", writes=("change",))
    def propose_step(up: Any, down: Any) -> Any:
        """A unit up or down as the flags say."""
        return spike_step(up, down)

    @stage(on="every K steps", per="synapse", writes=("change",))
    def propose_drift(w: Any, weight_bits: int) -> Any:
        """A unit towards the nearer end of the range."""
        return drift_step(w, weight_bits)

    @stage(on="time step", per="postsynaptic neuron", writes=("calcium", "calcium_count", "up", "down"))
    def watch(
        calcium: Any, calcium_count: Any, post_spike: Any, post_potential: Any, membrane_level: int,
        calcium_low: int, calcium_down: int, calcium_up: int, calcium_period: int,
    ) -> Any:  # fmt: skip
        """Calcium and flags of a neuron."""
        calcium_count, leaks = count_to(calcium_count, calcium_period, True, 5)
        calcium = calcium_update(calcium, post_spike, leaks, True, 1)
        above = post_potential >= membrane_level
        up, down = learning_flags(above, calcium, True, calcium_low, calcium_down, calcium_up)
        return calcium, calcium_count, up, down
