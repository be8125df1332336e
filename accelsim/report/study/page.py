"""The page of a sweep."""

from __future__ import annotations

from collections.abc import Sequence

import accelsim
from accelsim.report import html
from accelsim.report.drawing import Drawn
from accelsim.report.quantity import MISSING, label, quantity
from accelsim.report.study.data import POINTS, SweepData
from accelsim.report.study.front import front
from accelsim.report.study.pareto import seeds

MOST_ROWS = 2000
"""Points of the table; of a larger sweep it shows the front."""


def sweep_page(data: SweepData, figures: Sequence[Drawn], summary: str = "") -> str:
    """Return the page of a sweep as one HTML document that needs no other file; `summary` stands before its points."""
    goals = [(f"objective, {objective.direction}", objective.metric) for objective in data.objectives]
    statuses = [point.status for point in data.points]
    counts = ", ".join(f"{statuses.count(status)} {status}" for status in dict.fromkeys(statuses))
    about = [("description", data.description)] if data.description else []
    about += [("run", f"{seeds(data)}, engine {data.engine}")]
    about += [("points", f"{len(data.points)} ({counts})" if counts else "0")]
    lead = html.pairs([*about, *goals, *(("constraint", constraint) for constraint in data.constraints)])
    drawn = [html.section("Figures", html.figures(figures))] if figures else []
    footer = f"accelsim {accelsim.__version__}; every metric of every point: {POINTS}"
    return html.page(f"sweep {data.name}", lead, [*drawn, summary, html.section("Points", _points(data))], footer)


def _points(data: SweepData) -> str:
    axes = list(data.points[0].axes) if data.points else []
    best = dict.fromkeys(front(data.points, data.objectives) if data.objectives else [])
    everything = len(data.points) <= MOST_ROWS
    shown = data.points if everything else tuple(best)
    metrics = [objective.metric for objective in data.objectives]
    rows = [
        (
            *(html.text(point.axes[name]) for name in axes),
            *(html.number(quantity(point.metrics, name), point.metrics.get(name)) for name in metrics),
            html.text("yes" if point in best else MISSING),
            html.text(point.status),
            html.long_text(point.message),
        )
        for point in shown
    ]
    return html.table(
        f"{'every point' if everything else 'the front'}; on the front: no other point dominates it",
        (*axes, *(label(name) for name in metrics), "front", "status", "message"),
        rows,
    )
