"""Synaptic intelligence: a weight matters as much as its way through a task has lowered the loss.

F. Zenke, B. Poole, S. Ganguli, "Continual learning through synaptic intelligence", ICML 2017. With the base rule's
change dw = -eta g, the gradient g of the task alone, and the movement w - w_before that was committed::

    dw     <- dw - 2 eta c Omega (w - w_ref)                       at every change
    path   <- path - g (w - w_before)                              after it
    Omega  <- Omega + max(path, 0) / ((w - w_ref)^2 + xi)          at a task boundary,
    w_ref  <- w,  path <- 0                                        with the old w_ref

The weight at the start of a task and the anchor are the same word, so three words are kept besides the weight, not
four. The movement is the one after rounding: on few-bit weights the path follows what the weight really did.

Hardware, per synapse: a change reads 4 words (w, Omega, w_ref, path) and writes 2 (w, path); a task boundary reads
4 and writes 3, with one division: on fixed-point weights a product with a table of reciprocals.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from accelsim.datapath.fixed_point import narrow
from accelsim.datapath.intrinsics import maximum
from accelsim.datapath.stages import stage
from accelsim.datapath.words import Format
from accelsim.plasticity.consolidation import Consolidation, register_consolidation, word_like


@register_consolidation("synaptic-intelligence")
class SynapticIntelligence(Consolidation):
    """Synaptic intelligence: each change is pulled back by the path integral of the loss (Zenke et al. 2017)."""

    strength: float = Field(default=0.1, ge=0)
    """c; 0 leaves the base rule as it is."""

    damping: float = Field(default=0.1, gt=0)
    """Xi: keeps weights that hardly moved from becoming important; squared units of the weight."""

    importance_bits: int = Field(default=8, ge=1, le=16)
    """Width of Omega beside fixed-point weights."""

    importance_fraction: int = Field(default=6, ge=0, le=16)
    """Bits of Omega after the point beside fixed-point weights."""

    @property
    def weight_copies(self) -> tuple[str, ...]:
        """The anchor starts at the initial weight."""
        return ("w_ref",)

    def synapse_words(self, weight: Format) -> Mapping[str, Format]:
        """Importance, anchor, and the path integral of this task, whose fixed-point format is assumed."""
        return {
            "importance": word_like(weight, self.importance_bits, self.importance_fraction, signed=False),
            "w_ref": weight,
            "path": word_like(weight, bits=24, fraction=12),
        }

    @stage(on="modulate", per="synapse", writes=("change",))
    def pull(change: Any, w: Any, importance: Any, w_ref: Any, learning_rate: Any, strength: Any) -> Any:
        """dw <- dw - 2 eta c Omega (w - w_ref)."""
        return change - 2.0 * learning_rate * strength * (importance * (w - w_ref))

    @stage(on="after commit", per="synapse", writes=("path",))
    def integrate(path: Any, proposed: Any, w: Any, w_before: Any, inverse_learning_rate: Any) -> Any:
        """Path <- path - g (w - w_before)."""
        return path + narrow(proposed * inverse_learning_rate, bits=16, fraction=8) * (w - w_before)

    @stage(on="task boundary", per="synapse", writes=("importance", "w_ref", "path"))
    def take_over(w: Any, importance: Any, w_ref: Any, path: Any, damping: Any) -> Any:
        """Omega <- Omega + max(path, 0) / ((w - w_ref)^2 + xi), w_ref <- w."""
        moved = w - w_ref
        distance = narrow(moved * moved + damping, bits=12, fraction=8, signed=False)
        return importance + maximum(path, 0) / distance, w, 0
