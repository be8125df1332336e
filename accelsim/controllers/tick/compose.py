"""From a core and a request to a datapath: neuron model and rules by name, and whether they fit each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from accelsim.architecture.schema import Core
from accelsim.config.errors import ConfigError, Problem, did_you_mean
from accelsim.config.messages import problems_of
from accelsim.config.registry import Registry, RegistryError
from accelsim.controllers.base import Request
from accelsim.controllers.tick.datapath import LEAK_BITS, PERIOD, SPIKE, Datapath, triggers_of
from accelsim.controllers.tick.settings import TickOptions, TickSettings
from accelsim.datapath.component import Component
from accelsim.datapath.words import Format
from accelsim.neurons.base import models
from accelsim.plasticity.base import PlasticityRule, rules

T = TypeVar("T", bound=Component)
UNSEEN = ("post_spike", "post_potential", "post_threshold")
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
    output_rule = _component(
        rules, options.output_rule, settings.output_parameters, output_path, "settings.tick.output_parameters"
    )
    if request.rule is None:
        rule = _without_learning(neuron.current)
    else:
        _check_admitted(core, request.rule)
        given = {**settings.rules.get(request.rule, {}), **request.parameters}
        rule = _component(rules, request.rule, given, "learning.rule", "learning.parameters")
    path = Datapath(neuron, rule, output_rule, options, round(settings.readout_decay * 2**LEAK_BITS))
    for each, where in ((rule, "learning.rule"), (output_rule, output_path)):
        each.check()
        per_neuron = triggers_of(each, "presynaptic neuron") | triggers_of(each, "postsynaptic neuron")
        for trigger in sorted(per_neuron & {SPIKE, PERIOD}):
            message = f"rule `{each.name}` changes words per neuron on '{trigger}'"
            hint = "controller `tick` does that on 'time step', with `pre_spike` to tell, or 'learning signal'"
            raise ConfigError(Problem(path=where, message=f"{message}; {hint}"))
    for word in UNSEEN:
        if any(word in stage.reads for stage in output_rule.stages):
            message = f"rule `{output_rule.name}` reads `{word}`, which an output does not have"
            raise ConfigError(Problem(path=output_path, message=message))
    if path.reads("post_threshold") and not hasattr(neuron, "threshold"):
        message = f"rule `{rule.name}` reads `post_threshold`, which neuron model `{neuron.name}` does not have"
        raise ConfigError(Problem(path="learning.rule", message=message))
    return path


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
        return cls.model_validate_json(json.dumps(dict(parameters)))
    except ValidationError as error:
        found = problems_of(error, cls, dict(parameters))
    raise ConfigError(Problem(path=".".join([parameters_path, *map(str, at)]), message=text) for at, text in found)


def _without_learning(weight: Format) -> PlasticityRule:
    """A rule for a core that only infers: weights in the format of the neurons' input."""
    body = {"synapse_state": {"w": weight}, "__module__": __name__, "__doc__": "Fixed weights."}
    rule: PlasticityRule = type("FixedWeights", (PlasticityRule,), body)()
    return rule
