"""Delta rule of a leaky linear readout on integers.

The rule of `accelsim.plasticity.delta`, w_kj <- w_kj - 2^-rate_shift (y_k - y*_k) p_j, with fixed-point trace and
error; their product, exact, is rounded stochastically to the weight's last bit. The word formats are parameters;
the defaults are assumed.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from accelsim.datapath.intrinsics import saturate_unsigned
from accelsim.datapath.stages import stage
from accelsim.datapath.words import Format, Word
from accelsim.plasticity.base import PlasticityRule, register

_DECAY_BITS = 8


@register("delta-fixed")
class DeltaFixed(PlasticityRule):
    """Delta rule of a leaky readout on integers, weights rounded stochastically."""

    rounding: Literal["nearest", "stochastic"] = "stochastic"
    """How a change is rounded to the weight's last bit."""

    rate_shift: int = Field(default=8, ge=0, le=19)
    """Learning rate as a power of two: 2^-rate_shift."""

    readout_decay: float = Field(default=0.95, ge=0, le=1)
    """Decay of the presynaptic trace per time step, rounded to 8 bits after the point."""

    weight_bits: int = Field(default=8, ge=2, le=16)
    """Width of a weight."""

    weight_fraction: int = Field(default=6, ge=0, le=16)
    """Bits of a weight after the point."""

    trace_bits: int = Field(default=10, ge=2, le=12)
    """Width of a presynaptic trace."""

    trace_fraction: int = Field(default=5, ge=0, le=12)
    """Bits of a trace after the point; a spike adds 1."""

    signal_bits: int = Field(default=12, ge=2, le=16)
    """Width of the error."""

    signal_fraction: int = Field(default=8, ge=0, le=16)
    """Bits of the error after the point."""

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
        """Error, and as many random bits as the rounding drops."""
        dropped = self.change.fraction - self.weight_fraction if isinstance(self.change, Word) else 0
        return {
            "learning_signal": Word(self.signal_bits, fraction=self.signal_fraction),
            "random": Word(min(max(dropped, 1), 32), signed=False),
        }

    @property
    def change(self) -> Format:
        """The exact product of error and trace, scaled by the learning rate."""
        fraction = self.signal_fraction + self.trace_fraction + self.rate_shift
        return Word(self.signal_bits + self.trace_bits, fraction=fraction)

    @property
    def derived(self) -> Mapping[str, float]:
        """The trace's arithmetic in integers."""
        return {"decay": round(self.readout_decay * 2**_DECAY_BITS), "decay_bits": _DECAY_BITS}

    @stage(on="time step", per="presynaptic neuron", writes=("pre_trace",))
    def filter_spikes(
        pre_trace: Any, pre_spike: Any, decay: int, decay_bits: int, trace_bits: int, trace_fraction: int
    ) -> Any:
        """p <- kappa p + z, rounded down so that it decays to 0."""
        kept = (pre_trace * decay) >> decay_bits
        return saturate_unsigned(kept + (pre_spike << trace_fraction), trace_bits)

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose(pre_trace: Any, learning_signal: Any) -> Any:
        """-(y - y*) p."""
        return -(learning_signal * pre_trace)
