"""Figures of energy and area: by component and action, by split, with the bands of the estimates."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from accelsim.report import facts
from accelsim.report.bars import (
    BAND,
    EDGE,
    MOST_BARS,
    Stack,
    amount,
    bands,
    few,
    largest,
    legend,
    name_bars,
    stacked,
    with_band,
)
from accelsim.report.drawing import INK, PALETTE
from accelsim.report.hover import tell
from accelsim.report.load import Run
from accelsim.report.quantity import banded, fitting, percent, printable, quantity, typeset

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase


def energy(run: Run, figure: FigureBase) -> str:
    """Energy by component, stacked by action, with the band of the component."""
    rows = [row for row in run.tables["energy"] if row["energy_pj"] is not None]
    bars = largest(rows, "energy_pj")
    actions = dict.fromkeys(row["action"] for row in sorted(rows, key=lambda row: -row["energy_pj"]))
    unit, size = fitting([max(bar["energy_pj"] for bar in bars) * 1e-12], "J")
    scale = 1e-12 / size
    place = {name: i for i, bar in enumerate(bars) for name in bar["members"]}
    whole: Stack = {action: [0.0] * len(bars) for action in actions}
    for row in rows:
        whole[row["action"]][place[row["component"]]] += row["energy_pj"] * scale
    stack = few(whole)
    axes = figure.add_subplot()

    def told(i: int, action: str) -> str:
        return f"{with_band(bars[i], 'energy_pj', scale, unit)}; {action}: {amount(stack[action][i], unit)}"

    stacked(axes.barh, range(len(bars)), stack, "left", told, height=0.75)
    bands(axes, bars, "energy_pj", scale)
    name_bars(axes, bars)
    axes.set_xlabel(typeset(f"energy of the run [{unit}]"))
    legend(figure, axes)
    return f"{BAND} Whole run: {quantity(run.metrics, 'energy_total_pj')}."


def has_splits(run: Run) -> bool:
    """Whether energy was told apart by split."""
    return any(row["energy_pj"] and row["samples"] for row in run.tables.get("energy_splits", ()))


def energy_splits(run: Run, figure: FigureBase) -> str:
    """Energy of a sample in each split, stacked by component: the seven largest, and the others together."""
    rows = [row for row in run.tables["energy_splits"] if row["samples"]]
    splits = list(dict.fromkeys(row["split"] for row in rows))
    names = [printable(facts.SPLITS.get(split, split)) for split in splits]
    whole: Stack = {}
    for row in sorted(rows, key=lambda row: -row["energy_pj"]):
        values = whole.setdefault(row["component"], [0.0] * len(splits))
        values[splits.index(row["split"])] += row["energy_pj"] * 1e-12 / row["samples"]
    ends = {
        end: [
            sum(row[f"energy_pj_{end}"] * 1e-12 / row["samples"] for row in rows if row["split"] == split)
            for split in splits
        ]
        for end in ("low", "high")
    }
    totals = [sum(column) for column in zip(*whole.values(), strict=True)]
    unit, size = fitting(totals, "J")
    stack = few({name: [value / size for value in values] for name, values in whole.items()})
    axes = figure.add_subplot()

    def told(i: int, component: str) -> str:
        value = stack[component][i]
        return f"{names[i]}, {component}: {amount(value, unit)}, {percent(value * size / totals[i])}"

    stacked(axes.barh, range(len(splits)), stack, "left", told, height=0.6)
    for i, (low, middle, high) in enumerate(zip(ends["low"], totals, ends["high"], strict=True)):
        (marks,) = axes.plot([low / size, high / size], [i, i], "|", color=INK, markersize=9)
        tell(marks, f"{names[i]}: {banded(middle / size, low / size, high / size, unit)}")
    axes.set_yticks(range(len(splits)), names)
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel(typeset(f"energy of a sample [{unit}]"))
    legend(figure, axes)
    return "Mean over the samples of all epochs, leakage included. Ticks: low and high end of the band of the estimate."


def area(run: Run, figure: FigureBase) -> str:
    """Area by component with its band."""
    bars = largest(run.tables["area"], "area_um2")
    unit, size = fitting([max(bar["area_um2"] for bar in bars) * 1e-12], "m2")
    scale = 1e-12 / size
    axes = figure.add_subplot()
    drawn = axes.barh(
        range(len(bars)), [bar["area_um2"] * scale for bar in bars], height=0.75, color=PALETTE[0], **EDGE
    )
    for patch, bar in zip(drawn, bars, strict=True):
        tell(patch, with_band(bar, "area_um2", scale, unit))
    bands(axes, bars, "area_um2", scale)
    name_bars(axes, bars)
    axes.set_xlabel(typeset(f"area [{unit}]"))
    whole = quantity(run.metrics, "area_mm2")
    return f"{BAND} Before placement utilisation; the whole with it: {whole}."


def height_of(table: str) -> Callable[[Run], float]:
    """Return the height that the bars of a table need."""

    def height_in(run: Run) -> float:
        return 1.1 + 0.19 * min(len({row["component"] for row in run.tables[table]}), MOST_BARS)

    return height_in
