import pytest

from accelsim.architecture.schema import Architecture
from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.mapping.placement import place

NETWORK = {"input": 40, "recurrent": 100, "output": 2}


def placed(network=NETWORK, *overrides):
    document = load_document("reckon", "architecture", overrides=overrides)
    return place(validate(document, Architecture), network, document)


def problems(network, *overrides):
    with pytest.raises(ConfigError) as error:
        placed(network, *overrides)
    return [(p.path, p.message) for p in error.value.problems]


def test_words_of_the_shipped_chip():
    placement = placed()
    assert placement.words == {"neurons": 128, "winp": 4096, "wrec": 4096, "wout": 512}
    assert placement.used_words == {"neurons": 50, "winp": 40 * 7, "wrec": 100 * 7, "wout": 100}


def test_spans():
    spans = placed({"input": 40, "recurrent": 101, "output": 2}).spans
    sizes = {name: (span.size, span.width, span.items) for name, span in spans.items()}
    assert sizes["pre"] == (101, 1, 101)
    assert sizes["stepped_word"] == (51, 2, 101)
    assert sizes["block"] == (7, 16, 101)
    assert sizes["lane"] == (16, 1, 101)
    assert sizes["row_word"] == (1, 16, 101)
    assert sizes["output_byte"] == (4, 1, 4)
    assert spans["lane"].start(3, block=2) == 35


def test_spans_follow_lanes_and_words():
    spans = placed(NETWORK, "core.units.plasticity.lanes=64", "core.memories.winp.bits=32").spans
    assert (spans["block"].size, spans["lane"].size) == (2, 64)
    assert (spans["row_word"].size, spans["row_word"].width) == (16, 4)


def test_every_memory_that_is_too_small_is_told():
    assert problems({"input": 257, "recurrent": 257, "output": 16}) == [
        ("core.memories.neurons", "257 items of 64 bits need 129 words of 128 bits, 1 more than the 128 there are"),
        (
            "core.memories.winp",
            "257 rows of 257 items of 8 bits need 4369 words of 128 bits, 273 more than the 4096 there are",
        ),
        (
            "core.memories.wrec",
            "257 rows of 257 items of 8 bits need 4369 words of 128 bits, 273 more than the 4096 there are",
        ),
    ]


def test_the_place_is_told():
    with pytest.raises(ConfigError, match=r"architectures/reckon\.yaml:\d+:\d+  core\.memories\.neurons: "):
        placed({"input": 40, "recurrent": 300, "output": 2})


def test_a_population_that_is_missing():
    assert problems({"input": 4, "recurent": 5, "output": 2}) == [
        ("core.index_sets.recurrent.population", "the network has no population `recurrent` (did you mean `recurent`?)")
    ]


def test_memories_that_fit():
    placement = placed(NETWORK, "core.memories.neurons.words=fit")
    assert placement.words["neurons"] == placement.used_words["neurons"] == 50


def test_lanes_and_words_that_do_not_divide():
    ((path, message),) = problems(NETWORK, "core.units.plasticity.lanes=24")
    assert path == "core.index_sets.row_word"
    assert message.startswith("24 lanes and 16 items a word of `winp`")
