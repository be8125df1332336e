"""What a chip described by its parts and events costs: the same components and the same account as any core."""

from __future__ import annotations

from dataclasses import replace

from accelsim.architecture.profile import Condition, Profile, Sourced
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
from accelsim.cost.interconnect import FifoComponent, LinkComponent
from accelsim.datapath.blocks import block
from accelsim.technology.estimate import Estimate, Source, total
from accelsim.technology.node import Technology, load_technology

CLOCKLESS_HZ = 1.0
"""Clock of a chip that has none: its registers are not clocked, and nothing else asks for it."""


def profile_components(profile: Profile) -> list[Component]:
    """Return all parts of all cores; raises `ConfigError` for an unknown datapath."""
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
                technology_kind=memory.kind,
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
    for name, queue in profile.core.queues.items():
        parts.append(FifoComponent(name, queue.depth, queue.bits, queue.count * profile.cores, queue.kind))
    for name, link in profile.core.links.items():
        length = None if link.length is None else Estimate.exact(link.length, _cited(link), "length of the link", "m")
        parts.append(LinkComponent(name, link.bits, length, link.off_chip))
    return parts


def profile_costs(
    profile: Profile, condition: Condition | None = None, technology: Technology | None = None
) -> ComponentCosts:
    """Return the costs of the parts of `core` at a condition, or at the chip's own working point.

    In the chip's own process unless one is given. The band of the overhead is widened: what one event touches is
    known from publications in part only.
    """
    voltage = profile.voltage if condition is None or condition.voltage is None else condition.voltage
    clock = profile.clock if condition is None or condition.clock is None else condition.clock
    point = OperatingPoint(
        technology or load_technology(profile.technology),
        voltage,
        clock or CLOCKLESS_HZ,
        profile.temperature,
        profile.minimum_voltage,
    )
    overhead = point.technology.constant("system_overhead")
    if profile.model is None:
        overhead = overhead.scaled(point.technology.constant("profile_organisation"))
    return cost_components(profile_components(profile), point, overhead=overhead)


def with_parts(costs: ComponentCosts, more: ComponentCosts) -> ComponentCosts:
    """Return `costs` with the parts of another set beside its own."""
    return replace(costs, components={**costs.components, **more.components})


def event_counts(profile: Profile, condition: Condition) -> dict[tuple[str, str], Estimate]:
    """Return how often each (component, action) happens in a second: rates of events times what each touches."""
    counts: dict[tuple[str, str], list[Estimate]] = {}
    for name, rate in condition.rates.items():
        event = profile.core.events[name]
        happens = Estimate.exact(rate, _cited(condition), f"{name} a second", "1")
        for touched, count in event.counts.items():
            component, _, action = touched.rpartition(".")
            each = Estimate.exact(count, _cited(event), f"{action} of {component} at one {name}", "1")
            counts.setdefault((component, action), []).append(happens.scaled(each))
    return {
        key: parts[0] if len(parts) == 1 else total(parts, f"{key[1]} actions of {key[0]} a second")
        for key, parts in counts.items()
    }


def _cited(entry: Sourced) -> Source:
    return Source(entry.source, entry.verified)


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
