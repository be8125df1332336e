"""RFLO, random feedback local online learning, for spiking neurons, in floating point.

J. M. Murray, "Local online learning in recurrent networks with random feedback", eLife 8:e43299 (2019). The
publication's units are h <- (1 - 1/tau) h + phi(u) / tau; here the spike z stands for phi(u), so that h is a low-pass
filtered spike train, and the surrogate derivative psi_j for phi'(u_j). With the learning signal L_j::

    h_i  <- d h_i + (1 - d) z_i                    presynaptic rate, d = 1 - 1/tau
    p_ji <- d p_ji + (1 - d) psi_j h_i             eligibility
    w_ji <- w_ji - eta L_j p_ji

The publication's learning signal comes through fixed random weights: option `feedback: random` of the core.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from accelsim.datapath.stages import stage
from accelsim.datapath.words import Float, Format
from accelsim.plasticity.base import PlasticityRule, register


@register("rflo")
class RFLO(PlasticityRule):
    """RFLO: leaky surrogate times presynaptic rate, times learning signal (Murray 2019)."""

    float_bits: Literal[32, 64] = 32
    """Width of every word."""

    rate: float = Field(default=1e-2, ge=0)
    """Learning rate eta."""

    decay: float = Field(default=0.95, ge=0, le=1)
    """Decay d of rates and eligibilities per time step."""

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
        return {"pre_rate": self.word}

    @property
    def quantities(self) -> Mapping[str, Format]:
        """Everything real in the rule's format."""
        return {"surrogate": self.word, "learning_signal": self.word}

    @property
    def derived(self) -> Mapping[str, float]:
        """1 - d = 1 / tau."""
        return {"gain": 1.0 - self.decay}

    @stage(on="time step", per="presynaptic neuron", writes=("pre_rate",))
    def filter_spikes(pre_rate: Any, pre_spike: Any, decay: Any, gain: Any) -> Any:
        """h <- d h + (1 - d) z."""
        return decay * pre_rate + gain * pre_spike

    @stage(on="time step", per="synapse", writes=("eligibility",))
    def remember(eligibility: Any, surrogate: Any, pre_rate: Any, decay: Any, gain: Any) -> Any:
        """p <- d p + (1 - d) psi h."""
        return decay * eligibility + gain * (surrogate * pre_rate)

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose(eligibility: Any, learning_signal: Any, rate: Any) -> Any:
        """-eta L p."""
        return -rate * learning_signal * eligibility
