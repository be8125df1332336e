"""Cells that are not ideal: which memories have them, and what they did in a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from accelsim.architecture.devices import synaptic_memories
from accelsim.architecture.schema import Architecture
from accelsim.devices.cells import CellModel, cell_model
from accelsim.devices.state import FAILED, PROGRAMMED, PULSES, SQUARED, STUCK, USED, Cells
from accelsim.technology.memory_technology import MemoryTechnology


def cell_models(architecture: Architecture, technologies: Mapping[str, MemoryTechnology]) -> dict[str, CellModel]:
    """Cells of the memories of a chip that are not ideal, by memory."""
    core = architecture.core
    if core.devices is None:
        return {}
    kinds = {name: core.memories[name].kind for name in synaptic_memories(core)}
    models = {name: cell_model(technologies[kind], core.devices) for name, kind in kinds.items()}
    return {name: model for name, model in models.items() if model is not None}


def device_rows(architecture: Architecture, cells: Mapping[str, Cells]) -> list[dict[str, Any]]:
    """One row per memory: its cells, and how far what they hold is from what was written.

    The error is the root mean square, over all writes, of the weight held minus the weight asked for, in percent of
    the range of weights.
    """
    return [
        {
            "memory": name,
            "technology": architecture.core.memories[name].kind,
            "cells": int(each.law[USED]),
            "cells_stuck": int(each.law[STUCK]),
            "cells_failed": int(each.law[FAILED]),
            "writes": int(each.law[PROGRAMMED]),
            "pulses": int(each.law[PULSES]),
            "programming_error_pct": _root_mean(each.law[SQUARED], each.law[PROGRAMMED]),
        }
        for name, each in cells.items()
    ]


def device_metrics(cells: Mapping[str, Cells]) -> dict[str, float | int | None]:
    """Of all memories together; nothing where all are ideal."""
    if not cells:
        return {}
    stuck, failed, squared, programmed = (
        sum(float(each.law[what]) for each in cells.values()) for what in (STUCK, FAILED, SQUARED, PROGRAMMED)
    )
    return {
        "cells_stuck": int(stuck),
        "cells_failed": int(failed),
        "programming_error_pct": _root_mean(squared, programmed),
    }


def _root_mean(squares: float, number: float) -> float | None:
    return 100 * math.sqrt(squares / number) if number else None
