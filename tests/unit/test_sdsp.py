import numpy as np
import pytest

from accelsim.controllers.odin.kernels import bistability_word, sdsp_word, synapse_weight
from accelsim.datapath.trace import trace
from accelsim.plasticity import rules
from accelsim.plasticity.kernels import allocate, build_neuron_kernel, build_row_kernel, parameters
from accelsim.plasticity.sdsp import SDSP, calcium_update, count_to, drift, learning_flags, spike_update


@pytest.mark.parametrize("bits", range(2, 9))
def test_weights_move_one_unit_and_stay_in_range(bits):
    highest = 2**bits - 1
    assert [spike_update(w, 1, 0, 1, bits) for w in (0, 1, highest - 1, highest)] == [1, 2, highest, highest]
    assert [spike_update(w, 0, 1, 1, bits) for w in (0, 1, highest)] == [0, 0, highest - 1]
    assert spike_update(1, 1, 1, 1, bits) == 2  # up wins
    assert spike_update(1, 0, 0, 1, bits) == spike_update(1, 1, 0, 0, bits) == 1
    middle = 2 ** (bits - 1)
    assert [drift(w, 1, bits) for w in (0, middle - 1, middle, highest)] == [
        0,
        middle - 2,
        min(middle + 1, highest),
        highest,
    ]
    assert drift(middle, 0, bits) == middle


def test_calcium_and_its_leak():
    assert count_to(3, 4, 1, 5) == (0, True)
    assert count_to(2, 4, 1, 5) == (3, False)
    assert count_to(31, 4, 1, 5) == (0, False)  # a count beyond the period wraps at its width
    assert count_to(3, 0, 1, 5) == count_to(3, 4, 0, 5) == (3, False)
    assert [calcium_update(c, 1, 0, 1, 1) for c in (0, 6, 7)] == [1, 7, 7]
    assert [calcium_update(c, 0, 1, 1, 1) for c in (0, 1, 7)] == [0, 0, 6]
    assert calcium_update(4, 1, 1, 1, 1) == calcium_update(4, 0, 0, 1, 1) == calcium_update(4, 1, 0, 0, 1) == 4
    assert calcium_update(4, 1, 0, 1, 5) == 7


@pytest.mark.parametrize(
    ("above", "calcium", "flags"),
    [(1, 0, (0, 0)), (1, 1, (1, 0)), (1, 4, (1, 0)), (1, 5, (0, 0)), (0, 0, (0, 0)), (0, 2, (0, 1)), (0, 3, (0, 0))],
)
def test_flags(above, calcium, flags):
    assert learning_flags(above, calcium, 1, 1, 3, 5) == flags
    assert learning_flags(above, calcium, 0, 1, 3, 5) == (0, 0)


RELEASED = (4, 8)
"""Bits of a synapse, synapses of a word."""


def test_words_of_eight_synapses():
    # synapses 7..0: mapped weights 7 6 5 4 3 2 1 0
    word = np.uint64(0xFEDCBA98)
    assert sdsp_word(word, 0xFF, 0, 0, *RELEASED) == 0xFFEDCBA9
    assert sdsp_word(word, 0, 0xFF, 0, *RELEASED) == 0xEDCBA988
    assert sdsp_word(word, 0x01, 0x82, 0, *RELEASED) == 0xEEDCBA89
    assert bistability_word(word, 0, *RELEASED) == 0xFFEDA988
    unmapped = np.uint64(0x76543210)
    assert sdsp_word(unmapped, 0xFF, 0, 0, *RELEASED) == bistability_word(unmapped, 0, *RELEASED) == unmapped
    assert sdsp_word(unmapped, 0xFF, 0, 1, *RELEASED) == 0x77654321
    assert bistability_word(unmapped, 1, *RELEASED) == 0x77652100
    assert [synapse_weight(word, k, 4, 0) for k in (0, 3, 7)] == [0, 3, 7]
    assert [synapse_weight(unmapped, 7, 4, propagate) for propagate in (0, 1)] == [0, 7]


@pytest.mark.parametrize(("bits", "word_bits"), [(2, 16), (2, 64), (3, 32), (5, 64), (8, 32), (12, 64), (16, 16)])
def test_words_of_other_widths(bits, word_bits):
    """Synapse by synapse what the scalar functions say; bits that no synapse uses are kept."""
    rng = np.random.default_rng(bits)
    items = word_bits // bits
    for _ in range(20):
        word = int(rng.integers(0, 2**word_bits, dtype=np.uint64))
        up, down = (int(rng.integers(0, 2**items)) for _ in range(2))
        unmapped = int(rng.integers(0, 2))
        learned = drifted = word >> bits * items << bits * items
        for k in range(items):
            synapse = word >> bits * k & (1 << bits) - 1
            mapped, w = synapse >> bits - 1, synapse & (1 << bits - 1) - 1
            assert synapse_weight(np.uint64(word), k, bits, unmapped) == (w if mapped or unmapped else 0)
            after = spike_update(w, up >> k & 1, down >> k & 1, mapped | unmapped, bits - 1)
            learned |= (mapped << bits - 1 | after) << bits * k
            drifted |= (mapped << bits - 1 | drift(w, mapped | unmapped, bits - 1)) << bits * k
        assert sdsp_word(np.uint64(word), up, down, unmapped, bits, items) == learned
        assert bistability_word(np.uint64(word), unmapped, bits, items) == drifted


def test_datapath_of_a_synapse():
    graph = trace(spike_update, {"w": (0, 7), "up": (0, 1), "down": (0, 1), "enabled": (0, 1), "bits": 3})
    assert [operation.kind for operation in graph.operations] == ["select", "select", "add", "clip", "select"]


def test_rule_follows_the_flags_of_the_target():
    rule = SDSP(potential_threshold=0.5, calcium_low=1, calcium_down=3, calcium_up=5, drift_period=0)
    assert rules.get("sdsp") is SDSP
    state, registers = allocate(rule, 2, 4), parameters(rule)
    watch = build_neuron_kernel(rule, "postsynaptic neuron", ["time step"])
    row = build_row_kernel(rule, ["presynaptic spike"])
    state.w[:] = 3
    state.calcium[:] = [0, 2, 2, 4]
    state.post_potential[:] = rule.offered()["post_potential"].encode(np.array([0.9, 0.5, 0.4, 0.4]))
    watch(state, registers)
    assert row(0, state, registers) == 2
    assert state.w.tolist() == [[3, 4, 2, 3], [3, 3, 3, 3]]
    state.post_spike[:] = 1
    for _ in range(10):
        watch(state, registers)
    assert state.calcium.tolist() == [7] * 4


def test_rule_drifts_every_period():
    rule = SDSP(drift_period=3)
    assert rule.period == 3
    state, registers = allocate(rule, 1, 2), parameters(rule)
    row = build_row_kernel(rule, ["every K steps"])
    state.w[:] = [3, 4]
    assert row(0, state, registers) == 2
    assert state.w[0].tolist() == [2, 5]
    with_a_spike = build_row_kernel(rule, ["presynaptic spike", "every K steps"])
    state.up[:] = [1, 0]
    assert with_a_spike(0, state, registers) == 1  # up and down again; drift alone
    assert state.w[0].tolist() == [2, 6]
