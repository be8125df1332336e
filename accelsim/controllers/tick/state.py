"""Arrays and tables of a programmed tick-driven core, as its loop takes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.indices import BlockSet, BlockWordSet, WordSet
from accelsim.architecture.schema import Core
from accelsim.controllers.base import Request
from accelsim.controllers.initial import InitialWeights
from accelsim.controllers.tick import loop
from accelsim.controllers.tick.datapath import SITUATIONS, Datapath, situation_triggers
from accelsim.controllers.tick.module import loop_source
from accelsim.controllers.tick.settings import TickSettings
from accelsim.datapath.kernels import tuple_type
from accelsim.plasticity.base import PlasticityRule
from accelsim.plasticity.kernels import allocate, parameters

POSTSYNAPTIC = ("post_spike", "post_potential", "post_threshold", "surrogate", "learning_signal")
"""What the core offers of a postsynaptic neuron: one array for all its synapses."""


@dataclass(frozen=True)
class State:
    """Everything a core keeps (namedtuples of arrays, see :mod:`accelsim.controllers.tick.loop`)."""

    neurons: Any
    inp: Any
    rec: Any
    out: Any
    back: Any
    registers: tuple[Any, Any, Any, Any]


@dataclass(frozen=True)
class Shape:
    """How weight rows lie in blocks of lanes and in memory words."""

    blocks: int
    lanes: int
    width: int
    """Weights of a block in one word."""
    words: int
    """Words of a whole row, block after block."""
    output_width: int
    output_words: int


def core_shape(core: Core, recurrent: int, outputs: int) -> Shape:
    """Blocks and words from the index sets `block`, `row_word` and `output_word`; without them a row is one word."""
    block, row_word, output_word = (core.index_sets.get(name) for name in ("block", "row_word", "output_word"))
    lanes = core.units[block.unit].lanes if isinstance(block, BlockSet) else recurrent
    per_word = core.memories[row_word.words_of].items_per_word if isinstance(row_word, BlockWordSet) else lanes
    per_output_word = outputs
    if isinstance(output_word, WordSet):
        per_output_word = core.memories[output_word.words_of].items_per_word
    blocks = -(-recurrent // lanes)
    return Shape(
        blocks=blocks,
        lanes=lanes,
        width=min(per_word, lanes),
        words=blocks * max(1, lanes // per_word),
        output_width=per_output_word,
        output_words=-(-outputs // per_output_word),
    )


def allocate_state(path: Datapath, settings: TickSettings, request: Request, threshold: Any) -> State:
    """A core before its first sample: weights drawn, everything else zero."""
    inputs, size, outputs = (request.populations[name] for name in ("input", "recurrent", "output"))
    neurons = path.neuron.allocate(size, _seed(request, "core.soma"))
    shared: dict[str, NDArray[Any]] = {}
    matrices = {}
    for name, pre in (("winp", inputs), ("wrec", size)):
        arrays = _synapses(path.rule, pre, size, request, name)
        shared = shared or {word: arrays[word] for word in (*POSTSYNAPTIC, *path.rule.postsynaptic_state)} | {
            "total": neurons.current,
            **{f"neuron_{word}": getattr(neurons, word) for word in (*path.neuron.state, "surrogate")},
        }
        matrices[name] = arrays | shared
    if path.reads("post_threshold"):
        shared["post_threshold"][:] = path.rule.offered()["post_threshold"].encode(threshold)
    output = path.output.dtype
    out = _synapses(path.output_rule, size, outputs, request, "wout")
    out |= {"total": np.zeros(outputs, output), "target": np.zeros(outputs, output)}
    out["surrogate"][:] = path.output_rule.offered()["surrogate"].encode(1.0)  # a linear output
    matrices["wout"] = out
    laws = {"winp": settings.input_weights, "wrec": settings.recurrent_weights, "wout": settings.output_weights}
    for name, law in laws.items():
        rule = path.output_rule if name == "wout" else path.rule
        matrices[name]["w"][:] = _drawn(law, rule, request, name, *matrices[name]["w"].shape)
    np.fill_diagonal(matrices["wrec"]["w"], 0)
    if path.options.feedback == "random":
        feedback = _drawn(settings.feedback_weights, path.output_rule, request, "feedback", size, outputs).T
    else:
        feedback = out["w"].T
    back = {
        "error": out["learning_signal"],
        "feedback": feedback,
        "signal_sum": np.zeros(size, path.signal_sum.dtype),
        "learning_signal": shared["learning_signal"],
    }
    readout = tuple_type("Parameters", ["readout_decay"])(settings.readout_decay)
    registers = (path.neuron.parameters(), parameters(path.rule), parameters(path.output_rule), readout)
    # Only what the loop names: every further array makes it slower to compile.
    named = set(re.findall(r"\.(\w+)", loop_source(path)))
    inp, rec, out_synapses, feedback_synapses = (
        _tuple({name: array for name, array in arrays.items() if name in named})
        for arrays in (matrices["winp"], matrices["wrec"], out, back)
    )
    return State(neurons, inp, rec, out_synapses, feedback_synapses, registers)


def _seed(request: Request, component: str) -> int:
    return int(request.generator(component).integers(2**63))


def _synapses(rule: PlasticityRule, pre: int, post: int, request: Request, name: str) -> dict[str, NDArray[Any]]:
    arrays = allocate(rule, pre, post, _seed(request, f"core.{name}.random"))._asdict()
    return arrays | {"before": np.zeros(post, rule.synapse_state["w"].dtype)}


def _drawn(law: InitialWeights, rule: PlasticityRule, request: Request, name: str, pre: int, post: int) -> NDArray[Any]:
    return rule.synapse_state["w"].encode(law.draw_real(request.generator(f"core.{name}.initial"), pre, post))


def _tuple(arrays: dict[str, NDArray[Any]]) -> Any:
    return tuple_type("Arrays", tuple(arrays))(**arrays)


def situations(rule: PlasticityRule) -> NDArray[np.uint8]:
    """What happens to a row of synapses in each situation (bits of the loop)."""
    table = np.zeros(SITUATIONS, np.uint8)
    for situation in range(SITUATIONS):
        triggers = situation_triggers(rule, situation)
        if not triggers:
            continue
        program = rule.program("synapse", triggers)
        kept = set(rule.synapse_state) - {"w"}
        for holds, bit in (
            (True, loop.VISITED),
            ("w" in program.reads, loop.READ),
            ("w" in program.writes, loop.WRITTEN),
            (bool(kept & set(program.reads)), loop.TRACE_READ),
            (bool(kept & set(program.writes)), loop.TRACE_WRITTEN),
        ):
            table[situation] |= bit if holds else 0
    return table
