"""Placement of a network on a core: does it fit, and how many words does each memory have?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from accelsim.architecture.schema import Architecture, Core
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, DoesNotFit, Problem, choose_from
from accelsim.mapping.spans import Span, resolve


@dataclass(frozen=True)
class Placement:
    """A network on a core."""

    populations: Mapping[str, int]
    spans: Mapping[str, Span]
    words: Mapping[str, int]
    """Words of each memory."""
    used_words: Mapping[str, int]
    """Words that hold something."""
    tiles: Mapping[str, int] = field(default_factory=dict)
    """Crossbar tiles of each matrix."""


def place(
    architecture: Architecture,
    populations: Mapping[str, int],
    document: Document | None = None,
    chip: Mapping[str, int] | None = None,
) -> Placement:
    """Place a network on the core of a chip, or a part of it; `chip` are the populations of the whole network then.

    Raises
    ------
    ConfigError
        If the network lacks a population that the core works on, or a memory is too small: one problem each,
        saying what is short and by how much.
    """
    core = architecture.core

    def problem(path: tuple[str, ...], message: str) -> Problem:
        if document is not None:
            return document.problem(path, message)
        return Problem(path=".".join(path), message=message)

    try:
        spans = resolve(core, populations, chip)
    except KeyError as error:
        name, population = error.args[0]
        message = f"the network has no population `{population}`{choose_from(population, populations)}"
        raise ConfigError(problem(("core", "index_sets", name, "population"), message)) from None

    words: dict[str, int] = {}
    used: dict[str, int] = {}
    problems = []
    for name, memory in core.memories.items():
        slices = [(spans[r].items if r else 1, spans[c].items) for r, c in memory.holds.matrices]
        words_of = (-(-r // memory.holds.rows_per_word) * -(-c // memory.items_per_word) for r, c in slices)
        needed = sum(words_of) if memory.item_bits else 0
        capacity = memory.capacity_words if memory.item_bits else 0
        used[name] = needed
        words[name] = needed if capacity is None else capacity
        if capacity is not None and needed > capacity:
            what = " and ".join(f"{r} rows of {c} items" if memory.holds.rows else f"{c} items" for r, c in slices)
            problems.append(
                problem(
                    ("core", "memories", name),
                    f"{what} of {memory.item_bits} bits need {needed} words of {memory.bits} bits, "
                    f"{needed - capacity} more than the {capacity} there are",
                )
            )
    if problems:
        raise DoesNotFit(problems)
    return Placement(dict(populations), spans, words, used, _tiles(core, spans))


def _tiles(core: Core, spans: Mapping[str, Span]) -> dict[str, int]:
    """Crossbar tiles that the matrices of a core take; none without a crossbar."""
    crossbar = core.crossbar
    if crossbar is None:
        return {}
    layouts = {name: core.memories[name].holds.matrices for name in crossbar.matrices}
    return {
        name: sum(crossbar.tiles(spans[rows].items if rows else 1, spans[columns].items) for rows, columns in matrices)
        for name, matrices in layouts.items()
    }
