"""Elastic weight consolidation: weights are pulled back as hard as the old tasks' gradients depended on them.

J. Kirkpatrick et al., "Overcoming catastrophic forgetting in neural networks", PNAS 114:3521 (2017): one pair of
importance F and anchor w* for each old task; online: J. Schwarz et al., "Progress & compress", ICML 2018: one pair
for all. With the base rule's change dw = -eta g and the gradient g_s of a sample, the sum of its proposals over
-eta::

    dw    <- dw - eta lambda sum_k F_k (w - w*_k)          at every change
    s     <- s + g_s^2                                     at the end of a sample
    F_new  = s / N,  w*_new = w,  s <- 0                   at a task boundary; online: F <- gamma F + F_new

The diagonal Fisher information is gathered while the task is learned, as in RWalk (A. Chaudhry et al., ECCV 2018),
not in a second pass over its samples; its mean is taken over a given number N of samples.

Hardware, per synapse: a change reads w and 2 words per pair besides the gradient of the sample, and writes 2 words;
the end of a sample reads 2 and writes 2; a task boundary rewrites every pair.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from accelsim.datapath.stages import Stage, stage
from accelsim.datapath.words import Format
from accelsim.plasticity.consolidation import Consolidation, register_consolidation, word_like


class _ElasticWeights(Consolidation):
    """What both forms share: the penalty of one pair, and the squared gradients of samples."""

    strength: float = Field(default=10.0, ge=0)
    """Lambda; 0 leaves the base rule as it is."""

    samples: int = Field(default=1024, ge=1)
    """Number N of samples over which squared gradients are averaged: those of a task. A power of two is a shift."""

    importance_bits: int = Field(default=8, ge=1, le=16)
    """Width of F beside fixed-point weights."""

    importance_fraction: int = Field(default=4, ge=0, le=16)
    """Bits of F after the point beside fixed-point weights."""

    def importance(self, weight: Format) -> Format:
        """Format of F."""
        return word_like(weight, self.importance_bits, self.importance_fraction, signed=False)

    def synapse_words(self, weight: Format) -> Mapping[str, Format]:
        """The gradient of this sample, and the sum of squares; their fixed-point formats are assumed."""
        return {
            "sample_gradient": word_like(weight, bits=16, fraction=8),
            "squares": word_like(weight, bits=32, fraction=8, signed=False),
        }

    @stage(on="modulate", per="synapse", writes=("change",))
    def pull(change: Any, w: Any, importance: Any, w_ref: Any, learning_rate: Any, strength: Any) -> Any:
        """dw <- dw - eta lambda F (w - w*)."""
        return change - learning_rate * strength * (importance * (w - w_ref))

    @stage(on="after commit", per="synapse", writes=("sample_gradient",))
    def gather(sample_gradient: Any, proposed: Any, inverse_learning_rate: Any) -> Any:
        """-g_s <- -g_s + dw / eta, of what the base rule alone proposed."""
        return sample_gradient + proposed * inverse_learning_rate

    @stage(on="end of sample", per="synapse", writes=("squares", "sample_gradient"))
    def square(squares: Any, sample_gradient: Any) -> Any:
        """s <- s + g_s^2."""
        return squares + sample_gradient * sample_gradient, 0


@register_consolidation("ewc-online")
class OnlineEWC(_ElasticWeights):
    """Online elastic weight consolidation: one importance and one anchor for all old tasks."""

    memory: float = Field(default=1.0, ge=0, le=1)
    """Gamma: how much of the importance stays when the next task is added."""

    def synapse_words(self, weight: Format) -> Mapping[str, Format]:
        """Importance and anchor, and what both forms keep."""
        return {"importance": self.importance(weight), "w_ref": weight, **super().synapse_words(weight)}

    @stage(on="task boundary", per="synapse", writes=("importance", "w_ref", "squares"))
    def take_over(w: Any, importance: Any, squares: Any, memory: Any, samples: int) -> Any:
        """F <- gamma F + s / N, w* <- w."""
        return memory * importance + squares * (1.0 / samples), w, 0


def _take_over() -> None:
    """F_1 <- s / N, w*_1 <- w, and each pair becomes the next older one."""


@register_consolidation("ewc")
class EWC(_ElasticWeights):
    """Elastic weight consolidation: an importance and an anchor for each of the last tasks."""

    tasks: int = Field(default=4, ge=1, le=16)
    """Number of pairs kept; a further task takes the place of the oldest."""

    def synapse_words(self, weight: Format) -> Mapping[str, Format]:
        """The pairs, newest first, and what both forms keep."""
        pairs = {f"importance_{k}": self.importance(weight) for k in self._pairs}
        return pairs | {f"w_ref_{k}": weight for k in self._pairs} | dict(super().synapse_words(weight))

    @property
    def _pairs(self) -> range:
        return range(1, self.tasks + 1)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The penalties of all pairs as one stage, and the pairs as a shift register."""
        one, *others = super().stages  # the penalty of one pair comes first
        kept = [f"{word}_{k}" for word in ("importance", "w_ref") for k in self._pairs]

        def pull(change: Any, w: Any, learning_rate: Any, strength: Any, **pairs: Any) -> Any:
            for k in self._pairs:
                change = one(change, w, pairs[f"importance_{k}"], pairs[f"w_ref_{k}"], learning_rate, strength)
            return change

        def take_over(w: Any, squares: Any, **pairs: Any) -> Any:
            importances = [squares * (1.0 / self.samples), *(pairs[name] for name in kept[: self.tasks - 1])]
            anchors = [w, *(pairs[name] for name in kept[self.tasks : -1])]
            return *importances, *anchors, 0

        boundary = Stage(_take_over, "task boundary", "synapse", ())
        return (
            one.wrapped(pull, ("change", "w", "learning_rate", "strength", *kept)),
            *others,
            boundary.wrapped(take_over, ("w", "squares", *kept), (*kept, "squares")),
        )
