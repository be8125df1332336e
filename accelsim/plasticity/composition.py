"""A learning unit: a plasticity rule and, on top of it, optionally a consolidation; to a core it is one rule.

The moves and their order in hardware are those of `accelsim.plasticity.unit`. Names of a consolidation's own words and
parameters that the rule or the core uses too are told apart by a prefix, so that any two can be combined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from accelsim.config.errors import ConfigError
from accelsim.datapath.fixed_point import Fixed, stored
from accelsim.datapath.stages import MOVES, Stage, widest_float
from accelsim.datapath.symbols import Symbol
from accelsim.datapath.words import Float, Format, Word
from accelsim.plasticity.base import PlasticityRule
from accelsim.plasticity.consolidation import SPECIAL, Consolidation
from accelsim.plasticity.unit import EXECUTED_TRIGGERS, HANDED_ON, OFFERED, OWNERS, PlasticityUnit

OFFERED_FIXED = Word(16, fraction=8)
"""What the core offers as a float, where a consolidation on fixed-point weights reads it (assumed)."""


class LearningUnit(PlasticityUnit):
    """A rule with a consolidation, as the controllers take it."""

    def __init__(self, rule: PlasticityRule, consolidation: Consolidation) -> None:
        self.rule = rule
        self.consolidation = consolidation

    @property
    def name(self) -> str:
        """Names of both."""
        return f"{self.rule.name} + {self.consolidation.name}"

    @property
    def base(self) -> PlasticityRule:
        """The rule alone."""
        return self.rule

    def owner(self, word: str) -> Any:
        """The rule or consolidation that keeps a word."""
        return self.rule if any(word in self.rule.state(owner) for owner in OWNERS) else self.consolidation

    @property
    def rounding(self) -> Any:
        """As of the rule."""
        return self.rule.rounding

    @property
    def weight_limit(self) -> float | None:
        """As of the rule."""
        return self.rule.weight_limit

    @property
    def change(self) -> Format:
        """As of the rule."""
        return self.rule.change

    @property
    def period(self) -> int | None:
        """K of the stages on ``every K steps`` of either."""
        return self.rule.period if self._runs(self.rule, "every K steps") else self.consolidation.period

    @cached_property
    def synapse_state(self) -> Mapping[str, Format]:
        """Words per synapse of both."""
        return self.state("synapse")

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The rule's stages on triggers, then the consolidation's."""
        own = (each for each in self.consolidation.stages if each.on not in MOVES)
        return (*self.rule.stages, *map(self._own_stage, own))

    @cached_property
    def quantities(self) -> Mapping[str, Format]:
        """What the rule asks for; what only the consolidation reads suits the weight."""
        if self._real:
            return self.rule.quantities
        asked = {name for each in self.rule.stages for name in each.reads}
        read = {name for each in self.consolidation.stages for name in each.reads} - asked
        floats = {name for name, (_, format) in OFFERED.items() if name in read and isinstance(format, Float)}
        kept = dict.fromkeys(floats, OFFERED_FIXED) | dict(self.rule.quantities)
        if "random" in read:  # its upper bits are the consolidation's, its lower ones round
            kept["random"] = Word(min(16 + self.rule.offered()["random"].bits, 32), signed=False)
        return kept

    @property
    def registers(self) -> dict[str, float]:
        """Those of the rule, and on float weights those of the consolidation."""
        return self.rule.registers | (self._own_numbers if self._real else {})

    @property
    def weight_copies(self) -> list[str]:
        """Words per synapse that start as a copy of the weight."""
        return [self._scope(name) for name in self.consolidation.weight_copies]

    def state(self, per: str) -> Mapping[str, Format]:
        """The words kept per ``synapse``, ``presynaptic neuron`` or ``postsynaptic neuron``."""
        own = self.consolidation.words(per, self.rule.synapse_state["w"])
        return dict(self.rule.state(per)) | {self._scope(name): format for name, format in own.items()}

    def words(self) -> dict[str, Format]:
        """Every word that a stage per synapse may read besides parameters, with its format."""
        kept = {"proposed": self.change, "w_before": self.rule.synapse_state["w"]}
        return super().words() | kept

    def numbers(self, words: Mapping[str, Format]) -> dict[str, Any]:
        """Parameters of both as words for a chain of stages."""
        own = self._own_numbers
        format = widest_float(words.values())
        return self.rule.numbers(words) | {
            name: format if self._real and isinstance(value, float) else value for name, value in own.items()
        }

    def reads(self, word: str) -> bool:
        """Whether a stage of either reads something that the core offers."""
        return super().reads(word) or any(word in each.reads for each in self.consolidation.stages)

    def lasting(self) -> set[str]:
        """Words that outlive a sample: those that the rule keeps, and all of the consolidation."""
        weight = self.rule.synapse_state["w"]
        own = {self._scope(name) for owner in OWNERS for name in self.consolidation.words(owner, weight)}
        return self.rule.lasting() | own

    def modulation(self, proposal: Stage) -> tuple[list[Stage], list[Stage]]:
        """Stages before and after the commit of what the rule proposes."""
        if not any(proposal is each for each in self.rule.stages):
            return [], []
        before, after = (
            [replace(self._own_stage(each), on=proposal.on) for each in self.consolidation.stages if each.on == move]
            for move in ("modulate", "after commit")
        )
        return before, after

    @property
    def transmitted(self) -> Format:
        """Format of what a synapse transmits."""
        weight = self.rule.synapse_state["w"]
        return self.consolidation.transmitted(weight) if self.transmit() else weight

    def transmit(self) -> list[Stage]:
        """Stages from ``w`` to ``transmitted``; none if a synapse transmits its weight."""
        return [self._own_stage(each) for each in self.consolidation.stages if each.on == "transmit"]

    def describe(self) -> str:
        """The state both keep, their parameters, and the operations of their stages."""
        rule, own = self.rule, self.consolidation
        summary = (type(own).__doc__ or "").strip().splitlines()[0]
        given = [*rule, *((f"{own.name}.{name}", value) for name, value in own)]
        states, datapaths = self.description()
        return "\n".join(
            [
                f"consolidation {own.name} on plasticity rule {rule.name}: {summary}",
                *states,
                "parameters: " + ", ".join(f"{name} = {value}" for name, value in given),
                *datapaths,
            ]
        )

    def problem(self, message: str) -> ConfigError:
        """An error located at the class of the consolidation."""
        return self.consolidation.problem(message)

    def check(self) -> None:
        """Raise `ConfigError` if the two cannot be run together."""
        self.rule.check()
        own, weight = self.consolidation, self.rule.synapse_state["w"]
        if not any("change" in each.writes for each in self.rule.stages):
            raise own.problem(f"rule `{self.rule.name}` proposes no `change` that a consolidation could modulate")
        named = [name for owner in OWNERS for name in own.words(owner, weight)]
        for name in (*named, *own.parameter_words(())):
            if name in SPECIAL or name in OFFERED:
                raise own.problem(f"`{name}` is a word of the rule or the core; call it something else")
        for name in own.weight_copies:
            if name not in own.synapse_words(weight):
                raise own.problem(f"weight_copies: it keeps no `{name}` per synapse")
        for each in own.stages:
            self._check_stage(each)
        both = [self._runs(part, "every K steps") for part in (self.rule, own)]
        if both == [True, True] and self.rule.period != own.period:
            theirs = f"rule `{self.rule.name}` every {self.rule.period}"
            raise own.problem(f"runs every {own.period} steps, {theirs}: make them equal")
        for owner in OWNERS:
            self.program(owner, EXECUTED_TRIGGERS)

    def _check_stage(self, stage: Stage) -> None:
        """Raise `ConfigError` if a stage of the consolidation stands at a wrong place."""
        if stage.per not in OWNERS or (stage.on in MOVES and stage.per != "synapse"):
            raise stage.problem(f"a consolidation has no stages on {stage.on!r} per {stage.per}")
        if stage.on not in (*MOVES, *EXECUTED_TRIGGERS):
            known = ", ".join((*MOVES, *EXECUTED_TRIGGERS))
            raise stage.problem(f"no core runs stages on {stage.on!r}; they run on: {known}")
        if stage.on == "every K steps" and self.consolidation.period is None:
            raise stage.problem("runs every K steps, but the consolidation has no `period`, which gives K")
        kept = set(self.consolidation.words(stage.per, self.rule.synapse_state["w"]))
        allowed = {"modulate": kept | {"change"}, "after commit": kept, "transmit": {"transmitted"}}
        moved = {"w", "change"} if stage.per == "synapse" else set()
        for name in stage.writes:
            if name not in allowed.get(stage.on, kept | moved):
                raise stage.problem(f"writes `{name}` on {stage.on!r}; see `accelsim.plasticity.consolidation`")
        if stage.on == "transmit" and not {"w", *self.consolidation.parameter_words(())} >= set(stage.reads):
            raise stage.problem("what a synapse transmits follows from `w` and parameters alone")

    @property
    def _real(self) -> bool:
        """Whether weights are floats."""
        return isinstance(self.rule.synapse_state["w"], Float)

    def _runs(self, part: PlasticityRule | Consolidation, trigger: str) -> bool:
        return any(each.on == trigger for each in part.stages)

    @cached_property
    def _taken(self) -> set[str]:
        """Names of the rule's words and parameters."""
        return {name for owner in OWNERS for name in self.rule.state(owner)} | set(self.rule.parameter_words(()))

    def _scope(self, name: str) -> str:
        """What a word or parameter of the consolidation is called beside those of the rule."""
        shared = name in ("w", *HANDED_ON) or name in OFFERED
        return name if shared or name not in self._taken else f"consolidation_{name}"

    @cached_property
    def _own_numbers(self) -> dict[str, float]:
        """Parameters of the consolidation that its stages read, and the rates of the rule."""
        rate = self.rule.learning_rate
        known = dict(self.consolidation) | dict(self.consolidation.derived)
        known |= {"learning_rate": rate, "inverse_learning_rate": 1.0 / rate if rate else 0.0}
        read = {name for each in self.consolidation.stages for name in each.reads}
        numeric = {name: value for name, value in known.items() if isinstance(value, (bool, int, float))}
        return {self._scope(name): value for name, value in numeric.items() if name in read}

    def _own_stage(self, stage: Stage) -> Stage:
        """A stage of the consolidation on the words of the unit."""
        own = stage.renamed({name: self._scope(name) for name in (*stage.reads, *stage.writes)})
        formats: dict[str, Format] = self.words()
        drawn = formats["random"].bits
        if self._real:
            return own.wrapped(_uniform(own, 2.0**-drawn), own.reads) if "random" in own.reads else own
        formats["random"] = Word(drawn, signed=False, fraction=drawn)
        formats["transmitted"] = self.consolidation.transmitted(self.synapse_state["w"])
        return own.wrapped(_in_fixed_point(own, formats), own.reads)


def references(consolidation: Consolidation) -> list[LearningUnit]:
    """A consolidation on float and on fixed-point weights: what it is checked and described with."""
    from accelsim.plasticity.eprop import EProp
    from accelsim.plasticity.eprop_fixed import EPropFixed

    return [LearningUnit(rule, consolidation) for rule in (EProp(), EPropFixed())]


def _in_fixed_point(stage: Stage, formats: Mapping[str, Format]) -> Callable[..., Any]:
    """A stage's function of real numbers on stored integers: what it reads gets a point, results are narrowed."""

    def function(**values: Any) -> Any:
        results = stage.function(**{name: _with_point(value, formats.get(name)) for name, value in values.items()})
        results = results if isinstance(results, tuple) else (results,)
        if len(results) != len(stage.writes):
            return results
        named = zip(stage.writes, results, strict=True)
        return tuple(stored(x, formats[name]) if name in formats else x for name, x in named)

    return function


def _uniform(stage: Stage, scale: float) -> Callable[..., Any]:
    """The function of a stage for which the random word is a real number from 0 to 1."""
    return lambda random, **values: stage.function(random=random * scale, **values)


def _with_point(value: Any, format: Format | None) -> Any:
    """A stored integer with its point; parameters are numbers as they are."""
    return Fixed(value, format.fraction) if isinstance(value, (Symbol, int)) and isinstance(format, Word) else value
