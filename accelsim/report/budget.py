"""Budgets in a report, of resources and of power: who holds what over time, and how a power cap was kept to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from accelsim.report import html
from accelsim.report.bars import legend
from accelsim.report.drawing import PALETTE, STROKES
from accelsim.report.hover import tell
from accelsim.report.load import Run
from accelsim.report.quantity import fitting, percent, printable, quantity, typeset

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

MOST_LINES = 9
"""Of the figure of the ledger; the largest changes are drawn."""


def sections(run: Run) -> list[str]:
    """Return the sections of the page, of those tables that there are."""
    found = []
    if run.tables.get("ledger"):
        found.append(html.section("Budget ledger", _ledger(run)))
    if run.tables.get("power_cap"):
        found.append(html.section("Power cap", _caps(run.tables["power_cap"])))
    return found


def _ledger(run: Run) -> str:
    cells = []
    for (resource, owner), rows in _series(run).items():
        most, capacity = max(row["allocated_most"] for row in rows), rows[-1]["capacity"]
        numbers = (sum(row["changes"] for row in rows), rows[0]["allocated"], rows[-1]["allocated"], most, capacity)
        share = most / capacity if capacity else None
        cells.append(
            (
                html.text(resource),
                html.text(owner),
                *(html.number(f"{number:,}", number) for number in numbers),
                html.number(percent(share), share),
            )
        )
    columns = ("resource", "owner", "changes", "held at first", "at the end", "at most", "capacity", "most of it used")
    return html.table("what each owner held of each resource; every change is in ledger.csv", columns, cells)


def _series(run: Run) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    """Entries of the ledger by resource and owner."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in run.tables["ledger"]:
        found.setdefault((row["resource"], row["owner"]), []).append(row)
    return found


def _changes(run: Run) -> dict[tuple[tuple[int, float], ...], list[str]]:
    """What each owner held in per cent of the capacity, as pairs of sample and share, and of which resources."""
    found: dict[tuple[tuple[int, float], ...], list[str]] = {}
    for (resource, owner), rows in _series(run).items():
        points = tuple((row["sample"], 100 * row["allocated"] / row["capacity"]) for row in rows if row["capacity"])
        if len({share for _, share in points}) > 1:
            found.setdefault(points, []).append(f"{resource} ({owner})")
    return found


def has_ledger(run: Run) -> bool:
    """Whether anything in a ledger changed."""
    return bool(run.tables.get("ledger")) and bool(_changes(run))


def ledger(run: Run, figure: FigureBase) -> str:
    """Share of the capacity that is held, over the samples of the stream, of what changes."""
    changing = _changes(run)
    drawn = sorted(changing, key=lambda points: -len(points))[:MOST_LINES]
    last = max(sum(row["samples"] for row in run.tables["epochs"] if row["split"] == "train"), 1)
    axes = figure.add_subplot()
    for i, points in enumerate(drawn):
        first, *others = changing[points]
        samples, shares = zip(*points, (last, points[-1][1]), strict=True)
        label = printable(first) + (f" and {len(others)} more" if others else "")
        style = ("-", "--", ":")[i % 3]
        (line,) = axes.step(
            samples, shares, where="post", color=STROKES[i % len(STROKES)], linestyle=style, label=label
        )
        tell(line, f"{', '.join(changing[points])}: {max(shares):.0f} % of the capacity at most")
    axes.set(xlabel="training samples [1]", ylabel="held [%]", ylim=(0, 103), xlim=(0, last))
    legend(figure, axes)
    still = len(_series(run)) - sum(len(names) for names in changing.values())
    left_out = (
        f" {len(changing) - len(drawn)} other series are in the table alone." if len(changing) > len(drawn) else ""
    )
    return (
        f"Share of the capacity that each owner holds. {still} holdings that never change are in the table.{left_out}"
    )


def ledger_height(run: Run) -> float:
    """Height that the legend needs."""
    return 2.3 + 0.17 * min(len(_changes(run)), MOST_LINES)


def _caps(rows: Sequence[Mapping[str, Any]]) -> str:
    cells = []
    for cap, group in groupby(rows, key=lambda row: row["power_cap_uw"]):
        held = list(group)
        start, end = held[0]["start_s"], held[-1]["start_s"] + held[-1]["duration_s"]
        most = max(row["power_window_max_uw"] for row in held)
        shown = {
            "start_s": start,
            "duration_s": end - start,
            "power_cap_uw": cap,
            "power_window_max_uw": most,
            **{name: sum(row[name] for row in held) for name in ("stalled_us", "slowed_us")},
        }
        stalled = (shown["stalled_us"] + shown["slowed_us"]) * 1e-6 / shown["duration_s"]
        cells.append(
            (
                *(html.number(quantity(shown, name), shown[name]) for name in shown),
                html.number(percent(most / cap), most / cap),
                html.number(percent(stalled), stalled),
            )
        )
    columns = (
        *("from", "for", "cap", "most power of a window", "time waited", "time at a slower clock"),
        *("most power of the cap", "time lost of all"),
    )
    return html.table(
        "a row for each cap while it held; one event may go over it; more in power_cap.csv", columns, cells
    )


def has_cap(run: Run) -> bool:
    """Whether a power cap was kept to."""
    return bool(run.tables.get("power_cap"))


def cap(run: Run, figure: FigureBase) -> str:
    """Most power of a window beside the cap, and the share of time that was lost to it, over time."""
    rows = run.tables["power_cap"]
    edges = [row["start_s"] for row in rows] + [rows[-1]["start_s"] + rows[-1]["duration_s"]]
    time, second = fitting([edges[-1]], "s")
    unit, watt = fitting([max(max(row["power_cap_uw"], row["power_window_max_uw"]) for row in rows) * 1e-6], "W")
    power, lost = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    at = [edge / second for edge in edges]
    for name, colour, label in (
        ("power_window_max_uw", PALETTE[0], "most power of a window"),
        ("power_cap_uw", PALETTE[5], "cap"),
    ):
        values = [row[name] * 1e-6 / watt for row in rows]
        power.step(at, [*values, values[-1]], where="post", color=colour, label=label, linewidth=1)
    # a wait counts where it begins, and may be longer than that stretch of time
    shares = [min(100.0, (row["stalled_us"] + row["slowed_us"]) * 1e-4 / row["duration_s"]) for row in rows]
    lost.fill_between(at, [*shares, shares[-1]], step="post", color=PALETTE[2], linewidth=0)
    power.set(ylabel=typeset(f"power [{unit}]"), xlim=(0, at[-1]))
    power.set_ylim(bottom=0)
    lost.set(xlabel=f"time [{time}]", ylabel="lost [%]", ylim=(0, 103))
    legend(figure, power)
    return (
        "Power of the window with the most in each stretch of the run, and the share of time that the cap cost; "
        "a window holds at most one event more than the cap allows."
    )
