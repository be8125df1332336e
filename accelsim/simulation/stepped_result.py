"""The result of a run on a chip of many cores."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from accelsim.architecture.many_core import Action, ManyCore, Pipeline
from accelsim.cost.account import energy_row, in_unit
from accelsim.cost.published import comparison
from accelsim.engine.stepped.timing import RECEIVER
from accelsim.formats.atomic import prepare_output_directory, write_text_atomic
from accelsim.simulation.about import identity, versions
from accelsim.simulation.figures import Figures
from accelsim.simulation.hops import unpriced
from accelsim.simulation.mission import stepped_report
from accelsim.simulation.stepped_setup import SteppedSetup
from accelsim.simulation.stepped_totals import ACTIONS, DIRECTIONS, STEP_COLUMNS, SteppedTotals
from accelsim.technology.estimate import Estimate, Source, total

if TYPE_CHECKING:
    pass

TABLES = ("steps", "cores", "links", "energy", "published")
NETWORK = "network"
"""Component that is charged for hops."""


@dataclass(frozen=True)
class SteppedResult(Figures):
    """What a run gave.

    Attributes
    ----------
    metrics : mapping of str to number
        Every figure as `<what>_<unit>`, with `_low` and `_high` beside estimates; None where undefined.
    tables : mapping of str to list of rows
        `steps`, `cores`, `links`, `energy`, `published`.
    about : mapping
        Versions, hashes of the inputs, seed, engine, warnings.
    """

    metrics: Mapping[str, float | int | None]
    tables: Mapping[str, list[dict[str, Any]]]
    about: Mapping[str, Any]

    def to_json(self) -> str:
        """`result.json`."""
        whole = {"about": self.about, "metrics": self.metrics, "tables": self.tables}
        return json.dumps(whole, indent=1, allow_nan=False)

    def save(self, folder: Path | str, *, overwrite: bool = False) -> None:
        """Write `result.json` and the tables as CSV; each file appears whole or not at all.

        Raises
        ------
        ConfigError
            If the folder cannot be used or written.
        """
        folder = Path(folder)
        prepare_output_directory(folder, marker="result.json", overwrite=overwrite)
        self.save_tables(folder, [name for name in (*TABLES[:-1], "swap", "limits") if name in self.tables])
        write_text_atomic(folder / "result.json", self.to_json())


def assemble(setup: SteppedSetup, engine: str, totals: SteppedTotals, wall_s: float, cpu_s: float) -> SteppedResult:
    """Put times, counts and energies of a run together."""
    chip = setup.chip
    counts, times = np.concatenate(totals.counts), np.concatenate(totals.times)
    summed = counts.sum(axis=0)
    seconds = times[:, :2] * chip.timebase
    late = None
    if chip.tick is not None:
        late = int((seconds[:, 0] > chip.tick).sum())
        seconds = np.maximum(seconds, [[chip.tick, 0.0]])
    elapsed = float(seconds[:, 0].sum())
    energies = _energies(setup, totals)
    dynamic = total((energy for _, _, _, energy in energies), "sum of the energies of all actions")
    leakage = None if chip.leakage is None else Estimate.exact(chip.leakage * elapsed, _given("leakage"))
    whole = dynamic if leakage is None else dynamic + leakage
    synops = int(summed[STEP_COLUMNS.index("synops")])
    metrics: dict[str, float | int | None] = {
        "steps": totals.steps,
        "neurons": setup.network.n,
        "synapses": setup.network.synapses,
        "cores_used": int(np.unique(setup.core).size),
        "tiles_used": setup.grid.tiles(setup.core),
        **{name: int(count) for name, count in zip(STEP_COLUMNS, summed, strict=True)},
        "sop": synops,
        "time_total_us": elapsed * 1e6,
        "time_bound_us": float(seconds[:, 1].sum()) * 1e6,
        "latency_step_us": elapsed / totals.steps * 1e6,
        "latency_step_us_p99": float(np.percentile(seconds[:, 0], 99)) * 1e6,
        "steps_late": late,
        "time_error_percent": _error_percent(totals, times),
        "blocked_us": float(times[:, 2].sum()) * chip.timebase * 1e6,
        **_link_metrics(setup, totals, elapsed),
        **in_unit("energy_total_pj", whole, 1e12),
        **in_unit("energy_dynamic_pj", dynamic, 1e12),
        **in_unit("energy_leakage_pj", leakage, 1e12),
        **in_unit("energy_step_nj", whole / totals.steps, 1e9),
        **in_unit("energy_per_sop_pj", dynamic / synops if synops else None, 1e12),
        **in_unit("power_average_uw", whole / elapsed if elapsed else None, 1e6),
        "area_mm2": None if chip.area is None else chip.area * 1e6,
    }
    tables = {
        "steps": _step_rows(chip, counts, times),
        "cores": _core_rows(setup, totals),
        "links": _link_rows(setup, totals),
        "energy": _energy_rows(energies, leakage),
        "published": [row.row() for row in comparison(metrics, chip.architecture, chip.published, chip.voltage)],
    }
    about = {
        "kind": "steps",
        **versions(),
        "architecture": identity(setup.chip_document),
        "workload": identity(setup.workload_document),
        "engine": engine,
        "noc": chip.interconnect.noc,
        "seed": setup.seed,
        "warnings": _warnings(chip, late, totals.steps) + unpriced(chip, setup.process),
        "simulation_wall_s": round(wall_s, 3),
        "simulation_cpu_s": round(cpu_s, 3),
        "synops_per_cpu_s": round(synops / cpu_s) if cpu_s > 0 else None,
        "timebase_s": chip.timebase,
        "width": setup.grid.width,
        "height": setup.grid.height,
        "technology": chip.technology,
        "process": None if setup.process is None else setup.process.data,
    }
    if (mission := stepped_report(about, dynamic.in_unit("J"), elapsed)) is not None:
        metrics, tables = {**metrics, **mission.metrics()}, {**tables, **mission.tables()}
        about["warnings"] += mission.warnings()
    return SteppedResult(metrics, tables, about)


def _error_percent(totals: SteppedTotals, times: np.ndarray) -> float | None:
    """How much longer the first steps are than on the cycle-level network; None if that was used throughout."""
    if totals.reference is None:
        return None
    exact = int(totals.reference.sum())
    return (int(times[: totals.reference.size, 0].sum()) / exact - 1) * 100 if exact else None


def _warnings(chip: ManyCore, late: int | None, steps: int) -> list[str]:
    warnings = []
    if late:
        warnings.append(f"{late} of {steps} steps were not done within their tick")
    if chip.leakage is None:
        warnings.append("the chip's leakage is not given: energies are those of its actions alone")
    return warnings


def _given(what: str, source: str = "") -> Source:
    return Source(source or f"{what} given in the architecture", "measured")


def _action(pipeline: Pipeline, unit: str, action: str) -> Action:
    """What a core is charged for under one of the names in `ACTIONS`."""
    found: Action = getattr(pipeline.soma, action) if unit == "soma" else getattr(pipeline, unit)
    return found


def _energies(setup: SteppedSetup, totals: SteppedTotals) -> list[tuple[str, str, int, Estimate]]:
    """Component, action, count and energy of everything that happened."""
    pipeline = setup.chip.core.pipeline
    found = []
    for (unit, action), count in zip(ACTIONS, totals.actions.sum(axis=0), strict=True):
        part = _action(pipeline, unit, action)
        found.append((unit, action, int(count), _energy(part, int(count), pipeline.source)))
    by_direction = totals.links.reshape(-1, len(DIRECTIONS)).sum(axis=0)
    for direction, count in zip(DIRECTIONS, by_direction, strict=True):
        found.append((NETWORK, f"hop_{direction}", int(count), setup.hops[direction] * int(count)))
    return found


def _energy(action: Action, count: int, source: str) -> Estimate:
    each = Estimate.exact(action.energy, _given("energy of an action", action.source or source), "energy of an action")
    return each * count


def _energy_rows(energies: list[tuple[str, str, int, Estimate]], leakage: Estimate | None) -> list[dict[str, Any]]:
    listed: list[tuple[str, str, int | None, Estimate]] = list(energies)
    if leakage is not None:
        listed.append(("chip", "leakage", None, leakage))
    return [energy_row(*entry) for entry in listed]


def _step_rows(chip: ManyCore, counts: np.ndarray, times: np.ndarray) -> list[dict[str, Any]]:
    us = chip.timebase * 1e6
    return [
        {
            "step": i,
            "time_us": time * us,
            "bound_us": bound * us,
            "blocked_us": blocked * us,
            "critical_core": None if core < 0 else core,
            "critical_side": None if core < 0 else ("receiver" if side == RECEIVER else "sender"),
            **dict(zip(STEP_COLUMNS, own, strict=True)),
        }
        for i, ((time, bound, blocked, core, side), own) in enumerate(zip(times.tolist(), counts.tolist(), strict=True))
    ]


def _core_rows(setup: SteppedSetup, totals: SteppedTotals) -> list[dict[str, Any]]:
    """Cores in use: where they are, what they hold, how long they worked, what their actions cost."""
    chip, cores = setup.chip, setup.grid.cores
    pipeline = chip.core.pipeline
    energy = np.array([_action(pipeline, unit, action).energy for unit, action in ACTIONS])
    held = np.bincount(setup.core, minlength=cores)
    onto = np.bincount(setup.core[setup.network.dst], minlength=cores)
    positions = setup.grid.mesh.positions
    us = chip.timebase * 1e6
    joules = totals.actions @ energy
    return [
        {
            "core": core,
            "x": int(positions[0, core]),
            "y": int(positions[1, core]),
            "neurons": int(held[core]),
            "synapses": int(onto[core]),
            "send_us": float(totals.busy[core, 0] * us),
            "receive_us": float(totals.busy[core, 1] * us),
            "energy_pj": float(joules[core] * 1e12),
        }
        for core in range(cores)
        if held[core] or totals.busy[core].any()
    ]


def _link_metrics(setup: SteppedSetup, totals: SteppedTotals, elapsed_s: float) -> dict[str, float | int | None]:
    """Messages over the busiest link, and the share of the time in which links, on average and this one, carry some."""
    busiest, links = int(totals.links.max(initial=0)), setup.grid.links
    each = setup.chip.network_cycle / elapsed_s if elapsed_s else 0.0
    return {
        "link_messages_max": busiest,
        "link_busy_share": int(totals.links.sum()) * each / links if links else None,
        "link_busy_share_max": busiest * each if links else None,
    }


def _link_rows(setup: SteppedSetup, totals: SteppedTotals) -> list[dict[str, Any]]:
    grid = setup.grid
    strides = grid.mesh.strides
    place = {int(x * strides[0] + y * strides[1]): (x, y) for x in range(grid.width) for y in range(grid.height)}
    return [
        {
            "x": place[link // 4][0],
            "y": place[link // 4][1],
            "direction": DIRECTIONS[link % 4],
            "messages": int(totals.links[link]),
        }
        for link in np.flatnonzero(totals.links).tolist()
    ]
