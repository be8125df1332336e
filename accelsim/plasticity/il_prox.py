"""IL-prox: inference learning as an implicit (proximal) gradient step, insensitive to its learning rate.

N. Alonso, B. Millidge, J. Krichmar, E. Neftci, "A theoretical framework for inference learning", arXiv 2206.00164
(NeurIPS 2022). The learning rate only sets how far the output is pulled to its target, anew in every iteration; the
weights take a normalised LMS step::

    n = |f(h_(L-1))|^2 + eps,   kappa = n eta / (1 + n eta),   h_L = (1 - kappa) softmax(p_L) + kappa target
    W_l <- W_l + mean(e_(l+1) f(h_l)^T) / (mean|f(h_l)|^2 + eps)

A bias is a synapse from a rate of 1 and counts in the norms. In a batch, kappa is that of each sample; the published
code takes a sum over the batch while settling, the same at batch 1.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from accelsim.datapath.intrinsics import recip
from accelsim.datapath.stages import reduction, stage
from accelsim.datapath.words import Format
from accelsim.plasticity.base import register
from accelsim.plasticity.settling import MATRIX, PRE, REAL, SETTLED, SETTLING, SYNAPSE, SettlingRule


@register("il-prox")
class ILProx(SettlingRule):
    """IL-prox: output pulled to its target by the learning rate, normalised LMS steps, float32 (Alonso et al. 2022)."""

    iterations: int = Field(default=25, ge=0, le=10_000)
    pull: float = Field(default=0.015, ge=0)
    push: float = Field(default=0.015, ge=0)
    rate: float = Field(default=1.0, ge=0)
    """Learning rate eta of the implicit step."""
    floor: float = Field(default=0.0, ge=0)
    """eps, added to the squared norms."""

    @property
    def matrix_state(self) -> Mapping[str, Format]:
        """Squared norm of the rates, summed over a batch, and its reciprocal."""
        return {"norm": REAL, "scale": REAL}

    @property
    def output_state(self) -> Mapping[str, Format]:
        """Squared norm of the rates before the output."""
        return {"top_norm": REAL}

    @reduction(on=SETTLING, per=PRE, into="top_norm")
    def measure_top(top_norm: Any, pre_rate: Any) -> Any:
        """|f(h)|^2 before the output."""
        return top_norm + pre_rate * pre_rate

    @stage(on=SETTLING, per=MATRIX, writes=("share", "top_norm"))
    def weigh(top_norm: Any, rate: Any, floor: Any) -> Any:
        """Kappa = n eta / (1 + n eta)."""
        weighed = (top_norm + floor) * rate
        return weighed * recip(1.0 + weighed), 0.0

    @reduction(on=SETTLED, per=PRE, into="norm")
    def measure(norm: Any, pre_rate: Any) -> Any:
        """Sum of |f(h)|^2 over a batch."""
        return norm + pre_rate * pre_rate

    @stage(on=SETTLED, per=MATRIX, writes=("scale",))
    def normalise(norm: Any, inverse_batch: Any, floor: Any) -> Any:
        """1 / (mean|f(h)|^2 + eps)."""
        return recip(norm * inverse_batch + floor)

    @stage(on=SETTLED, per=SYNAPSE, writes=("change",))
    def propose(gradient: Any, scale: Any) -> Any:
        """The gradient over the norm."""
        return scale * gradient

    @stage(on=SETTLED, per=MATRIX, writes=("norm",))
    def forget(norm: Any) -> Any:
        """Start again with the next batch."""
        return 0.0
