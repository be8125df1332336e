"""Which points of a sweep nothing beats."""

from __future__ import annotations

from collections.abc import Sequence

from accelsim.report.study.data import INFEASIBLE, SIGNS, Objective, Point


def front(points: Sequence[Point], objectives: Sequence[Objective]) -> list[Point]:
    """Return the points that no other one dominates: is as good in every objective and better in one.

    Points that lack an objective or violate a constraint take no part. The order is that of the first objective, best
    first.
    """
    rated = [(tuple(_rate(point, goal) for goal in objectives), point) for point in feasible(points, objectives)]
    kept: list[tuple[tuple[float, ...], Point]] = []
    # A point comes after all that dominate it, and domination is transitive: the front so far decides.
    for rate, point in sorted(rated, key=lambda pair: pair[0]):
        if not any(_dominates(other, rate) for other, _ in kept):
            kept.append((rate, point))
    return [point for _, point in kept]


def _dominates(better: tuple[float, ...], worse: tuple[float, ...]) -> bool:
    return better != worse and all(a <= b for a, b in zip(better, worse, strict=True))


def complete(points: Sequence[Point], objectives: Sequence[Objective]) -> list[Point]:
    """Return the points that have every objective."""
    return [point for point in points if all(point.metrics.get(goal.metric) is not None for goal in objectives)]


def feasible(points: Sequence[Point], objectives: Sequence[Objective]) -> list[Point]:
    """Return the points that have every objective and keep to the constraints."""
    return [point for point in complete(points, objectives) if point.status != INFEASIBLE]


def _rate(point: Point, objective: Objective) -> float:
    value = point.metrics[objective.metric]
    assert value is not None
    return SIGNS[objective.direction] * value
