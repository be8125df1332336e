"""What a chip needs to keep to a power budget: less leakage than the cap, and operating points to choose from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from accelsim.config.document import Document
from accelsim.config.errors import Problem
from accelsim.cost.components import ComponentCosts
from accelsim.lifelong.budget import TOLERANCE, Budget
from accelsim.simulation.points import priced_at
from accelsim.simulation.power import clock_limit_hz
from accelsim.simulation.pricing import price

if TYPE_CHECKING:
    from accelsim.simulation.setup import Setup


def slower_points(setup: Setup) -> dict[str, ComponentCosts]:
    """The chip at the operating points that are slower than its own, the fastest first."""
    chip = setup.architecture
    slower = {name: point for name, point in chip.power.points.items() if point.clock < chip.clock}

    def priced(voltage: float, clock: float) -> ComponentCosts:
        there = chip.model_copy(update={"voltage": voltage, "clock": clock})
        return price(there, setup.placement, setup.controller.stages(), setup.architecture_document)

    return {
        name: priced_at(slower[name], chip, setup.costs, priced)
        for name in sorted(slower, key=lambda name: -slower[name].clock)
    }


def budget_problems(setup: Setup) -> Iterator[Problem]:
    """Why a chip cannot keep to its power budget, if it cannot."""
    for budget in setup.wanted.capabilities:
        if not isinstance(budget, Budget):
            continue
        document: Document = setup.workload_document
        at_budget = ("capabilities", budget.name)
        leakage = sum(part.leakage_w.nominal for part in setup.costs.components.values())
        path, cap = budget.settings.lowest
        if cap <= leakage:
            message = f"{cap * 1e6:.4g} uW, but the chip leaks {leakage * 1e6:.4g} uW even when it does nothing"
            yield document.problem((*at_budget, *path), message)
        if setup.workload.real_time is not None:
            message = f"`{setup.workload.real_time.policy}`: how late a core is that keeps to a power cap is not known"
            yield document.problem(("overload",), f"{message}; give `none`, or switch `budget` off")
        if budget.settings.mode == "scale":
            yield from _point_problems(setup, at_budget)


def _point_problems(setup: Setup, at_budget: tuple[str, ...]) -> Iterator[Problem]:
    points = slower_points(setup)
    if not points:
        message = "`scale`: the architecture has no `power.points` with a slower clock than its own"
        yield setup.workload_document.problem((*at_budget, "mode"), message)
    for name, costs in points.items():
        limit = clock_limit_hz(setup.costs, costs)
        if limit is not None and costs.point.frequency_hz > limit.nominal * (1 + TOLERANCE):
            message = f"at this supply the chip reaches {limit.nominal / 1e6:.4g} MHz"
            yield setup.architecture_document.problem(("power", "points", name, "clock"), message)
