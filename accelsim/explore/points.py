"""From a sweep to its design points, in an order that depends on the document only."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem, check
from accelsim.config.keys import unknown_key
from accelsim.config.model import Model
from accelsim.config.overrides import Override
from accelsim.explore.figures import Label
from accelsim.explore.schema import KINDS, SweepDocument, Values, is_key

MAX_POINTS = 100_000

Design = tuple[int, ...]
"""Which choice of each axis; 0 where an axis does not apply."""


@dataclass(frozen=True)
class Choice:
    """One value of an axis.

    Attributes
    ----------
    label : str, number, bool or None
        How tables show it: the value itself, a list or mapping as JSON, or the name of a named choice.
    settings : mapping of str to Override
        What it sets, by the keys of the sweep (`architecture.core.units.plasticity.lanes`).
    """

    label: Label
    settings: Mapping[str, Override]


@dataclass(frozen=True)
class Axis:
    """A name, its choices, and what other axes must be for it to apply."""

    name: str
    choices: tuple[Choice, ...]
    when: Mapping[str, tuple[Label, ...]] = field(default_factory=dict)

    def applies(self, labels: Mapping[str, Label]) -> bool:
        """Whether it applies, given the labels of the axes before it."""
        return all(labels[name] in wanted for name, wanted in self.when.items())


@dataclass(frozen=True)
class Point:
    """A design point.

    Attributes
    ----------
    id : int
        Place in the grid, or in the order in which a search tried it.
    axes : mapping of str to label
        None where an axis does not apply.
    seed : int
    settings : mapping of str to Override
        Everything it sets, by the keys of the sweep.
    bases : mapping of str to str
        Architecture and workload that it changes, by kind.
    """

    id: int
    axes: Mapping[str, Label]
    seed: int
    settings: Mapping[str, Override]
    bases: Mapping[str, str] = field(default_factory=dict)

    def overrides(self, kind: str) -> list[Override]:
        """What it sets in the architecture or in the workload."""
        return [override for key, override in self.settings.items() if key.split(".")[0] == kind]


class Space:
    """Every design of a sweep.

    Parameters
    ----------
    plan, document
        The sweep; each setting remembers where it stands in the document.
    """

    def __init__(self, plan: SweepDocument, document: Document) -> None:
        self.plan = plan
        self.axes = axes(plan, document)
        self._document = document

    def canonical(self, design: Sequence[int]) -> Design:
        """The same design, 0 for the axes that do not apply."""
        labels: dict[str, Label] = {}
        found: list[int] = []
        for axis, choice in zip(self.axes, design, strict=True):
            applies = axis.applies(labels)
            found.append(choice if applies else 0)
            labels[axis.name] = axis.choices[choice].label if applies else None
        return tuple(found)

    def designs(self) -> list[Design]:
        """Every design, the first axis changing slowest.

        Raises
        ------
        ConfigError
            If there are more than `MAX_POINTS` points.
        """
        seeds = len(self.plan.seed_list())
        found: list[tuple[Design, dict[str, Label]]] = [((), {})]
        for axis in self.axes:
            choices = [axis.choices if axis.applies(labels) else axis.choices[:1] for _, labels in found]
            if sum(map(len, choices)) * seeds > MAX_POINTS:
                count = math.prod(len(each.choices) for each in self.axes) * seeds
                message = f"{count} points, more than the {MAX_POINTS} allowed"
                raise ConfigError(self._document.problem(("axes",), message))
            found = [
                ((*design, i), {**labels, axis.name: choice.label if axis.applies(labels) else None})
                for (design, labels), some in zip(found, choices, strict=True)
                for i, choice in enumerate(some)
            ]
        if len(found) * seeds > MAX_POINTS:
            message = f"{len(found) * seeds} points, more than the {MAX_POINTS} allowed"
            raise ConfigError(self._document.problem(("axes",), message))
        return [design for design, _ in found]

    def points(self, designs: Sequence[Design], first: int = 0) -> list[Point]:
        """Points of some designs, the seed changing fastest, numbered from `first`."""
        runs = [(design, seed) for design in designs for seed in self.plan.seed_list()]
        return [self._point(first + i, design, seed) for i, (design, seed) in enumerate(runs)]

    def _point(self, number: int, design: Design, seed: int) -> Point:
        labels: dict[str, Label] = {}
        settings: dict[str, Override] = {}
        for axis, index in zip(self.axes, design, strict=True):
            applies = axis.applies(labels)
            labels[axis.name] = axis.choices[index].label if applies else None
            settings |= axis.choices[index].settings if applies else {}
        bases = {kind: str(labels.get(kind, self.plan.bases(kind)[0])) for kind in KINDS}
        return Point(number, labels, seed, settings, bases)


def axes(plan: SweepDocument, document: Document) -> tuple[Axis, ...]:
    """The axes of a sweep; each setting remembers where it stands in the sweep's document."""
    return tuple(Axis(name, tuple(_choices(plan, document, name)), plan.conditions(name)) for name in plan.names)


def _choices(plan: SweepDocument, document: Document, axis: str) -> Iterator[Choice]:
    given = plan.axes.get(axis)
    inside: tuple[str, ...] = ("values",) if isinstance(given, Values) and given.values is not None else ()
    for i, (value, label) in enumerate(zip(plan.values(axis), plan.labels_of(axis), strict=True)):
        if axis in KINDS:
            yield Choice(label, {})
            continue
        named = not is_key(axis)
        values = {key: item for key, item in value.items() if key != "name"} if named else {axis: value}
        settings = {}
        for key, item in values.items():
            at = ("axes", axis, "linked", key, i) if isinstance(given, Values) and given.linked else (
                ("axes", axis, *inside, i, key)
            )  # fmt: skip
            settings[key] = Override(tuple(key.split(".")[1:]), item, document.locate(at))
        yield Choice(label, settings)


def grid(plan: SweepDocument, document: Document) -> list[Point]:
    """Every combination, the first axis changing slowest, the seed fastest.

    Raises
    ------
    ConfigError
        If there are more than `MAX_POINTS`.
    """
    space = Space(plan, document)
    return space.points(space.designs())


def check_keys(
    found: tuple[Axis, ...], document: Document, bases: Mapping[tuple[str, str], tuple[Document, type[Model]]]
) -> None:
    """Every axis must lead to a key that the documents it applies to may have.

    Parameters
    ----------
    found : axes
    document : the sweep's
    bases : document and schema of every architecture and workload, by kind and name

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
                for (of, name), base in bases.items():
                    if of != kind or name not in axis.when.get(kind, (name,)):
                        continue
                    message = unknown_key(tuple(path), *base)
                    if message is not None:
                        at = ("axes", axis.name) if is_key(axis.name) else ("axes", axis.name, i, key)
                        problems.append(document.problem(at, message))
                        break
    check(dict.fromkeys(problems))
