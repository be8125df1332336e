"""What a chip is made of, as far as cost is concerned, and the cost of each part at an operating point."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from accelsim.config.errors import ConfigError, Problem, check, did_you_mean
from accelsim.cost.crossbar import AnalogComponent, CellArrayComponent
from accelsim.cost.interconnect import FifoComponent, LinkComponent, RouterComponent
from accelsim.technology.edram import edram
from accelsim.technology.estimate import ZERO, Estimate, Source
from accelsim.technology.logic import logic_leakage, operation_cost
from accelsim.technology.memory import register_file
from accelsim.technology.memory_technology import MemoryTechnology, load_memory_technology
from accelsim.technology.node import REFERENCE_TEMPERATURE_K, Technology
from accelsim.technology.nvm import cell_array
from accelsim.technology.operations import Operation, OperationGraph
from accelsim.technology.schedule import Schedule, schedule
from accelsim.technology.sram import sram
from accelsim.technology.switching import Switching

Overrides = Mapping[str, Estimate | float]
"""Measured figures that replace derived ones: ``leakage_w`` and ``area_m2`` of all instances together, and
``<action>_energy_j``."""

POINT = "point"
"""Kind of what stands for the actions of a component at another operating point: no silicon of its own."""

MEASURED_BY_USER = Source("figure given in the architecture", "measured")


@dataclass(frozen=True)
class OperatingPoint:
    """Process, supply, clock and temperature at which a chip is costed.

    `minimum_voltage_v` declares that the chip works below the process's lowest supply.
    """

    technology: Technology
    voltage_v: float
    frequency_hz: float
    temperature_k: float = REFERENCE_TEMPERATURE_K
    minimum_voltage_v: float | None = None


@dataclass(frozen=True)
class MemoryComponent:
    """A memory of `words` words of `bits` bits; its actions are ``read`` and ``write``, one word each.

    `technology_kind` is a memory technology or the name of one. `instances` identical memories may share a name, as
    the cores of a chip do.
    """

    name: str
    words: int
    bits: int
    read_ports: int = 0
    write_ports: int = 0
    readwrite_ports: int = 1
    banks: int = 1
    technology_kind: str | MemoryTechnology = "sram"
    overrides: Overrides = field(default_factory=dict)
    instances: int = 1
    bits_per_cell: int = 1


@dataclass(frozen=True)
class LogicComponent:
    """A datapath built `instances` times; its action is ``update``, one evaluation of the graph.

    It is pipelined where the clock asks for it; the registers between its stages are clocked once per update.
    `operators` limits how many operators of a kind each instance has: its operations take turns on them.
    `switching` tells how often its operands toggle; random ones without it.
    """

    name: str
    graph: OperationGraph
    instances: int = 1
    overrides: Overrides = field(default_factory=dict)
    operators: Mapping[str, int] = field(default_factory=dict)
    switching: Switching | None = None


@dataclass(frozen=True)
class RegisterComponent:
    """Flip-flops outside memories; their action ``clock``, one edge of all bits, is charged while clocked."""

    name: str
    bits: int
    overrides: Overrides = field(default_factory=dict)


OwnControl = FifoComponent | RouterComponent | LinkComponent | CellArrayComponent | AnalogComponent
"""Parts whose figures hold their own clock and control."""
Component = MemoryComponent | LogicComponent | RegisterComponent | OwnControl


@dataclass(frozen=True)
class ComponentCost:
    """Cost of one component: energy per action, leakage and area of all its instances, critical delay.

    `schedule` is how a datapath lies on the cycles of the clock, derived even where figures are `overridden`.
    `own_control` says that its figures hold its clock and control: the overhead does not apply.
    """

    name: str
    kind: str
    energy_j: Mapping[str, Estimate]
    leakage_w: Estimate
    area_m2: Estimate
    delay_s: Estimate
    warnings: tuple[str, ...] = ()
    instances: int = 1
    schedule: Schedule | None = None
    overridden: tuple[str, ...] = ()
    own_control: bool = False


@dataclass(frozen=True)
class ComponentCosts:
    """Costs of all components at one operating point.

    `overhead` multiplies the dynamic energy of memories and datapaths (clock tree, control, wires between them);
    `utilisation` is the placed share of the core area.
    """

    components: Mapping[str, ComponentCost]
    point: OperatingPoint
    overhead: Estimate
    utilisation: Estimate

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings of all components, each with the component's name."""
        return tuple(f"{part.name}: {text}" for part in self.components.values() for text in part.warnings)


def cost_components(
    components: Iterable[Component],
    point: OperatingPoint,
    *,
    overhead: Estimate | None = None,
    utilisation: Estimate | None = None,
) -> ComponentCosts:
    """Return energy per action, leakage and area of each component.

    Parameters
    ----------
    components : parts of the chip, with distinct names.
    point : operating point.
    overhead, utilisation : measured factors instead of the shipped ones.

    Raises
    ------
    ConfigError : an operating point or a memory outside what the models cover, two parts of one name, or an
        override of something the part does not have. All problems are reported at once.
    """
    point.technology.check(point.voltage_v, point.temperature_k, point.minimum_voltage_v)
    components = tuple(components)
    named = Counter(component.name for component in components)
    problems = [
        Problem(path=name, message=f"{count} components have this name") for name, count in named.items() if count > 1
    ]
    costs: dict[str, ComponentCost] = {}
    for component in components:
        try:
            costs[component.name] = _overridden(_derived(component, point), component.overrides)
        except ConfigError as error:
            problems += [replace(problem, path=f"{component.name}.{problem.path}") for problem in error.problems]
    check(problems)
    return ComponentCosts(
        costs,
        point,
        overhead or point.technology.constant("system_overhead"),
        utilisation or point.technology.constant("placement_utilisation"),
    )


def _derived(component: Component, point: OperatingPoint) -> ComponentCost:
    match component:
        case MemoryComponent():
            return _memory(component, point)
        case LogicComponent():
            operators = tuple(sorted(component.operators.items()))
            cost = _scheduled(component.graph, point, operators, component.switching)
            return ComponentCost(
                component.name,
                "logic",
                {"update": cost.energy_j},
                cost.leakage_w * component.instances,
                cost.area_m2 * component.instances,
                cost.critical_path_s,
                instances=component.instances,
                schedule=cost,
            )
        case RegisterComponent():
            return _registers(component, point)
        case _:
            energy, leakage, area, warnings = component.figures(point)
            return ComponentCost(
                component.name,
                component.kind,
                energy,
                leakage,
                area,
                ZERO,
                warnings,
                component.instances,
                own_control=True,
            )


@lru_cache(1024)
def _scheduled(
    graph: OperationGraph, point: OperatingPoint, operators: tuple[tuple[str, int], ...], switching: Switching | None
) -> Schedule:
    """A datapath on the clock; the points of a sweep share theirs."""
    return schedule(
        graph,
        point.technology,
        point.frequency_hz,
        operators=dict(operators),
        voltage_v=point.voltage_v,
        temperature_k=point.temperature_k,
        switching=switching,
    )


def _memory(component: MemoryComponent, point: OperatingPoint) -> ComponentCost:
    organisation: dict[str, Any] = {
        "technology": point.technology,
        "voltage_v": point.voltage_v,
        "temperature_k": point.temperature_k,
        "read_ports": component.read_ports,
        "write_ports": component.write_ports,
        "readwrite_ports": component.readwrite_ports,
    }
    kind = component.technology_kind
    memory = kind if isinstance(kind, MemoryTechnology) else load_memory_technology(kind)
    match memory.model:
        case "sram":
            cost = sram(
                component.words,
                component.bits,
                banks=component.banks,
                minimum_voltage_v=point.minimum_voltage_v,
                device=point.technology.sram_device,
                **organisation,
            )
        case "edram":
            _check_one_port(component, "an embedded DRAM")
            cost = edram(
                component.words,
                component.bits,
                technology=point.technology,
                voltage_v=point.voltage_v,
                temperature_k=point.temperature_k,
                banks=component.banks,
                minimum_voltage_v=point.minimum_voltage_v,
            )
        case "registers":
            cost = register_file(component.words, component.bits, **organisation)
        case "cells":
            _check_one_port(component, f"a memory of {memory.name}")
            cost = cell_array(
                memory,
                component.words,
                component.bits,
                technology=point.technology,
                voltage_v=point.voltage_v,
                temperature_k=point.temperature_k,
                banks=component.banks,
                bits_per_cell=component.bits_per_cell,
                minimum_voltage_v=point.minimum_voltage_v,
            )
    if component.bits_per_cell > 1 and memory.model != "cells":
        message = f"a cell of {memory.name} holds one bit"
        raise ConfigError(Problem(path="bits_per_cell", message=message))
    return ComponentCost(
        component.name,
        "memory",
        {"read": cost.read_energy_j, "write": cost.write_energy_j},
        cost.leakage_w * component.instances,
        cost.area_m2 * component.instances,
        cost.access_time_s,
        cost.warnings,
        own_control=memory.model == "cells",  # measured on whole macros, with drivers and verify pulses
    )


def _check_one_port(component: MemoryComponent, what: str) -> None:
    if (component.read_ports, component.write_ports, component.readwrite_ports) != (0, 0, 1):
        raise ConfigError(Problem(path="ports", message=f"{what} has one port that reads and writes"))


def _registers(component: RegisterComponent, point: OperatingPoint) -> ComponentCost:
    technology = point.technology
    cost = operation_cost(
        Operation("register", (component.bits,), component.bits),
        technology,
        voltage_v=point.voltage_v,
        temperature_k=point.temperature_k,
    )
    return ComponentCost(
        component.name,
        "registers",
        {"clock": cost.energy_j},
        logic_leakage(cost.area_m2, technology, point.voltage_v, point.temperature_k),
        cost.area_m2,
        ZERO,
    )


def _overridden(cost: ComponentCost, overrides: Overrides) -> ComponentCost:
    """Return `cost` with the user's figures in place of the derived ones."""
    known = ["leakage_w", "area_m2", *(f"{action}_energy_j" for action in cost.energy_j)]
    unknown = [name for name in overrides if name not in known]
    if unknown:
        raise ConfigError(
            Problem(path=name, message=(f"no such figure{did_you_mean(name, known)}; known: {', '.join(known)}"))
            for name in unknown
        )

    def chosen(name: str, derived: Estimate) -> Estimate:
        given = overrides.get(name)
        if given is None:
            return derived
        if isinstance(given, Estimate):
            return given
        if given < 0:
            raise ConfigError(Problem(path=name, message=f"{given:g} is not >= 0"))
        return Estimate.exact(given, MEASURED_BY_USER, "given")

    return replace(
        cost,
        energy_j={action: chosen(f"{action}_energy_j", energy) for action, energy in cost.energy_j.items()},
        leakage_w=chosen("leakage_w", cost.leakage_w),
        area_m2=chosen("area_m2", cost.area_m2),
        overridden=tuple(overrides),
    )
