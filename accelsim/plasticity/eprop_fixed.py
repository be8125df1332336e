"""e-prop on integers.

The rule of `accelsim.plasticity.eprop` with fixed-point words. By default the form that ReckOn factorises (C. Frenkel,
G. Indiveri, "ReckOn: A 28nm sub-mm2 task-agnostic spiking recurrent neural network processor enabling on-chip
learning over second-long timescales", ISSCC 2022), without state per synapse besides a narrow weight:
w_ji <- w_ji - 2^-rate_shift L_j psi_j p_i, where trace, surrogate and learning signal are fixed-point words and the
product, exact, is rounded stochastically to the weight's last bit. Eligibility filter, adaptation and a gradient that
is applied at the end of a sample each add a word per synapse, in which products are rounded to nearest and saturate.
The regulariser adds 2^-regularisation_shift (f_j - f*) e_ji to the gradient in every time step, with a running mean f_j
<- f_j + 2^-rate_memory_shift (z_j - f_j) of the spikes; the weighted excess is a word like the learning signal. Where
both change a weight in one time step, both changes are rounded with the same random word. The word formats are
parameters here; the defaults are assumed.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from accelsim.datapath.intrinsics import saturate, saturate_unsigned, shift_round
from accelsim.datapath.stages import Stage, stage
from accelsim.datapath.words import Format, Word
from accelsim.plasticity.base import register
from accelsim.plasticity.fixed import FixedPointRule
from accelsim.plasticity.optimiser import Update

_STRENGTH = Word(16, signed=False, fraction=14)
"""Format of a neuron's strength of adaptation."""


@register("eprop-fixed")
class EPropFixed(FixedPointRule):
    """e-prop on integers, by default without eligibility filter; weights rounded stochastically."""

    form_of: ClassVar[str | None] = "eprop"

    trace_decay: float = Field(default=0.95, ge=0, le=1)
    """Decay of the presynaptic trace per time step."""

    eligibility_filter: bool = False
    """Whether eligibilities are filtered like the readout."""

    readout_decay: float = Field(default=0.95, ge=0, le=1)
    """Decay of the eligibility per time step: the leak of the readout."""

    adaptation: bool = False
    """Whether eligibilities know of the threshold's adaptation; the core's neurons must have one."""

    adaptation_decay: float = Field(default=0.995, ge=0, le=1)
    """Decay of the adaptation per time step: that of the neuron."""

    update: Update = "online"
    """When weights change; at the end of a sample takes a word per synapse for the gradient."""

    surrogate_bits: int = Field(default=5, ge=1, le=16)
    """Width of the surrogate derivative, all after the point."""

    eligibility_bits: int = Field(default=16, ge=2, le=20)
    """Width of an eligibility."""

    eligibility_fraction: int = Field(default=8, ge=0, le=18)
    """Bits of an eligibility after the point."""

    gradient_bits: int = Field(default=24, ge=4, le=32)
    """Width of a gradient."""

    gradient_fraction: int = Field(default=10, ge=0, le=24)
    """Bits of a gradient after the point."""

    regularisation_shift: int | None = Field(default=None, ge=-12, le=16)
    """Weight of the regulariser of firing rates as a power of two, 2^-regularisation_shift; none without it."""

    target_rate: float = Field(default=0.01, ge=0, le=1)
    """Spikes f* per time step that the regulariser aims at."""

    rate_memory_shift: int = Field(default=9, ge=0, le=16)
    """Running mean of spikes: it forgets 2^-rate_memory_shift of itself per time step."""

    mean_rate_bits: int = Field(default=24, ge=4, le=30)
    """Width of a running mean of spikes, all after the point."""

    @property
    def regularises(self) -> bool:
        """Whether firing rates are regularised."""
        return self.regularisation_shift is not None

    @property
    def keeps_eligibility(self) -> bool:
        """Whether the eligibility is a word per synapse: for its filter, or for that of the adaptation."""
        return self.eligibility_filter or self.adaptation

    @property
    def synapse_state(self) -> Mapping[str, Format]:
        """Weight, and what the options ask for of eligibility, its adaptation part and gradient."""
        eligibility = Word(self.eligibility_bits, fraction=self.eligibility_fraction)
        words = dict(super().synapse_state)
        words |= {"eligibility": eligibility} if self.keeps_eligibility else {}
        words |= {"adaptive_eligibility": eligibility} if self.adaptation else {}
        gathers = self.update == "end of sample"
        return words | ({"gradient": Word(self.gradient_bits, fraction=self.gradient_fraction)} if gathers else {})

    @property
    def postsynaptic_state(self) -> Mapping[str, Format]:
        """Running mean of the spikes and its weighted excess, if rates are regularised."""
        if not self.regularises:
            return {}
        mean = Word(self.mean_rate_bits, signed=False, fraction=self.mean_rate_bits)
        return {"mean_rate": mean, "excess_rate": Word(self.signal_bits, fraction=self.signal_fraction)}

    @property
    def kept(self) -> tuple[str, ...]:
        """What outlives a sample."""
        return ("mean_rate",) if self.regularises else ()

    @property
    def quantities(self) -> Mapping[str, Format]:
        """Surrogate, learning signal, adaptation, and as many random bits as the rounding drops."""
        return {
            **super().quantities,
            "surrogate": Word(self.surrogate_bits, signed=False, fraction=self.surrogate_bits),
            "post_adaptation": _STRENGTH,
        }

    @property
    def change(self) -> Word:
        """The gradient, or the exact product of learning signal and eligibility, scaled by the learning rate."""
        if self.update == "end of sample":
            return Word(self.gradient_bits + 1, fraction=self.gradient_fraction + self.rate_shift)
        bits, fraction = self._eligibility
        return Word(self.signal_bits + bits, fraction=self.signal_fraction + fraction + self.rate_shift)

    @property
    def _eligibility(self) -> tuple[int, int]:
        """Width of the eligibility, kept or not, and its bits after the point."""
        if self.keeps_eligibility:
            return self.eligibility_bits, self.eligibility_fraction
        return self.surrogate_bits + self.trace_bits, self.surrogate_bits + self.trace_fraction

    @property
    def derived(self) -> Mapping[str, float]:
        """The arithmetic in integers: decays, target rate, and by how many bits products are shifted."""
        scale = 2**self.decay_bits
        product = self.surrogate_bits + self.trace_fraction - self._eligibility[1]
        strength = _STRENGTH.fraction + self.eligibility_fraction - self.trace_fraction
        gradient = self.signal_fraction + self._eligibility[1] - self.gradient_fraction
        excess = self.mean_rate_bits - self.signal_fraction + (self.regularisation_shift or 0)
        return {
            "decay": round(self.trace_decay * scale),
            "kept": round(self.readout_decay * scale) if self.eligibility_filter else 0,
            "adaptive_kept": round(self.adaptation_decay * scale),
            "product_lowered": max(product, 0),
            "product_raised": max(-product, 0),
            "product_bits": self._eligibility[0] + (not self.keeps_eligibility),
            "strength_lowered": max(strength, 0),
            "gradient_lowered": max(gradient, 0),
            "gradient_raised": max(-gradient, 0),
            "target_mean": round(self.target_rate * 2**self.mean_rate_bits),
            "excess_lowered": max(excess, 0),
            "excess_raised": max(-excess, 0),
        }

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Those that the options ask for."""
        form = "adaptive" if self.adaptation else "plain"
        wanted = {"filter_spikes", f"eligibility_{form}" if self.keeps_eligibility else ""}
        if self.regularises:
            wanted |= {"average_rate", f"regularise_{form}_{'online' if self.update == 'online' else 'gathered'}"}
        source = "eligibility" if self.keeps_eligibility else "factors"
        wanted |= {f"propose_{source}"} if self.update == "online" else {f"gather_{source}", "apply"}
        return tuple(each for each in super().stages if each.name in wanted)

    @stage(on="time step", per="postsynaptic neuron", writes=("mean_rate", "excess_rate"))
    def average_rate(
        mean_rate: Any,
        post_spike: Any,
        rate_memory_shift: int,
        mean_rate_bits: int,
        target_mean: int,
        excess_lowered: int,
        excess_raised: int,
        signal_bits: int,
    ) -> Any:
        """f <- f + 2^-s (z - f); c (f - f*)."""
        step = shift_round((post_spike << mean_rate_bits) - mean_rate, rate_memory_shift)
        mean = saturate_unsigned(mean_rate + step, mean_rate_bits)
        return mean, saturate(shift_round(mean - target_mean, excess_lowered) << excess_raised, signal_bits)

    @stage(on="time step", per="synapse", writes=("change",))
    def regularise_plain_online(
        surrogate: Any, pre_trace: Any, excess_rate: Any, product_lowered: int, product_raised: int, product_bits: int
    ) -> Any:
        """-c (f - f*) e."""
        return -(excess_rate * saturate(_product(surrogate, pre_trace, product_lowered, product_raised), product_bits))

    @stage(on="time step", per="synapse", writes=("gradient",))
    def regularise_plain_gathered(
        gradient: Any,
        surrogate: Any,
        pre_trace: Any,
        excess_rate: Any,
        product_lowered: int,
        product_raised: int,
        product_bits: int,
        gradient_lowered: int,
        gradient_raised: int,
        gradient_bits: int,
    ) -> Any:
        """g <- g + c (f - f*) e."""
        product = excess_rate * saturate(_product(surrogate, pre_trace, product_lowered, product_raised), product_bits)
        return saturate(gradient + (shift_round(product, gradient_lowered) << gradient_raised), gradient_bits)

    @stage(on="time step", per="synapse", writes=("change",))
    def regularise_adaptive_online(
        surrogate: Any,
        pre_trace: Any,
        post_adaptation: Any,
        adaptive_eligibility: Any,
        excess_rate: Any,
        strength_lowered: int,
        product_lowered: int,
        product_raised: int,
        product_bits: int,
    ) -> Any:
        """-c (f - f*) e."""
        drive = pre_trace - shift_round(post_adaptation * adaptive_eligibility, strength_lowered)
        return -(excess_rate * saturate(_product(surrogate, drive, product_lowered, product_raised), product_bits))

    @stage(on="time step", per="synapse", writes=("gradient",))
    def regularise_adaptive_gathered(
        gradient: Any,
        surrogate: Any,
        pre_trace: Any,
        post_adaptation: Any,
        adaptive_eligibility: Any,
        excess_rate: Any,
        strength_lowered: int,
        product_lowered: int,
        product_raised: int,
        product_bits: int,
        gradient_lowered: int,
        gradient_raised: int,
        gradient_bits: int,
    ) -> Any:
        """g <- g + c (f - f*) e."""
        drive = pre_trace - shift_round(post_adaptation * adaptive_eligibility, strength_lowered)
        product = excess_rate * saturate(_product(surrogate, drive, product_lowered, product_raised), product_bits)
        return saturate(gradient + (shift_round(product, gradient_lowered) << gradient_raised), gradient_bits)

    @stage(on="time step", per="synapse", writes=("eligibility",))
    def eligibility_plain(
        eligibility: Any,
        surrogate: Any,
        pre_trace: Any,
        kept: int,
        decay_bits: int,
        product_lowered: int,
        product_raised: int,
        eligibility_bits: int,
    ) -> Any:
        """e' <- kappa e' + psi p."""
        now = _product(surrogate, pre_trace, product_lowered, product_raised)
        return saturate(shift_round(eligibility * kept, decay_bits) + now, eligibility_bits)

    @stage(on="time step", per="synapse", writes=("eligibility", "adaptive_eligibility"))
    def eligibility_adaptive(
        eligibility: Any,
        adaptive_eligibility: Any,
        surrogate: Any,
        pre_trace: Any,
        post_adaptation: Any,
        kept: int,
        adaptive_kept: int,
        decay_bits: int,
        strength_lowered: int,
        product_lowered: int,
        product_raised: int,
        eligibility_bits: int,
    ) -> Any:
        """e' <- kappa e' + e, eps <- rho eps + e with e = psi (p - beta eps)."""
        drive = pre_trace - shift_round(post_adaptation * adaptive_eligibility, strength_lowered)
        now = _product(surrogate, drive, product_lowered, product_raised)
        filtered = shift_round(eligibility * kept, decay_bits) + now
        adaptive = shift_round(adaptive_eligibility * adaptive_kept, decay_bits) + now
        return saturate(filtered, eligibility_bits), saturate(adaptive, eligibility_bits)

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose_factors(pre_trace: Any, surrogate: Any, learning_signal: Any) -> Any:
        """-L psi p."""
        return -(learning_signal * (surrogate * pre_trace))

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose_eligibility(eligibility: Any, learning_signal: Any) -> Any:
        """-L e'."""
        return -(learning_signal * eligibility)

    @stage(on="learning signal", per="synapse", writes=("gradient",))
    def gather_factors(
        gradient: Any,
        pre_trace: Any,
        surrogate: Any,
        learning_signal: Any,
        gradient_lowered: int,
        gradient_raised: int,
        gradient_bits: int,
    ) -> Any:
        """g <- g + L psi p."""
        product = learning_signal * (surrogate * pre_trace)
        return saturate(gradient + (shift_round(product, gradient_lowered) << gradient_raised), gradient_bits)

    @stage(on="learning signal", per="synapse", writes=("gradient",))
    def gather_eligibility(
        gradient: Any,
        eligibility: Any,
        learning_signal: Any,
        gradient_lowered: int,
        gradient_raised: int,
        gradient_bits: int,
    ) -> Any:
        """g <- g + L e'."""
        product = learning_signal * eligibility
        return saturate(gradient + (shift_round(product, gradient_lowered) << gradient_raised), gradient_bits)

    @stage(on="end of sample", per="synapse", writes=("change",))
    def apply(gradient: Any) -> Any:
        """-g."""
        return -gradient


def _product(surrogate: Any, drive: Any, product_lowered: int, product_raised: int) -> Any:
    """psi times p, or p less its adaptation part."""
    return shift_round(surrogate * drive, product_lowered) << product_raised
