"""What a device must keep to: what was wanted, what was found, and how much is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from accelsim.technology.estimate import Estimate


@dataclass(frozen=True)
class Shown:
    """How a quantity is told: ``SI value x factor - offset`` in `unit`."""

    unit: str
    factor: float
    offset: float = 0.0

    def value(self, si: float) -> float:
        """Return an SI value in the unit."""
        return si * self.factor - self.offset


@dataclass(frozen=True)
class Limit:
    """One limit and what was found.

    Parameters
    ----------
    name, metric : of the limit, and of the figure it is about.
    shown : unit of the table.
    sense : whether the found value must be at most or at least the wanted one.
    wanted : in SI units.
    found : the estimate.
    source : who set the limit.
    zero : what a margin counts from, in SI units: the ambient of a temperature, else nothing.
    """

    name: str
    metric: str
    shown: Shown
    sense: Literal["max", "min"]
    wanted: float
    found: Estimate
    source: str
    zero: float = 0.0

    @property
    def passes(self) -> bool:
        """Whether the nominal value keeps to it."""
        return self._keeps(self.found.nominal)

    @property
    def passes_worst(self) -> bool:
        """Whether the worse end of the band does."""
        return self._keeps(self.found.high if self.sense == "max" else self.found.low)

    @property
    def margin(self) -> float | None:
        """Return how much is left at the nominal value, as a share of what was wanted; negative if it fails."""
        wanted = self.wanted - self.zero
        left = self.wanted - self.found.nominal if self.sense == "max" else self.found.nominal - self.wanted
        return left / wanted if wanted > 0 else None

    def row(self) -> dict[str, Any]:
        """Return the limit as a row of a table."""
        value = self.shown.value
        return {
            "limit": self.name,
            "metric": self.metric,
            "sense": self.sense,
            "unit": self.shown.unit,
            "wanted": value(self.wanted),
            "found": value(self.found.nominal),
            "found_low": value(self.found.low),
            "found_high": value(self.found.high),
            "margin_percent": None if self.margin is None else 100 * self.margin,
            "pass_nominal": self.passes,
            "pass_worst": self.passes_worst,
            "source": self.source,
        }

    def _keeps(self, value: float) -> bool:
        return value <= self.wanted if self.sense == "max" else value >= self.wanted
