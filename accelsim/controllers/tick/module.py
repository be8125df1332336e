"""One compiled module per datapath: generated kernels and the loop over time steps that calls them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from accelsim.controllers.tick import cells, feedback, loop, tiles
from accelsim.controllers.tick.datapath import (
    SAMPLE,
    SIGNAL,
    SITUATIONS,
    STEP,
    TASK,
    Datapath,
    ending_triggers,
    situation_triggers,
    triggers_of,
)
from accelsim.controllers.tick.offers import JIT, offered_kernels
from accelsim.datapath.compile import package_cache
from accelsim.datapath.emit import PRELUDE
from accelsim.datapath.generate import load_generated
from accelsim.datapath.kernels import kernel_source
from accelsim.plasticity.kernels import neuron_source, row_source
from accelsim.plasticity.unit import PlasticityUnit

_EMPTY = (
    *(loop.nothing, loop.no_row, loop.no_visit, loop.no_tiles, loop.no_reward, loop.no_factor),
    loop.keep_feedback,
    *(loop.forget_row, loop.store_ideal, loop.keep_still, loop.read_exactly, loop.read_output_exactly),
)
_ROWS = (loop.drop_self, loop.gather_writes, loop.words_changed)
_TILES = ("integrate", "accumulate_output", "convert", "convert_output", "store", "note_tiles")
_TILE_KERNELS = "\n# {}\nfrom accelsim.devices.tiles import convert_columns, count_tiles, drive_row\n\n\n"
_CELLS = ("keep", "store", "age", "disturb", "disturb_output")
_CELL_KERNELS = "\n# {}\nfrom accelsim.devices.kernels import add_read_noise, age_rows, program_row\n\n\n"
"""With the name of the package's kernels, so that stored code is never older than they are."""
_CONSTANTS = (
    *("VISITED", "READ", "WRITTEN", "TRACE_READ", "TRACE_WRITTEN", "COLUMN", "INPUT_EVENT", "SPIKE", "FIRED"),
    "MOST_FRESH",
)
_ON_NEURONS = ((STEP, "step"), (SIGNAL, "learn"), (SAMPLE, "finish"), (TASK, "conclude"))
"""Triggers on which words per neuron change, and what the loop calls that."""


def load_loop(datapath: Datapath, devices: bool = False) -> Callable[..., None]:
    """The compiled :func:`accelsim.controllers.tick.loop.run_ticks` of a datapath."""
    return load_generated("tick", loop_source(datapath, devices)).run_ticks


def loop_source(datapath: Datapath, devices: bool = False) -> str:
    """Source of the loop and of every kernel it calls; with `devices`, weights are held by cells that are not ideal."""
    kernels = {
        "soma": datapath.neuron.source("soma"),
        "clear_neurons": _clear("clear_neurons", (*datapath.neuron.state, "surrogate", "spike")),
        "leak_output": _over_lanes("leak_output", datapath.leak_output()),
    }
    if _learns(datapath.rule):
        kernels |= {
            "output_error": _over_lanes("output_error", datapath.output_error()),
            "feed_back": _synaptic("feed_back", datapath.feed_back()),
        }
        if datapath.reads("learning_signal"):
            kernels["narrow_signal"] = _over_lanes("narrow_signal", datapath.narrow_signal())
        if datapath.reads("surrogate"):
            kernels["present_surrogate"] = _over_lanes("present_surrogate", datapath.present_surrogate())
        if datapath.reads("post_potential"):
            kernels["present_potential"] = _over_lanes("present_potential", datapath.present_potential())
        kernels |= _rule_kernels(datapath.rule, "", "visit", "finish", "clear")
        kernels |= _rule_kernels(datapath.output_rule, "output_", "visit_output", "finish_output", "clear_output")
        kernels |= offered_kernels(datapath)
        if datapath.options.feedback == "adaptive":
            sources = (inspect.getsource(function) for function in (feedback.followed, feedback.follow))
            kernels["follow"] = "\n\n".join(map(_compiled, sources))
    if devices:
        kernels |= {name: _compiled(inspect.getsource(getattr(cells, name))) for name in _CELLS}
    if datapath.crossbar is not None:
        kernels |= _tile_kernels(datapath, kernels.get("store"))
    else:
        kernels["integrate"] = _synaptic("integrate", datapath.integrate())
        kernels["accumulate_output"] = _synaptic("accumulate_output", datapath.accumulate_output())
    parts = ["from typing import Any\n" + PRELUDE, _constants()]
    parts += [_CELL_KERNELS.format(package_cache().name)] if devices else []
    parts += [_TILE_KERNELS.format(package_cache().name)] if datapath.crossbar is not None else []
    parts += [_compiled(inspect.getsource(function)) for function in _EMPTY]
    for slot in _slots():
        default = getattr(loop, slot).__name__
        parts.append(kernels.get(slot, f"{slot} = {default}\n"))
    parts += [_compiled(inspect.getsource(function)) for function in _ROWS]
    for rows, function in (("learn", "visit"), ("finish", "finish")):
        source = inspect.getsource(getattr(loop, f"{rows}_rows"))
        for_output = source.replace(f"def {rows}_rows(", f"def {rows}_output_rows(")
        parts += [_compiled(source), _compiled(for_output.replace(f" {function}(", f" {function}_output("))]
    parts.append(_compiled(inspect.getsource(loop.words_fired)))
    # Kernels melt into the loop, and arrays all come from the caller, so that nothing counts references: together
    # this is several times faster, and quicker to compile.
    inlined = "\n\n".join(parts).replace("cache=True", 'inline="always"')
    run_ticks = _compiled(inspect.getsource(loop.run_ticks))
    return f"{inlined}\n\n{run_ticks}".replace("nogil=True", "nogil=True, _nrt=False")


def _tile_kernels(datapath: Datapath, store: str | None) -> dict[str, str]:
    """Kernels of a core whose weights lie in crossbar tiles; `store` is what other cells do when they are written."""
    found = {name: _compiled(inspect.getsource(getattr(tiles, name))) for name in _TILES}
    for name, kernel, program, rule in (
        ("convert", "merge", datapath.integrate(), datapath.rule),
        ("convert_output", "merge_output", datapath.accumulate_output(), datapath.output_rule),
    ):
        grid = datapath.grid(rule)
        assert grid is not None
        found[name] = f"{kernel_source(kernel, program, grid.places())}\n\n{found[name]}"
    held = "hold = store_ideal\n" if store is None else store.replace("def store(", "def hold(")
    found["store"] = f"{held}\n\n{found['store']}"
    return found


def _learns(rule: PlasticityUnit) -> bool:
    return bool(rule.stages)


def _slots() -> list[str]:
    """Names under which the loop calls kernels."""
    return [name for name, thing in vars(loop).items() if thing in _EMPTY and name != thing.__name__]


def _constants() -> str:
    return "".join(f"{name} = {getattr(loop, name)}\n" for name in _CONSTANTS)


def _compiled(source: str) -> str:
    return JIT + source


def _synaptic(name: str, program: Any) -> str:
    places = {"total": "lane", "signal_sum": "lane", "error": "row", "w": "synapse", "feedback": "synapse"}
    return kernel_source(name, program, dict.fromkeys(program.reads, "parameter") | places)


def _over_lanes(name: str, program: Any) -> str:
    places = dict.fromkeys((*program.reads, *program.writes), "lane") | {"readout_factor": "parameter"}
    return kernel_source(name, program, places)


def _clear(name: str, words: Iterable[str]) -> str:
    lines = [f"    state.{word}[:] = 0\n" for word in dict.fromkeys(words)]
    return _compiled(f"def {name}(state, parameters):\n" + ("".join(lines) or "    return\n"))


def _rule_kernels(rule: PlasticityUnit, prefix: str, visit: str, finish: str, clear: str) -> dict[str, str]:
    """Kernels of a rule under the names by which the loop calls them."""
    kernels = {}
    for side in ("presynaptic", "postsynaptic"):
        for trigger, verb in _ON_NEURONS:
            if trigger in triggers_of(rule, f"{side} neuron"):
                name = f"{prefix}{verb}_{side}"
                kernels[name] = neuron_source(rule, f"{side} neuron", [trigger], name)
    here = triggers_of(rule, "synapse")
    if here - {SAMPLE, TASK}:
        kernels[visit] = _visit(rule, visit, [situation_triggers(rule, x) for x in range(SITUATIONS)])
    if here & {SAMPLE, TASK}:
        kernels[finish] = _visit(rule, finish, [ending_triggers(rule, "synapse", ends) for ends in range(4)])
    kept = (*rule.synapse_state, *rule.presynaptic_state, *rule.postsynaptic_state)
    kernels[clear] = _clear(clear, [word for word in kept if word not in rule.lasting()])
    return kernels


def _visit(rule: PlasticityUnit, name: str, situations: list[list[str]]) -> str:
    """The row kernel of each situation, and the choice among them; equal situations share a kernel."""
    everywhere = range(len(situations))
    bits = [1 << bit for bit in range((len(situations) - 1).bit_length())]
    told = sum(bit for bit in bits if any(situations[x] != situations[x ^ bit] for x in everywhere))
    shared: dict[tuple[str, ...], list[int]] = {}
    for situation, triggers in enumerate(situations):
        if triggers and situation & ~told == 0:
            shared.setdefault(tuple(triggers), []).append(situation)
    sources = []
    choice = [JIT, f"def {name}(situation, i, state, parameters):\n    situation &= {told}\n"]
    for together, equal in shared.items():
        row = f"{name}_row{equal[0]}"
        sources.append(row_source(rule, together, row, marked=True))
        result = "return " if "w" in rule.program("synapse", together).writes else ""
        choice.append(f"    if {' or '.join(f'situation == {each}' for each in equal)}:\n")
        choice.append(f"        {result}{row}(i, state, parameters)\n")
    return "".join([*sources, "\n\n", *choice, "    return 0\n"])
