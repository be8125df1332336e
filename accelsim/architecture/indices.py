"""Index sets: what the loops of a phase run over.

Every index covers a *span* of items (neurons of a population): one neuron, the neurons of one memory word, the
neurons of one block of lanes.  Spans tell which memory words an iteration enters.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from accelsim.architecture.roles import timing
from accelsim.config.model import Model

SIZES = (
    *("replay_slots", "replay_items", "checkpoint_items"),
    *("tenants_slots", "tenants_items"),
    *("winp_slots", "winp_words", "wrec_slots", "wrec_words"),
)
"""What the capabilities of a workload keep, like populations: samples of so many items each, items of a checkpoint,
networks of so many items each, places of live synapses and words that hold them; 0 without."""


class PopulationSet(Model):
    """One index per neuron of a population of the network."""

    population: str = timing()
    """`input`, `recurrent` or `output`, or any population of the workload; or one of :data:`SIZES`."""
    of: Literal["core", "chip"] = timing("core")
    """Neurons that the core holds, or those of all cores, where a network is spread over several."""


class SideSet(Model):
    """One index per neuron on a side of a layer of synapses; the network's populations follow each other in layers.

    To be used inside `each`, which says of which layer (see `accelsim.architecture.layers`).
    """

    side: Literal["pre", "post", "hidden", "below"] = timing()
    """Presynaptic or postsynaptic neurons; `hidden`: presynaptic ones but of the first layer; `below`: presynaptic ones
    of the layer below."""


class UnionSet(Model):
    """One index per number that any of the given sets contains (they all start at 0); of a set of sides, of all its
    layers."""

    union: tuple[str, ...] = timing(min_length=1)
    """The sets."""


class BlockSet(Model):
    """One index per block of neurons that a unit's lanes process together; the last block may be part empty."""

    blocks_of: str = timing()
    """Index set that is cut into blocks."""
    unit: str = timing()
    """Unit whose `lanes` give the size of a block."""
    along: Literal["lanes", "rows", "columns"] = timing("lanes")
    """Which dimension of a unit with `columns` gives it instead."""


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
    """Memory whose words are counted."""
    inside: str = timing()
    """A set of blocks."""


class MultipleSet(Model):
    """`each` indices per index of another set, e.g. two bytes per output."""

    items_of: str = timing()
    """The other set."""
    each: Annotated[int, Field(gt=0, le=4096)] = timing()
    """How many per index."""


class TileSet(Model):
    """One index per crossbar tile that the rows of a matrix take, or its columns; the last tile may be part empty."""

    tiles_of: str = timing()
    """Index set whose items lie on the rows, or on the columns."""
    along: Literal["rows", "columns"] = timing("rows")
    """Tiles one after the other, whose indices cover items, or side by side, which are items themselves."""


class CrossbarSet(Model):
    """One index per thing of a kind that a crossbar tile has (see `accelsim.architecture.crossbar`)."""

    crossbar: Literal["rows", "passes", "turns", "pulses"] = timing()
    """Rows of a tile, passes of an input, turns of a converter, pulses of an update."""


class CountSet(Model):
    """A fixed number of indices."""

    count: int = timing(gt=0, le=1_000_000)
    """How many."""


IndexSet = (
    PopulationSet
    | SideSet
    | UnionSet
    | BlockSet
    | LaneSet
    | WordSet
    | BlockWordSet
    | MultipleSet
    | TileSet
    | CrossbarSet
    | CountSet
)
