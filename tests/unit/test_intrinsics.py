import numba
import numpy as np
import pytest

from accelsim.datapath import (
    intrinsics,
    jit,  # noqa: F401  (lets numba compile the intrinsics)
)
from accelsim.datapath.intrinsics import (
    absolute,
    clip,
    exp,
    lookup,
    maximum,
    minimum,
    recip,
    saturate,
    saturate_unsigned,
    shift_round,
    sigmoid,
    sign,
    sqrt,
    stochastic_round,
    tanh,
    truncate,
    where,
    wrap,
    wrap_unsigned,
)

TABLE = np.array([3, 1, 4, 1, 5])


def test_wrap_is_twos_complement():
    assert [wrap(x, 4) for x in (7, 8, -9, 23)] == [7, -8, 7, 7]
    assert wrap(-1, 1) == -1


def test_saturation():
    assert [saturate(x, 4) for x in (-9, -8, 7, 8)] == [-8, -8, 7, 7]
    assert [saturate_unsigned(x, 4) for x in (-1, 15, 16)] == [0, 15, 15]


def test_shift_round_rounds_halves_up():
    assert [shift_round(x, 2) for x in (-6, -5, -2, 2, 5, 6)] == [-1, -1, 0, 1, 1, 2]
    assert shift_round(5, 0) == 5


def test_stochastic_round_is_unbiased_over_all_random_words():
    for x in range(-40, 40):
        results = [stochastic_round(x, 3, r) for r in range(8)]
        assert sum(results) == x  # mean times 8
        assert {min(results), max(results)} <= {x >> 3, (x >> 3) + 1}
        assert stochastic_round(x, 3, 0) == x >> 3
        assert stochastic_round(x, 3, 0b101_000) == x >> 3  # only the low bits count


def test_lookup_saturates_its_index():
    assert [lookup(TABLE, i) for i in (-2, 0, 4, 9)] == [3, 3, 5, 5]


def test_truncation_goes_towards_zero():
    assert [truncate(x) for x in (-1.7, -0.2, 0.9, 2.0)] == [-1.0, 0.0, 0.0, 2.0]


@numba.njit
def _integers(x, y):
    return (
        where(x > y, x, y),
        minimum(x, y),
        maximum(x, y),
        absolute(x),
        sign(x),
        clip(x, -5, 9),
        saturate(x, 4),
        saturate_unsigned(x, 4),
        wrap(x, 4),
        wrap_unsigned(x, 4),
        shift_round(x, 2),
        stochastic_round(x, 3, y),
        lookup(TABLE, x),
    )


@numba.njit
def _floats(x):
    return recip(x), sqrt(x), exp(x), tanh(x), sigmoid(x), absolute(-x), minimum(x, -x), truncate(x + x)


def test_compiled_integers_equal_plain_python():
    for x in range(-40, 40):
        for y in range(8):
            assert tuple(map(int, _integers(x, y))) == tuple(map(int, _integers.py_func(x, y)))


def test_compiled_floats_keep_their_width():
    x = np.float32(0.3)
    assert _floats(x) == pytest.approx(_floats.py_func(0.3), rel=1e-6)
    assert set(_floats.nopython_signatures[0].return_type.types) == {numba.float32}
    assert _floats(0.3) == pytest.approx(_floats.py_func(0.3), rel=1e-15)


def test_every_intrinsic_is_tested_here():
    assert set(intrinsics.__all__) <= set(globals())
