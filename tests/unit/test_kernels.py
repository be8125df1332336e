import inspect
from collections import namedtuple

import numpy as np
import pytest

from accelsim.config.errors import ConfigError
from accelsim.datapath.intrinsics import exp, lookup, saturate, stochastic_round, tanh, where, wrap
from accelsim.datapath.kernels import kernel_source, load_kernels, tuple_type
from accelsim.datapath.stages import chain, stage
from accelsim.datapath.words import BIT, Float, Word

N_PRE, N_POST = 3, 37


@stage(on="time step", per="synapse", writes=("trace",))
def remember(trace, post_spike, leak):
    return wrap(trace - (trace >> leak) + (post_spike << 5), 12)


@stage(on="time step", per="synapse", writes=("w",))
def learn(w, trace, pre, random):
    change = stochastic_round(trace * pre * lookup((0, 3, -5, 7), pre), 6, random)
    return saturate(w + where(change > 40, 40, change), 8)


WORDS = {
    "w": Word(8),
    "trace": Word(12),
    "pre": Word(5, signed=False),
    "post_spike": BIT,
    "random": Word(16, signed=False),
    "leak": 3,
}
PLACES = {"w": "synapse", "trace": "synapse", "pre": "row", "post_spike": "lane", "random": "lane"}


def xorshift(g):
    g ^= (g << 13) & 0xFFFFFFFF
    g ^= g >> 17
    return g ^ (g << 5) & 0xFFFFFFFF


def test_an_integer_row_equals_plain_python_bit_for_bit():
    fields = ("w", "trace", "pre", "post_spike", "random_state")
    state = tuple_type("State", fields)(
        np.random.default_rng(1).integers(-128, 128, (N_PRE, N_POST)).astype(np.int8),
        np.random.default_rng(2).integers(-2048, 2048, (N_PRE, N_POST)).astype(np.int16),
        np.array([3, 1, 31], np.uint8),
        np.random.default_rng(3).integers(0, 2, N_POST).astype(np.uint8),
        np.arange(1, N_POST + 1, dtype=np.uint32),
    )
    w, trace = state.w.astype(int).tolist(), state.trace.astype(int).tolist()
    generators = list(range(1, N_POST + 1))
    program = chain([remember, learn], WORDS, stored=("w", "trace"))
    kernel = load_kernels("test", kernel_source("row", program, PLACES, counted="w")).row
    for i in (0, 2, 1, 2):
        changed = kernel(i, state, ())
        expected = 0
        for j in range(N_POST):
            generators[j] = xorshift(generators[j])
            trace[i][j] = remember(trace[i][j], int(state.post_spike[j]), 3)
            old, w[i][j] = w[i][j], learn(w[i][j], trace[i][j], int(state.pre[i]), generators[j] >> 16)
            expected += old != w[i][j]
        assert changed == expected > 0
    assert state.w.tolist() == w
    assert state.trace.tolist() == trace
    assert state.random_state.tolist() == generators


@stage(on="time step", per="neuron", writes=("v",))
def squash(v, n, rate):
    return 0.1 * tanh(v) + rate * n / (1 + exp(v)) - where(v > 1, 1, 0)


@pytest.mark.parametrize("bits", [32, 64])
def test_floats_stay_in_their_format(bits):
    dtype = np.dtype(f"float{bits}").type
    words = {"v": Float(bits), "n": Word(5), "rate": Float(bits)}
    program = chain([squash], words, stored=("v",))
    places = {"v": "lane", "n": "lane", "rate": "parameter"}
    v, n = np.linspace(-2, 2, 50).astype(dtype), np.arange(50).astype(np.int8) % 16
    state = tuple_type("Neurons", ("v", "n"))(v.copy(), n)
    rate = tuple_type("Rate", ("rate",))(0.3)
    source = kernel_source("step", program, places)
    load_kernels("test", source).step(state, rate)
    # the operations one by one in the format, with NumPy's scalars
    pull = dtype(0.3) * n.astype(dtype) / (dtype(1) + np.exp(v))
    expected = dtype(0.1) * np.tanh(v) + pull - (v > 1).astype(dtype)
    np.testing.assert_allclose(state.v, expected, rtol=0, atol=4 * np.finfo(dtype).eps)
    assert f"float{96 - bits}" not in source


def test_one_module_holds_several_kernels_and_ignores_unknown_fields():
    words = {"v": Word(8)}
    double = stage(on="time step", per="neuron", writes=("v",))(lambda v: saturate(v * 2, 8))
    negate = stage(on="time step", per="neuron", writes=("v",))(lambda v: saturate(-v, 8))
    sources = [
        kernel_source(name, chain([each], words, stored=("v",)), {"v": "lane"}, counted="v")
        for name, each in (("double", double), ("negate", negate))
    ]
    module = load_kernels("two", *sources)
    state = tuple_type("Mixed", ("other", "v"))(np.zeros(1), np.array([1, -128, 0, 100], np.int8))
    assert module.double(state, ()) == 2
    assert module.negate(state, ()) == 3
    assert state.v.tolist() == [-2, 127, 0, -127]


def _located(error, function):
    (problem,) = error.value.problems
    lines, first = inspect.getsourcelines(function.function)
    assert problem.file == __file__
    assert first <= problem.line < first + len(lines)
    return problem.message


@pytest.mark.parametrize(
    ("words", "stored", "message"),
    [
        (
            {"w": Word(8), "pres": Word(4), "trace": BIT, "random": BIT},
            ("w",),
            "stage learn: unknown argument `pre` (did you mean `pres`?); it may read: pres, random, trace, w",
        ),
        (
            {**WORDS, "w": Word(7)},
            ("w",),
            "stage learn: writes values -128 to 127 to `w`, which holds -64 to 63: narrow them with saturate",
        ),
        ({**WORDS, "w": Float(32)}, ("w2",), "stage learn: writes `w`, which is no state word of a synapse"),
        ({**WORDS, "random": Float(32)}, ("w",), "shifts and bitwise operations work on integer words"),
    ],
)
def test_wrong_stages(words, stored, message):
    with pytest.raises(ConfigError) as caught:
        chain([learn], words, stored=stored)
    assert _located(caught, learn).startswith(message)


def test_a_float_cannot_go_into_an_integer_word():
    spill = stage(on="time step", per="neuron", writes=("v",))(lambda v, x: v + x)
    with pytest.raises(ConfigError, match="writes a float to `v`, a word of signed 8 bits"):
        chain([spill], {"v": Word(8), "x": Float(32)}, stored=("v",))


def test_the_number_of_results_is_checked():
    pair = stage(on="time step", per="neuron", writes=("v", "w"))(lambda v: v)
    with pytest.raises(ConfigError, match=r"returns 1 words but declares writes=\('v', 'w'\)"):
        chain([pair], {"v": BIT, "w": BIT}, stored=("v", "w"))


def test_unknown_triggers_and_index_sets():
    with pytest.raises(ConfigError, match="unknown trigger 'time steps' \\(did you mean `time step`\\?\\)"):
        stage(on="time steps", per="synapse", writes=("w",))(lambda w: w)
    with pytest.raises(ConfigError, match="unknown index set 'synapses' \\(did you mean `synapse`\\?\\)"):
        stage(on="time step", per="synapses", writes=("w",))(lambda w: w)


def test_rows_are_vectorised():
    """SIMD arithmetic on packed floats appears in the machine code of a row."""
    State = namedtuple("State", "w x")
    decay = stage(on="time step", per="synapse", writes=("w",))(lambda w, x: w - x)
    program = chain([decay], {"w": Float(32), "x": Float(32)}, stored=("w",))
    source = kernel_source("row", program, {"w": "synapse", "x": "lane"}, counted="w")
    kernel = load_kernels("simd", source).row
    kernel(0, State(np.zeros((1, 8), np.float32), np.ones(8, np.float32)), ())
    (ir,) = kernel.inspect_llvm().values()
    assert "x float>" in ir  # a vector type such as <8 x float>
