"""The figure of two objectives: which designs nothing beats, and which are beaten."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from accelsim.report.drawing import MUTED, SMALL, STROKES, Drawn, render
from accelsim.report.quantity import words_of
from accelsim.report.study.configurations import Configuration, configurations, interval_text, labelled
from accelsim.report.study.data import INFEASIBLE, POINTS, Objective, SweepData
from accelsim.report.study.front import complete, feasible, front, rates
from accelsim.report.study.knee import knee
from accelsim.report.study.limits import bounds, bounds_text
from accelsim.report.study.placing import MOST_NAMES
from accelsim.report.study.plane import Plane
from accelsim.report.study.scales import footer

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase


MOST_GOALS = 4
"""Objectives that are drawn against each other; the page draws any two."""


def pareto_figures(data: SweepData) -> list[Drawn]:
    """Draw the front of every two of the first objectives that some design has both of."""
    return [
        render(
            f"pareto_{i}",
            f"Pareto front: {words_of(pair[0].metric)} and {words_of(pair[1].metric)}",
            footer(data),
            partial(pareto, data, pair),
            source=(POINTS,),
            height_in=3.6,
        )
        for i, pair in enumerate(itertools.combinations(data.objectives[:MOST_GOALS], 2), start=1)
        if complete(configurations(data), pair)
    ]


def pareto(data: SweepData, pair: Sequence[Objective], figure: FigureBase) -> str:
    """Two objectives: dominated designs grey, infeasible ones crossed, the front connected, knee and labels named."""
    plane = Plane(data, pair[0].metric, pair[1].metric, figure.add_subplot())
    rated = complete(configurations(data), pair)
    best, names = front(rated, pair), labelled(data)
    middle, on_front = knee(best, pair), set(best)
    dominated = [each for each in feasible(rated, pair) if each not in on_front]
    infeasible = [each for each in rated if each.status == INFEASIBLE]
    plane.draw(dominated, "dominated", marker="o", markersize=4, color=MUTED)
    plane.draw(infeasible, "infeasible", marker="x", markersize=4, color=MUTED)
    plane.intervals(best, STROKES[0])
    plane.draw(best, "front", drawstyle="steps-post", linestyle="-", marker="o", markersize=5, color=STROKES[0])
    plane.draw([middle] if middle else [], "knee", marker="*", markersize=11, color=STROKES[5])
    plane.draw([each for each in names if each in rated], "labelled", marker="D", markersize=5, color=STROKES[2])
    beyond = plane.bound(bounds(data))
    handles, texts = plane.axes.get_legend_handles_labels()
    figure.legend(handles, texts, loc="outside upper left", ncols=3, fontsize=SMALL)
    shown = names_of(names, middle, best, rated, pair)
    # No design lies on the better side of the front: there is room for names.
    across, up = (-1 if goal.direction == "min" else 1 for goal in pair)
    plane.name(shown, rated, (across, up))
    return _caption(data, pair, best, middle, list(shown), len(rated), bounds_text(beyond))


def names_of(
    labels: Mapping[Configuration, str],
    middle: Configuration | None,
    best: Sequence[Configuration],
    rated: Sequence[Configuration],
    objectives: Sequence[Objective],
) -> dict[Configuration, str]:
    """Return what the designs worth a name are called: labelled ones, the knee, and some of the front, `MOST_NAMES`.

    Of designs with equal objectives, one is enough.
    """
    known = set(rated)
    texts = {each: text for each, text in labels.items() if each in known}
    if middle is not None:
        texts[middle] = f"{texts[middle]} (knee)" if middle in texts else f"knee #{middle.ids[0]}"
    named = {rates(each, objectives) for each in texts if complete([each], objectives)}
    others = {rate: each for each in reversed(best) if (rate := rates(each, objectives)) not in named}
    for each in spaced(list(others.values())[::-1], MOST_NAMES - len(texts)):
        texts[each] = f"#{each.ids[0]}"
    return dict(list(texts.items())[:MOST_NAMES])


def spaced(designs: Sequence[Configuration], most: int) -> list[Configuration]:
    """Return so many designs at most, both ends and evenly some between."""
    if most < 2 or len(designs) <= most:
        return list(designs[: max(most, 0)])
    return [designs[round(i * (len(designs) - 1) / (most - 1))] for i in range(most)]


def _caption(
    data: SweepData,
    pair: Sequence[Objective],
    best: Sequence[Configuration],
    middle: Configuration | None,
    shown: Sequence[Configuration],
    number: int,
    beyond: str,
) -> str:
    every = configurations(data)
    goals = " and ".join(f"{goal.direction} {goal.metric}" for goal in pair)
    parts = [f"{goals}: {len(best)} of {number} designs on the front, {interval_text(data)}"]
    if len(every) > number:
        parts.append(f"left out for lack of a figure: {len(every) - number}")
    if data.constraints:
        parts.append(f"infeasible: {sum(each.status == INFEASIBLE for each in every)}")
    if beyond:
        parts.append(f"beyond the axes: {beyond}")
    if middle is not None:
        parts.append("the knee bulges farthest from the line between the ends of the front")
    more = " The rest of the front is in the table." if set(best) - set(shown) else ""
    return f"{'; '.join(parts)}. {key_of(data, {each: f'#{each.ids[0]}' for each in shown})}{more}"


def key_of(data: SweepData, names: Mapping[Configuration, str]) -> str:
    """Return what is behind names, for a caption: what all designs have in common once, the rest of each."""
    same = [axis for axis in data.varying if len({each.axes[axis] for each in names}) == 1] if len(names) > 1 else []
    each_of = "; ".join(
        f"{name} {data.named({axis: text for axis, text in each.axes.items() if axis not in same})}"
        for each, name in names.items()
    )
    alike = data.named({axis: next(iter(names)).axes[axis] for axis in same})
    return f"{each_of}{f'; all with {alike}' if alike else ''}." if names else ""
