"""The interface of plasticity rules, and the composition propose → commit.

A rule is a class with parameters, the words it keeps, and stages. A stage that writes ``change`` proposes a
change of the weight ``w``; the commit that follows rounds it to the weight's format, limits it and writes
the weight if it differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from pydantic import Field

from accelsim.config.errors import did_you_mean
from accelsim.config.registry import Registry
from accelsim.datapath.component import C, Component, describe_program, describe_state, register_component
from accelsim.datapath.intrinsics import clip, shift_round, stochastic_round
from accelsim.datapath.stages import Program, Stage, chain
from accelsim.datapath.words import BIT, Float, Format, Word

EXECUTED_TRIGGERS = ("time step", "presynaptic spike", "learning signal", "every K steps")
"""Triggers on which the cores run stages."""

OFFERED: dict[str, tuple[str, Format]] = {
    "pre_spike": ("row", BIT),
    "post_spike": ("lane", BIT),
    "post_potential": ("lane", Float(32)),
    "post_threshold": ("lane", Float(32)),
    "surrogate": ("lane", Float(32)),
    "learning_signal": ("lane", Float(32)),
    "random": ("lane", Word(16, signed=False)),
}
"""What a core offers to every rule: where it lives (see `accelsim.datapath.kernels.PLACES`) and its format
unless the rule asks for another one in `PlasticityRule.quantities`."""

_OWNERS = {"synapse": "synapse", "presynaptic neuron": "row", "postsynaptic neuron": "lane"}


class PlasticityRule(Component):
    """Base of every plasticity rule; see `accelsim.plasticity` for how to write one."""

    rounding: Literal["nearest", "stochastic"] = "nearest"
    """How a change is rounded to a fixed-point weight."""

    weight_limit: float | None = Field(default=None, gt=0)
    """Weights stay within plus and minus this; without it, within their format."""

    @property
    def synapse_state(self) -> Mapping[str, Format]:
        """Words kept per synapse; the weight is called ``w``."""
        return {"w": Float(32)}

    @property
    def presynaptic_state(self) -> Mapping[str, Format]:
        """Words kept per presynaptic neuron."""
        return {}

    @property
    def postsynaptic_state(self) -> Mapping[str, Format]:
        """Words kept per postsynaptic neuron."""
        return {}

    @property
    def quantities(self) -> Mapping[str, Format]:
        """Formats in which the rule wants what the core offers, where they differ from `OFFERED`."""
        return {}

    @property
    def change(self) -> Format:
        """Format of the proposed change; further digits after the point than the weight's are rounded off."""
        return self.synapse_state["w"]

    @property
    def period(self) -> int | None:
        """K of the stages on ``every K steps``, counted in time steps in which synapses learn; 0 for never."""
        return None

    def state(self, per: str) -> Mapping[str, Format]:
        """The words kept per ``synapse``, ``presynaptic neuron`` or ``postsynaptic neuron``."""
        kept = (self.synapse_state, self.presynaptic_state, self.postsynaptic_state)
        return dict(zip(_OWNERS, kept, strict=True))[per]

    def offered(self) -> dict[str, Format]:
        """What the core offers, in the formats this rule wants."""
        return {name: format for name, (_, format) in OFFERED.items()} | dict(self.quantities)

    def places(self) -> dict[str, str]:
        """Where every word lives, for `accelsim.datapath.kernels.kernel_source`."""
        places = {name: place for name, (place, _) in OFFERED.items()}
        places |= {name: place for per, place in _OWNERS.items() for name in self.state(per)}
        return places | dict.fromkeys(self.registers, "parameter")

    def program(self, per: str, triggers: Iterable[str]) -> Program:
        """What happens to one synapse or neuron when the given triggers coincide.

        Raises
        ------
        ConfigError
            If a stage is wrong.
        """
        wanted = set(triggers)
        places = self.places()
        words: dict[str, Any] = self.offered()
        for owner in _OWNERS:
            words |= self.state(owner)
        if per != "synapse":
            own = {name for name in words if places[name] == _OWNERS[per]} | {"random"}
            words = {name: format for name, format in words.items() if name in own}
        words |= self.parameter_words(words.values())
        stages = [each for each in self.stages if each.per == per and each.on in wanted]
        if per != "synapse":
            return chain(stages, words, stored=self.state(per))
        constants, stages = self._with_commit(stages)
        words |= constants | {"change": self.change}
        return chain(stages, words, stored=self.synapse_state, passed=("change",))

    def _with_commit(self, stages: list[Stage]) -> tuple[dict[str, int], list[Stage]]:
        """Stages with the commit behind each proposal, and the commit's constants."""
        weight, change, limit = self.synapse_state["w"], self.change, self.weight_limit
        constants: dict[str, int] = {}
        if isinstance(weight, Float):
            commit: Callable[..., Any] = _commit_float if limit is None else _commit_limited_float
        else:
            high = weight.high if limit is None else int(weight.encode(limit))
            dropped = change.fraction - weight.fraction if isinstance(change, Word) else 0
            constants = {"dropped_bits": max(dropped, 0), "raised_bits": max(-dropped, 0)}
            constants |= {"lowest": max(weight.low, -high) if limit else weight.low, "highest": high}
            commit = _commit_stochastic if self.rounding == "stochastic" else _commit_nearest
            drawn = self.offered()["random"].bits
            if self.rounding == "stochastic" and dropped > drawn:
                raise self.problem(f"rounds off {dropped} bits with {drawn} random ones: widen `random`")
        expanded = []
        for each in stages:
            expanded.append(each)
            if "change" in each.writes:
                expanded.append(Stage(commit, each.on, each.per, ("w",)))
        return constants, expanded

    def describe(self) -> str:
        """The state it keeps, its parameters, and the operations of its stages."""
        summary = (type(self).__doc__ or "").strip().splitlines()[0]
        lines = [f"plasticity rule {self.name}: {summary}"]
        lines += [describe_state(owner, self.state(owner)) for owner in _OWNERS]
        lines.append("parameters: " + ", ".join(f"{name} = {value}" for name, value in self))
        for owner in _OWNERS:
            for trigger in EXECUTED_TRIGGERS:
                if any(each.per == owner and each.on == trigger for each in self.stages):
                    lines += describe_program(f"per {owner} on {trigger}", self.program(owner, [trigger]))
        return "\n".join(lines)

    def check(self) -> None:
        """Raise `ConfigError` if it cannot be run."""
        if "w" not in self.synapse_state:
            raise self.problem("synapse_state has no weight `w`")
        for word in self.quantities:
            if word not in OFFERED:
                raise self.problem(f"quantities: no core offers `{word}`{did_you_mean(word, OFFERED)}")
        states = [self.state(owner) for owner in _OWNERS]
        groups: list[Iterable[str]] = [OFFERED, *states, self.parameter_words(()), ("change",)]
        counts = Counter(word for words in groups for word in words)
        for word, count in counts.items():
            if count > 1:
                raise self.problem(f"`{word}` names two things among words, parameters and what cores offer")
        for each in self.stages:
            if each.per not in _OWNERS:
                raise each.problem(f"a rule has no stages per {each.per}; it has: {', '.join(_OWNERS)}")
            if each.on not in EXECUTED_TRIGGERS:
                known = ", ".join(EXECUTED_TRIGGERS)
                raise each.problem(f"no core runs stages on {each.on!r}; they run on: {known}")
            if each.on == "every K steps" and self.period is None:
                raise each.problem("runs every K steps, but the rule has no `period`, which gives K")
        for owner in _OWNERS:
            self.program(owner, EXECUTED_TRIGGERS)


def _commit_float(w: Any, change: Any) -> Any:
    return w + change


def _commit_limited_float(w: Any, change: Any, weight_limit: Any) -> Any:
    return clip(w + change, -weight_limit, weight_limit)


def _commit_nearest(w: Any, change: Any, dropped_bits: int, raised_bits: int, lowest: int, highest: int) -> Any:
    return clip(w + (shift_round(change, dropped_bits) << raised_bits), lowest, highest)


def _commit_stochastic(
    w: Any, change: Any, dropped_bits: int, raised_bits: int, lowest: int, highest: int, random: Any
) -> Any:
    return clip(w + (stochastic_round(change, dropped_bits, random) << raised_bits), lowest, highest)


rules: Registry[type[PlasticityRule]] = Registry(
    "plasticity rule",
    entry_point_group="accelsim.plasticity",
    builtin={
        "delta": "accelsim.plasticity.delta:Delta",
        "delta-fixed": "accelsim.plasticity.delta_fixed:DeltaFixed",
        "eprop": "accelsim.plasticity.eprop:EProp",
        "eprop-fixed": "accelsim.plasticity.eprop_fixed:EPropFixed",
        "sdsp": "accelsim.plasticity.sdsp:SDSP",
    },
)
"""Every plasticity rule by name."""


def register(name: str) -> Callable[[C], C]:
    """Register a rule under `name`; one that cannot be run with its default parameters is refused."""
    return register_component(rules, name, PlasticityRule)
