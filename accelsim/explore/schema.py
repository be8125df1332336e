"""The schema of a sweep document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from accelsim.config.model import Model, PathError, PathErrors
from accelsim.config.node import Path
from accelsim.explore.constraints import Constraint, parse_constraint, unknown_metric
from accelsim.explore.figures import Figure, Label
from accelsim.metrics.expressions import Expression, ExpressionError, parse_expression

KINDS = ("architecture", "workload")
COLUMNS = ("id", "seed", "status", "message")
"""Columns of the table of points beside the axes and the metrics."""
DIGITS = 6
"""Digits of the values of a logarithmic range."""
MAX_VALUES = 100_000
_KEY_FORM = "`architecture.` or `workload.` and a key, such as `architecture.core.units.plasticity.lanes`"
_NUMBER = int | float


class Values(Model):
    """Values of an axis: given in one of four ways, and perhaps only under a condition."""

    values: tuple[Any, ...] | None = None
    """The values themselves, or mappings with a `name` each for an axis of named variants."""
    range: tuple[int, ...] | None = Field(default=None, min_length=2, max_length=3)
    """First and last whole number, both included, and the step if it is not 1."""
    log: tuple[_NUMBER, _NUMBER, int] | None = None
    """First and last value and how many: each is the same multiple of the one before. Whole numbers between whole
    ends without a unit."""
    linked: dict[str, tuple[Any, ...]] | None = None
    """Keys that change together, each with as many values as the others."""
    unit: str | None = None
    """Unit of the values of `range` or `log`, such as `MHz`."""
    when: dict[str, Any] = Field(default_factory=dict)
    """Other axes and the value, or values, that each must have for this axis to apply; else its keys stay as they
    are."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [name for name in ("values", "range", "log", "linked") if getattr(self, name) is not None]
        if len(ways) != 1:
            found = " and ".join(f"`{way}`" for way in ways) or "none of them"
            raise PathError(ways[1] if ways else "values", f"give `values`, `range`, `log` or `linked`, not {found}")
        problem = self._range_problem() or self._log_problem() or self._linked_problem()
        if problem is not None:
            raise problem
        if self.unit is not None and self.range is None and self.log is None:
            raise PathError("unit", "goes with `range` or `log`; write it into each of the values")
        return self

    def _range_problem(self) -> PathError | None:
        if self.range is None:
            return None
        first, last, *step = self.range
        if last < first:
            return PathError("range", f"ends at {last}, before it begins at {first}")
        if step and step[0] <= 0:
            return PathError("range", f"the step {step[0]} is not > 0")
        if (last - first) // (step[0] if step else 1) >= MAX_VALUES:
            return PathError("range", f"more than {MAX_VALUES} values")
        return None

    def _log_problem(self) -> PathError | None:
        if self.log is None:
            return None
        first, last, number = self.log
        if not 0 < first < last:
            return PathError("log", f"{first:g} to {last:g}: expected 0 < first < last")
        if not 2 <= number <= MAX_VALUES:
            return PathError("log", f"{number} values; expected 2 to {MAX_VALUES}")
        return None

    def _linked_problem(self) -> PathError | None:
        if self.linked is None:
            return None
        lengths = {len(values) for values in self.linked.values()}
        if len(lengths) != 1:
            told = ", ".join(f"{len(values)} of `{key}`" for key, values in self.linked.items()) or "no keys"
            return PathError("linked", f"expected as many values of each key, found {told}")
        for key in self.linked:
            if not is_key(key):
                return PathError(("linked", key), f"expected {_KEY_FORM}")
        return None

    def listed(self) -> tuple[Any, ...]:
        """The values; of linked keys, mappings from key to value."""
        if self.values is not None:
            return self.values
        if self.linked is not None:
            return tuple(dict(zip(self.linked, row, strict=True)) for row in zip(*self.linked.values(), strict=True))
        numbers = tuple(self._numbers())
        return tuple(f"{number:.{DIGITS}g} {self.unit}" for number in numbers) if self.unit else numbers

    def _numbers(self) -> Iterator[int | float]:
        if self.range is not None:
            first, last, *step = self.range
            yield from range(first, last + 1, *step)
            return
        assert self.log is not None
        low, high, number = self.log
        whole = isinstance(low, int) and isinstance(high, int) and self.unit is None
        for i in range(number):
            value = low * (high / low) ** (i / (number - 1))
            yield round(value) if whole else float(f"{value:.{DIGITS}g}")


class Column(Model):
    """A metric, or an expression of metrics, in tables."""

    metric: str
    """Name as in a result, `energy_total_pj`, or an expression: `energy_total_pj * latency_inference_us`."""
    name: str | None = Field(default=None, pattern="[A-Za-z_][A-Za-z0-9_]*")
    """Column of the expression in tables; its text without."""

    @property
    def column(self) -> str:
        """Its column in tables."""
        return self.name or self.metric

    @property
    def expression(self) -> Expression:
        """What is computed."""
        return parse_expression(self.metric)


class Objective(Column):
    """One to make small or large."""

    direction: Literal["min", "max"]
    """Which is better."""


class Search(Model):
    """How much of the space is tried, where not all of it."""

    points: int = Field(default=100, gt=0, le=MAX_VALUES)
    """Designs to try; each is run with every seed."""
    population: int = Field(default=20, gt=1, le=10_000)
    """Designs proposed at once, from what was found before: results do not depend on how many workers there are."""
    seed: int = Field(default=0, ge=0)
    """Of the choice of designs."""


class SweepDocument(Model):
    """Design points: combinations of the values of axes, for every seed."""

    sweep: str
    """Name of the sweep."""
    description: str = ""
    """What is studied, in a line."""
    architecture: str | Annotated[tuple[str, ...], Field(min_length=1)]
    """File, relative to this one, or name of a shipped one; several are an axis."""
    workload: str | Annotated[tuple[str, ...], Field(min_length=1)]
    """File, relative to this one, or name of a shipped one; several are an axis."""
    axes: dict[str, Values | tuple[Any, ...]] = Field(default_factory=dict)
    """Values by key, `architecture.<key>` or `workload.<key>`; or, by a name of your own, named choices that set
    several keys at once."""
    seeds: Annotated[int, Field(gt=0)] | tuple[Annotated[int, Field(ge=0)], ...] = 1
    """How many seeds from 0 on, or which."""
    objectives: tuple[Objective, ...] = ()
    """What is traded off."""
    constraints: tuple[str, ...] = ()
    """What a point must keep to, such as `area_mm2 < 2`, `energy_total_pj / sop < 30`, `fits`, or `limits` for all of
    a mission's."""
    method: Literal["grid", "random", "latin-hypercube", "nsga2", "tpe"] = "grid"
    """`grid`: every combination; otherwise some, drawn or searched for."""
    search: Search = Field(default_factory=Search)
    """Of every method but `grid`."""
    engine: Literal["compiled", "simpy"] = "compiled"
    """Timing engine."""
    columns: tuple[str | Column, ...] = ()
    """Metrics, or named expressions of them, that tables show beside the objectives."""
    figures: tuple[Figure, ...] = ()
    """What the report draws beside its own figures."""
    labels: dict[str, dict[str, Label]] = Field(default_factory=dict)
    """What the report calls some designs: by name, the values of the axes that make out one."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = [*self._axis_problems(), *self._when_problems(), *self._clashes(), *self._list_problems()]
        if problems:
            raise PathErrors(problems)
        return self

    def bases(self, kind: str) -> tuple[str, ...]:
        """Documents of a kind."""
        named = getattr(self, kind)
        return (named,) if isinstance(named, str) else named

    def values(self, axis: str) -> tuple[Any, ...]:
        """Values of an axis as they stand in the file, or follow from it."""
        if axis in KINDS:
            return self.bases(axis)
        found = self.axes[axis]
        return found.listed() if isinstance(found, Values) else found

    def labels_of(self, axis: str) -> tuple[Label, ...]:
        """How tables show the values of an axis."""
        return tuple(_label(value, is_key(axis) or axis in KINDS) for value in self.values(axis))

    def conditions(self, axis: str) -> dict[str, tuple[Label, ...]]:
        """Labels that other axes must have for this one to apply."""
        found = self.axes.get(axis)
        when = found.when if isinstance(found, Values) else {}
        return {name: tuple(given) if isinstance(given, list | tuple) else (given,) for name, given in when.items()}

    @property
    def names(self) -> tuple[str, ...]:
        """Every axis; several architectures or workloads come first."""
        return (*(kind for kind in KINDS if len(self.bases(kind)) > 1), *self.axes)

    @property
    def tabled(self) -> tuple[Column, ...]:
        """Columns of tables: objectives, then others."""
        others = (Column(metric=each) if isinstance(each, str) else each for each in self.columns)
        return (*self.objectives, *others)

    def unknown_columns(self, metrics: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
        """Keys of objectives and columns that name no metric of a run, and what is wrong with them."""
        for at, column in zip(self._places(), self.tabled, strict=True):
            if (message := unknown_metric(column.expression.metrics, metrics)) is not None:
                yield at, message

    def _places(self) -> list[Path]:
        goals: list[Path] = [("objectives", i, "metric") for i in range(len(self.objectives))]
        return goals + [
            ("columns", i) if isinstance(each, str) else ("columns", i, "metric") for i, each in enumerate(self.columns)
        ]

    def seed_list(self) -> tuple[int, ...]:
        """Every seed."""
        return tuple(range(self.seeds)) if isinstance(self.seeds, int) else self.seeds

    def constraint_list(self) -> tuple[Constraint, ...]:
        """Every constraint on metrics."""
        return tuple(found for text in self.constraints if (found := parse_constraint(text)) is not None)

    @property
    def must_fit(self) -> bool:
        """Whether a network that does not fit makes a point infeasible."""
        return any(parse_constraint(text) is None for text in self.constraints)

    def _axis_problems(self) -> Iterator[PathError]:
        for name, given in self.axes.items():
            at = ("axes", name)
            if name.split(".")[0] in KINDS:
                if not is_key(name):
                    yield PathError(at, f"expected {_KEY_FORM}")
                texts = [json.dumps(value) for value in self.values(name)]
            elif isinstance(given, Values) and given.linked is not None and "." not in name:
                texts = [json.dumps(value) for value in self.values(name)]
            elif "." in name or not all(isinstance(value, dict) for value in self.values(name)):
                yield PathError(at, f"expected {_KEY_FORM}, or the name of a list of mappings with a `name` each")
                continue
            else:
                yield from _linked_problems(at, self.values(name))
                texts = [json.dumps(value.get("name")) for value in self.values(name)]
            if not texts:
                yield PathError(at, "no values")
            for i, text in enumerate(texts):
                if text in texts[:i]:
                    yield PathError((*at, i), f"{text} is here twice")

    def _when_problems(self) -> Iterator[PathError]:
        before: list[str] = [kind for kind in KINDS if len(self.bases(kind)) > 1]
        for name in self.axes:
            for other, wanted in self.conditions(name).items():
                at = ("axes", name, "when", other)
                if other not in before:
                    listed = ", ".join(f"`{each}`" for each in before) or "none"
                    yield PathError(at, f"is no axis before this one; there are: {listed}")
                    continue
                labels = self.labels_of(other)
                for label in wanted:
                    if label not in labels:
                        yield PathError(at, f"`{other}` has no value {label!r}")
            before.append(name)

    def _clashes(self) -> Iterator[PathError]:
        """Keys that two axes set, and names that the table of points needs for itself."""
        owner: dict[str, str] = {}
        for name in self.axes:
            for key in self._keys(name):
                first = owner.setdefault(key, name)
                if first != name and not self._apart(first, name):
                    yield PathError(("axes", name), f"sets `{key}`, as does the axis `{first}`")
            if name in (*COLUMNS, *(column.column for column in self.tabled)):
                yield PathError(("axes", name), "is a column of the results already; choose another name")

    def _apart(self, first: str, second: str) -> bool:
        """Whether two axes never apply together."""
        ours, theirs = self.conditions(first), self.conditions(second)
        return any(name in theirs and not set(labels) & set(theirs[name]) for name, labels in ours.items())

    def _keys(self, axis: str) -> set[str]:
        if is_key(axis):
            return {axis}
        return {key for value in self.values(axis) if isinstance(value, dict) for key in value if key != "name"}

    def _list_problems(self) -> Iterator[PathError]:
        for kind in KINDS:
            for i, name in enumerate(self.bases(kind)):
                if name in self.bases(kind)[:i]:
                    yield PathError((kind, i), f"{name!r} is here twice")
        seeds = self.seed_list()
        if not seeds:
            yield PathError("seeds", "no values")
        for i, seed in enumerate(seeds):
            if seed in seeds[:i]:
                yield PathError(("seeds", i), f"{seed} is here twice")
        for i, text in enumerate(self.constraints):
            try:
                parse_constraint(text)
            except ValueError as error:
                yield PathError(("constraints", i), str(error))
        seen: list[str] = []
        for at, column in zip(self._places(), self.tabled, strict=True):
            try:
                column.expression  # noqa: B018
            except ExpressionError as error:
                yield PathError(at, f"{column.metric[:60]!r} is no metric: {error}")
            if column.column in seen:
                yield PathError(at, f"`{column.column}` is here twice")
            seen.append(column.column)
        if self.method in ("nsga2", "tpe") and not self.objectives:
            yield PathError("objectives", f"`method: {self.method}` searches for the best: name an objective")


def is_key(text: str) -> bool:
    """Whether a text is a key of one of the two documents, `architecture.<key>` or `workload.<key>`."""
    kind, *path = text.split(".")
    return kind in KINDS and bool(path) and all(path)


def _label(value: Any, plain: bool) -> Label:
    if not plain:
        named = value.get("name")
        return ", ".join(map(_text, value.values())) if named is None else named
    return json.dumps(value) if isinstance(value, dict | list | tuple) else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _linked_problems(at: tuple[str, ...], choices: tuple[dict[str, Any], ...]) -> Iterator[PathError]:
    for i, choice in enumerate(choices):
        if not isinstance(choice.get("name"), str | int | float):
            yield PathError((*at, i, "name"), "missing; expected a name for this choice")
        for key in choice:
            if key != "name" and not is_key(key):
                yield PathError((*at, i, key), f"expected `name` or {_KEY_FORM}")
