"""From two documents to a programmed core: everything that can be wrong is found here, before a run starts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from accelsim.architecture.indices import PopulationSet
from accelsim.architecture.layers import has_layers, with_layers
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
from accelsim.devices.cells import CellModel
from accelsim.engine.program import Program, lower
from accelsim.mapping.placement import Placement, place
from accelsim.simulation.devices import cell_models
from accelsim.simulation.memories import memory_technologies, with_access_cycles
from accelsim.simulation.mesh_setup import MeshPlan, plan_mesh, several_cores_problem
from accelsim.simulation.mission import mission_problems
from accelsim.simulation.pacing import paces
from accelsim.simulation.pricing import operating_point, price
from accelsim.technology.memory_technology import MemoryTechnology
from accelsim.workload.digits import Digits
from accelsim.workload.schema import Recorded, Workload
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
    mesh: MeshPlan | None = None
    """How the network is spread over cores, where it may be; `program` is that of the first then."""

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
    problems: list[Problem] = []
    memories: dict[str, MemoryTechnology] = {}
    cells: dict[str, CellModel] = {}
    with _collected(problems):
        memories = memory_technologies(architecture, architecture_document)
        cells = cell_models(architecture, memories)
    request = Request(
        populations=workload.network,
        rule=workload.learning.rule if workload.learning else None,
        parameters=workload.learning.parameters if workload.learning else {},
        settings=settings,
        seed=seed,
        examples=partial(workload.task.examples, seed) if isinstance(workload.task, Digits) else None,
        spikes_per_sample=workload.task.spikes_per_sample if isinstance(workload.task, Digits) else 0.0,
        cells=cells,
        tick_s=workload.task.tick,
        consolidation=workload.learning.consolidation if workload.learning else None,
        consolidation_parameters=workload.learning.consolidation_parameters if workload.learning else {},
    )
    if (problem := several_cores_problem(architecture, kind, architecture_document)) is not None:
        problems.append(problem)
    if not issubclass(kind, EventController):
        problems += _population_problems(architecture, workload, architecture_document, workload_document)
    problems += _payload_problems(kind, workload, workload_document)
    if request.consolidation is not None and not kind.consolidates:
        message = f"controller `{architecture.core.controller}` runs its rules alone"
        problems.append(workload_document.problem(("learning", "consolidation"), message))
    problems += mission_problems(workload.mission, architecture.voltage, workload_document)
    with _collected(problems):
        recording = recording_of(workload, workload_document)
    with _collected(problems):
        controller = kind.build(architecture.core, request)
        core = with_state_bits(architecture.core, controller.state_bits())
    check(_located(problem, architecture_document, workload_document) for problem in problems)
    architecture = with_access_cycles(architecture.model_copy(update={"core": core}), memories)
    _check_stages(architecture_document, architecture, controller)
    try:
        core = with_layers(architecture.core, workload.network)
    except ConfigError as error:
        raise ConfigError(_located(each, architecture_document, workload_document) for each in error.problems) from None
    architecture = architecture.model_copy(update={"core": core})
    populations = controller.populations if isinstance(controller, EventController) else workload.network
    mesh = None
    if architecture.partition is not None:
        mesh = plan_mesh(architecture, populations, architecture_document)
        placement, program = mesh.placement, mesh.first_program
    else:
        placement = place(architecture, populations, architecture_document)
        program = lower(architecture, placement, controller.vocabulary, architecture_document)
    costs = price(
        architecture,
        placement,
        controller.stages(),
        architecture_document,
        asked=paces(program),
        memories=memories,
    )
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
        mesh,
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
    if has_layers(architecture.core):
        return
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


def _payload_problems(
    kind: type[Controller] | type[EventController], workload: Workload, document: Document
) -> Iterator[Problem]:
    """Payloads are for controllers that take them, and are all shown in one time step."""
    task, name = workload.task, workload.task.kind
    takes_payloads = issubclass(kind, Controller) and kind.graded
    graded = isinstance(task, Digits) and task.coding == "graded"
    if graded and not takes_payloads:
        yield document.problem(("task", "coding"), "`graded`: the chip's core takes spikes, not payloads")
    elif takes_payloads and not graded and not isinstance(task, Recorded):
        message = f"`{name}` gives spikes, but the chip's core takes payloads: `coding: graded`"
        yield document.problem(("task", "kind"), message)
    elif isinstance(task, Digits) and graded and task.ticks(True) * task.ticks(False) > 1:
        yield document.problem(("task", "length"), f"{task.length} time steps, but payloads are shown in 1")


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
