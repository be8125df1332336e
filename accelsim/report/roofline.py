"""Roofline of a run: what its splits and phases achieve, under the peaks of the chip's datapaths and memories.

The model is that of Williams, Waterman and Patterson (Communications of the ACM 52(4), 2009). An operation is a word
operation of a datapath, a byte is moved when a word of an on-chip memory is read or written; the tables `roofline`
and `ceilings` of a result count them (see :mod:`accelsim.simulation.roofline`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from accelsim.report import facts
from accelsim.report.bars import legend, logarithmic
from accelsim.report.drawing import INK, MUTED, PALETTE, SMALL, STROKES
from accelsim.report.hover import tell
from accelsim.report.load import Run
from accelsim.report.quantity import printable, significant

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

MARKERS = "osD^v"
MOST_PHASES = 6
"""Phases that have a mark, those that last longest."""
_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))


def possible(run: Run) -> bool:
    """Whether operations and bytes were counted, and there are ceilings to hold them against."""
    return bool(run.tables.get("roofline")) and all(peak(run, kind) for kind in ("datapath", "memory"))


def peak(run: Run, kind: str) -> float:
    """Return the operations a second of all datapaths in use, or the bytes a second of all memories."""
    return sum(row["peak_per_s"] for row in run.tables.get("ceilings", ()) if row["kind"] == kind)


def intensity(row: Mapping[str, Any]) -> float:
    """Return operations per byte moved."""
    return float(row["operations"] / row["bytes_moved"])


def rate(row: Mapping[str, Any]) -> float:
    """Return operations a second."""
    return float(row["operations"] / row["time_us"] * 1e6)


def draw(run: Run, figure: FigureBase) -> str:
    """Operations a second against operations per byte, on logarithmic axes."""
    splits = [row for row in run.tables["roofline"] if row["of"] == "split"]
    phases = [row for row in run.tables["roofline"] if row["of"] == "phase"]
    phases = sorted(phases, key=lambda row: -row["time_us"])[:MOST_PHASES]
    computing, moving = peak(run, "datapath"), peak(run, "memory")
    ridge = computing / moving
    marks = [intensity(row) for row in (*splits, *phases)]
    low, high = min(*marks, ridge) / 3, max(*marks, ridge) * 3
    size, prefix = _scale(computing)
    axes = figure.add_subplot()
    roof = [moving * low / size, computing / size, computing / size]
    (line,) = axes.plot([low, ridge, high], roof, color=INK, linewidth=1.4)
    tell(line, f"at most {_told(computing, 'operations')} of the datapaths, {_told(moving, 'bytes')} of the memories")
    peaks = f"datapaths {_told(computing, 'op')}\nmemories {_told(moving, 'B')}"
    axes.text(0.02, 0.98, peaks, transform=axes.transAxes, fontsize=SMALL, va="top")
    for i, row in enumerate(phases):
        colour = MUTED if i >= len(STROKES) else STROKES[i]
        (mark,) = axes.plot(
            intensity(row), rate(row) / size, "x+1234"[i % 6], color=colour, markersize=7, label=printable(row["name"])
        )
        tell(mark, _mark(f"phase {row['name']}", row))
    for i, row in enumerate(splits):
        name = facts.SPLITS.get(row["name"], row["name"])
        (mark,) = axes.plot(
            intensity(row), rate(row) / size, MARKERS[i % len(MARKERS)], color=PALETTE[i % len(PALETTE)],
            markeredgecolor=INK, markersize=8, label=printable(name),
        )  # fmt: skip
        tell(mark, _mark(name, row))
    logarithmic(axes)
    logarithmic(axes, "y")
    axes.set_xlim(low, high)
    lowest = min(roof[0], *(rate(row) / size for row in (*splits, *phases)))
    axes.set_ylim(10 ** math.floor(math.log10(lowest)), computing / size * 10)
    axes.set(xlabel="operations per byte moved [1/B]", ylabel=f"operations [{prefix}op/s]")
    legend(figure, axes)
    return (
        "Large marks: all samples of a split. Small marks: phases of the control over the run, those that last "
        "longest. An operation is a word operation of a datapath, a byte is moved when a word is read or written. "
        "The roof: every lane and every memory port that the run uses, busy in each cycle."
    )


def _scale(value: float) -> tuple[float, str]:
    return next(((size, prefix) for size, prefix in _PREFIXES if value >= size), _PREFIXES[-1])


def _told(value: float, what: str) -> str:
    size, prefix = _scale(value)
    return f"{significant(value / size, 3)} {prefix}{what}/s"


def _mark(name: str, row: Mapping[str, Any]) -> str:
    return f"{name}: {_told(rate(row), 'op')} at {significant(intensity(row), 3)} operations per byte"
