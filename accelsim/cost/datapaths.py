"""The datapaths of a chip on the cycles of its clock, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accelsim.cost.account import in_unit
from accelsim.cost.components import ComponentCosts, LogicComponent, OperatingPoint, cost_components
from accelsim.technology.node import Technology
from accelsim.technology.operations import OperationGraph


def datapath_rows(costs: ComponentCosts) -> list[dict[str, Any]]:
    """Return one row per datapath.

    `register_bits` are those between the pipeline stages of each instance; `area_um2` is of all instances and holds
    them, as `energy_per_update_pj` does their clock edge. `measured` says whether the user gave energy, area or
    leakage; the schedule is derived all the same.
    """
    return [
        {
            "component": part.name,
            "instances": part.instances,
            "operations": len(part.schedule.starts),
            **in_unit("critical_path_ns", part.schedule.critical_path_s, 1e9),
            "pipeline_stages": part.schedule.stages,
            "initiation_interval_cycles": part.schedule.initiation_interval,
            "register_bits": part.schedule.register_bits,
            **in_unit("energy_per_update_pj", part.energy_j["update"], 1e12),
            **in_unit("area_um2", part.area_m2, 1e12),
            "measured": bool(part.overridden),
        }
        for part in costs.components.values()
        if part.schedule is not None
    ]


def at_clock(graphs: Mapping[str, OperationGraph], technology: Technology, frequency_hz: float) -> ComponentCosts:
    """Return the costs of datapaths that belong to no chip, at the nominal supply of a process.

    Parameters
    ----------
    graphs : datapaths by name.
    technology, frequency_hz : process and clock.
    """
    point = OperatingPoint(technology, technology.supply_v.nominal, frequency_hz)
    return cost_components((LogicComponent(name, graph) for name, graph in graphs.items()), point)
