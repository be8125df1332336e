"""Pieces of a page that stands alone: nothing fetched, no scripts but its own, everything from outside escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape as _escape
from string import Template

from accelsim.report.drawing import Drawn
from accelsim.report.quantity import printable, typeset

_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'$allowed">
<title>$title</title>
<style>
:root { color-scheme: light dark;
  --ink: #1b1b1f; --paper: #fefefe; --soft: #5c5f66; --line: #d5d7dc; --band: #f2f4f7; --link: #00538a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8ea; --paper: #17181b; --soft: #a9adb5; --line: #3a3d44; --band: #212329; --link: #7cc4f5; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 78rem; color: var(--ink); background: var(--paper);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: .5rem 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
.soft, figcaption { color: var(--soft); font-size: .875rem; }
a { color: var(--link); }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: .25rem 1rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; }
.figures { display: grid; gap: 1.5rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); }
figure { margin: 0; }
figcaption p { margin: .25rem 0 0; font-size: .75rem; }
figure h3 { font-size: 1rem; margin: 0 0 .25rem; }
figure svg { display: block; width: 100%; height: auto; max-width: 32rem; color: var(--ink); }
figure svg text { fill: currentColor; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .3rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line);
  overflow-wrap: normal; }
thead th { background: var(--band); }
td.number, th.number { text-align: right; white-space: nowrap; }
td.band { white-space: normal; }
td.band span { white-space: nowrap; }
td.long { min-width: 10rem; overflow-wrap: anywhere; }
details > summary { cursor: pointer; }
pre { overflow-x: auto; background: var(--band); padding: .75rem; font-size: .8rem; }
.warning { border-left: .25rem solid #d55e00; padding-left: .75rem; }
$style</style>
</head>
<body>
<header>
<h1>$title</h1>
$lead
</header>
<main>
$body
</main>
<footer class="soft"><p>$footer</p></footer>
$scripts</body>
</html>
""")


_SCRIPTED = "; script-src 'unsafe-inline'; img-src data: blob:"
"""What the policy of a page with scripts allows more: those in it, and pictures that they make."""


def escape(text: object) -> str:
    """Return text from outside for use between tags and in quoted attributes."""
    return _escape(printable(text))


def page(
    title: str, lead: str, sections: Iterable[str], footer: str, *, style: str = "", scripts: Sequence[str] = ()
) -> str:
    """Return a whole document.

    `title` and `footer` are text; `lead` and `sections` are markup. `style` adds to the style sheet, `scripts` are
    whole elements at the end of the body; a page without them may run none.
    """
    return _PAGE.substitute(
        title=escape(title),
        lead=lead,
        body="\n".join(sections),
        footer=escape(typeset(footer)),
        style=style,
        scripts="".join(f"{script}\n" for script in scripts),
        allowed=_SCRIPTED if scripts else "",
    )


def section(heading: str, *parts: str) -> str:
    """Return a section with a heading."""
    return "\n".join(("<section>", f"<h2>{escape(heading)}</h2>", *parts, "</section>"))


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph of text, of a CSS class if one is named."""
    attribute = f' class="{escape(kind)}"' if kind else ""
    return f"<p{attribute}>{escape(typeset(text))}</p>"


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """Return a description list of label and text."""
    cells = "\n".join(f"<dt>{escape(label)}</dt><dd>{escape(typeset(text))}</dd>" for label, text in rows)
    return f"<dl>\n{cells}\n</dl>"


def text(value: object) -> str:
    """Return a cell of text."""
    return f"<td>{escape(value)}</td>"


def long_text(value: object) -> str:
    """Return a cell of text that may break anywhere."""
    return f'<td class="long">{escape(value)}</td>'


def number(shown: str, exact: float | int | None) -> str:
    """Return a cell with a number as shown; the exact one is in its `data` element.

    A band in brackets goes below the number where the table is too wide for both.
    """
    value, bracket, band = escape(typeset(shown)).partition(" (")
    kind, body = ("number band", f"<span>{value}</span> <span>({band}</span>") if bracket else ("number", value)
    content = body if exact is None else f'<data value="{exact!r}">{body}</data>'
    return f'<td class="{kind}">{content}</td>'


def disclosed(label: str, body: str) -> str:
    """Return text that is shown on demand."""
    return f"<details><summary>{escape(label)}</summary>{escape(body)}</details>"


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table that scrolls sideways on narrow screens.

    Parameters
    ----------
    caption : str
        What it shows, read out by screen readers.
    columns : headings
    rows : cells as markup, from `text`, `long_text`, `number` or ready `<td>` elements
    """
    head = "".join(f'<th scope="col">{escape(typeset(column))}</th>' for column in columns)
    body = "\n".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    name = escape(typeset(caption))
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{name}">\n<table>\n'
        f'<caption class="soft">{name}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>"
    )


def figures(drawn: Iterable[Drawn], folder: str = "figures") -> str:
    """Return figures with title and caption, as many beside each other as fit.

    Links lead to the data of each figure beside the page and to its files in `folder`.
    """
    parts = [
        f'<figure>\n<h3 id="{figure.name}-title">{escape(figure.title)}</h3>\n{figure.inline()}\n'
        f"<figcaption>{escape(figure.caption)}\n<p>{escape(figure.footer)}. {_links(figure, folder)}</p></figcaption>\n"
        "</figure>"
        for figure in drawn
    ]
    return '<div class="figures">\n' + "\n".join(parts) + "\n</div>"


def _links(figure: Drawn, folder: str) -> str:
    """Where the data of a figure and its files are."""
    lists = (
        ("Data", [link(name, name) for name in figure.source]),
        ("Files", [link(f"{folder}/{figure.name}.{ending}", ending) for ending in figure.formats]),
    )
    return " ".join(f"{what}: {', '.join(links)}." for what, links in lists if links)


def link(path: str, text: str) -> str:
    """Return a link to a file beside the page."""
    return f'<a href="{escape(path)}">{escape(text)}</a>'
