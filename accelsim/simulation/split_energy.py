"""Energy of each split by component: what training and inference each spend where."""

from __future__ import annotations

from typing import Any

from accelsim.cost.account import in_unit
from accelsim.cost.components import ComponentCosts
from accelsim.simulation.accounts import Accounts
from accelsim.technology.estimate import Estimate, total

TABLE = "energy_splits"


def split_energy_rows(accounts: Accounts, costs: ComponentCosts) -> list[dict[str, Any]]:
    """Return `split`, `component`, `samples` and energy in pJ with its band, of all epochs; dynamic and leakage."""
    rows: list[dict[str, Any]] = []
    for name in dict.fromkeys(split.split for split in accounts.splits):
        chosen = [split for split in accounts.splits if split.split == name]
        report = accounts.report(costs, chosen)
        parts: dict[str, list[Estimate]] = {}
        for entry in report.entries:
            parts.setdefault(entry.component, []).append(entry.energy_j)
        for component, leakage in report.leakage_j.items():
            parts.setdefault(component, []).append(leakage)
        samples = sum(split.samples for split in chosen)
        rows += [
            {"split": name, "component": component, "samples": samples}
            | in_unit("energy_pj", total(energies, f"energy of {component} in {name}"), 1e12)
            for component, energies in parts.items()
        ]
    return rows
