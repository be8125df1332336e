"""Operation graphs of a tick-driven core, traced from the functions that its kernels run."""

from __future__ import annotations

from accelsim.controllers.tick.datapath import PERIOD, SIGNAL, SPIKE, STEP, Datapath
from accelsim.plasticity.base import PlasticityRule
from accelsim.technology.operations import OperationGraph

NOTHING = OperationGraph(())


def stage_graphs(path: Datapath) -> dict[str, OperationGraph]:
    """Graph of every stage by name; one without operations where the rule has no such stage.

    Per synapse: `step_*` runs in every time step, `spike_*` on a presynaptic spike, `update_*` on a learning
    signal, `periodic_*` every K steps; `filter_*` are the words per presynaptic neuron, `postsynaptic` those
    per postsynaptic neuron.
    """
    learns = bool(path.rule.stages)
    graphs = {
        "soma": path.neuron.program().graph(),
        "integrate": path.integrate().graph(),
        "leak_output": path.leak_output().graph(),
        "accumulate_output": path.accumulate_output().graph(),
        "output_error": path.output_error().graph() if learns else NOTHING,
        "feed_back": path.feed_back().graph() if learns else NOTHING,
        "learning_signal": path.narrow_signal().graph() if learns and path.reads("learning_signal") else NOTHING,
        "present_surrogate": path.present_surrogate().graph() if path.reads("surrogate") else NOTHING,
        "present_potential": path.present_potential().graph() if path.reads("post_potential") else NOTHING,
    }
    for matrices, rule in ((("input", "recurrent"), path.rule), (("output",), path.output_rule)):
        for verb, trigger in (("step", STEP), ("spike", SPIKE), ("update", SIGNAL), ("periodic", PERIOD)):
            graphs |= dict.fromkeys((f"{verb}_{matrix}" for matrix in matrices), _graph(rule, "synapse", trigger))
        filters = _graph(rule, "presynaptic neuron", STEP, SIGNAL)
        graphs |= dict.fromkeys((f"filter_{matrix}" for matrix in matrices), filters)
    graphs["postsynaptic"] = _graph(path.rule, "postsynaptic neuron", STEP, SIGNAL)
    graphs["postsynaptic_output"] = _graph(path.output_rule, "postsynaptic neuron", STEP, SIGNAL)
    return graphs


def _graph(rule: PlasticityRule, per: str, *triggers: str) -> OperationGraph:
    return rule.program(per, triggers).graph()
