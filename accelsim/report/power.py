"""Power over time and wear in a report: a figure and the tables beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from accelsim.report import html
from accelsim.report.bars import legend
from accelsim.report.drawing import MUTED, PALETTE
from accelsim.report.hover import tell
from accelsim.report.load import Run
from accelsim.report.quantity import MISSING, banded, fitting, percent, printable, quantity, significant, typeset

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

WHEN = ("start_s", "duration_s")
"""Columns of the trace that are no power."""
OTHERS = "others"


def draw(run: Run, figure: FigureBase) -> str:
    """Power of each window, stacked by component: the largest ones, and the others together."""
    rows = run.tables["power_trace"]
    energy = {name: sum(row[name] * row["duration_s"] for row in rows) for name in rows[0] if name not in WHEN}
    names = sorted(energy, key=lambda name: -energy[name])
    shown, rest = names[: len(PALETTE) - 1], names[len(PALETTE) - 1 :]
    layers = {name: [row[name] * 1e-6 for row in rows] for name in shown}
    if rest:
        layers[f"{OTHERS} ({len(rest)})"] = [sum(row[name] for name in rest) * 1e-6 for row in rows]
    edges = [row["start_s"] for row in rows] + [rows[-1]["start_s"] + rows[-1]["duration_s"]]
    heights = [sum(column) for column in zip(*layers.values(), strict=True)]
    time, second = fitting([edges[-1]], "s")
    unit, watt = fitting([max(heights)], "W")
    axes = figure.add_subplot()
    base = [0.0] * (len(rows) + 1)
    for (name, values), colour in zip(layers.items(), (*PALETTE[: len(PALETTE) - 1], MUTED), strict=False):
        tops = [low + value / watt for low, value in zip(base, [*values, values[-1]], strict=True)]
        band = axes.fill_between(
            [edge / second for edge in edges], base, tops, step="post", color=colour, linewidth=0, label=printable(name)
        )
        mean = sum(value * row["duration_s"] for value, row in zip(values, rows, strict=True)) / (edges[-1] - edges[0])
        tell(
            band,
            f"{name}: {significant(mean / watt, 3)} {unit} on average, {significant(max(values) / watt, 3)} at most",
        )
        base = tops
    axes.set(xlabel=f"time [{time}]", ylabel=typeset(f"power [{unit}]"), xlim=(0, edges[-1] / second))
    axes.set_ylim(bottom=0)
    legend(figure, axes)
    return f"Nominal power in {len(rows)} windows of the run, {basis(run)}, by component."


def basis(run: Run) -> str:
    """Return which time the power is told in."""
    if run.metrics.get("power_real_time_uw") is None:
        return "in the chip's own time: it does not keep pace with the outside world"
    return "in the time of the outside world"


def possible(run: Run) -> bool:
    """Return whether there is power to show."""
    return bool(run.tables["power_trace"])


def sections(run: Run) -> list[str]:
    """Return the sections of the page: power, power domains, operating points, wear; those with rows."""
    made = (
        ("Power", "power", _power),
        ("Power domains", "power_domains", _domains),
        ("Operating points", "operating_points", _points),
        ("Wear of memories", "wear", _wear),
    )
    return [html.section(title, table(run)) for title, name, table in made if run.tables[name]]


def _power(run: Run) -> str:
    rows = [
        (
            html.text(row["component"]),
            html.number(quantity(row, "power_average_uw"), row["power_average_uw"]),
            html.number(quantity(row, "power_peak_uw"), row["power_peak_uw"]),
            html.number(quantity(row, "peak_start_s"), row["peak_start_s"]),
        )
        for row in sorted(run.tables["power"], key=lambda row: -row["power_average_uw"])
    ]
    columns = ("component", "on average (band)", "in its highest window (band)", "which starts at")
    return html.table(f"{basis(run)}, largest first", columns, rows)


def _domains(run: Run) -> str:
    rows = [
        (
            html.text(row["domain"]),
            html.long_text(row["components"]),
            html.number(percent(row["off_share"]), row["off_share"]),
            html.number(f"{row['wake_ups']:,}", row["wake_ups"]),
            html.number(quantity(row, "wake_up_energy_pj"), row["wake_up_energy_pj"]),
            html.number(quantity(row, "leakage_saved_uj"), row["leakage_saved_uj"]),
            html.number(quantity(row, "break_even_us"), row["break_even_us"]),
        )
        for row in run.tables["power_domains"]
    ]
    columns = (
        *("domain", "components", "time off", "wake-ups", "energy of one (band)", "leakage saved"),
        "time off that pays for one",
    )
    return html.table("switched off between time steps", columns, rows)


def _points(run: Run) -> str:
    rows = [
        (
            html.text(row["point"]),
            html.number(f"{row['voltage_v']:g} V", row["voltage_v"]),
            html.number(_clock(row, "clock_mhz"), row["clock_mhz"]),
            html.number(_clock(row, "clock_limit_mhz"), row["clock_limit_mhz"]),
            html.text("reachable" if row["clock_reachable"] else "too fast"),
            html.number(quantity(row, "energy_sample_uj"), row["energy_sample_uj"]),
            html.number(quantity(row, "power_average_uw"), row["power_average_uw"]),
            html.number(quantity(row, "latency_sample_us"), row["latency_sample_us"]),
            html.text("met" if row["deadlines_met"] else "missed"),
        )
        for row in run.tables["operating_points"]
    ]
    columns = (
        *("point", "supply", "clock", "highest clock", "clock", "energy of a sample (band)", "power (band)"),
        *("latency of a sample", "deadlines"),
    )
    return html.table("the same silicon at other supplies and clocks", columns, rows)


def _clock(row: Mapping[str, Any], name: str) -> str:
    return MISSING if row[name] is None else f"{row[name]:.4g} MHz"


def _wear(run: Run) -> str:
    rows = [
        (
            html.text(row["memory"]),
            html.text(row["kind"]),
            html.number(f"{row['cells']:,}", row["cells"]),
            html.number(f"{row['writes_mean']:,.4g}", row["writes_mean"]),
            html.number(f"{row['writes_max']:,.4g}", row["writes_max"]),
            *(html.number(_lasting(row, f"lifetime_{time}_days"), row[f"lifetime_{time}_days"]) for time in TIMES),
            html.long_text(row["writes_known"]),
        )
        for row in run.tables["wear"]
    ]
    columns = (
        *("memory", "kind", "cells", "writes per cell", "most writes of a cell"),
        *("first failure (band)", "0.1 % failed (band)", "1 % failed (band)", "writes"),
    )
    return html.table("at the pace of the outside world; a dash: does not wear out", columns, rows)


TIMES = ("first_failure", "01pct", "1pct")
"""Events whose time is told, as results name them."""


def _lasting(row: Mapping[str, Any], name: str) -> str:
    """Return days as days or years with their band."""
    value = row[name]
    if value is None:
        return MISSING
    unit, size = ("days", 1.0) if value < 1000 else ("years", 365.25)
    return banded(value / size, row[f"{name}_low"] / size, row[f"{name}_high"] / size, unit)
