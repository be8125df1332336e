"""Constraints of a sweep: ``area_mm2 < 2``, ``mission_time_h >= 24``, or ``limits`` for all of the mission's.

The grammar is a metric, one of ``<``, ``<=``, ``>``, ``>=`` and a number in the unit that the metric's name ends with;
nothing is evaluated. A point that violates one is kept and marked infeasible, and is on no Pareto front.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isinf
from typing import Any

from accelsim.config.errors import did_you_mean

INFEASIBLE = "infeasible"
"""Status of a point that was run and violates a constraint."""
LIMITS, FAILED = "limits", "limits_failed"
"""The constraint that stands for all limits of a mission, and the metric that counts those that fail."""

_COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"
_GRAMMAR = re.compile(rf"\s*([A-Za-z_][A-Za-z0-9_]*)\s*(<=|>=|<|>)\s*({_NUMBER})\s*")
_MAX_LENGTH = 200


@dataclass(frozen=True)
class Constraint:
    """A metric and what its nominal value must keep to."""

    metric: str
    comparison: str
    bound: float

    def violation(self, metrics: Mapping[str, float | int | None]) -> str | None:
        """Return why a point is infeasible; None if it is not."""
        value = metrics.get(self.metric)
        if self.metric == FAILED:
            if value is None:
                return "limits: the workload has no mission"
            return f"limits: {value} of the mission's fail" if value else None
        if value is None:
            return f"{self.metric} is missing"
        if _COMPARISONS[self.comparison](value, self.bound):
            return None
        return f"{self.metric} {value:.4g} is not {self.comparison} {self.bound:g}"

    def unknown(self, metrics: Mapping[str, Any]) -> str | None:
        """Return what is wrong with the metric, if no run has it."""
        if self.metric in metrics:
            return None
        if self.metric == FAILED:
            return "`limits` needs a workload with a `mission`"
        return f"`{self.metric}` is no metric of a run{did_you_mean(self.metric, metrics)}"


def parse_constraint(text: str) -> Constraint:
    """Return a constraint.

    Raises
    ------
    ValueError
        If it is none; the message says what to write.
    """
    if text.strip() == LIMITS:
        return Constraint(FAILED, "<=", 0)
    match = _GRAMMAR.fullmatch(text) if len(text) <= _MAX_LENGTH else None
    if match is None or isinf(float(match[3])):
        raise ValueError(f"{text[:60]!r} is no constraint; write it like `area_mm2 < 2`, or `{LIMITS}`")
    metric, comparison, bound = match.groups()
    return Constraint(metric, comparison, float(bound))


def violations(constraints: Iterable[Constraint], metrics: Mapping[str, float | int | None]) -> str:
    """Return why a point is infeasible, in one line; empty if it is feasible."""
    return "; ".join(found for constraint in constraints if (found := constraint.violation(metrics)) is not None)
