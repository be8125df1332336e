"""Metrics of a sweep as its page shows them: few digits, in a unit that fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accelsim.report.quantity import axis, is_share, printable, typeset
from accelsim.report.study.configurations import Configuration

DIGITS = 6
"""Significant digits of numbers on the page; `points.csv` has all of them."""
BOUNDS = ("_low", "_high")
MORE_IS_BETTER = ("accuracy", "lifetime", "mission_time", "margin")
"""How metrics begin of which much is good, where no objective says so."""


class Scale:
    """A metric of all designs in the unit that fits its values; bounds of an estimate are in that of the estimate.

    Attributes
    ----------
    label, words, unit : `energy training [µJ]` and its two parts; the unit of a plain number is `1`
    factor : from the unit of the metric's name to that one
    """

    def __init__(self, name: str, designs: Sequence[Configuration]) -> None:
        self.name = name
        self._summaries = [design.metrics.get(name) for design in designs]
        nominal = [design.metrics.get(name.removesuffix("_low").removesuffix("_high")) for design in designs]
        shown = nominal if any(nominal) else self._summaries
        self._is_bound = name.endswith(BOUNDS) and any(nominal)
        label, self.factor = axis(name, [each.mean for each in shown if each is not None and each.mean is not None])
        self.label = typeset(printable(label))
        self.words, _, unit = self.label.rpartition(" [")
        self.unit = unit.removesuffix("]")

    def of(self, value: float | None) -> float | int | None:
        """Return a value of the metric in the unit of the page."""
        return None if value is None else rounded(value * self.factor)

    def data(self, direction: str | None) -> dict[str, Any]:
        """Return the metric for the page; `direction` is that of the objective, if it is one."""
        usual = "max" if self.name.startswith(MORE_IS_BETTER) else "min"
        halves = [each and self.of(each.half_width) for each in self._summaries]
        means = [each.mean for each in self._summaries if each is not None and each.mean is not None]
        return {
            "name": printable(self.name),
            "label": self.label,
            "words": self.words,
            "unit": self.unit,
            "better": direction or usual,
            "group": "objective" if direction else "bound" if self._is_bound else "metric",
            "values": [each and self.of(each.mean) for each in self._summaries],
            "half": halves if any(halves) else None,
            "share": is_share(self.name) and all(0 <= mean <= 1 for mean in means),
        }


def rounded(value: float) -> float | int:
    """Return a number with `DIGITS` significant digits."""
    short = float(f"{value:.{DIGITS}g}")
    return int(short) if short.is_integer() else short


def level_text(text: str) -> str:
    """Return the value of an axis as the page shows it; axes that do not apply have an empty one."""
    return printable(text) or "none"
