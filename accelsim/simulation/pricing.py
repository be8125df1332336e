"""What a chip is made of as the cost models see it, and a run's counters as the actions they charge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from accelsim.architecture.crossbar import ANALOG_STAGES
from accelsim.architecture.partition import KINDS
from accelsim.architecture.schema import Architecture, Core, Measured
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.named import beside
from accelsim.cost.account import CLOCK, core_area_m2
from accelsim.cost.components import (
    MEASURED_BY_USER,
    Component,
    ComponentCosts,
    LogicComponent,
    MemoryComponent,
    OperatingPoint,
    RegisterComponent,
    cost_components,
)
from accelsim.cost.crossbar import AnalogComponent, CellArrayComponent
from accelsim.cost.interconnect import FifoComponent, LinkComponent, side_m
from accelsim.engine.counts import Counter
from accelsim.mapping.placement import Placement
from accelsim.simulation.memories import memory_technologies
from accelsim.simulation.mesh_costs import chip_costs
from accelsim.simulation.pacing import Pace, with_warnings
from accelsim.simulation.points import AT, EDGE, at, is_edge
from accelsim.technology.estimate import Estimate
from accelsim.technology.memory_technology import MemoryTechnology
from accelsim.technology.node import Technology, load_technology
from accelsim.technology.operations import OperationGraph
from accelsim.technology.switching import Switching

INPUT_LINK, OUTPUT_LINK = "input_link", "output_link"
"""Components that stand for the address-event links of a core."""
HANDSHAKE_WIRES = 2
"""Request and acknowledge."""


def price(
    architecture: Architecture,
    placement: Placement,
    stages: Mapping[str, OperationGraph],
    document: Document | None = None,
    technology: Technology | None = None,
    asked: Iterable[Pace] = (),
    switching: Mapping[str, Switching] | None = None,
    memories: Mapping[str, MemoryTechnology] | None = None,
) -> ComponentCosts:
    """Energy per action, leakage and area of every component of a chip.

    In its own process and with its own memory technologies, unless they are given.

    Datapaths that cannot keep the pace that the control asks of them are warned of. Operands are random words but in
    stages of which `switching` is known.

    Raises
    ------
    ConfigError
        If the technology is unknown, or an operating point or memory is outside what the models cover.
    """
    point = operating_point(architecture, document, technology)
    if memories is None:
        memories = memory_technologies(architecture, document)
    with placed(architecture, document):
        costs = cost_components(_components(architecture, placement, stages, switching or {}, memories), point)
        return with_warnings(chip_costs(_with_links(costs, architecture.core), architecture), asked)


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
        for name, other in architecture.power.points.items():
            with _below(f"power.points.{name}"):
                technology.check(other.voltage, architecture.temperature, minimum)
                technology.gate_delay_s(other.voltage)
        return OperatingPoint(technology, voltage, architecture.clock, architecture.temperature, minimum)


@contextmanager
def _below(path: str) -> Iterator[None]:
    """Put the places of complaints below another."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(replace(problem, path=f"{path}.{problem.path}") for problem in error.problems) from None


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
    architecture: Architecture,
    placement: Placement,
    stages: Mapping[str, OperationGraph],
    switching: Mapping[str, Switching],
    memories: Mapping[str, MemoryTechnology],
) -> list[Component]:
    core = architecture.core
    parts: list[Component] = []
    for name, memory in core.memories.items():
        if placement.words[name] == 0:  # holds a state that this rule does not keep
            continue
        if core.crossbar is not None and name in core.crossbar.matrices:
            given = _overrides(memory.measured, ("read_energy", "write_energy", "leakage", "area"))
            parts.append(CellArrayComponent(name, core.crossbar, placement.tiles[name], memories[memory.kind], given))
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
                memories[memory.kind],
                _overrides(memory.measured, ("read_energy", "write_energy", "leakage", "area")),
                bits_per_cell=memory.bits_per_cell,
            )
        )
    for unit_name, unit in core.units.items():
        for stage in unit.stages:
            given = _overrides(unit.measured, ("update_energy", "leakage", "area"))
            if core.crossbar is not None and stage in ANALOG_STAGES:
                parts.append(_analog(f"{unit_name}.{stage}", stage, core, placement, memories, given))
                continue
            parts.append(
                LogicComponent(
                    f"{unit_name}.{stage}", stages[stage], unit.lanes, given, unit.operators, switching.get(stage)
                )
            )
    for name, flops in core.flops.items():
        parts.append(RegisterComponent(name, flops.bits, {} if flops.clocked else {"clock_energy_j": 0.0}))
    for name, queue in core.queues.items():
        given = _overrides(queue.measured, ("push_energy", "pop_energy", "clock_energy", "leakage", "area"))
        parts.append(FifoComponent(name, queue.depth, queue.bits, queue.count, queue.kind, given))
    return parts


def _analog(
    name: str,
    stage: str,
    core: Core,
    placement: Placement,
    memories: Mapping[str, MemoryTechnology],
    overrides: dict[str, float],
) -> AnalogComponent:
    """A part of the crossbar tiles of all matrices, whose cells are those of the first."""
    assert core.crossbar is not None
    first = core.memories[core.crossbar.matrices[0]]
    tiles, cells = sum(placement.tiles.values()), memories[first.kind]
    return AnalogComponent(name, stage, core.crossbar, tiles, cells, _cell_bits(core), overrides)


def _cell_bits(core: Core) -> int:
    """Bits of the widest integer weight in crossbar tiles."""
    assert core.crossbar is not None
    return max(core.memories[name].item_bits for name in core.crossbar.matrices)


def _with_links(costs: ComponentCosts, core: Core) -> ComponentCosts:
    """Add the address-event links of a core: wires as long as the core is wide, unless their length is given."""
    if core.links is None:
        return costs
    length = side_m(core_area_m2(costs))
    if core.links.length is not None:
        length = Estimate.exact(core.links.length, MEASURED_BY_USER, "length of the links", "m")
    given = _overrides(core.links.measured, ("packet_energy", "leakage", "area"))
    links = cost_components(
        [
            LinkComponent(name, bits, length, handshake_wires=HANDSHAKE_WIRES, overrides=given)
            for name, bits in ((INPUT_LINK, core.links.input_bits), (OUTPUT_LINK, core.links.output_bits))
        ],
        costs.point,
    )
    return replace(costs, components={**costs.components, **links.components})


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
    if first in architecture.core.queues:
        return ("core", "queues", first, *rest)
    if first in architecture.core.units:
        operators = rest[-2:] if "operators" in rest else ()
        return ("core", "units", first, *operators)
    if first == "power":
        return ("power", *rest)
    return (first,)


def actions(architecture: Architecture, counters: Mapping[Counter, int]) -> dict[tuple[str, str], int]:
    """Counts by (component, action): accesses of memories, updates of units, what queues and links pass on.

    What happened at another operating point is counted there (see :mod:`accelsim.simulation.points`).
    """
    unit_of = {stage: name for name, unit in architecture.core.units.items() for stage in unit.stages}
    counted: dict[tuple[str, str], int] = {}
    for counter, count in counters.items():
        kind, _, point = counter.kind.partition(AT)
        if point and not count:
            continue
        if is_edge(counter, architecture.core.phases):
            counted[at(CLOCK, point), EDGE] = counted.get((at(CLOCK, point), EDGE), 0) + int(count)
            continue
        if kind in ("read", "write"):
            if not count:  # perhaps of a memory that this rule leaves empty
                continue
            key = (counter.target, kind)
        elif kind == "run":
            key = (f"{unit_of[counter.target]}.{counter.target}", "update")
        elif kind in ("push", "pop", "packet", *KINDS):
            key = (counter.target, kind)
        else:
            continue
        if point:
            counted[key] = counted.get(key, 0) - int(count)
            key = (at(key[0], point), key[1])
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
