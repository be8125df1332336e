"""The page of a sweep: one HTML document with its data, scripts and drawing library, which needs no other file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files

import accelsim
from accelsim.report import html
from accelsim.report.drawing import Drawn
from accelsim.report.study.breakdown import FILE as BREAKDOWN
from accelsim.report.study.configurations import FILE as CONFIGURATIONS
from accelsim.report.study.configurations import configurations, interval_text
from accelsim.report.study.data import POINTS, SWEEP, SweepData
from accelsim.report.study.page_data import page_data

SCRIPTS = (
    *("dom", "study", "state", "dominance", "knee", "theme", "filters"),
    *("marks", "controls", "tradeoff", "parallel", "effects", "breakdown", "mission", "table", "main"),
)
"""Parts of the script, each of which uses those before it."""
_ASSETS = files(__package__) / "assets"


def sweep_page(data: SweepData, figures: Sequence[Drawn]) -> str:
    """Return the page of a sweep: filters, charts that follow them, every design, and the figures as they are in files.

    Everything in it that comes from the sweep is escaped: it is text to the page, never markup or script.
    """
    footer = f"accelsim {accelsim.__version__}; every metric of every point: {POINTS}"
    return html.page(
        f"sweep {data.name}",
        _lead(data),
        [_asset("study.html"), *_figures(data, figures)],
        footer,
        style=_asset("study.css"),
        scripts=_scripts(data),
    )


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _figures(data: SweepData, figures: Sequence[Drawn]) -> list[str]:
    """Return the figures that the sweep declares, and the standard ones on demand: as they are in files."""
    names = {figure.name for figure in data.figures}
    declared = [figure for figure in figures if figure.name in names]
    standard = [figure for figure in figures if figure.name not in names]
    closed = f'<details class="files"><summary>Figures as files</summary>\n{html.figures(standard)}\n</details>'
    return [
        *([html.section("Figures of this sweep", html.figures(declared))] if declared else []),
        *([closed] if standard else []),
    ]


def _scripts(data: SweepData) -> list[str]:
    from plotly.offline import get_plotlyjs

    own = "\n".join(_asset(f"{name}.js") for name in SCRIPTS)
    return [
        f'<script type="application/json" id="study-data">{script_json(page_data(data))}</script>',
        f"<script>{get_plotlyjs()}</script>",
        f'<script>\n"use strict";\n(() => {{\n{own}}})();\n</script>',
    ]


def script_json(value: object) -> str:
    """Return a value as JSON that may stand inside a script element: no text in it can end the element."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _lead(data: SweepData) -> str:
    statuses = [point.status for point in data.points]
    counts = ", ".join(f"{statuses.count(status)} {status}" for status in dict.fromkeys(statuses))
    about = [("description", data.description)] if data.description else []
    about.append(("values", f"{interval_text(data)}, engine {data.engine}"))
    about.append(
        ("designs", f"{len(configurations(data))}, points: {len(data.points)}" + (f" ({counts})" if counts else ""))
    )
    goals = ", ".join(f"{goal.direction} {goal.metric}" for goal in data.objectives)
    bounds = ", ".join(data.constraints)
    about += [(what, text) for what, text in (("objectives", goals), ("constraints", bounds)) if text]
    names = [POINTS, *([BREAKDOWN] if data.breakdown else []), *([CONFIGURATIONS] if data.objectives else []), SWEEP]
    links = ", ".join(html.link(name, name) for name in names)
    return f"{html.pairs(about)}\n<p>Data: {links}</p>"
