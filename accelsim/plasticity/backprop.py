"""Back-propagation of a multilayer perceptron, the reference: two passes and an update, nothing settles.

D. E. Rumelhart, G. E. Hinton, R. J. Williams, Nature 323, 533-536 (1986). Cross-entropy with softmax, so that the error
of the output is target - softmax(p)::

    e_l = f'(h_l) (W_l^T e_(l+1)),    W_l <- W_l + eta mean(e_(l+1) f(h_l)^T)
"""

from typing import Any, Literal

from pydantic import Field

from accelsim.datapath.stages import stage
from accelsim.plasticity.base import register
from accelsim.plasticity.settling import NEURON, SETTLED, SETTLING, SYNAPSE, SettlingRule


@register("backprop")
class Backprop(SettlingRule):
    """Back-propagation: forward pass, backward pass, gradient step, float32."""

    schedule: Literal["sequential"] = "sequential"
    iterations: Literal[0] = 0
    rate: float = Field(default=0.1, ge=0)
    """Learning rate eta."""

    @stage(on=SETTLING, per=NEURON, writes=("error",))
    def backpropagate(feedback: Any, slope: Any) -> Any:
        """e = f'(h) W^T e."""
        return feedback * slope

    @stage(on=SETTLED, per=SYNAPSE, writes=("change",))
    def propose(gradient: Any, rate: Any) -> Any:
        """Eta G."""
        return rate * gradient
