"""Anchor of the weights at the end of the last task.

The plainest of the quadratic penalties on leaving a solution (J. Kirkpatrick et al., PNAS 114:3521, 2017, compare
elastic weight consolidation with it): every weight is pulled to where the last task left it, however important it was.
With the base rule's change dw = -eta g::

    dw     <- dw - eta lambda (w - w_ref)     at every change
    w_ref  <- w                               at a task boundary

`w_ref` starts at the initial weight.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from accelsim.datapath.stages import stage
from accelsim.datapath.words import Format
from accelsim.plasticity.consolidation import Consolidation, register_consolidation


@register_consolidation("l2-anchor")
class L2Anchor(Consolidation):
    """L2 penalty: each change is pulled towards the weights at the end of the last task."""

    strength: float = Field(default=0.0, ge=0)
    """Lambda; 0 leaves the base rule as it is."""

    @property
    def weight_copies(self) -> tuple[str, ...]:
        """The anchor starts at the initial weight."""
        return ("w_ref",)

    def synapse_words(self, weight: Format) -> Mapping[str, Format]:
        """The anchor, at the weight's precision."""
        return {"w_ref": weight}

    @stage(on="modulate", per="synapse", writes=("change",))
    def pull(change: Any, w: Any, w_ref: Any, learning_rate: Any, strength: Any) -> Any:
        """dw <- dw - eta lambda (w - w_ref)."""
        return change - learning_rate * strength * (w - w_ref)

    @stage(on="task boundary", per="synapse", writes=("w_ref",))
    def remember(w: Any) -> Any:
        """w_ref <- w."""
        return w
