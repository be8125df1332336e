"""Networks that settle before they learn: the published algorithms, their exact properties, and what they learn."""

import re
from contextlib import suppress

import numpy as np
import pytest
from settling_cores import build, digits_accuracy, some

from accelsim.config.errors import ConfigError
from accelsim.datapath.evaluate import evaluate
from accelsim.datapath.trace import reachable
from accelsim.plasticity.base import rules
from accelsim.plasticity.mq import MQ

SIZES = (6, 5, 4, 5, 3)
IL_SGD = {"schedule": "simultaneous", "iterations": 25, "pull": 0.02, "push": 0.015, "decaying": False, "nudge": 1.0,
          "output_gain": 0.5}  # fmt: skip
"""Inference learning as it was compared with IL-prox (Alonso et al. 2022)."""


def _softmax(x):
    power = np.exp(x - x.max())
    return power / power.sum()


class Reference:
    """Predictive coding as published, in double precision; weights are (pre + bias, post)."""

    def __init__(self, weights):
        self.w = [w.astype(np.float64) for w in weights]

    def predict(self, m, h):
        rate = h[m] if m == 0 else np.maximum(h[m], 0)
        return self.w[m][-1] + rate @ self.w[m][:-1]

    def settled(self, x, label, rule):
        last = len(self.w) - 1
        h = [x]
        for m in range(last + 1):
            h.append(self.predict(m, h))
        p = [None, *h[1:]]
        target = np.eye(p[-1].size)[label]

        def clamp():
            share = rule.nudge
            if rule.name == "il-prox":
                n = (np.maximum(h[last], 0) ** 2).sum() + 1 + rule.floor
                share = n * rule.rate / (1 + n * rule.rate)
            h[-1] = share * target + (1 - share) * _softmax(p[-1])

        def error(m):
            return rule.output_gain * (h[m] - _softmax(p[m])) if m == last + 1 else h[m] - p[m]

        h = [each.copy() for each in h]
        clamp()
        for t in range(rule.iterations):
            step = 1 + t if rule.decaying else 1
            if rule.schedule == "sequential":
                for m in range(last, 0, -1):
                    back = (self.w[m][:-1] @ error(m + 1)) * (h[m] > 0)
                    p[m] = self.predict(m - 1, h)
                    h[m] = h[m] + rule.pull / step * back - rule.push / step * (h[m] - p[m])
                p[-1] = self.predict(last, h)
            else:
                errors = [None, *(error(m) for m in range(1, last + 2))]
                for m in range(1, last + 1):
                    back = (self.w[m][:-1] @ errors[m + 1]) * (h[m] > 0)
                    h[m] = h[m] + rule.pull / step * back - rule.push / step * errors[m]
                for m in range(last + 1):
                    p[m + 1] = self.predict(m, h)
            clamp()
        for m in range(last):
            p[m + 1] = self.predict(m, h)
        rates = [np.append(h[m] if m == 0 else np.maximum(h[m], 0), 1) for m in range(last + 1)]
        return [np.outer(rates[m], error(m + 1)) for m in range(last + 1)], rates


@pytest.mark.parametrize(
    ("rule", "parameters"),
    [
        ("inference-learning", {"schedule": "sequential", "rate": 0.1}),
        ("inference-learning", {"schedule": "simultaneous", "rate": 0.1}),
        ("inference-learning", {**IL_SGD, "rate": 0.1}),
        ("il-prox", {"rate": 2.0, "floor": 0.25}),
        ("il-prox", {"rate": 0.5, "batch": 3}),
        ("mq", {"rate": 1e-2}),
        ("mq", {"rate": 1e-2, "batch": 3, "schedule": "simultaneous"}),
    ],
)
def test_weights_change_as_published(rule, parameters):
    core = build(rule, SIZES, **parameters)
    shown = some(6, SIZES)
    reference = Reference(core.weights().values())
    v = [core.rule.rate] * len(reference.w)
    gradients, norms = [], []
    update = 0
    for s in range(6):
        at = slice(s * SIZES[0], (s + 1) * SIZES[0])
        each, rates = reference.settled(shown.event_value[at].astype(np.float64), shown.label[s], core.rule)
        gradients.append(each)
        norms.append([(rate**2).sum() for rate in rates])
        if len(gradients) < core.rule.batch:
            continue
        update += 1
        for m, w in enumerate(reference.w):
            mean = np.mean([each[m] for each in gradients], axis=0)
            step = core.rule.rate
            if rule == "il-prox":
                step = 1 / (np.mean([norm[m] for norm in norms]) + core.rule.floor)
            elif rule == "mq":
                step = core.rule.rate / (v[m] + core.rule.floor) + core.rule.least_rate
                decay = min(update / (update + 1), core.rule.memory)
                v[m] = decay * v[m] + (1 - decay) * np.abs(mean).mean()
            w += step * mean
        gradients, norms = [], []
    core.run(shown)
    for found, expected in zip(core.weights().values(), reference.w, strict=True):
        np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5)


def test_backprop_follows_the_gradient_of_the_cross_entropy():
    core = build("backprop", SIZES, rate=1.0)
    before = [w.astype(np.float64) for w in core.weights().values()]
    shown = some(1, SIZES)

    def loss(weights):
        h = shown.event_value.astype(np.float64)
        for m, w in enumerate(weights):
            h = w[-1] + (h if m == 0 else np.maximum(h, 0)) @ w[:-1]
        return -np.log(_softmax(h)[shown.label[0]])

    core.run(shown)
    for m, (found, start) in enumerate(zip(core.weights().values(), before, strict=True)):
        for index in np.ndindex(start.shape):
            moved = [w.copy() for w in before]
            moved[m][index] += 1e-6
            ahead = loss(moved)
            moved[m][index] -= 2e-6
            slope = (ahead - loss(moved)) / 2e-6
            assert found[index] - start[index] == pytest.approx(-slope, abs=3e-6)


DEEP = (6, 16, 16, 16, 16, 5)
CONSTANT = {"pull": 0.5, "push": 0.5, "decaying": False, "iterations": 8}
"""Large steps: an error far below the last bit of an activity is none in float32."""


def _errors(schedule):
    core = build("inference-learning", DEEP, scale=1.4, schedule=schedule, **CONSTANT)
    return core.run(some(1, DEEP), states=True).record[0]


def test_errors_arrive_one_layer_an_iteration_if_all_settle_at_once_and_at_once_if_in_sequence():
    simultaneous, sequential = _errors("simultaneous"), _errors("sequential")
    layers = len(DEEP) - 1
    for layer in range(1, layers + 1):
        arrives = layers - layer
        assert (simultaneous[:arrives, layer - 1] == 0).all()
        assert simultaneous[arrives, layer - 1] > 0
        assert sequential[0, layer - 1] == simultaneous[arrives, layer - 1]  # to the last bit


def test_with_one_hidden_layer_both_schedules_are_the_same():
    changed = []
    for schedule in ("simultaneous", "sequential"):
        core = build("inference-learning", (6, 5, 3), schedule=schedule)
        core.run(some(4, (6, 5, 3)))
        changed.append(core.weights())
    for name in changed[0]:
        np.testing.assert_array_equal(changed[0][name], changed[1][name])


@pytest.mark.parametrize("schedule", ["simultaneous", "sequential"])
def test_without_iterations_only_the_last_layer_learns(schedule):
    core = build("inference-learning", SIZES, schedule=schedule, iterations=0)
    before = {name: w.copy() for name, w in core.weights().items()}
    core.run(some(3, SIZES))
    *hidden, top = core.weights()
    assert all(np.array_equal(core.weights()[name], before[name]) for name in hidden)
    assert not np.array_equal(core.weights()[top], before[top])


def test_settling_ends_when_nothing_moves_by_more_than_the_tolerance():
    sizes, steps = (6, 5, 3), {"decaying": False, "pull": 0.1, "push": 0.1}
    shown = some(6, sizes).part(0, 1)

    def run(**parameters):
        core = build("inference-learning", sizes, **steps, **parameters)
        iterations = core.run(shown).activity.counts[0, core.vocabulary.column("iterations")]
        return int(iterations), list(core.weights().values())

    coarse, _ = run(iterations=200, tolerance=1e-2)
    fine, weights = run(iterations=200, tolerance=1e-3)
    assert 1 < coarse < fine < 200
    for found, expected in zip(weights, run(iterations=fine)[1], strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("rate", [0.01, 1.0, 100.0])
def test_il_prox_of_a_linear_layer_is_the_implicit_gradient_step(rate):
    core = build("il-prox", (5, 3), rate=rate, iterations=0, output="linear", bias=False)
    (before,) = (w.astype(np.float64) for w in core.weights().values())
    shown = some(1, (5, 3))
    x, target = shown.event_value.astype(np.float64), np.eye(3)[shown.label[0]]
    core.run(shown)
    (after,) = core.weights().values()
    residual, norm = target - x @ before, (x**2).sum()
    implicit = before + rate / (1 + rate * norm) * np.outer(x, residual)
    np.testing.assert_allclose(after, implicit, rtol=1e-5, atol=1e-6)
    # which shrinks the residual by exactly 1 / (1 + rate |x|^2)
    np.testing.assert_allclose(target - x @ after, residual / (1 + rate * norm), rtol=1e-4, atol=1e-6)


def test_il_prox_learns_nothing_at_rate_zero_and_everything_at_a_high_one():
    found = []
    for rate in (0.0, 1e9):
        core = build("il-prox", (5, 3), rate=rate, iterations=0, output="linear", bias=False)
        (before,) = (w.copy() for w in core.weights().values())
        shown = some(1, (5, 3))
        core.run(shown)
        (after,) = core.weights().values()
        found.append((before, after, shown.event_value @ after - np.eye(3)[shown.label[0]]))
    np.testing.assert_array_equal(found[0][0], found[0][1])
    np.testing.assert_allclose(found[1][2], 0, atol=1e-6)


def test_an_inference_changes_nothing_and_answers_with_the_largest_output():
    core = build("mq", SIZES)
    before = {name: w.copy() for name, w in core.weights().items()}
    shown = some(5, SIZES)
    reference = Reference(core.weights().values())
    outcome = core.run(type(shown)(**{**vars(shown), "training": np.zeros(5, bool)}))
    for s, answer in enumerate(outcome.answers):
        h = [shown.event_value[s * SIZES[0] : (s + 1) * SIZES[0]].astype(np.float64)]
        for m in range(len(reference.w)):
            h.append(reference.predict(m, h))
        assert answer == h[-1].argmax()
    assert all(np.array_equal(core.weights()[name], w) for name, w in before.items())


def test_batches_go_on_from_chunk_to_chunk():
    whole, parts = (build("mq", SIZES, batch=4) for _ in range(2))
    shown = some(10, SIZES)
    once = whole.run(shown).activity.counts
    twice = np.concatenate([parts.run(shown.part(*cut)).activity.counts for cut in ((0, 3), (3, 10))])
    np.testing.assert_array_equal(once, twice)
    assert once[:, whole.vocabulary.column("update")].tolist() == [0, 0, 0, 1, 0, 0, 0, 1, 0, 0]
    for name in whole.weights():
        np.testing.assert_array_equal(whole.weights()[name], parts.weights()[name])


def test_stages_run_and_are_priced_from_the_same_functions():
    core = build("mq", SIZES)
    heard = core.operands(some(1, SIZES))
    program = core.programs()["update"]
    words = heard["update"].words
    values = evaluate(reachable(program.writes.values()), words)
    np.testing.assert_array_equal(
        values[program.writes["w"].index], words["w"] + words["scale"] * (words["error"] * words["pre_rate"])
    )
    assert {"mac", "transposed_mac", "relax", "before_update", "after_update", "mac[0]"} <= set(heard)


def test_rules_describe_their_words_per_matrix():
    text = rules.get("mq")().describe()
    assert "per weight matrix: 128 bits" in text
    assert "per synapse: 32 bits (w: float32)" in text
    assert "per synapse: 64 bits" in rules.get("mq")(batch=64).describe()


def test_a_parameter_must_not_have_the_name_of_a_word():
    class Wrong(MQ):
        slope: float = 1.0

    with pytest.raises(ConfigError, match="`slope` names two things"):
        Wrong().check()


def test_a_rule_for_spikes_is_refused():
    with pytest.raises(ConfigError, match="does not learn at the end of settling"):
        build("eprop", SIZES)


@pytest.mark.slow
def test_mq_learns_digits_and_compiled_code_gives_the_bits_of_the_interpreted():
    compiled = build("mq", (64, 64, 64, 64, 10), compiled=True, batch=64)
    interpreted = build("mq", (64, 64, 64, 64, 10), batch=64)
    shown = some(2, (64, 10))
    for core in (compiled, interpreted):
        core.run(shown)
    for name, w in compiled.weights().items():
        np.testing.assert_array_equal(w, interpreted.weights()[name])
    assert digits_accuracy(compiled, 0, 16 * 1437) >= 0.93


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_mq_learns_digits_on_three_seeds(seed):
    core = build("mq", (64, 64, 64, 64, 10), seed, compiled=True, batch=64)
    assert digits_accuracy(core, seed, 30 * 1437) >= 0.93


@pytest.mark.slow
def test_mq_equalises_the_updates_of_layers():
    core = build("mq", (64, 64, 64, 64, 10), compiled=True, rate=3e-4, batch=64)
    digits_accuracy(core, 0, 10 * 1437)
    before = [w.copy() for w in core.weights().values()]
    digits_accuracy(core, 1, 64)
    sizes = [np.abs(w - start).mean() for w, start in zip(core.weights().values(), before, strict=True)]
    gradients = [float(each.mean_magnitude[0]) for each in core.state.matrices]
    assert max(sizes) / min(sizes) < 20
    assert max(gradients) / min(gradients) > 10 * max(sizes) / min(sizes)


@pytest.mark.slow
def test_sequential_settling_learns_faster_than_simultaneous():
    means = {
        schedule: np.mean([
            digits_accuracy(
                build("mq", (64, 64, 64, 64, 10), seed, compiled=True, batch=64, rate=1e-4, schedule=schedule), seed,
                10 * 1437,
            )
            for seed in range(5)
        ])
        for schedule in ("sequential", "simultaneous")
    }  # fmt: skip
    assert means["sequential"] > means["simultaneous"]


@pytest.mark.slow
def test_il_prox_learns_at_any_rate_where_others_fail():
    sizes, grid = (64, 32, 32, 10), (0.1, 1.0, 2.5, 10.0, 100.0)

    def learnt(rule, rate, **parameters):
        return [digits_accuracy(build(rule, sizes, seed, compiled=True, rate=rate, **parameters), seed, 4000)
                for seed in (0, 1)]  # fmt: skip

    prox = np.array([learnt("il-prox", rate) for rate in grid])
    assert prox.min() >= 0.85
    assert np.ptp(prox.mean(axis=1)) <= 0.06
    for rule, parameters in (("backprop", {}), ("inference-learning", IL_SGD)):
        for rate in (2.5, 10.0, 100.0):
            accuracies = [0.0]  # of one whose words are no longer finite
            with suppress(ConfigError):
                accuracies = learnt(rule, rate, **parameters)
            assert max(accuracies) < 0.2


@pytest.mark.parametrize(("rule", "more"), [("backprop", {}), ("backprop", {"batch": 3}), ("inference-learning", {})])
def test_a_word_that_is_no_longer_finite_is_told_with_its_place_and_time(rule, more):
    shown = some(60, SIZES)
    first = None
    with np.errstate(all="ignore"):
        core = build(rule, SIZES, rate=1e4, output="linear", **more)
        core.run(some(2, SIZES))
        for s in range(60):  # one sample at a time
            try:
                core.run(shown.part(s, s + 1))
            except ConfigError as error:
                first, (problem,) = s + 2, error.problems
                break
        assert first is not None
        assert re.fullmatch(
            rf"\w+: word `\w+` of the (synapses|neurons) `[\w-]+` became (NaN|infinite) at \[\d+(, \d+)?\]"
            rf" in time step 0 of sample {first}",
            problem.message,
        )
        whole = build(rule, SIZES, rate=1e4, output="linear", **more)
        whole.run(some(2, SIZES))
        with pytest.raises(ConfigError) as caught:
            whole.run(shown)
    assert [each.message for each in caught.value.problems] == [problem.message]
    assert problem.file.endswith(".py")
