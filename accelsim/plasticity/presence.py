"""Synapses with a presence bit: one that is absent neither transmits nor learns.

The bit is a word per synapse, `present`, of any rule, alone or with a consolidation. Whatever writes the weight writes
0 where the synapse is absent; a weight of 0 transmits nothing. Between samples synapses may be pruned and grown by
whoever writes bits and weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

from accelsim.config.errors import ConfigError
from accelsim.datapath.intrinsics import minimum, where
from accelsim.datapath.stages import Stage
from accelsim.datapath.words import BIT, Float, Format, Word
from accelsim.plasticity.unit import EXECUTED_TRIGGERS, OWNERS, PlasticityUnit

PRESENT = "present"
ACTIVITY = Word(16, signed=False)
"""Of a counter of spikes (assumed): it stops at its largest value."""
COUNTERS = {"presynaptic neuron": "pre_activity", "postsynaptic neuron": "post_activity"}


class SparseUnit(PlasticityUnit):
    """A rule or learning unit whose synapses may be absent.

    Parameters
    ----------
    unit : PlasticityUnit
    ends_at_zero : bool
        Whether a synapse is absent from the change on that takes its weight across zero (deep rewiring: G. Bellec et
        al., ICLR 2018; here a new synapse has no sign before its first change).
    counts : bool
        Whether spikes are counted, of each neuron on both sides.
    """

    def __init__(self, unit: PlasticityUnit, ends_at_zero: bool = False, counts: bool = False) -> None:
        self.unit = unit
        self.ends_at_zero = ends_at_zero
        self.counts = counts

    @property
    def name(self) -> str:
        """As of the unit."""
        return self.unit.name

    @property
    def rounding(self) -> Literal["nearest", "stochastic"]:
        """As of the unit."""
        return self.unit.rounding

    @property
    def weight_limit(self) -> float | None:
        """As of the unit."""
        return self.unit.weight_limit

    @property
    def registers(self) -> dict[str, float]:
        """As of the unit."""
        return self.unit.registers

    @property
    def quantities(self) -> Mapping[str, Format]:
        """As of the unit."""
        return self.unit.quantities

    @property
    def change(self) -> Format:
        """As of the unit."""
        return self.unit.change

    @property
    def period(self) -> int | None:
        """As of the unit."""
        return self.unit.period

    @property
    def base(self) -> PlasticityUnit:
        """The rule alone."""
        return self.unit.base

    @property
    def weight_copies(self) -> Sequence[str]:
        """As of the unit."""
        return self.unit.weight_copies

    @property
    def transmitted(self) -> Format:
        """As of the unit."""
        return self.unit.transmitted

    @cached_property
    def synapse_state(self) -> Mapping[str, Format]:
        """Those of the unit and the presence bit."""
        return self.state("synapse")

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """Those of the unit, then the counters."""
        if not self.counts:
            return self.unit.stages
        counters = zip(COUNTERS.items(), (_count_pre, _count_post), strict=True)
        return (*self.unit.stages, *(Stage(count, "time step", per, (word,)) for (per, word), count in counters))

    def state(self, per: str) -> Mapping[str, Format]:
        """The words kept per ``synapse``, ``presynaptic neuron`` or ``postsynaptic neuron``."""
        return dict(self.unit.state(per)) | self._own(per)

    def words(self) -> dict[str, Format]:
        """Every word that a stage per synapse may read besides parameters, with its format."""
        return self.unit.words() | {name: format for owner in OWNERS for name, format in self._own(owner).items()}

    def numbers(self, words: Mapping[str, Format]) -> dict[str, Any]:
        """Parameters as words for a chain of stages."""
        return self.unit.numbers(words)

    def lasting(self) -> set[str]:
        """Words that outlive a sample."""
        return self.unit.lasting() | {name for owner in OWNERS for name in self._own(owner)}

    def reads(self, word: str) -> bool:
        """Whether a stage reads something that the core offers."""
        return self.unit.reads(word) or super().reads(word)

    def owner(self, word: str) -> Any:
        """The rule or consolidation that keeps a word."""
        return self.unit.owner(word)

    def with_commit(self, stages: list[Stage]) -> tuple[dict[str, int], list[Stage]]:
        """Stages with the moves behind each proposal; weights of absent synapses stay 0."""
        constants, expanded = self.unit.with_commit(stages)
        return constants, [self._gated(each) if "w" in each.writes else each for each in expanded]

    def transmit(self) -> list[Stage]:
        """Stages from ``w`` to ``transmitted``; none if a synapse transmits its weight."""
        computed = self.unit.transmit()
        return [*computed, Stage(_silent, "transmit", "synapse", ("transmitted",))] if computed else []

    def problem(self, message: str) -> ConfigError:
        """An error located at the class of the unit."""
        return self.unit.problem(message)

    def check(self) -> None:
        """Raise `ConfigError` if it cannot be run."""
        self.unit.check()
        for owner in OWNERS:
            for word in self._own(owner):
                if any(word in self.unit.state(each) for each in OWNERS):
                    raise self.unit.owner(word).problem(f"`{word}` is a word of synapses that come and go; rename it")
            self.program(owner, EXECUTED_TRIGGERS)

    def _own(self, per: str) -> dict[str, Format]:
        """Words beside those of the unit."""
        if per == "synapse":
            return {PRESENT: BIT}
        return {COUNTERS[per]: ACTIVITY} if self.counts else {}

    def _gated(self, stage: Stage) -> Stage:
        """A stage that writes weights, only where synapses are present."""
        zero = 0.0 if isinstance(self.synapse_state["w"], Float) else 0
        writes = (*stage.writes, PRESENT) if self.ends_at_zero else stage.writes
        needed = ("w", PRESENT) if self.ends_at_zero else (PRESENT,)

        def function(**values: Any) -> Any:
            results = stage.function(**{name: values[name] for name in stage.reads})
            results = results if isinstance(results, tuple) else (results,)
            if len(results) != len(stage.writes):
                return results
            new, present = dict(zip(stage.writes, results, strict=True)), values[PRESENT]
            if self.ends_at_zero:
                before, after = values["w"], new["w"]
                crosses = ((before > 0) & (after < 0)) | ((before < 0) & (after > 0))
                present = new[PRESENT] = where(crosses, 0, present)
            new["w"] = where(present, new["w"], zero)
            return tuple(new[name] for name in writes)

        return stage.wrapped(function, dict.fromkeys((*stage.reads, *needed)), writes)


def _silent(w: Any, transmitted: Any) -> Any:
    return where(w == 0, 0, transmitted)


def _count_pre(pre_activity: Any, pre_spike: Any) -> Any:
    return minimum(pre_activity + pre_spike, ACTIVITY.high)


def _count_post(post_activity: Any, post_spike: Any) -> Any:
    return minimum(post_activity + post_spike, ACTIVITY.high)
