"""The tick-driven core: it learns, is reproducible, and both engines agree about it."""

from pathlib import Path

import numpy as np
import pytest
from tick_cores import FIXED, FIXED_SETTINGS, FLOAT_SETTINGS, INPUTS, TICKS, agree, build, delayed_cues

from accelsim.config.errors import ConfigError
from accelsim.controllers.samples import Samples
from accelsim.engine.counts import count_engine
from accelsim.engine.program import lower
from accelsim.plasticity import load_plugin

PLUGIN = Path(__file__).parents[1] / "plugins" / "three_factor.py"


def _accuracy(controller, count=200):
    samples = delayed_cues(count, seed=99, training=False)
    return (controller.run(samples).answers == samples.label).mean()


CASES = {
    "eprop": ({"rate": 1e-3, "trace_decay": 0.97}, FLOAT_SETTINGS, ()),
    "eprop-fixed": ({"rate_shift": 6, "trace_decay": 0.97}, FIXED_SETTINGS, FIXED),
    "three-factor-example": ({"rate": 1e-3, "decay": 0.97}, FLOAT_SETTINGS, ()),
}


SPIKES_ONLY = """
from accelsim.plasticity import Float, PlasticityRule, register, stage

@register("on-spikes-example")
class OnSpikes(PlasticityRule):
    rate: float = 0.01
    synapse_state = {"w": Float(32)}

    @stage(on="presynaptic spike", per="synapse", writes=("change",))
    def propose(surrogate, rate):
        return rate * surrogate
"""
CASES["on-spikes-example"] = ({}, FLOAT_SETTINGS, ())


@pytest.fixture(scope="module", autouse=True)
def _plugin(tmp_path_factory):
    load_plugin(PLUGIN)
    path = tmp_path_factory.mktemp("plugin") / "on_spikes.py"
    path.write_text(SPIKES_ONLY)
    load_plugin(path)


@pytest.mark.parametrize("rule", ["eprop", "eprop-fixed", "three-factor-example"])
def test_rules_learn_a_delayed_cue(rule):
    parameters, settings, overrides = CASES[rule]
    controller, *_ = build(rule, parameters, settings, overrides)
    initial = {name: weights.copy() for name, weights in controller.weights().items()}
    before = _accuracy(controller)
    assert all(np.array_equal(initial[name], weights) for name, weights in controller.weights().items())
    controller.run(delayed_cues(300, seed=1))
    assert _accuracy(controller) > max(0.85, before)
    assert all(np.any(initial[name] != weights) for name, weights in controller.weights().items())
    assert np.all(np.diag(controller.weights()["wrec"]) == 0)


@pytest.mark.parametrize("rule", ["eprop", "eprop-fixed"])
def test_results_depend_on_the_seed_and_not_on_the_chunks(rule):
    parameters, settings, overrides = CASES[rule]
    whole, again, pieces, other = (build(rule, parameters, settings, overrides, seed=seed)[0] for seed in (3, 3, 3, 4))
    samples = delayed_cues(4)
    one = whole.run(samples)
    same = again.run(samples)
    assert np.array_equal(one.activity.counts, same.activity.counts)
    parts = []
    for s in range(4):
        keep = (samples.event_tick // TICKS) == s
        parts.append(
            pieces.run(
                Samples(
                    samples.length[s : s + 1],
                    samples.event_tick[keep] - s * TICKS,
                    samples.event_address[keep],
                    samples.label[s : s + 1],
                    samples.label_tick[s : s + 1],
                    samples.target_valid[:TICKS],
                    samples.infer[:TICKS],
                    samples.targets,
                    samples.training[s : s + 1],
                )
            )
        )
    assert np.array_equal(one.activity.counts, np.concatenate([part.activity.counts for part in parts]))
    assert np.array_equal(one.answers, np.concatenate([part.answers for part in parts]))
    for name, weights in whole.weights().items():
        assert np.array_equal(weights, pieces.weights()[name])
    other.run(samples)
    assert not np.array_equal(whole.weights()["winp"], other.weights()["winp"])


def _agree(rule, overrides, samples=1):
    parameters, settings, base = CASES[rule]
    controller, architecture, placement = build(rule, parameters, settings, (*base, *overrides))
    agree(controller, architecture, placement, delayed_cues(samples))
    return controller, placement


WEIGHTS = ("winp", "wrec", "winp_traces", "wrec_traces")


@pytest.mark.parametrize(
    ("rule", "overrides"),
    [
        ("eprop", []),
        ("eprop", ["core.units.plasticity.lanes=4", *(f"core.memories.{m}.items=2" for m in WEIGHTS)]),
        ("eprop", ["core.units.plasticity.lanes=8", "core.learn_every=2", "core.memories.wout.items=1"]),
        ("eprop", [f"core.memories.{m}.write_back=changed" for m in WEIGHTS]),
        ("eprop-fixed", [f"core.memories.{m}.ports=1R1W" for m in WEIGHTS]),
        ("eprop-fixed", ["core.memories.winp.write_back=changed", "core.memories.neurons.items=3"]),
        ("three-factor-example", ["core.units.plasticity.lanes=32"]),
        ("on-spikes-example", ["core.units.plasticity.lanes=8", "core.memories.winp.write_back=changed"]),
    ],
)
def test_engines_agree_event_for_event(rule, overrides):
    _agree(rule, overrides)


def test_the_end_of_a_sample_writes_only_words_that_changed():
    matrices = ("winp", "wrec", "wout")
    sparing = [f"core.memories.{m}.write_back=changed" for m in matrices]
    sparing += [f"core.memories.{m}.items=4" for m in WEIGHTS]
    at_end = {"update": "end of sample"}
    settings = FLOAT_SETTINGS | {"output_parameters": at_end}
    controller, architecture, placement = build("eprop", CASES["eprop"][0] | at_end, settings, sparing)
    before = {name: weights.copy() for name, weights in controller.weights().items()}
    samples = delayed_cues(1)
    activity = controller.run(samples, masks=range(samples.ticks)).activity
    counters = count_engine(lower(architecture, placement, controller.vocabulary))
    written = dict(zip(counters.counters, counters.run(activity.counts).sum(axis=0), strict=True))
    for name, width in zip(matrices, (4, 4, 2), strict=True):
        rows, columns = before[name].shape
        changed = (before[name] != controller.weights()[name]).reshape(rows, columns // width, width).any(axis=2)
        assert 0 < changed.sum() < changed.size, name
        assert activity.masks[f"{name}_end_changed"][-1].sum() == changed.sum()
        assert sum(n for c, n in written.items() if (c.kind, c.target) == ("write", name)) == changed.sum()
        assert not activity.counts[:, controller.vocabulary.column(f"{name}_changed")].any()
    agree(controller, architecture, placement, samples)


def test_a_rule_on_spikes_visits_only_their_rows():
    controller, *_ = build("on-spikes-example")
    counts = controller.run(delayed_cues(2)).activity.counts
    column = {name: counts[:, i] for i, name in enumerate(controller.vocabulary.columns)}
    assert column["winp_updates"].sum() > 0
    assert np.array_equal(column["winp_visited"], 2 * column["input_event"])  # in two blocks of 16 lanes
    assert np.array_equal(column["wrec_visited"], 2 * column["spike"])
    assert column["spike_rows"].all()
    assert not column["sweep_rows"].any()


def test_memories_follow_the_state_of_the_rule():
    controller, placement = _agree("eprop-fixed", [])
    assert placement.words["winp_traces"] == 0  # no words per synapse beside the weight
    assert controller.state_bits()["weight"] == 8
    _, architecture, placement = build("eprop")
    assert placement.words["winp_traces"] == INPUTS * 2
    assert architecture.core.memories["winp_traces"].bits == 16 * 32


def test_a_plugin_shows_its_operations():
    stages = build("three-factor-example")[0].stages()
    assert [op.kind for op in stages["spike_input"].operations] == ["fadd"]
    assert [op.kind for op in stages["step_recurrent"].operations] == ["fmul"]
    assert len(stages["update_input"].operations) > 2
    assert not stages["filter_input"].operations


@pytest.mark.parametrize(
    ("rule", "parameters", "settings", "overrides", "path", "message"),
    [
        ("eprop", {}, None, ['core.rules=["sdsp"]'], "learning.rule", "this core learns with `sdsp`, not with `eprop`"),
        ("eprob", {}, None, [], "learning.rule", "unknown plasticity rule `eprob` (did you mean `eprop`?)"),
        ("eprop", {"rte": 1}, None, [], "learning.parameters.rte", "unknown key (did you mean `rate`?)"),
        ("eprop", {}, {"neuron": {"decay": 2}}, [], "settings.tick.neuron.decay", "2 is not <= 1"),
        ("eprop", {}, None, ["core.neuron=null"], "core.neuron", "controller `tick` needs a neuron model"),
        ("eprop", {}, {"neuron": {}}, ["core.neuron=truenorth"], "learning.rule", "rule `eprop` needs a surrogate"),
        ("eprop", {}, None, ["core.neuron=lif-fixed"], "core.neuron", "`lif-fixed` cannot sum the weights of"),
        ("eprop-fixed", {}, None, [], "learning.rule", "rule `eprop-fixed` wants"),
        ("eprop", {}, None, ["core.memories.winp.holds.item_bits=weigth"], "core.memories.winp.holds.item_bits",
         "`weigth` is no state of controller `tick` (did you mean `weight`?)"),
        ("eprop", {}, None, ["core.memories.neurons.items=1024"], "core.memories.neurons.items",
         "1024 items of 65 bits need more than 65536 bits a word"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(rule, parameters, settings, overrides, path, message):
    with pytest.raises(ConfigError) as caught:
        build(rule, parameters, settings, overrides)
    problem = caught.value.problems[0]
    assert problem.path == path
    assert problem.message.startswith(message)


def test_inference_without_a_rule_and_random_feedback():
    idle, *_ = build(None)
    idle.run(delayed_cues(2))
    assert not idle.run(delayed_cues(2)).activity.counts[:, idle.vocabulary.column("training")].any()
    random, *_ = build("eprop", CASES["eprop"][0], None, ["core.options.feedback=random"])
    assert random.state_bits()["feedback"] == 32
    random.run(delayed_cues(300, seed=1))
    assert _accuracy(random) > 0.8
