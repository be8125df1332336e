"""From a core and a request to what learns on it: a rule by name and, on top of it, a consolidation."""

from __future__ import annotations

from accelsim.architecture.schema import Core
from accelsim.config.errors import ConfigError, Problem
from accelsim.controllers.admission import check_admitted, check_reached, component
from accelsim.controllers.base import Request
from accelsim.controllers.settling.stages import ON_SYNAPSES, OWN
from accelsim.datapath.stages import MOVES
from accelsim.plasticity.base import rules
from accelsim.plasticity.composition import LearningUnit
from accelsim.plasticity.consolidation import Consolidation, consolidations
from accelsim.plasticity.settling import SettlingRule
from accelsim.plasticity.unit import OFFERED, PlasticityUnit

SEEN = ("reward", "plastic", "random")
"""What the core offers of `accelsim.plasticity.unit.OFFERED`."""


def learning_unit(core: Core, request: Request) -> PlasticityUnit | None:
    """The rule of a workload with its parameters, alone or with a consolidation; None if nothing learns.

    Raises
    ------
    ConfigError
        If either is unknown, has wrong parameters, is not admitted, or does not fit the core or the other.
    """
    if request.rule is None:
        return None
    check_admitted("learns", core.rules, request.rule, "learning.rule")
    given = {**request.settings.rules.get(request.rule, {}), **request.parameters}
    rule = component(rules, request.rule, given, "learning.rule", "learning.parameters")
    if not isinstance(rule, SettlingRule):
        message = f"rule `{request.rule}` does not learn at the end of settling, as controller `settling` wants it"
        raise ConfigError(Problem(path="learning.rule", message=message))
    if request.consolidation is None:
        return rule
    at = "learning.consolidation"
    check_admitted("consolidates", core.consolidations, request.consolidation, at)
    given = dict(request.consolidation_parameters)
    unit = LearningUnit(rule, component(consolidations, request.consolidation, given, at, f"{at}_parameters"))
    unit.check()
    _check_offers(unit)
    on = ((name, trigger) for name, trigger in ON_SYNAPSES.items() if trigger in unit.triggers("synapse"))
    check_reached(core, ((name, unit.name, trigger) for name, trigger in on))
    return unit


def _check_offers(unit: LearningUnit) -> None:
    """A consolidation may use what there is once for a core or per synapse, under names that are free."""
    own: Consolidation = unit.consolidation
    weight = unit.base.synapse_state["w"]
    for per in ("presynaptic neuron", "postsynaptic neuron"):
        if own.words(per, weight) or any(each.per == per for each in own.stages):
            raise own.problem(f"keeps words per {per}; controller `settling` keeps those per synapse")
    for each in own.stages:
        if each.on not in (*MOVES, *ON_SYNAPSES.values()):
            known = ", ".join(ON_SYNAPSES.values())
            raise each.problem(f"runs on '{each.on}'; controller `settling` runs stages per synapse on: {known}")
        for word in each.reads:
            if word in OFFERED and word not in SEEN:
                raise each.problem(f"reads `{word}`; controller `settling` offers: {', '.join(SEEN)}")
    for word in (*unit.synapse_state, *unit.registers):
        if word in OWN and word not in (*unit.base.synapse_state, *unit.base.registers):
            raise own.problem(f"controller `settling` has a word `{word}` of its own; call it something else")
