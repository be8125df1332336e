"""What every consolidation does to changes, against formulas written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synapse_rows import Descent, DescentFixed, Rows, rows, tasks

from accelsim.config.errors import ConfigError
from accelsim.datapath.component import bits_of
from accelsim.datapath.words import Float, Word
from accelsim.plasticity import LearningUnit, consolidations
from accelsim.plasticity.kernels import allocate, build_row_kernel, parameters

NEUTRAL = {
    "l2-anchor": {"strength": 0.0},
    "ewc": {"strength": 0.0},
    "ewc-online": {"strength": 0.0},
    "synaptic-intelligence": {"strength": 0.0},
    "metaplastic-binary": {"meta": 0.0},
    "benna-fusi": {"coupling": 0.0},
    "neuromodulated": {"strength": 0.0},
    "stochastic-metaplasticity": {"meta": 0.0, "growth": 0.0},
    "activity-dependent": {"largest_shift": 0},
}
RULES = {
    "float32": Descent(float_bits=32),
    "nearest": DescentFixed(),
    "stochastic": DescentFixed(rounding="stochastic"),
}
WEIGHTS = np.linspace(-0.9, 0.9, 41)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", NEUTRAL)
def test_without_strength_the_rule_is_as_it_was_bit_for_bit(name, rule):
    alone = tasks(Rows(RULES[rule], WEIGHTS.size, WEIGHTS))
    consolidated = tasks(rows(name, WEIGHTS.size, RULES[rule], WEIGHTS, **NEUTRAL[name]))
    assert alone.std() > 0.1
    np.testing.assert_array_equal(consolidated, alone)


@pytest.mark.parametrize("name", [*NEUTRAL, "cascade"])
def test_without_a_learning_rate_weights_stay(name):
    options = {"leak": False} if name == "benna-fusi" else {}
    history = tasks(rows(name, WEIGHTS.size, Descent(rate=0.0), WEIGHTS, **options))
    np.testing.assert_array_equal(history, np.tile(WEIGHTS, (len(history), 1)))


@pytest.mark.parametrize("name", ["synaptic-intelligence", "stochastic-metaplasticity"])
def test_compiled_rows_do_the_same(name):
    unit = LearningUnit(DescentFixed(), consolidations.get(name)())
    compiled, vectors = allocate(unit, 1, WEIGHTS.size), Rows(unit, WEIGHTS.size, WEIGHTS)
    for word in ("w", *unit.weight_copies):
        getattr(compiled, word)[0] = vectors.words[word]
    kernels = {trigger: build_row_kernel(unit, [trigger]) for trigger in ("learning signal", "task boundary")}
    generator = np.random.default_rng(3)
    for trigger in 2 * (5 * ["learning signal"] + ["task boundary"]):
        signal = unit.offered()["learning_signal"].encode(generator.normal(0, 1, WEIGHTS.size))
        compiled.learning_signal[:] = signal
        kernels[trigger](0, compiled, parameters(unit))
        drawn = compiled.random_state >> np.uint32(32 - unit.offered()["random"].bits)
        vectors.words["learning_signal"] = signal
        vectors.words["random"] = drawn.astype(np.int64)
        vectors.generator = _Repeated(vectors.words["random"])
        vectors.fire(trigger)
    for word in unit.synapse_state:
        np.testing.assert_array_equal(getattr(compiled, word)[0], vectors.words[word])


class _Repeated:
    """A generator that returns what was drawn elsewhere."""

    def __init__(self, values):
        self.values = values

    def integers(self, *_):
        return self.values


GRADIENTS = np.random.default_rng(5).normal(0, 1, (3, 4, 2, WEIGHTS.size))  # tasks, samples, steps


def _drive(synapses):
    """Weights after the tasks of `GRADIENTS`."""
    for task in GRADIENTS:
        for sample in task:
            for gradient in sample:
                synapses.fire("learning signal", learning_signal=gradient)
            synapses.fire("end of sample")
        synapses.fire("task boundary")
    return synapses["w"]


@pytest.mark.parametrize("kept", [1, 2, 4])
def test_separate_ewc_keeps_importance_and_anchor_of_the_last_tasks(kept):
    w, pairs = WEIGHTS.copy(), []
    for task in GRADIENTS:
        squares = 0
        for sample in task:
            for gradient in sample:
                w = w - 0.125 * (gradient + 0.5 * sum(f * (w - anchor) for f, anchor in pairs[-kept:]))
            squares = squares + sample.sum(0) ** 2
        pairs.append((squares / 4, w))
    synapses = rows("ewc", WEIGHTS.size, weights=WEIGHTS, strength=0.5, samples=4, tasks=kept)
    np.testing.assert_allclose(_drive(synapses), w, rtol=1e-12)
    np.testing.assert_allclose(synapses["importance_1"], pairs[-1][0], rtol=1e-12)


def test_online_ewc_adds_importances_up():
    w, importance, anchor = WEIGHTS.copy(), 0.0, WEIGHTS
    for task in GRADIENTS:
        for gradient in task.reshape(-1, WEIGHTS.size):
            w = w - 0.125 * (gradient + 0.5 * importance * (w - anchor))
        importance, anchor = 0.75 * importance + (task.sum(1) ** 2).mean(0), w
    synapses = rows("ewc-online", WEIGHTS.size, weights=WEIGHTS, strength=0.5, samples=4, memory=0.75)
    np.testing.assert_allclose(_drive(synapses), w, rtol=1e-12)
    np.testing.assert_allclose(synapses["importance"], importance, rtol=1e-12)


def test_synaptic_intelligence_integrates_the_path():
    w, importance, anchor = WEIGHTS.copy(), 0.0, WEIGHTS
    for task in GRADIENTS:
        path = 0.0
        for gradient in task.reshape(-1, WEIGHTS.size):
            step = -0.125 * (gradient + 2 * 0.05 * importance * (w - anchor))
            path, w = path - gradient * step, w + step
        importance = importance + np.maximum(path, 0) / ((w - anchor) ** 2 + 0.1)
        anchor = w
    synapses = rows("synaptic-intelligence", WEIGHTS.size, weights=WEIGHTS, strength=0.05)
    np.testing.assert_allclose(_drive(synapses), w, rtol=1e-9)
    np.testing.assert_allclose(synapses["importance"], importance, rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.floats(-7, 7, width=32), min_size=1, max_size=6), min_size=1, max_size=4),
    st.sampled_from(list(RULES)),
)
def test_importance_is_never_negative(gradients, rule):
    synapses = INTELLIGENT[rule]
    for task in gradients:
        for gradient in task:
            synapses.fire("learning signal", learning_signal=gradient)
        synapses.fire("task boundary")
        assert synapses["importance"].min() >= 0


INTELLIGENT = {name: rows("synaptic-intelligence", 5, rule, np.linspace(-1, 1, 5)) for name, rule in RULES.items()}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("l2-anchor", {"strength": 0.5}),
        ("ewc-online", {"strength": 0.5, "samples": 4}),
        ("synaptic-intelligence", {"strength": 0.05, "importance_bits": 10, "importance_fraction": 4}),
    ],
)
def test_fixed_point_follows_floating_point(name, options):
    ends = [_drive(rows(name, WEIGHTS.size, rule, WEIGHTS, **options)) for rule in (Descent(), DescentFixed())]
    inside = np.abs(ends[0]) < 1.5  # weights of 8 bits end at 2
    difference = (ends[0] - ends[1])[inside]
    assert np.abs(difference).mean() < 0.04  # 24 roundings to 1/64
    assert np.abs(ends[0] - WEIGHTS)[inside].mean() > 0.2


@pytest.mark.parametrize("rule", RULES)
def test_consolidated_binary_synapses_keep_their_sign(rule):
    hidden = np.linspace(-1.5, 1.5, 40)
    signs = {}
    for meta in (0.0, 8.0):
        synapses = rows("metaplastic-binary", hidden.size, RULES[rule], hidden, meta=meta)
        for _ in range(40):
            synapses.fire("learning signal", learning_signal=np.sign(hidden))
        signs[meta] = np.sign(synapses["w"]) == np.sign(hidden)
    assert not signs[0.0].any()
    assert signs[8.0][np.abs(hidden) > 0.8].all()
    assert not signs[8.0][np.abs(hidden) < 0.1].any()


def test_metaplasticity_slows_only_what_reduces_the_hidden_weight():
    synapses = rows("metaplastic-binary", 4, weights=[0.5, 0.5, -0.5, -0.5], meta=2.0)
    synapses.fire("learning signal", learning_signal=[8.0, -8.0, 8.0, -8.0])
    slow = 1 - np.tanh(1.0) ** 2
    np.testing.assert_allclose(synapses["w"], [0.5 - slow, 1.5, -1.5, -0.5 + slow])


@pytest.mark.parametrize("name", ["metaplastic-binary", "cascade"])
def test_binary_synapses_transmit_their_sign(name):
    consolidation = consolidations.get(name)(magnitude_shift=2)
    unit = LearningUnit(Descent(), consolidation)
    assert unit.transmitted == Float(64)
    assert [unit.transmit()[0](w=w, magnitude=0.25) for w in (-3.0, 0.0, 3.0)] == [-0.25, 0.25, 0.25]
    unit = LearningUnit(DescentFixed(), consolidation)
    assert unit.transmitted == Word(2, fraction=2)
    assert [unit.transmit()[0](w=w, magnitude=0.25) for w in (-3, 0, 3)] == [(-1,), (1,), (1,)]


def test_the_third_factor_gates():
    signal = np.ones(5)
    factors = np.array([-2.0, -0.25, 0.0, 0.5, 3.0])
    plastic = rows("neuromodulated", 5).fire("learning signal", learning_signal=signal, plastic=factors)
    np.testing.assert_allclose(plastic["w"], -0.125 * np.clip(factors, 0, 1))
    halved = rows("neuromodulated", 5, strength=0.5, source="reward", lowest=-1.0)
    halved.fire("learning signal", learning_signal=signal, reward=factors)
    np.testing.assert_allclose(halved["w"], -0.125 * (0.5 + 0.5 * np.clip(factors, -1, 1)))


def test_a_mask_leaves_each_task_to_some_neurons():
    for rule in (Descent(), DescentFixed()):
        synapses = rows("neuromodulated", 4000, rule, plastic_share=0.25)
        learned = []
        for _ in range(3):
            before = synapses["w"]
            synapses.fire("learning signal", learning_signal=1.0)
            learned.append(synapses["w"] != before)
            synapses.fire("task boundary", per="postsynaptic neuron")
        assert learned[0].all()
        assert learned[1].mean() == pytest.approx(0.25, abs=0.03)
        assert (learned[1] & learned[2]).mean() == pytest.approx(1 / 16, abs=0.02)


@pytest.mark.parametrize("rule", RULES)
def test_updates_are_accepted_with_probability_exp_of_minus_m_w(rule):
    weights = np.repeat([0.25, 0.5, 1.0], 20_000)
    synapses = rows("stochastic-metaplasticity", weights.size, RULES[rule], weights, meta=2.0, growth=0.0)
    synapses.fire("learning signal", learning_signal=-0.5)  # a change of 4 last bits
    accepted = (synapses["w"] != weights).reshape(3, -1).mean(1)
    np.testing.assert_allclose(accepted, np.exp([-0.5, -1.0, -2.0]), atol=0.012)


def test_acceptance_and_rounding_draw_independently():
    rule = RULES["stochastic"]
    synapses = rows("stochastic-metaplasticity", 60_000, rule, 0.5, meta=2.0, growth=0.0)
    synapses.fire("learning signal", learning_signal=-1 / 16)  # half a last bit
    assert (synapses["w"] != 0.5).mean() == pytest.approx(np.exp(-1.0) / 2, abs=0.008)


def test_synapses_that_served_tasks_accept_less():
    synapses = rows("stochastic-metaplasticity", 2, weights=[0.5, -0.5], level_bits=2)
    for _ in range(5):
        synapses.fire("learning signal", learning_signal=[1e-9, 0.0], random=0)
        synapses.fire("task boundary")
    assert synapses["level"].tolist() == [3, 0]


@pytest.mark.parametrize("rule", ["float32", "nearest"])
def test_activity_shifts_changes(rule):
    synapses = rows("activity-dependent", 3, RULES[rule], largest_shift=2, interval_bits=1)
    steps = []
    for _ in range(6):
        before = synapses["w"]
        synapses.fire("learning signal", learning_signal=[1.0, -1.0, 0.0])
        steps.append(synapses["w"] - before)
    np.testing.assert_allclose(np.array(steps)[:, 1] * 8, [1, 1, 0.5, 0.5, 0.25, 0.25])
    assert synapses["count"].tolist() == [4, 4, 0]


@pytest.mark.parametrize(
    ("name", "parameters", "of_8_bits", "of_float32"),
    [
        ("l2-anchor", {}, 8, 32),
        ("ewc", {"tasks": 4}, 4 * 16 + 48, 4 * 64 + 64),
        ("ewc-online", {}, 64, 128),
        ("synaptic-intelligence", {}, 8 + 8 + 24, 96),
        ("metaplastic-binary", {}, 0, 0),
        ("benna-fusi", {"beakers": 4}, 42, 96),
        ("cascade", {"levels": 8}, 3, 3),
        ("cascade", {"levels": 12}, 4, 4),
        ("neuromodulated", {}, 0, 0),
        ("stochastic-metaplasticity", {}, 4, 4),
        ("activity-dependent", {"largest_shift": 7, "interval_bits": 5}, 8, 8),
    ],
)
def test_bits_per_synapse(name, parameters, of_8_bits, of_float32):
    consolidation = consolidations.get(name)(**parameters)
    assert bits_of(consolidation.synapse_words(Word(8, fraction=6))) == of_8_bits
    assert bits_of(consolidation.synapse_words(Float(32))) == of_float32


@pytest.mark.parametrize(
    ("name", "parameters", "weight", "message"),
    [
        ("cascade", {"magnitude_shift": 8}, Word(8, fraction=6), "cannot be 0.00390625: change `magnitude_shift`"),
        ("cascade", {"magnitude_shift": 0}, Word(2, fraction=1), "cannot be 1.0"),
        ("metaplastic-binary", {}, Word(3, signed=False, fraction=3), "take a rule with signed weights"),
        ("cascade", {}, Word(3, signed=False, fraction=3), "take a rule with signed weights"),
        ("benna-fusi", {"beakers": 16, "ratio": 4.0}, Word(8, fraction=6), "more than 63: take fewer beakers"),
    ],
)
def test_formats_that_cannot_be_are_refused(name, parameters, weight, message):
    with pytest.raises(ConfigError, match=message):
        consolidations.get(name)(**parameters).synapse_words(weight)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("ewc", {"strength": -1}),
        ("ewc", {"tasks": 0}),
        ("ewc-online", {"memory": 1.5}),
        ("synaptic-intelligence", {"damping": 0}),
        ("benna-fusi", {"coupling": 0.75}),
        ("neuromodulated", {"lowest": 0.5, "highest": 0.25}),
        ("activity-dependent", {"largest_shift": 16}),
    ],
)
def test_parameters_out_of_range_are_refused(name, parameters):
    with pytest.raises(ValueError, match=next(iter(parameters))):
        consolidations.get(name)(**parameters)
