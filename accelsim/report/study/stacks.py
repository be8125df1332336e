"""Bars made of parts: what energy, area or cycles of designs consist of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from accelsim.report.drawing import MUTED, PALETTE
from accelsim.report.hover import tell
from accelsim.report.quantity import axis, significant
from accelsim.report.study.breakdown import largest_parts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_PARTS = 7
"""Parts with a colour of their own; the smaller ones are one."""
REST = "other"
THOUSANDS = {1.0: "[1]", 1e3: "[thousands]", 1e6: "[millions]", 1e9: "[billions]"}
"""How plain numbers are told, by the least of them."""


class Stacks:
    """The parts of some designs, with one colour for each part wherever it is drawn.

    Parameters
    ----------
    kind : one of `breakdown.KINDS`
    designs : parts of every design that will be drawn
    """

    def __init__(self, kind: str, designs: Sequence[Mapping[str, float]]) -> None:
        self._names = largest_parts(designs, MOST_PARTS)
        self._rest = any(value and part not in self._names for parts in designs for part, value in parts.items())
        totals = [sum(parts.values()) for parts in designs]
        self.label, self._factor = axis(kind, totals)
        if self.label.endswith("[1]"):
            power = max((power for power in THOUSANDS if power <= max(totals, default=0.0)), default=1.0)
            self.label, self._factor = self.label.replace("[1]", THOUSANDS[power]), 1 / power

    @property
    def names(self) -> list[str]:
        """Parts from the first drawn to the last."""
        return [*self._names, REST] if self._rest else self._names

    def draw(self, axes: Axes, designs: Sequence[Mapping[str, float]], told: Sequence[str], *, across: bool) -> None:
        """Draw a bar for each design, side by side or, if `across`, below each other."""
        starts = [0.0] * len(designs)
        for number, name in enumerate(self.names):
            values = [self._value(parts, name) for parts in designs]
            colour = MUTED if number == len(self._names) else PALETTE[number]
            look: dict[str, Any] = {"color": colour, "edgecolor": "white", "linewidth": 0.4, "label": name}
            places = range(len(designs))
            bars = (
                axes.barh(places, values, 0.7, left=starts, **look)
                if across
                else axes.bar(places, values, 0.7, bottom=starts, **look)
            )
            for bar, value, design in zip(bars, values, told, strict=True):
                tell(bar, f"{design}: {name} {significant(value, 3)} {self.label.rpartition('[')[2].rstrip(']')}")
            starts = [start + value for start, value in zip(starts, values, strict=True)]

    def _value(self, parts: Mapping[str, float], name: str) -> float:
        if name == REST and self._rest:
            return sum(value for part, value in parts.items() if part not in self._names) * self._factor
        return parts.get(name, 0.0) * self._factor
