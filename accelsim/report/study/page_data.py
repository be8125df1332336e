"""What the page of a sweep knows: designs, metrics and analyses as plain data, in the units that the page shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

from accelsim.report.quantity import axis, printable, typeset
from accelsim.report.study.breakdown import KINDS
from accelsim.report.study.configurations import Configuration, configurations, labelled
from accelsim.report.study.data import SweepData
from accelsim.report.study.limits import bounds
from accelsim.report.study.page_effects import effects_data
from accelsim.report.study.page_metrics import Scale, level_text, rounded

BREAKDOWN_TITLES = dict(zip(KINDS, ("Energy", "Area", "Busy cycles"), strict=True))


def page_data(data: SweepData) -> dict[str, Any]:
    """Return everything that the page's scripts read, ready for JSON.

    Designs are configurations, told by their place in lists; metrics likewise. Values are means over seeds, rounded to
    a few digits, in the unit that the metric's label names.
    """
    designs = configurations(data)
    names = dict.fromkeys([*data.tabled, *data.metrics])
    scales = {name: Scale(name, designs) for name in names}
    numbers = {name: at for at, name in enumerate(scales)}
    directions = {goal.metric: goal.direction for goal in data.objectives}
    return {
        "engine": data.engine,
        "seeds": data.seeds,
        "axes": [
            {"name": printable(name), "short": printable(data.short(name)), "levels": [*map(level_text, levels)]}
            for name, levels in data.axes.items()
        ],
        "metrics": [scale.data(directions.get(name)) for name, scale in scales.items()],
        "objectives": [numbers[name] for name in directions],
        "tabled": [numbers[name] for name in data.tabled],
        "constraints": list(_constraints(data, scales, numbers)),
        "designs": _designs(data, designs),
        "effects": [effects_data(data, scales[name], numbers[name]) for name in directions],
        "breakdown": list(_breakdown(data, designs)),
    }


def _designs(data: SweepData, designs: Sequence[Configuration]) -> dict[str, Any]:
    """Return columns with an entry for each design; of its axes, the places of their values."""
    labels = labelled(data)
    places = {name: {level: at for at, level in enumerate(levels)} for name, levels in data.axes.items()}
    return {
        "ids": [design.ids for design in designs],
        "levels": [[place[design.axes[name]] for design in designs] for name, place in places.items()],
        "status": [printable(design.status) for design in designs],
        "message": [printable(design.message) for design in designs],
        "labels": [printable(labels[design]) if design in labels else None for design in designs],
    }


def _constraints(data: SweepData, scales: Mapping[str, Scale], numbers: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """Yield the constraints that a chart can draw."""
    for each in bounds(data):
        if each.metric in scales:
            scale = scales[each.metric]
            at, unit = scale.of(each.value), "" if scale.unit == "1" else f" {scale.unit}"
            text = f"{scale.words} {each.comparison} {at}{unit}"
            yield {"metric": numbers[each.metric], "bound": at, "text": text}


def _breakdown(data: SweepData, designs: Sequence[Configuration]) -> Iterator[dict[str, Any]]:
    for kind, title in BREAKDOWN_TITLES.items():
        points = data.breakdown.get(kind, {})
        parts = list(dict.fromkeys(part for values in points.values() for part in values))
        if not parts:
            continue
        text, factor = axis(kind, [sum(values.values()) for values in points.values()])
        unit = typeset(text).rpartition("[")[2].removesuffix("]")
        yield {
            "title": title,
            "label": typeset(text),
            "unit": "cycles" if unit == "1" else unit,
            "parts": [*map(printable, parts)],
            "rows": [_parts([points[i] for i in design.ids if i in points], parts, factor) for design in designs],
        }


def _parts(points: Sequence[Mapping[str, float]], parts: Iterable[str], factor: float) -> list[float | int] | None:
    """Return means over the seeds of a design, or None if none has parts."""
    if not points:
        return None
    return [rounded(fmean(values.get(part, 0.0) for values in points) * factor) for part in parts]
