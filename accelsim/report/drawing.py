"""From a drawing function to files: one look for every figure, and the same bytes for the same data."""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accelsim.report.quantity import printable, typeset

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

INK, PAPER, MUTED = "#111112", "#fefeff", "#8a8a8a"
"""Text and axes, background, and what is not to be looked at; a page has its own for the first two."""
PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
"""Okabe and Ito's colours, told apart with any colour vision (jfly.uni-koeln.de/color, 2002), but black."""

WIDTH_IN = 4.4
"""Narrow, so that a phone shows the text at almost its own size."""
FOOTER_CHARACTERS = 84

_STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Arial", "Helvetica"],
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "legend.frameon": False,
    "text.parse_math": False,
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "savefig.facecolor": PAPER,
    "svg.fonttype": "none",
    "svg.hashsalt": "accelsim",
    **dict.fromkeys(
        (
            "text.color",
            "axes.edgecolor",
            "axes.labelcolor",
            "xtick.color",
            "ytick.color",
            "legend.labelcolor",
        ),
        INK,
    ),
}

_NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))


@dataclass(frozen=True)
class Drawn:
    """A finished figure.

    Attributes
    ----------
    name : file name without ending
    title, caption : one line; what to see and how to read it
    footer : seed, engine and data file
    svg, png : bytes of the files
    bare : the SVG without title and small print, for pages that set them as text
    """

    name: str
    title: str
    caption: str
    footer: str
    svg: bytes
    png: bytes
    bare: bytes

    def inline(self) -> str:
        """Return the bare SVG for use inside HTML: own identifiers, colours of the page, no declarations."""
        text = self.bare.decode("utf-8")
        text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
        text = re.sub(r'\s+xmlns(:\w+)?="[^"]*"', "", text)
        text = text.replace("xlink:href=", "href=")
        text = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{self.name}-", text)
        text = text.replace(INK, "currentColor")
        return text.replace("<svg ", f'<svg role="img" aria-labelledby="{self.name}-title" ', 1)


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the style of the reports, whatever the user's own matplotlib settings are."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def render(name: str, title: str, footer: str, draw: Callable[[FigureBase], str], *, height_in: float = 3.2) -> Drawn:
    """Draw a figure and save it as SVG and PNG.

    Parameters
    ----------
    draw : callable
        Draws into the empty figure it is given and returns the caption.
    footer : str
        Small print below the axes: what the figure was made from.
    height_in : float
        Height in inches.
    """
    from matplotlib.figure import Figure

    title, footer = typeset(printable(title)), typeset(printable(footer))
    svg, png, bare = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with house_style():
        figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
        # Title and small print belong to the outer figure: they keep clear of a legend in the inner one.
        caption = typeset(printable(draw(figure.add_subfigure(figure.add_gridspec()[0, 0]))))
        figure.savefig(bare, format="svg", metadata=_NO_METADATA, transparent=True)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")
        small = [line for part in (caption, footer) for line in textwrap.wrap(part, FOOTER_CHARACTERS)]
        figure.supxlabel("\n".join(small), x=0.01, ha="left", fontsize=6.5)
        figure.set_size_inches(WIDTH_IN, height_in + 0.25 + 0.12 * len(small))
        figure.savefig(svg, format="svg", metadata=_NO_METADATA)
        figure.savefig(png, format="png", dpi=200, metadata={"Software": None})
    return Drawn(name, title, caption, footer, svg.getvalue(), png.getvalue(), bare.getvalue())
