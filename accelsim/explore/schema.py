"""The schema of a sweep document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from accelsim.config.model import Model, PathError, PathErrors
from accelsim.explore.constraints import Constraint, parse_constraint

KINDS = ("architecture", "workload")
COLUMNS = ("id", "seed", "status", "message")
"""Columns of the table of points beside the axes and the metrics."""
_KEY_FORM = "`architecture.` or `workload.` and a key, such as `architecture.core.units.plasticity.lanes`"


class Range(Model):
    """Evenly spaced whole numbers."""

    range: tuple[int, ...] = Field(min_length=2, max_length=3)
    """First and last value, both included, and the step if it is not 1."""

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        first, last, *step = self.range
        if last < first:
            raise PathError("range", f"ends at {last}, before it begins at {first}")
        if step and step[0] <= 0:
            raise PathError("range", f"the step {step[0]} is not > 0")
        return self

    def values(self) -> tuple[int, ...]:
        """The numbers."""
        first, last, *step = self.range
        return tuple(range(first, last + 1, *step))


class Objective(Model):
    """A metric to make small or large."""

    metric: str
    """Name as in a result: `energy_total_pj`, `accuracy_test`."""
    direction: Literal["min", "max"]


class SweepDocument(Model):
    """A grid of design points: every combination of the values of its axes, for every seed."""

    sweep: str
    """Name of the sweep."""
    description: str = ""
    """What is studied, in a line."""
    architecture: str
    """File, relative to this one, or name of a shipped one."""
    workload: str
    """File, relative to this one, or name of a shipped one."""
    axes: dict[str, Range | tuple[Any, ...]] = Field(default_factory=dict)
    """Values by key: `architecture.<key>` or `workload.<key>` with a list or a `range`. Under any other name stands a
    linked axis, a list of mappings that have a `name` and set several keys at once."""
    seeds: Annotated[int, Field(gt=0)] | tuple[Annotated[int, Field(ge=0)], ...] = (0,)
    """Seeds, or how many: 3 is [0, 1, 2]."""
    objectives: tuple[Objective, ...] = ()
    """Metrics whose best compromises the report shows."""
    constraints: tuple[str, ...] = ()
    """What a point must keep to, such as `area_mm2 < 2`, or `limits` for those of the workload's mission."""
    engine: Literal["compiled", "simpy"] = "compiled"
    """Timing engine."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = [*self._axis_problems(), *self._clashes(), *self._list_problems()]
        if problems:
            raise PathErrors(problems)
        return self

    def values(self, axis: str) -> tuple[Any, ...]:
        """Values of an axis as they stand in the file."""
        found = self.axes[axis]
        return found.values() if isinstance(found, Range) else found

    def seed_list(self) -> tuple[int, ...]:
        """Every seed."""
        return tuple(range(self.seeds)) if isinstance(self.seeds, int) else self.seeds

    def constraint_list(self) -> tuple[Constraint, ...]:
        """Every constraint."""
        return tuple(map(parse_constraint, self.constraints))

    def _axis_problems(self) -> Iterator[PathError]:
        for name, given in self.axes.items():
            at = ("axes", name)
            if name.split(".")[0] in KINDS:
                if not is_key(name):
                    yield PathError(at, f"expected {_KEY_FORM}")
                texts = [json.dumps(value) for value in self.values(name)]
            elif "." in name or isinstance(given, Range) or not all(isinstance(value, dict) for value in given):
                yield PathError(at, f"expected {_KEY_FORM}, or the name of a list of mappings with a `name` each")
                continue
            else:
                yield from _linked_problems(at, given)
                texts = [json.dumps(value.get("name")) for value in given]
            if not texts:
                yield PathError(at, "no values")
            for i, text in enumerate(texts):
                if text in texts[:i]:
                    yield PathError((*at, i), f"{text} is here twice")

    def _clashes(self) -> Iterator[PathError]:
        """Keys that two axes set, and names that the table of points needs for itself."""
        owner: dict[str, str] = {}
        for name in self.axes:
            for key in self._keys(name):
                first = owner.setdefault(key, name)
                if first != name:
                    yield PathError(("axes", name), f"sets `{key}`, as does the axis `{first}`")
            if name in (*COLUMNS, *(objective.metric for objective in self.objectives)):
                yield PathError(("axes", name), "is a column of the results already; choose another name")

    def _keys(self, axis: str) -> set[str]:
        if is_key(axis):
            return {axis}
        return {key for value in self.values(axis) if isinstance(value, dict) for key in value if key != "name"}

    def _list_problems(self) -> Iterator[PathError]:
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
        metrics = [objective.metric for objective in self.objectives]
        for i, metric in enumerate(metrics):
            if metric in metrics[:i]:
                yield PathError(("objectives", i, "metric"), f"`{metric}` is here twice")


def is_key(text: str) -> bool:
    """Whether a text is a key of one of the two documents, `architecture.<key>` or `workload.<key>`."""
    kind, *path = text.split(".")
    return kind in KINDS and bool(path) and all(path)


def _linked_problems(at: tuple[str, ...], choices: tuple[dict[str, Any], ...]) -> Iterator[PathError]:
    for i, choice in enumerate(choices):
        if not isinstance(choice.get("name"), str | int | float):
            yield PathError((*at, i, "name"), "missing; expected a name for this choice")
        for key in choice:
            if key != "name" and not is_key(key):
                yield PathError((*at, i, key), f"expected `name` or {_KEY_FORM}")
