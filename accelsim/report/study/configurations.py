"""Points of a sweep that differ in their seeds alone, as one configuration: means with intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from accelsim.metrics.expressions import Expression, parse_expression
from accelsim.report.quantity import MISSING, NOMINAL_DIGITS, label, printable, significant
from accelsim.report.study.data import FAILED, ID, INFEASIBLE, OK, SEED, Point, SweepData

CONFIDENCE = 0.95
ROUNDING = 1e-12
"""Share of a mean below which values differ by rounding alone."""
FILE = "configurations.md"


@dataclass(frozen=True)
class Summary:
    """Mean over seeds and half the width of its confidence interval; None from one seed, or from none."""

    mean: float | None
    half_width: float | None


@dataclass(frozen=True, eq=False)
class Configuration:
    """Points that differ in their seeds alone.

    Attributes
    ----------
    axes : mapping of axis to text of its value, without the seed
    ids : numbers of its points
    seeds : how many points it has
    status : `failed` if every point is, `infeasible` if any violates a constraint, else `ok`
    message : that of the first point which is why
    metrics : summaries of all metrics that some point has
    """

    axes: dict[str, str]
    ids: tuple[int, ...]
    seeds: int
    status: str
    message: str
    metrics: dict[str, Summary]


def summary_of(values: Sequence[float]) -> Summary:
    """Return the mean with Student's confidence interval, which takes the values for a normal sample."""
    number = len(values)
    if number < 2:
        return Summary(values[0] if values else None, None)
    mean = math.fsum(values) / number
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (number - 1))
    half = _quantile(number - 1) * deviation / math.sqrt(number)
    return Summary(mean, half if half > ROUNDING * abs(mean) else 0.0)


@lru_cache
def _quantile(freedom: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + CONFIDENCE) / 2))


@lru_cache(4)
def configurations(data: SweepData) -> tuple[Configuration, ...]:
    """Return every configuration in the order of its first point."""
    groups: dict[tuple[str, ...], list[Point]] = {}
    for point in data.points:
        groups.setdefault(tuple(value for name, value in point.axes.items() if name not in (ID, SEED)), []).append(
            point
        )
    return tuple(_configuration(points) for points in groups.values())


def _configuration(points: Sequence[Point]) -> Configuration:
    first = points[0]
    statuses = [point.status for point in points]
    if all(status == FAILED for status in statuses):
        status = FAILED
    else:
        status = INFEASIBLE if INFEASIBLE in statuses else OK
    message = next((point.message for point in points if point.status == status), "")
    names = dict.fromkeys(name for point in points for name in point.metrics)
    found = {name: [value for point in points if (value := point.metrics.get(name)) is not None] for name in names}
    return Configuration(
        {name: value for name, value in first.axes.items() if name not in (ID, SEED)},
        tuple(int(point.axes[ID]) for point in points),
        len(points),
        status,
        message,
        {name: summary_of(values) for name, values in found.items() if values},
    )


def summaries(data: SweepData, text: str, base: Mapping[str, str] | None = None) -> dict[Configuration, Summary]:
    """Return a metric, or an expression of metrics worked out for each point, of every configuration that has it.

    With a `base`, values of axes, each point's value is divided by that of the point that differs in these alone.
    """
    expression = parse_expression(text)
    if base:
        return _shares(data, expression, base)
    found: dict[Configuration, Summary] = {}
    points = {int(point.axes[ID]): point for point in data.points}
    for each in configurations(data):
        if expression.is_metric:
            summary = each.metrics.get(text)
        else:
            values = [expression.value(points[number].metrics) for number in each.ids]
            summary = summary_of([value for value in values if value is not None])
        if summary is not None and summary.mean is not None:
            found[each] = summary
    return found


def _shares(data: SweepData, expression: Expression, base: Mapping[str, str]) -> dict[Configuration, Summary]:
    values = {_place(point.axes): expression.value(point.metrics) for point in data.points}
    axes = {int(point.axes[ID]): point.axes for point in data.points}
    found = {}
    for each in configurations(data):
        pairs = [(values[_place(axes[i])], values.get(_place({**axes[i], **base}))) for i in each.ids]
        if shares := [value / whole for value, whole in pairs if value is not None and whole]:
            found[each] = summary_of(shares)
    return found


def _place(axes: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(value for name, value in axes.items() if name != ID)


def labelled(data: SweepData) -> dict[Configuration, str]:
    """Return the names that designs were given, by the sweep or in marks; a design may bear several."""
    found: dict[Configuration, list[str]] = {}
    for each in configurations(data):
        names = [text for text, axes in data.labels.items() if all(each.axes.get(k) == v for k, v in axes.items())]
        names += [text for number, text in data.marks.items() if number in each.ids]
        if names:
            found[each] = names
    return {each: ", ".join(names) for each, names in found.items()}


def interval_text(data: SweepData) -> str:
    """Return what values and intervals are, for captions."""
    return "one seed" if data.seeds == 1 else f"means over {data.seeds} seeds with 95 % confidence intervals"


def _cells(data: SweepData) -> tuple[list[str], list[list[str]]]:
    names = data.tabled
    found = configurations(data)
    axes = list(data.axes)
    rows = [
        [*(each.axes[name] for name in axes), *(_shown(each.metrics.get(name)) for name in names)] for each in found
    ]
    head = [*axes, *map(label, names)]
    if all(each.status == OK for each in found):
        return head, rows
    states = [f"{each.status}: {each.message}" if each.message and each.status != OK else each.status for each in found]
    return [*head, "status"], [[*row, printable(state)] for row, state in zip(rows, states, strict=True)]


def _shown(summary: Summary | None) -> str:
    if summary is None or summary.mean is None:
        return MISSING
    mean = significant(summary.mean, NOMINAL_DIGITS)
    return mean if not summary.half_width else f"{mean} ± {significant(summary.half_width, 2)}"


def configurations_table(data: SweepData) -> str:
    """Return the configurations as a table in Markdown."""
    head, rows = _cells(data)
    lines = [f"# {data.name}", ""]
    if data.description:
        lines += [data.description, ""]
    lines += [f"{_about(data)}.", ""]
    lines += [_row(cells) for cells in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _about(data: SweepData) -> str:
    return "One seed" if data.seeds == 1 else f"Means over {data.seeds} seeds, with 95 % confidence intervals"
