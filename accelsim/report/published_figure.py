"""Predicted figures beside published ones: ratios with their bands on one logarithmic axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from accelsim.report import facts
from accelsim.report.bars import legend, logarithmic
from accelsim.report.drawing import INK, PALETTE, SMALL
from accelsim.report.hover import tell
from accelsim.report.load import Run
from accelsim.report.quantity import printable, words_of

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

_LETTERS = 30


def possible(run: Run) -> bool:
    """Whether there is a figure to stand beside a published one."""
    return bool(_rows(run))


def _rows(run: Run) -> list[dict[str, Any]]:
    return [row for row in run.tables["published"] if row["predicted"] and row["published_low"]]


def ratios(row: Mapping[str, Any]) -> tuple[float, float, float, float, float]:
    """Return low end, nominal and high end of the prediction, and both ends of what was published.

    All over the published figure, a range by its geometric middle.
    """
    middle = (row["published_low"] * row["published_high"]) ** 0.5
    low, nominal, high, first, last = (
        row[name] / middle
        for name in ("predicted_low", "predicted", "predicted_high", "published_low", "published_high")
    )
    return low, nominal, high, first, last


def draw(run: Run, figure: FigureBase) -> str:
    """Predicted over published: a dot with its band, beside the published range."""
    rows = _rows(run)
    axes = figure.add_subplot()
    axes.axvline(1, color=INK, linewidth=0.8)
    for i, row in enumerate(rows):
        low, nominal, high, first, last = ratios(row)
        (range_,) = axes.plot([first, last], [i, i], color=PALETTE[1], linewidth=8, solid_capstyle="butt", alpha=0.8,
                              label="published range" if first != last else "", zorder=1)  # fmt: skip
        tell(range_, f"published: {facts.published(row)}; {row['condition']}")
        (band,) = axes.plot([low, high], [i, i], color=PALETTE[0], linewidth=1.6,
                            label="" if i else "band of the prediction")  # fmt: skip
        inside = bool(row["inside"])
        (dot,) = axes.plot(nominal, i, "o" if inside else "D", color=PALETTE[0], markersize=6,
                           markerfacecolor=PALETTE[0] if inside else "none")  # fmt: skip
        beside = f"predicted {facts.predicted(row)}, published {facts.published(row)}"
        told = f"{row['metric']}: {beside}, {nominal:.2f} times"
        tell(band, told)
        tell(dot, told)
    axes.set_yticks(range(len(rows)), [_name(row) for row in rows], fontsize=SMALL)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    logarithmic(axes)
    axes.set_xlabel("predicted over published [1]")
    legend(figure, axes)
    return (
        "Dots: nominal prediction over the published figure, filled where the published one lies in the band, open "
        "diamonds where not. A published range counts by its geometric middle. Band: lowest to highest estimate."
    )


def _name(row: Mapping[str, Any]) -> str:
    name = printable(words_of(row["metric"]))
    return name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"


def height_in(run: Run) -> float:
    """Height that the rows need."""
    return 1.2 + 0.3 * len(_rows(run))
