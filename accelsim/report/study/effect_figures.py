"""Figures of what the axes of a sweep do to its objectives: main effects, interactions, swings from one design."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from accelsim.report.drawing import INK, MUTED, SMALL, STROKES, Drawn, render
from accelsim.report.hover import tell, tell_marks
from accelsim.report.quantity import MISSING, words_of
from accelsim.report.study.configurations import interval_text, labelled
from accelsim.report.study.data import INFEASIBLE, OK, POINTS, SweepData
from accelsim.report.study.effects import (
    Effect,
    Interaction,
    Swing,
    base_design,
    interactions,
    main_effects,
    sensitivity,
)
from accelsim.report.study.scales import footer, keep_in_shares, metric_scale, short, spread_levels, style, told

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

MOST_GOALS = 4
"""Objectives that have figures of their own."""
MOST_PANELS = 8
MOST_LINES = 6
"""Values of an axis that an interaction has lines for."""
WEAKEST = 1e-3
"""Share of the variance below which an interaction is not drawn."""


def effect_figures(data: SweepData) -> list[Drawn]:
    """Draw what the axes do to every objective, where several vary."""
    drawn = []
    for i, goal in enumerate(data.objectives[:MOST_GOALS], start=1):
        metric, words = goal.metric, words_of(goal.metric)
        small = footer(data)
        if effects := main_effects(data, metric):
            panels = min(len(effects), MOST_PANELS)
            drawn.append(
                render(
                    f"effects_{i}",
                    f"What each axis does to {words}",
                    small,
                    partial(_effects, data, metric, effects),
                    source=(POINTS,),
                    height_in=0.4 + 1.75 * math.ceil(panels / 2),
                )
            )
    strongest = {goal.metric: interactions(data, goal.metric)[:1] for goal in data.objectives[:MOST_GOALS]}
    strong = {metric: found[0] for metric, found in strongest.items() if found and found[0].strength >= WEAKEST}
    if strong:
        title, draw = "Which two axes act together most", partial(_interactions, data, strong)
        height = 0.2 + 2.3 * len(strong)
        drawn.append(render("interactions", title, footer(data), draw, source=(POINTS,), height_in=height))
    swings = {
        goal.metric: [swing for swing in sensitivity(data, goal.metric) if swing.low < swing.high][:MOST_PANELS]
        for goal in data.objectives[:MOST_GOALS]
    }
    swings = {metric: found for metric, found in swings.items() if found}
    if swings:
        height = sum(0.75 + 0.27 * len(found) for found in swings.values())
        title, draw = "How far each axis swings from one design", partial(_tornadoes, data, swings)
        drawn.append(render("tornado", title, footer(data), draw, source=(POINTS,), height_in=height))
    return drawn


def _effects(data: SweepData, metric: str, effects: Sequence[Effect], figure: FigureBase) -> str:
    """A panel for each axis, the widest effects if there are too many; all share their scale."""
    shown = sorted(effects, key=_span, reverse=True)[:MOST_PANELS]
    shown = [effect for effect in effects if effect in shown]
    columns = min(2, len(shown))
    grid = figure.subplots(math.ceil(len(shown) / columns), columns, sharey=True, squeeze=False)
    label, factor = metric_scale(data, metric, [level.mean for effect in effects for level in effect.levels])
    for spare in grid.flat[len(shown) :]:
        spare.remove()
    for number, (axes, effect) in enumerate(zip(grid.flat, shown, strict=False)):
        places = spread_levels(axes, data, effect.axis, [level.label for level in effect.levels])
        means = [level.mean * factor for level in effect.levels]
        (line,) = axes.plot(places, means, color=STROKES[0], marker="o", markersize=5)
        axis = data.short(effect.axis)
        tell_marks(
            line,
            [
                f"{axis} {level.label or MISSING}: {told(metric, level.mean)}, {level.designs} designs"
                for level in effect.levels
            ],
        )
        halves = [(level.half_width or 0.0) * factor for level in effect.levels]
        if any(halves):
            axes.errorbar(places, means, halves, fmt="none", ecolor=STROKES[0], capsize=2, linewidth=0.8)
        if number % columns == 0:
            axes.set_ylabel(short(label, 26))
    keep_in_shares(grid.flat[0], "y", metric, [level.mean for effect in shown for level in effect.levels])
    left_out = f"; {len(effects) - len(shown)} weaker axes are left out" if len(effects) > len(shown) else ""
    means_of = f"each mark is the mean over all designs with that value ({interval_text(data)})"
    return f"Main effects: {means_of}{left_out}."


def _span(effect: Effect) -> float:
    means = [level.mean for level in effect.levels]
    return max(means) - min(means)


def _interactions(data: SweepData, strong: Mapping[str, Interaction], figure: FigureBase) -> str:
    """Lines that are not parallel: what the axis along x does depends on the other one."""
    grid = figure.subplots(len(strong), 1, squeeze=False)
    for axes, (metric, found) in zip(grid.flat, strong.items(), strict=True):
        means = [mean for row in found.cells for mean in row if mean is not None]
        label, factor = metric_scale(data, metric, means)
        cells, first, second = found.cells, found.first, found.second
        along, across = found.first_levels, found.second_levels
        if len(along) < len(across):
            cells, first, second = tuple(zip(*cells, strict=True)), second, first
            along, across = across, along
        places = spread_levels(axes, data, first, along)
        for number, level in enumerate(across[:MOST_LINES]):
            row = [(x, cell[number]) for x, cell in zip(places, cells, strict=True)]
            known = [(x, mean * factor) for x, mean in row if mean is not None]
            if not known:
                continue
            colour, marker = style(number)
            name = short(level or MISSING, 14)
            (line,) = axes.plot(*zip(*known, strict=True), color=colour, marker=marker, markersize=5, label=name)
            tell_marks(line, [f"{data.short(second)} {level or MISSING}: {told(metric, y / factor)}" for _, y in known])
        axes.set_ylabel(short(label, 26))
        axes.legend(
            title=short(data.short(second), 18),
            loc="center left",
            bbox_to_anchor=(1.0, 0.5),
            fontsize=SMALL,
            title_fontsize=SMALL,
        )
    shares = "; ".join(
        f"{data.short(each.first)} and {data.short(each.second)} {100 * each.strength:.1f} % of {words_of(metric)}"
        for metric, each in strong.items()
    )
    return f"Share of the variance between designs that two axes explain only together: {shares}. {_means(data)}."


def _means(data: SweepData) -> str:
    return "Means over all other axes" + ("" if data.seeds == 1 else f" and {data.seeds} seeds")


def _tornadoes(data: SweepData, swings: Mapping[str, Sequence[Swing]], figure: FigureBase) -> str:
    """A panel for each objective."""
    heights = [2 + len(found) for found in swings.values()]
    grid = figure.subplots(len(swings), 1, squeeze=False, height_ratios=heights)
    for axes, (metric, found) in zip(grid.flat, swings.items(), strict=True):
        _tornado(data, metric, found, axes)
    bases = dict.fromkeys(base for metric in swings if (base := base_design(data, metric)) is not None)
    names = labelled(data)
    told_of = " or ".join(
        f"{names.get(base, f'#{base.ids[0]}')} ({data.named(base.axes)}{f'; {INFEASIBLE}' * (base.status != OK)})"
        for base in bases
    )
    seeds = "one seed" if data.seeds == 1 else f"means over {data.seeds} seeds"
    return f"One axis at a time leaves the design {told_of}, at the line; {seeds}."


def _tornado(data: SweepData, metric: str, swings: Sequence[Swing], axes: Axes) -> None:
    """A bar for each axis, the widest on top: from the least to the most that it makes of the base design."""
    label, factor = metric_scale(data, metric, [swing.high for swing in swings])
    for place, swing in enumerate(swings):
        for end, name, colour, side in (
            (swing.low, swing.low_label, STROKES[0], -1),
            (swing.high, swing.high_label, STROKES[5], 1),
        ):
            if end == swing.base:
                continue
            left, width = min(end, swing.base) * factor, abs(end - swing.base) * factor
            (bar,) = axes.barh([place], [width], 0.6, left=[left], color=colour)
            tell(bar, f"{data.short(swing.axis)} {name or MISSING}: {told(metric, end)}")
            axes.annotate(
                short(name or MISSING, 12),
                (end * factor, place),
                xytext=(3 * side, 0),
                textcoords="offset points",
                ha="right" if side < 0 else "left",
                va="center",
                fontsize=SMALL,
            )
    axes.axvline(swings[0].base * factor, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(swings)), [short(data.short(swing.axis), 18) for swing in swings])
    axes.invert_yaxis()
    axes.use_sticky_edges = False  # room for names at both ends
    axes.margins(x=0.25)
    axes.set_xlabel(short(label))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=MUTED, alpha=0.25)
