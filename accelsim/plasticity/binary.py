"""What consolidations of binary synapses share: the synapse transmits a sign, whatever word it keeps."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from accelsim.datapath.intrinsics import where
from accelsim.datapath.stages import stage
from accelsim.datapath.words import Float, Format, Word
from accelsim.plasticity.consolidation import Consolidation


class BinarySynapses(Consolidation):
    """Base of consolidations whose synapses transmit plus or minus one magnitude."""

    magnitude_shift: int = Field(default=1, ge=0, le=12)
    """Synapses transmit plus or minus 2^-magnitude_shift (assumed: the neuron's threshold sets the scale)."""

    @property
    def derived(self) -> Mapping[str, float]:
        """The magnitude."""
        return {"magnitude": 2.0**-self.magnitude_shift}

    def synapse_words(self, weight: Format) -> Mapping[str, Format]:
        """None; the sign must be one of the weight."""
        if isinstance(weight, Word) and not weight.signed:
            raise self.problem(f"the sign counts, but weights are {weight}: take a rule with signed weights")
        return {}

    def transmitted(self, weight: Format) -> Format:
        """Plus or minus one unit of the magnitude: two bits in two's complement."""
        return weight if isinstance(weight, Float) else Word(2, fraction=self.magnitude_shift)

    @stage(on="transmit", per="synapse", writes=("transmitted",))
    def transmit_sign(w: Any, magnitude: Any) -> Any:
        """The sign of w, times the magnitude; a weight of 0 counts as positive."""
        return where(w < 0, -magnitude, magnitude)
