"""Random sources against registers of single bits."""

import numpy as np
import pytest

from accelsim.controllers.reckon.state import _seed_window7, _seed_window15
from accelsim.datapath import lfsr


class Naive:
    """``s[n] = s[n - a] xor s[n - b]``, bit by bit."""

    def __init__(self, bits, a, b):
        self.a, self.b = a, b
        self.bits = dict(bits)

    def bit(self, n):
        highest = max(self.bits)
        for m in range(highest + 1, n + 1):
            self.bits[m] = self.bits[m - self.a] ^ self.bits[m - self.b]
        return self.bits[n]

    def word(self, first, width):
        return sum(self.bit(first + i) << i for i in range(width))


def wide(seed, a, b):
    """Seed bits 0..a-1 are s[0..a-1], bits a..b-1 the ones before, in increasing order."""
    order = [*range(a), *range(a - b, 0)]
    return Naive({at: (seed >> i) & 1 for i, at in enumerate(order)}, a, b)


@pytest.mark.parametrize(("a", "b"), [(3, 25), (1, 22), (3, 17)])
@pytest.mark.parametrize("seed", [1, 0x0424242, 0x1F0F1])
def test_word_stream_and_refills(a, b, seed):
    seed &= (1 << b) - 1
    naive = wide(seed, a, b)
    words = lfsr.word_stream(seed, a, b, 40)
    position = lfsr.stream_start(b)
    assert words.size == position + 40
    for n in range(130):  # three refills, not at the end of the buffer but some words before
        if position + 3 > words.size:
            position = lfsr.refill(words, position, a, b)
            assert position == lfsr.stream_start(b)
        assert int(words[position]) == naive.word(32 * n, 32)
        position += 1


@pytest.mark.parametrize("unfold", [7, 15])
def test_window_cycle(unfold):
    first = 0x1234
    naive = Naive({i: (first >> i) & 1 for i in range(15)}, 1, 15)
    windows = lfsr.window_cycle(unfold, first)
    assert windows.size == lfsr.cycle_length(unfold)
    for k in range(200):
        assert int(windows[k]) == naive.word(unfold * k, 15)
    # The cycle closes: one more advance shows the first window again.
    after = Naive({i: (int(windows[-1]) >> i) & 1 for i in range(15)}, 1, 15)
    assert after.word(unfold, 15) == first
    assert np.unique(windows).size == windows.size


def test_cycle_lengths():
    period = 2**15 - 1  # 7 divides it, 15 = 3 * 5 does not share a factor with it
    assert lfsr.cycle_length(7) * 7 == period
    assert lfsr.cycle_length(15) == period


def test_the_state_that_never_moves():
    assert not lfsr.window_cycle(7, 0).any()
    assert not lfsr.word_stream(0, 3, 25, 64).any()


def test_interleaved_cycle_wraps():
    length = lfsr.cycle_length(15)
    pairs = lfsr.interleaved_cycle(15, (0x1234, 0x70F0), 9)
    assert pairs.size == 2 * (length + 9)
    np.testing.assert_array_equal(pairs[0::2][:length], lfsr.window_cycle(15, 0x1234))
    np.testing.assert_array_equal(pairs[1::2][:length], lfsr.window_cycle(15, 0x70F0))
    np.testing.assert_array_equal(pairs[2 * length :], pairs[:18])


@pytest.mark.parametrize("seed", [0x1234, 0x7ABA, 1, 0x4000])
def test_seeds_of_15_bit_registers(seed):
    bits15 = {0: seed & 1} | {i - 15: (seed >> i) & 1 for i in range(1, 15)}
    assert _seed_window15(seed) == Naive(bits15, 1, 15).word(0, 15)
    order = (0, -14, -7, -13, -6, -12, -5, -11, -4, -10, -3, -9, -2, -8, -1)
    bits7 = {at: (seed >> i) & 1 for i, at in enumerate(order)}
    assert _seed_window7(seed) == Naive(bits7, 1, 15).word(0, 15)


def test_row_minima():
    words = np.random.default_rng(3).integers(0, 2**32, 5 + 12 * 4, dtype=np.uint32)
    minima = np.zeros(12, np.uint32)
    lfsr.row_minima(words, 5, 4, minima)
    np.testing.assert_array_equal(minima, words[5:].reshape(12, 4).min(axis=1))
