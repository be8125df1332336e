from __future__ import annotations

import numpy as np
import pytest

from accelsim.controllers.stepped.network import NetworkData
from accelsim.controllers.stepped.rows import sort_rows


def sorted_rows(src, dst, weight, n, core, rank, delay=None):
    network = NetworkData(n, np.array(src), np.array(dst), np.array(weight), delay)
    slots = np.arange(n, dtype=np.int32)
    return sort_rows(network, slots, np.array(core, np.int32), np.array(rank, np.int32))


def test_segments_follow_the_order_of_sending_and_runs_are_marked():
    #       core 0: neurons 0, 1, 2; core 1: 3; core 2: 4, 5
    rows = sorted_rows(
        src=[3, 0, 3, 3, 0, 3, 3],
        dst=[2, 5, 0, 4, 3, 1, 5],
        weight=[1, 2, 3, 4, 5, 6, 7],
        n=6, core=[0, 0, 0, 1, 2, 2], rank=[2, 1, 0],
    )  # fmt: skip
    assert rows.first_synapse.tolist() == [0, 2, 2, 2, 7, 7, 7]
    assert rows.first_segment.tolist() == [0, 2, 2, 2, 4, 4, 4]
    assert rows.target.tolist() == [5, 3, 4, 5, 0, 1, 2]
    assert rows.weight.tolist() == [2, 5, 4, 7, 3, 6, 1]
    assert rows.segment_size.tolist() == [-1, -1, -2, -3]


def test_parallel_synapses_are_no_run():
    rows = sorted_rows([0] * 5, [1, 1, 3, 4, 2], [1, 2, 3, 4, 5], n=5, core=[0, 0, 0, 1, 1], rank=[0, 1])
    assert rows.target.tolist() == [1, 1, 2, 3, 4]
    assert rows.segment_size.tolist() == [3, -2]


@pytest.mark.parametrize(
    ("weight", "dtype"),
    [
        ([1.0, -32768.0], np.int16),
        ([1, 32768], np.float64),
        ([0.5, 1.0], np.float64),
        (np.array([7, 9], np.uint64), np.int16),
    ],
)
def test_weights_take_the_narrowest_exact_type(weight, dtype):
    rows = sorted_rows([0, 1], [1, 0], weight, n=2, core=[0, 0], rank=[0])
    assert rows.weight.dtype == dtype
    assert rows.weight.tolist() == list(weight)


def test_no_weight_is_minus_zero():
    rows = sorted_rows([0, 1], [1, 0], [-0.0, 0.5], n=2, core=[0, 0], rank=[0])
    assert not np.signbit(rows.weight).any()


def test_bytes_per_synapse_at_a_fan_out_of_40_over_128_cores():
    rng = np.random.default_rng(0)
    n, fan_out = 2560, 40
    src = rng.permutation(np.repeat(np.arange(n), fan_out))
    dst, weight = rng.integers(0, n, src.size), rng.integers(-9, 9, src.size)
    rows = sorted_rows(src, dst, weight, n, np.arange(n) // 20, np.arange(128))
    assert rows.nbytes / src.size <= 11
