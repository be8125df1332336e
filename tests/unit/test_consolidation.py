"""Consolidations on top of plasticity rules: neutral ones change nothing, others what their formula says."""

import numpy as np
import pytest
from tick_cores import FIXED, FIXED_SETTINGS, FLOAT_SETTINGS, agree, build, delayed_cues

from accelsim import plasticity
from accelsim.config.errors import ConfigError
from accelsim.datapath.intrinsics import absolute, recip, sign, tanh, where
from accelsim.datapath.words import Float, Word
from accelsim.plasticity import Consolidation, LearningUnit, PlasticityRule, narrow, stage, word_like
from accelsim.plasticity.consolidation import consolidations, register_consolidation
from accelsim.plasticity.eprop import EProp
from accelsim.plasticity.eprop_fixed import EPropFixed
from accelsim.plasticity.kernels import allocate, build_row_kernel, parameters
from accelsim.plasticity.l2_anchor import L2Anchor

RULES = {
    "eprop": ({"rate": 1e-3, "trace_decay": 0.97}, FLOAT_SETTINGS, ()),
    "eprop-fixed": ({"rate_shift": 6, "trace_decay": 0.97}, FIXED_SETTINGS, FIXED),
}


class Everywhere(Consolidation):
    """Uses every move and every trigger of a consolidation."""

    strength: float = 0.0
    decay: float = 0.9

    @property
    def period(self):
        """Every third time step."""
        return 3

    def synapse_words(self, weight):
        """Words of several widths."""
        return {"path": word_like(weight, 12, 10), "seen": word_like(weight, 8, signed=False)}

    def postsynaptic_words(self, weight):
        """A count of spikes."""
        return {"fired": word_like(weight, 8, signed=False)}

    @stage(on="modulate", per="synapse", writes=("change",))
    def weigh(change, w, path, strength, inverse_learning_rate, plastic):
        """Softens a change by how saturated the weight is."""
        soft = tanh(narrow(strength * absolute(w), 8, 6))
        return change * plastic * (1.0 - soft * soft) - strength * path * inverse_learning_rate * 0.125

    @stage(on="after commit", per="synapse", writes=("path",))
    def integrate(path, w, w_before, proposed):
        """Path integral."""
        return path + proposed * (w - w_before)

    @stage(on="every K steps", per="synapse", writes=("path",))
    def forget(path, decay):
        """Leaks."""
        return decay * path

    @stage(on="postsynaptic spike", per="synapse", writes=("seen",))
    def see(seen):
        """Counts postsynaptic spikes."""
        return seen + 1.0

    @stage(on="time step", per="postsynaptic neuron", writes=("fired",))
    def count(fired, post_spike):
        """The same per neuron."""
        return fired + post_spike

    @stage(on="end of sample", per="synapse", writes=("seen",))
    def normalise(seen):
        """Halves."""
        return 0.5 * seen

    @stage(on="task boundary", per="postsynaptic neuron", writes=("fired",))
    def restart(fired):
        """Counts anew."""
        return fired * 0.0


class Signs(Consolidation):
    """Transmits the sign of a weight."""

    scale: float = 0.25

    def transmitted(self, weight):
        """Half a unit up or down."""
        return word_like(weight, 4, 2)

    @stage(on="transmit", per="synapse", writes=("transmitted",))
    def binarise(w, scale):
        """Scale times sign(w)."""
        return scale * where(w < 0, -1.0, 1.0)


@pytest.fixture(scope="module", autouse=True)
def _registered():
    register_consolidation("everywhere")(Everywhere)
    register_consolidation("signs")(Signs)


def _core(rule, consolidation=None, overrides=(), **given):
    parameters, settings, base = RULES[rule]
    return build(
        rule, parameters, settings, (*base, *overrides), consolidation=consolidation, consolidation_parameters=given
    )


def _task_ends(count, *ends):
    return {"task_end": np.isin(np.arange(count), ends)}


TRIGGERS = ("time step", "presynaptic spike", "postsynaptic spike", "learning signal", "every K steps")


def _updates(unit, steps=12):
    """Weights of 3 x 16 synapses with random words, after every trigger in every step."""
    rng = np.random.default_rng(3)
    state = allocate(unit, 3, 16, seed=8)
    formats = {**unit.offered(), **unit.synapse_state, **unit.presynaptic_state}
    kernel = build_row_kernel(unit, TRIGGERS)
    drawn = ("w", "pre_trace", "surrogate", "learning_signal", "post_spike")
    for name in drawn:
        array = getattr(state, name)
        array[:] = formats[name].encode(0.5 * rng.normal(size=array.shape))
    for _ in range(steps):
        for i in range(3):
            kernel(i, state, parameters(unit))
    return state.w


@pytest.mark.parametrize("rule", [EProp(rate=0.01), EPropFixed(rate_shift=1)], ids=lambda rule: rule.name)
@pytest.mark.parametrize("consolidation", [L2Anchor, Everywhere])
def test_a_neutral_consolidation_changes_no_bit(rule, consolidation):
    assert np.array_equal(_updates(rule), _updates(LearningUnit(rule, consolidation())))
    assert not np.array_equal(_updates(rule), _updates(LearningUnit(rule, consolidation(strength=1.5))))


def test_the_anchor_holds_weights_and_moves_at_task_boundaries():
    alone, neutral, held = (
        _core("eprop")[0],
        _core("eprop", "l2-anchor")[0],
        _core("eprop", "l2-anchor", strength=50.0)[0],
    )
    start = held.weights()["winp"].copy()
    assert np.array_equal(held.state.inp.w_ref, start)
    samples = delayed_cues(60, seed=1)
    answers = [each.run(samples).answers for each in (alone, neutral, held)]
    assert np.array_equal(answers[0], answers[1])
    for name, weights in alone.weights().items():
        assert np.array_equal(weights, neutral.weights()[name])
    moved = [np.abs(each.weights()["winp"] - start).mean() for each in (held, alone)]
    assert 0 < moved[0] < 0.8 * moved[1]
    held.run(delayed_cues(2, seed=2, **_task_ends(2, 1)))
    assert np.array_equal(held.state.inp.w_ref, held.weights()["winp"])
    assert np.array_equal(held.state.out.w_ref, held.weights()["wout"])
    held.run(delayed_cues(2, seed=3))
    assert not np.array_equal(held.state.inp.w_ref, held.weights()["winp"])


@pytest.mark.slow
def test_words_of_a_consolidation_outlive_samples_and_those_of_the_rule_do_not():
    controller, *_ = _core("eprop", "everywhere")
    controller.run(delayed_cues(3))
    assert not controller.state.inp.eligibility.any()
    assert controller.state.inp.path.any()
    assert controller.state.inp.fired.any()
    controller.run(delayed_cues(1, **_task_ends(1, 0)))
    assert not controller.state.inp.fired.any()


@pytest.mark.parametrize(
    ("rule", "overrides"),
    [
        ("eprop", []),
        ("eprop", ["core.units.plasticity.lanes=8", "core.learn_every=2"]),
    ],
)
def test_engines_agree_event_for_event(rule, overrides):
    agree(*_core(rule, "everywhere", overrides, strength=0.01), delayed_cues(2, **_task_ends(2, 1)))


def _column(controller, counts, name):
    return counts[:, controller.vocabulary.column(name)]


def test_a_task_boundary_is_a_sweep_with_its_cycles():
    controller, architecture, placement = _core("eprop", "l2-anchor")
    counts = controller.run(delayed_cues(3, **_task_ends(3, 1))).activity.counts
    ends = _column(controller, counts, "ends_task")
    assert np.flatnonzero(ends).tolist() == [59]
    assert np.array_equal(_column(controller, counts, "end_reads"), ends)
    assert np.array_equal(_column(controller, counts, "end_writes_traces"), ends)
    assert not _column(controller, counts, "end_writes").any()
    from accelsim.engine.counts import count_engine
    from accelsim.engine.program import lower

    engine = count_engine(lower(architecture, placement, controller.vocabulary))
    cycles = sum(
        engine.run(counts)[:, i] for i, c in enumerate(engine.counters) if c.kind == "cycles" and c.target == "finish"
    )
    assert np.flatnonzero(cycles).tolist() == [59]
    rows, words = 12 + 20, 2
    assert rows * words + 20 < cycles[59] < 2 * (rows * words + 20)  # and the readout: 20 rows of one word


def test_what_a_synapse_transmits():
    for rule, kinds in (("eprop", ["fcompare", "select", "fmul", "fadd"]), ("eprop-fixed", ["compare", "select"])):
        for stage_name in ("integrate", "accumulate_output"):
            operations = [each.kind for each in _core(rule, "signs")[0].stages()[stage_name].operations]
            assert operations[: len(kinds)] == kinds
    rule = "eprop"
    controller, architecture, placement = _core(rule, "signs")
    agree(controller, architecture, placement, delayed_cues(1))
    inp = controller.state.inp
    inp.w[:] = np.where(inp.w < 0, -1, 1)  # the smallest weights of either sign transmit as much as any
    other = _core(rule, "signs")[0]
    other.state.inp.w[:] = np.where(other.state.inp.w < 0, -50, 50)
    for each in (controller, other):
        each.state.rec.w[:] = each.state.out.w[:] = 0
    samples = delayed_cues(4, training=False)
    counts = [each.run(samples).activity.counts for each in (controller, other)]
    assert np.array_equal(*counts)
    assert _column(controller, counts[0], "fired").any()


def test_a_readout_need_not_be_consolidated():
    controller, *_ = _core("eprop", "l2-anchor", ["core.options.consolidate_output=false"])
    assert controller.state_bits()["output_synapse_trace"] == 0
    assert controller.state_bits()["synapse_trace"] == 64


def test_equal_names_of_rule_and_consolidation_are_told_apart():
    class Decaying(Consolidation):
        """Has a parameter and a word of the rule's names."""

        trace_decay: float = 0.5

        def synapse_words(self, weight):
            return {"eligibility": weight}

        @stage(on="after commit", per="synapse", writes=("eligibility",))
        def follow(eligibility, trace_decay, change):
            return trace_decay * eligibility + change

    unit = LearningUnit(EProp(rate=1.0), Decaying())
    unit.check()
    assert set(unit.synapse_state) == {"w", "eligibility", "consolidation_eligibility"}
    state = allocate(unit, 1, 2)
    state.eligibility[:], state.learning_signal[:] = 1.0, [1.0, -2.0]
    state.consolidation_eligibility[:] = 4.0
    build_row_kernel(unit, ["learning signal"])(0, state, parameters(unit))
    assert state.w[0].tolist() == [-1.0, 2.0]
    assert state.consolidation_eligibility[0].tolist() == [1.0, 4.0]


def test_fixed_point_follows_the_real_formula():
    """One update of the anchor on integers is the exact formula, rounded once."""
    rule = EPropFixed(rounding="nearest")
    unit = LearningUnit(rule, L2Anchor(strength=0.75))
    state = allocate(unit, 1, 256)
    rng = np.random.default_rng(5)
    formats = {**unit.offered(), **unit.synapse_state, **unit.presynaptic_state}
    for name in ("w", "w_ref", "surrogate", "learning_signal", "pre_trace"):
        array, format = getattr(state, name), formats[name]
        array[:] = rng.integers(format.low // 3, format.high // 3, array.shape, endpoint=True)
    real = {name: formats[name].decode(getattr(state, name)) for name in formats if hasattr(state, name)}
    change = -(2.0**-rule.rate_shift) * real["learning_signal"] * real["surrogate"] * real["pre_trace"][0]
    change -= 2.0**-rule.rate_shift * 0.75 * (real["w"] - real["w_ref"])[0]
    expected = formats["w"].decode(np.floor((real["w"][0] + change) * 64 + 0.5))
    build_row_kernel(unit, ["learning signal"])(0, state, parameters(unit))
    assert np.array_equal(formats["w"].decode(state.w[0]), expected)


def test_the_consolidation_of_the_documentation(tmp_path):
    path = tmp_path / "importance.py"
    example = plasticity.__doc__.split("{strength: 0.1}}``)::\n\n")[1].split("\n\nHere formulas")[0]
    path.write_text("\n".join(line[4:] for line in example.splitlines()))
    assert plasticity.load_plugin(path) == ["importance"]
    text = consolidations.get("importance")().describe()
    assert "per synapse: 24 bits (w: signed 8 bits, 6 after the point; w_ref:" in text


def _one(**members):
    return type("Wrong", (Consolidation,), {"__doc__": "Wrong.", "__module__": __name__, **members})


def _stage(function, on, per="synapse", writes=()):
    return stage(on=on, per=per, writes=writes)(function)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"f": _stage(lambda w: w, "modulate", writes=("w",))}, "writes `w` on 'modulate'"),
        ({"f": _stage(lambda w: w, "after commit", writes=("change",))}, "writes `change` on 'after commit'"),
        ({"f": _stage(lambda chnge: chnge, "modulate", writes=("change",))}, "unknown argument `chnge` (did you mean"),
        ({"f": _stage(lambda w: w, "modulate", "presynaptic neuron")}, "no stages on 'modulate' per presynaptic"),
        ({"f": _stage(lambda w: w, "replay pass", writes=("change",))}, "no core runs stages on 'replay pass'"),
        ({"f": _stage(lambda w: w, "every K steps", writes=("w",))}, "has no `period`"),
        ({"f": _stage(lambda w, pre_spike: w, "transmit", writes=("transmitted",))}, "follows from `w` and parameters"),
        ({"weight_copies": ("w_ref",)}, "weight_copies: it keeps no `w_ref`"),
        ({"synapse_words": lambda self, weight: {"change": weight}}, "`change` is a word of the rule"),
        ({"f": _stage(lambda w: tanh(w * w * w), "modulate", writes=("change",))}, "tanh of a word of"),
        (
            {"f": _stage(lambda change: change if change > 0 else 0, "modulate", writes=("change",))},
            "a branch on a word",
        ),
        ({"f": _stage(lambda change: change >> 1, "modulate", writes=("change",))}, "shifts and bitwise operations"),
    ],
)
def test_wrong_consolidations_give_one_message(members, message):
    with pytest.raises(ConfigError) as caught:
        register_consolidation("wrong")(_one(**members))
    (problem,) = caught.value.problems
    assert message in problem.message
    assert "wrong" not in consolidations.names()


def test_a_rule_that_proposes_nothing_cannot_be_consolidated():
    class Direct(PlasticityRule):
        """Writes its weight itself."""

        @stage(on="time step", per="synapse", writes=("w",))
        def move(w):
            return w

    with pytest.raises(ConfigError, match="proposes no `change` that a consolidation could modulate"):
        LearningUnit(Direct(), L2Anchor()).check()


@pytest.mark.parametrize(
    ("overrides", "consolidation", "given", "path", "message"),
    [
        (['core.consolidations=["l2-anchor"]'], "everywhere", {}, "learning.consolidation", "this core consolidates"),
        ([], "l2-ancor", {}, "learning.consolidation", "unknown consolidation `l2-ancor` (did you mean `l2-anchor`?)"),
        ([], "l2-anchor", {"strength": -1.0}, "learning.consolidation_parameters.strength", "-1.0 is not >= 0"),
    ],
)
def test_what_a_core_cannot_consolidate_is_told(overrides, consolidation, given, path, message):
    with pytest.raises(ConfigError) as caught:
        _core("eprop", consolidation, overrides, **given)
    problem = caught.value.problems[0]
    assert problem.path == path
    assert problem.message.startswith(message)


def test_functions_and_constants_in_fixed_point():
    from accelsim.datapath.fixed_point import Fixed, fixed, stored
    from accelsim.datapath.recorder import Recorder

    assert (fixed(0.75).integer, fixed(0.75).fraction) == (3, 2)
    assert (fixed(0.3).integer, fixed(0.3).fraction) == (77, 8)
    assert (fixed(0.0).integer, fixed(0.0).fraction) == (0, 0)
    recorder = Recorder()
    x = Fixed(recorder.input("x", Word(6, fraction=4)), 4)
    table = recip(absolute(x) + 1.0)
    assert table.fraction == 10
    assert stored(sign(x) * 0.5, Word(4, fraction=2)).value.low == -2
    assert isinstance(stored(1.0, Float(32)), float)
