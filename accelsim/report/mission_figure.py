"""How much of each limit of a mission is used: bars against the line at 100 %."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from accelsim.report.bars import EDGE
from accelsim.report.drawing import INK, PALETTE, SMALL
from accelsim.report.hover import tell
from accelsim.report.load import Run
from accelsim.report.mission import limit_found, limit_wanted, margin, verdict
from accelsim.report.quantity import percent, printable

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

COLOURS = {"pass": PALETTE[2], "pass, not at worst": PALETTE[1], "FAIL": PALETTE[5]}
"""By the verdict, which is also written beside the bar."""
SHOWN = 2.0
"""Largest share of a limit that is drawn; more than that is an arrow."""


def possible(run: Run) -> bool:
    """Whether there are limits that something can be held against."""
    return bool(_rows(run))


def _rows(run: Run) -> list[dict[str, Any]]:
    return [row for row in run.tables.get("limits", ()) if row["wanted"] and row["found"]]


def used(row: Mapping[str, Any]) -> tuple[float, float, float]:
    """Return the share of a limit that is used: nominal, at the better and at the worse end of the band.

    Of an upper limit what the margin leaves; of a temperature, therefore, a share of its rise over the ambient.
    Of a lower one wanted over found: above 1 it is broken either way.
    """
    if row["sense"] == "max":
        whole = _whole(row)
        nominal, better, worse = (
            1 - (row["wanted"] - row[name]) / whole for name in ("found", "found_low", "found_high")
        )
    else:
        nominal, worse, better = (
            row["wanted"] / row[name] if row[name] else float("inf") for name in ("found", "found_low", "found_high")
        )
    return nominal, better, worse


def _whole(row: Mapping[str, Any]) -> float:
    """Return what the margin of an upper limit is a share of: the limit itself, or its distance from an ambient."""
    wanted, share = row["wanted"], (row["margin_percent"] or 0) / 100
    return float((wanted - row["found"]) / share if share else wanted)


def draw(run: Run, figure: FigureBase) -> str:
    """Share of each limit that is used, with its band."""
    rows = _rows(run)
    axes = figure.add_subplot()
    column = 5 + 100 * max(1.0, *(min(max(used(row)), SHOWN) for row in rows))
    for i, row in enumerate(rows):
        nominal, better, worse = used(row)
        held = verdict(row)
        (bar,) = axes.barh([i], [100 * min(nominal, SHOWN)], height=0.6, color=COLOURS[held], **EDGE)
        tell(bar, f"{row['limit']}: {limit_found(row)}, wanted {limit_wanted(row)}; margin {margin(row)}: {held}")
        ends = [100 * min(end, SHOWN) for end in (better, worse)]
        axes.plot(ends, [i, i], color=INK, linewidth=0.9)
        axes.plot(ends, [i, i], "|", color=INK, markersize=6)
        text = percent(nominal) + ("" if held == "pass" else f", {held}")
        axes.text(column, i, ("→ " if max(nominal, worse) > SHOWN else "") + text, va="center", fontsize=SMALL)
    axes.axvline(100, color=PALETTE[5], linewidth=1.4, linestyle="--")
    axes.set_yticks(range(len(rows)), [printable(row["limit"].replace("_", " ")) for row in rows], fontsize=SMALL)
    axes.set_xlim(0, column * (1.3 if all(verdict(row) == "pass" for row in rows) else 1.9))
    axes.set_xticks(range(0, int(column), 50))
    axes.invert_yaxis()
    axes.set_xlabel("used of the limit [%]")
    return (
        "Dashed line: the limit. Temperatures count from the ambient. Of a lower limit, such as a time that the "
        "battery must last, wanted over found. "
        "Lines: band of the estimate, from its better to its worse end; arrows: more than is drawn."
    )


def height_in(run: Run) -> float:
    """Height that the limits need."""
    return 0.9 + 0.3 * len(_rows(run))
