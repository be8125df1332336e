"""Tables of a comparison for a terminal, which may be narrow."""

from __future__ import annotations

from typing import NamedTuple

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from accelsim.report.summary import headed

BANDS_COLUMN = "bands"
WIDEST = 1000
"""Characters that a table is let have to see how many it wants."""


class Part(NamedTuple):
    """A table: heading, columns, rows, and how many rows a terminal leaves out."""

    heading: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    shown: int


class Fitting:
    """A table that leaves out what bands say of a change, then the bands, where a terminal is too narrow for them."""

    def __init__(self, part: Part) -> None:
        self._part = part

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        tables = [_table(part) for part in _narrower(self._part)]
        widths = (table.__rich_measure__(console, options.update(max_width=WIDEST)).maximum for table in tables)
        fitting = (table for table, width in zip(tables, widths, strict=True) if width <= options.max_width)
        yield next(fitting, tables[-1])


def _narrower(part: Part) -> list[Part]:
    """A table, the same without its last column if that is about bands, and without bands at all."""
    found = [part]
    if part.head[-1] == BANDS_COLUMN:
        found.append(part._replace(head=part.head[:-1], rows=[row[:-1] for row in part.rows]))
    if any(head.endswith(" (band)") for head in part.head) or len(found) > 1:
        plain = found[-1]
        head = tuple(name.removesuffix(" (band)") for name in plain.head)
        rows = [(name, *(value.partition(" (")[0] for value in values)) for name, *values in plain.rows]
        found.append(plain._replace(head=head, rows=rows))
    return found


def _table(part: Part) -> Table:
    table = headed(part.heading, *part.head)
    table.columns[0].overflow = "fold"
    for row in part.rows[: part.shown]:
        table.add_row(*map(Text, row))
    return table
