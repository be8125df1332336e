import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelsim.datapath.fields import halves, named_fields, pack, read, unpack, whole, write
from accelsim.neurons.odin_izhikevich import IZHIKEVICH
from accelsim.neurons.odin_lif import LIF
from accelsim.neurons.tinyodin_lif import LIF as TINY

LAYOUTS = {"odin lif": (LIF, 128), "odin izhikevich": (IZHIKEVICH, 128), "tinyodin": (TINY, 32)}


@pytest.mark.parametrize("name", LAYOUTS)
def test_fields_do_not_overlap(name):
    layout, bits = LAYOUTS[name]
    used = 0
    for _, field in named_fields(layout):
        mask = ((1 << field.bits) - 1) << field.at
        assert not used & mask
        used |= mask
    assert used < 1 << bits


@given(st.sampled_from(sorted(LAYOUTS)), st.integers(0, 2**128 - 1))
def test_unpacked_fields_pack_to_the_same_word(name, word):
    layout, bits = LAYOUTS[name]
    word &= (1 << bits) - 1
    values = unpack(layout, word)
    assert pack(layout, values, word) == word
    blank = word
    for _, field in named_fields(layout):
        blank &= ~(((1 << field.bits) - 1) << field.at)
    assert pack(layout, values, blank) == word


@given(st.integers(0, 2**128 - 1), st.sampled_from(list(named_fields(IZHIKEVICH))), st.data())
def test_halves_are_read_and_written_like_whole_words(word, named, data):
    name, field = named
    low, high = halves(word)
    assert read(low, high, field) == unpack(IZHIKEVICH, word)[name]
    value = data.draw(st.integers(field.low, field.high))
    assert whole(*write(low, high, field, np.int64(value))) == pack(IZHIKEVICH, {name: value}, word)


def test_positions_in_the_word():
    assert pack(LIF, {"lif": 1, "core": 0xA5, "calcium": 5}) == 1 | 0xA5 << 70 | 5 << 78
    assert pack(IZHIKEVICH, {"caleak": 0b10001, "core": -1}) == 0b10001 << 61 | 15 << 82  # caleak spans the halves
    assert unpack(TINY, 0x88_1FF_801) == {"core": -2047, "thr": 0x1FF, "leak_str": 8, "disable": 1}


def test_all_problems_are_reported_at_once():
    with pytest.raises(ValueError, match=r"no field `cor`.*\n.*thr: 256 is not within 0 to 255"):
        pack(LIF, {"cor": 1, "thr": 256})
