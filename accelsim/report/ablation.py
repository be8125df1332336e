"""What each capability of a lifelong learner does and costs, as a table: on a terminal, in Markdown, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from accelsim.formats.atomic import prepare_output_directory, write_text_atomic
from accelsim.report.quantity import MISSING, percent, quantity, significant
from accelsim.report.study.configurations import Summary, summary_of
from accelsim.report.summary import headed

FILE = "ablation.json"
REFERENCE = "learning"
"""Variant that the energies of the others are told in multiples of."""
SHARES = (
    ("ACC", "acc"),
    ("BWT", "bwt"),
    ("forgetting", "forgetting_last"),
)
QUANTITIES = (
    ("time", "time_total_us"),
    ("energy (band)", "energy_total_pj"),
    ("area (band)", "area_mm2"),
    ("inference", "latency_inference_us"),
    ("training sample", "latency_training_us"),
)
MEMORY = "memory_bits"
METRICS = (*(name for _, name in SHARES), "accuracy_test", *(name for _, name in QUANTITIES), MEMORY)
"""What is summed up over seeds."""
BANDS = ("", "_low", "_high")


@dataclass(frozen=True)
class Row:
    """A variant of a workload, over all seeds.

    Attributes
    ----------
    name : str
    on : mapping of str to bool
        Its capabilities.
    metrics : mapping of str to Summary
    """

    name: str
    on: Mapping[str, bool]
    metrics: Mapping[str, Summary]

    def mean(self, name: str) -> float | None:
        """Mean of a metric."""
        return self.metrics[name].mean


@dataclass(frozen=True)
class Ablation:
    """Every variant of a workload on a chip.

    Attributes
    ----------
    architecture, workload : str
    seeds : sequence of int
    rows : sequence of Row
    runs : sequence of mappings
        Variant, seed and metrics of every run.
    """

    architecture: str
    workload: str
    seeds: Sequence[int]
    rows: Sequence[Row]
    runs: Sequence[Mapping[str, Any]]

    @classmethod
    def of(
        cls,
        architecture: str,
        workload: str,
        variants: Mapping[str, Mapping[str, bool]],
        runs: Sequence[tuple[str, int, Mapping[str, float | int | None]]],
    ) -> Ablation:
        """Sum up runs: variant, seed and metrics of each; `variants` gives their capabilities."""
        rows = []
        for name, on in variants.items():
            own = [metrics for variant, _, metrics in runs if variant == name]
            rows.append(Row(name, on, {key: _summary(own, key) for key in _keys()}))
        flat = [{"variant": variant, "seed": seed, **metrics} for variant, seed, metrics in runs]
        return cls(architecture, workload, sorted({seed for _, seed, _ in runs}), rows, flat)

    @property
    def title(self) -> str:
        """What was run, and how often."""
        seeds = "1 seed" if len(self.seeds) == 1 else f"means over {len(self.seeds)} seeds with 95 % intervals"
        return f"{self.workload} on {self.architecture}: {seeds}"

    @property
    def head(self) -> list[str]:
        """Headings of the columns."""
        shares = SHARES if self._has_tasks else (("accuracy", "accuracy_test"),)
        return [
            "variant",
            *(name for name, _ in shares),
            *(name for name, _ in QUANTITIES),
            "energy, learning = 1",
            "memory",
        ]

    @property
    def cells(self) -> list[list[str]]:
        """Rows of the table."""
        shares = SHARES if self._has_tasks else (("accuracy", "accuracy_test"),)
        reference = next((row.mean("energy_total_pj") for row in self.rows if row.name == REFERENCE), None)
        return [
            [
                _named(row),
                *(_share(row.metrics[name]) for _, name in shares),
                *(_quantity(row, name) for _, name in QUANTITIES),
                _ratio(row.mean("energy_total_pj"), reference),
                _kib(row.mean(MEMORY)),
            ]
            for row in self.rows
        ]

    @property
    def _has_tasks(self) -> bool:
        return any(row.mean("acc") is not None for row in self.rows)

    def table(self) -> Table:
        """For a terminal."""
        table = headed(f"Ablation: {self.title}", *self.head)
        for cells in self.cells:
            table.add_row(*map(Text, cells))
        return table

    def markdown(self) -> str:
        """For a document."""
        rule = ["---", *["---:"] * (len(self.head) - 1)]
        lines = [f"# Ablation of {self.workload} on {self.architecture}", "", f"{self.title}.", ""]
        lines += ["| " + " | ".join(cells) + " |" for cells in (self.head, rule, *self.cells)]
        return "\n".join(lines) + "\n"

    def data(self) -> dict[str, Any]:
        """For other programs."""
        return {
            "architecture": self.architecture,
            "workload": self.workload,
            "seeds": list(self.seeds),
            "variants": [
                {
                    "name": row.name,
                    "capabilities": dict(row.on),
                    "metrics": {
                        name: {"mean": each.mean, "half_width_95": each.half_width}
                        for name, each in row.metrics.items()
                    },
                }
                for row in self.rows
            ],
        }

    def save(self, folder: Path | str, *, overwrite: bool = False) -> None:
        """Write `ablation.json`, `ablation.md`, and every run's metrics as `ablation.csv`.

        Raises
        ------
        ConfigError
            If the folder cannot be used or written.
        """
        folder = Path(folder)
        prepare_output_directory(folder, marker=FILE, overwrite=overwrite)
        columns = list(dict.fromkeys(name for run in self.runs for name in run))
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.runs)
        write_text_atomic(folder / "ablation.csv", text.getvalue())
        write_text_atomic(folder / "ablation.md", self.markdown())
        write_text_atomic(folder / FILE, json.dumps(self.data(), indent=1, allow_nan=False))


def _keys() -> list[str]:
    return [f"{name}{band}" for name in METRICS for band in BANDS]


def _summary(runs: Sequence[Mapping[str, float | int | None]], name: str) -> Summary:
    return summary_of([value for metrics in runs if (value := metrics.get(name)) is not None])


def _named(row: Row) -> str:
    return {"inference": "no learning", REFERENCE: "learning alone", "all": "+ all of them"}.get(
        row.name, f"+ {row.name}"
    )


def _share(summary: Summary) -> str:
    if summary.mean is None:
        return MISSING
    return percent(summary.mean) + ("" if summary.half_width is None else f" ± {100 * summary.half_width:.1f}")


def _quantity(row: Row, name: str) -> str:
    shown = quantity({f"{name}{band}": row.mean(f"{name}{band}") for band in BANDS}, name)
    summary = row.metrics[name]
    if not summary.mean or not summary.half_width:
        return shown
    return f"{shown} ± {significant(100 * summary.half_width / summary.mean, 2)} %"


def _ratio(energy: float | None, reference: float | None) -> str:
    return MISSING if energy is None or not reference else f"{energy / reference:.3f}"


def _kib(bits: float | None) -> str:
    return MISSING if bits is None else f"{significant(bits / 8192, 3)} KiB"
