"""Figures of wear: writes of the cells of each memory, and how long the memories last at that pace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accelsim.report.bars import legend, logarithmic, shortened
from accelsim.report.drawing import INK, MUTED, PALETTE, SMALL
from accelsim.report.hover import tell, tell_marks
from accelsim.report.load import Run
from accelsim.report.quantity import banded, significant

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

TIMES = (
    ("first_failure", "first failure", "o", PALETTE[5]),
    ("01pct", "0.1 % failed", "s", PALETTE[0]),
    ("1pct", "1 % failed", "D", PALETTE[2]),
)
YEAR_DAYS = 365.25


def has_writes(run: Run) -> bool:
    """Whether cells were written."""
    return any(row["writes_max"] and row.get("writes_q99") is not None for row in run.tables["wear"])


def writes(run: Run, figure: FigureBase) -> str:
    """Writes of the cells of each memory: median, mean, 99 % of them, largest."""
    rows = [row for row in run.tables["wear"] if row["writes_max"] and row.get("writes_q99") is not None]
    rows.sort(key=lambda row: -row["writes_max"])
    axes = figure.add_subplot()
    marks: tuple[tuple[str, str, str], ...] = (
        ("writes_median", "|", "median"),
        ("writes_mean", "o", "mean"),
        ("writes_q99", "D", "99 % of cells"),
        ("writes_max", "s", "most"),
    )
    for (name, marker, label), colour in zip(marks, PALETTE, strict=False):
        known = [(row[name], i) for i, row in enumerate(rows) if row[name]]
        if known:
            at, places = zip(*known, strict=True)
            (line,) = axes.plot(at, places, marker, color=colour, markersize=5, label=label)
            tell_marks(line, [f"{rows[i]['memory']}, {label}: {significant(n, 3)} writes" for n, i in known])
    axes.hlines(
        range(len(rows)), [max(min(row["writes_median"], row["writes_mean"]), 0.5) for row in rows],
        [row["writes_max"] for row in rows], color=MUTED, linewidth=0.7, zorder=0,
    )  # fmt: skip
    logarithmic(axes)
    axes.set_yticks(range(len(rows)), [shortened(row["memory"]) for row in rows], fontsize=SMALL)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlabel("writes of a cell in the run [1]")
    legend(figure, axes)
    return "How often the cells of each memory were written in the run; one mark where all cells were written alike."


def writes_height(run: Run) -> float:
    """Height that the memories need."""
    return 1.1 + 0.22 * len(run.tables["wear"])


def _wearing(run: Run) -> list[dict[str, Any]]:
    return [row for row in run.tables["wear"] if any(row[f"lifetime_{time}_days"] for time, *_ in TIMES)]


def wears_out(run: Run) -> bool:
    """Whether a memory has a lifetime."""
    return bool(_wearing(run))


def lifetimes(run: Run, figure: FigureBase) -> str:
    """Days until cells of each memory fail, with the bands, on a logarithmic axis."""
    rows = _wearing(run)
    axes = figure.add_subplot()
    for shift, (time, label, marker, colour) in enumerate(TIMES):
        named = False
        for i, row in enumerate(rows):
            days, low, high = (row.get(f"lifetime_{time}_days{end}") for end in ("", "_low", "_high"))
            if not days:
                continue
            place = i + 0.26 * (shift - 1)
            if low and high:
                axes.plot([low, high], [place, place], color=colour, linewidth=4, alpha=0.45, solid_capstyle="butt")
            (mark,) = axes.plot(days, place, marker, color=colour, markeredgecolor=INK, markersize=6,
                                label="" if named else label)  # fmt: skip
            tell(mark, f"{row['memory']}, {label}: {banded(days, low, high, 'days')}")
            named = True
    axes.axvline(YEAR_DAYS, color=MUTED, linewidth=0.8, linestyle=":")
    axes.annotate("1 year", (YEAR_DAYS, 1), xycoords=("data", "axes fraction"), xytext=(2, -2),
                  textcoords="offset points", fontsize=SMALL, va="top")  # fmt: skip
    logarithmic(axes)
    axes.set_yticks(range(len(rows)), [f"{shortened(row['memory'])} ({row['kind']})" for row in rows], fontsize=SMALL)
    axes.set_ylim(len(rows) - 0.4, -0.9)
    axes.set_xlabel("lifetime [days]")
    legend(figure, axes)
    return (
        "Projected from the most written cell at the pace of the outside world, day and night. "
        "Bars: band of the estimate, from the lowest to the highest endurance of its sources."
    )


def lifetimes_height(run: Run) -> float:
    """Height that the memories need."""
    return 1.1 + 0.4 * len(_wearing(run))
