"""Programs of the stages of a tick-driven core: what its kernels run."""

from __future__ import annotations

from collections.abc import Iterator

from accelsim.architecture.crossbar import ANALOG_STAGES
from accelsim.controllers.tick.datapath import PERIOD, POST, SAMPLE, SIGNAL, SPIKE, STEP, TASK, Datapath
from accelsim.controllers.tick.offers import rewarded
from accelsim.datapath.recorder import Recorder
from accelsim.datapath.stages import Program
from accelsim.plasticity.unit import PlasticityUnit

MATRICES = ("input", "recurrent", "output")
ON_ROWS = {
    STEP: "step", SPIKE: "spike", POST: "fire", SIGNAL: "update", PERIOD: "periodic", SAMPLE: "finish",
    TASK: "conclude",
}  # fmt: skip
"""How a stage per synapse is called, by its trigger."""

PER_NEURON = {"": (STEP, SIGNAL), "finish_": (SAMPLE, TASK)}
"""What comes before the name of a stage per neuron, and its triggers."""


def stage_programs(path: Datapath) -> dict[str, Program]:
    """Program of every stage by name; one without operations where the rule has no such stage.

    Per synapse: `step_*` runs in every time step, `spike_*` on a presynaptic spike, `fire_*` on a postsynaptic one,
    `update_*` on a learning signal, `periodic_*` every K steps, `finish_*` at the end of a sample, `conclude_*` at a
    task boundary; `filter_*` are the words per presynaptic neuron, `postsynaptic` those per postsynaptic neuron, and
    with `finish_` before them what these do at the end of a sample or task. `judge` and `deviate` take an output into
    the reward of a class or of a regression.
    """
    learns = bool(path.rule.stages)
    nothing = Program(Recorder())
    programs = {
        "soma": path.neuron.program(),
        "integrate": path.integrate(),
        "leak_output": path.leak_output(),
        "accumulate_output": path.accumulate_output(),
        "output_error": path.output_error() if learns else nothing,
        "feed_back": path.feed_back() if learns else nothing,
        "learning_signal": path.narrow_signal() if learns and path.reads("learning_signal") else nothing,
        "present_surrogate": path.present_surrogate() if path.reads("surrogate") else nothing,
        "present_potential": path.present_potential() if path.reads("post_potential") else nothing,
    }
    programs["follow_output"] = path.follow_output() if learns and path.options.feedback == "adaptive" else nothing
    if path.crossbar is not None:
        programs |= dict.fromkeys(ANALOG_STAGES, nothing)
    for matrix in MATRICES:
        rule = rule_of(path, matrix)
        programs |= {f"{verb}_{matrix}": rule.program("synapse", [trigger]) for trigger, verb in ON_ROWS.items()}
        for verb, triggers in PER_NEURON.items():
            programs[f"{verb}filter_{matrix}"] = rule.program("presynaptic neuron", triggers)
    for verb, triggers in PER_NEURON.items():
        programs[f"{verb}postsynaptic"] = path.rule.program("postsynaptic neuron", triggers)
        programs[f"{verb}postsynaptic_output"] = path.output_rule.program("postsynaptic neuron", triggers)
    asking = list(rewarded(path).items())
    programs["judge"] = path.judge(asking[0][1], asking[0][0]) if asking else nothing
    programs["deviate"] = path.deviate(asking[0][1], asking[0][0]) if asking else nothing
    return programs


def rule_stages(path: Datapath) -> Iterator[tuple[str, PlasticityUnit, str]]:
    """Name of every stage that a rule has, the rule, and its trigger; without those that never happen at a readout."""
    for matrix in MATRICES:
        unit = rule_of(path, matrix)
        output = matrix == "output"
        for trigger in sorted(unit.triggers("synapse")):
            if trigger in ON_ROWS and not (output and trigger == POST):
                yield f"{ON_ROWS[trigger]}_{matrix}", unit, trigger
        for verb, together in PER_NEURON.items():
            sides = {"presynaptic": f"{verb}filter_{matrix}", "postsynaptic": f"{verb}postsynaptic"}
            for side, name in sides.items():
                for trigger in sorted(unit.triggers(f"{side} neuron") & set(together)):
                    yield f"{name}_output" if output and side == "postsynaptic" else name, unit, trigger


def rule_of(path: Datapath, matrix: str) -> PlasticityUnit:
    """The rule of the synapses of a matrix."""
    return path.output_rule if matrix == "output" else path.rule
