"""Figures and names of designs that a sweep declares, for its report.

They decide nothing about a run, so they are in no key of a point.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from accelsim.config.errors import check, choose_from, did_you_mean
from accelsim.config.model import Model, PathError
from accelsim.metrics.expressions import ExpressionError, parse_expression

if TYPE_CHECKING:
    from accelsim.config.document import Document
    from accelsim.explore.schema import SweepDocument

Label = str | int | float | bool | None
Kind = Literal["line", "bar", "scatter", "stack"]
BREAKDOWNS = ("energy_pj", "area_um2", "busy_cycles")
"""What a stack is of: energy and area by component, cycles by state and phase."""


class Figure(Model):
    """A figure of means over seeds: a metric over an axis, over another metric, or in its parts."""

    name: str = Field(pattern="^[a-z0-9_-]+$")
    """Of its files; a figure with the name of a standard one takes its place."""
    title: str = ""
    """Above it; made from what it shows without."""
    kind: Kind | None = None
    """`line` or `bar` over an axis, `scatter` of a metric over a metric or an axis, `stack` of the parts of a metric
    over an axis. By default `line` if `x` is an axis, else `scatter`."""
    x: str
    """An axis; of a `scatter` also a metric or an expression of metrics."""
    y: str
    """A metric or an expression of metrics; of a `stack` one of `energy_pj`, `area_um2`, `busy_cycles`."""
    lines: str | None = None
    """Axis with a colour and a marker for each of its values."""
    panels: str | None = None
    """Axis with a panel for each of its values."""
    where: dict[str, Label | tuple[Label, ...]] = Field(default_factory=dict)
    """Axes held at a value, or kept to several."""
    relative_to: dict[str, Label] = Field(default_factory=dict)
    """Values of axes: `y` is then a share of what it is in the design that has these and is the same otherwise, seed by
    seed, so that what all designs owe to a seed is not in the interval."""
    log: tuple[Literal["x", "y"], ...] = ()
    """Which scales are logarithmic."""

    def drawn_as(self, axes: tuple[str, ...]) -> Kind:
        """The kind, given the axes of the sweep."""
        return self.kind or ("line" if self.x in axes else "scatter")

    def held(self, axis: str) -> tuple[str, ...] | None:
        """Texts of the values that an axis is kept to; None if it is free."""
        if axis not in self.where:
            return None
        given = self.where[axis]
        return tuple(map(label_text, given if isinstance(given, tuple) else (given,)))

    def metrics(self, axes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """Metrics that it needs, by the key that asks for them."""
        stack = self.drawn_as(axes) == "stack"
        asked = ([] if stack else ["y"]) + ([] if self.x in axes else ["x"])
        return {key: parse_expression(getattr(self, key)).metrics for key in asked}

    def data(self, axes: tuple[str, ...]) -> dict[str, Any]:
        """All of it as plain data, for reports: values of axes as tables show them."""
        where = {axis: list(self.held(axis) or ()) for axis in self.where}
        base = {axis: label_text(value) for axis, value in self.relative_to.items()}
        return {**self.model_dump(mode="json"), "kind": self.drawn_as(axes), "where": where, "relative_to": base}


def label_text(label: Label) -> str:
    """How the table of points shows the value of an axis."""
    if label is None:
        return ""
    return json.dumps(label) if isinstance(label, bool) else str(label)


def check_figures(plan: SweepDocument, document: Document) -> None:
    """Check figures and labels against the axes of a sweep, which are known to be right.

    Raises
    ------
    ConfigError
        With everything that is wrong with them.
    """
    found = [*_figure_problems(plan), *_label_problems(plan)]
    check(document.problem(each.path, str(each)) for each in found)


def _figure_problems(plan: SweepDocument) -> Iterator[PathError]:
    """Everything that is wrong with the figures of a sweep."""
    seen: set[str] = set()
    for i, figure in enumerate(plan.figures):
        at = ("figures", i)
        if figure.name in seen:
            yield PathError((*at, "name"), f"{figure.name!r} is here twice")
        seen.add(figure.name)
        found = [*_scale_problems(figure, plan), *_axis_problems(figure, plan), *_where_problems(figure, plan)]
        for path, message in found:
            yield PathError((*at, *path), message)
        if not found and (free := _free(figure, plan)):
            keys = "`panels`" if figure.kind == "stack" else "`lines`, `panels`"
            for axis in free:
                yield PathError(at, f"also varies: `{axis}`; name it in {keys} or `where`")


def _label_problems(plan: SweepDocument) -> Iterator[PathError]:
    """Everything that is wrong with the names of designs: each must be that of exactly one."""
    for text, given in plan.labels.items():
        at = ("labels", text)
        found = list(_unknown(given, plan))
        yield from (PathError((*at, axis), message) for axis, message in found)
        if not found:
            yield from (PathError((*at, *path), message) for path, message in _design_problems(given, plan))


Found = Iterator[tuple[tuple[str | int, ...], str]]


def _scale_problems(figure: Figure, plan: SweepDocument) -> Found:
    kind = figure.drawn_as(plan.names)
    if figure.x not in plan.names:
        problem = _expression_problem(figure.x) if kind == "scatter" else ""
        if kind != "scatter":
            yield ("x",), f"`{figure.x}` is no axis{choose_from(figure.x, plan.names)}"
        elif problem:
            if all(map(str.isidentifier, figure.x.split("."))):  # a key can be meant for nothing but an axis
                yield ("x",), f"`{figure.x[:80]}` is no axis{choose_from(figure.x, plan.names)}"
            else:
                hint = did_you_mean(figure.x, plan.names)
                yield ("x",), f"{figure.x[:80]!r} is no axis{hint} and no metric: {problem}"
    elif "x" in figure.log and kind in ("bar", "stack"):
        yield ("log",), "bars stand side by side, not on a scale"
    elif "x" in figure.log and not _positive(plan.labels_of(figure.x)):
        yield ("log",), f"the values of `{figure.x}` are not numbers > 0"
    if kind != "stack":
        if problem := _expression_problem(figure.y):
            yield ("y",), f"{figure.y[:80]!r} is no metric: {problem}"
        return
    if figure.relative_to:
        yield ("relative_to",), "a `stack` shows parts themselves; leave it out"
    if figure.y not in BREAKDOWNS:
        yield ("y",), f"{figure.y!r} has no parts{choose_from(figure.y, BREAKDOWNS)}"
    if figure.lines is not None:
        yield ("lines",), "a `stack` has none; use `panels`"
    if "y" in figure.log:
        yield ("log",), "parts do not add up on a logarithmic scale"


def _axis_problems(figure: Figure, plan: SweepDocument) -> Found:
    shown = {figure.x: "x"}
    for key in ("lines", "panels"):
        axis = getattr(figure, key)
        if axis is None:
            continue
        if axis not in plan.names:
            yield (key,), f"`{axis}` is no axis{choose_from(axis, plan.names)}"
        elif axis in shown:
            yield (key,), f"`{axis}` is shown by `{shown[axis]}` already"
        shown.setdefault(axis, key)


def _where_problems(figure: Figure, plan: SweepDocument) -> Found:
    for axis, message in _unknown({axis: figure.held(axis) or () for axis in figure.where}, plan):
        yield ("where", axis), message
    for axis, message in _unknown(figure.relative_to, plan):
        yield ("relative_to", axis), message


def _unknown(given: Mapping[str, Any], plan: SweepDocument) -> Iterator[tuple[str, str]]:
    """Axes that a sweep does not have, and values that its axes do not have."""
    for axis, wanted in given.items():
        if axis not in plan.names:
            yield axis, f"`{axis}` is no axis{choose_from(axis, plan.names)}"
            continue
        known = list(map(label_text, plan.labels_of(axis))) + [""] * bool(plan.conditions(axis))
        texts = wanted if isinstance(wanted, tuple) else (label_text(wanted),)
        if not texts:
            yield axis, "no values"
        for text in texts:
            if text not in known:
                yield axis, f"`{axis}` has no value {text!r}{choose_from(text, filter(None, known))}"


def _free(figure: Figure, plan: SweepDocument) -> list[str]:
    """Axes that vary within one mark of a figure; a scatter has a mark for each design."""
    if figure.drawn_as(plan.names) == "scatter":
        return []
    named = (figure.x, figure.lines, figure.panels)
    return [
        axis
        for axis in plan.names
        if axis not in named and len(plan.labels_of(axis)) > 1 and len(figure.held(axis) or "..") > 1
    ]


def _design_problems(given: Mapping[str, Label], plan: SweepDocument) -> Found:
    """Whether values of axes are those of one design: each that varies and applies is given, and no other."""
    chosen: dict[str, str] = {}
    for axis in plan.names:
        applies = all(
            chosen.get(other, "") in map(label_text, wanted) for other, wanted in plan.conditions(axis).items()
        )
        labels = list(map(label_text, plan.labels_of(axis)))
        if not applies:
            if label_text(given.get(axis)):
                yield (axis,), f"`{axis}` does not apply to this design"
            chosen[axis] = ""
        elif given.get(axis) is not None:
            chosen[axis] = label_text(given[axis])
        elif len(labels) > 1:
            yield (), f"also varies: `{axis}`; give its value"
            return
        else:
            chosen[axis] = labels[0]


def _expression_problem(text: str) -> str:
    try:
        parse_expression(text)
    except ExpressionError as error:
        return str(error)
    return ""


def _positive(labels: tuple[Label, ...]) -> bool:
    """Whether labels are numbers > 0, perhaps with a unit."""
    try:
        return all(float(str(label).split()[0]) > 0 for label in labels if not isinstance(label, bool))
    except (ValueError, IndexError):
        return False
