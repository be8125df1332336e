"""The interface of plasticity rules.

A rule is a class with parameters, the words it keeps, and stages. A stage that writes ``change`` proposes a
change of the weight ``w``; the commit that follows rounds it to the weight's format, limits it and writes
the weight if it differs (see `accelsim.plasticity.unit`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from accelsim.config.errors import did_you_mean
from accelsim.config.registry import Registry
from accelsim.datapath.component import C, Component, check_words, register_component
from accelsim.datapath.words import Float, Format
from accelsim.plasticity.unit import EXECUTED_TRIGGERS, HANDED_ON, OFFERED, OWNERS, PlasticityUnit


class PlasticityRule(Component, PlasticityUnit):
    """Base of every plasticity rule; see `accelsim.plasticity` for how to write one."""

    form_of: ClassVar[str | None] = None
    """Rule of which it is the form in other words: a core that has it takes it for that rule."""

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

    @property
    def learning_rate(self) -> float:
        """How large a change is, measured by the gradient or correlation that it follows; consolidations use it."""
        return float(getattr(self, "rate", 1.0))

    @property
    def kept(self) -> tuple[str, ...]:
        """Words that outlive a sample; those not named here and not ``w`` return to zero at its end."""
        return ()

    def state(self, per: str) -> Mapping[str, Format]:
        """The words kept per ``synapse``, ``presynaptic neuron`` or ``postsynaptic neuron``."""
        kept = (self.synapse_state, self.presynaptic_state, self.postsynaptic_state)
        return dict(zip(OWNERS, kept, strict=True))[per]

    def numbers(self, words: Mapping[str, Format]) -> dict[str, Any]:
        """Parameters as words for a chain of stages."""
        return self.parameter_words(words.values())

    def lasting(self) -> set[str]:
        """Words that outlive a sample."""
        return {"w", *self.kept}

    def describe(self) -> str:
        """The state it keeps, its parameters, and the operations of its stages."""
        summary = (type(self).__doc__ or "").strip().splitlines()[0]
        lines = [f"plasticity rule {self.name}: {summary}"]
        states, datapaths = self.description()
        parameters = "parameters: " + ", ".join(f"{name} = {value}" for name, value in self)
        return "\n".join([*lines, *states, parameters, *datapaths])

    def check(self) -> None:
        """Raise `ConfigError` if it cannot be run."""
        kept = (self.synapse_state, self.presynaptic_state, self.postsynaptic_state)
        for name, words in zip(("synapse_state", "presynaptic_state", "postsynaptic_state"), kept, strict=True):
            check_words(self, name, words)
        if "w" not in self.synapse_state:
            raise self.problem("synapse_state has no weight `w`")
        for word in self.quantities:
            if word not in OFFERED:
                raise self.problem(f"quantities: no core offers `{word}`{did_you_mean(word, OFFERED)}")
        states = [self.state(owner) for owner in OWNERS]
        groups: list[Iterable[str]] = [OFFERED, *states, self.parameter_words(()), HANDED_ON]
        counts = Counter(word for words in groups for word in words)
        for word, count in counts.items():
            if count > 1:
                raise self.problem(f"`{word}` names two things among words, parameters and what cores offer")
        for each in self.stages:
            if each.per not in OWNERS:
                raise each.problem(f"a rule has no stages per {each.per}; it has: {', '.join(OWNERS)}")
            if each.on not in EXECUTED_TRIGGERS:
                known = ", ".join(EXECUTED_TRIGGERS)
                raise each.problem(f"no core runs stages on {each.on!r}; they run on: {known}")
            if each.on == "every K steps" and self.period is None:
                raise each.problem("runs every K steps, but the rule has no `period`, which gives K")
        for owner in OWNERS:
            self.program(owner, EXECUTED_TRIGGERS)


rules: Registry[type[PlasticityRule]] = Registry(
    "plasticity rule",
    entry_point_group="accelsim.plasticity",
    builtin={
        "delta": "accelsim.plasticity.delta:Delta",
        "delta-fixed": "accelsim.plasticity.delta_fixed:DeltaFixed",
        "eprop": "accelsim.plasticity.eprop:EProp",
        "eprop-fixed": "accelsim.plasticity.eprop_fixed:EPropFixed",
        "sdsp": "accelsim.plasticity.sdsp:SDSP",
        "stdp": "accelsim.plasticity.stdp:STDP",
        "stdp-fixed": "accelsim.plasticity.stdp_fixed:STDPFixed",
        "triplet-stdp": "accelsim.plasticity.triplet_stdp:TripletSTDP",
        "reward-stdp": "accelsim.plasticity.reward_stdp:RewardSTDP",
        "three-factor-hebb": "accelsim.plasticity.three_factor:ThreeFactorHebb",
        "superspike": "accelsim.plasticity.superspike:SuperSpike",
        "rflo": "accelsim.plasticity.rflo:RFLO",
        "decolle": "accelsim.plasticity.decolle:DECOLLE",
        "inference-learning": "accelsim.plasticity.inference_learning:InferenceLearning",
        "mq": "accelsim.plasticity.mq:MQ",
        "il-prox": "accelsim.plasticity.il_prox:ILProx",
        "backprop": "accelsim.plasticity.backprop:Backprop",
    },
)
"""Every plasticity rule by name."""


def register(name: str) -> Callable[[C], C]:
    """Register a rule under `name`; one that cannot be run with its default parameters is refused."""
    return register_component(rules, name, PlasticityRule)
