"""What the energy, the area and the busy cycles of a run are made of, in sums that add up to its metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accelsim.cost.components import ComponentCosts
from accelsim.engine.counts import Counter
from accelsim.simulation.accounts import Accounts
from accelsim.simulation.windows import not_busy

ENERGY, AREA, CYCLES = "energy_pj", "area_um2", "busy_cycles"
FREE = "free of cells"
"""Area that placement leaves between the cells of the components."""
CHIP = "chip"

Breakdown = Mapping[str, Mapping[str, float]]
"""Values by kind, `energy_pj`, `area_um2` or `busy_cycles`, and by part."""


def breakdown(accounts: Accounts, costs: ComponentCosts) -> Breakdown:
    """Return the parts of a run: energy and area by component, busy cycles by state and phase.

    They sum to `energy_total_pj`, `area_mm2` and `busy_cycles`.
    """
    report = accounts.report(costs)
    areas = {name: area.nominal for name, area in report.component_area_m2.items()}
    free = report.area_m2.nominal - sum(areas.values())
    outside = not_busy(accounts.counters, accounts.architecture.core.phases)
    return {
        ENERGY: {name: energy.nominal * 1e12 for name, energy in report.component_energy_j().items()},
        AREA: {name: area * 1e12 for name, area in {**areas, FREE: free}.items()},
        CYCLES: {
            _state(counter): count
            for (counter, count), idle in zip(accounts.counted.items(), outside, strict=True)
            if counter.kind == "cycles" and not idle and count
        },
    }


def _state(counter: Counter) -> str:
    return counter.target if counter.target == counter.phase else f"{counter.target}, {counter.phase}"


def breakdown_in_steps(
    metrics: Mapping[str, float | int | None], tables: Mapping[str, list[dict[str, Any]]]
) -> Breakdown:
    """Return the parts of a run of a chip that states its energies itself: its area is that of one piece."""
    energies: dict[str, float] = {}
    for row in tables["energy"]:
        energies[row["component"]] = energies.get(row["component"], 0.0) + row["energy_pj"]
    area = metrics["area_mm2"]
    return {ENERGY: energies, **({} if area is None else {AREA: {CHIP: area * 1e6}})}
