"""What a pointer shows over a mark of a figure: `<title>` elements in its SVG, no scripts.

matplotlib writes the group identifier of an artist into the SVG. An artist that has something to tell carries it
there, and `titled` turns it into titles of the elements that were drawn for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape, unescape
from typing import TYPE_CHECKING

from accelsim.report.quantity import printable, typeset

if TYPE_CHECKING:
    from matplotlib.artist import Artist

_BETWEEN = "\x1f"  # printable() lets no control character through
_TELLS = {"one": r"(?=)", "marks": r"<use\b[^>]*?/>", "shapes": r"<path\b[^>]*?/>"}
_GROUP = re.compile(r"""<g id=(["'])tell-(one|marks|shapes):(.*?)\1>""", re.DOTALL)


def tell(artist: Artist, text: str) -> None:
    """Say something over the whole of an artist: a bar, an area."""
    _carry(artist, "one", [text])


def tell_marks(line: Artist, texts: Sequence[str]) -> None:
    """Say something over each marker of a line, in order; all of them must be finite and inside the figure."""
    _carry(line, "marks", texts)


def tell_shapes(collection: Artist, texts: Sequence[str]) -> None:
    """Say something over each polygon of a collection, in order."""
    _carry(collection, "shapes", texts)


def _carry(artist: Artist, how: str, texts: Sequence[str]) -> None:
    artist.set_gid(f"tell-{how}:{_BETWEEN.join(typeset(printable(text)) for text in texts)}")


def titled(svg: bytes) -> bytes:
    """Return an SVG of matplotlib's with what its artists tell as `<title>` elements."""
    parts, at = [], 0
    text = svg.decode("utf-8")
    while (group := _GROUP.search(text, at)) is not None:
        parts += [text[at : group.start()], "<g>"]
        at = group.end()
        kind, told = group[2], unescape(group[3])
        for one in told.split(_BETWEEN):
            element = re.compile(_TELLS[kind]).search(text, at)
            if element is None:
                break
            parts += [text[at : element.start()], _with_title(element[0], one)]
            at = element.end()
    return "".join([*parts, text[at:]]).encode("utf-8")


def _with_title(element: str, text: str) -> str:
    title = f"<title>{escape(text)}</title>"
    if not element:
        return title
    return f"{element[:-2]}>{title}</{element[1 : element.index(' ')]}>"
