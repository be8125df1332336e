"""Linear-feedback shift registers, unfolded, as hardware random-number sources.

A Fibonacci register ``s[n] = s[n-a] xor s[n-b]`` unfolded by ``J`` shows the window ``s[p .. p+J-1]``; one
advance moves the window by ``J``.  Two representations make an advance cheap:

* wide windows (hundreds of bits): squaring the recurrence over GF(2) gives
  ``s[n] = s[n - a*2^k] xor s[n - b*2^k]``, so whole 32-bit words obey ``x[m] = x[m-a] xor x[m-b]``.
  :func:`word_stream` keeps a buffer of such words, produced in bulk;
* 15-bit registers are read from a table of their full cycle (:func:`window_cycle`).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from accelsim.datapath.compile import inner

WORD_BITS = 32
_SQUARINGS = 6  # the longer the distances, the longer the runs the refill loop can do in SIMD


def extend_bits(seed_bits: NDArray[np.uint8], a: int, b: int, count: int) -> NDArray[np.uint8]:
    """Continue a bit sequence whose last ``b`` bits are known.

    Parameters
    ----------
    seed_bits : uint8 array, shape (b,)
        The ``b`` bits before the first new one, oldest first.
    a, b : int
        Tap distances, ``a < b``.
    count : int
        New bits wanted.

    Returns
    -------
    uint8 array, shape (b + count,)
    """
    bits = np.zeros(b + count, np.uint8)
    bits[:b] = seed_bits
    for n in range(b, b + count):
        bits[n] = bits[n - a] ^ bits[n - b]
    return bits


def seed_history(seed: int, a: int, b: int) -> NDArray[np.uint8]:
    """Bits ``s[a-b] .. s[a-1]`` of a register whose seed holds ``s[0..a-1]`` first, then the older bits."""
    raw = np.array([(seed >> i) & 1 for i in range(b)], np.uint8)
    return np.concatenate([raw[a:], raw[:a]])


def word_stream(seed: int, a: int, b: int, buffer_words: int = 1 << 14) -> NDArray[np.uint32]:
    """Buffer of consecutive 32-bit words of a wide unfolded register, window 0 at :func:`stream_start`.

    Parameters
    ----------
    seed : int
        Register seed, ``b`` bits.
    a, b : int
        Tap distances.
    buffer_words : int
        Words produced between refills.

    Returns
    -------
    uint32 array
        ``stream_start(b)`` words of history followed by ``buffer_words`` words of output.
    """
    history = stream_start(b)
    # The history in front of window 0 follows from the recurrence run backwards.
    known = seed_history(seed, a, b)
    backwards = extend_bits(known[::-1], b - a, b, history * WORD_BITS)
    before = backwards[a : a + history * WORD_BITS][::-1]  # ends at s[-1]
    words = np.zeros(history + buffer_words, np.uint32)
    words[:history] = np.packbits(before, bitorder="little").view("<u4")
    fill(words, a, b)
    return words


def stream_start(b: int) -> int:
    """Index of window 0 in a fresh :func:`word_stream` buffer (words of history before it)."""
    return b << _SQUARINGS


@inner
def fill(words: NDArray[np.uint32], a: int, b: int) -> None:
    """Produce every word of the buffer after its history, in place."""
    # Unsigned indices: the wrap-around test of signed ones would keep the loop from SIMD.
    near = np.uint64(a << _SQUARINGS)
    far = np.uint64(b << _SQUARINGS)
    size = np.uint64(words.size)
    m = far
    while m < size:
        stop = min(near, size - m)
        for i in range(stop):
            words[m + i] = words[m + i - near] ^ words[m + i - far]
        m += near


@inner
def refill(words: NDArray[np.uint32], position: int, a: int, b: int) -> int:
    """Move the window at ``position`` to the front of the buffer and produce the words after it."""
    history = b << _SQUARINGS
    start = position - history
    for i in range(history):
        words[i] = words[start + i]
    fill(words, a, b)
    return history


def window_cycle(unfold: int, first: int) -> NDArray[np.uint16]:
    """Windows of ``s[n] = s[n-1] xor s[n-15]`` in the order an unfolded register visits them, from ``first`` on.

    Parameters
    ----------
    unfold : int
        Bits per advance (``J``).
    first : int
        15-bit window ``s[0..14]`` to start from; 0 is the state that never moves.

    Returns
    -------
    uint16 array, shape (:func:`cycle_length` of ``unfold``,)
    """
    windows = np.zeros(cycle_length(unfold), np.uint16)
    _visit(unfold, first, windows)
    return windows


@inner
def _visit(unfold: int, first: int, windows: NDArray[np.uint16]) -> None:
    """Fill in the windows that an unfolded register shows one after the other."""
    state = first
    for k in range(windows.size):
        windows[k] = state
        for _ in range(unfold):
            state = (state >> 1) | (((state >> 14) ^ state) & 1) << 14


def cycle_length(unfold: int) -> int:
    """Advances after which a 15-bit register unfolded by ``unfold`` returns to its state."""
    period = (1 << 15) - 1
    return period // math.gcd(period, unfold)


def interleaved_cycle(unfold: int, first: tuple[int, int], pad: int) -> NDArray[np.uint16]:
    """Windows of two registers that advance together, interleaved, the first ``pad`` pairs repeated at the end.

    ``2 * pad`` successive entries from any position inside the cycle are then contiguous.
    """
    pair = np.stack([window_cycle(unfold, start) for start in first], axis=1)
    return np.concatenate([pair, np.resize(pair, (pad, 2))]).reshape(-1)


def window_of_history(history: int) -> int:
    """15-bit window ``s[0..14]`` of the register whose last 15 bits ``s[-14..0]`` are ``history`` (bit 0 oldest)."""
    bits = np.array([(history >> i) & 1 for i in range(15)], np.uint8)
    sequence = extend_bits(bits, 1, 15, 14)[14:29]
    return int(sum(int(bit) << i for i, bit in enumerate(sequence)))


@inner
def row_minima(words: NDArray[np.uint32], first: int, lanes: int, minima: NDArray[np.uint32]) -> None:
    """Smallest word of each row of ``lanes`` words from ``first`` on: tells cheaply whether a row can matter."""
    start = np.uint64(first)
    for r in range(np.uint64(minima.size)):
        low = np.uint32(0xFFFFFFFF)
        for lane in range(np.uint64(lanes)):
            low = min(low, words[start + lane])
        minima[r] = low
        start += np.uint64(lanes)
