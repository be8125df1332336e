"""Arrays and tables of a programmed tick-driven core, as its loop takes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.base import Request
from accelsim.controllers.connections import draw_connectivity, possible_synapses
from accelsim.controllers.initial import InitialWeights
from accelsim.controllers.tick import loop
from accelsim.controllers.tick.datapath import PERIOD, POST, SIGNAL, SITUATIONS, STEP, Datapath, situation_triggers
from accelsim.controllers.tick.module import loop_source
from accelsim.controllers.tick.settings import TickSettings
from accelsim.datapath.decay import decay_factor
from accelsim.datapath.kernels import tuple_type
from accelsim.datapath.words import Word
from accelsim.devices.draw import TIMES_LARGEST, allocate_cells
from accelsim.devices.state import Cells, Sums
from accelsim.plasticity.kernels import allocate, parameters
from accelsim.plasticity.unit import PlasticityUnit

POSTSYNAPTIC = ("post_spike", "post_potential", "post_threshold", "post_adaptation", "surrogate", "learning_signal")
"""What the core offers of a postsynaptic neuron: one array for all its synapses."""
WHOLE = ("reward", "plastic")
"""What it offers of itself: one array for all."""
OWN = frozenset(
    ["before", "differs", "eights", "writes", "fresh", "sweeps", "cells", "total", "target", "best", "network_reward",
     "columns", "codes", "law", "active", "programmed", "random_state", "presynaptic_random_state",
     "postsynaptic_random_state"]
)  # fmt: skip
"""What the core keeps beside the words of a rule, under names that these cannot have; nor any that begins as below."""
OWN_PREFIX = "neuron_"
_ACCESS_BITS = (loop.READ, loop.WRITTEN, loop.TRACE_READ, loop.TRACE_WRITTEN)


@dataclass(frozen=True)
class State:
    """Everything a core keeps (namedtuples of arrays, see :mod:`accelsim.controllers.tick.loop`)."""

    neurons: Any
    inp: Any
    rec: Any
    out: Any
    back: Any
    registers: tuple[Any, Any, Any, Any]
    samples: NDArray[np.int64]
    """(1,) samples that were run."""


def allocate_state(path: Datapath, settings: TickSettings, request: Request, threshold: Any) -> State:
    """A core before its first sample: weights drawn, everything else zero."""
    inputs, size, outputs = (request.populations[name] for name in ("input", "recurrent", "output"))
    neurons = path.neuron.allocate(size, _seed(request, "core.soma"))
    shared: dict[str, NDArray[Any]] = {}
    matrices: dict[str, dict[str, Any]] = {}
    for name, pre in (("winp", inputs), ("wrec", size)):
        arrays = _synapses(path.rule, pre, size, request, name)
        shared = shared or {word: arrays[word] for word in (*POSTSYNAPTIC, *WHOLE, *path.rule.postsynaptic_state)} | {
            "total": neurons.current,
            **{f"neuron_{word}": getattr(neurons, word) for word in (*path.neuron.state, "surrogate")},
        }
        matrices[name] = arrays | shared
    if path.reads("post_adaptation"):
        strength = path.neuron.configuration["adaptation_strength"].decode(neurons.adaptation_strength)
        shared["post_adaptation"][:] = path.rule.offered()["post_adaptation"].encode(strength)
    if path.reads("post_threshold"):
        shared["post_threshold"][:] = path.rule.offered()["post_threshold"].encode(threshold)
    output = path.output.dtype
    out = _synapses(path.output_rule, size, outputs, request, "wout")
    out |= {"total": np.zeros(outputs, output), "target": np.zeros(outputs, output)}
    out |= {"best": np.zeros(1, output), "network_reward": shared["reward"]}
    out["surrogate"][:] = path.output_rule.offered()["surrogate"].encode(1.0)  # a linear output
    matrices["wout"] = out
    laws = {"winp": settings.input_weights, "wrec": settings.recurrent_weights, "wout": settings.output_weights}
    for name, law in laws.items():
        rule = path.output_rule if name == "wout" else path.rule
        matrices[name]["w"][:] = _drawn(law, rule, request, name, *matrices[name]["w"].shape)
    np.fill_diagonal(matrices["wrec"]["w"], 0)
    if request.presence is not None:
        _connect(path, matrices, request)
    for name, matrix in matrices.items():
        rule = path.output_rule if name == "wout" else path.rule
        formats = rule.synapse_state
        for word in rule.weight_copies:
            matrix[word][:] = formats[word].encode(formats["w"].decode(matrix["w"]))
    if request.cells:
        for name, matrix in matrices.items():
            matrix["cells"] = _cells(path, name, matrix["w"], request)
    for name, matrix in matrices.items():
        matrix |= _tiles(path, name, matrix["w"], request)
    if path.options.feedback != "symmetric":
        feedback = _drawn(settings.feedback_weights, path.output_rule, request, "feedback", size, outputs).T
    else:
        feedback = out["w"].T
    back = {
        "error": out["learning_signal"],
        "feedback": feedback,
        "w_before": out["w"].T.copy(),
        "signal_sum": np.zeros(size, path.signal_sum.dtype),
        "learning_signal": shared["learning_signal"],
    }
    sent = {name: path.rule.registers[name] for name in path.integrate().reads if name in path.rule.registers}
    sent["readout_factor"] = decay_factor(settings.readout_decay, path.options.exact_decays)
    sent["feedback_kept"] = 1 - path.output_rule.registers.get("weight_decay", 0.0)
    readout = tuple_type("Parameters", list(sent))(*sent.values())
    registers = (path.neuron.parameters(), parameters(path.rule), parameters(path.output_rule), readout)
    # Only what the loop names: every further array makes it slower to compile.
    named = set(re.findall(r"\.(\w+)", loop_source(path, devices=bool(request.cells))))
    inp, rec, out_synapses, feedback_synapses = (
        _tuple({name: array for name, array in arrays.items() if name in named})
        for arrays in (matrices["winp"], matrices["wrec"], out, back)
    )
    return State(neurons, inp, rec, out_synapses, feedback_synapses, registers, np.zeros(1, np.int64))


def _seed(request: Request, component: str) -> int:
    return int(request.generator(component).integers(2**63))


def _synapses(rule: PlasticityUnit, pre: int, post: int, request: Request, name: str) -> dict[str, NDArray[Any]]:
    arrays = allocate(rule, pre, post, _seed(request, f"core.{name}.random"))._asdict()
    before = np.zeros(post, rule.synapse_state["w"].dtype)
    differs = np.zeros(max(8, 1 << (post - 1).bit_length()), np.uint8)
    marks = {"before": before, "differs": differs, "eights": differs.view(np.uint64)}
    writes = {"writes": np.zeros((pre, post), np.uint32), "fresh": np.zeros((pre, post), np.uint8)}
    return arrays | marks | writes | {"sweeps": np.zeros(1, np.int64)}


def _connect(path: Datapath, matrices: Mapping[str, Mapping[str, Any]], request: Request) -> None:
    """Draw the live synapses of the matrices that have presence bits; their weights keep the spread of a sum."""
    presence = request.presence
    assert presence is not None
    allowed = {name: possible_synapses(matrix["w"].shape, name != "wrec") for name, matrix in matrices.items()}
    budgets = presence.budgets({name: int(allowed[name].sum()) for name in presence.matrices})
    used = request.populations["recurrent"] - presence.spare
    for name, matrix in matrices.items():
        if "present" not in matrix:
            continue
        live = possible = allowed[name]
        if name in budgets:
            possible = possible.copy()
            if name != "winp":
                possible[used:] = False
            if name != "wout":
                possible[:, used:] = False
            live = draw_connectivity(request.generator(f"core.{name}.connectivity"), possible, budgets[name])
        format = (path.output_rule if name == "wout" else path.rule).synapse_state["w"]
        spread = np.sqrt(allowed[name].sum() / max(live.sum(), 1))
        matrix["present"][:] = live
        matrix["w"][:] = format.encode(format.decode(matrix["w"]) * spread * live)


def _tiles(path: Datapath, name: str, weights: NDArray[Any], request: Request) -> dict[str, NDArray[Any]]:
    """What the crossbar tiles of a matrix keep; nothing without them."""
    rule = path.output_rule if name == "wout" else path.rule
    grid = path.grid(rule)
    if grid is None:
        return {}
    cells = request.cells.get(name)
    largest = rule.weight_limit or (cells.range if cells is not None else None)
    return grid.arrays(weights, largest or TIMES_LARGEST * float(np.abs(weights).max(initial=0)) or 1.0)


def _cells(path: Datapath, name: str, weights: NDArray[Any], request: Request) -> Cells:
    """The cells of a matrix, in the memory of its name."""
    rule, total = (path.output_rule, path.output) if name == "wout" else (path.rule, path.neuron.current)
    weight = rule.synapse_state["w"]
    sums = Sums()
    if isinstance(total, Word):
        steps = weight.fraction if isinstance(weight, Word) else 0
        sums = Sums(2.0 ** (total.fraction - steps), total.low, total.high, whole=True)
    elif isinstance(weight, Word):
        sums = Sums(2.0**-weight.fraction)
    used = ~np.eye(len(weights), dtype=np.bool_) if name == "wrec" else None
    return allocate_cells(
        request.cells.get(name), weights, weight, request.generator(f"core.{name}.cells"), tick_s=request.tick_s,
        limit=rule.weight_limit, used=used, sums=sums,
    )  # fmt: skip


def _drawn(law: InitialWeights, rule: PlasticityUnit, request: Request, name: str, pre: int, post: int) -> NDArray[Any]:
    return rule.synapse_state["w"].encode(law.draw_real(request.generator(f"core.{name}.initial"), pre, post))


def _tuple(arrays: dict[str, NDArray[Any]]) -> Any:
    return tuple_type("Arrays", tuple(arrays))(**arrays)


def situations(rule: PlasticityUnit) -> NDArray[np.uint8]:
    """What happens to a row of synapses in each situation (bits of the loop)."""
    table = np.zeros(SITUATIONS, np.uint8)
    for situation in range(SITUATIONS):
        triggers = set(situation_triggers(rule, situation))
        if POST in triggers and not triggers & {STEP, SIGNAL, PERIOD}:
            table[situation] |= loop.COLUMN
            triggers -= {POST}
        if not triggers:
            continue
        table[situation] |= loop.VISITED
        for holds, bit in zip(accesses(rule, triggers), _ACCESS_BITS, strict=True):
            table[situation] |= bit if holds else 0
    return table


def accesses(rule: PlasticityUnit, triggers: Iterable[str]) -> tuple[bool, bool, bool, bool]:
    """Whether stages per synapse read weights, write weights, read other words, write other words."""
    program = rule.program("synapse", triggers)
    kept = set(rule.synapse_state) - {"w"}
    reads, writes = set(program.reads), set(program.writes)
    return "w" in reads, "w" in writes, bool(kept & reads), bool(kept & writes)
