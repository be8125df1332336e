import numpy as np
import pytest

from accelsim.datapath.words import BIT, Float, Word


def test_ranges_and_array_types():
    assert (Word(8).low, Word(8).high, Word(8).dtype) == (-128, 127, np.int8)
    assert (Word(9, signed=False).low, Word(9, signed=False).high) == (0, 511)
    assert Word(9, signed=False).dtype == np.uint16
    assert Word(24).dtype == np.int32
    assert Word(63).dtype == np.int64
    assert BIT.dtype == np.uint8
    assert Float(64).dtype == np.float64


@pytest.mark.parametrize(("bits", "signed"), [(0, True), (64, True), (33, False)])
def test_impossible_widths(bits, signed):
    with pytest.raises(ValueError, match=f"found {bits}"):
        Word(bits, signed)


def test_encode_rounds_to_even_and_saturates():
    word = Word(4, fraction=1)
    assert word.encode([0.25, 0.75, -0.25, 100, -100]).tolist() == [0, 2, 0, 7, -8]
    assert word.decode([7, -8]).tolist() == [3.5, -4.0]
    assert Word(63).encode([1e30]).tolist() == [Word(63).high]


def test_text():
    assert str(Word(8, fraction=6)) == "signed 8 bits, 6 after the point"
    assert str(BIT) == "unsigned 1 bit"
    assert str(Float()) == "float32"
