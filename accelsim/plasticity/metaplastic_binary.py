"""Metaplastic binary synapses: the further a hidden weight is from zero, the harder its sign is to turn.

A. Laborieux, M. Ernoult, T. Hirtzlin, D. Querlioz, "Synaptic metaplasticity in binarized neural networks", Nature
Communications 12:2549 (2021). The weight of the base rule is the hidden weight h; the synapse transmits its sign::

    dh <- f dh,   f = 1 - tanh(meta |h|)^2 if dh would reduce |h|, else 1

The base rule's optimiser makes dh; with Adam its two moments are further words of that rule. What matters is meta
|h|: where hidden weights stay near 0.1, meta has to be ten times what it is where they reach 1.

Hardware, per synapse: no word beyond the hidden weight, one read and one write; the factor is a table of 1024 entries
beside fixed-point weights.
"""

from typing import Any

from pydantic import Field

from accelsim.datapath.fixed_point import narrow
from accelsim.datapath.intrinsics import absolute, tanh, where
from accelsim.datapath.stages import stage
from accelsim.plasticity.binary import BinarySynapses
from accelsim.plasticity.consolidation import register_consolidation


@register_consolidation("metaplastic-binary")
class MetaplasticBinary(BinarySynapses):
    """Binary synapses with a hidden weight whose distance from zero protects the sign (Laborieux et al. 2021)."""

    meta: float = Field(default=1.35, ge=0)
    """How fast protection grows with |h|; 0 leaves changes as they are. The default is that of permuted MNIST."""

    @stage(on="modulate", per="synapse", writes=("change",))
    def protect(change: Any, w: Any, meta: Any) -> Any:
        """Dh <- f dh."""
        protection = tanh(narrow(meta * absolute(w), bits=10, fraction=7, signed=False))
        factor = narrow(1.0 - protection * protection, bits=9, fraction=8, signed=False)
        reduces = ((w > 0) & (change < 0)) | ((w < 0) & (change > 0))
        return where(reduces, change * factor, change)
