"""How the synapses of a tick-driven core lie in blocks of lanes and in memory words."""

from __future__ import annotations

from dataclasses import dataclass

from accelsim.architecture.indices import BlockSet, BlockWordSet, WordSet
from accelsim.architecture.schema import Core


@dataclass(frozen=True)
class Shape:
    """How weight rows lie in blocks of lanes and in memory words."""

    blocks: int
    lanes: int
    width: int
    """Weights of a block in one word."""
    words: int
    """Words of a whole row, block after block."""
    output_width: int
    output_words: int


def core_shape(core: Core, recurrent: int, outputs: int) -> Shape:
    """Blocks and words from the index sets `block`, `row_word` and `output_word`; without them a row is one word."""
    block, row_word, output_word = (core.index_sets.get(name) for name in ("block", "row_word", "output_word"))
    lanes = core.units[block.unit].lanes if isinstance(block, BlockSet) else recurrent
    per_word = core.memories[row_word.words_of].items_per_word if isinstance(row_word, BlockWordSet) else lanes
    per_output_word = outputs
    if isinstance(output_word, WordSet):
        per_output_word = core.memories[output_word.words_of].items_per_word
    blocks = -(-recurrent // lanes)
    return Shape(
        blocks=blocks,
        lanes=lanes,
        width=min(per_word, lanes),
        words=blocks * max(1, lanes // per_word),
        output_width=per_output_word,
        output_words=-(-outputs // per_output_word),
    )
