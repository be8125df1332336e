"""Points of a sweep that differ in their seeds alone, as one configuration: means with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from accelsim.report import html
from accelsim.report.quantity import MISSING, NOMINAL_DIGITS, label, significant
from accelsim.report.study.data import ID, SweepData

SEED = "seed"
CONFIDENCE = 0.95
ROUNDING = 1e-12
"""Share of a mean below which values differ by rounding alone."""
FILE = "configurations.md"


@dataclass(frozen=True)
class Summary:
    """Mean over seeds and half the width of its confidence interval; None from one seed, or from none."""

    mean: float | None
    half_width: float | None


@dataclass(frozen=True)
class Configuration:
    """Axis values but the seed, and the summary of each objective's metric."""

    axes: dict[str, str]
    seeds: int
    metrics: dict[str, Summary]


def summary_of(values: Sequence[float]) -> Summary:
    """Return the mean with Student's confidence interval, which takes the values for a normal sample."""
    if len(values) < 2:
        return Summary(values[0] if values else None, None)
    from scipy.stats import t

    quantile = float(t.ppf((1 + CONFIDENCE) / 2, len(values) - 1))
    mean, half = fmean(values), quantile * stdev(values) / math.sqrt(len(values))
    return Summary(mean, half if half > ROUNDING * abs(mean) else 0.0)


def configurations(data: SweepData) -> list[Configuration]:
    """Return every configuration in the order of its first point."""
    groups: dict[tuple[tuple[str, str], ...], list[dict[str, float | None]]] = {}
    for point in data.points:
        key = tuple((name, value) for name, value in point.axes.items() if name not in (ID, SEED))
        groups.setdefault(key, []).append(point.metrics)
    names = [objective.metric for objective in data.objectives]
    return [
        Configuration(
            dict(key),
            len(found),
            {
                name: summary_of([value for metrics in found if (value := metrics.get(name)) is not None])
                for name in names
            },
        )
        for key, found in groups.items()
    ]


def _cells(data: SweepData) -> tuple[list[str], list[list[str]]]:
    names = [objective.metric for objective in data.objectives]
    found = configurations(data)
    axes = list(found[0].axes) if found else []
    rows = [[*(each.axes[name] for name in axes), *(_shown(each.metrics[name]) for name in names)] for each in found]
    return [*axes, *map(label, names)], rows


def _shown(summary: Summary) -> str:
    if summary.mean is None:
        return MISSING
    mean = significant(summary.mean, NOMINAL_DIGITS)
    return mean if not summary.half_width else f"{mean} ± {significant(summary.half_width, 2)}"


def configurations_table(data: SweepData) -> str:
    """Return the configurations as a table in Markdown."""
    head, rows = _cells(data)
    lines = [f"# {data.name}", ""]
    if data.description:
        lines += [data.description, ""]
    lines += [f"Means over {data.seeds} seeds, with 95 % confidence intervals.", ""]
    lines += ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines) + "\n"


def configurations_section(data: SweepData) -> str:
    """Return the configurations as a section of a page."""
    head, rows = _cells(data)
    caption = f"means over {data.seeds} seeds, with 95 % confidence intervals"
    return html.section(
        "Configurations", html.table(caption, tuple(head), [tuple(map(html.text, cells)) for cells in rows])
    )
