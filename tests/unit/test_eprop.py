"""The options of e-prop: its forms against each other, fixed against floating point, and in the tick-driven core."""

from pathlib import Path

import numpy as np
import pytest
from tick_cores import FLOAT_SETTINGS, agree, build, delayed_cues

from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.datapath.words import Float
from accelsim.plasticity.delta import Delta
from accelsim.plasticity.eprop import EProp
from accelsim.plasticity.eprop_fixed import EPropFixed
from accelsim.plasticity.kernels import allocate, build_neuron_kernel, build_row_kernel, parameters
from accelsim.simulation.run import simulate

VECTORS = np.load(Path(__file__).parents[1] / "golden" / "eprop_vectors" / "alif_small.npz")
ALPHA, RHO, _, _, _, KAPPA = map(float, VECTORS["scalars"])
INPUTS, NEURONS = VECTORS["Win"].shape[1], len(VECTORS["beta"])
SPIKES = np.hstack([VECTORS["x"], np.vstack([np.zeros((1, NEURONS)), VECTORS["z"][:-1]])])
OTHERS = np.vstack([np.ones((INPUTS, NEURONS), bool), ~np.eye(NEURONS, dtype=bool)])
DECAYS = {"trace_decay": ALPHA, "readout_decay": KAPPA, "adaptation_decay": RHO}


def learned(rule, beta=VECTORS["beta"], psi=VECTORS["psi"], signal=VECTORS["L"], steps=len(SPIKES)):
    """Words of a rule after it saw the recorded states: gradient, or weights if there is none."""
    state, formats = allocate(rule, len(OTHERS), NEURONS), rule.offered()
    neurons = [build_neuron_kernel(rule, "presynaptic neuron", ["time step"])]
    if rule.postsynaptic_state:
        neurons.append(build_neuron_kernel(rule, "postsynaptic neuron", ["time step"]))
    row = build_row_kernel(rule, ["time step", "learning signal"])
    state.post_adaptation[:] = formats["post_adaptation"].encode(beta)
    for t in range(steps):
        state.pre_spike[:] = SPIKES[t]
        state.post_spike[:] = VECTORS["z"][t]
        state.surrogate[:] = formats["surrogate"].encode(psi[t])
        state.learning_signal[:] = formats["learning_signal"].encode(signal[t])
        for kernel in neurons:
            kernel(state, parameters(rule))
        for i in range(len(OTHERS)):
            row(i, state, parameters(rule))
    name = "gradient" if "gradient" in rule.synapse_state else "w"
    return rule.synapse_state[name].decode(getattr(state, name)) * OTHERS


def _cosine(a, b):
    return float((a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b))


GATHERED = {"update": "end of sample", "float_bits": 64, **DECAYS}


def test_gathered_gradients_are_those_of_the_vectors_and_online_changes_their_negative():
    expected = np.vstack([VECTORS["grad_in"].T, VECTORS["grad_rec"].T])
    gathered = learned(EProp(adaptation=True, **GATHERED))
    np.testing.assert_allclose(gathered, expected, atol=1e-12 * np.abs(expected).max())
    online = learned(EProp(adaptation=True, rate=1.0, float_bits=64, **DECAYS))
    np.testing.assert_allclose(online, -expected, atol=1e-12 * np.abs(expected).max())


def test_without_adaptation_strength_the_adaptive_form_is_the_plain_one():
    still = learned(EProp(adaptation=True, **GATHERED), beta=np.zeros(NEURONS))
    plain = learned(EProp(**GATHERED))
    np.testing.assert_array_equal(still, plain)
    assert _cosine(plain, learned(EProp(adaptation=True, **GATHERED))) < 0.999


def test_without_filter_it_is_the_form_of_reckon():
    factors = EProp(eligibility_filter=False, **GATHERED)
    assert set(factors.synapse_state) == {"w", "gradient"}
    decays = {**GATHERED, "readout_decay": 0.0}
    scale = np.abs(learned(factors)).max()
    np.testing.assert_allclose(learned(factors), learned(EProp(**decays)), atol=1e-14 * scale)
    unfiltered = learned(EProp(adaptation=True, **decays))
    kept = EProp(adaptation=True, eligibility_filter=False, **GATHERED)
    np.testing.assert_allclose(learned(kept), unfiltered, atol=1e-14 * scale)
    assert set(EProp(eligibility_filter=False).synapse_state) == {"w"}


@pytest.mark.parametrize("filtered", [True, False])
def test_an_eligibility_outlives_its_time_step_only_in_the_filter(filtered):
    """psi p at the first step, a learning signal at the second: kappa L psi p, or nothing."""
    psi, signal = np.zeros((2, NEURONS)), np.zeros((2, NEURONS))
    psi[0], signal[1] = 0.5, 2.0
    first = int(np.flatnonzero(SPIKES[:, :INPUTS].any(axis=1))[0])
    rule = EProp(rate=1.0, eligibility_filter=filtered, float_bits=64, **DECAYS)
    shift = np.zeros((first, NEURONS))
    found = learned(rule, psi=np.vstack([shift, psi]), signal=np.vstack([shift, signal]), steps=first + 2)
    expected = -2.0 * KAPPA * 0.5 * SPIKES[first] if filtered else 0 * SPIKES[first]
    np.testing.assert_allclose(found, np.outer(expected, np.ones(NEURONS)) * OTHERS, atol=1e-15)


def test_the_regulariser_pushes_rates_towards_their_target():
    silent = np.zeros_like(VECTORS["L"])
    rule = EProp(regularisation=2.0, target_rate=0.02, rate_memory=0.9, **GATHERED)
    found = learned(rule, signal=silent)
    trace, mean, expected = np.zeros(len(OTHERS)), np.zeros(NEURONS), np.zeros(OTHERS.shape)
    for t in range(len(SPIKES)):
        trace = ALPHA * trace + SPIKES[t]
        mean = 0.9 * mean + 0.1 * VECTORS["z"][t]
        expected += 2.0 * (mean - 0.02) * np.outer(trace, VECTORS["psi"][t])
    np.testing.assert_allclose(found, expected * OTHERS, atol=1e-12 * np.abs(expected).max())
    online = learned(rule.model_copy(update={"update": "online", "rate": 1.0}), signal=silent)
    np.testing.assert_allclose(online, -found, atol=1e-12 * np.abs(found).max())
    assert rule.kept == ("mean_rate",)
    adaptive = learned(rule.model_copy(update={"adaptation": True}), beta=np.zeros(NEURONS), signal=silent)
    np.testing.assert_array_equal(adaptive, found)


def _fixed(bits):
    return EPropFixed(
        eligibility_filter=True, adaptation=True, update="end of sample", decay_bits=16, surrogate_bits=8,
        signal_bits=16, signal_fraction=12, gradient_bits=32, gradient_fraction=16, trace_bits=bits,
        trace_fraction=bits - 5, eligibility_bits=bits, eligibility_fraction=bits - 6, **DECAYS,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("bits", "low", "high"),
    [
        (16, 0.9999, 1.0),
        pytest.param(10, 0.99, 0.999, marks=pytest.mark.slow),
        pytest.param(8, 0.9, 0.99, marks=pytest.mark.slow),
        pytest.param(6, 0.3, 0.6, marks=pytest.mark.slow),
    ],
)
def test_gradients_on_integers_follow_those_in_floats_down_to_a_knee(bits, low, high):
    exact = np.vstack([VECTORS["grad_in"].T, VECTORS["grad_rec"].T])
    assert low < _cosine(learned(_fixed(bits)), exact) < high


def test_adam_in_place_of_plain_descent():
    rule = Delta(update="end of sample", optimiser="adam", rate=0.01, float_bits=64)
    state, row = allocate(rule, 1, 3), build_row_kernel(rule, ["end of sample"])
    mean, square, w = np.zeros(3), np.zeros(3), np.zeros(3)
    for gradient in np.random.default_rng(0).normal(size=(5, 3)):
        state.gradient[0] = gradient
        row(0, state, parameters(rule))
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        w -= 0.01 * mean / (np.sqrt(square) + 1e-8)
        np.testing.assert_allclose(state.w[0], w, rtol=1e-12)
    assert set(rule.kept) == {"mean_gradient", "mean_square"}
    with pytest.raises(ValueError, match="end of sample"):
        Delta(optimiser="adam")
    with pytest.raises(ValueError, match="end of sample"):
        EProp(optimiser="adam")


ADAPTIVE = {**FLOAT_SETTINGS, "neuron": {"decay": 0.97, "beta": 0.05, "adaptive_share": 0.5}}


@pytest.mark.parametrize(
    ("rule", "output", "feedback"),
    [
        pytest.param({"adaptation": True}, {}, "symmetric", marks=pytest.mark.slow),
        ({"update": "end of sample", "adaptation": True, "regularisation": 0.1},
         {"update": "end of sample", "weight_decay": 0.02}, "adaptive"),
        pytest.param(
            {"eligibility_filter": False, "update": "end of sample", "optimiser": "adam"}, {"weight_decay": 2e-3},
            "adaptive", marks=pytest.mark.slow,
        ),
    ],
)  # fmt: skip
def test_forms_learn_in_a_core_on_which_engines_agree(rule, output, feedback):
    settings = {**ADAPTIVE, "output_parameters": {"rate": 2e-3, **output}}
    overrides = ["core.neuron=alif", f"core.options.feedback={feedback}"]
    core, architecture, placement = build("eprop", {"rate": 1e-3, "trace_decay": 0.97, **rule}, settings, overrides)
    agree(core, architecture, placement, delayed_cues(1))
    before = [np.abs(core.state.back.feedback - core.state.out.w.T).max()]
    core.run(delayed_cues(300, seed=1))
    tested = delayed_cues(200, seed=99, training=False)
    assert (core.run(tested).answers == tested.label).mean() > 0.85
    after = np.abs(core.state.back.feedback - core.state.out.w.T).max()
    assert after == 0 if feedback == "symmetric" else after < 0.1 * before[0]


def test_a_core_in_double_precision():
    settings = {**ADAPTIVE, "output_parameters": {"float_bits": 64}}
    settings["neuron"] = {**settings["neuron"], "float_bits": 64}
    core, *_ = build("eprop", {"float_bits": 64, "adaptation": True}, settings, ["core.neuron=alif"])
    arrays = (core.state.out.total, core.state.back.signal_sum, core.state.inp.w, core.state.neurons.potential)
    assert {array.dtype for array in arrays} == {Float(64).dtype}
    assert core.state_bits()["neuron"] == 4 * 64 + 2  # potential, adaptation, strength, surrogate; flags


@pytest.mark.parametrize(
    ("rule", "neuron", "options", "told"),
    [
        ({"adaptation": True}, "lif", [], "wants neurons with adaptation, which neuron model `lif` has not"),
        ({}, "relu", [], "sends numbers, but controller `tick` sends spikes"),
        ({"optimiser": "adam"}, "lif", [], "needs `update: end of sample`"),
    ],
)
def test_what_does_not_fit_together_is_told(rule, neuron, options, told):
    with pytest.raises(ConfigError) as error:
        build("eprop", rule, {}, [f"core.neuron={neuron}", *options])
    assert told in str(error.value)


@pytest.mark.slow
def test_adaptive_thresholds_remember_what_membranes_forget():
    assert simulate("alif_core", "evidence_accumulation").accuracy_test >= 0.9
    overrides = ["settings.tick.neuron.adaptive_share=0.0", "epochs=8"]
    forgetful = load_document("evidence_accumulation", "workload", overrides=overrides)
    assert simulate("alif_core", forgetful).accuracy_test < 0.7
