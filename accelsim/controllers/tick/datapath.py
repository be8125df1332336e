"""Datapath of a tick-driven core: the programs between neuron model, plasticity rules and readout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from accelsim.architecture.crossbar import Crossbar
from accelsim.config.errors import ConfigError, Problem
from accelsim.controllers.tick.feedback import followed
from accelsim.controllers.tick.partial_sums import Grid
from accelsim.controllers.tick.settings import TickOptions
from accelsim.datapath.component import bits_of
from accelsim.datapath.decay import decayed
from accelsim.datapath.fixed_point import Fixed, stored
from accelsim.datapath.intrinsics import clip, saturate, shift_round, where
from accelsim.datapath.stages import Program, Stage, chain, widest_float
from accelsim.datapath.words import Float, Format, Word
from accelsim.neurons.base import NeuronModel
from accelsim.plasticity.unit import PlasticityUnit

LEAK_BITS = 8
"""Digits after the point of the leak factor of fixed-point outputs (assumed)."""

STEP, SPIKE, SIGNAL, PERIOD = "time step", "presynaptic spike", "learning signal", "every K steps"
POST, SAMPLE, TASK = "postsynaptic spike", "end of sample", "task boundary"

SITUATIONS = 16
"""Of a row of synapses: 1 with a presynaptic spike, plus 2 with a learning signal, plus 4 in every K-th step, plus 8
where a neuron fires and the rule has stages on that."""


def converter(source: Format, target: Format) -> Callable[[Any], Any] | None:
    """A scalar function from one format to another, rounding to nearest and saturating.

    None where there is none: a float cannot become a fixed-point word.
    """
    if isinstance(target, Float):
        if isinstance(source, Float):
            return lambda x: x
        unit = 2.0**-source.fraction
        return lambda x: x * unit
    if isinstance(source, Float):
        return None
    if source == target:
        return lambda x: x
    dropped, raised = max(source.fraction - target.fraction, 0), max(target.fraction - source.fraction, 0)
    return lambda x: clip(shift_round(x, dropped) << raised, target.low, target.high)


@dataclass(frozen=True)
class Datapath:
    """What a core computes.

    Attributes
    ----------
    neuron : NeuronModel
    rule : PlasticityUnit
        Of input and recurrent synapses.
    output_rule : PlasticityUnit
        Of the synapses onto the readout.
    options : TickOptions
    leak : int
        Leak factor of fixed-point outputs, with `LEAK_BITS` digits after the point.
    crossbar : Crossbar or None
        Tiles that hold the weights and sum them in place.
    outputs : int
        Number of outputs.
    one_word : frozenset of str
        Matrices whose memory holds all words of a synapse at one address, beside its weight.
    """

    neuron: NeuronModel
    rule: PlasticityUnit
    output_rule: PlasticityUnit
    options: TickOptions
    leak: int
    crossbar: Crossbar | None = None
    outputs: int = 1
    one_word: frozenset[str] = frozenset()

    def traces(self, matrix: str) -> str:
        """Memory of the words per synapse of a matrix but the weight."""
        return matrix if matrix in self.one_word else f"{matrix}_traces"

    @cached_property
    def output(self) -> Format:
        """Format of the readout's outputs."""
        weight = self.output_rule.synapse_state["w"]
        if isinstance(weight, Float):
            return weight
        return Word(self.options.readout_bits, fraction=self.options.readout_fraction)

    @cached_property
    def signal_sum(self) -> Format:
        """Format in which errors times feedback weights are summed."""
        error, weight = self.output_rule.offered()["learning_signal"], self.returned
        if isinstance(error, Word) and isinstance(weight, Word):
            return Word(32, fraction=error.fraction + weight.fraction)
        return widest_float((error, weight))

    def grid(self, rule: PlasticityUnit) -> Grid | None:
        """How the weights of a rule lie in crossbar tiles, where they do."""
        return None if self.crossbar is None else Grid(self.crossbar, rule.synapse_state["w"])

    def integrate(self) -> Program:
        """Add the weight of one synapse, or what one column of a tile gave, to the input of its neuron."""
        return _accumulate(self.rule, self.neuron.current, "core.neuron", self.neuron.name, self.grid(self.rule))

    def accumulate_output(self) -> Program:
        """The same for an output."""
        rule = self.output_rule
        return _accumulate(rule, self.output, "core.options.output_rule", "readout", self.grid(rule))

    def leak_output(self) -> Program:
        """Leak of one output."""
        if isinstance(self.output, Float):
            exact = self.options.exact_decays
            words: dict[str, Format] = {"total": self.output, "readout_factor": self.output}
            return _map(lambda total, readout_factor: decayed(total, readout_factor, exact), "total", words)
        factor = self.leak
        return _map(lambda total: shift_round(total * factor, LEAK_BITS), "total", {"total": self.output})

    def output_error(self) -> Program:
        """Output minus target, as the output rule and the feedback take it."""
        error = self.output_rule.offered()["learning_signal"]
        convert = _needed(
            self.output, error, "core.options.output_rule", f"rule `{self.output_rule.name}` wants errors as"
        )
        words = {"total": self.output, "target": self.output, "learning_signal": error}
        return _map(lambda total, target: convert(total - target), "learning_signal", words)

    @property
    def returned(self) -> Format:
        """Format of the feedback: the readout's own weights, as they transmit, or weights that are never changed."""
        rule = self.output_rule
        return rule.transmitted if self.options.feedback == "symmetric" else rule.synapse_state["w"]

    def feed_back(self) -> Program:
        """Add one output's error times its feedback weight to the learning signal of a neuron."""
        formats = {
            "error": self.output_rule.offered()["learning_signal"],
            "feedback": self.returned,
            "signal_sum": self.signal_sum,
        }
        if isinstance(self.signal_sum, Word):
            bits = self.signal_sum.bits

            def add(signal_sum: Any, error: Any, feedback: Any) -> Any:
                return saturate(signal_sum + error * feedback, bits)

            return self._returning(add, formats)
        real_error, real_weight = (converter(formats[name], self.signal_sum) for name in ("error", "feedback"))
        assert real_error is not None
        assert real_weight is not None

        def add_real(signal_sum: Any, error: Any, feedback: Any) -> Any:
            return signal_sum + real_error(error) * real_weight(feedback)

        return self._returning(add_real, formats)

    def _returning(self, add: Callable[..., Any], words: dict[str, Format]) -> Program:
        if self.options.feedback == "symmetric":
            return _sending(self.output_rule, "feedback", add, "signal_sum", words)
        return _map(add, "signal_sum", words)

    def follow_output(self) -> Program:
        """Change of a feedback weight with its readout weight."""
        words = dict.fromkeys(("w", "w_before", "feedback", "feedback_kept"), self.output_rule.synapse_state["w"])
        return _map(followed, "feedback", words)

    def narrow_signal(self) -> Program:
        """The learning signal as the rule takes it."""
        signal = self.rule.offered()["learning_signal"]
        where = f"rule `{self.rule.name}` wants learning signals as"
        convert = _needed(self.signal_sum, signal, "learning.rule", where)
        words = {"signal_sum": self.signal_sum, "learning_signal": signal}
        return _map(lambda signal_sum: convert(signal_sum), "learning_signal", words)

    def present_surrogate(self) -> Program:
        """The neuron's surrogate derivative as the rule takes it."""
        source, target = self.neuron.surrogate, self.rule.offered()["surrogate"]
        convert = _needed(source, target, "learning.rule", f"rule `{self.rule.name}` wants surrogates as")
        words = {"neuron_surrogate": source, "surrogate": target}
        return _map(lambda neuron_surrogate: convert(neuron_surrogate), "surrogate", words)

    def present_potential(self) -> Program:
        """The neuron's potential as the rule takes it."""
        source, target = self.neuron.state.get("potential"), self.rule.offered()["post_potential"]
        if source is None:
            message = f"rule `{self.rule.name}` reads potentials, neuron model `{self.neuron.name}` has none"
            raise ConfigError(Problem(path="learning.rule", message=message))
        convert = _needed(source, target, "learning.rule", f"rule `{self.rule.name}` wants potentials as")
        words = {"neuron_potential": source, "post_potential": target}
        return _map(lambda neuron_potential: convert(neuron_potential), "post_potential", words)

    def judge(self, rule: PlasticityUnit, word: str) -> Program:
        """Take one output into the reward of a present answer: 1 if the largest is that of the target, else -1."""
        reward = rule.offered()["reward"]
        right, wrong = (reward.encode(value).item() for value in (1.0, -1.0))

        def compare(total: Any, target: Any, best: Any, reward: Any) -> Any:
            larger = total > best
            return where(larger, total, best), where(larger, where(target > 0, right, wrong), reward)

        words = dict.fromkeys(("total", "target", "best"), self.output) | {"reward": reward}
        stage = Stage(compare, SIGNAL, "neuron", ("best", "reward")).renamed({"reward": word})
        return chain([stage], words | {word: reward}, stored=("best", word))

    def deviate(self, rule: PlasticityUnit, word: str) -> Program:
        """Take one output into the reward of a regression: minus the mean squared error."""
        reward, share = rule.offered()["reward"], 1.0 / self.outputs
        if isinstance(reward, Word) and isinstance(self.output, Float):
            message = f"rule `{rule.name}` wants rewards as {reward}, but outputs are {self.output}"
            raise ConfigError(Problem(path="learning.rule", message=message))

        def real(x: Any, format: Format) -> Any:
            if isinstance(format, Float):
                return x
            return Fixed(x, format.fraction) if isinstance(reward, Word) else x * 2.0**-format.fraction

        def square(total: Any, target: Any, reward_: Any) -> Any:
            error = real(total, self.output) - real(target, self.output)
            return stored(real(reward_, reward) - error * error * share, reward)

        words = {"total": self.output, "target": self.output, word: reward}
        stage = Stage(square, SIGNAL, "neuron", ("reward_",)).renamed({"reward_": word})
        return chain([stage], words, stored=(word,))

    def reads(self, word: str) -> bool:
        """Whether the rule reads something that the core offers."""
        return self.rule.reads(word)

    def state_bits(self) -> dict[str, int]:
        """Bits of each part of the state, by the names that memories use."""
        weight, output_weight = self.rule.synapse_state["w"].bits, self.output_rule.synapse_state["w"].bits
        surrogate = self.neuron.surrogate.bits if self.reads("surrogate") else 0
        return {
            "weight": weight,
            "synapse_trace": bits_of(self.rule.synapse_state) - weight,
            "synapse": bits_of(self.rule.synapse_state),
            "presynaptic_trace": bits_of(self.rule.presynaptic_state),
            "neuron": bits_of({**self.neuron.state, **self.neuron.configuration, **self.rule.postsynaptic_state})
            + surrogate,
            "current": self.neuron.current.bits,
            "output_weight": output_weight,
            "output_synapse_trace": bits_of(self.output_rule.synapse_state) - output_weight,
            "output_synapse": bits_of(self.output_rule.synapse_state),
            "output_presynaptic_trace": bits_of(self.output_rule.presynaptic_state),
            "readout": self.output.bits + bits_of(self.output_rule.postsynaptic_state),
            "feedback": output_weight if self.options.feedback != "symmetric" else 0,
        }


def triggers_of(rule: PlasticityUnit, per: str) -> set[str]:
    """Triggers on which a rule has stages per synapse or per neuron."""
    return rule.triggers(per)


def situation_triggers(rule: PlasticityUnit, situation: int) -> list[str]:
    """Triggers that coincide at a row of synapses in one of the `SITUATIONS`."""
    held = {STEP: True, SPIKE: situation & 1, POST: situation & 8, SIGNAL: situation & 2, PERIOD: situation & 4}
    return [trigger for trigger in held if held[trigger] and trigger in triggers_of(rule, "synapse")]


def ending_triggers(rule: PlasticityUnit, per: str, ends: int) -> list[str]:
    """Triggers of a rule at the end of a sample (1 of `ends`) and of a task (2)."""
    held = {SAMPLE: ends & 1, TASK: ends & 2}
    return [trigger for trigger in held if held[trigger] and trigger in triggers_of(rule, per)]


def _needed(source: Format, target: Format, path: str, wants: str) -> Callable[[Any], Any]:
    convert = converter(source, target)
    if convert is None:
        raise ConfigError(Problem(path=path, message=f"{wants} {target}, but gets {source}"))
    return convert


def _accumulate(rule: PlasticityUnit, total: Format, path: str, target: str, grid: Grid | None) -> Program:
    wants = f"`{target}` cannot sum the weights of rule `{rule.name}`: it wants"
    weight = rule.transmitted
    words = {"total": total, "w": weight}
    align = _needed(weight, Word(40, fraction=total.fraction) if isinstance(total, Word) else total, path, wants)
    if grid is not None:
        return grid.merge(total, align)
    if isinstance(total, Word):
        bits = total.bits
        return _sending(rule, "w", lambda total, w: saturate(total + align(w), bits), "total", words)
    return _sending(rule, "w", lambda total, w: total + align(w), "total", words)


def _sending(
    rule: PlasticityUnit, weight: str, function: Callable[..., Any], writes: str, words: dict[str, Format]
) -> Program:
    """A program of one function on what a synapse transmits of its weight, which `words` call `weight`."""
    computed = [each.renamed({"w": weight}) for each in rule.transmit()]
    if not computed:
        return _map(function, writes, words)
    own = Stage(function, STEP, "neuron", (writes,)).renamed({weight: "transmitted"})
    known: dict[str, Any] = words | {weight: rule.synapse_state["w"], "transmitted": rule.transmitted}
    return chain([*computed, own], rule.numbers(known) | known, stored=(writes,), passed=("transmitted",))


def _map(function: Callable[..., Any], writes: str, words: dict[str, Format]) -> Program:
    """A program of one function."""
    return chain([Stage(function, STEP, "neuron", (writes,))], words, stored=(writes,))
