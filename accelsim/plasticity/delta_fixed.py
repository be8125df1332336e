"""Delta rule of a leaky linear readout on integers.

The rule of `accelsim.plasticity.delta`, w_kj <- w_kj - 2^-rate_shift (y_k - y*_k) p_j, with fixed-point trace and
error; their product, exact, is rounded stochastically to the weight's last bit. The word formats are parameters;
the defaults are assumed.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from accelsim.datapath.stages import stage
from accelsim.datapath.words import Format, Word
from accelsim.plasticity.base import register
from accelsim.plasticity.fixed import FixedPointRule


@register("delta-fixed")
class DeltaFixed(FixedPointRule):
    """Delta rule of a leaky readout on integers, weights rounded stochastically."""

    rate_shift: int = Field(default=8, ge=0, le=19)
    """Learning rate as a power of two: 2^-rate_shift."""

    readout_decay: float = Field(default=0.95, ge=0, le=1)
    """Decay of the presynaptic trace per time step: the leak of the readout."""

    trace_bits: int = Field(default=10, ge=2, le=12)
    """Width of a presynaptic trace."""

    trace_fraction: int = Field(default=5, ge=0, le=12)
    """Bits of a trace after the point; a spike adds 1."""

    @property
    def change(self) -> Format:
        """The exact product of error and trace, scaled by the learning rate."""
        fraction = self.signal_fraction + self.trace_fraction + self.rate_shift
        return Word(self.signal_bits + self.trace_bits, fraction=fraction)

    @property
    def derived(self) -> Mapping[str, float]:
        """The trace's arithmetic in integers."""
        return {"decay": round(self.readout_decay * 2**self.decay_bits)}

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose(pre_trace: Any, learning_signal: Any) -> Any:
        """-(y - y*) p."""
        return -(learning_signal * pre_trace)
