"""What rules on integers share: narrow weights, presynaptic traces, a signal, learning rates that are powers of two."""

from collections.abc import Mapping
from math import log2
from typing import Any, Literal

from pydantic import Field, model_validator

from accelsim.config.model import PathError
from accelsim.datapath.intrinsics import saturate_unsigned
from accelsim.datapath.stages import stage
from accelsim.datapath.words import Format, Word
from accelsim.plasticity.base import PlasticityRule


class FixedPointRule(PlasticityRule):
    """Base of rules with fixed-point words; a derived class gives ``decay`` of the trace in `derived`, and `change`."""

    rounding: Literal["nearest", "stochastic"] = "stochastic"
    """How a change is rounded to the weight's last bit."""

    rate_shift: int = Field(default=6, ge=0, le=16)
    """Learning rate as a power of two: 2^-rate_shift."""

    decay_bits: int = Field(default=8, ge=4, le=16)
    """Bits of every decay after the point."""

    weight_bits: int = Field(default=8, ge=2, le=16)
    """Width of a weight."""

    weight_fraction: int = Field(default=6, ge=0, le=16)
    """Bits of a weight after the point."""

    trace_bits: int = Field(default=8, ge=2, le=16)
    """Width of a presynaptic trace."""

    trace_fraction: int = Field(default=3, ge=0, le=14)
    """Bits of a trace after the point; a spike adds 1."""

    signal_bits: int = Field(default=12, ge=2, le=16)
    """Width of a learning signal."""

    signal_fraction: int = Field(default=8, ge=0, le=16)
    """Bits of a learning signal after the point."""

    @model_validator(mode="before")
    @classmethod
    def _nearest_shift(cls, given: Any) -> Any:
        """`rate`, as rules on real numbers have it, instead of `rate_shift`: the nearest power of two."""
        if not isinstance(given, dict) or "rate" not in given:
            return given
        if "rate_shift" in given:
            raise PathError("rate", "give either `rate` or `rate_shift`, not both")
        rate = given["rate"]
        if not isinstance(rate, int | float) or not 0 < rate <= 1:
            raise PathError("rate", f"{rate} is no learning rate between 0 and 1")
        return {key: value for key, value in given.items() if key != "rate"} | {"rate_shift": round(-log2(rate))}

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
        """The learning signal, and as many random bits as the rounding drops."""
        dropped = self.change.fraction - self.weight_fraction if isinstance(self.change, Word) else 0
        return {
            "learning_signal": Word(self.signal_bits, fraction=self.signal_fraction),
            "random": Word(min(max(dropped, 1), 32), signed=False),
        }

    @property
    def learning_rate(self) -> float:
        """2^-rate_shift."""
        return float(2.0**-self.rate_shift)

    @stage(on="time step", per="presynaptic neuron", writes=("pre_trace",))
    def filter_spikes(
        pre_trace: Any, pre_spike: Any, decay: int, decay_bits: int, trace_bits: int, trace_fraction: int
    ) -> Any:
        """p <- alpha p + z, rounded down so that it decays to 0."""
        kept = (pre_trace * decay) >> decay_bits
        return saturate_unsigned(kept + (pre_spike << trace_fraction), trace_bits)
