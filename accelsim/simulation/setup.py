"""From two documents to a programmed core: everything that can be wrong is found here, before a run starts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from accelsim.architecture.indices import PopulationSet
from accelsim.architecture.schema import Architecture
from accelsim.architecture.widths import with_state_bits
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem, check, choose_from
from accelsim.config.model import validate
from accelsim.config.registry import RegistryError
from accelsim.controllers.base import Controller, Request
from accelsim.controllers.event_driven import EventController
from accelsim.controllers.registry import controllers
from accelsim.controllers.samples import Samples
from accelsim.cost.components import ComponentCosts
from accelsim.engine.program import Program, lower
from accelsim.mapping.placement import Placement, place
from accelsim.simulation.pricing import operating_point, price
from accelsim.workload.digits import Digits
from accelsim.workload.schema import Workload
from accelsim.workload.stream import recording_of, total_ticks


@dataclass(frozen=True)
class Setup:
    """A chip programmed for a workload."""

    architecture: Architecture
    workload: Workload
    architecture_document: Document
    workload_document: Document
    recording: Samples | None
    """Stimulus of a workload that names a file of it."""
    controller: Controller | EventController
    placement: Placement
    program: Program
    costs: ComponentCosts
    seed: int

    @property
    def ticks(self) -> int:
        """Time steps of the whole run."""
        return total_ticks(self.workload, self.recording)


def prepare(architecture_document: Document, workload_document: Document, seed: int) -> Setup:
    """Validate both documents, program the core, place the network, lower the control and price the parts.

    Raises
    ------
    ConfigError
        With every problem that can be told at this stage.
    """
    architecture, workload = _validated(architecture_document, workload_document)
    kind, settings = _programming(architecture, workload, architecture_document, workload_document)
    request = Request(
        populations=workload.network,
        rule=workload.learning.rule if workload.learning else None,
        parameters=workload.learning.parameters if workload.learning else {},
        settings=settings,
        seed=seed,
        examples=partial(workload.task.examples, seed) if isinstance(workload.task, Digits) else None,
        spikes_per_sample=workload.task.spikes_per_sample if isinstance(workload.task, Digits) else 0.0,
    )
    problems: list[Problem] = []
    if architecture.cores > 1:
        message = (
            f"{architecture.cores} cores: a workload is placed on one core so far; several are linked by the engines"
        )
        problems.append(architecture_document.problem(("cores",), message))
    if not issubclass(kind, EventController):
        problems += _population_problems(architecture, workload, architecture_document, workload_document)
    with _collected(problems):
        recording = recording_of(workload, workload_document)
    with _collected(problems):
        controller = kind.build(architecture.core, request)
        core = with_state_bits(architecture.core, controller.state_bits())
    check(_located(problem, architecture_document, workload_document) for problem in problems)
    architecture = architecture.model_copy(update={"core": core})
    _check_stages(architecture_document, architecture, controller)
    populations = controller.populations if isinstance(controller, EventController) else workload.network
    placement = place(architecture, populations, architecture_document)
    program = lower(architecture, placement, controller.vocabulary, architecture_document)
    costs = price(architecture, placement, controller.stages(), architecture_document)
    return Setup(
        architecture,
        workload,
        architecture_document,
        workload_document,
        recording,
        controller,
        placement,
        program,
        costs,
        seed,
    )


@contextmanager
def _collected(problems: list[Problem]) -> Iterator[None]:
    """Keep the problems of a step, so that those of the next are told with them."""
    try:
        yield
    except ConfigError as error:
        problems.extend(error.problems)


def _validated(architecture_document: Document, workload_document: Document) -> tuple[Architecture, Workload]:
    """Both documents as models; the problems of both are told together."""
    problems: list[Problem] = []
    with _collected(problems):
        architecture = validate(architecture_document, Architecture)
    with _collected(problems):
        workload = validate(workload_document, Workload)
    check(problems)
    return architecture, workload


def _programming(
    architecture: Architecture, workload: Workload, architecture_document: Document, workload_document: Document
) -> tuple[type[Controller] | type[EventController], Any]:
    """The controller of a chip and the workload's settings for it; names and parts known only by name are checked."""
    name = architecture.core.controller
    problems = [
        workload_document.problem(
            ("settings", other),
            f"there is no controller `{other}`{choose_from(other, controllers.names())}",
        )
        for other in workload.settings
        if other not in controllers.names()
    ]
    with _collected(problems):
        operating_point(architecture, architecture_document)
    try:
        kind = controllers.get(name)
    except RegistryError as error:
        raise ConfigError([*problems, architecture_document.problem(("core", "controller"), str(error))]) from None
    settings: Any = None
    with _collected(problems):
        if architecture.core.options:
            validate(architecture_document, kind.options_model, at=("core", "options"))
    with _collected(problems):
        given = name in workload.settings
        settings = (
            validate(workload_document, kind.settings_model, at=("settings", name)) if given else kind.settings_model()
        )
    check(problems)
    return kind, settings


def _population_problems(
    architecture: Architecture, workload: Workload, architecture_document: Document, workload_document: Document
) -> Iterator[Problem]:
    """The core must work on the populations of the network, on all of them and no others."""
    worked_on: dict[str, str] = {}
    for name, index_set in architecture.core.index_sets.items():
        if isinstance(index_set, PopulationSet):
            worked_on.setdefault(index_set.population, name)
    for population, name in worked_on.items():
        if population not in workload.network:
            message = f"the network has no population `{population}`{choose_from(population, workload.network)}"
            yield architecture_document.problem(("core", "index_sets", name, "population"), message)
    for population in workload.network:
        if population not in worked_on:
            message = f"this core works on no population `{population}`{choose_from(population, worked_on)}"
            yield workload_document.problem(("network", population), message)


def _located(problem: Problem, architecture: Document, workload: Document) -> Problem:
    """A controller's problem at its place in the document it speaks of."""
    if problem.file or problem.path is None:
        return problem
    document = architecture if problem.path.startswith("core") else workload
    return document.problem(problem.path, problem.message)


def _check_stages(document: Document, architecture: Architecture, controller: Controller | EventController) -> None:
    """Every stage of a unit must be one that the controller computes."""
    known = controller.stages()
    check(
        document.problem(
            ("core", "units", name, "stages", i),
            f"`{stage}` is no stage of controller `{architecture.core.controller}`{choose_from(stage, known)}",
        )
        for name, unit in architecture.core.units.items()
        for i, stage in enumerate(unit.stages)
        if stage not in known
    )
