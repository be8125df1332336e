"""What a chip described by its parts and events costs: the same components and the same account as any core."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from accelsim.architecture.profile import Condition, Profile
from accelsim.config.errors import Problem, check
from accelsim.cost.account import CostReport, account
from accelsim.cost.components import (
    Component,
    ComponentCosts,
    LogicComponent,
    MemoryComponent,
    OperatingPoint,
    RegisterComponent,
    cost_components,
)
from accelsim.datapath.blocks import block
from accelsim.technology.constants import constant
from accelsim.technology.node import load_technology

MEMORY_KINDS = {"sram": "sram", "registers": "register-file"}
CLOCKLESS_HZ = 1.0
"""Clock of a chip that has none: its registers are not clocked, and nothing else asks for it."""


def profile_components(profile: Profile) -> list[Component]:
    """Return the memories, datapaths and registers of all cores; raises `ConfigError` for an unknown datapath."""
    parts: list[Component] = []
    for name, memory in profile.core.memories.items():
        shared = memory.ports == "1RW"
        parts.append(
            MemoryComponent(
                name,
                memory.words,
                memory.bits,
                read_ports=0 if shared else 1,
                write_ports=0 if shared else 1,
                readwrite_ports=1 if shared else 0,
                banks=memory.banks,
                technology_kind=MEMORY_KINDS[memory.kind],
                instances=memory.count * profile.cores,
            )
        )
    problems: list[Problem] = []
    for name, unit in profile.core.units.items():
        graph = block(unit.datapath)
        if graph is None:
            message = f"there is no datapath `{unit.datapath}`; write one as `lif16` or `mac_W8_A24`"
            problems.append(Problem(path=f"core.units.{name}.datapath", message=message))
            continue
        parts.append(LogicComponent(name, graph, unit.lanes * profile.cores))
    check(problems)
    for name, registers in profile.core.registers.items():
        bits = registers.bits * profile.cores
        clocked = round(bits * registers.clocked)
        if clocked:
            parts.append(RegisterComponent(name, clocked))
        if bits > clocked:
            parts.append(RegisterComponent(f"{name}, gated", bits - clocked, {"clock_energy_j": 0.0}))
    return parts


def profile_costs(profile: Profile, condition: Condition | None = None) -> ComponentCosts:
    """Return the costs of the parts of `core` at a condition, or at the chip's own working point.

    The band of the overhead is widened: what one event touches is known from publications in part only.
    """
    voltage = profile.voltage if condition is None or condition.voltage is None else condition.voltage
    clock = profile.clock if condition is None or condition.clock is None else condition.clock
    point = OperatingPoint(
        load_technology(profile.technology),
        voltage,
        clock or CLOCKLESS_HZ,
        profile.temperature,
        profile.minimum_voltage,
    )
    overhead = constant("system_overhead")
    if profile.model is None:
        overhead = overhead.scaled(constant("profile_organisation"))
    return cost_components(profile_components(profile), point, overhead=overhead)


def with_parts(costs: ComponentCosts, more: ComponentCosts) -> ComponentCosts:
    """Return `costs` with the parts of another set beside its own."""
    return replace(costs, components={**costs.components, **more.components})


def event_counts(profile: Profile, condition: Condition) -> dict[tuple[str, str], int]:
    """Return how often each (component, action) happens in a second at a condition."""
    counts: Counter[tuple[str, str]] = Counter()
    for event, rate in condition.rates.items():
        for name, count in profile.core.events[event].counts.items():
            component, _, action = name.rpartition(".")
            counts[component, action] += round(rate * count)
    return dict(counts)


def one_second(profile: Profile, condition: Condition, costs: ComponentCosts) -> CostReport:
    """Return the account of a second of work at a condition.

    Raises
    ------
    ConfigError
        If an event names a part or an action that the chip does not have.
    """
    clock = profile.clock if condition.clock is None else condition.clock
    clocked_s = 0.0 if clock is None or condition.dynamic_only else 1.0
    return account(costs, event_counts(profile, condition), elapsed_s=1.0, clocked_s=clocked_s)
