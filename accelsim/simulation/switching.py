"""How often the datapath's operands toggled in a run, stage by stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accelsim.datapath.toggles import Operands, switching
from accelsim.simulation.setup import Setup
from accelsim.technology.operations import OperationGraph
from accelsim.technology.switching import Switching


def measured(setup: Setup, operands: Mapping[str, Operands]) -> dict[str, Switching]:
    """Switching of every stage that was listened to, on the lanes of its unit."""
    programs = setup.controller.programs()
    found = {
        stage: switching(programs[stage], operands[stage], unit.lanes)
        for unit in setup.architecture.core.units.values()
        for stage in unit.stages
        if stage in operands
    }
    return {stage: each for stage, each in found.items() if each is not None}


def activity_rows(stages: Mapping[str, OperationGraph], known: Mapping[str, Switching]) -> list[dict[str, Any]]:
    """The table `activity`: switching activity of each datapath over that of random operands, None where unknown."""
    rows = []
    for stage, graph in stages.items():
        each = known.get(stage)
        rows.append(
            {
                "stage": stage,
                "evaluations": each.evaluations if each else 0,
                "activity_inputs": each.inputs if each else None,
                "activity_operations": each.mean(graph) if each else None,
            }
        )
    return rows
