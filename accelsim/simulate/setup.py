"""From two documents to a programmed core: everything that can be wrong is found here, before a run starts."""

from __future__ import annotations

from dataclasses import dataclass

from accelsim.architecture.schema import Architecture
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem, did_you_mean
from accelsim.config.model import validate
from accelsim.config.registry import UnknownNameError
from accelsim.controllers.base import Controller, Request, controllers
from accelsim.engine.program import Program, lower
from accelsim.mapping.placement import Placement, place
from accelsim.workload.schema import Workload


@dataclass(frozen=True)
class Setup:
    """A chip programmed for a workload."""

    architecture: Architecture
    workload: Workload
    architecture_document: Document
    workload_document: Document
    controller: Controller
    placement: Placement
    program: Program
    seed: int


def prepare(architecture_document: Document, workload_document: Document, seed: int) -> Setup:
    """Validate both documents, program the core, place the network and lower the control.

    Raises
    ------
    ConfigError
        With every problem that can be told at this stage.
    """
    architecture, workload = _validated(architecture_document, workload_document)
    core = architecture.core
    try:
        kind = controllers.get(core.controller)
    except UnknownNameError as error:
        raise ConfigError(architecture_document.problem(("core", "controller"), str(error))) from None
    validate(architecture_document, kind.options_model, at=("core", "options")) if core.options else None
    if core.controller in workload.settings:
        settings = validate(workload_document, kind.settings_model, at=("settings", core.controller))
    else:
        settings = kind.settings_model()
    request = Request(
        populations=workload.network,
        rule=workload.learning.rule if workload.learning else None,
        parameters=workload.learning.parameters if workload.learning else {},
        settings=settings,
        seed=seed,
    )
    try:
        controller = kind.build(core, request)
    except ConfigError as error:
        raise ConfigError(
            _located(problem, architecture_document, workload_document) for problem in error.problems
        ) from None
    _check_stages(architecture_document, architecture, controller)
    placement = place(architecture, workload.network, architecture_document)
    program = lower(architecture, placement, controller.vocabulary, architecture_document)
    return Setup(
        architecture, workload, architecture_document, workload_document, controller, placement, program, seed
    )


def _validated(
    architecture_document: Document, workload_document: Document
) -> tuple[Architecture, Workload]:
    """Both documents as models; the problems of both are told together."""
    problems: list[Problem] = []
    found: list[Architecture | Workload] = []
    for document, model in ((architecture_document, Architecture), (workload_document, Workload)):
        try:
            found.append(validate(document, model))  # type: ignore[type-var]
        except ConfigError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigError(problems)
    architecture, workload = found
    assert isinstance(architecture, Architecture)
    assert isinstance(workload, Workload)
    return architecture, workload


def _located(problem: Problem, architecture: Document, workload: Document) -> Problem:
    """A controller's problem at its place in the document it speaks of."""
    if problem.file or problem.path is None:
        return problem
    document = architecture if problem.path.startswith("core") else workload
    return document.problem(problem.path, problem.message)


def _check_stages(document: Document, architecture: Architecture, controller: Controller) -> None:
    """Every stage of a unit must be one that the controller computes."""
    known = controller.stages()
    problems = [
        document.problem(
            ("core", "units", name, "stages", i),
            f"`{stage}` is no stage of controller `{architecture.core.controller}`{did_you_mean(stage, list(known))}",
        )
        for name, unit in architecture.core.units.items()
        for i, stage in enumerate(unit.stages)
        if stage not in known
    ]
    if problems:
        raise ConfigError(problems)
