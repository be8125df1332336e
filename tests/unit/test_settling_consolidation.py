"""Consolidations on a settling core: neutral ones change nothing, others what their formulas say, all are charged."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from settling_cores import CORE, build, permuted_digits, some

from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.controllers.settling import controller
from accelsim.controllers.settling.listening import plain_loop
from accelsim.datapath.words import Float
from accelsim.plasticity import Consolidation, stage
from accelsim.plasticity.binary import BinarySynapses
from accelsim.plasticity.consolidation import consolidations, register_consolidation
from accelsim.simulation.run import simulate

SIZES = (6, 5, 4, 3)
RATE = 0.25
NEUTRAL = {
    "l2-anchor": {"strength": 0.0},
    "ewc": {"strength": 0.0},
    "ewc-online": {"strength": 0.0},
    "synaptic-intelligence": {"strength": 0.0},
    "benna-fusi": {"coupling": 0.0},
    "neuromodulated": {"strength": 0.0},
    "stochastic-metaplasticity": {"growth": 0.0},
    "activity-dependent": {"largest_shift": 0},
}


@register_consolidation("plain-binary-example")
class PlainBinary(BinarySynapses):
    """Transmits the sign of the weight."""


def _ends(shown, *at):
    """Samples with which tasks end."""
    return replace(shown, task_end=np.isin(np.arange(len(shown)), at))


def _words(core, name):
    return [np.asarray(getattr(each, name), np.float64) for each in core.state.matrices]


@pytest.mark.parametrize("name", NEUTRAL)
@pytest.mark.parametrize(
    ("rule", "parameters"), [("backprop", {}), ("backprop", {"batch": 3}), ("mq", {}), ("il-prox", {"batch": 2})]
)
def test_without_strength_the_rule_is_as_it_was_bit_for_bit(name, rule, parameters):
    shown = _ends(some(9, SIZES), 3, 7)
    alone = build(rule, SIZES, **parameters)
    both = build(rule, SIZES, consolidation=name, consolidation_parameters=NEUTRAL[name], **parameters)
    np.testing.assert_array_equal(alone.run(shown).answers, both.run(shown).answers)
    for found, expected in zip(both.weights().values(), alone.weights().values(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_without_meta_a_metaplastic_synapse_is_a_binary_one_bit_for_bit():
    shown = some(9, SIZES)
    plain, meta, slow = (
        build("backprop", SIZES, rate=RATE, activation="sign", consolidation=name, consolidation_parameters=given)
        for name, given in (("plain-binary-example", {}), ("metaplastic-binary", {"meta": 0.0}),
                            ("metaplastic-binary", {"meta": 3.0}))
    )  # fmt: skip
    for core in (plain, meta, slow):
        core.run(shown)
    for name, w in plain.weights().items():
        np.testing.assert_array_equal(w, meta.weights()[name])
        assert not np.array_equal(w, slow.weights()[name])


@pytest.mark.parametrize("name", [name for name in consolidations.names() if "example" not in name])
def test_every_consolidation_runs_compiled_code_of_the_same_formulas(name):
    core = build("backprop", SIZES, consolidation=name)
    core.run(_ends(some(4, SIZES), 1))
    assert all(np.isfinite(w).all() for w in core.weights().values())
    assert core.state_bits()["synapse_trace"] == sum(
        format.bits for word, format in core.unit.synapse_state.items() if word != "w"
    )


def _gradients(weights, x, label, binary=False):
    """Of the cross-entropy by weight matrix, (pre and bias, post), in double precision."""
    used = [np.where(w < 0, -0.5, 0.5) if binary else w for w in weights]
    rates, slopes = [np.append(x, 1.0)], []
    for m, w in enumerate(used):
        h = rates[-1] @ w
        if m + 1 < len(used):
            rates.append(np.append(np.where(h < 0, -1.0, 1.0) if binary else np.maximum(h, 0), 1.0))
            slopes.append((np.abs(h) <= 1) if binary else (h > 0))
    power = np.exp(h - h.max())
    error = power / power.sum() - np.eye(h.size)[label]
    found = []
    for m in reversed(range(len(used))):
        found.append(np.outer(rates[m], error))
        if m:
            error = (used[m][:-1] @ error) * slopes[m - 1]
    return found[::-1]


def _shown(shown):
    for s in range(len(shown)):
        yield shown.event_value.reshape(len(shown), -1)[s].astype(np.float64), shown.label[s]


def test_the_anchor_pulls_to_the_weights_at_the_task_boundary():
    core = build("backprop", SIZES, rate=RATE, consolidation="l2-anchor", consolidation_parameters={"strength": 0.5})
    weights = _words(core, "w")
    anchors = [w.copy() for w in weights]
    shown = _ends(some(8, SIZES), 2)
    for s, (x, label) in enumerate(_shown(shown)):
        changes = [-RATE * (g + 0.5 * (w - a))
                   for g, w, a in zip(_gradients(weights, x, label), weights, anchors, strict=True)]  # fmt: skip
        weights = [w + change for w, change in zip(weights, changes, strict=True)]
        anchors = [w.copy() for w in weights] if s == 2 else anchors
    core.run(shown)
    for name, expected in (("w", weights), ("w_ref", anchors)):
        for found, right in zip(_words(core, name), expected, strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-5)


def test_fisher_information_is_the_mean_square_of_the_gradients_of_samples():
    given = {"strength": 2.0, "samples": 4}
    core = build("backprop", SIZES, rate=RATE, consolidation="ewc", consolidation_parameters=given)
    weights = _words(core, "w")
    pairs, squares = [], [0.0] * len(weights)
    shown = _ends(some(9, SIZES), 3, 7)
    for s, (x, label) in enumerate(_shown(shown)):
        gradients = _gradients(weights, x, label)
        squares = [sum_ + g**2 for sum_, g in zip(squares, gradients, strict=True)]
        for m, g in enumerate(gradients):
            pull = sum(fisher[m] * (weights[m] - anchor[m]) for fisher, anchor in pairs)
            weights[m] = weights[m] - RATE * (g + 2.0 * pull)
        if s in (3, 7):
            pairs.insert(0, ([each / 4 for each in squares], [w.copy() for w in weights]))
            squares = [0.0] * len(weights)
    core.run(shown)
    for k, (fishers, anchors) in enumerate(pairs, 1):
        for found, right in zip(_words(core, f"importance_{k}"), fishers, strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-3, atol=1e-6)
        for found, right in zip(_words(core, f"w_ref_{k}"), anchors, strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-5)
    for found, right in zip(_words(core, "w"), weights, strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-5)


def test_synaptic_intelligence_integrates_the_path_of_a_task():
    given = {"strength": 0.3, "damping": 0.1}
    core = build("backprop", SIZES, rate=RATE, consolidation="synaptic-intelligence", consolidation_parameters=given)
    weights = _words(core, "w")
    anchors = [w.copy() for w in weights]
    paths, importances = ([np.zeros_like(w) for w in weights] for _ in range(2))
    shown = _ends(some(8, SIZES), 3)
    for s, (x, label) in enumerate(_shown(shown)):
        for m, g in enumerate(_gradients(weights, x, label)):
            change = -RATE * (g + 0.6 * importances[m] * (weights[m] - anchors[m]))
            paths[m] -= g * change
            weights[m] = weights[m] + change
        if s == 3:
            for m, w in enumerate(weights):
                importances[m] += np.maximum(paths[m], 0) / ((w - anchors[m]) ** 2 + 0.1)
                paths[m][:] = 0
            anchors = [w.copy() for w in weights]
    core.run(shown)
    for name, expected in (("w", weights), ("importance", importances), ("path", paths)):
        for found, right in zip(_words(core, name), expected, strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-3, atol=1e-5)


def test_binary_synapses_transmit_their_sign_forward_and_back():
    core = build("backprop", SIZES, rate=RATE, activation="sign", consolidation="metaplastic-binary",
                 consolidation_parameters={"meta": 2.0})  # fmt: skip
    shown = some(6, SIZES)
    for s, (x, label) in enumerate(_shown(shown)):
        before = _words(core, "w")
        core.run(shown.part(s, s + 1))
        gradients = _gradients(before, x, label, binary=True)
        for h, g, found in zip(before, gradients, _words(core, "w"), strict=True):
            factor = np.where(h * g > 0, 1 - np.tanh(2.0 * np.abs(h)) ** 2, 1)
            np.testing.assert_allclose(found, h - RATE * factor * g, rtol=1e-5, atol=1e-6)


def test_turns_go_on_from_chunk_to_chunk():
    given = {"beakers": 3, "steps": 3}
    whole, parts = (build("backprop", SIZES, batch=2, consolidation="benna-fusi", consolidation_parameters=given)
                    for _ in range(2))  # fmt: skip
    shown = _ends(some(14, SIZES), 8)
    once = whole.run(shown).activity.counts
    twice = np.concatenate([parts.run(shown.part(*cut)).activity.counts for cut in ((0, 5), (5, 14))])
    np.testing.assert_array_equal(once, twice)
    assert np.flatnonzero(once[:, whole.vocabulary.column("periodic")]).tolist() == [5, 11]
    for name, w in whole.weights().items():
        np.testing.assert_array_equal(w, parts.weights()[name])


def test_only_samples_that_are_learnt_from_end_a_task():
    core = build("backprop", SIZES, consolidation="l2-anchor")
    counts = core.run(_ends(some(5, SIZES), 1, 3)).activity.counts
    column = core.vocabulary.column
    assert np.flatnonzero(counts[:, column("closes_task")]).tolist() == [1, 3]
    assert np.flatnonzero(counts[:, column("end_writes_traces")]).tolist() == [1, 3]
    assert not counts[:, column("end_writes")].any()
    tested = replace(_ends(some(5, SIZES), 1, 3), training=np.zeros(5, bool))
    assert not core.run(tested).activity.counts[:, column("closes_task")].any()


class PerNeuron(Consolidation):
    """Keeps a word per neuron."""

    def postsynaptic_words(self, weight):
        """A count."""
        return {"count": Float(32)}


class Spiking(Consolidation):
    """Wants spikes."""

    @stage(on="modulate", per="synapse", writes=("change",))
    def gate(change, pre_spike):
        """Changes of synapses that carry a spike."""
        return change * pre_spike


class Taken(Consolidation):
    """Calls a word as the core does."""

    def synapse_words(self, weight):
        """One."""
        return {"drive": Float(32)}


class Early(Consolidation):
    """Works in time steps."""

    @stage(on="time step", per="synapse", writes=("change",))
    def leak(w):
        """Decays."""
        return -0.5 * w


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (PerNeuron, "keeps words per postsynaptic neuron; controller `settling` keeps those per synapse"),
        (Spiking, "reads `pre_spike`; controller `settling` offers: reward, plastic, random"),
        (Taken, "controller `settling` has a word `drive` of its own"),
        (Early, "runs on 'time step'; controller `settling` runs stages per synapse on: every K steps, end of"),
    ],
)
def test_what_the_core_cannot_do_is_refused(monkeypatch, cls, message):
    monkeypatch.setattr(cls, "name", "refused-example")
    monkeypatch.setitem(consolidations._registered, "refused-example", cls)
    with pytest.raises(ConfigError, match=message):
        build("backprop", SIZES, consolidation="refused-example")


def test_a_core_may_admit_some_consolidations(monkeypatch):
    monkeypatch.setattr("settling_cores.CORE", CORE.model_copy(update={"consolidations": ("ewc",)}))
    with pytest.raises(ConfigError, match="this core consolidates with `ewc`, not with `benna-fusi`"):
        build("backprop", SIZES, consolidation="benna-fusi")


@pytest.mark.parametrize("chip", ["mac_array", "mac_array_per_layer"])
def test_a_run_charges_the_words_and_stages_of_a_consolidation(monkeypatch, chip):
    monkeypatch.setattr(controller, "load_loop", plain_loop)
    workload = load_document("permuted_digits", "workload", overrides=[
        "tasks.count=2", "tasks.passes=1", "tasks.training_samples=6", "tasks.test_samples=3", "network.hidden1=12",
        "network.hidden2=9", "learning.consolidation=ewc", "learning.consolidation_parameters={tasks: 2}",
    ])  # fmt: skip
    result = simulate(chip, workload, window=(9, 13))  # the first task ends with time step 11
    assert result.about["engines_agree"]
    layered = chip == "mac_array_per_layer"
    suffix = "[0]" if layered else ""
    energy = {(row["component"], row["action"]): row for row in result.tables["energy"]}
    traces = energy[f"synapse_traces{suffix}", "write"]
    blocks = (8, 2, 2, 2)
    tiles = [pre * post for pre, post in pairwise(blocks)]
    tiles = tiles[:1] if layered else tiles
    assert traces["count"] == sum(tiles) * (12 + 2)  # every update, and two task boundaries
    assert energy[f"synapse_traces{suffix}", "read"]["count"] == traces["count"]
    stage = f"array{suffix}.close_task{suffix}"
    assert energy[stage, "update"]["count"] == 2 * (64 * sum(tiles) + 8 * (2 if layered else 6))
    assert energy[stage, "update"]["energy_pj"] > 0
    area = {row["component"] for row in result.tables["area"]}
    assert {f"synapse_traces{suffix}", f"bias_traces{suffix}", stage} <= area


ORDERED = {
    "none": {},
    "l2-anchor": {"strength": 0.03},
    "ewc": {"strength": 10.0, "samples": 28_740},
    "synaptic-intelligence": {"strength": 0.003},
}


@pytest.mark.slow
def test_importance_of_weights_beats_an_anchor_beats_nothing_on_permuted_digits():
    found = {
        name: np.mean([
            permuted_digits(
                build("backprop", (64, 128, 128, 10), seed, compiled=True, scale=1.4, rate=0.01,
                      consolidation=None if name == "none" else name, consolidation_parameters=given),
                seed, tasks=5, passes=20,
            )
            for seed in range(2)
        ])
        for name, given in ORDERED.items()
    }  # fmt: skip
    assert found["none"] < found["l2-anchor"] < min(found["ewc"], found["synaptic-intelligence"])
    assert found["synaptic-intelligence"] - found["none"] >= 0.15


@pytest.mark.slow
def test_metaplastic_binary_weights_keep_more_than_plain_ones():
    plain, meta = (
        permuted_digits(
            build("backprop", (64, 256, 256, 10), 0, compiled=True, scale=0.03, bias=False, activation="sign",
                  rate=0.003, consolidation="metaplastic-binary",
                  consolidation_parameters={"meta": strength, "magnitude_shift": 4}),
            0, tasks=4, passes=5,
        )
        for strength in (0.0, 50.0)
    )  # fmt: skip
    assert meta - plain >= 0.10


def test_bits_per_synapse_count_every_word_beside_the_weight():
    alone, batched = build("backprop", SIZES), build("backprop", SIZES, batch=4)
    pairs = build("backprop", SIZES, consolidation="ewc", consolidation_parameters={"tasks": 2})
    found = [core.learning_bits() for core in (alone, batched, pairs)]
    synapses = sum((pre + 1) * post for pre, post in pairwise(SIZES))  # biases too
    assert [bits.synapses for bits in found] == [synapses] * 3
    assert [bits.synaptic / bits.synapses for bits in found] == [32, 64, 32 * 7]  # two pairs, sample and squares
    assert all(bits.weights == 32 * synapses and bits.everything == bits.synaptic for bits in found)
