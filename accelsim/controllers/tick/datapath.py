"""Datapath of a tick-driven core: the programs between neuron model, plasticity rules and readout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from accelsim.config.errors import ConfigError, Problem
from accelsim.controllers.tick.settings import TickOptions
from accelsim.datapath.component import bits_of
from accelsim.datapath.intrinsics import clip, saturate, shift_round
from accelsim.datapath.stages import Program, Stage, chain
from accelsim.datapath.words import Float, Format, Word
from accelsim.neurons.base import NeuronModel
from accelsim.plasticity.base import PlasticityRule

LEAK_BITS = 8
"""Digits after the point of the leak factor of fixed-point outputs (assumed)."""

STEP, SPIKE, SIGNAL, PERIOD = "time step", "presynaptic spike", "learning signal", "every K steps"

SITUATIONS = 8
"""Of a row of synapses: 1 with a presynaptic spike, plus 2 with a learning signal, plus 4 in every K-th step."""


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
    rule : PlasticityRule
        Of input and recurrent synapses.
    output_rule : PlasticityRule
        Of the synapses onto the readout.
    options : TickOptions
    leak : int
        Leak factor of fixed-point outputs, with `LEAK_BITS` digits after the point.
    """

    neuron: NeuronModel
    rule: PlasticityRule
    output_rule: PlasticityRule
    options: TickOptions
    leak: int

    @cached_property
    def output(self) -> Format:
        """Format of the readout's outputs."""
        if isinstance(self.output_rule.synapse_state["w"], Float):
            return Float(32)
        return Word(self.options.readout_bits, fraction=self.options.readout_fraction)

    @cached_property
    def signal_sum(self) -> Format:
        """Format in which errors times feedback weights are summed."""
        error, weight = self.output_rule.offered()["learning_signal"], self.output_rule.synapse_state["w"]
        if isinstance(error, Word) and isinstance(weight, Word):
            return Word(32, fraction=error.fraction + weight.fraction)
        return Float(32)

    def integrate(self) -> Program:
        """Add the weight of one synapse to the input of its neuron."""
        weight = self.rule.synapse_state["w"]
        return _accumulate(weight, self.neuron.current, "core.neuron", self.neuron.name, self.rule.name)

    def accumulate_output(self) -> Program:
        """Add the weight of one synapse to an output."""
        weight = self.output_rule.synapse_state["w"]
        return _accumulate(weight, self.output, "core.options.output_rule", "readout", self.output_rule.name)

    def leak_output(self) -> Program:
        """Leak of one output."""
        if isinstance(self.output, Float):

            def leak(total: Any, readout_decay: Any) -> Any:
                return total * readout_decay

            return _map(leak, "total", {"total": self.output, "readout_decay": Float(32)})
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

    def feed_back(self) -> Program:
        """Add one output's error times its feedback weight to the learning signal of a neuron."""
        formats = {
            "error": self.output_rule.offered()["learning_signal"],
            "feedback": self.output_rule.synapse_state["w"],
            "signal_sum": self.signal_sum,
        }
        if isinstance(self.signal_sum, Word):
            bits = self.signal_sum.bits

            def add(signal_sum: Any, error: Any, feedback: Any) -> Any:
                return saturate(signal_sum + error * feedback, bits)

            return _map(add, "signal_sum", formats)
        real_error, real_weight = (converter(formats[name], Float(32)) for name in ("error", "feedback"))
        assert real_error is not None
        assert real_weight is not None

        def add_real(signal_sum: Any, error: Any, feedback: Any) -> Any:
            return signal_sum + real_error(error) * real_weight(feedback)

        return _map(add_real, "signal_sum", formats)

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

    def reads(self, word: str) -> bool:
        """Whether the rule reads something that the core offers."""
        return any(word in stage.reads for stage in self.rule.stages)

    def state_bits(self) -> dict[str, int]:
        """Bits of each part of the state, by the names that memories use."""
        weight, output_weight = self.rule.synapse_state["w"].bits, self.output_rule.synapse_state["w"].bits
        surrogate = self.neuron.surrogate.bits if self.reads("surrogate") else 0
        return {
            "weight": weight,
            "synapse_trace": bits_of(self.rule.synapse_state) - weight,
            "presynaptic_trace": bits_of(self.rule.presynaptic_state),
            "neuron": bits_of(self.neuron.state) + surrogate + bits_of(self.rule.postsynaptic_state),
            "current": self.neuron.current.bits,
            "output_weight": output_weight,
            "output_synapse_trace": bits_of(self.output_rule.synapse_state) - output_weight,
            "output_presynaptic_trace": bits_of(self.output_rule.presynaptic_state),
            "readout": self.output.bits + bits_of(self.output_rule.postsynaptic_state),
            "feedback": output_weight if self.options.feedback == "random" else 0,
        }


def triggers_of(rule: PlasticityRule, per: str) -> set[str]:
    """Triggers on which a rule has stages per synapse or per neuron."""
    return {stage.on for stage in rule.stages if stage.per == per}


def situation_triggers(rule: PlasticityRule, situation: int) -> list[str]:
    """Triggers that coincide at a row of synapses in one of the `SITUATIONS`."""
    held = {STEP: True, SPIKE: situation & 1, SIGNAL: situation & 2, PERIOD: situation & 4}
    return [trigger for trigger in held if held[trigger] and trigger in triggers_of(rule, "synapse")]


def _needed(source: Format, target: Format, path: str, wants: str) -> Callable[[Any], Any]:
    convert = converter(source, target)
    if convert is None:
        raise ConfigError(Problem(path=path, message=f"{wants} {target}, but gets {source}"))
    return convert


def _accumulate(weight: Format, total: Format, path: str, target: str, rule: str) -> Program:
    wants = f"`{target}` cannot sum the weights of rule `{rule}`: it wants"
    words = {"total": total, "w": weight}
    if isinstance(total, Word):
        bits = total.bits
        align = _needed(weight, Word(40, fraction=total.fraction), path, wants)
        return _map(lambda total, w: saturate(total + align(w), bits), "total", words)
    align = _needed(weight, total, path, wants)
    return _map(lambda total, w: total + align(w), "total", words)


def _map(function: Callable[..., Any], writes: str, words: dict[str, Format]) -> Program:
    """A program of one function."""
    return chain([Stage(function, STEP, "neuron", (writes,))], words, stored=(writes,))
