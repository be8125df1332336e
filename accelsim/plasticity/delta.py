"""Delta rule of a leaky linear readout.

B. Widrow, M. E. Hoff, "Adaptive switching circuits", IRE WESCON (1960); in the form in which e-prop trains
its readout (G. Bellec et al., Nature Communications 11:3625, 2020). With the presynaptic spike z_j and the
error y_k - y*_k of the output, which the core offers as its learning signal::

    p_j  <- kappa p_j + z_j                   presynaptic trace, filtered like the readout
    w_kj <- w_kj - eta (y_k - y*_k) p_j
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from accelsim.datapath.stages import stage
from accelsim.datapath.words import Float, Format
from accelsim.plasticity.base import PlasticityRule, register


@register("delta")
class Delta(PlasticityRule):
    """Delta rule of a leaky readout: error times filtered presynaptic spikes, float32."""

    rate: float = Field(default=1e-3, ge=0)
    """Learning rate eta."""

    readout_decay: float = Field(default=0.95, ge=0, le=1)
    """Decay kappa of the presynaptic trace per time step: the leak of the readout."""

    @property
    def presynaptic_state(self) -> Mapping[str, Format]:
        """Low-pass filtered spikes."""
        return {"pre_trace": Float(32)}

    @stage(on="time step", per="presynaptic neuron", writes=("pre_trace",))
    def filter_spikes(pre_trace: Any, pre_spike: Any, readout_decay: Any) -> Any:
        """p <- kappa p + z."""
        return readout_decay * pre_trace + pre_spike

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose(pre_trace: Any, learning_signal: Any, rate: Any) -> Any:
        """-eta (y - y*) p."""
        return -rate * learning_signal * pre_trace
