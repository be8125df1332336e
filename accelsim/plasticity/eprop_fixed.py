"""e-prop on integers, without state per synapse besides a narrow weight.

The rule of `accelsim.plasticity.eprop` with kappa = 0, as ReckOn factorises it (C. Frenkel, G. Indiveri,
"ReckOn: A 28nm sub-mm2 task-agnostic spiking recurrent neural network processor enabling on-chip learning
over second-long timescales", ISSCC 2022): w_ji <- w_ji - 2^-rate_shift L_j psi_j p_i, where trace, surrogate
and learning signal are fixed-point words and the product, exact, is rounded stochastically to the weight's
last bit. The word formats are parameters here; the defaults are assumed.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from accelsim.datapath.intrinsics import saturate_unsigned
from accelsim.datapath.stages import stage
from accelsim.datapath.words import Format, Word
from accelsim.plasticity.base import PlasticityRule, register

_DECAY_BITS = 8


@register("eprop-fixed")
class EPropFixed(PlasticityRule):
    """e-prop without eligibility filter on integers, weights rounded stochastically."""

    rounding: Literal["nearest", "stochastic"] = "stochastic"
    """How a change is rounded to the weight's last bit."""

    rate_shift: int = Field(default=6, ge=0, le=16)
    """Learning rate as a power of two: 2^-rate_shift."""

    trace_decay: float = Field(default=0.95, ge=0, le=1)
    """Decay of the presynaptic trace per time step, rounded to 8 bits after the point."""

    weight_bits: int = Field(default=8, ge=2, le=16)
    """Width of a weight."""

    weight_fraction: int = Field(default=6, ge=0, le=16)
    """Bits of a weight after the point."""

    trace_bits: int = Field(default=8, ge=2, le=12)
    """Width of a presynaptic trace."""

    trace_fraction: int = Field(default=3, ge=0, le=12)
    """Bits of a trace after the point; a spike adds 1."""

    surrogate_bits: int = Field(default=5, ge=1, le=8)
    """Width of the surrogate derivative, all after the point."""

    signal_bits: int = Field(default=12, ge=2, le=16)
    """Width of a learning signal."""

    signal_fraction: int = Field(default=8, ge=0, le=16)
    """Bits of a learning signal after the point."""

    @property
    def synapse_state(self) -> Mapping[str, Format]:
        """The weight."""
        return {"w": Word(self.weight_bits, fraction=self.weight_fraction)}

    @property
    def presynaptic_state(self) -> Mapping[str, Format]:
        """Low-pass filtered spikes."""
        return {"pre_trace": Word(self.trace_bits, signed=False, fraction=self.trace_fraction)}

    @property
    def quantities(self) -> Mapping[str, Format]:
        """Surrogate, learning signal, and as many random bits as the rounding drops."""
        dropped = self.change.fraction - self.weight_fraction if isinstance(self.change, Word) else 0
        return {
            "surrogate": Word(self.surrogate_bits, signed=False, fraction=self.surrogate_bits),
            "learning_signal": Word(self.signal_bits, fraction=self.signal_fraction),
            "random": Word(min(max(dropped, 1), 32), signed=False),
        }

    @property
    def change(self) -> Format:
        """The exact product of learning signal, surrogate and trace, scaled by the learning rate."""
        return Word(
            self.signal_bits + self.surrogate_bits + self.trace_bits,
            fraction=self.signal_fraction + self.surrogate_bits + self.trace_fraction + self.rate_shift,
        )

    @property
    def derived(self) -> Mapping[str, float]:
        """The trace's arithmetic in integers."""
        return {"decay": round(self.trace_decay * 2**_DECAY_BITS), "decay_bits": _DECAY_BITS}

    @stage(on="time step", per="presynaptic neuron", writes=("pre_trace",))
    def filter_spikes(
        pre_trace: Any, pre_spike: Any, decay: int, decay_bits: int, trace_bits: int, trace_fraction: int
    ) -> Any:
        """p <- alpha p + z, rounded down so that it decays to 0."""
        kept = (pre_trace * decay) >> decay_bits
        return saturate_unsigned(kept + (pre_spike << trace_fraction), trace_bits)

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose(pre_trace: Any, surrogate: Any, learning_signal: Any) -> Any:
        """-L psi p."""
        return -(learning_signal * (surrogate * pre_trace))
