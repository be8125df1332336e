"""From two documents to a programmed core: everything that can be wrong is found here, before a run starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from accelsim.architecture.indices import SIZES, PopulationSet
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
from accelsim.lifelong.capability import Chip
from accelsim.lifelong.settings import NOTHING, Capabilities, Wanted, wanted
from accelsim.lifelong.settings import problems as lacking
from accelsim.mapping.placement import Placement, place
from accelsim.simulation.budgeting import budget_problems
from accelsim.simulation.devices import cell_models
from accelsim.simulation.job_phases import job_problems
from accelsim.simulation.memories import memory_technologies, with_access_cycles
from accelsim.simulation.mesh_setup import MeshPlan, plan_mesh, several_cores_problem
from accelsim.simulation.mission import mission_problems
from accelsim.simulation.pacing import paces
from accelsim.simulation.pricing import operating_point, price
from accelsim.simulation.real_time import overload_problems
from accelsim.technology.memory_technology import MemoryTechnology
from accelsim.workload.examples import Pictures
from accelsim.workload.pattern_generation import PatternGeneration
from accelsim.workload.schema import Recorded, Workload
from accelsim.workload.stream import data_problems, recording_of, total_ticks


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
    wanted: Wanted = NOTHING
    """What the learner has beside its rule."""

    @property
    def learning_on(self) -> bool:
        """Whether the chip learns."""
        return self.workload.capabilities is None or self.workload.capabilities.learning.on

    @property
    def cores(self) -> int:
        """Cores that share the network."""
        return 1 if self.mesh is None else self.mesh.slices.cores

    @property
    def used_words(self) -> Mapping[str, int]:
        """Words in use of each memory, of all cores together."""
        return (self.placement if self.mesh is None else self.mesh.all_cores).used_words

    @property
    def chip(self) -> Chip:
        """The chip as capabilities see it."""
        assert isinstance(self.controller, Controller)
        core, clock = self.architecture.core, self.architecture.clock
        return Chip(self.controller, core.memories, self.used_words, self.cores, clock, self.workload.tick_s, self.seed)

    @property
    def ticks(self) -> int:
        """Time steps of the whole run."""
        return total_ticks(self.workload, self.recording, self.seed)


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
    capabilities = workload.capabilities or Capabilities()
    learning = workload.learning if capabilities.learning.on else None
    consolidating = learning is not None and capabilities.consolidation.on
    recording = None
    with _collected(problems):
        recording = recording_of(workload, workload_document)
    wants = wanted(
        capabilities,
        workload.network["input"],
        workload.longest_sample if recording is None else int(recording.length.max(initial=0)),
        seed,
        outputs=workload.network["output"],
        regression=isinstance(workload.task, PatternGeneration) if recording is None else recording.targets.size > 0,
    )
    request = Request(
        populations=workload.network,
        rule=learning.rule if learning else None,
        parameters=learning.parameters if learning else {},
        settings=settings,
        seed=seed,
        examples=partial(workload.task.examples, seed) if isinstance(workload.task, Pictures) else None,
        spikes_per_sample=workload.task.spikes_per_sample if isinstance(workload.task, Pictures) else 0.0,
        cells=cells,
        tick_s=workload.task.tick,
        consolidation=learning.consolidation if learning and consolidating else None,
        consolidation_parameters=learning.consolidation_parameters if learning and consolidating else {},
        presence=wants.presence if learning else None,
    )
    if (problem := several_cores_problem(architecture, kind, architecture_document)) is not None:
        problems.append(problem)
    if not issubclass(kind, EventController):
        problems += _population_problems(architecture, workload, architecture_document, workload_document)
    problems += _payload_problems(kind, workload, workload_document)
    if request.consolidation is not None and not kind.consolidates:
        message = f"controller `{architecture.core.controller}` runs its rules alone"
        problems.append(workload_document.problem(("learning", "consolidation"), message))
    volatile = {name for name, memory in architecture.core.memories.items() if _forgets(memories.get(memory.kind))}
    problems += _capability_problems(wants, kind, architecture, volatile, workload_document)
    problems += overload_problems(workload, kind, architecture, wants.capabilities, workload_document)
    problems += mission_problems(workload.mission, architecture.voltage, workload_document)
    problems += data_problems(workload, workload_document, seed)
    with _collected(problems):
        controller = kind.build(architecture.core, request)
        core = with_state_bits(architecture.core, {**wants.bits, **controller.state_bits()})
        if wants.saves is not None:
            problems += _saving_problems(wants, controller, architecture.core.controller, workload_document)
    check(_located(problem, architecture_document, workload_document) for problem in problems)
    if isinstance(controller, Controller):
        wants = wants.programmed(core, controller.lasting())
    architecture = with_access_cycles(architecture.model_copy(update={"core": core}), memories)
    _check_stages(architecture_document, architecture, controller)
    try:
        core = with_layers(architecture.core, workload.network)
    except ConfigError as error:
        raise ConfigError(_located(each, architecture_document, workload_document) for each in error.problems) from None
    architecture = architecture.model_copy(update={"core": core})
    populations = controller.populations if isinstance(controller, EventController) else workload.network
    populations = {**populations, **wants.sizes}
    if isinstance(controller, Controller):
        populations |= controller.sizes()
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
    setup = Setup(
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
        wants,
    )
    check([*budget_problems(setup), *job_problems(setup)])
    return setup


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
        workload = validate(workload_document, Workload).located(workload_document)
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
        if isinstance(index_set, PopulationSet) and index_set.population not in SIZES:
            worked_on.setdefault(index_set.population, name)
    for population, name in worked_on.items():
        if population not in workload.network:
            message = f"the network has no population `{population}`{choose_from(population, workload.network)}"
            yield architecture_document.problem(("core", "index_sets", name, "population"), message)
    for population in workload.network:
        if population not in worked_on:
            message = f"this core works on no population `{population}`{choose_from(population, worked_on)}"
            yield workload_document.problem(("network", population), message)


def _capability_problems(
    wants: Wanted,
    kind: type[Controller] | type[EventController],
    architecture: Architecture,
    volatile: set[str],
    document: Document,
) -> Iterator[Problem]:
    """Capabilities need a core that works in time steps, and memories and phases for their jobs."""
    if wants.capabilities and issubclass(kind, EventController):
        message = f"controller `{architecture.core.controller}` is driven by events, but these need time steps"
        yield document.problem(("capabilities",), message)
    if wants.presence is not None and not (issubclass(kind, Controller) and kind.rewires):
        message = f"the synapses of controller `{architecture.core.controller}` stay as they are"
        yield document.problem(("capabilities", "structure"), message)
    for path, message in lacking(wants.capabilities, architecture.core, volatile):
        yield document.problem(path, message)


def _forgets(technology: MemoryTechnology | None) -> bool:
    return technology is not None and technology.volatile


def _saving_problems(
    wants: Wanted, controller: Controller | EventController, name: str, document: Document
) -> Iterator[Problem]:
    """A checkpoint, or a network, is made of words that the controller tells, and of nothing else."""
    path = ("capabilities", wants.saves or "")
    if not isinstance(controller, Controller) or not controller.lasting():
        message = f"controller `{name}` does not tell what outlives a sample"
        yield document.problem(path, message)
    elif controller.cells():
        message = f"the cells of {', '.join(controller.cells())} are not ideal: what they hold is not copied exactly"
        yield document.problem(path, message)


def _payload_problems(
    kind: type[Controller] | type[EventController], workload: Workload, document: Document
) -> Iterator[Problem]:
    """Payloads are for controllers that take them, and are all shown in one time step."""
    task, name = workload.task, workload.task.kind
    takes_payloads = issubclass(kind, Controller) and kind.graded
    graded = isinstance(task, Pictures) and task.coding == "graded"
    if graded and not takes_payloads:
        yield document.problem(("task", "coding"), "`graded`: the chip's core takes spikes, not payloads")
    elif takes_payloads and not graded and not isinstance(task, Recorded):
        message = f"`{name}` gives spikes, but the chip's core takes payloads: `coding: graded`"
        yield document.problem(("task", "kind"), message)
    elif isinstance(task, Pictures) and graded and task.ticks(True) * task.ticks(False) > 1:
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
