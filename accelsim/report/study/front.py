"""Which designs of a sweep nothing beats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

from accelsim.report.study.configurations import Summary
from accelsim.report.study.data import INFEASIBLE, SIGNS, Objective


class Design(Protocol):
    """A point, or a configuration, whose metrics are means over seeds."""

    @property
    def status(self) -> str:
        """Whether it is feasible."""

    @property
    def metrics(self) -> Mapping[str, Any]:
        """Numbers or summaries by name."""


D = TypeVar("D", bound=Design)


def value(design: Design, metric: str) -> float | None:
    """Return a metric of a design, its mean if it is one of a configuration."""
    found = design.metrics.get(metric)
    number: float | None = found.mean if isinstance(found, Summary) else found
    return number


def front(designs: Sequence[D], objectives: Sequence[Objective]) -> list[D]:
    """Return the designs that no other one dominates: is as good in every objective and better in one.

    Designs that lack an objective or violate a constraint take no part. The order is that of the first objective, best
    first.
    """
    rated = [(rates(design, objectives), design) for design in feasible(designs, objectives)]
    kept: list[tuple[tuple[float, ...], D]] = []
    # A design comes after all that dominate it, and domination is transitive: the front so far decides.
    for rate, design in sorted(rated, key=lambda pair: pair[0]):
        if not any(_dominates(other, rate) for other, _ in kept):
            kept.append((rate, design))
    return [design for _, design in kept]


def _dominates(better: tuple[float, ...], worse: tuple[float, ...]) -> bool:
    return better != worse and all(a <= b for a, b in zip(better, worse, strict=True))


def complete(designs: Sequence[D], objectives: Sequence[Objective]) -> list[D]:
    """Return the designs that have every objective."""
    return [design for design in designs if all(value(design, goal.metric) is not None for goal in objectives)]


def feasible(designs: Sequence[D], objectives: Sequence[Objective]) -> list[D]:
    """Return the designs that have every objective and keep to the constraints."""
    return [design for design in complete(designs, objectives) if design.status != INFEASIBLE]


def rates(design: Design, objectives: Sequence[Objective]) -> tuple[float, ...]:
    """Return the objectives of a design that has them all, such that less is better."""
    found = [value(design, goal.metric) for goal in objectives]
    return tuple(SIGNS[goal.direction] * each for goal, each in zip(objectives, found, strict=True) if each is not None)
