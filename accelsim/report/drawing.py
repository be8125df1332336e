"""From a drawing function to files: one look for every figure, and the same bytes for the same data."""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from accelsim.report.hover import titled
from accelsim.report.quantity import printable, typeset

if TYPE_CHECKING:
    from matplotlib.figure import Figure, FigureBase

FORMATS = ("svg", "png", "pdf")
"""Endings of the files of a figure."""

INK, PAPER, MUTED = "#111112", "#fefeff", "#8a8a8a"
"""Text and axes, background, and what is not to be looked at; a page has its own for the first two."""
PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
"""Okabe and Ito's colours, told apart with any colour vision (jfly.uni-koeln.de/color, 2002), but black."""
STROKES = PALETTE[:-1]
"""Those that lines may have: a thin yellow one is lost on white."""

WIDTH_IN = 4.0
"""Narrow: on a screen 400 px wide, points become pixels 1.28 times as many."""
SMALL = 8.7
"""Smallest text inside a figure, 11 px there."""
TITLE_CHARACTERS = 48
FOOTER_CHARACTERS = 76

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
    "pdf.fonttype": 42,
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

_HOW: dict[str, dict[str, Any]] = {
    "svg": {"metadata": dict.fromkeys(("Date", "Creator", "Format", "Type"))},
    "png": {"metadata": {"Software": None}, "dpi": 200},
    "pdf": {"metadata": dict.fromkeys(("CreationDate", "Creator", "Producer"))},
}
"""How each format is saved: nothing in it that changes from day to day or from machine to machine."""

_POINTS = 72
"""An inch in the units of an SVG."""
_OUTSIDE = "sheet-"


@dataclass(frozen=True)
class Drawn:
    """A finished figure.

    Attributes
    ----------
    name : file name without ending
    title, caption : one line; what to see and how to read it
    footer : seed and engine
    source : names of the files with the data of the figure
    svg : the whole figure, with `<title>` elements that a pointer shows; text stays text
    formats : endings of the files it is written to, which a page links to
    """

    name: str
    title: str
    caption: str
    footer: str
    source: tuple[str, ...]
    svg: bytes
    _figure: Figure = field(repr=False, compare=False)
    _inner: tuple[float, float] = field(repr=False, compare=False)
    formats: tuple[str, ...] = FORMATS

    def file(self, ending: str) -> bytes:
        """Return the figure as a file: SVG, PNG of 200 dots an inch, or PDF with its fonts embedded."""
        if ending == "svg":
            return self.svg
        with house_style():
            return _saved(self._figure, ending)

    def inline(self) -> str:
        """Return the SVG for use inside HTML, where the page sets title and small print as text.

        It has own identifiers, the colours of the page, no background and no declarations.
        """
        top, height = self._inner
        text = self.svg.decode("utf-8")
        text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
        text = re.sub(rf'<g id="{_OUTSIDE}\d">.*?</g>', "", text, flags=re.DOTALL)
        text = re.sub(r'\s+xmlns(:\w+)?="[^"]*"', "", text)
        text = re.sub(
            r'<svg [^>]*?viewBox="0 0 (\S+) \S+"[^>]*>',
            rf'<svg role="img" aria-labelledby="title" viewBox="0 {top:g} \1 {height:g}">',
            text,
            count=1,
        )
        text = text.replace("xlink:href=", "href=").replace(f"fill: {PAPER}", "fill: none")
        text = re.sub(r'(\b(?:id|labelledby)="|url\(#|href="#)', rf"\g<1>{self.name}-", text)
        return text.replace(INK, "currentColor")


def in_formats(drawn: Iterable[Drawn], formats: Iterable[str]) -> list[Drawn]:
    """Return figures that are to be written in these formats."""
    chosen = tuple(dict.fromkeys(formats))
    return [replace(figure, formats=chosen) for figure in drawn]


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the style of the reports, whatever the user's own matplotlib settings are."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def render(
    name: str,
    title: str,
    footer: str,
    draw: Callable[[FigureBase], str],
    *,
    source: Sequence[str] = (),
    height_in: float = 3.2,
) -> Drawn:
    """Draw a figure; its files are made when they are asked for.

    Parameters
    ----------
    draw : callable
        Draws into the empty figure it is given and returns the caption.
    footer : str
        Small print below the axes: what the figure was made from.
    source : sequence of str
        Files beside the report that hold its data; a page links to them.
    height_in : float
        Height in inches.
    """
    from matplotlib.figure import Figure

    title, footer = typeset(printable(title)), typeset(printable(footer))
    with house_style():
        figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")  # what is drawn may ask for places
        # Title and small print belong to the outer figure: they keep clear of a legend in the inner one.
        inner = figure.add_subfigure(figure.add_gridspec()[0, 0])
        caption = typeset(printable(draw(inner)))
        # not bold: each font of a PDF takes long to cut down
        above = textwrap.wrap(title, TITLE_CHARACTERS) or [title]
        figure.suptitle("\n".join(above), x=0.01, ha="left", fontsize=11, gid=f"{_OUTSIDE}0")
        parts = [caption, footer, *([f"source: {', '.join(source)}"] if source else [])]
        small = [line for part in parts for line in textwrap.wrap(part, FOOTER_CHARACTERS)]
        figure.supxlabel("\n".join(small), x=0.01, ha="left", fontsize=6.5, gid=f"{_OUTSIDE}1")
        tall = height_in + 0.08 + 0.17 * len(above) + 0.12 * len(small)
        figure.set_size_inches(WIDTH_IN, tall)
        layout = figure.get_layout_engine()
        assert layout is not None
        layout.execute(figure)  # for good: every format has the same places
        figure.set_layout_engine("none")
        svg = titled(_saved(figure, "svg"))
    low, high = (edge / figure.dpi * _POINTS for edge in inner.bbox.intervaly)
    return Drawn(name, title, caption, footer, tuple(source), svg, figure, (tall * _POINTS - high, high - low))


def _saved(figure: Figure, ending: str) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format=ending, **_HOW[ending])
    return content.getvalue()
