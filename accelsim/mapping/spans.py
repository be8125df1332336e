"""Index sets with their sizes for one network: how many indices, and which items each index covers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accelsim.architecture.indices import (
    SIZES,
    BlockSet,
    BlockWordSet,
    CountSet,
    CrossbarSet,
    LaneSet,
    MultipleSet,
    PopulationSet,
    TileSet,
    UnionSet,
    WordSet,
)
from accelsim.architecture.schema import Core


@dataclass(frozen=True)
class Span:
    """An index set of known size.

    Index ``i`` covers the items ``start(i, block) .. start(i, block) + width - 1``.
    """

    name: str
    size: int
    width: int
    """Items per index."""
    items: int
    """Items of the whole set; the last index may reach beyond them."""
    blocks: str | None = None
    """Set of blocks inside which this one counts, if any."""
    block_width: int = 0

    def start(self, index: int, block: int = 0) -> int:
        """First item of an index (of a block)."""
        return index * self.width + block * self.block_width


def resolve(core: Core, populations: Mapping[str, int], chip: Mapping[str, int] | None = None) -> dict[str, Span]:
    """Every index set of a core for a network.

    Parameters
    ----------
    core : Core
    populations : mapping of str to int
        Neurons of each population.
    chip : mapping of str to int, optional
        The same of all cores together, where the network is spread over several.

    Raises
    ------
    KeyError
        If a set names a population the network does not have; its argument is ``(set, population)``.
    """
    spans: dict[str, Span] = {}

    def find(name: str) -> Span:
        if name not in spans:
            spans[name] = _span(name)
        return spans[name]

    def _span(name: str) -> Span:
        match core.index_sets[name]:
            case PopulationSet(population=population) if population in SIZES:
                size = populations.get(population, 0)
                return Span(name, size, 1, size)
            case PopulationSet(population=population, of=of):
                if population not in populations:
                    raise KeyError((name, population))
                size = (populations if of == "core" or chip is None else chip)[population]
                return Span(name, size, 1, size)
            case UnionSet(union=parts):
                size = max((find(part).items for part in parts), default=0)
                return Span(name, size, 1, size)
            case BlockSet(blocks_of=target, unit=unit, along=along):
                items, lanes = find(target).items, core.units[unit].extent(along)
                return Span(name, -(-items // lanes), lanes, items)
            case LaneSet(lanes_of=blocks):
                block = find(blocks)
                return Span(name, block.width, 1, block.items, blocks, block.width)
            case WordSet(words_of=memory, over=target):
                items, width = find(target).items, core.memories[memory].items_per_word
                return Span(name, -(-items // width), width, items)
            case BlockWordSet(words_of=memory, inside=blocks):
                block, width = find(blocks), core.memories[memory].items_per_word
                return Span(
                    name, max(1, block.width // width), min(width, block.width), block.items, blocks, block.width
                )
            case MultipleSet(items_of=target, each=each):
                size = find(target).items * each
                return Span(name, size, 1, size)
            case TileSet(tiles_of=target, along="columns"):
                assert core.crossbar is not None
                count = -(-find(target).items // core.crossbar.weights_per_row)
                return Span(name, count, 1, count)
            case TileSet(tiles_of=target):
                assert core.crossbar is not None
                items, rows = find(target).items, core.crossbar.rows
                return Span(name, -(-items // rows), rows, items)
            case CrossbarSet(crossbar=what):
                assert core.crossbar is not None
                count = core.crossbar.extent(what)
                return Span(name, count, 1, count)
            case CountSet(count=count):
                return Span(name, count, 1, count)
        raise AssertionError(name)

    for name in core.index_sets:
        find(name)
    return spans
