"""Reward-modulated spike-timing-dependent plasticity with an eligibility trace, in floating point.

R. V. Florian, "Reinforcement learning through modulation of spike-timing-dependent synaptic plasticity", Neural
Computation 19(6):1468 (2007), MSTDPET; E. M. Izhikevich, Cerebral Cortex 17(10):2443 (2007). With the presynaptic spike
z_i, the postsynaptic spike z_j and the reward r of a step that has one::

    x_i  <- d_pre x_i + A+ z_i                     presynaptic trace
    y_j  <- d_post y_j + A- z_j                    postsynaptic trace
    e_ji <- d_e e_ji + x_i z_j - y_j z_i           eligibility
    w_ji <- w_ji + eta r e_ji

With d_e = 0 it is MSTDP. Florian's 1 / tau_e before the spikes' part of the eligibility is left to eta.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from accelsim.datapath.intrinsics import where
from accelsim.datapath.stages import stage
from accelsim.datapath.words import Float, Format
from accelsim.plasticity.base import PlasticityRule, register


@register("reward-stdp")
class RewardSTDP(PlasticityRule):
    """Reward-modulated spike-timing-dependent plasticity: eligibility times reward (Florian 2007)."""

    float_bits: Literal[32, 64] = 32
    """Width of every word."""

    rate: float = Field(default=1e-3, ge=0)
    """Learning rate eta."""

    pre_decay: float = Field(default=0.95, ge=0, le=1)
    """Decay of the presynaptic trace per time step."""

    post_decay: float = Field(default=0.95, ge=0, le=1)
    """Decay of the postsynaptic trace per time step."""

    eligibility_decay: float = Field(default=0.99, ge=0, le=1)
    """Decay of the eligibility per time step."""

    potentiation: float = Field(default=1.0, ge=0)
    """Amplitude A+ of a postsynaptic spike after a presynaptic one."""

    depression: float = Field(default=1.0, ge=0)
    """Amplitude A- of a presynaptic spike after a postsynaptic one."""

    @property
    def word(self) -> Float:
        """Format of every word."""
        return Float(self.float_bits)

    @property
    def synapse_state(self) -> Mapping[str, Format]:
        """Weight and eligibility."""
        return {"w": self.word, "eligibility": self.word}

    @property
    def presynaptic_state(self) -> Mapping[str, Format]:
        """Low-pass filtered spikes, times A+."""
        return {"pre_trace": self.word}

    @property
    def postsynaptic_state(self) -> Mapping[str, Format]:
        """Low-pass filtered spikes, times A-."""
        return {"post_trace": self.word}

    @property
    def quantities(self) -> Mapping[str, Format]:
        """The reward in the rule's format."""
        return {"reward": self.word}

    @stage(on="time step", per="presynaptic neuron", writes=("pre_trace",))
    def filter_presynaptic(pre_trace: Any, pre_spike: Any, pre_decay: Any, potentiation: Any) -> Any:
        """x <- d x + A+ z."""
        return pre_decay * pre_trace + where(pre_spike, potentiation, 0.0)

    @stage(on="time step", per="postsynaptic neuron", writes=("post_trace",))
    def filter_postsynaptic(post_trace: Any, post_spike: Any, post_decay: Any, depression: Any) -> Any:
        """y <- d y + A- z."""
        return post_decay * post_trace + where(post_spike, depression, 0.0)

    @stage(on="time step", per="synapse", writes=("eligibility",))
    def remember(
        eligibility: Any, pre_trace: Any, post_trace: Any, pre_spike: Any, post_spike: Any, eligibility_decay: Any
    ) -> Any:
        """e <- d e + x z_j - y z_i."""
        paired = where(post_spike, pre_trace, 0.0) - where(pre_spike, post_trace, 0.0)
        return eligibility_decay * eligibility + paired

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose(eligibility: Any, reward: Any, rate: Any) -> Any:
        """Eta r e."""
        return rate * reward * eligibility
