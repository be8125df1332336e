"""From a sweep to its design points, in an order that depends on the document only."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem, check
from accelsim.config.keys import unknown_key
from accelsim.config.model import Model
from accelsim.config.overrides import Override
from accelsim.explore.schema import SweepDocument, is_key

MAX_POINTS = 100_000

Label = str | int | float | bool | None


@dataclass(frozen=True)
class Choice:
    """One value of an axis.

    Attributes
    ----------
    label : str, number, bool or None
        How tables show it: the value itself, a list or mapping as JSON, or the name of a linked choice.
    settings : mapping of str to Override
        What it sets, by the keys of the sweep (`architecture.core.units.plasticity.lanes`).
    """

    label: Label
    settings: Mapping[str, Override]


@dataclass(frozen=True)
class Axis:
    """A name and its choices."""

    name: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Point:
    """A design point.

    Attributes
    ----------
    id : int
        Place in the grid.
    axes : mapping of str to label
    seed : int
    settings : mapping of str to Override
        Everything it sets, by the keys of the sweep.
    """

    id: int
    axes: Mapping[str, Label]
    seed: int
    settings: Mapping[str, Override]

    def overrides(self, kind: str) -> list[Override]:
        """What it sets in the architecture or in the workload."""
        return [override for key, override in self.settings.items() if key.split(".")[0] == kind]


def axes(plan: SweepDocument, document: Document) -> tuple[Axis, ...]:
    """The axes of a sweep; each setting remembers where it stands in the sweep's document."""
    return tuple(Axis(name, tuple(_choices(plan, document, name))) for name in plan.axes)


def _choices(plan: SweepDocument, document: Document, axis: str) -> Iterator[Choice]:
    for i, value in enumerate(plan.values(axis)):
        linked = not is_key(axis)
        values = {key: item for key, item in value.items() if key != "name"} if linked else {axis: value}
        settings = {
            key: Override(tuple(key.split(".")[1:]), item, document.locate(("axes", axis, i, key)))
            for key, item in values.items()
        }
        yield Choice(value["name"] if linked else _label(value), settings)


def _label(value: Any) -> Label:
    return json.dumps(value) if isinstance(value, dict | list | tuple) else value


def grid(plan: SweepDocument, document: Document) -> list[Point]:
    """Every combination, the first axis changing slowest, the seed fastest.

    Raises
    ------
    ConfigError
        If there are more than `MAX_POINTS`.
    """
    found = axes(plan, document)
    seeds = plan.seed_list()
    count = math.prod(len(axis.choices) for axis in found) * len(seeds)
    if count > MAX_POINTS:
        raise ConfigError(document.problem(("axes",), f"{count} points, more than the {MAX_POINTS} allowed"))
    combinations = product(product(*(axis.choices for axis in found)), seeds)
    return [_point(i, found, choices, seed) for i, (choices, seed) in enumerate(combinations)]


def _point(number: int, found: tuple[Axis, ...], choices: tuple[Choice, ...], seed: int) -> Point:
    labels = {axis.name: choice.label for axis, choice in zip(found, choices, strict=True)}
    settings = {key: override for choice in choices for key, override in choice.settings.items()}
    return Point(number, labels, seed, settings)


def check_keys(found: tuple[Axis, ...], document: Document, bases: Mapping[str, tuple[Document, type[Model]]]) -> None:
    """Every axis must lead to a key that the documents may have.

    Parameters
    ----------
    found : axes
    document : the sweep's
    bases : document and schema of the architecture and of the workload, by kind

    Raises
    ------
    ConfigError
        One problem for each unknown key.
    """
    problems: list[Problem] = []
    for axis in found:
        for i, choice in enumerate(axis.choices):
            for key in choice.settings:
                kind, *path = key.split(".")
                message = unknown_key(tuple(path), *bases[kind])
                if message is not None:
                    at = ("axes", axis.name) if is_key(axis.name) else ("axes", axis.name, i, key)
                    problems.append(document.problem(at, message))
    check(problems)
