"""e-prop for leaky integrate-and-fire neurons in float32.

G. Bellec et al., "A solution to the learning dilemma for recurrent networks of spiking neurons", Nature
Communications 11:3625 (2020). With the presynaptic spike z_i, the surrogate derivative psi_j and the learning
signal L_j of this time step::

    p_i   <- alpha p_i + z_i                  presynaptic trace
    e_ji  <- kappa e_ji + psi_j p_i           eligibility, filtered like the readout
    w_ji  <- w_ji - eta L_j e_ji

The learning signal is L_j = sum_k B_jk (y_k - y*_k); symmetric feedback B (the transposed readout weights)
and random feedback differ in what the core feeds back, not in this rule. With kappa = 0 the eligibility is
psi_j p_i, the form of ReckOn (C. Frenkel, G. Indiveri, ISSCC 2022).
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from accelsim.datapath.stages import stage
from accelsim.datapath.words import Float, Format
from accelsim.plasticity.base import PlasticityRule, register


@register("eprop")
class EProp(PlasticityRule):
    """e-prop: filtered eligibility times learning signal, float32 (Bellec et al. 2020)."""

    rate: float = Field(default=1e-3, ge=0)
    """Learning rate eta."""

    trace_decay: float = Field(default=0.95, ge=0, le=1)
    """Decay alpha of the presynaptic trace per time step: the leak of the neuron."""

    readout_decay: float = Field(default=0.95, ge=0, le=1)
    """Decay kappa of the eligibility per time step: the leak of the readout."""

    @property
    def synapse_state(self) -> Mapping[str, Format]:
        """Weight and filtered eligibility."""
        return {"w": Float(32), "eligibility": Float(32)}

    @property
    def presynaptic_state(self) -> Mapping[str, Format]:
        """Low-pass filtered spikes."""
        return {"pre_trace": Float(32)}

    @stage(on="time step", per="presynaptic neuron", writes=("pre_trace",))
    def filter_spikes(pre_trace: Any, pre_spike: Any, trace_decay: Any) -> Any:
        """p <- alpha p + z."""
        return trace_decay * pre_trace + pre_spike

    @stage(on="time step", per="synapse", writes=("eligibility",))
    def accumulate(eligibility: Any, surrogate: Any, pre_trace: Any, readout_decay: Any) -> Any:
        """e <- kappa e + psi p."""
        return readout_decay * eligibility + surrogate * pre_trace

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose(eligibility: Any, learning_signal: Any, rate: Any) -> Any:
        """-eta L e."""
        return -rate * learning_signal * eligibility
