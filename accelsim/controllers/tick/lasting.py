"""Words of a tick-driven core that outlive a sample, by memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.lasting import REGISTERS, Lasting, LearningBits
from accelsim.controllers.tick.datapath import Datapath
from accelsim.controllers.tick.state import State
from accelsim.datapath.component import bits_of
from accelsim.datapath.words import Format
from accelsim.plasticity.unit import PlasticityUnit

_NEURONS = {
    "presynaptic_state": (("inp", "input_traces"), ("rec", "recurrent_traces")),
    "postsynaptic_state": (("rec", "neurons"),),
}
_OUTPUTS = {
    "presynaptic_state": (("out", "output_traces"),),
    "postsynaptic_state": (("out", "outputs"),),
}
GENERATOR_BITS = 32


def lasting_words(path: Datapath, state: State) -> Mapping[str, Lasting]:
    """What a core keeps between samples, by the names that its memories have (see `Controller.lasting`)."""
    found: dict[str, Lasting] = {}
    synapses = ((state.inp, "winp", path.rule), (state.rec, "wrec", path.rule), (state.out, "wout", path.output_rule))
    for matrix, name, rule in synapses:
        formats = rule.synapse_state
        others = _lasting(rule, {word: formats[word] for word in formats if word != "w"})
        found[path.traces(name)] = _of(matrix, others)
        found[name] = _of(matrix, {"w": formats["w"], **(others if name in path.one_word else {})})
    for rule, sides in ((path.rule, _NEURONS), (path.output_rule, _OUTPUTS)):
        for side, places in sides.items():
            for part, memory in places:
                found[memory] = _of(getattr(state, part), _lasting(rule, getattr(rule, side)))
    if path.options.feedback == "adaptive":
        found["feedback"] = Lasting((state.back.feedback.T,), path.output_rule.synapse_state["w"].bits)
    generators = list(_generators(state))
    if generators:
        found[REGISTERS] = Lasting((np.concatenate(generators),), GENERATOR_BITS)
    return {name: words for name, words in found.items() if words.arrays}


def learning_bits(path: Datapath, state: State) -> LearningBits:
    """Bits of the words of both rules (see `Controller.learning_bits`)."""
    number = weights = synaptic = others = 0
    inputs, size = state.inp.w.shape
    outputs = state.out.w.shape[1]
    for rule, pre, post in ((path.rule, inputs + size, size), (path.output_rule, size, outputs)):
        synapses = pre * post
        number += synapses
        weights += rule.synapse_state["w"].bits * synapses
        synaptic += bits_of(rule.synapse_state) * synapses
        others += bits_of(rule.presynaptic_state) * pre + bits_of(rule.postsynaptic_state) * post
    if path.options.feedback != "symmetric":
        others += path.output_rule.synapse_state["w"].bits * size * outputs
    return LearningBits(number, weights, synaptic, synaptic + others)


def _lasting(rule: PlasticityUnit, words: Mapping[str, Format]) -> dict[str, Format]:
    return {name: format for name, format in words.items() if name in rule.lasting()}


def _of(arrays: Any, words: Mapping[str, Format]) -> Lasting:
    return Lasting(tuple(getattr(arrays, name) for name in words), sum(format.bits for format in words.values()))


def _generators(state: State) -> Iterator[NDArray[np.uint32]]:
    """States of the random-number generators that the core has."""
    seen: set[int] = set()
    for part in (state.neurons, state.inp, state.rec, state.out):
        for name in part._fields:
            array = getattr(part, name)
            if name.endswith("random_state") and id(array) not in seen:
                seen.add(id(array))
                yield array
