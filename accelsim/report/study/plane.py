"""Designs as marks in the plane of two metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from accelsim.report.hover import tell_marks
from accelsim.report.study.configurations import Configuration, configurations
from accelsim.report.study.data import SweepData
from accelsim.report.study.front import value
from accelsim.report.study.limits import Bound, draw_bounds
from accelsim.report.study.placing import place_names
from accelsim.report.study.scales import keep_in_shares, log_scale, metric_scale, short, told

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DECADES = 10.0
"""Ratio of the largest to the smallest value from which on a scale is logarithmic."""
ALIKE = 1e-3
"""Share of a value below which differences are rounding, not news."""
AROUND = 0.05
"""Share of a value to each side that is shown of values that are alike."""
MOST_HOVER = 300
"""Marks of a kind that tell what they are; the table tells the rest."""


def alike(values: Sequence[float]) -> bool:
    """Return whether values differ by so little that a scale of their own would blow it up."""
    return bool(values) and max(values) - min(values) < ALIKE * max(map(abs, values))


class Plane:
    """Designs in the plane of two metrics."""

    def __init__(self, data: SweepData, across: str, up: str, axes: Axes) -> None:
        self.data, self.across, self.up, self.axes = data, across, up, axes
        designs = [each for each in configurations(data) if None not in (value(each, across), value(each, up))]
        self._scales = {}
        self._values: dict[str, list[float]] = {}
        for metric, set_label, which in ((across, axes.set_xlabel, "x"), (up, axes.set_ylabel, "y")):
            values = [found for each in designs if (found := value(each, metric)) is not None]
            text, factor = metric_scale(data, metric, values)
            self._scales[metric] = factor
            set_label(short(text))
            self._values[metric] = values
            if values and min(values) > 0 and max(values) > DECADES * min(values):
                log_scale(axes, which)

    def place(self, design: Configuration) -> tuple[float, float]:
        """Where a design is."""
        x, y = (value(design, metric) for metric in (self.across, self.up))
        assert x is not None
        assert y is not None
        return x * self._scales[self.across], y * self._scales[self.up]

    def draw(self, designs: Sequence[Configuration], label: str, linestyle: str = "", **look: Any) -> None:
        """Draw marks of a kind."""
        if not designs:
            return
        x, y = zip(*map(self.place, designs), strict=True)
        (line,) = self.axes.plot(x, y, linestyle=linestyle, label=label, **look)
        if len(designs) <= MOST_HOVER:
            tell_marks(line, [self._told(each) for each in designs])

    def intervals(self, designs: Sequence[Configuration], colour: str) -> None:
        """Draw the intervals of designs over seeds."""
        halves = [
            [(each.metrics[metric].half_width or 0.0) * self._scales[metric] for each in designs]
            for metric in (self.across, self.up)
        ]
        if any(map(any, halves)):
            x, y = zip(*map(self.place, designs), strict=True)
            self.axes.errorbar(x, y, halves[1], halves[0], fmt="none", ecolor=colour, capsize=2, linewidth=0.8)

    def bound(self, found: Sequence[Bound]) -> list[Bound]:
        """Draw constraints, when all marks are there; returns those that are too far off to be drawn."""
        self.axes.margins(0.12)
        for metric, set_limits in ((self.across, self.axes.set_xlim), (self.up, self.axes.set_ylim)):
            if alike(values := self._values[metric]):
                room = AROUND * max(map(abs, values))
                set_limits(*(end * self._scales[metric] for end in (min(values) - room, max(values) + room)), auto=True)
        across, up = ((metric, self._scales[metric]) for metric in (self.across, self.up))
        beyond = draw_bounds(self.axes, found, across, up)
        for which, metric in (("x", self.across), ("y", self.up)):
            keep_in_shares(self.axes, which, metric, self._values[metric])
        return beyond

    def name(
        self, texts: Mapping[Configuration, str], marks: Sequence[Configuration], first: tuple[int, int] = (1, 1)
    ) -> None:
        """Write names of designs, as many as there is room for, where they cover no other of the marks."""
        by_place: dict[tuple[float, float], list[str]] = {}
        for each, text in texts.items():
            by_place.setdefault(self.place(each), []).append(text)
        place_names(self.axes, {at: " ".join(some) for at, some in by_place.items()}, [*map(self.place, marks)], first)

    def _told(self, design: Configuration) -> str:
        figures = ", ".join(told(metric, value(design, metric) or 0.0) for metric in (self.across, self.up))
        return f"#{design.ids[0]} {self.data.named(design.axes)}: {figures}"
