"""What a chip is made of as the cost models see it, and a run's counters as the actions they charge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from accelsim.architecture.schema import Architecture, Measured
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.cost.components import (
    Component,
    ComponentCosts,
    LogicComponent,
    MemoryComponent,
    OperatingPoint,
    RegisterComponent,
    cost_components,
)
from accelsim.engine.counts import Counter
from accelsim.mapping.placement import Placement
from accelsim.technology.node import Technology, load_technology
from accelsim.technology.operations import OperationGraph

_KINDS = {"sram": "sram", "edram": "edram", "registers": "register-file"}


def price(
    architecture: Architecture,
    placement: Placement,
    stages: Mapping[str, OperationGraph],
    document: Document | None = None,
    technology: Technology | None = None,
) -> ComponentCosts:
    """Energy per action, leakage and area of every component of a chip, in its own process unless one is given.

    Raises
    ------
    ConfigError
        If the technology is unknown, or an operating point or memory is outside what the models cover.
    """
    point = operating_point(architecture, document, technology)
    with placed(architecture, document):
        return cost_components(_components(architecture, placement, stages), point)


def operating_point(
    architecture: Architecture, document: Document | None = None, technology: Technology | None = None
) -> OperatingPoint:
    """Process, supply, clock and temperature of a chip.

    Raises
    ------
    ConfigError
        If the technology is unknown, or its models do not cover the supply or the temperature.
    """
    with placed(architecture, document):
        technology = technology or load_technology(architecture.technology, beside(document))
        voltage, minimum = architecture.voltage, architecture.minimum_voltage
        technology.check(voltage, architecture.temperature, minimum)
        technology.gate_delay_s(voltage)
        return OperatingPoint(technology, voltage, architecture.clock, architecture.temperature, minimum)


def beside(document: Document | None) -> tuple[Path, ...]:
    """Folder of a document, where files that it names are looked for."""
    return tuple(path.parent for path in document.sources[:1]) if document is not None else ()


@contextmanager
def placed(architecture: Architecture, document: Document | None) -> Iterator[None]:
    """Give the complaints of cost models their places in the architecture."""
    try:
        yield
    except ConfigError as error:
        if document is None:
            raise
        raise ConfigError(
            problem if problem.file else document.problem(_place(architecture, problem.path or ""), problem.message)
            for problem in error.problems
        ) from None


def _components(
    architecture: Architecture, placement: Placement, stages: Mapping[str, OperationGraph]
) -> list[Component]:
    core = architecture.core
    parts: list[Component] = []
    for name, memory in core.memories.items():
        if placement.words[name] == 0:  # holds a state that this rule does not keep
            continue
        reads, writes, either = memory.port_counts()
        parts.append(
            MemoryComponent(
                name,
                placement.words[name],
                memory.bits,
                reads,
                writes,
                either,
                memory.banks,
                _KINDS[memory.kind],
                _overrides(memory.measured, ("read_energy", "write_energy", "leakage", "area")),
            )
        )
    for unit_name, unit in core.units.items():
        for stage in unit.stages:
            given = _overrides(unit.measured, ("update_energy", "leakage", "area"))
            parts.append(LogicComponent(f"{unit_name}.{stage}", stages[stage], unit.lanes, given))
    for name, flops in core.flops.items():
        parts.append(RegisterComponent(name, flops.bits, {} if flops.clocked else {"clock_energy_j": 0.0}))
    return parts


def _overrides(measured: Measured | None, fields: tuple[str, ...]) -> dict[str, float]:
    units = {"leakage": "leakage_w", "area": "area_m2"}
    if measured is None:
        return {}
    return {
        units.get(name, f"{name}_j"): getattr(measured, name) for name in fields if getattr(measured, name) is not None
    }


def _place(architecture: Architecture, path: str) -> tuple[str, ...]:
    """Key of the architecture that a cost model's complaint is about."""
    first, *rest = path.split(".")
    if first in architecture.core.memories:
        return ("core", "memories", first, *rest)
    if first in architecture.core.units:
        return ("core", "units", first)
    return (first,)


def actions(architecture: Architecture, counters: Mapping[Counter, int]) -> dict[tuple[str, str], int]:
    """Counts by (component, action): accesses of memories and updates of units."""
    unit_of = {stage: name for name, unit in architecture.core.units.items() for stage in unit.stages}
    counted: dict[tuple[str, str], int] = {}
    for counter, count in counters.items():
        if counter.kind in ("read", "write"):
            if not count:  # perhaps of a memory that this rule leaves empty
                continue
            key = (counter.target, counter.kind)
        elif counter.kind == "run":
            key = (f"{unit_of[counter.target]}.{counter.target}", "update")
        else:
            continue
        counted[key] = counted.get(key, 0) + int(count)
    return counted


def is_sop(architecture: Architecture, counter: Counter) -> bool:
    """Whether a counter counts synaptic operations: runs of a stage, or of `phase.stage`, that the chip names so."""
    named = architecture.core.sop
    return counter.kind == "run" and (counter.target in named or f"{counter.phase}.{counter.target}" in named)


def sops(architecture: Architecture, counters: Mapping[Counter, int]) -> int:
    """Synaptic operations."""
    return sum(int(count) for counter, count in counters.items() if is_sop(architecture, counter))


def as_row(counter: Counter, count: int) -> dict[str, Any]:
    """A counter as a row of a table."""
    return {"kind": counter.kind, "target": counter.target, "phase": counter.phase, "count": int(count)}
