"""e-prop for leaky integrate-and-fire neurons with or without adaptive threshold, in floating point.

G. Bellec et al., "A solution to the learning dilemma for recurrent networks of spiking neurons", Nature
Communications 11:3625 (2020). With the presynaptic spike z_i, the surrogate derivative psi_j and the learning
signal L_j of this time step::

    p_i     <- alpha p_i + z_i                        presynaptic trace
    e_ji    =  psi_j (p_i - beta_j eps_ji)            eligibility
    eps_ji  <- rho eps_ji + e_ji                      of the threshold's adaptation, for the next step
    e'_ji   <- kappa e'_ji + e_ji                     eligibility, filtered like the readout
    g_ji    <- g_ji + L_j e'_ji                       gradient; w_ji <- w_ji - eta g_ji

The publication's eps_ji(t) = psi_j(t-1) p_i(t-1) + (rho - psi_j(t-1) beta_j) eps_ji(t-1) is rho eps_ji(t-1) +
e_ji(t-1): what is kept here needs no psi and p of the step before. Without adaptation eps vanishes; without the
filter the eligibility is psi_j p_i, the form of ReckOn (C. Frenkel, G. Indiveri, ISSCC 2022), which keeps nothing per
synapse. The learning signal is L_j = sum_k B_jk (y_k - y*_k); what B is decides the core, not this rule. The
regulariser adds c (f_j - f*) e_ji to the gradient in every time step, with a running mean f_j of the spikes.
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


@register("eprop")
class EProp(PlasticityRule):
    """e-prop: filtered eligibility times learning signal, in floating point (Bellec et al. 2020)."""

    float_bits: Literal[32, 64] = 32
    """Width of every word."""

    rate: float = Field(default=1e-3, ge=0)
    """Learning rate eta."""

    trace_decay: float = Field(default=0.95, ge=0, le=1)
    """Decay alpha of the presynaptic trace per time step: the leak of the neuron."""

    eligibility_filter: bool = True
    """Whether eligibilities are filtered like the readout."""

    readout_decay: float = Field(default=0.95, ge=0, le=1)
    """Decay kappa of the eligibility per time step: the leak of the readout."""

    adaptation: bool = False
    """Whether eligibilities know of the threshold's adaptation; the core's neurons must have one."""

    adaptation_decay: float = Field(default=0.995, ge=0, le=1)
    """Decay rho of the adaptation per time step: that of the neuron."""

    update: Update = "online"
    """When weights change; at the end of a sample takes a word per synapse for the gradient."""

    optimiser: Optimiser = "sgd"
    """What makes a change of the gradient of a sample; `adam` takes two more words per synapse."""

    exact_decays: bool = False
    """Whether words decay by a subtraction: float32 keeps long time constants (see `accelsim.datapath.decay`)."""

    regularisation: float = Field(default=0.0, ge=0)
    """Weight c of the regulariser of firing rates; 0 for none."""

    target_rate: float = Field(default=0.01, ge=0, le=1)
    """Spikes f* per time step that the regulariser aims at."""

    rate_memory: float = Field(default=0.998, ge=0, lt=1)
    """Decay of the running mean of spikes per time step."""

    @model_validator(mode="after")
    def _optimiser_fits(self) -> Self:
        check_optimiser(self.optimiser, self.update)
        return self

    @property
    def word(self) -> Float:
        """Format of every word."""
        return Float(self.float_bits)

    @property
    def keeps_eligibility(self) -> bool:
        """Whether the eligibility is a word per synapse: for its filter, or for that of the adaptation."""
        return self.eligibility_filter or self.adaptation

    @property
    def by_adam(self) -> bool:
        """Whether mean and mean square of the gradient are kept."""
        return self.update == "end of sample" and self.optimiser == "adam"

    @property
    def synapse_state(self) -> Mapping[str, Format]:
        """Weight, and what the options ask for of eligibility, its adaptation part and gradient."""
        kept = {
            "w": True,
            "eligibility": self.keeps_eligibility,
            "adaptive_eligibility": self.adaptation,
            "gradient": self.update == "end of sample",
            **dict.fromkeys(_MOMENTS, self.by_adam),
        }
        return {name: self.word for name, needed in kept.items() if needed}

    @property
    def presynaptic_state(self) -> Mapping[str, Format]:
        """Low-pass filtered spikes."""
        return {"pre_trace": self.word}

    @property
    def postsynaptic_state(self) -> Mapping[str, Format]:
        """Running mean of the spikes and its weighted excess, if rates are regularised."""
        return {"mean_rate": self.word, "excess_rate": self.word} if self.regularisation else {}

    @property
    def kept(self) -> tuple[str, ...]:
        """What outlives a sample."""
        return (*(("mean_rate",) if self.regularisation else ()), *(_MOMENTS if self.by_adam else ()))

    @property
    def quantities(self) -> Mapping[str, Format]:
        """Everything real in the rule's format."""
        return dict.fromkeys(("surrogate", "learning_signal", "post_adaptation"), self.word)

    @property
    def derived(self) -> Mapping[str, float]:
        """What words are multiplied with from step to step."""
        kept = self.readout_decay if self.eligibility_filter else 0.0
        return {
            "trace_factor": decay_factor(self.trace_decay, self.exact_decays),
            "filter_factor": decay_factor(kept, self.exact_decays),
            "adaptation_factor": decay_factor(self.adaptation_decay, self.exact_decays),
        }

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Those that the options ask for."""
        form = "adaptive" if self.adaptation else "plain"
        wanted = {"filter_spikes", f"eligibility_{form}" if self.keeps_eligibility else ""}
        if self.regularisation:
            wanted |= {"average_rate", f"regularise_{form}_{'online' if self.update == 'online' else 'gathered'}"}
        source = "eligibility" if self.keeps_eligibility else "factors"
        if self.update == "online":
            wanted |= {f"propose_{source}"}
        else:
            wanted |= {f"gather_{source}", f"apply_{self.optimiser}"}
        return tuple(each for each in super().stages if each.name in wanted)

    @stage(on="time step", per="presynaptic neuron", writes=("pre_trace",))
    def filter_spikes(pre_trace: Any, pre_spike: Any, trace_factor: Any, exact_decays: bool) -> Any:
        """p <- alpha p + z."""
        return decayed(pre_trace, trace_factor, exact_decays) + pre_spike

    @stage(on="time step", per="postsynaptic neuron", writes=("mean_rate", "excess_rate"))
    def average_rate(mean_rate: Any, post_spike: Any, rate_memory: Any, regularisation: Any, target_rate: Any) -> Any:
        """f <- f + (1 - m) (z - f); c (f - f*)."""
        mean_rate = mean_rate + (1.0 - rate_memory) * (post_spike - mean_rate)
        return mean_rate, regularisation * (mean_rate - target_rate)

    @stage(on="time step", per="synapse", writes=("change",))
    def regularise_plain_online(surrogate: Any, pre_trace: Any, excess_rate: Any, rate: Any) -> Any:
        """-eta c (f - f*) e."""
        return -rate * excess_rate * (surrogate * pre_trace)

    @stage(on="time step", per="synapse", writes=("gradient",))
    def regularise_plain_gathered(gradient: Any, surrogate: Any, pre_trace: Any, excess_rate: Any) -> Any:
        """g <- g + c (f - f*) e."""
        return gradient + excess_rate * (surrogate * pre_trace)

    @stage(on="time step", per="synapse", writes=("change",))
    def regularise_adaptive_online(
        surrogate: Any, pre_trace: Any, post_adaptation: Any, adaptive_eligibility: Any, excess_rate: Any, rate: Any
    ) -> Any:
        """-eta c (f - f*) e."""
        return -rate * excess_rate * _adaptive(surrogate, pre_trace, post_adaptation, adaptive_eligibility)

    @stage(on="time step", per="synapse", writes=("gradient",))
    def regularise_adaptive_gathered(
        gradient: Any, surrogate: Any, pre_trace: Any, post_adaptation: Any, adaptive_eligibility: Any, excess_rate: Any
    ) -> Any:
        """g <- g + c (f - f*) e."""
        return gradient + excess_rate * _adaptive(surrogate, pre_trace, post_adaptation, adaptive_eligibility)

    @stage(on="time step", per="synapse", writes=("eligibility",))
    def eligibility_plain(
        eligibility: Any, surrogate: Any, pre_trace: Any, filter_factor: Any, exact_decays: bool
    ) -> Any:
        """e' <- kappa e' + psi p."""
        return decayed(eligibility, filter_factor, exact_decays) + surrogate * pre_trace

    @stage(on="time step", per="synapse", writes=("eligibility", "adaptive_eligibility"))
    def eligibility_adaptive(
        eligibility: Any,
        adaptive_eligibility: Any,
        surrogate: Any,
        pre_trace: Any,
        post_adaptation: Any,
        filter_factor: Any,
        adaptation_factor: Any,
        exact_decays: bool,
    ) -> Any:
        """e' <- kappa e' + e, eps <- rho eps + e."""
        now = _adaptive(surrogate, pre_trace, post_adaptation, adaptive_eligibility)
        filtered = decayed(eligibility, filter_factor, exact_decays) + now
        return filtered, decayed(adaptive_eligibility, adaptation_factor, exact_decays) + now

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose_eligibility(eligibility: Any, learning_signal: Any, rate: Any) -> Any:
        """-eta L e'."""
        return -rate * learning_signal * eligibility

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose_factors(surrogate: Any, pre_trace: Any, learning_signal: Any, rate: Any) -> Any:
        """-eta L psi p."""
        return -rate * learning_signal * (surrogate * pre_trace)

    @stage(on="learning signal", per="synapse", writes=("gradient",))
    def gather_eligibility(gradient: Any, eligibility: Any, learning_signal: Any) -> Any:
        """g <- g + L e'."""
        return gradient + learning_signal * eligibility

    @stage(on="learning signal", per="synapse", writes=("gradient",))
    def gather_factors(gradient: Any, surrogate: Any, pre_trace: Any, learning_signal: Any) -> Any:
        """g <- g + L psi p."""
        return gradient + learning_signal * (surrogate * pre_trace)

    @stage(on="end of sample", per="synapse", writes=("change",))
    def apply_sgd(gradient: Any, rate: Any) -> Any:
        """-eta g."""
        return -rate * gradient

    @stage(on="end of sample", per="synapse", writes=(*_MOMENTS, "change"))
    def apply_adam(gradient: Any, mean_gradient: Any, mean_square: Any, rate: Any) -> Any:
        """Adam."""
        return adam(gradient, mean_gradient, mean_square, rate)


def _adaptive(surrogate: Any, pre_trace: Any, post_adaptation: Any, adaptive_eligibility: Any) -> Any:
    """psi (p - beta eps)."""
    return surrogate * (pre_trace - post_adaptation * adaptive_eligibility)
