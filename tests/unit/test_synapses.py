"""Synapse words: what is packed is what is read."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from accelsim.controllers.synapses import pack_rows, unpack_rows


@given(
    st.sampled_from([(4, 8), (8, 4), (4, 16), (5, 3), (16, 4)]), st.integers(1, 4), st.randoms(use_true_random=False)
)
def test_unpacked_is_packed(width, words, random):
    bits, items = width
    matrix = np.array([[random.randrange(1 << bits) for _ in range(words * items)] for _ in range(3)])
    assert np.array_equal(unpack_rows(pack_rows(matrix, bits, items), 3, bits, items), matrix)


def test_the_first_item_is_lowest_and_signs_are_cut_off():
    assert pack_rows(np.array([[1, 2, 3, -1]]), 4, 4).tolist() == [0xF321]
