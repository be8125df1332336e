"""The result of a run: numbers as plain data, tables as DataFrames, files written atomically."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from accelsim.cost.account import CostReport, account, in_unit
from accelsim.cost.components import ComponentCosts
from accelsim.cost.published import comparison
from accelsim.engine.counts import Counter
from accelsim.formats.atomic import prepare_output_directory, write_text_atomic
from accelsim.simulation.about import identity, versions
from accelsim.simulation.event_metrics import event_metrics
from accelsim.simulation.part import Window
from accelsim.simulation.pricing import actions, as_row, is_sop, sops
from accelsim.simulation.setup import Setup
from accelsim.simulation.totals import SplitTotals

if TYPE_CHECKING:
    import pandas as pd

LAST_EPOCHS = 3
"""Epochs over which the final accuracy is averaged."""


@dataclass(frozen=True)
class Result:
    """What a run gave.

    Attributes
    ----------
    metrics : mapping of str to number
        Every figure as `<what>_<unit>`, with `_low` and `_high` beside estimates; None where undefined.
    tables : mapping of str to list of rows
        `epochs`, `steps` (the window), `counters`, `energy`, `area`, `published`.
    about : mapping
        Versions, hashes of the inputs, seed, engine, warnings.
    costs, cost_report : the priced chip and the accounts of the run, for re-costing and provenance
    window : Window or None
    """

    metrics: Mapping[str, float | int | None]
    tables: Mapping[str, list[dict[str, Any]]]
    about: Mapping[str, Any]
    costs: ComponentCosts
    cost_report: CostReport
    counters: Mapping[Counter, int]
    window: Window | None = field(repr=False)

    def __getattr__(self, name: str) -> Any:
        metrics = object.__getattribute__(self, "metrics")
        if name in metrics:
            return metrics[name]
        raise AttributeError(f"a result has no `{name}`")

    def table(self, name: str) -> pd.DataFrame:
        """One of :attr:`tables` as a DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.tables[name])

    @property
    def epochs(self) -> pd.DataFrame:
        """One row per epoch and split."""
        return self.table("epochs")

    def to_json(self) -> str:
        """`result.json`: everything but the window's events."""
        return json.dumps(
            {"about": self.about, "metrics": self.metrics, "tables": _without(self.tables, "steps")},
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
        import pandas as pd

        from accelsim.formats.chrome_trace import chrome_trace

        folder = Path(folder)
        prepare_output_directory(folder, marker="result.json", overwrite=overwrite)
        for name in ("epochs", "steps", "counters", "energy", "area"):
            text = io.StringIO()
            pd.DataFrame(self.tables[name]).to_csv(text, index=False)
            write_text_atomic(folder / f"{name}.csv", text.getvalue())
        if self.window is not None:
            log = self.window.log
            write_text_atomic(
                folder / "timeline.json", chrome_trace(log.components, log.rows, log.tick_start, self.window.first_tick)
            )
        write_text_atomic(folder / "result.json", self.to_json())


def _without(tables: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in tables.items() if key != name}


def assemble(
    setup: Setup,
    engine: str,
    splits: list[SplitTotals],
    latencies: Mapping[str, NDArray[np.int64]],
    window: Window | None,
    *,
    wall_s: float,
    cpu_s: float,
) -> Result:
    """Put a run's totals, its costs and its learning results together."""
    architecture = setup.architecture
    counters = _summed(splits)
    costs = setup.costs
    clock = architecture.clock
    cycles = sum(split.cycles for split in splits)
    busy = cycles - _overhead_cycles(setup, counters)
    report = _account_splits(setup, costs, splits)
    sop_count = sops(architecture, counters)
    metrics: dict[str, float | int | None] = {
        **_learning_metrics(splits),
        "samples": sum(split.samples for split in splits),
        "ticks": sum(split.ticks for split in splits),
        "cycles": cycles,
        "busy_cycles": busy,
        "sop": sop_count,
        **_latency_metrics(splits, latencies, clock),
        **report.metrics(sop_count),
        **_real_time_metrics(setup, costs, counters, splits, busy),
        **_split_energy(setup, costs, splits),
        **_incremental_sop(setup, costs, counters, sop_count),
        **event_metrics(setup, costs, splits),
    }
    name, figures = architecture.architecture, architecture.published
    published = [row.row() for row in comparison(metrics, name, figures, architecture.voltage)]
    tables = {
        "epochs": _epoch_rows(setup, costs, splits),
        "steps": _step_rows(window),
        "counters": [as_row(counter, count) for counter, count in counters.items()],
        "energy": report.rows(),
        "area": [
            {"component": name, **in_unit("area_um2", area, 1e12)} for name, area in report.component_area_m2.items()
        ],
        "published": published,
    }
    about = _about(setup, engine, report, window, wall_s, cpu_s, cycles)
    return Result(metrics, tables, about, costs, report, counters, window)


def _summed(splits: list[SplitTotals]) -> dict[Counter, int]:
    total = sum((split.counted for split in splits), np.zeros(len(splits[0].counters), np.int64))
    return {counter: int(count) for counter, count in zip(splits[0].counters, total, strict=True)}


def _overhead_cycles(setup: Setup, counters: Mapping[Counter, int]) -> int:
    """Cycles spent on the outside world: in phases that say so, and in states that are no phase of the table."""
    phases = setup.architecture.core.phases
    return sum(
        count
        for counter, count in counters.items()
        if counter.kind == "cycles" and (counter.phase not in phases or phases[counter.phase].overhead)
    )


def _learning_metrics(splits: list[SplitTotals]) -> dict[str, float | int | None]:
    tests = [split.accuracy for split in splits if split.split == "test"]
    trainings = [split.accuracy for split in splits if split.split == "train"]
    last = [accuracy for accuracy in tests[-LAST_EPOCHS:] if accuracy is not None]
    return {
        "accuracy_test": float(np.mean(last)) if last else None,
        "accuracy_test_last": tests[-1] if tests else None,
        "accuracy_train_last": trainings[-1] if trainings else None,
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


def _real_time_metrics(
    setup: Setup, costs: ComponentCosts, counters: Mapping[Counter, int], splits: list[SplitTotals], busy: int
) -> dict[str, float | None]:
    """Power when time steps come at the pace of the real world; the clock is gated between them (assumed)."""
    tick_s = setup.workload.task.tick
    elapsed = sum(split.ticks for split in splits) * tick_s
    clock = setup.architecture.clock
    if busy / clock > elapsed:
        return {"power_real_time_uw": None, "power_real_time_uw_low": None, "power_real_time_uw_high": None}
    report = account(costs, actions(setup.architecture, counters), elapsed, busy / clock)
    return in_unit("power_real_time_uw", report.power_average_w, 1e6)


def _split_energy(setup: Setup, costs: ComponentCosts, splits: list[SplitTotals]) -> dict[str, float | None]:
    """Energy of one inference and of one training sample."""
    metrics: dict[str, float | None] = {}
    for split, name in (("test", "inference"), ("train", "training")):
        chosen = [totals for totals in splits if totals.split == split]
        samples = sum(totals.samples for totals in chosen)
        if not samples:
            metrics |= in_unit(f"energy_{name}_uj", None, 1e6)
            continue
        report = _account_splits(setup, costs, chosen)
        metrics |= in_unit(f"energy_{name}_uj", report.energy_total_j / samples, 1e6)
    return metrics


def _incremental_sop(
    setup: Setup, costs: ComponentCosts, counters: Mapping[Counter, int], sop_count: int
) -> dict[str, float | None]:
    """Dynamic energy that one more synaptic operation costs: that of the phases that do them, over their number."""
    phases = {counter.phase for counter in counters if is_sop(setup.architecture, counter)}
    inside = {counter: count for counter, count in counters.items() if counter.phase in phases}
    report = account(costs, actions(setup.architecture, inside), 0.0)
    energy = report.energy_dynamic_j / sop_count if sop_count else None
    return in_unit("energy_per_sop_incremental_pj", energy, 1e12)


def _account_splits(setup: Setup, costs: ComponentCosts, chosen: list[SplitTotals]) -> CostReport:
    counters = _summed(chosen)
    clock = setup.architecture.clock
    cycles = sum(totals.cycles for totals in chosen)
    busy = cycles - _overhead_cycles(setup, counters)
    return account(costs, actions(setup.architecture, counters), cycles / clock, busy / clock)


def _epoch_rows(setup: Setup, costs: ComponentCosts, splits: list[SplitTotals]) -> list[dict[str, Any]]:
    rows = []
    for totals in splits:
        report = _account_splits(setup, costs, [totals])
        rows.append({**totals.row(), **in_unit("energy_uj", report.energy_total_j, 1e6)})
    return rows


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
