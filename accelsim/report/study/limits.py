"""Constraints of a sweep that bound a single metric, as lines in figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from accelsim.metrics.expressions import ExpressionError, parse_comparison
from accelsim.report.drawing import STROKES
from accelsim.report.study.data import SweepData
from accelsim.report.study.scales import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINE = "constraint"
"""What legends call the line of one."""
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True)
class Bound:
    """`metric comparison value`, in the unit that the name of the metric ends with."""

    metric: str
    comparison: str
    value: float


def bounds(data: SweepData) -> list[Bound]:
    """Return the constraints that compare one metric with a number."""
    found = []
    for text in data.constraints:
        try:
            left, comparison, right = parse_comparison(text)
        except ExpressionError:  # `limits` or `fits`
            continue
        if not left.metrics:
            left, comparison, right = right, _TURNED[comparison], left
        value = None if right.metrics else right.value({})
        if left.is_metric and value is not None:
            found.append(Bound(left.text, comparison, float(value)))
    return found


def draw_bounds(
    axes: Axes, found: Sequence[Bound], across: tuple[str, float], up: tuple[str, float], stretch: float = 1.0
) -> list[Bound]:
    """Draw lines at the bounds of the metrics shown; returns those that lie too far from the marks to be drawn.

    Parameters
    ----------
    across, up : metric of each axis and the factor to its unit
    stretch : by how many times their length the axes may grow to each side for a line
    """
    beyond = []
    drawn: set[Bound] = set()
    for bound in found:
        for (metric, factor), line, limits in (
            (across, axes.axvline, axes.get_xlim()),
            (up, axes.axhline, axes.get_ylim()),
        ):
            if bound.metric != metric:
                continue
            at, (low, high) = bound.value * factor, limits
            if not low - stretch * (high - low) <= at <= high + stretch * (high - low):
                beyond.append(bound)
                continue
            label = "" if drawn else LINE
            drawn.add(bound)
            line(at, color=STROKES[5], linestyle="--", linewidth=1, label=label or None)
    return beyond


def bounds_text(found: Sequence[Bound]) -> str:
    """Return bounds as a caption tells them."""
    return ", ".join(short(f"{bound.metric} {bound.comparison} {bound.value:g}", 60) for bound in found)
