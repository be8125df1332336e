"""DECOLLE, deep continuous local learning, in floating point: no state per synapse besides the weight.

J. Kaiser, H. Mostafa, E. Neftci, "Synaptic plasticity dynamics for deep continuous local learning (DECOLLE)", Frontiers
in Neuroscience 14:424 (2020). Every layer has a loss of its own through a fixed random readout, and no gradient leaves
it. With the presynaptic spike z_i, the surrogate derivative psi_j and the learning signal L_j of the layer::

    q_i  <- alpha q_i + z_i                        synaptic trace
    p_i  <- beta p_i + q_i                         membrane trace
    w_ji <- w_ji - eta L_j psi_j p_i

The learning signal of the local loss, L_j = sum_k G_kj dloss/dy_k with fixed random G, is what the core offers with
option `feedback: random`; its one layer of neurons has one loss. The publication's traces carry factors 1 - alpha and
1 - beta, which are left to eta, and p takes the q of the step before; here traces are those of neuron model
`current-lif`.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from accelsim.datapath.stages import stage
from accelsim.datapath.words import Float, Format
from accelsim.plasticity.base import PlasticityRule, register
from accelsim.plasticity.superspike import twice_filtered


@register("decolle")
class DECOLLE(PlasticityRule):
    """DECOLLE: membrane trace times surrogate, times the learning signal of a local loss (Kaiser et al. 2020)."""

    float_bits: Literal[32, 64] = 32
    """Width of every word."""

    rate: float = Field(default=1e-3, ge=0)
    """Learning rate eta."""

    synaptic_decay: float = Field(default=0.8, ge=0, le=1)
    """Decay alpha per time step: that of the synaptic current."""

    trace_decay: float = Field(default=0.9, ge=0, le=1)
    """Decay beta per time step: the leak of the neuron."""

    @property
    def word(self) -> Float:
        """Format of every word."""
        return Float(self.float_bits)

    @property
    def synapse_state(self) -> Mapping[str, Format]:
        """The weight."""
        return {"w": self.word}

    @property
    def presynaptic_state(self) -> Mapping[str, Format]:
        """Synaptic and membrane trace."""
        return {"synaptic_trace": self.word, "membrane_trace": self.word}

    @property
    def quantities(self) -> Mapping[str, Format]:
        """Everything real in the rule's format."""
        return {"surrogate": self.word, "learning_signal": self.word}

    @stage(on="time step", per="presynaptic neuron", writes=("synaptic_trace", "membrane_trace"))
    def filter_spikes(
        synaptic_trace: Any, membrane_trace: Any, pre_spike: Any, synaptic_decay: Any, trace_decay: Any
    ) -> Any:
        """q <- alpha q + z; p <- beta p + q."""
        return twice_filtered(synaptic_trace, membrane_trace, pre_spike, synaptic_decay, trace_decay)

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose(membrane_trace: Any, surrogate: Any, learning_signal: Any, rate: Any) -> Any:
        """-eta L psi p."""
        return -rate * learning_signal * (surrogate * membrane_trace)
