"""Constraints of a sweep: ``area_mm2 < 2``, ``energy_total_pj / sop < 30``, ``limits`` of the mission, or ``fits``.

A comparison of two expressions (see `accelsim.metrics.expressions`), in the units that the metrics' names end with. A
point that violates one is kept and marked infeasible, and is on no Pareto front. With ``fits``, so is a network that
the chip has no room for, which is a failure otherwise.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from accelsim.config.errors import did_you_mean
from accelsim.metrics.expressions import Expression, ExpressionError, Value, parse_comparison, parse_expression

INFEASIBLE = "infeasible"
"""Status of a point that violates a constraint."""
LIMITS, FAILED, MARGIN = "limits", "limits_failed", "margin_"
"""The constraint that stands for all limits of a mission, the metric that counts those that fail, and how the metrics
begin that tell what is left of each."""
FITS = "fits"
"""The constraint that a chip has room for its network."""

_COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@dataclass(frozen=True)
class Constraint:
    """Two expressions and how the first must compare with the second."""

    left: Expression
    comparison: str
    right: Expression

    def violation(self, metrics: Mapping[str, Value]) -> str | None:
        """Return why a point is infeasible; None if it is not."""
        left, right = self.left.value(metrics), self.right.value(metrics)
        if self._is_limits:
            if left is None:
                return "limits: the workload has no mission"
            return f"limits: {left} of the mission's fail{_failing(metrics)}" if left else None
        for side, value in ((self.left, left), (self.right, right)):
            if value is None:
                return f"{side.text} is missing"
        assert left is not None
        assert right is not None
        if _COMPARISONS[self.comparison](left, right):
            return None
        return f"{self.left.text} {left:.4g} is not {self.comparison} {right:g}"

    def excess(self, metrics: Mapping[str, Value]) -> float:
        """By how much a point violates it, for searches: positive if it does, infinite where a side is missing."""
        left, right = self.left.value(metrics), self.right.value(metrics)
        if left is None or right is None:
            return float("inf")
        beyond = left - right if self.comparison in ("<", "<=") else right - left
        return float(beyond) if self.violation(metrics) is None else max(float(beyond), 1e-300)

    def unknown(self, metrics: Mapping[str, Any]) -> str | None:
        """Return what is wrong with the metrics, if no run has them."""
        if self._is_limits and FAILED not in metrics:
            return f"`{LIMITS}` needs a workload with a `mission`"
        return unknown_metric((*self.left.metrics, *self.right.metrics), metrics)

    @property
    def _is_limits(self) -> bool:
        return self.left.metrics == (FAILED,) and self.left.is_metric


def unknown_metric(names: Iterable[str], metrics: Mapping[str, Any]) -> str | None:
    """Say which of some names is no metric of a run; None if all are."""
    for name in names:
        if name not in metrics:
            return f"`{name}` is no metric of a run{did_you_mean(name, metrics)}"
    return None


def parse_constraint(text: str) -> Constraint | None:
    """Return a constraint; None for `fits`, which is about points without metrics.

    Raises
    ------
    ValueError
        If it is none; the message says what to write.
    """
    if text.strip() == FITS:
        return None
    if text.strip() == LIMITS:
        return Constraint(parse_expression(FAILED), "<=", parse_expression("0"))
    try:
        constraint = Constraint(*parse_comparison(text))
    except ExpressionError as error:
        form = f"write it like `area_mm2 < 2`, `{LIMITS}` or `{FITS}`"
        raise ValueError(f"{text[:60]!r} is no constraint; {form}: {error}") from None
    if not (constraint.left.metrics or constraint.right.metrics):
        raise ValueError(f"{text[:60]!r} is no constraint; write it like `area_mm2 < 2`: there is no metric in it")
    return constraint


def violations(constraints: Iterable[Constraint], metrics: Mapping[str, Value]) -> str:
    """Return why a point is infeasible, in one line; empty if it is feasible."""
    return "; ".join(_violations(constraints, metrics))


def _violations(constraints: Iterable[Constraint], metrics: Mapping[str, Value]) -> Iterator[str]:
    for constraint in constraints:
        if (found := constraint.violation(metrics)) is not None:
            yield found


def _failing(metrics: Mapping[str, Value]) -> str:
    """Names of the limits of which less than nothing is left."""
    names = [name for name, left in metrics.items() if name.startswith(MARGIN) and left is not None and left < 0]
    return f": {', '.join(name.removeprefix(MARGIN) for name in names)}" if names else ""
