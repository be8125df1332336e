"""What cells hold after they were written, as time goes by, and when they are read: compiled kernels.

An analog cell holds a whole weight as a conductance between 0 and 1 of its range; the word beside it is what the core
reads. Binary cells hold the bits of a word.
"""

from __future__ import annotations

import math

import numpy as np

from accelsim.datapath.compile import inner
from accelsim.devices.state import (
    ALL_BITS,
    BEND,
    BITS,
    CLOCK,
    CYCLE_SIGMA,
    DOWN,
    DRIFT,
    EXPONENT,
    FAILED,
    FLOOR,
    GAIN,
    HELD,
    LIFE,
    LOSS,
    LOW,
    ON,
    PROGRAMMED,
    PROGRAMMING,
    PULSES,
    READ_SIGMA,
    READING,
    SINCE,
    SPAN,
    SQUARED,
    STEP,
    STOCHASTIC,
    TICK_S,
    TOTAL_HIGH,
    TOTAL_LOW,
    UP,
    VERIFY,
    WEAR,
    WHOLE,
    WHOLE_TOTAL,
    WRITE_ERROR,
    WRITTEN,
    ZERO,
    Cells,
)

DRIFT_STARTS_S = 1.0
"""t0 of the law of drift; until then nothing drifts (assumed)."""
SMALL_BEND = 1e-9
"""A curve this straight is a straight line."""


@inner
def uniform(cells: Cells, stream: int) -> float:
    """A random number, at least 0 and below 1 (xorshift64*, S. Vigna, ACM Trans. Math. Softw. 42(4), 2016)."""
    x = cells.random[stream]
    x = np.uint64(x ^ (x >> np.uint64(12)))
    x = np.uint64(x ^ np.uint64(x << np.uint64(25)))
    x = np.uint64(x ^ (x >> np.uint64(27)))
    cells.random[stream] = x
    return (np.uint64(x * np.uint64(2685821657736338717)) >> np.uint64(11)) * 2.0**-53


@inner
def normal(cells: Cells, stream: int) -> float:
    """A random number of the standard normal distribution (Box and Muller)."""
    radius = math.sqrt(-2 * math.log(1 - uniform(cells, stream)))
    return radius * math.cos(2 * math.pi * uniform(cells, stream))


@inner
def pulsed(held: float, pulses: float, bend: float) -> float:
    """Conductance after `pulses` more, a share of all that the range takes, negative to lower it.

    One step of G(P) = B (1 - exp(-P / A)) + Gmin (MLP NeuroSim V3.0): with c = 1 - exp(-bend) and bend = Pmax / A,
    1 - c G' = (1 - c G) exp(-pulses bend).
    """
    if abs(bend) < SMALL_BEND:
        return held + pulses
    c = -math.expm1(-bend)
    return (1 - (1 - c * held) * math.exp(-pulses * bend)) / c


@inner
def rounded(number: float, cells: Cells) -> float:
    """A whole number near a positive one, as the cells' law of rounding has it."""
    return math.floor(number + (uniform(cells, PROGRAMMING) if cells.law[STOCHASTIC] else 0.5))


@inner
def word_of(held: float, law: np.ndarray) -> float:
    """The word that stands for a conductance."""
    word = law[LOW] + held * law[SPAN]
    return math.floor(word + 0.5) if law[WHOLE] else word


@inner
def program_level(cells: Cells, i: int, j: int, before: float, asked: float) -> float:
    """Write an analog cell; returns the word it holds."""
    law = cells.law
    held = cells.analog[HELD, i, j]
    step = law[STEP]
    if law[VERIFY]:
        target = rounded(min(max((asked - law[LOW]) / law[SPAN], 0.0), 1.0) / step, cells) * step
        new = target + law[CYCLE_SIGMA] * (2 * uniform(cells, PROGRAMMING) - 1)
        pulses = math.ceil(abs(new - held) / step)
    else:
        change = (asked - before) / law[SPAN]
        pulses = rounded(abs(change) / step, cells)
        signed = math.copysign(pulses * step, change) * cells.analog[GAIN, i, j]
        new = pulsed(held, signed, (law[UP] if change > 0 else law[DOWN]) * cells.analog[BEND, i, j])
        if pulses > 0 and law[CYCLE_SIGMA] > 0:
            new += law[CYCLE_SIGMA] * math.sqrt(pulses) * normal(cells, PROGRAMMING)
    if pulses == 0:
        return before
    held = min(max(new, 0.0), 1.0)
    law[PULSES] += pulses
    cells.analog[LIFE, i, j] -= law[WEAR]
    cells.analog[HELD, i, j] = held
    cells.analog[WRITTEN, i, j] = held
    cells.analog[SINCE, i, j] = law[CLOCK]
    return word_of(held, law)


@inner
def bits_of(word: float, law: np.ndarray) -> int:
    """The bits of a word: an integer's, or those of a 32-bit float."""
    if law[WHOLE]:
        return np.int64(word) & ((1 << np.int64(law[BITS])) - 1)
    return np.int64(np.float32(word).view(np.uint32))


@inner
def word_of_bits(bits: int, limit: float, law: np.ndarray) -> float:
    """The word that bits stand for; of a float, within plus and minus `limit`, and 0 if it is no number."""
    if law[WHOLE]:
        width = np.int64(law[BITS])
        return np.float64(bits - ((bits >> (width - 1)) << width) if law[LOW] < 0 else bits)
    if (bits & 0x7F800000) == 0x7F800000:
        return 0.0
    return min(max(np.float64(np.uint32(bits).view(np.float32)), -limit), limit)


@inner
def program_bits(cells: Cells, i: int, j: int, before: float, asked: float) -> float:
    """Write the bits of a word that change; returns the word they hold."""
    law = cells.law
    was = bits_of(before, law)
    flips = was ^ bits_of(asked, law)
    switched = flips & ~np.int64(cells.frozen[i, j])
    for bit in range(np.int64(law[BITS])):
        if (flips >> bit) & 1:
            law[PULSES] += 1
            if law[WRITE_ERROR] > 0 and uniform(cells, PROGRAMMING) < law[WRITE_ERROR]:
                switched &= ~(1 << bit)
    cells.analog[LIFE, i, j] -= law[WEAR]
    return word_of_bits(was ^ switched, max(law[LOW] + law[SPAN], abs(asked)), law)


@inner
def program(cells: Cells, i: int, j: int, before: float, asked: float) -> float:
    """The word that a cell holds after the core asked for another one.

    A cell whose life ends with this write keeps what it holds from now on.
    """
    law = cells.law
    word = before
    if cells.frozen[i, j] != ALL_BITS:
        if law[BITS] > 0:
            word = program_bits(cells, i, j, before, asked)
        elif cells.frozen[i, j] == 0:
            word = program_level(cells, i, j, before, asked)
        if cells.analog[LIFE, i, j] <= 0:
            cells.frozen[i, j] = ALL_BITS
            law[FAILED] += 1
    error = (word - asked) / law[SPAN]
    law[PROGRAMMED] += 1
    law[SQUARED] += error * error
    return word


@inner
def program_row(cells: Cells, i: int, words: np.ndarray, before: np.ndarray) -> None:
    """Replace the words that a core wrote to row `i` in place of those `before` by what its cells hold."""
    if cells.law[ON] == 0:
        return
    for j in range(before.size):
        if words[i, j] != before[j]:
            words[i, j] = program(cells, i, j, np.float64(before[j]), np.float64(words[i, j]))


@inner
def program_items(cells: Cells, i: int, first: int, before: np.uint64, word: np.uint64, bits: int, items: int) -> int:
    """The same of a word of `items` synapses of `bits` bits, from column `first` of row `i` on.

    The highest bit of a synapse is none of its weight, and kept as it is written.
    """
    mask = (np.uint64(1) << np.uint64(bits - 1)) - np.uint64(1)
    result = word
    for k in range(items):
        place = np.uint64(bits * k)
        old, new = (before >> place) & mask, (word >> place) & mask
        if old != new:
            held = np.uint64(np.int64(program(cells, i, first + k, np.float64(old), np.float64(new))))
            result ^= (new ^ held) << place
    return np.uint64(result)


@inner
def ages(cells: Cells, ticks: int) -> bool:
    """Let some time steps go by; whether cells change in time at all."""
    law = cells.law
    law[CLOCK] += ticks * law[TICK_S]
    return law[LOSS] > 0 or (law[BITS] == 0 and law[DRIFT] > 0)


@inner
def share_lost(cells: Cells, ticks: int) -> float:
    """Probability that a bit loses its 1 in so many time steps."""
    return -math.expm1(-ticks * cells.law[TICK_S] * cells.law[LOSS])


@inner
def aged(cells: Cells, i: int, j: int, word: float, lost: float) -> float:
    """The word that a cell holds now; `lost` is the probability that a bit lost its 1 since the last time."""
    law = cells.law
    if law[BITS] > 0:
        bits = bits_of(word, law)
        for bit in range(np.int64(law[BITS])):
            held = ((bits & ~np.int64(cells.frozen[i, j])) >> bit) & 1
            if held and uniform(cells, PROGRAMMING) < lost:
                bits &= ~(1 << bit)
        return word_of_bits(bits, max(law[LOW] + law[SPAN], abs(word)), law)
    if cells.frozen[i, j] != 0:
        return word
    age = law[CLOCK] - cells.analog[SINCE, i, j]
    elapsed = math.log(max(age / DRIFT_STARTS_S, 1.0))
    left = math.exp(-cells.analog[EXPONENT, i, j] * elapsed - age * law[LOSS])
    left_of_reference = math.exp(-law[DRIFT] * elapsed - age * law[LOSS])
    reference = law[ZERO] + law[FLOOR]
    held = (cells.analog[WRITTEN, i, j] + law[FLOOR]) * left - reference * left_of_reference + law[ZERO]
    held = min(max(held, 0.0), 1.0)
    if held == cells.analog[HELD, i, j]:
        return word
    cells.analog[HELD, i, j] = held
    return word_of(held, law)


@inner
def age_rows(cells: Cells, words: np.ndarray, ticks: int) -> None:
    """Bring words up to date after some time steps."""
    if not ages(cells, ticks):
        return
    lost = share_lost(cells, ticks)
    for i in range(words.shape[0]):
        for j in range(words.shape[1]):
            words[i, j] = aged(cells, i, j, np.float64(words[i, j]), lost)


@inner
def age_items(cells: Cells, words: np.ndarray, row_words: int, bits: int, items: int, ticks: int) -> None:
    """The same of words of `items` synapses of `bits` bits, `row_words` to a row (see `program_items`)."""
    if not ages(cells, ticks):
        return
    lost = share_lost(cells, ticks)
    mask = (np.uint64(1) << np.uint64(bits - 1)) - np.uint64(1)
    for at in range(words.size):
        word = words[at]
        for k in range(items):
            place = np.uint64(bits * k)
            old = (words[at] >> place) & mask
            held = aged(cells, at // row_words, at % row_words * items + k, np.float64(old), lost)
            word ^= (old ^ np.uint64(np.int64(held))) << place
        words[at] = word


@inner
def add_read_noise(cells: Cells, totals: np.ndarray, rows: int) -> None:
    """Add the noise of reading so many rows to sums of weights, which are rounded and saturate if they are integers.

    The sum of independent normal errors is one normal error with the sum of their variances.
    """
    law = cells.law
    sigma = law[READ_SIGMA] * math.sqrt(rows)
    if sigma == 0:
        return
    for j in range(totals.size):
        total = totals[j] + sigma * normal(cells, READING)
        total = min(max(total, law[TOTAL_LOW]), law[TOTAL_HIGH])
        totals[j] = math.floor(total + 0.5) if law[WHOLE_TOTAL] else total


@inner
def read_weight(cells: Cells, word: int) -> int:
    """A whole weight as it is read by itself."""
    law = cells.law
    if law[READ_SIGMA] == 0:
        return word
    found = word + law[READ_SIGMA] * normal(cells, READING)
    return np.int64(math.floor(min(max(found, law[LOW]), law[LOW] + law[SPAN]) + 0.5))
