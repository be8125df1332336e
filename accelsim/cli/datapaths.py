"""The tables of datapaths that `describe` prints: of a chip at its clock, of a rule or neuron model at two clocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.table import Table

from accelsim.cli.progress import console
from accelsim.config.quantity import format_quantity

if TYPE_CHECKING:
    from accelsim.cost.components import ComponentCosts
    from accelsim.datapath.stages import Program

PROCESS = "28nm"
"""Process at which what belongs to no chip is priced."""
CLOCKS_HZ = (100e6, 500e6)


def print_datapaths(costs: ComponentCosts, condition: str, *, clocked: bool = True) -> None:
    """Print the datapaths of a chip under a heading that ends with the condition; nothing if it has none.

    Without a clock there are no cycles to tell.
    """
    from accelsim.cost.datapaths import datapath_rows
    from accelsim.report.quantity import MISSING, quantity

    rows = datapath_rows(costs)
    if not rows:
        return
    table = Table(
        *("datapath", "operations", "critical path", "depth", "interval", "registers", "area", "energy per update"),
        title=f"datapaths {condition} (pipeline depth, initiation interval in cycles; area of all)",
    )
    for row in rows:
        cycles = [str(row[name]) if clocked else MISSING for name in ("pipeline_stages", "initiation_interval_cycles")]
        count = f"{row['instances']} x " if row["instances"] > 1 else ""
        table.add_row(
            f"{count}{row['component']}{', measured' if row['measured'] else ''}",
            str(row["operations"]),
            quantity(row, "critical_path_ns"),
            *cycles,
            f"{row['register_bits']} b",
            quantity(row, "area_um2"),
            quantity(row, "energy_per_update_pj"),
        )
    console().print(table)


def print_component_datapaths(programs: Mapping[str, Program]) -> None:
    """Print the datapaths of a rule or neuron model, which belong to no chip."""
    from accelsim.cost.datapaths import at_clock
    from accelsim.technology.node import load_technology

    technology = load_technology(PROCESS)
    graphs = {title: program.graph() for title, program in programs.items()}
    supply = format_quantity(technology.supply_v.nominal, "V")
    for clock in CLOCKS_HZ:
        condition = f"at {format_quantity(clock, 'Hz')} in {PROCESS}, {supply}"
        print_datapaths(at_clock(graphs, technology, clock), condition)
