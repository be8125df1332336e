"""What the figures of a sweep have in common: labels, positions of values on an axis, marks, and small print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import accelsim
from accelsim.metrics.expressions import parse_expression
from accelsim.report.drawing import STROKES
from accelsim.report.quantity import MISSING, axis, is_share, label, printable, significant, typeset, unit_of
from accelsim.report.study.data import SweepData

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = "os^DvPX*"
"""As many as there are colours and two, so that colour and marker together tell 24 series apart."""
CLOSEST = 0.08
"""Share of an axis by which the labels of two of its values must be apart."""
LONGEST = 36
"""Characters of a label that fit along the axis of a small figure."""
SHARES = (-0.02, 1.02)
"""Ends of a scale of shares, with room for marks at 0 and 1."""
MANY = 300
"""Ratio of the ends of a logarithmic scale from which on only powers of ten are labelled."""
MOST_LEVEL = 22
"""Characters of a value below an axis, where it stands aslant."""
LONG = 5
"""Characters of a value above which those of an axis are written aslant."""


def metric_scale(data: SweepData, text: str, values: Sequence[float]) -> tuple[str, float]:
    """Return the label of an axis for a metric or an expression of metrics, and the factor to the unit in it."""
    expression = data.expressions.get(text)
    if expression is None and not parse_expression(text).is_metric:
        return text, 1.0
    if expression is None or unit_of(text) or _is_ratio(expression):
        return axis(text, list(values))
    return next((shown for shown in (f"{text} = {expression}", expression) if len(shown) <= LONGEST), text), 1.0


def _is_ratio(expression: str) -> bool:
    """Whether an expression is one metric over another of the same unit."""
    parts = expression.split(" / ")
    return len(parts) == 2 and all(map(str.isidentifier, parts)) and unit_of(parts[0]) == unit_of(parts[1])


def told(text: str, value: float) -> str:
    """Return a number with the label of its metric: `energy total [pJ] 12.3`."""
    shown, factor = axis(text, [value]) if unit_of(text) else (label(text), 1.0)
    return f"{shown} {significant(value * factor, 4)}"


def style(number: int) -> tuple[str, str]:
    """Return colour and marker of a series."""
    return STROKES[number % len(STROKES)], MARKERS[number % len(MARKERS)]


def numbers(levels: Sequence[str]) -> tuple[list[float], str] | None:
    """Return the values of an axis as numbers and their unit; None if they are none, or have several units."""
    pairs = [level.split() for level in levels]
    try:
        found = [float(pair[0]) for pair in pairs]
    except (ValueError, IndexError):
        return None
    units = {" ".join(pair[1:]) for pair in pairs}
    return (found, units.pop()) if len(units) == 1 else None


def log_scale(axes: Axes, which: str, base: int = 10) -> None:
    """Make an axis logarithmic, its ticks plain numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    class Few(LogLocator):
        """Ticks at 1, 2 and 5 of each decade, or at 1 alone where there are many decades."""

        def tick_values(self, vmin: float, vmax: float) -> Any:
            self.set_params(subs=(1.0, 2.0, 5.0) if base == 10 and vmax < MANY * vmin else (1.0,))
            return super().tick_values(vmin, vmax)

    (axes.set_xscale if which == "x" else axes.set_yscale)("log", base=base)
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(Few(base, numticks=7))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def keep_in_shares(axes: Axes, which: str, metric: str, means: Sequence[float]) -> None:
    """Let a scale of shares end about where shares do, whatever their intervals; the last thing done to an axis."""
    if not is_share(metric) or not means or min(means) < 0 or max(means) > 1:
        return
    low, high = axes.get_xlim() if which == "x" else axes.get_ylim()
    if low < SHARES[0] or high > SHARES[1]:
        (axes.set_xlim if which == "x" else axes.set_ylim)(max(low, SHARES[0]), min(high, SHARES[1]))


def spread_levels(axes: Axes, data: SweepData, name: str, levels: Sequence[str], *, log: bool = False) -> list[float]:
    """Lay the values of a sweep's axis out along x, as numbers where they are; returns their places."""
    found = numbers(levels)
    if found is None:
        stand_levels(axes, data, name, levels)
        return [float(i) for i in range(len(levels))]
    places, unit = found
    if log:
        log_scale(axes, "x", 2 if _doubles(places) else 10)
    low, high = min(places), max(places)
    apart = [(b - a) / (high - low) for a, b in zip(sorted(places), sorted(places)[1:], strict=False)]
    if log or (apart and min(apart) >= CLOSEST and len(places) <= 1 / CLOSEST):
        axes.set_xticks(places, [f"{place:g}" for place in places])
        axes.minorticks_off()
    axes.set_xlabel(short(data.short(name) + (f" [{unit}]" if unit else "")))
    return places


def _doubles(places: Sequence[float]) -> bool:
    return all(place > 0 and float(place).hex().startswith("0x1.0000000000000p") for place in places)


def stand_levels(axes: Axes, data: SweepData, name: str, levels: Sequence[str]) -> None:
    """Put the values of a sweep's axis side by side along x."""
    shown = [short(level or MISSING, MOST_LEVEL) for level in levels]
    aslant = sum(map(len, shown)) > 30 or (len(shown) > 2 and max(map(len, shown), default=0) > LONG)
    turned: dict[str, Any] = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if aslant else {}
    axes.set_xticks(range(len(shown)), shown, **turned)
    axes.set_xlabel(short(data.short(name)))


def short(text: str, most: int = 44) -> str:
    """Return a text for a figure, cut if it is too long for one."""
    shown = typeset(printable(text))
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def legend_of(panels: Iterable[Axes]) -> tuple[list[Any], list[str]]:
    """Return handles and labels of all panels, each label once."""
    found: dict[str, Any] = {}
    for axes in panels:
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(name, handle)
    return list(found.values()), list(found)


def footer(data: SweepData) -> str:
    """Return the small print of a figure."""
    return f"sweep {data.name}; {seeds(data)}, engine {data.engine}; accelsim {accelsim.__version__}"


def seeds(data: SweepData) -> str:
    """Return how many seeds there are."""
    return "1 seed" if data.seeds == 1 else f"{data.seeds} seeds"


def legend_columns(names: Sequence[str]) -> int:
    """Return how many columns of a legend the names leave room for."""
    longest = max(map(len, names), default=0)
    return next((columns for columns, most in ((3, 16), (2, 28)) if longest <= most), 1)
