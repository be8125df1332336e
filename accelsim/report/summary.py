"""A run on one screen of a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from accelsim.report import facts, mission
from accelsim.report.load import Run
from accelsim.report.quantity import MISSING, percent, printable, quantity, significant

LINE_WIDTH = 100
SPARKS = 30
"""Most characters of a sparkline; longer series are averaged."""


class Sparkline:
    """Shares between 0 and 1 as one line of blocks, always on the scale from 0 to 1."""

    def __init__(self, shares: Sequence[float]) -> None:
        parts = np.array_split(np.asarray(shares), min(len(shares), SPARKS))
        self.shares = [float(part.mean()) for part in parts]

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(len(self.shares), len(self.shares))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        levels = "_.-:=+*#" if options.ascii_only else "▁▂▃▄▅▆▇█"
        yield Text("".join(levels[min(int(share * len(levels)), len(levels) - 1)] for share in self.shares))


def print_summary(run: Run, console: Console) -> None:
    """Print the summary of a run."""
    console.print(summary(run))


def summary_lines(run: Run, width: int = LINE_WIDTH) -> list[str]:
    """Return the summary of a run as lines of plain text."""
    console = Console(width=width, no_color=True, force_terminal=False, legacy_windows=False, record=False)
    with console.capture() as captured:
        console.print(summary(run))
    return [line.rstrip() for line in captured.get().splitlines()]


def summary(run: Run) -> RenderableType:
    """Return the summary of a run for a rich console."""
    parts: list[RenderableType] = [
        Text(facts.title(run), style="bold"),
        pairs(facts.identity(run)),
        _learning(run),
        _cycles(run),
        *([_traffic(run)] if facts.traffic(run) else []),
        *([_spread(run)] if facts.spread(run) else []),
        _costs(run),
        _chip(run),
        *(mission_tables(run) if mission.has_mission(run) else []),
    ]
    if run.tables["published"]:
        parts.append(_published(run))
        parts += [
            Text(f"{facts.verdict(row)}: {printable(row['metric'])}: {facts.reason(row)}")
            for row in run.tables["published"]
        ]
    parts.append(Text(f"{facts.engines_agree(run)}; {facts.speed(run)}"))
    parts += [Text(f"warning: {printable(warning)}", style="yellow") for warning in run.about["warnings"]]
    return spaced(parts)


def spaced(parts: Iterable[RenderableType]) -> RenderableType:
    """Return parts below each other, with an empty line above every heading of a table.

    A table without a caption ends with one itself.
    """
    shown: list[RenderableType] = []
    for part in parts:
        ended = bool(shown) and isinstance(shown[-1], Table) and shown[-1].title and not shown[-1].caption
        if isinstance(part, Table) and part.title and not ended:
            shown.append("")
        shown.append(part)
    return Group(*shown)


def pairs(rows: list[tuple[str, str]]) -> Table:
    """Return labels and texts side by side."""
    grid = Table.grid(padding=(0, 2))
    for label, text in rows:
        grid.add_row(Text(label, style="dim"), Text(text))
    return grid


def headed(heading: str, first: str, *others: str) -> Table:
    """Return an empty table whose first column is text and the others numbers."""
    table = Table(title=Text(heading), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(Text(first))
    for name in others:
        table.add_column(Text(name), justify="right")
    return table


def _learning(run: Run) -> Table:
    table = headed("Accuracy", "split", "per epoch", "first", "last", "best")
    for split, series in facts.accuracies(run).items():
        shares = [accuracy for _, accuracy in series]
        shown = [percent(share) for share in (shares[0], shares[-1], max(shares))]
        table.add_row(Text(printable(split)), Sparkline(shares), *shown)
    for split, errors in facts.squared_errors(run).items():
        shown = [significant(each, 3) for each in (errors[0], errors[-1], min(errors))]
        table.add_row(Text(f"{printable(split)}, mean squared error"), "", *shown)
    if not table.row_count:
        table.add_row("no answer was asked for", *[MISSING] * 4)
    elif facts.accuracies(run):
        table.caption = f"test, mean of the last epochs: {percent(run.metrics.get('accuracy_test'))}"
        table.caption_justify = "left"
    return table


def _cycles(run: Run) -> Table:
    chosen = facts.splits(run)
    columns = [name for split in chosen for name in (facts.SPLITS.get(split, split), "share")]
    table = headed("Cycles by state", "state", *map(printable, columns))
    counted = {split: facts.cycles_by_state(run, split) for split in chosen}
    totals = {split: sum(states.values()) for split, states in counted.items()}
    for state in facts.states(run):
        table.add_row(Text(printable(state)), *_with_share({s: counted[s][state] for s in chosen}, totals))
    table.add_section()
    table.add_row("total", *_with_share(totals, totals))
    return table


def _traffic(run: Run) -> Table:
    chosen = facts.splits(run)
    table = headed("Traffic", "", *(printable(facts.SPLITS.get(split, split)) for split in chosen))
    for label, counts in facts.traffic(run):
        table.add_row(label, *(f"{counts[split]:,}" for split in chosen))
    return table


def _spread(run: Run) -> Table:
    table = headed("Cores and the network between them", "", "")
    for label, text in facts.spread(run):
        table.add_row(label, text)
    return table


def _with_share(cycles: dict[str, int], totals: dict[str, int]) -> list[str]:
    return [
        text
        for split, count in cycles.items()
        for text in (f"{count:,}", percent(count / totals[split] if totals[split] else None))
    ]


def _costs(run: Run) -> Table:
    table = headed("Time and energy", "of one", "inference", "training sample")
    rows = (
        ("latency, mean", "latency_{}_us"),
        ("latency, 99th percentile", "latency_{}_us_p99"),
        ("latency of a time step", "latency_step_{}_us"),
        ("energy (band)", "energy_{}_uj"),
    )
    for label, name in rows:
        table.add_row(label, *(quantity(run.metrics, name.format(what)) for what in ("inference", "training")))
    return table


def _chip(run: Run) -> Table:
    table = headed("Power and area", "", "nominal (band)")
    rows = (
        ("power, accelerated", "power_average_uw"),
        ("power, real time", "power_real_time_uw"),
        ("power, leakage", "power_leakage_uw"),
        ("energy of one more synaptic operation", "energy_per_sop_incremental_pj"),
        ("energy of the run per synaptic operation", "energy_per_sop_pj"),
        ("area", "area_mm2"),
    )
    for label, name in rows:
        table.add_row(label, quantity(run.metrics, name))
    if "cells_stuck" in run.metrics:
        cells = (f"{run.metrics[f'cells_{what}']:,}" for what in ("stuck", "failed"))
        for label, text in zip(("cells stuck", "cells worn out"), cells, strict=True):
            table.add_row(label, text)
        table.add_row("programming error, % of the range of weights", quantity(run.metrics, "programming_error_pct"))
    for label, name in facts.EVENT_FIGURES:
        if name in run.metrics:
            shown = percent(run.metrics[name]) if name in facts.PERCENTAGES else quantity(run.metrics, name)
            table.add_row(label, shown)
    return table


def mission_tables(run: Run) -> list[RenderableType]:
    """Return the mission of a run: its limits, its parts, and both in sentences."""
    limits = mission.fill_limits(headed("Mission: limits", *mission.LIMIT_COLUMNS), run)
    parts = mission.fill_parts(headed("Mission: parts", *mission.PART_COLUMNS), run)
    return [limits, parts, *(Text(line) for line in mission.lines(run))]


def _published(run: Run) -> Table:
    chip = ", ".join(dict.fromkeys(printable(row["chip"]) for row in run.tables["published"]))
    table = headed(f"Beside published figures of {chip}", "figure", "predicted (band)", "published", "ratio", "band")
    for row in run.tables["published"]:
        cells = (facts.predicted(row), facts.published(row), f"{row['ratio']:.2f}", facts.verdict(row))
        table.add_row(Text(printable(row["metric"])), *map(Text, map(printable, cells)))
    return table
