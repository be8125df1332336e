"""Three-factor Hebbian rule: covariance of pre- and postsynaptic activity, remembered until a reward comes.

The form "Hebb with a postsynaptic mean" of N. Frémaux, W. Gerstner, "Neuromodulated spike-timing-dependent plasticity,
and theory of three-factor learning rules", Frontiers in Neural Circuits 9:85 (2016). With the presynaptic spike z_i,
the postsynaptic spike z_j and the reward r of a step that has one::

    p_i  <- d p_i + z_i                            presynaptic trace
    e_ji <- d_e e_ji + (z_j - f_j) p_i             eligibility
    f_j  <- f_j + (1 - m) (z_j - f_j)              running mean of the spikes
    w_ji <- w_ji + eta r e_ji

Unlike `accelsim.plasticity.reward_stdp` it has no depression by late presynaptic spikes: what pulls weights down is
that a neuron fires less than it is used to.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from accelsim.datapath.stages import stage
from accelsim.datapath.words import Float, Format
from accelsim.plasticity.base import PlasticityRule, register


@register("three-factor-hebb")
class ThreeFactorHebb(PlasticityRule):
    """Three-factor Hebbian rule: eligibility from spike covariance times reward (Frémaux, Gerstner 2016)."""

    float_bits: Literal[32, 64] = 32
    """Width of every word."""

    rate: float = Field(default=1e-3, ge=0)
    """Learning rate eta."""

    trace_decay: float = Field(default=0.95, ge=0, le=1)
    """Decay of the presynaptic trace per time step."""

    eligibility_decay: float = Field(default=0.99, ge=0, le=1)
    """Decay of the eligibility per time step."""

    rate_memory: float = Field(default=0.998, ge=0, lt=1)
    """Decay m of the running mean of spikes per time step."""

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
        """Low-pass filtered spikes."""
        return {"pre_trace": self.word}

    @property
    def postsynaptic_state(self) -> Mapping[str, Format]:
        """Running mean of the spikes, and how far this step is above it."""
        return {"mean_rate": self.word, "surplus": self.word}

    @property
    def kept(self) -> tuple[str, ...]:
        """The running mean outlives a sample."""
        return ("mean_rate",)

    @property
    def quantities(self) -> Mapping[str, Format]:
        """The reward in the rule's format."""
        return {"reward": self.word}

    @stage(on="time step", per="presynaptic neuron", writes=("pre_trace",))
    def filter_spikes(pre_trace: Any, pre_spike: Any, trace_decay: Any) -> Any:
        """p <- d p + z."""
        return trace_decay * pre_trace + pre_spike

    @stage(on="time step", per="postsynaptic neuron", writes=("mean_rate", "surplus"))
    def average_rate(mean_rate: Any, post_spike: Any, rate_memory: Any) -> Any:
        """f <- f + (1 - m) (z - f); z - f."""
        surplus = post_spike - mean_rate
        return mean_rate + (1.0 - rate_memory) * surplus, surplus

    @stage(on="time step", per="synapse", writes=("eligibility",))
    def remember(eligibility: Any, surplus: Any, pre_trace: Any, eligibility_decay: Any) -> Any:
        """e <- d e + (z - f) p."""
        return eligibility_decay * eligibility + surplus * pre_trace

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose(eligibility: Any, reward: Any, rate: Any) -> Any:
        """Eta r e."""
        return rate * reward * eligibility
