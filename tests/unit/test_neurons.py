import inspect

import numpy as np
import pytest

from accelsim.config.errors import ConfigError
from accelsim.neurons import load_plugin, models, stepped_lif, truenorth
from accelsim.neurons.fixed import triangle
from accelsim.neurons.lif import LIF
from accelsim.neurons.lif_fixed import LIFFixed
from accelsim.neurons.stepped_lif import SteppedLIF
from accelsim.neurons.truenorth import TrueNorth

STEPS, NEURONS = 60, 20


def _run(model, currents):
    state, step = model.allocate(NEURONS), model.build()
    record = []
    for current in currents:
        state.current[:] = model.current.encode(current)
        step(state, model.parameters())
        record.append((state.potential.copy(), state.spike.copy(), state.surrogate.copy()))
    return [np.array(column) for column in zip(*record, strict=True)]


def _currents():
    return np.random.default_rng(3).normal(0.1, 0.3, (STEPS, NEURONS))


@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_lif_follows_its_equations(reset):
    f = np.float32
    potentials, spikes, surrogates = _run(LIF(decay=0.9, threshold=0.7, reset=reset), _currents())
    v, z = np.zeros(NEURONS, f), np.zeros(NEURONS, bool)
    for t, current in enumerate(_currents().astype(f)):
        kept = f(0.9) * v
        v = kept + current - f(0.7) * z if reset == "subtract" else np.where(z, f(0), kept) + current
        z = v > f(0.7)
        psi = f(0.3 / 0.7) * np.maximum(f(1) - np.abs(v - f(0.7)) * f(1 / 0.7), f(0))
        assert potentials[t].tolist() == v.tolist()  # bit for bit in float32
        assert spikes[t].tolist() == z.astype(int).tolist()
        assert surrogates[t].tolist() == psi.tolist()
    assert 0 < spikes.mean() < 0.5


@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_fixed_point_lif_is_its_scalar_stages_run_in_python(reset):
    model = LIFFixed(decay=0.9, reset=reset, potential_bits=12, potential_fraction=8)
    potentials, spikes, surrogates = _run(model, 3 * _currents())
    numbers = {**dict(model), **model.derived}
    soma = {name: numbers[name] for name in model.stages[0].reads if name in numbers}
    tail = {name: numbers[name] for name in ("threshold", "potential_fraction", "surrogate_bits")}
    v, z = [0] * NEURONS, [0] * NEURONS
    for t, current in enumerate(model.current.encode(3 * _currents()).tolist()):
        for n in range(NEURONS):
            v[n], z[n], distance = LIFFixed.soma(v[n], z[n], current[n], **soma)
            assert (potentials[t, n], spikes[t, n]) == (v[n], z[n])
            assert surrogates[t, n] == triangle(distance, **tail)
    assert 0 < spikes.mean() < 0.9


def test_fixed_point_approaches_float():
    _, spikes, surrogates = _run(LIF(decay=230 / 256, dampening=1.0), _currents())
    fixed = LIFFixed(decay=230 / 256, potential_bits=24, potential_fraction=16, surrogate_bits=8)
    _, fixed_spikes, fixed_surrogates = _run(fixed, _currents())
    assert spikes.tolist() == fixed_spikes.tolist()
    np.testing.assert_allclose(fixed.surrogate.decode(fixed_surrogates), surrogates, atol=2**-7)


@pytest.mark.parametrize(
    ("model", "update", "given"),
    [
        (SteppedLIF, stepped_lif.update, {"leak_decay": 0.9, "input_decay": 0.5, "refractory": 2, "bias": 0.02}),
        (SteppedLIF, stepped_lif.update, {"reset_mode": "soft", "reverse_threshold": -0.2, "reverse_reset": 0.1}),
        (TrueNorth, truenorth.update, {"leak": -0.05, "leak_towards_zero": 1, "reset_mode": "none"}),
        (TrueNorth, truenorth.update, {"reverse_threshold": -0.3, "reverse_reset_mode": "saturate", "reset": 0.1}),
    ],
)
def test_neurons_of_stepped_chips_are_traced_from_what_their_kernels_run(model, update, given):
    neuron = model(threshold=0.6, **given)
    potentials, spikes, _ = _run(neuron, 2 * _currents())
    numbers = {**dict(neuron), **neuron.derived, "first": False}
    known = [name for name in inspect.signature(update).parameters if name in numbers]
    words = ("v", "u", "refractory_left") if model is SteppedLIF else ("v",)
    kept = {name: np.zeros(NEURONS) for name in words}
    for t, current in enumerate(2 * _currents()):
        for n in range(NEURONS):
            before = {name: kept[name][n] for name in words}
            parameters = {name: numbers[name] for name in known}
            *after, fired, _ = update(**before, current=current[n], arrived=current[n] != 0, **parameters)
            for name, value in zip(words, after, strict=True):
                kept[name][n] = value
            assert (potentials[t, n], spikes[t, n]) == (kept["v"][n], fired)
    assert 0 < spikes.mean() < 1


def test_description():
    lines = models.get("lif-fixed")().describe().splitlines()
    assert lines[0].startswith("neuron model lif-fixed: Leaky integrate-and-fire on integers, triangular")
    state = "potential: signed 16 bits, 10 after the point; spike: unsigned 1 bit"
    assert lines[1] == f"per neuron: 17 bits ({state})"
    assert lines[3] == "per neuron on time step: 15 operations, depth 10"
    assert models.get("lif")().describe().count("\n") > 10
    lines = models.get("truenorth")().describe().splitlines()
    assert lines[1] == "per neuron: 65 bits (potential: float64; spike: unsigned 1 bit)"
    assert models.get("stepped-lif")().describe().splitlines()[1].startswith("per neuron: 193 bits")


def test_a_model_of_the_users(tmp_path):
    path = tmp_path / "plugin.py"
    path.write_text(
        "from accelsim.neurons import Float, NeuronModel, register, stage\n"
        "@register('perfect')\n"
        "class Perfect(NeuronModel):\n"
        "    threshold: float = 1.0\n"
        "    @stage(on='time step', per='neuron', writes=('potential', 'spike'))\n"
        "    def soma(potential, current, threshold):\n"
        "        return potential + current, potential + current > threshold\n"
    )
    assert load_plugin(path) == ["perfect"]
    potentials, spikes, _ = _run(models.get("perfect")(threshold=2.5), np.ones((4, NEURONS)))
    assert potentials[:, 0].tolist() == [1, 2, 3, 4]
    assert spikes[:, 0].tolist() == [0, 0, 1, 1]


def test_stages_of_a_neuron_run_per_time_step(tmp_path):
    path = tmp_path / "plugin.py"
    path.write_text(
        "from accelsim.neurons import NeuronModel, register, stage\n"
        "@register('odd')\n"
        "class Odd(NeuronModel):\n"
        "    @stage(on='end of sample', per='neuron', writes=('potential',))\n"
        "    def clear(potential):\n"
        "        return 0\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_plugin(path)
    assert str(caught.value) == (
        f"{path}:4  stage clear: a neuron model's stages run on 'time step' per 'neuron', "
        "not on 'end of sample' per 'neuron'"
    )
