"""Heat maps as shapes, not as a picture: sharp at any size, each cell tells its value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from accelsim.report.hover import tell_shapes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = "cividis_r"
"""From light to dark, read alike with any colour vision."""
STEPS = 32
"""Colours of the map; few enough that its legend is drawn as shapes too."""
DARK_TEXT, LIGHT_TEXT = "#000001", "#ffffff"
"""Not quite black: a page swaps the colour of black text for its own, a cell keeps its colour."""


def heat(axes: Axes, cells: Sequence[tuple[int, int, float]], told: Sequence[str], *, most: float, label: str) -> Any:
    """Draw square cells and the legend of their colours.

    Parameters
    ----------
    cells : column, row and value, those without a value left out.
    told : what to say over each of them.
    most : value of the darkest colour; that of the lightest is 0.
    label : of the colours, with the unit.

    Returns
    -------
    The drawn cells, whose `to_rgba` gives the colour of a value.
    """
    import matplotlib
    from matplotlib.collections import PolyCollection

    corners = ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))
    drawn = PolyCollection(
        [[(x + dx, y + dy) for dx, dy in corners] for x, y, _ in cells],
        cmap=matplotlib.colormaps[COLOURS].resampled(STEPS), edgecolors="face", linewidths=0.3,
    )  # fmt: skip
    drawn.set_array([value for *_, value in cells])
    drawn.set_clim(0, most or 1)
    tell_shapes(drawn, told)
    axes.add_collection(drawn, autolim=False)
    across, up = (1 + max(cell[i] for cell in cells) - min(cell[i] for cell in cells) for i in (0, 1))
    axes.figure.colorbar(drawn, ax=axes, label=label, location="bottom" if across > up else "right", fraction=0.08)
    return drawn


def ink_on(colour: Sequence[float]) -> str:
    """Return the colour of text with more contrast on a background (W3C, WCAG 2.2, relative luminance)."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    luminance = 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    return LIGHT_TEXT if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else DARK_TEXT
