"""Delta rule of a leaky linear readout.

B. Widrow, M. E. Hoff, "Adaptive switching circuits", IRE WESCON (1960); in the form in which e-prop trains
its readout (G. Bellec et al., Nature Communications 11:3625, 2020). With the presynaptic spike z_j and the
error y_k - y*_k of the output, which the core offers as its learning signal::

    p_j  <- kappa p_j + z_j                   presynaptic trace, filtered like the readout
    g_kj <- g_kj + (y_k - y*_k) p_j           gradient; w_kj <- w_kj - eta g_kj
"""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from accelsim.datapath.decay import decay_factor, decayed
from accelsim.datapath.stages import Stage, stage
from accelsim.datapath.words import Float, Format
from accelsim.plasticity.base import PlasticityRule, register
from accelsim.plasticity.optimiser import Optimiser, Update, adam, check_optimiser

_MOMENTS = ("mean_gradient", "mean_square")


@register("delta")
class Delta(PlasticityRule):
    """Delta rule of a leaky readout: error times filtered presynaptic spikes, in floating point."""

    float_bits: Literal[32, 64] = 32
    """Width of every word."""

    rate: float = Field(default=1e-3, ge=0)
    """Learning rate eta."""

    readout_decay: float = Field(default=0.95, ge=0, le=1)
    """Decay kappa of the presynaptic trace per time step: the leak of the readout."""

    update: Update = "online"
    """When weights change; at the end of a sample takes a word per synapse for the gradient."""

    optimiser: Optimiser = "sgd"
    """What makes a change of the gradient of a sample; `adam` takes two more words per synapse."""

    exact_decays: bool = False
    """Whether words decay by a subtraction: float32 keeps long time constants (see `accelsim.datapath.decay`)."""

    weight_decay: float = Field(default=0.0, ge=0, lt=1)
    """Share of itself that a weight loses with every change; adaptive feedback needs some."""

    @model_validator(mode="after")
    def _optimiser_fits(self) -> Self:
        check_optimiser(self.optimiser, self.update)
        return self

    @property
    def synapse_state(self) -> Mapping[str, Format]:
        """Weight, and what the options ask for of the gradient of a sample, its mean and mean square."""
        gathers = ("gradient",) if self.update == "end of sample" else ()
        return dict.fromkeys(("w", *gathers, *self.kept), Float(self.float_bits))

    @property
    def kept(self) -> tuple[str, ...]:
        """What outlives a sample."""
        return _MOMENTS if self.update == "end of sample" and self.optimiser == "adam" else ()

    @property
    def presynaptic_state(self) -> Mapping[str, Format]:
        """Low-pass filtered spikes."""
        return {"pre_trace": Float(self.float_bits)}

    @property
    def quantities(self) -> Mapping[str, Format]:
        """The error in the rule's format."""
        return {"surrogate": Float(self.float_bits), "learning_signal": Float(self.float_bits)}

    @property
    def derived(self) -> Mapping[str, float]:
        """What the trace is multiplied with."""
        return {"trace_factor": decay_factor(self.readout_decay, self.exact_decays)}

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Those that the options ask for."""
        wanted = {"filter_spikes"} | ({"propose"} if self.update == "online" else {"gather", f"apply_{self.optimiser}"})
        if self.weight_decay:
            wanted = {f"{each}_decayed" if each.startswith(("propose", "apply")) else each for each in wanted}
        return tuple(each for each in super().stages if each.name in wanted)

    @stage(on="time step", per="presynaptic neuron", writes=("pre_trace",))
    def filter_spikes(pre_trace: Any, pre_spike: Any, trace_factor: Any, exact_decays: bool) -> Any:
        """p <- kappa p + z."""
        return decayed(pre_trace, trace_factor, exact_decays) + pre_spike

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose(pre_trace: Any, learning_signal: Any, rate: Any) -> Any:
        """-eta (y - y*) p."""
        return -rate * learning_signal * pre_trace

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose_decayed(w: Any, pre_trace: Any, learning_signal: Any, rate: Any, weight_decay: Any) -> Any:
        """-eta (y - y*) p - lambda w."""
        return -rate * learning_signal * pre_trace - weight_decay * w

    @stage(on="learning signal", per="synapse", writes=("gradient",))
    def gather(gradient: Any, pre_trace: Any, learning_signal: Any) -> Any:
        """g <- g + (y - y*) p."""
        return gradient + learning_signal * pre_trace

    @stage(on="end of sample", per="synapse", writes=("change",))
    def apply_sgd(gradient: Any, rate: Any) -> Any:
        """-eta g."""
        return -rate * gradient

    @stage(on="end of sample", per="synapse", writes=("change",))
    def apply_sgd_decayed(w: Any, gradient: Any, rate: Any, weight_decay: Any) -> Any:
        """-eta g - lambda w."""
        return -rate * gradient - weight_decay * w

    @stage(on="end of sample", per="synapse", writes=(*_MOMENTS, "change"))
    def apply_adam(gradient: Any, mean_gradient: Any, mean_square: Any, rate: Any) -> Any:
        """Adam."""
        return adam(gradient, mean_gradient, mean_square, rate)

    @stage(on="end of sample", per="synapse", writes=(*_MOMENTS, "change"))
    def apply_adam_decayed(
        w: Any, gradient: Any, mean_gradient: Any, mean_square: Any, rate: Any, weight_decay: Any
    ) -> Any:
        """Adam, and -lambda w."""
        mean, square, change = adam(gradient, mean_gradient, mean_square, rate)
        return mean, square, change - weight_decay * w
