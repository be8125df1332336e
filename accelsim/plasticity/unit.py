"""What plasticity is to a core: words, and programs in three moves: propose a change, modulate it, commit it.

In hardware terms, at one synapse whose stages fire: the rule's stages run in the order of their declaration; behind
each one that writes ``change``

1. *modulate*: the consolidation's stages rewrite the change, from the weight and their own words, before rounding;
2. *commit*: the change is rounded to the weight's last bit and added, the sum limited, and the word written if it
   differs;
3. *after commit*: the consolidation's words take in what happened (`w_before`, `w`, `proposed`, `change`).

Behind all stages of the rule come the stages that the consolidation has on triggers of its own. Everything that
coincides at a synapse is one pass of the plasticity unit: each word is read once and written once. What a synapse
*transmits* is computed between the synaptic memory and the adder that sums the currents.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from accelsim.datapath.component import describe_program, describe_state
from accelsim.datapath.intrinsics import clip, shift_round, stochastic_round, where
from accelsim.datapath.stages import Program, Stage, chain
from accelsim.datapath.words import BIT, Float, Format, Word

if TYPE_CHECKING:
    from accelsim.config.errors import ConfigError

EXECUTED_TRIGGERS = (
    "time step",
    "presynaptic spike",
    "postsynaptic spike",
    "learning signal",
    "every K steps",
    "end of sample",
    "task boundary",
)
"""Triggers on which the cores run stages."""

OFFERED: dict[str, tuple[str, Format]] = {
    "pre_spike": ("row", BIT),
    "post_spike": ("lane", BIT),
    "post_potential": ("lane", Float(32)),
    "post_threshold": ("lane", Float(32)),
    "post_adaptation": ("lane", Float(32)),
    "surrogate": ("lane", Float(32)),
    "learning_signal": ("lane", Float(32)),
    "reward": ("whole", Float(32)),
    "plastic": ("whole", Float(32)),
    "random": ("lane", Word(16, signed=False)),
}
"""What a core offers to every rule: where it lives (see `accelsim.datapath.kernels.PLACES`) and its format
unless the rule asks for another one in its `quantities`. `reward`: 1 or -1 for a right or wrong present answer, minus
the mean squared error of a regression, 0 without a target. `plastic`: a factor for the whole core, 1 unless the
samples set it."""

OWNERS = {"synapse": "synapse", "presynaptic neuron": "row", "postsynaptic neuron": "lane"}
"""Whose words a rule keeps, and where these live."""

HANDED_ON = ("change", "proposed", "w_before")
"""Words that stages pass to each other without storing them."""


class PlasticityUnit:
    """What a controller sees of a rule, alone or with a consolidation: its words, and its programs by trigger."""

    if TYPE_CHECKING:  # given by the classes derived from it

        @property
        def name(self) -> str:
            """What it is called."""

        @property
        def rounding(self) -> Literal["nearest", "stochastic"]:
            """How a change is rounded to a fixed-point weight."""

        @property
        def weight_limit(self) -> float | None:
            """Weights stay within plus and minus this."""

        @property
        def stages(self) -> tuple[Stage, ...]:
            """Stages that run on triggers, in the order of execution."""

        @property
        def registers(self) -> dict[str, float]:
            """Numbers that are set when the chip is configured."""

        @property
        def quantities(self) -> Mapping[str, Format]:
            """Formats of what the core offers, where they differ from `OFFERED`."""

        @property
        def change(self) -> Format:
            """Format of the proposed change."""

        @property
        def period(self) -> int | None:
            """K of the stages on ``every K steps``."""

        def problem(self, message: str) -> ConfigError:
            """An error located at the class."""

        def check(self) -> None:
            """Raise `ConfigError` if it cannot be run."""

        def state(self, per: str) -> Mapping[str, Format]:
            """The words kept per ``synapse``, ``presynaptic neuron`` or ``postsynaptic neuron``."""

    @property
    @abstractmethod
    def synapse_state(self) -> Mapping[str, Format]:
        """Words kept per synapse; the weight is called ``w``."""

    @abstractmethod
    def numbers(self, words: Mapping[str, Format]) -> dict[str, Any]:
        """Parameters as words for `chain`, where the others are `words`."""

    def modulation(self, proposal: Stage) -> tuple[list[Stage], list[Stage]]:
        """Stages before and after the commit of what a stage proposes."""
        return [], []

    def lasting(self) -> set[str]:
        """Words that outlive a sample."""
        return {"w"}

    @property
    def presynaptic_state(self) -> Mapping[str, Format]:
        """Words kept per presynaptic neuron."""
        return self.state("presynaptic neuron")

    @property
    def postsynaptic_state(self) -> Mapping[str, Format]:
        """Words kept per postsynaptic neuron."""
        return self.state("postsynaptic neuron")

    @property
    def base(self) -> PlasticityUnit:
        """The rule without what works on top of it."""
        return self

    def owner(self, word: str) -> Any:
        """The rule or consolidation that keeps a word."""
        return self

    @property
    def weight_copies(self) -> Sequence[str]:
        """Words per synapse that start as a copy of the weight."""
        return ()

    def reads(self, word: str) -> bool:
        """Whether a stage reads something that the core offers."""
        return any(word in each.reads for each in self.stages)

    def triggers(self, per: str) -> set[str]:
        """Triggers on which there are stages per synapse or per neuron on a side."""
        return {each.on for each in self.stages if each.per == per}

    def offered(self) -> dict[str, Format]:
        """What the core offers, in the formats wanted."""
        return {name: format for name, (_, format) in OFFERED.items()} | dict(self.quantities)

    def places(self) -> dict[str, str]:
        """Where every word lives, for `accelsim.datapath.kernels.kernel_source`."""
        places = {name: place for name, (place, _) in OFFERED.items()}
        places |= {name: place for per, place in OWNERS.items() for name in self.state(per)}
        return places | dict.fromkeys(self.registers, "parameter")

    def words(self) -> dict[str, Format]:
        """Every word that a stage per synapse may read besides parameters, with its format."""
        words = self.offered()
        for owner in OWNERS:
            words |= self.state(owner)
        return words | {"change": self.change}

    def program(self, per: str, triggers: Iterable[str]) -> Program:
        """What happens to one synapse or neuron when the given triggers coincide.

        Raises
        ------
        ConfigError
            If a stage is wrong.
        """
        wanted = set(triggers)
        stages = [each for each in self.stages if each.per == per and each.on in wanted]
        words: dict[str, Any] = self.words()
        if per != "synapse":
            places = self.places()
            shared = {"random", *(name for name, (place, _) in OFFERED.items() if place == "whole")}
            own = {name for name in words if places.get(name) == OWNERS[per]} | shared
            words = {name: format for name, format in words.items() if name in own}
            return chain(stages, words | self.numbers(words), stored=self.state(per))
        constants, stages = self.with_commit(stages)
        return chain(stages, words | self.numbers(words) | constants, stored=self.synapse_state, passed=HANDED_ON)

    def with_commit(self, stages: list[Stage]) -> tuple[dict[str, int], list[Stage]]:
        """Stages with the moves behind each proposal, and the commit's constants."""
        constants, function = self._commit()
        expanded: list[Stage] = []
        for each in stages:
            moves = [each]
            if "change" in each.writes:
                before, after = self.modulation(each)
                if after:
                    moves.append(Stage(_keep, each.on, each.per, ("proposed", "w_before")))
                elif before:
                    moves.append(Stage(_keep_change, each.on, each.per, ("proposed",)))
                moves += [*before, Stage(function, each.on, each.per, ("w",)), *after]
            expanded += map(_at_firing, moves) if each.on == "postsynaptic spike" else moves
        return constants, expanded

    def _commit(self) -> tuple[dict[str, int], Callable[..., Any]]:
        """The commit and its constants."""
        weight, change, limit = self.synapse_state["w"], self.change, self.weight_limit
        if isinstance(weight, Float):
            return {}, _commit_float if limit is None else _commit_limited_float
        high = weight.high if limit is None else int(weight.encode(limit))
        dropped = change.fraction - weight.fraction if isinstance(change, Word) else 0
        constants = {"dropped_bits": max(dropped, 0), "raised_bits": max(-dropped, 0)}
        constants |= {"lowest": max(weight.low, -high) if limit else weight.low, "highest": high}
        if self.rounding == "nearest":
            return constants, _commit_nearest
        drawn = self.offered()["random"].bits
        if dropped > drawn:
            raise self.problem(f"rounds off {dropped} bits with {drawn} random ones: widen `random`")
        return constants, _commit_stochastic

    @property
    def transmitted(self) -> Format:
        """Format of what a synapse transmits."""
        return self.synapse_state["w"]

    def transmit(self) -> list[Stage]:
        """Stages from ``w`` to ``transmitted``; none if a synapse transmits its weight."""
        return []

    def programs(self) -> dict[str, Program]:
        """Its datapaths, each under the name of where and when it runs."""
        return {
            f"per {owner} on {trigger}": self.program(owner, [trigger])
            for owner in OWNERS
            for trigger in EXECUTED_TRIGGERS
            if any(each.per == owner and each.on == trigger for each in self.stages)
        }

    def description(self) -> tuple[list[str], list[str]]:
        """Lines about the state it keeps, and about the operations of its stages."""
        states = [describe_state(owner, self.state(owner)) for owner in OWNERS]
        return states, [line for title, each in self.programs().items() for line in describe_program(title, each)]


def _at_firing(stage: Stage) -> Stage:
    """A stage on postsynaptic spikes: only the words of synapses whose neuron has just fired are written."""
    written = tuple(name for name in stage.writes if name not in HANDED_ON)
    if not written:
        return stage
    reads = tuple(dict.fromkeys((*stage.reads, *written, "post_spike")))

    def function(**values: Any) -> Any:
        results = stage.function(**{name: values[name] for name in stage.reads})
        results = results if isinstance(results, tuple) else (results,)
        if len(results) != len(stage.writes):
            return results
        gated = zip(stage.writes, results, strict=True)
        return tuple(where(values["post_spike"], new, values[name]) if name in written else new for name, new in gated)

    return stage.wrapped(function, reads)


def _keep(w: Any, change: Any) -> Any:
    return change, w


def _keep_change(change: Any) -> Any:
    return change


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
