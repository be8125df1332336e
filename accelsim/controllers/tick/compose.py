"""From a core and a request to a datapath: neuron model and rules by name, and whether they fit each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from accelsim.architecture.crossbar import Crossbar
from accelsim.architecture.phases import stages_run
from accelsim.architecture.schema import Core
from accelsim.config.errors import ConfigError, Problem, did_you_mean
from accelsim.config.messages import problems_of
from accelsim.config.registry import Registry, RegistryError
from accelsim.controllers.base import Request
from accelsim.controllers.tick.datapath import LEAK_BITS, PERIOD, POST, SPIKE, Datapath, triggers_of
from accelsim.controllers.tick.partial_sums import check_crossbar
from accelsim.controllers.tick.settings import TickOptions, TickSettings
from accelsim.controllers.tick.stages import rule_stages
from accelsim.controllers.tick.state import OWN, OWN_PREFIX
from accelsim.datapath.component import Component, checked
from accelsim.datapath.words import Float, Format
from accelsim.neurons.base import models
from accelsim.plasticity.base import PlasticityRule, rules
from accelsim.plasticity.composition import LearningUnit
from accelsim.plasticity.consolidation import consolidations
from accelsim.plasticity.unit import EXECUTED_TRIGGERS, OWNERS, PlasticityUnit

T = TypeVar("T", bound=Component)
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
    neuron = _component(models, core.neuron, settings.neuron, "core.neuron", "settings.tick.neuron")
    output_path = "core.options.output_rule"
    output_rule: PlasticityUnit = _component(
        rules, options.output_rule, settings.output_parameters, output_path, "settings.tick.output_parameters"
    )
    rule: PlasticityUnit
    if request.rule is None:
        rule = _without_learning(neuron.current)
    else:
        _check_admitted(core, request.rule)
        given = {**settings.rules.get(request.rule, {}), **request.parameters}
        rule = _component(rules, request.rule, given, "learning.rule", "learning.parameters")
        if request.consolidation is not None:
            rule, output_rule = _consolidated(core, rule, output_rule, request, options)
    leak = round(settings.readout_decay * 2**LEAK_BITS)
    path = Datapath(neuron, rule, output_rule, options, leak, core.crossbar, request.populations["output"])
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
    _check_reached(core, path)
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


def _consolidated(
    core: Core, rule: Any, output_rule: Any, request: Request, options: TickOptions
) -> tuple[PlasticityUnit, PlasticityUnit]:
    """Both rules with the consolidation that the workload asks for; the readout's only if the core consolidates it."""
    name = request.consolidation
    if core.consolidations != "any" and name not in core.consolidations:
        known = ", ".join(f"`{each}`" for each in core.consolidations) or "nothing"
        hint = did_you_mean(str(name), core.consolidations)
        message = f"this core consolidates with {known}, not with `{name}`{hint}"
        raise ConfigError(Problem(path="learning.consolidation", message=message))
    own = _component(
        consolidations, str(name), request.consolidation_parameters, "learning.consolidation",
        "learning.consolidation_parameters",
    )  # fmt: skip
    units: list[PlasticityUnit] = [LearningUnit(rule, own)]
    units.append(LearningUnit(output_rule, own) if options.consolidate_output else output_rule)
    return units[0], units[1]


def _check_reached(core: Core, path: Datapath) -> None:
    """Every stage of the rules must be run by a phase: what is computed takes time and energy."""
    done = {stage for phase in core.phases.values() for nest in phase.body for stage in stages_run(nest)}
    for name, unit, on in rule_stages(path):
        if core.phases and name not in done:
            message = f"rule `{unit.name}` has stages on '{on}', but no phase of this core runs `{name}`"
            raise ConfigError(Problem(path="core.phases", message=message))


def _check_tiles(crossbar: Crossbar, path: Datapath) -> None:
    if path.rule.transmit():
        message = f"`{path.rule.name}` computes what a synapse transmits, but crossbar tiles add up weights as they are"
        raise ConfigError(Problem(path="learning.consolidation", message=message))
    both = {each.name: each for each in (path.rule, path.output_rule)}
    weights = {name: each.synapse_state["w"] for name, each in both.items()}
    factorised = {name: len(each.synapse_state) == 1 for name, each in both.items() if path.rule.stages}
    check_crossbar(crossbar, weights, factorised, path.options.feedback)


def _check_admitted(core: Core, rule: str) -> None:
    if core.rules == "any" or rule in core.rules:
        return
    known = ", ".join(f"`{name}`" for name in core.rules) or "nothing"
    message = f"this core learns with {known}, not with `{rule}`{did_you_mean(rule, list(core.rules))}"
    raise ConfigError(Problem(path="learning.rule", message=message))


def _component(
    registry: Registry[type[T]], name: str, parameters: Mapping[str, Any], path: str, parameters_path: str
) -> T:
    """A neuron model or rule with its parameters."""
    try:
        cls = registry.get(name)
    except RegistryError as error:
        raise ConfigError(Problem(path=path, message=str(error))) from None
    try:
        return checked(cls.model_validate_json(json.dumps(dict(parameters))))
    except ValidationError as error:
        found = problems_of(error, cls, dict(parameters))
    raise ConfigError(Problem(path=".".join([parameters_path, *map(str, at)]), message=text) for at, text in found)


def _without_learning(weight: Format) -> PlasticityRule:
    """A rule for a core that only infers: weights in the format of the neurons' input."""
    body = {"synapse_state": {"w": weight}, "__module__": __name__, "__doc__": "Fixed weights."}
    rule: PlasticityRule = type("FixedWeights", (PlasticityRule,), body)()
    return rule
