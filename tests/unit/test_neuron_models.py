"""Neuron models against closed forms and against their equations in NumPy; surrogate derivatives."""

import math

import numpy as np
import pytest

from accelsim.config.errors import ConfigError
from accelsim.neurons import models
from accelsim.neurons.alif import ALIF
from accelsim.neurons.alif_fixed import ALIFFixed
from accelsim.neurons.current_lif import AlphaLIF, CurrentLIF
from accelsim.neurons.graded import Integrator, ReLU, Sigmoid
from accelsim.neurons.lif import LIF
from accelsim.neurons.lif_fixed import LIFFixed
from accelsim.neurons.stochastic import Stochastic
from accelsim.neurons.surrogates import SHAPES, codes, table


def run(model, currents, seed=0):
    """Every word after each time step, by name: (steps, neurons)."""
    currents = np.atleast_2d(np.asarray(currents, float).T).T
    state, step = model.allocate(currents.shape[1], seed), model.build()
    names = dict.fromkeys((*model.state, "spike", "surrogate"))
    record = {name: [] for name in names}
    for current in currents:
        state.current[:] = model.current.encode(current)
        step(state, model.parameters())
        for name in names:
            record[name].append(getattr(state, name).astype(float))
    return {name: np.array(values) for name, values in record.items()}


@pytest.mark.parametrize(("decay", "current"), [(0.9, 0.15), (0.95, 0.11), (0.8, 0.35), (0.99, 0.013)])
def test_a_constant_input_charges_the_membrane_and_the_first_spike_comes_when_told(decay, current):
    found = run(LIF(decay=decay, float_bits=64), np.full(400, current))
    first = math.floor(math.log(1 - (1 - decay) / current) / math.log(decay)) + 1
    steps = np.arange(1, first + 1)
    charged = current * (1 - decay**steps) / (1 - decay)
    np.testing.assert_allclose(found["potential"][:first, 0], charged, rtol=1e-12)
    assert np.flatnonzero(found["spike"][:, 0])[0] == first - 1
    silent = run(LIF(decay=decay, float_bits=64), np.full(400, 0.99 * (1 - decay)))
    assert not silent["spike"].any()


@pytest.mark.parametrize("model", [LIF(decay=0.9, float_bits=64), ALIF(decay=0.9, beta=0.3, float_bits=64)])
def test_subtracting_resets_keep_the_books(model):
    currents = np.random.default_rng(1).normal(0.2, 0.4, (300, 4))
    found = run(model, currents)
    potential, spike = found["potential"], found["spike"]
    leaks = 0.1 * potential[:-1].sum(axis=0)
    np.testing.assert_allclose(
        spike[:-1].sum(axis=0) * 1.0, currents.sum(axis=0) - leaks - potential[-1], rtol=1e-10, atol=1e-10
    )
    assert spike.sum() > 20


def test_without_leak_it_integrates_and_without_memory_it_is_a_threshold():
    rate = run(LIF(decay=1.0, float_bits=64), np.full(10_000, 0.0317))["spike"].mean()
    assert rate == pytest.approx(0.0317, abs=2e-4)
    currents = np.random.default_rng(0).normal(1.0, 0.5, 200)
    found = run(LIF(decay=0.0, reset="zero"), currents)
    assert found["spike"][:, 0].tolist() == (currents.astype(np.float32) > 1).tolist()


def test_an_adaptive_neuron_follows_its_equations():
    model = ALIF(
        decay=0.9, adaptation_decay=0.97, threshold=0.6, beta=0.2, adaptive_share=0.5, refractory_steps=3, float_bits=64
    )
    currents = np.random.default_rng(3).normal(0.2, 0.5, (200, 6))
    found = run(model, currents)
    beta = np.array([0, 0, 0, 0.2, 0.2, 0.2])
    v = a = z = left = np.zeros(6)
    for t, current in enumerate(currents):
        a = 0.97 * a + z
        v = 0.9 * v + current - 0.6 * z
        distance = v - (0.6 + beta * a)
        psi = np.where(left > 0, 0, 0.3 / 0.6 * np.maximum(0, 1 - np.abs(distance) / 0.6))
        z = ((left == 0) & (distance > 0)).astype(float)
        left = np.clip(left + 3 * z - 1, 0, 3)
        np.testing.assert_allclose(found["potential"][t], v, atol=1e-12)
        np.testing.assert_allclose(found["adaptation"][t], a, atol=1e-12)
        np.testing.assert_allclose(found["surrogate"][t], psi, atol=1e-12)
        assert found["spike"][t].tolist() == z.tolist()
    fired = [np.flatnonzero(found["spike"][:, n]) for n in range(6)]
    assert min(np.diff(times).min() for times in fired) == 3  # two silent steps between spikes
    assert found["spike"][:, 3:].sum() < found["spike"][:, :3].sum()


def test_an_adaptive_neuron_on_integers_follows_the_one_in_floats():
    given = {"decay": 0.9, "adaptation_decay": 0.97, "beta": 0.2, "refractory_steps": 2}
    currents = np.random.default_rng(5).normal(0.1, 0.5, (150, 5))
    exact = run(ALIF(**given, dampening=1.0, float_bits=64), currents)
    wide = ALIFFixed(
        **given, potential_bits=24, potential_fraction=18, adaptation_bits=24, adaptation_fraction=18, decay_bits=16,
        surrogate_bits=12,
    )  # fmt: skip
    found = run(wide, currents)
    assert found["spike"].tolist() == exact["spike"].tolist()
    np.testing.assert_allclose(found["surrogate"] / 2**12, exact["surrogate"], atol=2e-3)
    assert exact["spike"].sum() > 30
    narrow = run(ALIFFixed(**given), currents)
    assert abs(narrow["spike"].sum() - exact["spike"].sum()) < 0.1 * exact["spike"].sum()


@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_a_neuron_with_a_synaptic_current(reset):
    found = run(CurrentLIF(decay=0.9, synaptic_decay=0.8, reset=reset, float_bits=64), [0.3] + [0.0] * 30 + [2.0] * 9)
    steps = np.arange(30)
    kernel = 0.3 * (0.9 ** (steps + 1) - 0.8 ** (steps + 1)) / 0.1
    np.testing.assert_allclose(found["potential"][:30, 0], kernel, rtol=1e-12)
    synaptic, v, z = found["synaptic"][30, 0], found["potential"][30, 0], 0.0
    for t in range(31, 40):
        synaptic = 0.8 * synaptic + 2.0
        v = 0.9 * v + synaptic
        v = v - z if reset == "subtract" else v * (1 - z)
        z = float(v > 1)
        assert found["potential"][t, 0] == pytest.approx(v, rel=1e-12)
        assert found["synaptic"][t, 0] == pytest.approx(synaptic, rel=1e-12)
    assert found["spike"].any()


def test_the_response_of_an_alpha_neuron_peaks_when_told():
    rise, fall = 0.9, 0.8
    found = run(AlphaLIF(synaptic_decay=rise, decay=fall, float_bits=64, threshold=10.0), [1.0] + [0.0] * 40)
    tau = math.log(rise) / (math.log(fall) - math.log(rise)) + 1
    steps = np.arange(41)
    np.testing.assert_allclose(found["potential"][:, 0], tau * (rise**steps - fall**steps), atol=1e-12)
    peak = math.log(math.log(fall) / math.log(rise)) / math.log(rise / fall)
    assert abs(int(found["potential"][:, 0].argmax()) - peak) < 1
    with pytest.raises(ValueError, match="is not > decay"):
        AlphaLIF(synaptic_decay=0.7, decay=0.8)


@pytest.mark.parametrize("level", [0.8, 1.0, 1.1])
def test_escape_noise_fires_with_the_probability_of_the_potential(level):
    model = Stochastic(decay=0.0, width=0.1)
    found = run(model, np.full((400, 50), level), seed=7)
    fresh = found["potential"] > level - 0.5  # not just reset
    probability = 1 / (1 + math.exp(-(level - 1) / 0.1))
    assert found["spike"][fresh].mean() == pytest.approx(probability, abs=0.02)
    height = probability * (1 - probability) / 0.1
    assert found["surrogate"][fresh][0] == pytest.approx(height, rel=1e-4)


def test_graded_neurons_send_numbers():
    currents = np.linspace(-3, 3, 13)
    found = run(ReLU(float_bits=64), currents)
    assert found["activity"][:, 0].tolist() == np.maximum(currents, 0).tolist()
    assert found["surrogate"][:, 0].tolist() == (currents > 0).astype(float).tolist()
    found = run(Sigmoid(float_bits=64), currents)
    activity = 1 / (1 + np.exp(-currents))
    np.testing.assert_allclose(found["activity"][:, 0], activity, rtol=1e-12)
    np.testing.assert_allclose(found["surrogate"][:, 0], activity * (1 - activity), rtol=1e-12)
    np.testing.assert_allclose(run(Integrator(), currents)["activity"][:, 0], currents.cumsum(), atol=1e-6)
    assert ReLU.graded
    assert not LIF.graded


def test_values_of_surrogates():
    assert SHAPES["fast-sigmoid"](0.04, 25.0) == pytest.approx(0.25)
    assert SHAPES["arctan"](0.0, 2.0) == pytest.approx(1.0)
    assert SHAPES["arctan"](0.3, 2.0) == pytest.approx(1 / (1 + (math.pi * 0.3) ** 2))
    assert SHAPES["sigmoid"](0.0, 25.0) == pytest.approx(25 / 4)
    assert SHAPES["triangular"](-0.5, 1.0) == 0.5
    assert SHAPES["triangular"](1.5, 1.0) == 0
    assert SHAPES["straight-through"](9.0, 1.0) == 1


@pytest.mark.parametrize("shape", SHAPES)
def test_models_leave_the_shape_asked_for(shape):
    currents = np.linspace(0.0, 2.0, 41)[:, None] * np.ones((1, 3))
    model = LIF(decay=0.0, reset="zero", surrogate_shape=shape, surrogate_slope=2.0, dampening=0.5, float_bits=64)
    found = run(model, currents)
    expected = [0.5 * SHAPES[shape](float(x), 2.0) for x in currents[:, 0] - 1]
    np.testing.assert_allclose(found["surrogate"][:, 0], expected, rtol=1e-9, atol=1e-12)
    stepped = run(model.model_copy(update={"surrogate_segments": 26}), currents)["surrogate"][:, 0]
    inside = np.abs(currents[:, 0] - 1) < 0.49
    np.testing.assert_allclose(stepped[inside], np.array(expected)[inside], atol=0.14)


def test_a_table_has_the_segments_asked_for():
    edges, values = table("triangular", 1.0, 5)
    assert edges == pytest.approx([-1, -1 / 3, 1 / 3, 1])
    assert values == pytest.approx([0, 1 / 3, 1, 1 / 3, 0])
    found = run(LIF(decay=0.0, surrogate_segments=5, dampening=1.0), np.linspace(-0.5, 2.5, 301))
    assert set(np.round(found["surrogate"][:, 0], 4)) == {0.0, 0.3333, 1.0}
    operations = [each.kind for each in LIF(surrogate_segments=5).program().graph().operations]
    assert operations.count("lookup") == 1
    with pytest.raises(ConfigError, match="at least 3"):
        LIF(surrogate_segments=2).check()


@pytest.mark.parametrize("shape", SHAPES)
def test_tables_of_codes_follow_their_shape(shape):
    shift, values = codes(shape, 2.0, 32, 10, 8)
    assert 0 <= min(values) <= max(values) <= 255
    model = LIFFixed(decay=0.0, reset="zero", surrogate_shape=shape, surrogate_slope=2.0, surrogate_bits=8)
    tabled = model.model_copy(update={"surrogate_segments": 32})
    currents = np.linspace(0.52, 1.48, 97)
    found = run(tabled, currents)["surrogate"][:, 0]
    peak = SHAPES[shape](0.0, 2.0)
    step = (1 << shift) / 1024
    for current, code in zip(currents, found, strict=True):
        around = [255 * SHAPES[shape](float(current - 1 + d), 2.0) / peak for d in (-step, 0.0, step)]
        assert min(around) - 2 <= code <= max(around) + 2


@pytest.mark.parametrize("name", ["alif", "alif-fixed", "alpha-lif", "current-lif", "stochastic", "relu"])
def test_every_model_is_described(name):
    lines = models.get(name)().describe().splitlines()
    assert lines[0].startswith(f"neuron model {name}: ")
    assert "operations" in lines[3]
