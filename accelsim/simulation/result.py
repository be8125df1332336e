"""The result of a run: numbers as plain data, tables as DataFrames, files written atomically."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from accelsim.config.named import beside
from accelsim.controllers.base import Controller
from accelsim.controllers.event_driven import EventController
from accelsim.cost.account import CostReport, in_unit
from accelsim.cost.components import ComponentCosts
from accelsim.cost.datapaths import datapath_rows
from accelsim.cost.published import comparison
from accelsim.engine.counts import Counter
from accelsim.formats.atomic import prepare_output_directory, write_text_atomic
from accelsim.lifelong.capability import Capability
from accelsim.lifelong.ledger import Ledger
from accelsim.metrics.adaptation import memory_overhead
from accelsim.simulation.about import identity, versions
from accelsim.simulation.accounts import Accounts, SplitCounts
from accelsim.simulation.adapting import adaptation_metrics, adaptation_rows
from accelsim.simulation.capability_costs import capability_rows, cost_ratio
from accelsim.simulation.devices import device_metrics, device_rows
from accelsim.simulation.event_metrics import event_metrics
from accelsim.simulation.figures import Figures
from accelsim.simulation.memories import memory_documents
from accelsim.simulation.mesh_totals import MeshTotals
from accelsim.simulation.mission import mission_report
from accelsim.simulation.overload import Overload
from accelsim.simulation.pacing import paces
from accelsim.simulation.part import Window
from accelsim.simulation.pricing import as_row
from accelsim.simulation.roofline import roofline_tables
from accelsim.simulation.setup import Setup
from accelsim.simulation.split_energy import split_energy_rows
from accelsim.simulation.switching import activity_rows
from accelsim.simulation.task_matrix import task_metrics, task_tables
from accelsim.simulation.totals import SplitTotals
from accelsim.simulation.wear import wear_of, wear_rows
from accelsim.simulation.windows import Windows
from accelsim.technology.node import technology_document
from accelsim.technology.switching import Switching

if TYPE_CHECKING:
    import pandas as pd

LAST_EPOCHS = 3
"""Epochs over which the final accuracy is averaged."""


@dataclass(frozen=True)
class Result(Figures):
    """What a run gave.

    Attributes
    ----------
    metrics : mapping of str to number
        Every figure as `<what>_<unit>`, with `_low` and `_high` beside estimates; None where undefined.
    tables : mapping of str to list of rows
        `epochs`, `steps` (the window), `counters`, `energy`, `area`, `datapaths`, `activity`, `published`.
    about : mapping
        Versions, hashes of the inputs, seed, engine, warnings.
    accounts : Accounts
        What the run is costed from, for costing it again.
    costs, cost_report : the priced chip and its energy in the run, with their provenance
    window : Window or None
    """

    metrics: Mapping[str, float | int | None]
    tables: Mapping[str, list[dict[str, Any]]]
    about: Mapping[str, Any]
    accounts: Accounts = field(repr=False)
    costs: ComponentCosts = field(repr=False)
    cost_report: CostReport = field(repr=False)
    window: Window | None = field(repr=False)

    @property
    def counters(self) -> Mapping[Counter, int]:
        """Counts of the whole run."""
        return self.accounts.counted

    @property
    def epochs(self) -> pd.DataFrame:
        """One row per epoch and split."""
        return self.table("epochs")

    def recost(self, overrides: Iterable[str]) -> Result:
        """The same run priced again, nothing being run.

        Parameters
        ----------
        overrides : iterable of str
            Settings of the architecture such as ``voltage=0.7 V`` or ``technology=22nm``.

        Raises
        ------
        ConfigError
            If a setting is wrong, or changes what the chip does or when.
        """
        from accelsim.simulation.recost import recosted

        return recosted(self, overrides)

    def explain(self, figure: str) -> str:
        """How a figure was derived, from the number back to its sources (see :mod:`accelsim.cost.explain`).

        Parameters
        ----------
        figure : str
            A metric, or ``energy.<component>.<action>``, ``area.<component>``, ``leakage.<component>``.

        Raises
        ------
        ConfigError
            If there is no such figure.
        """
        from accelsim.simulation.explained import explain_figure, reported

        return "\n".join(explain_figure(figure, reported(self)))

    def to_json(self) -> str:
        """`result.json`: everything but the window's events."""
        return json.dumps(
            {
                "about": self.about,
                "metrics": self.metrics,
                "tables": _without(self.tables, "steps"),
                "accounts": self.accounts.as_data(),
            },
            indent=1,
            allow_nan=False,
        )

    def save(self, folder: Path | str, *, overwrite: bool = False) -> None:
        """Write `result.json`, the tables as CSV and the timeline; each file appears whole or not at all.

        Raises
        ------
        ConfigError
            If the folder cannot be used or written.
        """
        from accelsim.simulation.timeline import write_timeline

        folder = Path(folder)
        prepare_output_directory(folder, marker="result.json", overwrite=overwrite)
        power = ["power", "power_trace", "power_domains", "operating_points", "wear"]
        optional = (
            *("task_matrix", "learning_curve", "avalanche", "adaptation", "capabilities", "structure", "recoveries"),
            *("ledger", "power_cap", "swap", "limits", "devices", "cores"),
        )
        mission = [name for name in optional if name in self.tables]
        costs = ["energy", "energy_splits", "area", "datapaths", "activity", "roofline", "ceilings", *power, *mission]
        self.save_tables(folder, ["epochs", "steps", "counters", *costs])
        if self.window is not None:
            write_timeline(folder / "timeline.json", self.window)
        write_text_atomic(folder / "result.json", self.to_json())


def _without(tables: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in tables.items() if key != name}


def assemble(
    setup: Setup,
    engine: str,
    splits: list[SplitTotals],
    latencies: Mapping[str, NDArray[np.int64]],
    window: Window | None,
    switching: Mapping[str, Switching],
    *,
    windows: Windows,
    cell_writes: Mapping[str, NDArray[Any]],
    mesh: MeshTotals | None = None,
    capabilities: Sequence[Capability] = (),
    ledger: Ledger | None = None,
    overload: Overload | None = None,
    wall_s: float,
    cpu_s: float,
) -> Result:
    """Put a run's totals, its costs and its learning results together."""
    accounts = replace(
        _accounts(setup, splits, switching),
        wear=wear_of(
            setup.architecture.core,
            setup.placement if setup.mesh is None else setup.mesh.all_cores,
            splits,
            cell_writes,
        ),
        windows=windows,
    )
    costs = accounts.costs()
    report = accounts.report(costs)
    cycles = sum(split.cycles for split in splits)
    metrics: dict[str, float | int | None] = {
        **_learning_metrics(splits),
        **task_metrics(splits, setup.workload.tasks),
        "samples": sum(split.samples for split in splits),
        "ticks": sum(split.ticks for split in splits),
        "cycles": cycles,
        "busy_cycles": accounts.busy_cycles(accounts.splits),
        "sop": accounts.sop_count,
        **_latency_metrics(splits, latencies, setup.architecture.clock),
        **accounts.metrics(costs),
        **event_metrics(setup, splits),
        **(mesh.metrics() if mesh is not None else {}),
        **(overload.metrics() if overload is not None else {}),
        **device_metrics(setup.controller.cells()),
        **{name: figure for capability in capabilities for name, figure in capability.figures().items()},
    }
    tables = {
        "epochs": [
            {**totals.row(), **energy} for totals, energy in zip(splits, accounts.epoch_energies(costs), strict=True)
        ],
        "steps": _step_rows(window),
        **task_tables(splits, setup.workload.tasks),
        "counters": [as_row(counter, count) for counter, count in accounts.counted.items()],
        **cost_tables(accounts, costs, report, metrics),
    }
    metrics |= lifelong_metrics(setup, accounts, cycles)
    metrics, tables = lifelong_costs(metrics, tables, accounts, costs)
    if rows := device_rows(setup.architecture, setup.controller.cells()):
        tables["devices"] = rows
    if mesh is not None:
        tables["cores"] = mesh.rows()
    for capability in capabilities:
        tables |= capability.rows()
    if capabilities and ledger is not None:
        tables["ledger"] = ledger.rows()
    about = _about(setup, engine, report, window, wall_s, cpu_s, cycles)
    if overload is not None:
        about["warnings"] += overload.warnings()
    if (mission := mission_report(setup.workload.mission, accounts, costs)) is not None:
        metrics, tables = {**metrics, **mission.metrics()}, {**tables, **mission.tables()}
        about["warnings"] += mission.warnings()
    return Result(metrics, tables, about, accounts, costs, report, window)


def lifelong_metrics(setup: Setup, accounts: Accounts, cycles: int) -> dict[str, float | int | None]:
    """Time of the run, and memory of the chip and of what learning keeps in it."""
    words, memories = accounts.words, accounts.architecture.core.memories
    cores = 1 if setup.mesh is None else accounts.architecture.cores
    kept = setup.controller.learning_bits() if isinstance(setup.controller, Controller) else None
    overhead = per_synapse = None
    if kept is not None:
        overhead = memory_overhead(kept.everything + setup.wanted.kept_bits, kept.weights)
        per_synapse = kept.synaptic / kept.synapses
    return {
        "time_total_us": cycles / setup.architecture.clock * 1e6,
        "memory_bits": cores * sum(words[name] * memory.bits for name, memory in memories.items()),
        "memory_overhead": overhead,
        "bits_per_synapse": per_synapse,
    }


def lifelong_costs(
    metrics: Mapping[str, Any], tables: Mapping[str, list[dict[str, Any]]], accounts: Accounts, costs: ComponentCosts
) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """Metrics and tables with what learning, adapting to tasks and capabilities cost."""
    metrics, tables = {**metrics, "learning_cost_ratio": cost_ratio(accounts, costs)}, dict(tables)
    if "learning_curve" in tables:
        rows = adaptation_rows(tables["epochs"], tables["learning_curve"], accounts.architecture.clock)
        metrics |= adaptation_metrics(rows)
        tables |= {"adaptation": rows, "capabilities": capability_rows(accounts, costs)}
    return metrics, tables


def cost_tables(
    accounts: Accounts, costs: ComponentCosts, report: CostReport, metrics: Mapping[str, float | int | None]
) -> dict[str, list[dict[str, Any]]]:
    """The tables that speak of costs."""
    chip = accounts.architecture
    areas = report.component_area_m2.items()
    figures = comparison(metrics, chip.architecture, chip.published, chip.voltage)
    return {
        "energy": report.rows(),
        "energy_splits": split_energy_rows(accounts, costs),
        "area": [{"component": name, **in_unit("area_um2", area, 1e12)} for name, area in areas],
        "datapaths": datapath_rows(costs),
        "activity": activity_rows(accounts.stages, accounts.switching),
        "published": [row.row() for row in figures],
        **accounts.power_tables(costs),
        "wear": wear_rows(accounts),
        **roofline_tables(accounts, costs),
    }


def _accounts(setup: Setup, splits: list[SplitTotals], switching: Mapping[str, Switching]) -> Accounts:
    """What the run is costed from."""
    control, document = setup.controller, setup.architecture_document
    return Accounts(
        document=document,
        technology=technology_document(setup.architecture.technology, beside(document)),
        memory_technologies=memory_documents(setup.architecture, document),
        words=setup.placement.words,
        tiles=setup.placement.tiles,
        state_bits={**setup.wanted.bits, **control.state_bits()},
        stages=control.stages(),
        tick_s=setup.workload.tick_s,
        learning_phases=control.learning_phases if isinstance(control, EventController) else (),
        counters=tuple(splits[0].counters),
        splits=tuple(
            SplitCounts(
                split.epoch,
                split.split,
                split.samples,
                split.ticks,
                split.cycles,
                split.learning_events,
                tuple(split.counted.tolist()),
            )
            for split in splits
        ),
        paces=paces(setup.program),
        switching=switching,
        populations=tuple(setup.workload.network),
    )


def _learning_metrics(splits: list[SplitTotals]) -> dict[str, float | int | None]:
    tests = [split.accuracy for split in splits if split.split == "test"]
    trainings = [split.accuracy for split in splits if split.split == "train"]
    test_errors = [split.mean_squared_error for split in splits if split.split == "test"]
    training_errors = [split.mean_squared_error for split in splits if split.split == "train"]
    last = [accuracy for accuracy in tests[-LAST_EPOCHS:] if accuracy is not None]
    return {
        "accuracy_test": float(np.mean(last)) if last else None,
        "accuracy_test_last": tests[-1] if tests else None,
        "accuracy_train_last": trainings[-1] if trainings else None,
        "mse_test_last": test_errors[-1] if test_errors else None,
        "mse_train_first": training_errors[0] if training_errors else None,
        "mse_train_last": training_errors[-1] if training_errors else None,
    }


def _latency_metrics(
    splits: list[SplitTotals], latencies: Mapping[str, NDArray[np.int64]], clock: float
) -> dict[str, float | int | None]:
    metrics: dict[str, float | int | None] = {}
    for split, name in (("test", "inference"), ("train", "training")):
        cycles = latencies.get(split)
        if cycles is None:
            metrics |= {f"latency_{name}_us": None, f"latency_{name}_us_p99": None, f"latency_step_{name}_us": None}
            continue
        ticks = sum(totals.ticks for totals in splits if totals.split == split)
        metrics[f"latency_{name}_us"] = float(cycles.mean() / clock * 1e6)
        metrics[f"latency_{name}_us_p99"] = float(np.percentile(cycles.astype(np.float64), 99) / clock * 1e6)
        metrics[f"latency_step_{name}_us"] = float(cycles.sum() / ticks / clock * 1e6)
    return metrics


def _step_rows(window: Window | None) -> list[dict[str, Any]]:
    if window is None:
        return []
    return [
        {"tick": window.first_tick + i}
        | {f"{c.kind}_{c.target}_{c.phase}": int(n) for c, n in zip(window.counters, counted, strict=True)}
        for i, counted in enumerate(window.counted)
    ]


def _about(
    setup: Setup, engine: str, report: CostReport, window: Window | None, wall_s: float, cpu_s: float, cycles: int
) -> dict[str, Any]:
    return {
        **versions(),
        "architecture": identity(setup.architecture_document),
        "workload": identity(setup.workload_document),
        "engine": engine,
        "seed": setup.seed,
        "engines_agree": None if window is None else window.difference is None,
        "engines_difference": None if window is None else window.difference,
        "warnings": list(report.warnings),
        "simulation_wall_s": round(wall_s, 3),
        "simulation_cpu_s": round(cpu_s, 3),
        "simulated_cycles_per_cpu_s": round(cycles / cpu_s) if cpu_s > 0 else None,
        "memory_words": dict(setup.placement.words),
        "memory_words_used": dict(setup.placement.used_words),
        "clock_hz": setup.architecture.clock,
        "voltage_v": setup.architecture.voltage,
        "technology": setup.architecture.technology,
    }
