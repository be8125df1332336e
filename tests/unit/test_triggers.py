"""Triggers and offered words of the tick-driven core: spikes of the neurons behind synapses, ends, rewards, NaN."""

from dataclasses import replace

import numpy as np
import pytest
from tick_cores import FLOAT_SETTINGS, INPUTS, NEURONS, TICKS, agree, build, delayed_cues

from accelsim.config.errors import ConfigError
from accelsim.datapath.words import Float
from accelsim.plasticity import PlasticityRule, register, stage

RATE = 2.0**-7


class Pairs(PlasticityRule):
    """Counts: presynaptic spikes in one word, postsynaptic ones in another, and changes weights by rewards."""

    rate: float = RATE
    synapse_state = {"w": Float(32), "sent": Float(32), "got": Float(32), "ended": Float(32)}  # noqa: RUF012
    kept = ("sent", "got", "ended")

    @stage(on="presynaptic spike", per="synapse", writes=("sent",))
    def see_sent(sent):
        """One more."""
        return sent + 1.0

    @stage(on="postsynaptic spike", per="synapse", writes=("got",))
    def see_got(got):
        """One more."""
        return got + 1.0

    @stage(on="end of sample", per="synapse", writes=("ended",))
    def end(ended):
        """One more."""
        return ended + 1.0

    @stage(on="task boundary", per="synapse", writes=("change",))
    def consolidate(w):
        """Halves the weight."""
        return -0.5 * w


class Rewarded(PlasticityRule):
    """Adds up rewards and the global factor per synapse, without changing weights."""

    rate: float = 0.0
    synapse_state = {"w": Float(32), "rewards": Float(32), "factor": Float(32)}  # noqa: RUF012
    kept = ("rewards", "factor")

    @stage(on="learning signal", per="synapse", writes=("rewards", "factor"))
    def add(rewards, reward, factor, plastic):
        """Sums."""
        return rewards + reward, factor + plastic

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose(rate, learning_signal):
        """Nothing."""
        return rate * learning_signal


class Bursting(PlasticityRule):
    """Divides by the threshold less one: NaN at the first learning signal where the rate is 0."""

    rate: float = 1.0

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose(rate, learning_signal):
        """0 / 0."""
        return 0.0 * learning_signal / rate


@pytest.fixture(scope="module", autouse=True)
def _registered():
    for name, cls in (("pairs-example", Pairs), ("rewarded-example", Rewarded), ("bursting-example", Bursting)):
        register(name)(cls)


def _column(controller, counts, name):
    return counts[:, controller.vocabulary.column(name)]


def test_synapses_of_neurons_that_fire_are_visited_by_columns():
    controller, *_ = build("pairs-example", settings=FLOAT_SETTINGS)
    samples = delayed_cues(2, task_end=np.array([False, True]))
    start = controller.weights()["winp"].copy()
    counts = controller.run(samples, masks=range(samples.ticks)).activity.counts
    fired = _column(controller, counts, "fired").sum()
    assert fired > 0
    inp, rec = controller.state.inp, controller.state.rec
    assert inp.got.sum() == INPUTS * fired
    assert rec.got.sum() == NEURONS * fired
    assert inp.sent.sum() == NEURONS * _column(controller, counts, "input_event").sum()
    assert rec.sent.sum() == NEURONS * _column(controller, counts, "spike").sum()
    assert np.unique(inp.ended).tolist() == [2.0]
    assert np.array_equal(inp.w, start * np.float32(0.5))
    assert np.flatnonzero(_column(controller, counts, "ends_task")).tolist() == [2 * TICKS - 1]
    assert _column(controller, counts, "visits_columns").all()
    words = _column(controller, counts, "fired_word")
    assert np.array_equal(words > 0, _column(controller, counts, "fired") > 0)
    again = build("pairs-example", settings=FLOAT_SETTINGS)
    agree(*again, samples)


def test_columns_cost_every_row_at_the_words_of_neurons_that_fire():
    from accelsim.engine.counts import count_engine
    from accelsim.engine.program import lower

    controller, architecture, placement = build("pairs-example", settings=FLOAT_SETTINGS)
    counts = controller.run(delayed_cues(1)).activity.counts
    engine = count_engine(lower(architecture, placement, controller.vocabulary))
    counted = engine.run(counts)
    runs = sum(counted[:, i] for i, c in enumerate(engine.counters) if c.kind == "run" and c.target == "fire_input")
    words = _column(controller, counts, "fired_word")
    assert words.any()
    assert np.array_equal(np.sign(runs), np.sign(words * INPUTS))
    assert runs.sum() >= words.sum() * INPUTS  # each run is of the lanes of a word


@pytest.mark.slow
def test_rewards_tell_whether_the_present_answer_is_right():
    samples = delayed_cues(6, plastic=np.full(6 * TICKS, 0.25))
    controller, *_ = build("rewarded-example", settings={**FLOAT_SETTINGS, "output_parameters": {"rate": 0.0}})
    due = int(samples.target_valid.sum())
    totals = []
    for s in range(6):
        before = controller.state.inp.rewards[0, 0]
        outcome = controller.run(samples.part(s, s + 1))
        totals.append((controller.state.inp.rewards[0, 0] - before, outcome.answers[0] == samples.label[s]))
    assert np.all(controller.state.inp.factor == 0.25 * due)
    assert all(abs(total) <= due / 6 and total == round(total) for total, _ in totals)
    assert any(total > 0 for total, _ in totals)
    assert any(total < 0 for total, _ in totals)
    assert all(right for total, right in totals if total == due / 6)


def test_the_reward_of_a_regression_is_minus_the_mean_squared_error():
    samples = replace(delayed_cues(1), targets=np.tile(np.array([[2, -1]], np.int32), (TICKS, 1)))
    controller, *_ = build("rewarded-example", settings={**FLOAT_SETTINGS, "output_parameters": {"rate": 0.0}})
    controller.state.out.w[:] = 0  # outputs stay 0
    controller.run(samples)
    due = int(samples.target_valid.sum())
    assert controller.state.inp.rewards[0, 0] == pytest.approx(-2.5 * due)


def test_a_word_that_becomes_nan_is_told_with_its_place_and_time():
    controller, *_ = build("bursting-example", {"rate": 1.0}, FLOAT_SETTINGS)
    controller.run(delayed_cues(3))
    spoilt, *_ = build("bursting-example", {"rate": 0.0}, FLOAT_SETTINGS)
    spoilt.run(delayed_cues(3, training=False))
    with pytest.raises(ConfigError) as caught:
        spoilt.run(delayed_cues(3))
    (problem,) = caught.value.problems
    assert problem.file == __file__
    assert problem.line
    assert problem.message == (
        "Bursting: word `w` of the input synapses became NaN at [0, 0] in time step 20 of sample 3"
    )


@pytest.mark.parametrize("trigger", ["presynaptic spike", "postsynaptic spike", "every K steps"])
def test_words_per_neuron_change_in_time_steps(trigger):
    class PerNeuron(PlasticityRule):
        """A count per neuron."""

        postsynaptic_state = {"count": Float(32)}  # noqa: RUF012

        @stage(on=trigger, per="postsynaptic neuron", writes=("count",))
        def add(count):
            """One more."""
            return count + 1.0

    name = f"per-neuron-{trigger.split()[0]}"
    PerNeuron.period = property(lambda self: 2)
    register(name)(PerNeuron)
    with pytest.raises(ConfigError, match=f"changes words per neuron on '{trigger}'; controller `tick` does that on"):
        build(name)


def test_a_word_that_the_core_has_itself_is_refused():
    class Taken(PlasticityRule):
        """A word of the loop's."""

        synapse_state = {"w": Float(32), "before": Float(32)}  # noqa: RUF012

    register("taken-example")(Taken)
    with pytest.raises(ConfigError, match="Taken: controller `tick` has a word `before` of its own"):
        build("taken-example")


def test_a_core_whose_phases_leave_a_stage_out_refuses_the_rule():
    left = ["core.phases.finish.when=[]", "core.phases.finish.body=[{for: output, steps: [{reads: [outputs]}]}]"]
    with pytest.raises(ConfigError, match="'end of sample', but no phase of this core runs `finish_input`"):
        build("pairs-example", settings=FLOAT_SETTINGS, overrides=left)


def test_triggers_of_other_controllers_are_refused():
    with pytest.raises(ConfigError, match="has stages on 'end of settling'; controller `tick` runs stages on: time"):
        build("inference-learning")
