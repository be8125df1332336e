"""Memory technologies that a chip names, and the cycles that their latencies take at its clock."""

from __future__ import annotations

from collections.abc import Mapping

from accelsim.architecture.devices import kind_at
from accelsim.architecture.schema import Architecture
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem, check
from accelsim.config.named import beside
from accelsim.technology.memory_technology import MemoryTechnology, memory_document, memory_technology_of


def memory_documents(architecture: Architecture, document: Document | None = None) -> dict[str, Document]:
    """Files of the memory technologies of a chip by the names that its memories use.

    Raises
    ------
    ConfigError
        If there is no such technology: one problem for each memory, at its place.
    """
    found: dict[str, Document] = {}
    problems: list[Problem] = []
    for name, memory in architecture.core.memories.items():
        try:
            found[memory.kind] = memory_document(memory.kind, beside(document))
        except ConfigError as error:
            at = kind_at(architecture.core, name)
            problems += [
                problem if problem.file or document is None else document.problem(at, problem.message)
                for problem in error.problems
            ]
    check(dict.fromkeys(problems))
    return found


def memory_technologies(architecture: Architecture, document: Document | None = None) -> dict[str, MemoryTechnology]:
    """Memory technologies of a chip by the names that its memories use (errors as of `memory_documents`)."""
    return technologies_of(memory_documents(architecture, document))


def technologies_of(documents: Mapping[str, Document]) -> dict[str, MemoryTechnology]:
    """The same from their files."""
    return {name: memory_technology_of(document) for name, document in documents.items()}


def with_access_cycles(architecture: Architecture, technologies: Mapping[str, MemoryTechnology]) -> Architecture:
    """A chip in which the cycles of every access are numbers: those given, else latency x memory clock."""
    memories = {}
    for name, memory in architecture.core.memories.items():
        technology, clock = technologies[memory.kind], architecture.clock * memory.clock_ratio
        read = memory.read_cycles or technology.access_cycles(False, clock, memory.bits_per_cell)
        write = memory.write_cycles or technology.access_cycles(True, clock, memory.bits_per_cell)
        memories[name] = memory.model_copy(update={"read_cycles": read, "write_cycles": write})
    core = architecture.core.model_copy(update={"memories": memories})
    return architecture.model_copy(update={"core": core})
