"""Programs of the stages of a settling core: what its kernels run, and where their words live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accelsim.controllers.settling.settings import SettlingSettings
from accelsim.datapath.intrinsics import exp, maximum, recip, where
from accelsim.datapath.kernels import kernel_source
from accelsim.datapath.recorder import Recorder
from accelsim.datapath.stages import Program, Stage, chain
from accelsim.plasticity.settling import MATRIX, NEURON, OF_NEURON, OF_PACE, PRE, REAL, SETTLING, SYNAPSE, SettlingRule

WHOLE = (*OF_PACE, "peak", "total", "inverse")
"""Words of which there is one."""
NAMED = ("compare", "compare_output", "relax", "clamp", "backpropagate")


def stage_programs(rule: SettlingRule | None, settings: SettlingSettings) -> dict[str, Program]:
    """Program of every stage by name; one without operations where the rule has no such stage."""
    nothing = Program(Recorder())
    programs = {
        "mac": _program(_mac, SYNAPSE, "drive"),
        "transposed_mac": _program(_transposed_mac, SYNAPSE, "feedback"),
        "rectify": _program(_rectify, NEURON, "pre_rate", "slope"),
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
        "update": nothing if rule is None else rule.update_program(),
        "after_update": nothing if rule is None else rule.matrix_program(after=True),
    }
    return programs


def kernel(name: str, program: Program, rule: SettlingRule | None, listener: str | None = None) -> str:
    """Source of the kernel of a stage."""
    return kernel_source(name, program, places(name, rule), listener=listener)


def places(name: str, rule: SettlingRule | None) -> dict[str, str]:
    """Where the words of a stage live, for `accelsim.datapath.kernels.kernel_source`."""
    found = dict.fromkeys(OF_NEURON, "lane") | dict.fromkeys(WHOLE, "whole")
    if rule is not None:
        kept = (*rule.matrix_state, *rule.output_state, "inverse_synapses")
        alone = name in ("share", "before_update", "after_update")  # of one matrix: a map over one element
        found |= dict.fromkeys(kept, "lane" if alone else "whole") | dict.fromkeys(rule.registers, "parameter")
        if alone:
            found["share"] = "lane"
    by_row = name in ("mac", "transposed_mac", "accumulate", "update")
    found |= {"w": "synapse", "gradient_sum": "synapse", "drive": "lane", "pre_rate": "row" if by_row else "lane"}
    if name == "transposed_mac":
        found["feedback"] = "row"
    if name == "invert":
        found |= {"total": "lane", "inverse": "lane"}
    return found


def _program(function: Callable[..., Any], per: str, *writes: str) -> Program:
    stage = Stage(function, SETTLING, per, writes)
    return chain([stage], dict.fromkeys((*stage.reads, *writes), REAL), stored=writes)


def _mac(drive: Any, w: Any, pre_rate: Any) -> Any:
    return drive + w * pre_rate


def _transposed_mac(feedback: Any, w: Any, error: Any) -> Any:
    return feedback + w * error


def _rectify(activity: Any) -> Any:
    return maximum(activity, 0.0), where(activity > 0.0, 1.0, 0.0)


def _peak(peak: Any, prediction: Any) -> Any:
    return maximum(peak, prediction)


def _exponential(prediction: Any, peak: Any, total: Any) -> Any:
    power = exp(prediction - peak)
    return power, total + power


def _invert(total: Any) -> Any:
    return recip(total)


def _normalise(probability: Any, inverse: Any) -> Any:
    return probability * inverse
