"""State of one ReckOn core as a tuple of arrays that the compiled kernels share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.reckon.registers import SIGNED_BITS, WIDTHS, Registers
from accelsim.datapath import lfsr
from accelsim.devices.state import Cells

ROWS_PER_REFILL = 1024
"""Rows of random lanes produced at once."""


class Shape(NamedTuple):
    """Sizes of the network and of the update hardware (all counts, not "minus one")."""

    inputs: int
    recurrent: int
    outputs: int
    lanes: int
    output_lanes: int
    row_words: int
    word_weights: int
    learn_every: int


class Quirks(NamedTuple):
    """Oddities of the released RTL, each of which can be switched off for a clean design."""

    skip_odd_tail: int
    stale_neuron_word: int
    overflow_update: int


class State(NamedTuple):
    """Arrays of a core. Neuron arrays are int32 and as long as the padded neuron memory."""

    u: NDArray[np.int32]
    ti: NDArray[np.int32]
    tr: NDArray[np.int32]
    to: NDArray[np.int32]
    stale_u: NDArray[np.int32]
    alpha: NDArray[np.int32]
    threshold: NDArray[np.int32]
    dirty: NDArray[np.uint8]
    z: NDArray[np.uint8]
    inp: NDArray[np.uint8]
    y: NDArray[np.int32]
    wins: NDArray[np.int32]
    error: NDArray[np.int32]
    target: NDArray[np.int32]
    winp: NDArray[np.int8]
    wrec: NDArray[np.int8]
    wout: NDArray[np.int8]
    winp_writes: NDArray[np.uint32]
    """How often the value of each weight has changed."""
    wrec_writes: NDArray[np.uint32]
    wout_writes: NDArray[np.uint32]
    random_inp: NDArray[np.uint32]
    random_rec: NDArray[np.uint32]
    random_out: NDArray[np.uint32]
    random_noise: NDArray[np.uint32]
    lowest_inp: NDArray[np.uint32]
    lowest_rec: NDArray[np.uint32]
    random_u: NDArray[np.uint16]
    random_ti: NDArray[np.uint16]
    random_tr: NDArray[np.uint16]
    random_to: NDArray[np.uint16]
    random_y: NDArray[np.uint16]
    cursor: NDArray[np.int64]
    leak_rank: NDArray[np.int32]
    signal: NDArray[np.int32]
    derivative: NDArray[np.int32]
    excess: NDArray[np.int32]
    lane: NDArray[np.int64]
    q: NDArray[np.int32]
    """Neuron word read last: u, ti, tr, to of its even, then of its odd neuron."""
    stale: NDArray[np.int32]
    """The same as the last STEP left it."""
    drawn: NDArray[np.uint16]
    winp_cells: Cells | None = None
    """Cells of the weights; None where all are ideal: the kernels are then compiled without them."""
    wrec_cells: Cells | None = None
    wout_cells: Cells | None = None


# Entries of `cursor`: positions in the random sources (wide: rows of lanes since the last refill; wout: bits;
# short: advances along the cycle), then the small registers of the controller.
INP, REC, OUT, NOISE, NEUR, TINP, TREC, TOUT, ONEUR, LABEL, GOT_LABEL = range(11)
# Rows of `lane`: operands of a row update that do not depend on the presynaptic index.
PUSH_INP, PUSH_REC, GAIN, ENABLE_INP, ENABLE_REC, PRODUCT = range(6)


def decode_registers(values: Mapping[str, int]) -> Registers:
    """Registers from raw unsigned field values; signed fields are read as two's complement."""
    fields = {}
    for name in WIDTHS:
        value = int(values[name])
        bits = SIGNED_BITS.get(name)
        if bits is not None:
            value &= (1 << bits) - 1
            value -= (value >> (bits - 1)) << bits
        fields[name.lower()] = value
    return Registers(**fields)


def padded_neurons(shape: Shape) -> int:
    """Neuron records held: whole words that cover every index the controllers visit."""
    blocks = -(-shape.recurrent // shape.lanes) * shape.lanes
    return max(blocks, shape.inputs, shape.outputs, 16) + (max(blocks, shape.inputs, shape.outputs, 16) & 1)


def alpha_of_words(registers: Registers, alpha_lsb: NDArray[np.integer], words: int) -> NDArray[np.int32]:
    """Leak factor of every neuron: 12 stored bits below a configuration bit that selects 0x8 or 0x7."""
    high = (registers.alpha_conf0, registers.alpha_conf1, registers.alpha_conf2, registers.alpha_conf3)
    word = np.arange(words)
    bank = np.array(high, dtype=np.int64)[np.minimum(word // 32, 3)]
    selected = np.where(word < 128, (bank >> (word % 32)) & 1, 0)
    lsb = np.zeros(words, np.int64)
    lsb[: min(words, alpha_lsb.size)] = alpha_lsb[:words]
    return np.repeat(np.where(selected, 0x8000, 0x7000) + lsb, 2).astype(np.int32)


def allocate(
    shape: Shape,
    registers: Registers,
    thresholds: NDArray[np.integer],
    alpha_lsb: NDArray[np.integer],
    winp: NDArray[np.int8],
    wrec: NDArray[np.int8],
    wout: NDArray[np.int8],
) -> State:
    """A core after programming and before its first sample.

    Parameters
    ----------
    shape, registers
        Network size and programmed registers.
    thresholds, alpha_lsb : int arrays, one entry per neuron word (pair of neurons)
        Firing threshold and the 12 stored bits of the leak factor; missing words are 0.
    winp, wrec, wout : int8 arrays, (inputs, >= recurrent), (recurrent, >= recurrent), (recurrent, >= outputs)
        Initial weights by presynaptic row; missing columns are 0.
    """
    neurons = padded_neurons(shape)
    columns = -(-shape.recurrent // shape.lanes) * shape.lanes
    reach = max(shape.inputs, shape.recurrent)  # virtual neurons have (empty) rows too
    columns = max(columns, 2 * ((shape.recurrent + 1) // 2))

    def integers(size: int) -> NDArray[np.int32]:
        return np.zeros(size, np.int32)

    def rows(weights: NDArray[np.int8], count: int, width: int) -> NDArray[np.int8]:
        held = np.zeros((count, width), np.int8)
        part = weights[:count, :width]
        held[: part.shape[0], : part.shape[1]] = part
        return held

    threshold = np.zeros(neurons // 2, np.int64)
    threshold[: min(threshold.size, thresholds.size)] = thresholds[: threshold.size]
    alpha = alpha_of_words(registers, np.asarray(alpha_lsb, np.int64), neurons // 2)
    cursor = np.zeros(11, np.int64)
    cursor[OUT] = lfsr.stream_start(22) * 32
    cursor[NOISE] = lfsr.stream_start(17)
    random_inp, lowest_inp = _random_rows(registers.seed_inp, shape.lanes)
    random_rec, lowest_rec = _random_rows(registers.seed_rec, shape.lanes)

    def pairs(unfold: int, seed: int) -> NDArray[np.uint16]:
        window = _seed_window15 if unfold == 15 else _seed_window7
        return lfsr.interleaved_cycle(unfold, (window(seed & 0x7FFF), window((seed >> 15) & 0x7FFF)), neurons)

    moving = (alpha[::2] != 0x8000).astype(np.int32)
    return State(
        u=integers(neurons),
        ti=integers(neurons),
        tr=integers(neurons),
        to=integers(neurons),
        stale_u=integers(neurons),
        alpha=alpha,
        threshold=np.repeat(threshold, 2).astype(np.int32),
        dirty=np.zeros(neurons // 2, np.uint8),
        z=np.zeros(neurons, np.uint8),
        inp=np.zeros(neurons, np.uint8),
        y=integers(shape.output_lanes),
        wins=integers(shape.output_lanes),
        error=integers(shape.output_lanes),
        target=integers(shape.output_lanes),
        winp=rows(winp, shape.inputs, columns),
        wrec=rows(wrec, reach, columns),
        wout=rows(wout, reach, shape.output_lanes),
        winp_writes=np.zeros((shape.inputs, columns), np.uint32),
        wrec_writes=np.zeros((reach, columns), np.uint32),
        wout_writes=np.zeros((reach, shape.output_lanes), np.uint32),
        random_inp=random_inp,
        random_rec=random_rec,
        random_out=lfsr.word_stream(registers.seed_out, 1, 22),
        random_noise=lfsr.word_stream(registers.seed_noise_neur, 3, 17, 4096),
        lowest_inp=lowest_inp,
        lowest_rec=lowest_rec,
        random_u=pairs(15, registers.seed_strnd_neur),
        random_ti=pairs(15, registers.seed_strnd_tinp),
        random_tr=pairs(15, registers.seed_strnd_trec),
        random_to=pairs(7, registers.seed_strnd_tout) & np.uint16(0x7F),
        random_y=lfsr.window_cycle(7, _seed_window7(registers.seed_strnd_oneur)) & np.uint16(0x7F),
        cursor=cursor,
        leak_rank=(np.cumsum(moving) - moving).astype(np.int32),
        signal=integers(shape.lanes),
        derivative=integers(shape.lanes),
        excess=integers(shape.lanes),
        lane=np.zeros((6, shape.lanes), np.int64),
        q=integers(8),
        stale=integers(8),
        drawn=np.zeros(neurons, np.uint16),
    )


def _random_rows(seed: int, lanes: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Stream of rows of random lanes (one more than is used before a refill) and the lowest word of each."""
    words = lfsr.word_stream(seed, 3, 25, (ROWS_PER_REFILL + 1) * lanes)
    lowest = np.zeros(ROWS_PER_REFILL, np.uint32)
    lfsr.row_minima(words, lfsr.stream_start(25), lanes, lowest)
    return words, lowest


def _seed_window15(seed: int) -> int:
    """Window ``s[0..14]`` of a 15-unfolded register: bit 0 of the seed is s[0], bits 1..14 are s[-14]..s[-1]."""
    history = [(seed >> (1 + i)) & 1 for i in range(14)] + [seed & 1]
    return lfsr.window_of_history(sum(bit << i for i, bit in enumerate(history)))


_UNFOLDED7_ORDER = (0, -14, -7, -13, -6, -12, -5, -11, -4, -10, -3, -9, -2, -8, -1)


def _seed_window7(seed: int) -> int:
    """Window ``s[0..14]`` of a 7-unfolded register, whose seed bits lie in the order of its flip-flops."""
    history = sum(((seed >> i) & 1) << (at + 14) for i, at in enumerate(_UNFOLDED7_ORDER))
    return lfsr.window_of_history(history)
