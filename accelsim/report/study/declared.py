"""The figures that a sweep asks for beside the standard ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from accelsim.report.drawing import INK, MUTED, SMALL, Drawn, render
from accelsim.report.hover import tell, tell_marks
from accelsim.report.quantity import MISSING, significant, words_of
from accelsim.report.study.breakdown import FILE, parts_of
from accelsim.report.study.configurations import Configuration, Summary, configurations, interval_text, summaries
from accelsim.report.study.data import INFEASIBLE, POINTS, Declared, SweepData
from accelsim.report.study.limits import LINE, Bound, bounds, bounds_text, draw_bounds
from accelsim.report.study.scales import (
    footer,
    keep_in_shares,
    legend_columns,
    legend_of,
    log_scale,
    metric_scale,
    short,
    spread_levels,
    stand_levels,
    style,
    told,
)
from accelsim.report.study.stacks import Stacks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

MOST_PANELS = 12
ROW_CHARACTERS = 26
"""Of a label beside one of several rows of panels."""
THIRD = 16
"""Characters that fit beside each other in a third of a figure."""
ROW_IN, TOP_IN = 2.3, 0.9
Designs = Sequence[Configuration]
EVERY = ""
"""The one series or panel of a figure that names no axis for them."""


def declared_figures(data: SweepData) -> list[Drawn]:
    """Draw every figure that the sweep declares."""
    return [_drawn(data, figure) for figure in data.figures]


def _drawn(data: SweepData, figure: Declared) -> Drawn:
    shown = _levels(data, figure, figure.panels)[:MOST_PANELS]
    rows = math.ceil(len(shown) / _columns(data, figure, shown))
    stack = figure.kind == "stack"
    return render(
        figure.name,
        figure.title or f"{_words(figure.y)} against {_words(data.short(figure.x))}",
        footer(data),
        partial(_draw, data, figure),
        source=(FILE if stack else POINTS,),
        height_in=max(3.2, TOP_IN + ROW_IN * rows),
    )


def _columns(data: SweepData, declared: Declared, levels: Sequence[str]) -> int:
    """Panels in a row: two, or three if there are just three and what stands below them is short."""
    if len(levels) == 3 and declared.panels is not None and declared.x in data.axes:
        below = [sum(map(len, _levels(data, declared, declared.x))), len(data.short(declared.x))]
        above = [len(data.short(declared.panels)) + 1 + len(level) for level in levels]
        if max(below) <= THIRD and max(above) <= THIRD:
            return 3
    return min(2, len(levels)) or 1


def _words(text: str) -> str:
    return words_of(text) if text.isidentifier() else text


def _draw(data: SweepData, declared: Declared, figure: FigureBase) -> str:
    levels = _levels(data, declared, declared.panels)
    shown = levels[:MOST_PANELS]
    if declared.kind == "stack":
        designs: Sequence[Configuration] = [
            each for each in configurations(data) if parts_of(data.breakdown, declared.y, each.ids)
        ]
    else:
        designs = list(summaries(data, declared.y, declared.relative_to))
    chosen = [each for each in designs if _held(declared, each)]
    columns = _columns(data, declared, shown)
    grid = figure.subplots(math.ceil(len(shown) / columns), columns, squeeze=False, sharey=True)
    for spare in grid.flat[len(shown) :]:
        spare.remove()
    draw = {"stack": _stack, "scatter": _scatter, "bar": _bars, "line": _lines}[declared.kind]
    beyond: dict[Bound, None] = {}
    label, shared = "", False
    for number, (axes, level) in enumerate(zip(grid.flat, shown, strict=False)):
        here = [each for each in chosen if _level(each, declared.panels) == level]
        draw(data, declared, axes, here, chosen)
        if declared.panels is not None:
            axes.set_title(short(f"{data.short(declared.panels)} {level or MISSING}", 30), loc="left", fontsize=9)
        label = axes.get_ylabel() or label
        if number % columns or (shared := len(shown) > columns and len(label) > ROW_CHARACTERS):
            axes.set_ylabel("")
        if declared.kind != "stack" and "y" in declared.log:
            log_scale(axes, "y")
        beyond = dict.fromkeys([*beyond, *_limits(data, declared, axes, chosen)])
    if shared:  # the label of a row would reach into the next one
        figure.supylabel(label, fontsize="medium")
    for which, metric in (("x", declared.x), ("y", declared.y)):
        if declared.kind != "stack" and metric not in data.axes and not (which == "y" and declared.relative_to):
            means = [mean for each, found in summaries(data, metric).items() if (mean := found.mean) is not None]
            for axes in grid.flat[: len(shown)]:
                keep_in_shares(axes, which, metric, means)
    handles, names = legend_of(grid.flat[: len(shown)])
    if handles and (declared.lines is not None or declared.kind == "stack" or LINE in names):
        title = None if declared.lines is None else short(data.short(declared.lines))
        look: dict[str, Any] = {"ncols": legend_columns(names), "fontsize": SMALL, "title": title, "alignment": "left"}
        figure.legend(handles, names, loc="outside upper left", **look)
    return _caption(data, declared, chosen, len(levels) - len(shown), list(beyond))


def _limits(data: SweepData, declared: Declared, axes: Axes, chosen: Designs) -> list[Bound]:
    """Draw constraints on what the figure shows; returns those that are too far off."""
    found = bounds(data)
    if declared.kind == "stack" or declared.relative_to or not found:
        return []
    across = (declared.x, 1.0 if declared.x in data.axes else _scale(data, declared.x, chosen)[1])
    return draw_bounds(axes, found, across, (declared.y, _scale(data, declared.y, chosen)[1]))


def _caption(data: SweepData, declared: Declared, chosen: Designs, more: int, beyond: Sequence[Bound]) -> str:
    parts = [f"{declared.y} against {data.short(declared.x)}, {len(chosen)} designs"]
    parts += [f"{data.short(axis)} is {' or '.join(texts)}" for axis, texts in declared.where.items()]
    if declared.relative_to:
        base = " and ".join(f"{data.short(axis)} is {text}" for axis, text in declared.relative_to.items())
        parts.append(f"each seed over the same with {base}")
    parts.append(interval_text(data) if declared.kind != "stack" else interval_text(data).partition(" with")[0])
    broken = sum(each.status == INFEASIBLE for each in chosen)
    parts += [f"{broken} of them violate a constraint"] if broken else []
    parts += [f"beyond the axes: {bounds_text(beyond)}"] if beyond else []
    parts += [f"{more} more panels are left out"] if more > 0 else []
    return "; ".join(parts) + "."


def _levels(data: SweepData, declared: Declared, axis: str | None) -> list[str]:
    """Values of an axis that the figure shows, or the one that stands for all."""
    if axis is None:
        return [EVERY]
    held = declared.where.get(axis)
    return [level for level in data.axes.get(axis, ()) if held is None or level in held]


def _level(design: Configuration, axis: str | None) -> str:
    return EVERY if axis is None else design.axes.get(axis, EVERY)


def _held(declared: Declared, design: Configuration) -> bool:
    return all(design.axes.get(axis) in texts for axis, texts in declared.where.items())


def _series(
    data: SweepData, declared: Declared, here: Designs
) -> list[tuple[int, str, list[tuple[int, Configuration, Summary]]]]:
    """Number and name of each series, and its designs by the number of their value along x."""
    places = {level: i for i, level in enumerate(_levels(data, declared, declared.x))}
    values = summaries(data, declared.y, declared.relative_to)
    found = []
    for number, level in enumerate(_levels(data, declared, declared.lines)):
        mine = [each for each in here if _level(each, declared.lines) == level]
        rows = [(places[each.axes[declared.x]], each, values[each]) for each in mine]
        if rows:
            found.append((number, level or MISSING, sorted(rows, key=lambda row: row[0])))
    return found


def _scale(data: SweepData, text: str, chosen: Designs) -> tuple[str, float, Mapping[Configuration, Summary]]:
    """Label of an axis for a metric or an expression, factor to its unit, and the values."""
    values = summaries(data, text)
    means = [mean for each in chosen if each in values and (mean := values[each].mean) is not None]
    name, factor = metric_scale(data, text, means)
    return name, factor, values


def _up(data: SweepData, declared: Declared, chosen: Designs) -> tuple[str, float, Mapping[Configuration, Summary]]:
    """The same for what stands along y."""
    if not declared.relative_to:
        return _scale(data, declared.y, chosen)
    base = ", ".join(declared.relative_to.values())
    return f"{words_of(declared.y)} / that of {base}", 1.0, summaries(data, declared.y, declared.relative_to)


def _told(declared: Declared, value: float) -> str:
    return f"{significant(value, 4)} of it" if declared.relative_to else told(declared.y, value)


def _lines(data: SweepData, declared: Declared, axes: Axes, here: Designs, chosen: Designs) -> None:
    label, factor, _ = _up(data, declared, chosen)
    places = spread_levels(axes, data, declared.x, _levels(data, declared, declared.x), log="x" in declared.log)
    for number, level, rows in _series(data, declared, here):
        colour, marker = style(number)
        x, y = [places[i] for i, _, _ in rows], [(summary.mean or 0.0) * factor for _, _, summary in rows]
        (line,) = axes.plot(x, y, color=colour, marker=marker, markersize=5, label=short(level, 24))
        tell_marks(line, [f"{data.named(each.axes)}: {_told(declared, found.mean or 0.0)}" for _, each, found in rows])
        _intervals(axes, x, y, [summary for _, _, summary in rows], factor, colour)
    axes.set_ylabel(short(label))


def _intervals(
    axes: Axes, x: Sequence[float], y: Sequence[float], found: Sequence[Summary], factor: float, colour: str
) -> None:
    halves = [(summary.half_width or 0.0) * factor for summary in found]
    if any(halves):
        axes.errorbar(x, y, halves, fmt="none", ecolor=colour, capsize=2, linewidth=1)


def _bars(data: SweepData, declared: Declared, axes: Axes, here: Designs, chosen: Designs) -> None:
    label, factor, _ = _up(data, declared, chosen)
    stand_levels(axes, data, declared.x, _levels(data, declared, declared.x))
    many = len(_levels(data, declared, declared.lines))
    width = 0.8 / many
    for number, level, rows in _series(data, declared, here):
        x = [i + (number - (many - 1) / 2) * width for i, _, _ in rows]
        y = [(summary.mean or 0.0) * factor for _, _, summary in rows]
        colour, _ = style(number)
        bars = axes.bar(x, y, width * 0.92, color=colour, label=short(level, 24))
        for bar, (_, each, summary) in zip(bars, rows, strict=True):
            tell(bar, f"{data.named(each.axes)}: {_told(declared, summary.mean or 0.0)}")
        _intervals(axes, x, y, [summary for _, _, summary in rows], factor, INK)
    axes.set_ylabel(short(label))


def _scatter(data: SweepData, declared: Declared, axes: Axes, here: Designs, chosen: Designs) -> None:
    label, factor, up = _up(data, declared, chosen)
    if declared.x in data.axes:
        levels = _levels(data, declared, declared.x)
        places = spread_levels(axes, data, declared.x, levels, log="x" in declared.log)
        at = {each: places[levels.index(each.axes[declared.x])] for each in here}
    else:
        name, size, across = _scale(data, declared.x, chosen)
        at = {each: (found.mean or 0.0) * size for each, found in across.items()}
        axes.set_xlabel(short(name))
        if "x" in declared.log:
            log_scale(axes, "x")
    for number, level in enumerate(_levels(data, declared, declared.lines)):
        mine = [each for each in here if each in at and _level(each, declared.lines) == level]
        colour, marker = style(number)
        for broken in (False, True):
            some = [each for each in mine if (each.status == INFEASIBLE) == broken]
            if not some:
                continue
            x, y = [at[each] for each in some], [(up[each].mean or 0.0) * factor for each in some]
            look: dict[str, Any] = {"marker": "x", "color": MUTED} if broken else {"marker": marker, "color": colour}
            shown = "infeasible" if broken else short(level or MISSING, 24)
            (line,) = axes.plot(x, y, linestyle="", markersize=5, label=shown, **look)
            tell_marks(line, [f"{data.named(each.axes)}: {_told(declared, up[each].mean or 0.0)}" for each in some])
            _intervals(axes, x, y, [up[each] for each in some], factor, look["color"])
    axes.set_ylabel(short(label))


def _stack(data: SweepData, declared: Declared, axes: Axes, here: Designs, chosen: Designs) -> None:
    stacks = Stacks(declared.y, [parts_of(data.breakdown, declared.y, each.ids) for each in chosen])
    levels = _levels(data, declared, declared.x)
    by_level = {each.axes[declared.x]: parts_of(data.breakdown, declared.y, each.ids) for each in here}
    told_of = [f"{data.short(declared.x)} {level or MISSING}" for level in levels]
    stacks.draw(axes, [by_level.get(level, {}) for level in levels], told_of, across=False)
    stand_levels(axes, data, declared.x, levels)
    axes.set_ylabel(short(stacks.label))
