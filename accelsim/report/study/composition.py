"""Figures of what the designs that matter are made of, and of their mission."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from accelsim.report.drawing import MUTED, SMALL, STROKES, Drawn, render
from accelsim.report.study.breakdown import FILE, KINDS, parts_of
from accelsim.report.study.configurations import Configuration, configurations, interval_text, labelled
from accelsim.report.study.data import FAILED, INFEASIBLE, POINTS, Objective, SweepData
from accelsim.report.study.front import complete, feasible, front, value
from accelsim.report.study.knee import knee
from accelsim.report.study.limits import Bound, bounds, bounds_text
from accelsim.report.study.pareto import key_of, names_of
from accelsim.report.study.placing import MOST_NAMES
from accelsim.report.study.plane import Plane, alike
from accelsim.report.study.scales import footer, legend_of, short
from accelsim.report.study.stacks import Stacks

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

TITLES = dict(zip(KINDS, ("Where the energy goes", "Where the area goes", "Where the time goes"), strict=True))
ENERGIES = ("energy_training_uj", "energy_inference_uj", "energy_total_pj")
ACCURACY = "accuracy_test"
SWAP = (("mass_g", "volume_mm3"), ("power_mission_uw", "mission_time_h"))
"""Metrics of a mission that are drawn over each other."""
MARGINS = {"mass_g": "mass", "volume_mm3": "volume", "power_mission_uw": "power", "mission_time_h": "mission_time"}
"""Limits on them: `margin_<limit>` is the share of it that is left."""
ALIKE = 1e-6


def chosen_designs(data: SweepData) -> dict[Configuration, str]:
    """Return designs to look into and their names: labelled ones, the knee, some of the front; else the first ones."""
    every = [each for each in configurations(data) if each.status != FAILED]
    best = front(every, data.objectives) if data.objectives else []
    found = names_of(labelled(data), knee(best, data.objectives) if best else None, best, every, data.objectives)
    return found or {each: f"#{each.ids[0]}" for each in every[:MOST_NAMES]}


def breakdown_figures(data: SweepData) -> list[Drawn]:
    """Draw energy, area and busy cycles of some designs in their parts."""
    designs = chosen_designs(data)
    drawn = []
    for kind in KINDS:
        parts = {each: found for each in designs if (found := parts_of(data.breakdown, kind, each.ids))}
        if parts:
            drawn.append(
                render(
                    f"breakdown_{kind.rpartition('_')[0].replace('busy', 'cycles')}",
                    TITLES[kind],
                    footer(data),
                    partial(_breakdown, data, kind, designs, parts),
                    source=(FILE,),
                    height_in=1.5 + 0.32 * len(parts),
                )
            )
    return drawn


def _breakdown(
    data: SweepData,
    kind: str,
    names: Mapping[Configuration, str],
    parts: Mapping[Configuration, Mapping[str, float]],
    figure: FigureBase,
) -> str:
    axes = figure.add_subplot()
    values = list(parts.values())
    stacks = Stacks(kind, values)
    stacks.draw(axes, values, [f"{names[each]} {data.named(each.axes)}" for each in parts], across=True)
    axes.set_yticks(range(len(parts)), [short(names[each], 24) for each in parts])
    axes.invert_yaxis()
    axes.set_xlabel(short(stacks.label))
    axes.tick_params(axis="y", length=0)
    handles, texts = axes.get_legend_handles_labels()
    shown = [short(text, 26) for text in texts]
    figure.legend(handles, shown, loc="outside upper left", ncols=2, fontsize=SMALL, handlelength=1.2)
    seeds = "one seed" if data.seeds == 1 else f"means over {data.seeds} seeds"
    key = key_of(data, {each: names[each] for each in parts})
    return f"Labelled designs, the knee and some of the front, {seeds}. {key}"


def learning_figures(data: SweepData) -> list[Drawn]:
    """Draw energy against accuracy, unless they are objectives that have such a figure already."""
    goals = {goal.metric: goal for goal in data.objectives}
    energy = next((name for name in (*goals, *ENERGIES) if name.startswith("energy") and name in data.metrics), None)
    accuracy = next((name for name in (*goals, ACCURACY) if name.startswith("accuracy") and name in data.metrics), None)
    if energy is None or accuracy is None or (energy in goals and accuracy in goals):
        return []
    if len({value(each, accuracy) for each in configurations(data)} - {None}) < 2:
        return []
    pair = Objective(energy, "min"), Objective(accuracy, "max")
    draw = partial(_learning, data, pair)
    return [render("energy_accuracy", "Energy and accuracy", footer(data), draw, source=(POINTS,), height_in=3.4)]


def _learning(data: SweepData, pair: Sequence[Objective], figure: FigureBase) -> str:
    plane = Plane(data, pair[0].metric, pair[1].metric, figure.add_subplot())
    rated = complete(configurations(data), pair)
    best, known = front(rated, pair), feasible(rated, pair)
    plane.draw([each for each in known if each not in set(best)], "beaten", marker="o", markersize=4, color=MUTED)
    broken = [each for each in rated if each.status == INFEASIBLE]
    plane.draw(broken, "infeasible", marker="x", markersize=4, color=MUTED)
    plane.intervals(best, STROKES[0])
    plane.draw(best, "most accurate for its energy", marker="o", markersize=5, color=STROKES[0])
    names = labelled(data)
    plane.draw([each for each in names if each in rated], "labelled", marker="D", markersize=5, color=STROKES[2])
    beyond = bounds_text(plane.bound(bounds(data)))
    handles, texts = legend_of([plane.axes])
    figure.legend(handles, texts, loc="outside upper left", ncols=2, fontsize=SMALL)
    shown = names_of(names, None, best, rated, pair)
    plane.name(shown, rated, (-1, 1))
    off = f"; beyond the axes: {beyond}" if beyond else ""
    key = key_of(data, {each: f"#{each.ids[0]}" for each in shown})
    return f"{len(rated)} designs, {interval_text(data)}{off}. {key}"


def mission_figures(data: SweepData) -> list[Drawn]:
    """Draw size, weight, power and time of missions, with their limits."""
    pairs = [pair for pair in SWAP if all(metric in data.metrics for metric in pair) and _differs(data, pair)]
    if not pairs:
        return []
    draw = partial(_mission, data, pairs)
    return [render("swap", "Size, weight and power", footer(data), draw, source=(POINTS,), height_in=3 * len(pairs))]


def _differs(data: SweepData, pair: Sequence[str]) -> bool:
    """Whether designs differ in one of two metrics by more than rounding."""
    found = ([value(each, metric) for each in configurations(data)] for metric in pair)
    return not all(alike([each for each in values if each is not None]) for values in found)


def _mission(data: SweepData, pairs: Sequence[tuple[str, str]], figure: FigureBase) -> str:
    grid = figure.subplots(len(pairs), 1, squeeze=False)
    beyond: list[Bound] = []
    for pair, axes in zip(pairs, grid.flat, strict=True):
        plane = Plane(data, *pair, axes)
        rated = complete(configurations(data), [Objective(metric, "min") for metric in pair])
        broken = [each for each in rated if each.status == INFEASIBLE or value(each, "limits_failed")]
        kept = [each for each in rated if each not in set(broken)]
        plane.draw(kept, "keeps to all limits", marker="o", markersize=5, color=STROKES[0])
        plane.draw(broken, "breaks a limit", marker="x", markersize=5, color=STROKES[5])
        names = {each: text for each, text in chosen_designs(data).items() if each in set(rated)}
        plane.intervals(list(names), MUTED)
        beyond += plane.bound([*bounds(data), *mission_bounds(data, pair)])
        plane.name(names, rated)
    handles, texts = legend_of(grid.flat)
    figure.legend(handles, texts, loc="outside upper left", ncols=2, fontsize=SMALL)
    off = f"; beyond the axes: {bounds_text(beyond)}" if beyond else ""
    return f"Of the device on its mission, {interval_text(data)}{off}."


def mission_bounds(data: SweepData, metrics: Sequence[str]) -> list[Bound]:
    """Return limits of the mission on some metrics, worked out from what is left of them; those that vary are none."""
    found = []
    for metric in metrics:
        least = metric == "mission_time_h"
        limits = []
        for each in configurations(data):
            at, left = value(each, metric), value(each, f"margin_{MARGINS[metric]}")
            if at is not None and left is not None and (share := 1 + left if least else 1 - left) > 0:
                limits.append(at / share)
        if limits and max(limits) - min(limits) <= ALIKE * max(limits):
            found.append(Bound(metric, ">=" if least else "<=", limits[0]))
    return found
