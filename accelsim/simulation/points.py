"""Runs that change their operating point: what happened at another supply and clock is counted and priced apart.

A counter ``read@low`` counts those of the reads of the counter ``read`` that happened at the operating point `low`;
``cycles@low`` the cycles of the clock that it has there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.phases import Phase
from accelsim.architecture.power import PowerPoint
from accelsim.architecture.schema import Architecture
from accelsim.cost.account import CLOCK
from accelsim.cost.components import POINT, ComponentCost, ComponentCosts
from accelsim.cost.power import Domain
from accelsim.engine.counts import Counter
from accelsim.technology.estimate import ZERO, Estimate, total

AT = "@"
POWER_CAP = "power_cap"
"""In place of a phase, of cycles lost to the power cap."""
STALLED = Counter("cycles", "stalled", POWER_CAP)
"""Waiting; the clock stands still, leakage goes on."""
SLOWED = Counter("cycles", "slowed", POWER_CAP)
"""Periods of the chip's own clock that work at slower operating points takes longer."""
EDGE = "edge"
"""Action of the clock at an operating point, all registers together."""


def at(name: str, point: str) -> str:
    """The name of a kind of counter, or of a component, at an operating point."""
    return f"{name}{AT}{point}"


def points_of(counters: Iterable[Counter]) -> list[str]:
    """Operating points beside the chip's own at which something was counted."""
    return list(dict.fromkeys(counter.kind.partition(AT)[2] for counter in counters if AT in counter.kind))


def is_capped(counters: Iterable[Counter]) -> bool:
    """Whether a power cap made the time of a run follow from its energy."""
    return STALLED in counters


def priced_at(
    point: PowerPoint, chip: Architecture, own: ComponentCosts, priced: Callable[[float, float], ComponentCosts]
) -> ComponentCosts:
    """The costs of a chip's silicon at another supply and clock.

    Parameters
    ----------
    point : PowerPoint
    chip : Architecture
    own : ComponentCosts
        At its own operating point, which its pipelines are made for.
    priced : callable
        Gives its costs at a supply and a clock, with pipelines made for these.
    """
    slowdown = own.point.technology.delay_factor(point.voltage, chip.voltage).nominal
    silicon = priced(point.voltage, chip.clock / slowdown)
    return replace(silicon, point=replace(silicon.point, frequency_hz=point.clock))


def with_points(own: ComponentCosts, points: Mapping[str, ComponentCosts]) -> ComponentCosts:
    """The costs of a chip at its own operating point, and of the actions of its components at others."""
    found = dict(own.components)
    for name, costs in points.items():
        for part in costs.components.values():
            energies = {action: energy for action, energy in part.energy_j.items() if action != CLOCK}
            if energies:
                found[at(part.name, name)] = _actions(at(part.name, name), energies, part.own_control)
        edges = [part.energy_j[CLOCK] for part in costs.components.values() if CLOCK in part.energy_j]
        edge = total(edges, f"a clock edge of all registers at `{name}`")
        found[at(CLOCK, name)] = _actions(at(CLOCK, name), {EDGE: edge}, own_control=True)
    return replace(own, components=found)


def _actions(name: str, energy_j: Mapping[str, Estimate], own_control: bool) -> ComponentCost:
    return ComponentCost(name, POINT, energy_j, ZERO, ZERO, ZERO, own_control=own_control)


def point_domains(own: ComponentCosts, points: Mapping[str, ComponentCosts]) -> dict[str, Domain]:
    """The leakage at other operating points as a share of the chip's own."""
    found = {}
    for name, costs in points.items():
        residual = {}
        for part in costs.components.values():
            leaks = own.components[part.name].leakage_w.nominal
            share = part.leakage_w.nominal / leaks if leaks > 0 else 1.0
            residual[part.name] = Estimate.exact(share, None, f"leakage at `{name}` over that at the own point", "1")
        found[name] = Domain(name, residual, 0.0, 0.0, ZERO)
    return found


def point_times(
    counters: Sequence[Counter], counted: NDArray[np.int64], points: Mapping[str, ComponentCosts]
) -> dict[str, NDArray[np.float64]]:
    """(windows,) seconds at each operating point, from counts (windows, counters)."""
    found = {}
    for name, costs in points.items():
        chosen = np.array([counter.kind == at("cycles", name) for counter in counters], bool)
        found[name] = counted[:, chosen].sum(axis=1) / costs.point.frequency_hz
    return found


def clocked_elsewhere(
    counters: Sequence[Counter], counted: NDArray[np.int64], phases: Mapping[str, Phase]
) -> NDArray[np.int64]:
    """(windows,) clock edges at other operating points, from counts (windows, counters)."""
    chosen = [is_edge(counter, phases) for counter in counters]
    found: NDArray[np.int64] = counted[:, np.array(chosen, bool)].sum(axis=1)
    return found


def is_edge(counter: Counter, phases: Mapping[str, Phase]) -> bool:
    """Whether a counter counts cycles of work at another operating point, in which registers are clocked."""
    kind, _, point = counter.kind.partition(AT)
    return kind == "cycles" and bool(point) and counter.phase in phases and not phases[counter.phase].overhead
