"""Inference learning: predictive coding whose weights follow the local errors after settling (LMS step).

N. Alonso, J. Krichmar, E. Neftci, "Understanding and improving optimization in predictive coding networks",
arXiv 2305.13562 (AAAI 2024); other names of it are in arXiv 2206.00164. With the errors at the end of settling::

    W_l <- W_l + eta mean(e_(l+1) f(h_l)^T)
"""

from typing import Any, Literal

from pydantic import Field

from accelsim.datapath.stages import stage
from accelsim.plasticity.base import register
from accelsim.plasticity.settling import SETTLED, SYNAPSE, SettlingRule


@register("inference-learning")
class InferenceLearning(SettlingRule):
    """Inference learning: error times presynaptic rate after settling, float32 (Alonso et al. 2022, 2023)."""

    schedule: Literal["simultaneous", "sequential"] = "sequential"
    iterations: int = Field(default=3, ge=0, le=10_000)
    decaying: bool = True
    nudge: float = Field(default=100 / 101, ge=0, le=1)
    """1 - 1/(1 + beta) with beta = 100, as published."""
    rate: float = Field(default=1.0, ge=0)
    """Learning rate eta."""

    @stage(on=SETTLED, per=SYNAPSE, writes=("change",))
    def propose(gradient: Any, rate: Any) -> Any:
        """Eta G."""
        return rate * gradient
