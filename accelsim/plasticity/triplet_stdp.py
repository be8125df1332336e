"""Triplet rule of spike-timing-dependent plasticity, all triplets of spikes, in floating point.

J.-P. Pfister, W. Gerstner, "Triplets of spikes in a model of spike timing-dependent plasticity", J. Neurosci.
26(38):9673 (2006). With two traces of the presynaptic spikes z_i (r1, r2) and two of the postsynaptic ones z_j (o1,
o2), each of which decays and takes in its neuron's spike::

    w_ji <- w_ji + eta r1_i (A2+ + A3+ o2_j(t - e))    if z_j
    w_ji <- w_ji - eta o1_j (A2- + A3- r2_i(t - e))    if z_i

t - e: without the spike of this time step itself. What stands in brackets belongs to a neuron, so it is computed there
and kept as a word; a synapse multiplies once. Traces are updated first: spikes that coincide take part in both terms.

Default amplitudes and time constants are those of the full model with all-to-all interactions that fits visual cortex,
at a time step of 1 ms: tau+ 16.8 ms, tau- 33.7 ms, tau_x 101 ms, tau_y 125 ms. The minimal model has A2+ = A3- = 0
(and A2- 7.1e-3, A3+ 6.5e-3, tau_y 114 ms): with A3- = 0 nothing is kept of r2.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from accelsim.datapath.stages import Stage, stage
from accelsim.datapath.words import Format
from accelsim.plasticity.base import register
from accelsim.plasticity.stdp import BoundedWeight, strengthen, weaken


@register("triplet-stdp")
class TripletSTDP(BoundedWeight):
    """Triplet rule of spike-timing-dependent plasticity, in floating point (Pfister, Gerstner 2006)."""

    rate: float = Field(default=1.0, ge=0)
    """Factor eta of all amplitudes."""

    pre_decay: float = Field(default=0.9422, ge=0, le=1)
    """Decay of r1 per time step."""

    post_decay: float = Field(default=0.9708, ge=0, le=1)
    """Decay of o1 per time step."""

    pre_slow_decay: float = Field(default=0.9901, ge=0, le=1)
    """Decay of r2 per time step."""

    post_slow_decay: float = Field(default=0.9920, ge=0, le=1)
    """Decay of o2 per time step."""

    pair_potentiation: float = Field(default=5e-10, ge=0)
    """Amplitude A2+ of a pre-post pair."""

    triplet_potentiation: float = Field(default=6.2e-3, ge=0)
    """Amplitude A3+ of a post-pre-post triplet."""

    pair_depression: float = Field(default=7e-3, ge=0)
    """Amplitude A2- of a post-pre pair."""

    triplet_depression: float = Field(default=2.3e-4, ge=0)
    """Amplitude A3- of a pre-post-pre triplet; 0 for the minimal model."""

    @property
    def presynaptic_state(self) -> Mapping[str, Format]:
        """The trace r1; with depression by triplets r2 and the factor of depression."""
        full = ("pre_slow", "depression") if self.triplet_depression else ()
        return dict.fromkeys(("pre_trace", *full), self.word)

    @property
    def postsynaptic_state(self) -> Mapping[str, Format]:
        """The traces o1 and o2, and the factor of potentiation."""
        return dict.fromkeys(("post_trace", "post_slow", "potentiation"), self.word)

    @property
    def derived(self) -> Mapping[str, float]:
        """Amplitudes times eta."""
        return {
            "pair_up": self.rate * self.pair_potentiation,
            "triplet_up": self.rate * self.triplet_potentiation,
            "pair_down": self.rate * self.pair_depression,
            "triplet_down": self.rate * self.triplet_depression,
        }

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Those that the amplitudes ask for."""
        left_out = ("depress_pairs",) if self.triplet_depression else ("filter_slow_presynaptic", "depress")
        return tuple(each for each in super().stages if each.name not in left_out)

    @stage(on="time step", per="presynaptic neuron", writes=("pre_trace",))
    def filter_presynaptic(pre_trace: Any, pre_spike: Any, pre_decay: Any) -> Any:
        """r1 <- d r1 + z."""
        return pre_decay * pre_trace + pre_spike

    @stage(on="time step", per="presynaptic neuron", writes=("pre_slow", "depression"))
    def filter_slow_presynaptic(
        pre_slow: Any, pre_spike: Any, pre_slow_decay: Any, pair_down: Any, triplet_down: Any
    ) -> Any:
        """r2 <- d r2 + z; eta (A2- + A3- d r2)."""
        before = pre_slow_decay * pre_slow
        return before + pre_spike, pair_down + triplet_down * before

    @stage(on="time step", per="postsynaptic neuron", writes=("post_trace", "post_slow", "potentiation"))
    def filter_postsynaptic(
        post_trace: Any,
        post_slow: Any,
        post_spike: Any,
        post_decay: Any,
        post_slow_decay: Any,
        pair_up: Any,
        triplet_up: Any,
    ) -> Any:
        """o1 <- d o1 + z; o2 <- d o2 + z; eta (A2+ + A3+ d o2)."""
        before = post_slow_decay * post_slow
        return post_decay * post_trace + post_spike, before + post_spike, pair_up + triplet_up * before

    @stage(on="postsynaptic spike", per="synapse", writes=("change",))
    def potentiate(pre_trace: Any, potentiation: Any, w: Any, weight_limit: Any, soft_bounds: bool) -> Any:
        """Eta r1 (A2+ + A3+ o2)."""
        return strengthen(pre_trace * potentiation, w, weight_limit, soft_bounds)

    @stage(on="presynaptic spike", per="synapse", writes=("change",))
    def depress(
        post_trace: Any, depression: Any, w: Any, weight_limit: Any, soft_bounds: bool, excitatory: bool
    ) -> Any:
        """-eta o1 (A2- + A3- r2)."""
        return weaken(post_trace * depression, w, weight_limit, soft_bounds, excitatory)

    @stage(on="presynaptic spike", per="synapse", writes=("change",))
    def depress_pairs(
        post_trace: Any, pair_down: Any, w: Any, weight_limit: Any, soft_bounds: bool, excitatory: bool
    ) -> Any:
        """-eta o1 A2-."""
        return weaken(post_trace * pair_down, w, weight_limit, soft_bounds, excitatory)
