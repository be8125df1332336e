"""Cascade synapses: binary synapses with a depth that says how hard they are to turn.

S. Fusi, P. J. Drew, L. F. Abbott, "Cascade models of synaptically stored memories", Neuron 45:599 (2005). A synapse
is weak or strong and has a depth k = 1..n. The sign of what the base rule proposes is a candidate potentiation or
depression::

    against its state: with probability q_k it turns, to depth 1;     q_k = x^(k-1), q_n = x^(n-1) / (1 - x)
    along its state:   with probability p_k it goes to depth k + 1;   p_k = x^k / (1 - x)

with x = 1/2, where p_k = q_k = 2^-(k-1) and q_n = 2^-(n-2). The weight of the base rule holds plus or minus one
magnitude, its sign is what counts (2 bits are enough for it); the base rule's change must be able to hold twice the
magnitude.

Hardware, per synapse: one bit and log2 n bits, both read at each candidate and at most one written; one random word.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from accelsim.datapath.intrinsics import absolute, minimum, where
from accelsim.datapath.stages import stage
from accelsim.datapath.words import Format, Word
from accelsim.plasticity.binary import BinarySynapses
from accelsim.plasticity.consolidation import register_consolidation


@register_consolidation("cascade")
class Cascade(BinarySynapses):
    """Binary synapses that turn the less easily the longer they were confirmed (Fusi, Drew, Abbott 2005)."""

    levels: int = Field(default=8, ge=1, le=16)
    """Depth n of the cascade; 1 is a binary synapse that every candidate turns."""

    threshold: float = Field(default=0.0, ge=0)
    """Proposals no larger than this are no candidates."""

    @property
    def derived(self) -> Mapping[str, float]:
        """The magnitude, and the deepest level, counted from 0."""
        return {**super().derived, "deepest": self.levels - 1}

    def synapse_words(self, weight: Format) -> Mapping[str, Format]:
        """The depth, counted from 0."""
        words = super().synapse_words(weight)
        magnitude = self.derived["magnitude"]
        if isinstance(weight, Word) and weight.decode(weight.encode(magnitude)) != magnitude:
            raise self.problem(f"a weight of {weight} cannot be {magnitude}: change `magnitude_shift`")
        return {**words, "depth": Word(max(1, (self.levels - 1).bit_length()), signed=False)}

    @stage(on="modulate", per="synapse", writes=("change", "depth"))
    def step(change: Any, w: Any, depth: Any, random: Any, magnitude: Any, threshold: Any, deepest: int) -> Any:
        """Turn, go deeper or stay."""
        probability: Any = 2.0 ** -max(deepest - 1, 0)
        for level in reversed(range(deepest)):
            probability = where(depth == level, 2.0**-level, probability)
        happens = (absolute(change) > threshold) & (random < probability)
        turns = happens & ((w < 0) != (change < 0))
        deeper = where(happens, minimum(depth + 1, deepest), depth)
        return where(turns, where(change < 0, -magnitude, magnitude) - w, 0), where(turns, 0, deeper)
