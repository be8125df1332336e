"""Programs of the stages of a settling core: what its kernels run, and where their words live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accelsim.controllers.settling.settings import SettlingSettings
from accelsim.datapath.intrinsics import absolute, exp, maximum, recip, where
from accelsim.datapath.kernels import kernel_source
from accelsim.datapath.recorder import Recorder
from accelsim.datapath.stages import Program, Stage, chain
from accelsim.plasticity.settling import (
    MATRIX,
    NEURON,
    OF_NEURON,
    OF_PACE,
    OF_SYNAPSE,
    PRE,
    REAL,
    SETTLING,
    SYNAPSE,
    SettlingRule,
)  # fmt: skip
from accelsim.plasticity.unit import PlasticityUnit

WHOLE = (*OF_PACE, "peak", "total", "inverse", "reward", "plastic")
"""Words of which there is one."""
NAMED = ("compare", "compare_output", "relax", "clamp", "backpropagate")
ON_SYNAPSES = {"periodic": "every K steps", "close_sample": "end of sample", "close_task": "task boundary"}
"""Stages per synapse that consolidations have on triggers of their own."""
OWN = frozenset([*OF_NEURON, *OF_SYNAPSE, *WHOLE, "drive", "gradient_sum", "random_state", "inverse_synapses"])
"""What the core keeps beside the words of a consolidation, under names that these cannot have."""


def stage_programs(unit: PlasticityUnit | None, settings: SettlingSettings) -> dict[str, Program]:
    """Program of every stage by name; one without operations where nothing that learns has such a stage.

    On synapses, `update` runs at the end of a batch with the modulation of a consolidation, `periodic` every K updates
    behind it, `close_sample` after every sample that is learnt from, and `close_task` at a task boundary.
    """
    nothing = Program(Recorder())
    rule = settling_rule(unit)
    programs = {
        "mac": _sending(unit, _mac, "drive"),
        "transposed_mac": _sending(unit, _transposed_mac, "feedback"),
        "rectify": _program(_ACTIVATIONS[settings.activation], NEURON, "pre_rate", "slope"),
        "peak": _program(_peak, NEURON, "peak"),
    }
    softmax = settings.output == "softmax"
    programs |= {
        "exponential": _program(_exponential, NEURON, "probability", "total") if softmax else nothing,
        "invert": _program(_invert, NEURON, "inverse") if softmax else nothing,
        "normalise": _program(_normalise, NEURON, "probability") if softmax else nothing,
    }
    for name in NAMED:
        programs[name] = nothing if rule is None else rule.neuron_program(name)
    programs |= {
        "measure_output": nothing if rule is None else rule.output_program(PRE),
        "share": nothing if rule is None else rule.output_program(MATRIX),
        "sense": nothing if rule is None else rule.pre_program(),
        "before_update": nothing if rule is None else rule.matrix_program(after=False),
        "accumulate": nothing if rule is None else rule.accumulate_program(),
        "update": nothing if rule is None else rule.update_program(unit),
        "after_update": nothing if rule is None else rule.matrix_program(after=True),
    }
    for name, trigger in ON_SYNAPSES.items():
        programs[name] = nothing if unit is None else unit.program(SYNAPSE, [trigger])
    return programs


def settling_rule(unit: PlasticityUnit | None) -> SettlingRule | None:
    """The rule of what learns on a settling core, without what works on top of it."""
    rule = None if unit is None else unit.base
    assert rule is None or isinstance(rule, SettlingRule)
    return rule


def kernel(name: str, program: Program, unit: PlasticityUnit | None, listener: str | None = None) -> str:
    """Source of the kernel of a stage."""
    return kernel_source(name, program, places(name, unit), listener=listener)


def places(name: str, unit: PlasticityUnit | None) -> dict[str, str]:
    """Where the words of a stage live, for `accelsim.datapath.kernels.kernel_source`."""
    found = dict.fromkeys(OF_NEURON, "lane") | dict.fromkeys(WHOLE, "whole")
    rule = settling_rule(unit)
    if unit is not None and rule is not None:
        found |= dict.fromkeys(unit.synapse_state, "synapse") | dict.fromkeys(unit.registers, "parameter")
        kept = (*rule.matrix_state, *rule.output_state, "inverse_synapses")
        alone = name in ("share", "before_update", "after_update")  # of one matrix: a map over one element
        found |= dict.fromkeys(kept, "lane" if alone else "whole")
        if alone:
            found["share"] = "lane"
    by_row = name in ("mac", "transposed_mac", "accumulate", "update")
    found |= {"w": "synapse", "drive": "lane", "pre_rate": "row" if by_row else "lane"}
    if name == "transposed_mac":
        found["feedback"] = "row"
    if name == "invert":
        found |= {"total": "lane", "inverse": "lane"}
    return found


def _program(function: Callable[..., Any], per: str, *writes: str) -> Program:
    stage = Stage(function, SETTLING, per, writes)
    return chain([stage], dict.fromkeys((*stage.reads, *writes), REAL), stored=writes)


def _sending(unit: PlasticityUnit | None, function: Callable[..., Any], writes: str) -> Program:
    """A product with what a synapse transmits of its weight."""
    computed = [] if unit is None else unit.transmit()
    if unit is None or not computed:
        return _program(function, SYNAPSE, writes)
    own = Stage(function, SETTLING, SYNAPSE, (writes,)).renamed({"w": "transmitted"})
    words = dict.fromkeys((*own.reads, "w", writes), REAL) | {"transmitted": unit.transmitted}
    return chain([*computed, own], unit.numbers(words) | words, stored=(writes,), passed=("transmitted",))


def _mac(drive: Any, w: Any, pre_rate: Any) -> Any:
    return drive + w * pre_rate


def _transposed_mac(feedback: Any, w: Any, error: Any) -> Any:
    return feedback + w * error


def _rectify(activity: Any) -> Any:
    return maximum(activity, 0.0), where(activity > 0.0, 1.0, 0.0)


def _sign(activity: Any) -> Any:
    return where(activity < 0.0, -1.0, 1.0), where(absolute(activity) > 1.0, 0.0, 1.0)


_ACTIVATIONS = {"relu": _rectify, "sign": _sign}


def _peak(peak: Any, prediction: Any) -> Any:
    return maximum(peak, prediction)


def _exponential(prediction: Any, peak: Any, total: Any) -> Any:
    power = exp(prediction - peak)
    return power, total + power


def _invert(total: Any) -> Any:
    return recip(total)


def _normalise(probability: Any, inverse: Any) -> Any:
    return probability * inverse
