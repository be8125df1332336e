"""Stochastic metaplasticity: few-bit weights whose changes are accepted with a probability.

F. T. Zohora, V. Karia, N. Soures, D. Kudithipudi, "Probabilistic metaplasticity for continual learning with
memristors in spiking networks", Scientific Reports 14 (2024), doi 10.1038/s41598-024-78290-w: consolidation
modulates the probability of an update, not its magnitude, which few-bit memories could not hold. A change is
accepted with probability

    P = exp(-m |w|)

so that large weights of synapses that served old tasks are seldom rewritten. Here m = meta + growth * level, where
the level rises with every task in which the synapse has changed (the rule for the level is ours).

Hardware, per synapse: w and the level, `level_bits` + 1 bits, are read at each change and a flag is written at the
first accepted one of a task; a task boundary reads and writes the level. One random word and one table per change;
a change that is not accepted costs no write.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from accelsim.datapath.fixed_point import narrow
from accelsim.datapath.intrinsics import absolute, exp, minimum, where
from accelsim.datapath.stages import Stage, stage
from accelsim.datapath.words import BIT, Format, Word
from accelsim.plasticity.consolidation import Consolidation, register_consolidation


def _probability(x: Any) -> Any:
    """Exp(-x), from a table of 1024 entries beside fixed-point weights."""
    return exp(-narrow(x, bits=10, fraction=6, signed=False))


@register_consolidation("stochastic-metaplasticity")
class StochasticMetaplasticity(Consolidation):
    """Changes accepted with probability exp(-m |w|), for few-bit memories (Zohora et al. 2024)."""

    meta: float = Field(default=0.0, ge=0)
    """m of a synapse that has served no task; with `growth` 0 too, the base rule is left as it is."""

    growth: float = Field(default=1.0, ge=0)
    """Rise of m with a task in which the synapse has changed."""

    level_bits: int = Field(default=3, ge=1, le=8)
    """Width of the level."""

    @property
    def derived(self) -> Mapping[str, float]:
        """The highest level."""
        return {"highest_level": (1 << self.level_bits) - 1}

    def synapse_words(self, weight: Format) -> Mapping[str, Format]:
        """The level, and whether the synapse has changed in this task, if m grows."""
        return {"level": Word(self.level_bits, signed=False), "served": BIT} if self.growth else {}

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Those that the options ask for."""
        wanted = {"accept_by_level", "notice", "rise"} if self.growth else {"accept"} if self.meta else set()
        return tuple(each for each in super().stages if each.name in wanted)

    @stage(on="modulate", per="synapse", writes=("change",))
    def accept(change: Any, w: Any, random: Any, meta: Any) -> Any:
        """The change with probability exp(-m |w|), else none."""
        return where(random < _probability(meta * absolute(w)), change, 0)

    @stage(on="modulate", per="synapse", writes=("change",))
    def accept_by_level(change: Any, w: Any, level: Any, random: Any, meta: Any, growth: Any) -> Any:
        """The change with probability exp(-m |w|), else none."""
        return where(random < _probability((meta + growth * level) * absolute(w)), change, 0)

    @stage(on="after commit", per="synapse", writes=("served",))
    def notice(served: Any, w: Any, w_before: Any) -> Any:
        """Whether it has changed."""
        return where(w != w_before, 1, served)

    @stage(on="task boundary", per="synapse", writes=("level", "served"))
    def rise(level: Any, served: Any, highest_level: int) -> Any:
        """One level up after a task in which it has changed."""
        return minimum(level + served, highest_level), 0
