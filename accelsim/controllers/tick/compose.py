"""From a core and a request to a datapath: neuron model and rules by name, and whether they fit each other."""

from __future__ import annotations

from typing import Any

from accelsim.architecture.crossbar import Crossbar
from accelsim.architecture.schema import Core
from accelsim.config.errors import ConfigError, Problem, choose_from
from accelsim.controllers.admission import check_admitted, check_reached, component
from accelsim.controllers.base import Request
from accelsim.controllers.connections import Presence, possible_synapses
from accelsim.controllers.tick.datapath import LEAK_BITS, PERIOD, POST, SPIKE, Datapath, triggers_of
from accelsim.controllers.tick.partial_sums import check_crossbar
from accelsim.controllers.tick.settings import TickOptions, TickSettings
from accelsim.controllers.tick.stages import rule_stages
from accelsim.controllers.tick.state import OWN, OWN_PREFIX
from accelsim.controllers.tick.vocabulary import MATRICES, SPARSE
from accelsim.datapath.words import Float, Format
from accelsim.neurons.base import models
from accelsim.plasticity.base import PlasticityRule, rules
from accelsim.plasticity.composition import LearningUnit
from accelsim.plasticity.consolidation import consolidations
from accelsim.plasticity.presence import SparseUnit
from accelsim.plasticity.unit import EXECUTED_TRIGGERS, OWNERS, PlasticityUnit

OUTPUT_MATRIX = "wout"
"""Of the readout, which has a rule of its own."""
HELD = {"winp": "synapse", "wrec": "synapse", "wout": "output_synapse"}
"""What memories of synapses hold that keep all words of a synapse at one address."""
UNSEEN = ("post_spike", "post_potential", "post_threshold", "post_adaptation")
"""What an output does not have."""


def datapath_of(core: Core, request: Request) -> Datapath:
    """The datapath of a core programmed for a workload.

    Raises
    ------
    ConfigError
        If a model or rule is unknown, has wrong parameters, is not admitted, or does not fit the others.
    """
    settings: TickSettings = request.settings
    options = TickOptions(**core.options)  # type: ignore[arg-type]
    if core.neuron is None:
        known = ", ".join(models.names())
        raise ConfigError(Problem(path="core.neuron", message=f"controller `tick` needs a neuron model: {known}"))
    neuron = component(models, core.neuron, settings.neuron, "core.neuron", "settings.tick.neuron")
    output_path = "core.options.output_rule"
    output_rule: PlasticityUnit = component(
        rules, options.output_rule, settings.output_parameters, output_path, "settings.tick.output_parameters"
    )
    rule: PlasticityUnit
    if request.rule is None:
        rule = _without_learning(neuron.current)
    else:
        name = _admitted(core, request.rule)
        given = {**settings.rules.get(name, {}), **request.parameters}
        rule = component(rules, name, given, "learning.rule", "learning.parameters")
        if request.consolidation is not None:
            rule, output_rule = _consolidated(core, rule, output_rule, request, options)
        if request.presence is not None:
            rule, output_rule = _sparse(core, rule, output_rule, request, request.presence)
    leak = round(settings.readout_decay * 2**LEAK_BITS)
    one_word = frozenset(name for name in HELD if _in_one_word(core, name))
    path = Datapath(neuron, rule, output_rule, options, leak, core.crossbar, request.populations["output"], one_word)
    for each, where in ((rule, "learning.rule"), (output_rule, output_path)):
        each.check()
        for trigger in sorted({stage.on for stage in each.stages} - set(EXECUTED_TRIGGERS)):
            known = ", ".join(EXECUTED_TRIGGERS)
            message = f"rule `{each.name}` has stages on '{trigger}'; controller `tick` runs stages on: {known}"
            raise ConfigError(Problem(path=where, message=message))
        for word in (word for owner in OWNERS for word in each.state(owner)):
            if word in OWN or word.startswith(OWN_PREFIX):
                message = f"controller `tick` has a word `{word}` of its own; call it something else"
                raise each.owner(word).problem(message)
        per_neuron = triggers_of(each, "presynaptic neuron") | triggers_of(each, "postsynaptic neuron")
        for trigger in sorted(per_neuron & {SPIKE, POST, PERIOD}):
            message = f"rule `{each.name}` changes words per neuron on '{trigger}'"
            hint = "controller `tick` does that on 'time step', with `pre_spike` or `post_spike` to tell"
            raise ConfigError(Problem(path=where, message=f"{message}; {hint}"))
    check_reached(core, ((name, unit.name, on) for name, unit, on in rule_stages(path)))
    if core.crossbar is not None:
        _check_tiles(core.crossbar, path)
    if POST in triggers_of(output_rule.base, "synapse"):  # of a consolidation such stages are never reached
        message = f"rule `{output_rule.name}` has stages on '{POST}', but outputs do not spike"
        raise ConfigError(Problem(path=output_path, message=message))
    for word in UNSEEN:
        if (output_rule.base if word == "post_spike" else output_rule).reads(word):
            message = f"rule `{output_rule.name}` reads `{word}`, which an output does not have"
            raise ConfigError(Problem(path=output_path, message=message))
    if path.reads("post_threshold") and not hasattr(neuron, "threshold"):
        message = f"rule `{rule.name}` reads `post_threshold`, which neuron model `{neuron.name}` does not have"
        raise ConfigError(Problem(path="learning.rule", message=message))
    if path.reads("post_adaptation") and "adaptation_strength" not in neuron.configuration:
        message = f"rule `{rule.name}` wants neurons with adaptation, which neuron model `{neuron.name}` has not"
        raise ConfigError(Problem(path="learning.rule", message=message))
    if options.feedback == "adaptive" and not isinstance(output_rule.synapse_state["w"], Float):
        message = f"`adaptive` needs a readout in floating point, which rule `{output_rule.name}` has not"
        raise ConfigError(Problem(path="core.options.feedback", message=message))
    if neuron.graded:
        message = f"neuron model `{neuron.name}` sends numbers, but controller `tick` sends spikes"
        raise ConfigError(Problem(path="core.neuron", message=message))
    if path.reads("surrogate") and not any("surrogate" in stage.writes for stage in neuron.stages):
        message = f"rule `{rule.name}` needs a surrogate derivative, which neuron model `{neuron.name}` does not give"
        raise ConfigError(Problem(path="learning.rule", message=message))
    return path


def _in_one_word(core: Core, matrix: str) -> bool:
    """Whether a memory of a core holds all words of the synapses of a matrix at one address."""
    return matrix in core.memories and core.memories[matrix].holds.item_bits == HELD.get(matrix)


def _consolidated(
    core: Core, rule: Any, output_rule: Any, request: Request, options: TickOptions
) -> tuple[PlasticityUnit, PlasticityUnit]:
    """Both rules with the consolidation that the workload asks for; the readout's only if the core consolidates it."""
    name = str(request.consolidation)
    check_admitted("consolidates", core.consolidations, name, "learning.consolidation")
    own = component(
        consolidations, name, request.consolidation_parameters, "learning.consolidation",
        "learning.consolidation_parameters",
    )  # fmt: skip
    units: list[PlasticityUnit] = [LearningUnit(rule, own)]
    units.append(LearningUnit(output_rule, own) if options.consolidate_output else output_rule)
    return units[0], units[1]


def _sparse(
    core: Core, rule: PlasticityUnit, output_rule: PlasticityUnit, request: Request, presence: Presence
) -> tuple[PlasticityUnit, PlasticityUnit]:
    """Both rules with presence bits, the readout's only if its synapses come and go."""
    if request.cells or core.crossbar is not None:
        message = "absent synapses transmit nothing, but cells that are not ideal, or in crossbar tiles, would"
        raise ConfigError(Problem(path="capabilities.structure", message=message))
    for name in presence.matrices:
        for memory in (name,) if _in_one_word(core, name) else (name, f"{name}_traces"):
            if name not in MATRICES or memory not in core.memories:
                message = f"no synapses with memories `{name}` and `{name}_traces`{choose_from(name, MATRICES)}"
                raise ConfigError(Problem(path="capabilities.structure.matrices", message=message))
    if presence.counts and {*presence.matrices} <= {OUTPUT_MATRIX}:
        message = f"spikes are counted beside synapses onto recurrent neurons, not beside `{OUTPUT_MATRIX}`"
        raise ConfigError(Problem(path="capabilities.structure.matrices", message=message))
    at_zero = presence.ends_at_zero
    if OUTPUT_MATRIX in presence.matrices:
        output_rule = SparseUnit(output_rule, at_zero)
    if {*presence.matrices} - {OUTPUT_MATRIX}:
        rule = SparseUnit(rule, at_zero, presence.counts)
    return rule, output_rule


def row_budgets(core: Core, path: Datapath, request: Request) -> dict[str, int]:
    """Synapses that may be live of each matrix, of a core that keeps rows of these; nothing of other cores."""
    if not all(f"{name}_addresses" in core.memories for name in SPARSE):
        return {}
    if POST in triggers_of(path.rule, "synapse"):
        message = f"rule `{path.rule.name}` has stages on '{POST}', but this core finds synapses by their row alone"
        raise ConfigError(Problem(path="learning.rule", message=message))
    inputs, size = request.populations["input"], request.populations["recurrent"]
    shapes = {"winp": (inputs, size), "wrec": (size, size)}
    if request.presence is None:
        return {name: pre * post for name, (pre, post) in shapes.items()}
    sparse = {
        name: int(possible_synapses(shapes[name], name != "wrec").sum())
        for name in request.presence.matrices
        if name in shapes
    }
    if OUTPUT_MATRIX in request.presence.matrices:
        sparse[OUTPUT_MATRIX] = size * request.populations["output"]
    budgets = request.presence.budgets(sparse)
    return {name: budgets.get(name, pre * post) for name, (pre, post) in shapes.items()}


def _check_tiles(crossbar: Crossbar, path: Datapath) -> None:
    if path.rule.transmit():
        message = f"`{path.rule.name}` computes what a synapse transmits, but crossbar tiles add up weights as they are"
        raise ConfigError(Problem(path="learning.consolidation", message=message))
    both = {each.name: each for each in (path.rule, path.output_rule)}
    weights = {name: each.synapse_state["w"] for name, each in both.items()}
    factorised = {name: len(each.synapse_state) == 1 for name, each in both.items() if path.rule.stages}
    check_crossbar(crossbar, weights, factorised, path.options.feedback)


def _admitted(core: Core, rule: str) -> str:
    """The rule that a core runs for one that is asked for: itself, or the only form of it that the core has."""
    if core.rules != "any" and rule not in core.rules:
        forms = [name for name in core.rules if name in rules.names() and rules.get(name).form_of == rule]
        if len(forms) == 1:
            return forms[0]
    check_admitted("learns", core.rules, rule, "learning.rule")
    return rule


def _without_learning(weight: Format) -> PlasticityRule:
    """A rule for a core that only infers: weights in the format of the neurons' input."""
    body = {"synapse_state": {"w": weight}, "__module__": __name__, "__doc__": "Fixed weights."}
    rule: PlasticityRule = type("FixedWeights", (PlasticityRule,), body)()
    return rule
