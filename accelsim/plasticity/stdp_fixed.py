"""Pair-based spike-timing-dependent plasticity on integers, with shifts instead of multiplications.

The rule of `accelsim.plasticity.stdp` with unsigned fixed-point weights and traces::

    x_i  <- x_i - ceil(x_i / 2^k_pre) + z_i                  and so y_j, with z_j and k_post
    w_ji <- w_ji + 2^-up f+(w_ji) x_i      if z_j
    w_ji <- w_ji - 2^-down f-(w_ji) y_j    if z_i

A trace decays by 1 - 2^-k per time step, a time constant of 2^k steps, rounded down so that it decays to 0. The change
is exact; the commit rounds it to the weight's last bit, stochastically if `rounding` says so, and saturates. Soft
bounds, f+ = w_max - w and f- = w, take a multiplication. The word formats are parameters; the defaults are assumed.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from accelsim.datapath.intrinsics import saturate_unsigned, where
from accelsim.datapath.stages import stage
from accelsim.datapath.words import Format, Word
from accelsim.plasticity.base import PlasticityRule, register


def _filter(trace: Any, spike: Any, shift: int, bits: int, fraction: int) -> Any:
    """A trace after one time step."""
    leak = (trace + ((1 << shift) - 1)) >> shift
    return saturate_unsigned(trace - leak + (spike << fraction), bits)


@register("stdp-fixed")
class STDPFixed(PlasticityRule):
    """Pair-based spike-timing-dependent plasticity on integers, by shifts."""

    weight_bits: int = Field(default=8, ge=2, le=16)
    """Width of an (unsigned, excitatory) weight."""

    weight_fraction: int = Field(default=8, ge=0, le=16)
    """Bits of a weight after the point."""

    soft_bounds: bool = False
    """Whether a change is proportional to the distance from the bound that it goes to."""

    trace_bits: int = Field(default=8, ge=2, le=16)
    """Width of a trace."""

    trace_fraction: int = Field(default=5, ge=0, le=12)
    """Bits of a trace after the point; a spike adds 1."""

    pre_shift: int = Field(default=4, ge=0, le=12)
    """Time constant of the presynaptic trace as a power of two: 2^pre_shift time steps."""

    post_shift: int = Field(default=4, ge=0, le=12)
    """Time constant of the postsynaptic trace as a power of two."""

    up_shift: int = Field(default=6, ge=0, le=16)
    """Amplitude of potentiation as a power of two: 2^-up_shift."""

    down_shift: int = Field(default=6, ge=0, le=16)
    """Amplitude of depression as a power of two: 2^-down_shift."""

    @property
    def synapse_state(self) -> Mapping[str, Format]:
        """The weight."""
        return {"w": Word(self.weight_bits, signed=False, fraction=self.weight_fraction)}

    @property
    def _trace(self) -> Word:
        return Word(self.trace_bits, signed=False, fraction=self.trace_fraction)

    @property
    def presynaptic_state(self) -> Mapping[str, Format]:
        """Low-pass filtered spikes."""
        return {"pre_trace": self._trace}

    @property
    def postsynaptic_state(self) -> Mapping[str, Format]:
        """Low-pass filtered spikes."""
        return {"post_trace": self._trace}

    @property
    def change(self) -> Word:
        """A trace, times the distance from a bound if these are soft, with both amplitudes' digits."""
        bits = self.trace_bits + abs(self.up_shift - self.down_shift) + 1
        fraction = self.trace_fraction + max(self.up_shift, self.down_shift)
        if not self.soft_bounds:
            return Word(bits, fraction=fraction)
        return Word(bits + self.weight_bits, fraction=fraction + self.weight_fraction)

    @property
    def quantities(self) -> Mapping[str, Format]:
        """As many random bits as the rounding drops."""
        dropped = self.change.fraction - self.weight_fraction
        return {"random": Word(min(max(dropped, 1), 32), signed=False)}

    @property
    def learning_rate(self) -> float:
        """2^-up_shift."""
        return float(2.0**-self.up_shift)

    @property
    def derived(self) -> Mapping[str, float]:
        """Both amplitudes in the last bit of the change, and the largest weight."""
        smallest = max(self.up_shift, self.down_shift)
        limit = 2.0**self.weight_bits if self.weight_limit is None else self.weight_limit * 2.0**self.weight_fraction
        return {
            "up_raised": smallest - self.up_shift,
            "down_raised": smallest - self.down_shift,
            "largest": int(min(limit, 2**self.weight_bits - 1)),
        }

    @stage(on="time step", per="presynaptic neuron", writes=("pre_trace",))
    def filter_presynaptic(pre_trace: Any, pre_spike: Any, pre_shift: int, trace_bits: int, trace_fraction: int) -> Any:
        """x <- x - ceil(x / 2^k) + z."""
        return _filter(pre_trace, pre_spike, pre_shift, trace_bits, trace_fraction)

    @stage(on="time step", per="postsynaptic neuron", writes=("post_trace",))
    def filter_postsynaptic(
        post_trace: Any, post_spike: Any, post_shift: int, trace_bits: int, trace_fraction: int
    ) -> Any:
        """y <- y - ceil(y / 2^k) + z."""
        return _filter(post_trace, post_spike, post_shift, trace_bits, trace_fraction)

    @stage(on="postsynaptic spike", per="synapse", writes=("change",))
    def potentiate(pre_trace: Any, w: Any, largest: int, up_raised: int, soft_bounds: bool) -> Any:
        """2^-up f+(w) x."""
        return where(soft_bounds, pre_trace * (largest - w), pre_trace) << up_raised

    @stage(on="presynaptic spike", per="synapse", writes=("change",))
    def depress(post_trace: Any, w: Any, down_raised: int, soft_bounds: bool) -> Any:
        """-2^-down f-(w) y."""
        return -(where(soft_bounds, post_trace * w, post_trace) << down_raised)
