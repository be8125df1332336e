"""Index sets: what the loops of a phase run over.

Every index covers a *span* of items (neurons of a population): one neuron, the neurons of one memory word, the
neurons of one block of lanes.  Spans tell which memory words an iteration enters.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from accelsim.architecture.roles import timing
from accelsim.config.model import Model


class PopulationSet(Model):
    """One index per neuron of a population of the network."""

    population: str = timing()
    """`input`, `recurrent` or `output`, or any population of the workload."""


class UnionSet(Model):
    """One index per number that any of the given sets contains (they all start at 0)."""

    union: tuple[str, ...] = timing(min_length=1)


class BlockSet(Model):
    """One index per block of neurons that a unit's lanes process together; the last block may be part empty."""

    blocks_of: str = timing()
    """Index set that is cut into blocks."""
    unit: str = timing()
    """Unit whose `lanes` give the size of a block."""


class LaneSet(Model):
    """One index per lane of a block, empty lanes of the last block included."""

    lanes_of: str = timing()
    """A set of blocks; the index counts neurons across blocks."""


class WordSet(Model):
    """One index per memory word that holds items of a set."""

    words_of: str = timing()
    """Memory whose words are counted."""
    over: str = timing()
    """Index set whose items the words hold."""


class BlockWordSet(Model):
    """One index per memory word that the row of one block of lanes takes."""

    words_of: str = timing()
    inside: str = timing()
    """A set of blocks."""


class MultipleSet(Model):
    """`each` indices per index of another set, e.g. two bytes per output."""

    items_of: str = timing()
    each: Annotated[int, Field(gt=0, le=4096)] = timing()


class CountSet(Model):
    """A fixed number of indices."""

    count: int = timing(gt=0, le=1_000_000)


IndexSet = PopulationSet | UnionSet | BlockSet | LaneSet | WordSet | BlockWordSet | MultipleSet | CountSet
