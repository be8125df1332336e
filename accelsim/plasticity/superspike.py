"""SuperSpike: eligibilities that are filtered twice, times an error that is broadcast, in floating point.

F. Zenke, S. Ganguli, "SuperSpike: supervised learning in multilayer spiking neural networks", Neural Computation
30(6):1514 (2018). With the presynaptic spike z_i, the surrogate derivative psi_j and the learning signal L_j::

    s_i  <- alpha s_i + z_i                        synaptic current of a weight of 1
    x_i  <- beta x_i + s_i                         postsynaptic potential of a weight of 1
    q_ji <- alpha q_ji + psi_j x_i
    e_ji <- beta e_ji + q_ji                       eligibility
    g_ji <- g_ji + L_j e_ji                        gradient; w_ji <- w_ji - eta g_ji

alpha and beta are the decays of the synaptic current and the potential; neuron model `current-lif` has both, and its
surrogate `fast-sigmoid` is the publication's. The core's learning signal L_j = sum_k B_jk (y_k - y*_k) stands for the
publication's error, a spike train's difference from its target filtered by the same kernel; a readout that leaks
filters it once. The publication's scaling of each weight's rate by its largest recent gradient is left out.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from accelsim.datapath.stages import Stage, stage
from accelsim.datapath.words import Float, Format
from accelsim.plasticity.base import PlasticityRule, register
from accelsim.plasticity.optimiser import Update


def twice_filtered(first: Any, second: Any, value: Any, first_decay: Any, second_decay: Any) -> tuple[Any, Any]:
    """Two leaky integrators in a row, as in neuron model `current-lif`: the second takes the new value of the first."""
    first = first_decay * first + value
    return first, second_decay * second + first


@register("superspike")
class SuperSpike(PlasticityRule):
    """SuperSpike: twice filtered surrogate times potential, times learning signal (Zenke, Ganguli 2018)."""

    float_bits: Literal[32, 64] = 32
    """Width of every word."""

    rate: float = Field(default=1e-3, ge=0)
    """Learning rate eta."""

    synaptic_decay: float = Field(default=0.8, ge=0, le=1)
    """Decay alpha per time step: that of the synaptic current."""

    trace_decay: float = Field(default=0.9, ge=0, le=1)
    """Decay beta per time step: the leak of the neuron."""

    update: Update = "online"
    """When weights change; at the end of a sample takes a word per synapse for the gradient."""

    @property
    def word(self) -> Float:
        """Format of every word."""
        return Float(self.float_bits)

    @property
    def synapse_state(self) -> Mapping[str, Format]:
        """Weight, both filters of the eligibility, and the gradient if it is gathered."""
        gathers = ("gradient",) if self.update == "end of sample" else ()
        return dict.fromkeys(("w", "drive", "eligibility", *gathers), self.word)

    @property
    def presynaptic_state(self) -> Mapping[str, Format]:
        """Synaptic current and potential of a weight of 1."""
        return {"pre_current": self.word, "pre_potential": self.word}

    @property
    def quantities(self) -> Mapping[str, Format]:
        """Everything real in the rule's format."""
        return {"surrogate": self.word, "learning_signal": self.word}

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Those that the options ask for."""
        left_out = ("gather", "apply") if self.update == "online" else ("propose",)
        return tuple(each for each in super().stages if each.name not in left_out)

    @stage(on="time step", per="presynaptic neuron", writes=("pre_current", "pre_potential"))
    def filter_spikes(
        pre_current: Any, pre_potential: Any, pre_spike: Any, synaptic_decay: Any, trace_decay: Any
    ) -> Any:
        """s <- alpha s + z; x <- beta x + s."""
        return twice_filtered(pre_current, pre_potential, pre_spike, synaptic_decay, trace_decay)

    @stage(on="time step", per="synapse", writes=("drive", "eligibility"))
    def remember(
        drive: Any, eligibility: Any, surrogate: Any, pre_potential: Any, synaptic_decay: Any, trace_decay: Any
    ) -> Any:
        """q <- alpha q + psi x; e <- beta e + q."""
        return twice_filtered(drive, eligibility, surrogate * pre_potential, synaptic_decay, trace_decay)

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose(eligibility: Any, learning_signal: Any, rate: Any) -> Any:
        """-eta L e."""
        return -rate * learning_signal * eligibility

    @stage(on="learning signal", per="synapse", writes=("gradient",))
    def gather(gradient: Any, eligibility: Any, learning_signal: Any) -> Any:
        """g <- g + L e."""
        return gradient + learning_signal * eligibility

    @stage(on="end of sample", per="synapse", writes=("change",))
    def apply(gradient: Any, rate: Any) -> Any:
        """-eta g."""
        return -rate * gradient
