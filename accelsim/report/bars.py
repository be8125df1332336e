"""Bars of the figures: stacked in few colours, with bands, names and numbers under the pointer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from accelsim.report.drawing import INK, MUTED, PALETTE, SMALL, WIDTH_IN
from accelsim.report.hover import tell
from accelsim.report.quantity import banded, printable, significant

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

Stack = dict[str, list[float]]
"""Values of a stacked bar chart: a list with a value for every bar, by the name of the layer."""

OTHER = "other"
MOST_BARS = 24
"""Components shown one by one; smaller ones are summed up."""
MOST_LETTERS = 24
"""Of the name of a bar; the middle of a longer one is left out."""
BAND = "Whiskers: band of the estimate, from the lowest to the highest figure that its sources allow."
EDGE: dict[str, Any] = {"edgecolor": INK, "linewidth": 0.4}
"""A bar of a pale colour keeps an outline on any background."""


def largest(rows: Sequence[Mapping[str, Any]], value: str) -> list[dict[str, Any]]:
    """Sum rows by component, largest first; what is beyond the most bars becomes one bar."""
    sums: dict[str, dict[str, Any]] = {}
    for row in rows:
        name = row["component"]
        bar = sums.setdefault(name, {"label": name, "members": [name], **dict.fromkeys(_with_band(value), 0.0)})
        for column in _with_band(value):
            bar[column] += row[column]
    bars = sorted(sums.values(), key=lambda bar: (-bar[value], bar["label"]))
    if len(bars) <= MOST_BARS:
        return bars
    rest = bars[MOST_BARS - 1 :]
    merged = {column: sum(bar[column] for bar in rest) for column in _with_band(value)}
    members = [bar["label"] for bar in rest]
    return [*bars[: MOST_BARS - 1], {"label": f"{OTHER} ({len(rest)})", "members": members, **merged}]


def _with_band(value: str) -> tuple[str, str, str]:
    return value, f"{value}_low", f"{value}_high"


def few(stack: Stack, most: int = len(PALETTE)) -> Stack:
    """Layers that get a colour of their own, the first ones, and the sum of the others."""
    names = list(stack)
    kept, rest = names[:most], names[most:]
    if not rest:
        return stack
    summed = [sum(column) for column in zip(*(stack[name] for name in rest), strict=True)]
    return {name: stack[name] for name in kept} | {f"{OTHER} ({len(rest)})": summed}


def stacked(
    bar: Callable[..., Any], at: Sequence[int], stack: Stack, base: str, told: Callable[[int, str], str], **size: float
) -> None:
    """Draw layers on top of each other with `axes.bar` or `axes.barh`.

    Parameters
    ----------
    base : `bottom` or `left`, where a layer begins.
    told : what to say over a layer of a bar, from the number of the bar and the name of the layer.
    """
    ends = [0.0] * len(at)
    for (name, values), colour in zip(stack.items(), (*PALETTE, MUTED), strict=False):
        drawn = bar(at, values, **{base: ends}, **size, **EDGE, color=colour, label=printable(name))
        for i, patch in enumerate(drawn):
            if values[i]:
                tell(patch, told(i, name))
        ends = [end + value for end, value in zip(ends, values, strict=True)]


def amount(value: float, unit: str) -> str:
    """Return a number as it is told over a mark."""
    return f"{significant(value, 3)} {unit}"


def bands(axes: Axes, bars: Sequence[Mapping[str, Any]], value: str, scale: float) -> None:
    """Draw the bands of horizontal bars."""
    nominal = [bar[value] * scale for bar in bars]
    ends = (
        [(bar[value] - bar[f"{value}_low"]) * scale for bar in bars],
        [(bar[f"{value}_high"] - bar[value]) * scale for bar in bars],
    )
    axes.errorbar(nominal, range(len(bars)), xerr=ends, fmt="none", ecolor=INK, elinewidth=0.8, capsize=2)


def with_band(bar: Mapping[str, Any], value: str, scale: float, unit: str) -> str:
    """Return what a bar says: its name, its value and its band."""
    low, middle, high = (bar[name] * scale for name in (f"{value}_low", value, f"{value}_high"))
    return f"{bar['label']}: {banded(middle, low, high, unit)}"


def name_bars(axes: Axes, bars: Sequence[Mapping[str, Any]]) -> None:
    """Name horizontal bars, the first one on top."""
    axes.set_yticks(range(len(bars)), [shortened(bar["label"]) for bar in bars], fontsize=SMALL)
    axes.invert_yaxis()
    axes.set_xlim(left=0)


def shortened(name: str) -> str:
    """Return a name that fits beside a bar."""
    name = printable(name)
    if len(name) <= MOST_LETTERS:
        return name
    half = MOST_LETTERS // 2
    return f"{name[: half - 1]}…{name[-half:]}"


def whole_numbers(axes: Axes) -> None:
    """Number the horizontal axis with integers."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))


def logarithmic(axes: Axes, which: Literal["x", "y"] = "x", numbers: int = 5) -> None:
    """Make an axis logarithmic, with a few plain numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis = getattr(axes, f"{which}axis")
    getattr(axes, f"set_{which}scale")("log")
    axis.set_major_locator(LogLocator(numticks=numbers))
    axis.set_major_formatter(FuncFormatter(_plain))
    axis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis=which, labelsize=SMALL)


def _plain(value: float, _: int) -> str:
    """A power of ten in few characters: `0.01`, `100`, `1e6`."""
    return f"{value:g}" if 1e-3 <= value < 1e5 else f"{value:.0e}".replace("e+0", "e").replace("e-0", "e-")


def legend(figure: FigureBase, axes: Axes) -> None:
    """Explain colours above the axes, in as many columns as the figure is wide."""
    handles, labels = axes.get_legend_handles_labels()
    labels = [shortened(label) for label in labels]
    widest = 0.56 * SMALL * max((len(label) for label in labels), default=1) + 2.9 * SMALL
    figure.legend(
        handles, labels, loc="outside upper left", ncols=max(1, int(72 * WIDTH_IN / widest)), fontsize=SMALL,
        columnspacing=1.2, handlelength=1.3, handletextpad=0.5,
    )  # fmt: skip
