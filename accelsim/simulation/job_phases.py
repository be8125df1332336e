"""The phases of upkeep that move the words of jobs: each word of a job must be one that they read or write."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from accelsim.architecture.schema import Architecture
from accelsim.config.errors import Problem
from accelsim.engine.program import Program, lower
from accelsim.lifelong.job import PURPOSES, READS, WRITES, Job, vocabulary

if TYPE_CHECKING:
    from accelsim.simulation.setup import Setup

WAYS = {READS: "read", WRITES: "write"}
"""Kinds of accesses, by the beginning of the count of words that repeats them."""
Moved = Collection[tuple[str, str, str]]
"""Purpose, ``read`` or ``write``, and memory."""


def upkeep_program(setup: Setup) -> tuple[Architecture, Program]:
    """A chip whose core does jobs and nothing else, and the control for that.

    Raises
    ------
    ConfigError
        If the phases name what jobs do not have.
    """
    core = setup.architecture.core
    architecture = setup.architecture.model_copy(update={"core": core.model_copy(update={"sequence": core.upkeep})})
    return architecture, lower(architecture, setup.placement, vocabulary(core), setup.architecture_document)


def moved(program: Program) -> Moved:
    """What phases of upkeep read and write as often as a job of their purpose says."""
    return {
        (purpose, kind, action.target)
        for leaf in program.leaves()
        for purpose in PURPOSES
        if purpose in leaf.when
        for action in leaf.actions
        for way, kind in WAYS.items()
        if action.kind == kind and f"{way}{action.target}" in leaf.repeats
    }


def unmoved(job: Job, phases: Moved) -> Iterator[str]:
    """Words of a job that no phase moves, one message for each memory and way."""
    for way, kind, accesses in ((READS, "read", job.reads), (WRITES, "write", job.writes)):
        for memory, words in accesses.items():
            if words and (job.purpose, kind, memory) not in phases:
                yield (
                    f"`{job.purpose}` moves words of memory `{memory}`, but no phase of `upkeep` with "
                    f"`when: [{job.purpose}]` {kind}s it (`repeat: {way}{memory}`)"
                )


def job_problems(setup: Setup) -> Iterator[Problem]:
    """Words that the capabilities of a workload may move, but its chip does not."""
    capabilities = setup.wanted.capabilities
    if not capabilities:
        return
    phases, chip = moved(upkeep_program(setup)[1]), setup.chip
    for capability in capabilities:
        for job in capability.moves(chip, capabilities):
            for message in unmoved(job, phases):
                yield setup.workload_document.problem(("capabilities", capability.name), message)
