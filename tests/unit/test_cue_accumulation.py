import numpy as np
import pytest

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.model import validate
from accelsim.controllers.initial import InitialWeights
from accelsim.workload.cue_accumulation import LEFT, NOISE, RECALL, RIGHT, CueAccumulation

TASK = CueAccumulation(kind="cue-accumulation")
SMALL = CueAccumulation(kind="cue-accumulation", cues=3, delay=0.05, recall_duration=0.02, group_size=4)


def spike_counts(samples, task):
    """Spikes per (sample, tick, group)."""
    counts = np.zeros((samples.ticks, 4), int)
    np.add.at(counts, (samples.event_tick, samples.event_address // task.group_size), 1)
    return counts.reshape(len(samples), task.length, 4)


@pytest.fixture(scope="module")
def samples():
    return TASK.generate(np.random.default_rng(1), 400, True)


@pytest.fixture(scope="module")
def counts(samples):
    return spike_counts(samples, TASK)


def cue_windows(counts):
    """Left and right spikes per (sample, cue, side) and those in the gaps between the cues."""
    series = counts[:, :1050, [LEFT, RIGHT]].reshape(-1, 7, 150, 2)
    return series[:, :, 50:].sum(axis=2), series[:, :, :50].sum()


def test_published_task_has_40_inputs_and_2250_ticks():
    assert (TASK.inputs, TASK.outputs, TASK.length, TASK.recall_tick) == (40, 2, 2250, 2100)


def test_each_group_spikes_at_its_rate_in_its_window_only(counts):
    in_cues, in_gaps = cue_windows(counts)
    seconds = 400 * 7 * 0.1 * 10  # one side per cue
    assert in_cues.sum() / seconds == pytest.approx(40, rel=0.02)
    assert in_gaps == 0
    assert counts[:, 1050:, [LEFT, RIGHT]].sum() == 0
    assert counts[:, 2100:, RECALL].sum() / (400 * 0.15 * 10) == pytest.approx(40, rel=0.02)
    assert counts[:, :2100, RECALL].sum() == 0
    assert counts[:, :, NOISE].sum() / (400 * 2.25 * 10) == pytest.approx(10, rel=0.02)


def test_label_is_the_majority_and_each_cue_has_one_side(samples, counts):
    in_cues, _ = cue_windows(counts)
    active = in_cues > 0
    assert not active.all(axis=2).any()
    assert active.any(axis=2).all()
    assert np.array_equal(active[..., RIGHT].sum(axis=1) > 3, samples.label == RIGHT)


def test_sides_are_balanced_and_follow_the_preference(counts):
    in_cues, _ = cue_windows(counts)
    right = (in_cues[..., RIGHT] > 0).sum(axis=1)
    assert right.mean() == pytest.approx(3.5, abs=0.25)
    # Mixture of two binomials: variance 7 * .21 within and (7 * .2)^2 between the preferences.
    assert right.var() == pytest.approx(7 * 0.21 + 1.4**2, rel=0.15)


def test_labels_are_balanced():
    drawn = TASK.model_copy(update={"group_size": 1}).generate(np.random.default_rng(2), 2000, False)
    assert drawn.label.mean() == pytest.approx(0.5, abs=0.035)


def test_no_input_spikes_twice_in_a_tick_and_events_are_ordered(samples):
    key = samples.event_tick * TASK.inputs + samples.event_address
    assert (np.diff(key) > 0).all()


def test_controls_of_training_and_test_samples():
    train = TASK.generate(np.random.default_rng(0), 2, True)
    test = TASK.generate(np.random.default_rng(0), 2, False)
    window = np.tile(np.arange(2250) >= 2100, 2)
    assert np.array_equal(train.target_valid, window)
    assert np.array_equal(train.infer, window)
    assert train.label_tick.tolist() == [2100, 2100]
    assert train.training.all()
    assert not test.target_valid.any()
    assert np.array_equal(test.infer, window)
    assert test.label_tick.tolist() == [-1, -1]
    assert not test.training.any()
    assert np.array_equal(train.event_tick, test.event_tick)


def test_sample_flags():
    samples = SMALL.generate(np.random.default_rng(0), 3, False)
    n = SMALL.length
    assert samples.ticks == 3 * n
    assert np.flatnonzero(samples.first).tolist() == [0, n, 2 * n]
    assert np.flatnonzero(samples.last).tolist() == [n - 1, 2 * n - 1, 3 * n - 1]
    assert np.array_equal(samples.tick_index, np.tile(np.arange(n), 3))
    assert samples.event_start.size == samples.ticks + 1
    assert np.array_equal(np.repeat(np.arange(3 * n), np.diff(samples.event_start)), samples.event_tick)


def test_same_seed_same_samples():
    one, other = (SMALL.generate(np.random.default_rng(7), 5, True) for _ in range(2))
    assert np.array_equal(one.event_tick, other.event_tick)
    assert np.array_equal(one.event_address, other.event_address)
    assert np.array_equal(one.label, other.label)


@pytest.mark.parametrize("cuts", [(1,) * 6, (4, 2), (0, 5, 1)])
def test_samples_do_not_depend_on_chunks(cuts):
    whole = SMALL.generate(np.random.default_rng(3), 6, True)
    rng = np.random.default_rng(3)
    chunks = [SMALL.generate(rng, count, True) for count in cuts]
    starts = np.cumsum([0, *(chunk.ticks for chunk in chunks)])
    ticks = [chunk.event_tick + start for chunk, start in zip(chunks, starts, strict=False)]
    assert np.array_equal(np.concatenate(ticks), whole.event_tick)
    assert np.array_equal(np.concatenate([c.event_address for c in chunks]), whole.event_address)
    assert np.array_equal(np.concatenate([c.label for c in chunks]), whole.label)


def test_a_sample_can_be_drawn_alone():
    whole = SMALL.generate(np.random.default_rng(3), 6, True)
    rng = np.random.default_rng(3)
    rng.bit_generator.advance(4 * SMALL.draws)
    alone = SMALL.generate(rng, 1, True)
    begin, end = whole.event_start[[4 * SMALL.length, 5 * SMALL.length]]
    assert np.array_equal(alone.event_tick + 4 * SMALL.length, whole.event_tick[begin:end])
    assert alone.label[0] == whole.label[4]


def problems(**fields):
    document = Document.of({"workload": "x", "task": {"kind": "cue-accumulation", **fields}}, "workload")
    with pytest.raises(ConfigError) as error:
        validate(document, CueAccumulation, at=("task",))
    return str(error.value).splitlines()


def test_contradictions_are_all_reported_at_their_keys():
    assert problems(cues=4, cue_duration="200 ms", delay="0.5 ms", noise_rate="2 kHz") == [
        "task.cue_duration: 200 ms is longer than the cue_spacing of 150 ms",
        "task.cues: 4 is even: both sides could have as many cues",
        "task.delay: 500 us is no whole number of ticks of 1 ms",
        "task.noise_rate: 2 kHz is more than one spike per tick of 1 ms",
    ]


def test_empty_window_is_an_error():
    assert problems(recall_duration="0 ms") == ["task.recall_duration: 0 s is shorter than a tick of 1 ms"]


def test_quantities_need_units():
    (line,) = problems(cue_rate=40)
    assert line == "task.cue_rate: 40 has no unit; expected a frequency such as `40 Hz`"


def test_no_delay_and_no_noise_are_allowed():
    task = CueAccumulation(kind="cue-accumulation", delay=0.0, noise_rate=0.0)
    counts = spike_counts(task.generate(np.random.default_rng(0), 2, False), task)
    assert task.length == 1200
    assert counts[:, :, NOISE].sum() == 0
    assert counts[:, 1050:, RECALL].sum() > 0


@pytest.mark.parametrize("law", ["normal", "uniform"])
def test_initial_weights_have_the_stated_spread(law):
    weights = InitialWeights(law=law, scale=100.0).draw(np.random.default_rng(0), 100, 2000)
    assert weights.dtype == np.int8
    assert weights.std() == pytest.approx(10, rel=0.02)
    assert weights.mean() == pytest.approx(0, abs=0.1)
    if law == "uniform":
        assert abs(weights).max() <= round(10 * 3**0.5)


def test_initial_weights_clip_and_leave_out_self_connections():
    law = InitialWeights(scale=5000.0, self_connections=False)
    weights = law.draw(np.random.default_rng(0), 50, 50)
    assert (weights.min(), weights.max()) == (-128, 127)
    assert not weights.diagonal().any()
    assert not InitialWeights(law="zero").draw(np.random.default_rng(0), 3, 4).any()
