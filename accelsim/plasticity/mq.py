"""MQ: matrix update equalisation, inference learning with one running scalar per weight matrix.

N. Alonso, J. Krichmar, E. Neftci, arXiv 2305.13562 (AAAI 2024). With the gradient G_l of a matrix, bias included::

    s_l = eta / (v_l + r) + eta_min
    W_l <- W_l + s_l G_l
    v_l <- a v_l + (1 - a) mean|G_l|,    a = min(N / (N + 1), rho) in the N-th update

Layers whose gradients are small learn as fast as the others, which Adam buys with two words per synapse.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from accelsim.datapath.intrinsics import absolute, minimum, recip
from accelsim.datapath.stages import reduction, stage
from accelsim.datapath.words import Format
from accelsim.plasticity.base import register
from accelsim.plasticity.inference_learning import InferenceLearning
from accelsim.plasticity.settling import MATRIX, REAL, SETTLED, SYNAPSE


@register("mq")
class MQ(InferenceLearning):
    """Inference learning with matrix update equalisation: a running mean of |G| per matrix (Alonso et al. 2023)."""

    rate: float = Field(default=1e-3, ge=0)
    """Size eta of an equalised update."""
    least_rate: float = Field(default=1e-3, ge=0)
    """Learning rate eta_min beside it."""
    floor: float = Field(default=1e-6, gt=0)
    """r, added to the running mean."""
    memory: float = Field(default=0.9999, ge=0, le=1)
    """Largest decay rho of the running mean."""
    start: float | None = Field(default=None, ge=0)
    """Start value of the running mean; eta if not given. The published standard class starts from 1, which takes
    thousands of updates to forget."""

    @property
    def matrix_state(self) -> Mapping[str, Format]:
        """Running mean v, step s, sum of |G| and number of updates."""
        return {"mean_magnitude": REAL, "scale": REAL, "magnitude": REAL, "updates": REAL}

    @property
    def initial(self) -> Mapping[str, float]:
        """v and the number of the first update."""
        return {"mean_magnitude": self.rate if self.start is None else self.start, "updates": 1.0}

    @stage(on=SETTLED, per=MATRIX, writes=("scale",))
    def equalise(mean_magnitude: Any, rate: Any, floor: Any, least_rate: Any) -> Any:
        """s = eta / (v + r) + eta_min."""
        return rate * recip(mean_magnitude + floor) + least_rate

    @stage(on=SETTLED, per=SYNAPSE, writes=("change",))
    def propose(gradient: Any, scale: Any) -> Any:
        """The change s G."""
        return scale * gradient

    @reduction(on=SETTLED, per=SYNAPSE, into="magnitude")
    def gather(magnitude: Any, gradient: Any) -> Any:
        """Sum of |G|."""
        return magnitude + absolute(gradient)

    @stage(on=SETTLED, per=MATRIX, writes=("mean_magnitude", "magnitude", "updates"))
    def average(mean_magnitude: Any, magnitude: Any, updates: Any, memory: Any, inverse_synapses: Any) -> Any:
        """V <- a v + (1 - a) mean|G|."""
        decay = minimum(updates * recip(updates + 1.0), memory)
        mean = decay * mean_magnitude + (1.0 - decay) * (magnitude * inverse_synapses)
        return mean, 0.0, updates + 1.0
