"""One compiled module per datapath: generated kernels and the loop over time steps that calls them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from accelsim.controllers.tick import loop
from accelsim.controllers.tick.datapath import SIGNAL, SITUATIONS, STEP, Datapath, situation_triggers, triggers_of
from accelsim.datapath.emit import PRELUDE
from accelsim.datapath.generate import load_generated
from accelsim.datapath.kernels import kernel_source
from accelsim.plasticity.base import PlasticityRule
from accelsim.plasticity.kernels import neuron_source, row_source

_JIT = '@njit(cache=True, error_model="numpy", nogil=True)\n'
_CONSTANTS = ("VISITED", "READ", "WRITTEN", "TRACE_READ", "TRACE_WRITTEN", "INPUT_EVENT", "SPIKE", "FIRED")


def load_loop(datapath: Datapath) -> Callable[..., None]:
    """The compiled :func:`accelsim.controllers.tick.loop.run_ticks` of a datapath."""
    return load_generated("tick", loop_source(datapath)).run_ticks


def loop_source(datapath: Datapath) -> str:
    """Source of the loop and of every kernel it calls."""
    kernels = {
        "soma": datapath.neuron.source("soma"),
        "clear_neurons": _clear("clear_neurons", (*datapath.neuron.state, "surrogate", "spike")),
        "integrate": _synaptic("integrate", datapath.integrate()),
        "accumulate_output": _synaptic("accumulate_output", datapath.accumulate_output()),
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
        kernels |= _rule_kernels(datapath.rule, "", "visit", "clear")
        kernels |= _rule_kernels(datapath.output_rule, "output_", "visit_output", "clear_output")
    empty = [inspect.getsource(function) for function in (loop.nothing, loop.no_row, loop.no_visit)]
    parts = ["from typing import Any\n" + PRELUDE, _constants(), *map(_compiled, empty)]
    for slot in _slots():
        default = getattr(loop, slot).__name__
        parts.append(kernels.get(slot, f"{slot} = {default}\n"))
    rows = inspect.getsource(loop.learn_rows)
    for_output = rows.replace("def learn_rows(", "def learn_output_rows(").replace(" visit(", " visit_output(")
    parts += [_compiled(rows), _compiled(for_output)]
    # Kernels melt into the loop, and arrays all come from the caller, so that nothing counts references: together
    # this is several times faster, and quicker to compile.
    inlined = "\n\n".join(parts).replace("cache=True", 'inline="always"')
    run_ticks = _compiled(inspect.getsource(loop.run_ticks))
    return f"{inlined}\n\n{run_ticks}".replace("nogil=True", "nogil=True, _nrt=False")


def _learns(rule: PlasticityRule) -> bool:
    return bool(rule.stages)


def _slots() -> list[str]:
    """Names under which the loop calls kernels."""
    empty = (loop.nothing, loop.no_row, loop.no_visit)
    return [name for name, thing in vars(loop).items() if thing in empty and name != thing.__name__]


def _constants() -> str:
    return "".join(f"{name} = {getattr(loop, name)}\n" for name in _CONSTANTS)


def _compiled(source: str) -> str:
    return _JIT + source


def _synaptic(name: str, program: Any) -> str:
    places = {"total": "lane", "signal_sum": "lane", "error": "row", "w": "synapse", "feedback": "synapse"}
    return kernel_source(name, program, places)


def _over_lanes(name: str, program: Any) -> str:
    places = dict.fromkeys((*program.reads, *program.writes), "lane") | {"readout_decay": "parameter"}
    return kernel_source(name, program, places)


def _clear(name: str, words: Iterable[str]) -> str:
    lines = [f"    state.{word}[:] = 0\n" for word in dict.fromkeys(words)]
    return _compiled(f"def {name}(state, parameters):\n" + ("".join(lines) or "    return\n"))


def _rule_kernels(rule: PlasticityRule, prefix: str, visit: str, clear: str) -> dict[str, str]:
    """Kernels of a rule under the names by which the loop calls them."""
    kernels = {}
    for side in ("presynaptic", "postsynaptic"):
        for trigger, verb in ((STEP, "step"), (SIGNAL, "learn")):
            if trigger in triggers_of(rule, f"{side} neuron"):
                name = f"{prefix}{verb}_{side}"
                kernels[name] = neuron_source(rule, f"{side} neuron", [trigger], name)
    if triggers_of(rule, "synapse"):
        kernels[visit] = _visit(rule, visit)
    kept = (*rule.synapse_state, *rule.presynaptic_state, *rule.postsynaptic_state)
    kernels[clear] = _clear(clear, [word for word in kept if word != "w"])
    return kernels


def _visit(rule: PlasticityRule, name: str) -> str:
    """The row kernel of each situation, and the choice among them; equal situations share a kernel."""
    shared: dict[tuple[str, ...], list[int]] = {}
    for situation in range(SITUATIONS):
        if triggers := tuple(situation_triggers(rule, situation)):
            shared.setdefault(triggers, []).append(situation)
    sources = []
    choice = [_JIT, f"def {name}(situation, i, state, parameters):\n"]
    for triggers, equal in shared.items():
        row = f"{name}_row{equal[0]}"
        sources.append(row_source(rule, triggers, row))
        result = "return " if "w" in rule.program("synapse", triggers).writes else ""
        choice.append(f"    if {' or '.join(f'situation == {each}' for each in equal)}:\n")
        choice.append(f"        {result}{row}(i, state, parameters)\n")
    return "".join([*sources, "\n\n", *choice, "    return 0\n"])
