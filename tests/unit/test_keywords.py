"""Synthetic keywords: the same words for every seed, the same samples whatever the chunks, and words that differ."""

import numpy as np
import pytest

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.model import validate
from accelsim.workload.keywords import SPEAKER, Keywords, words

TASK = Keywords(kind="keywords")


def test_samples_depend_on_their_place_in_the_stream_only():
    whole = TASK.generate(np.random.default_rng(3), 6, training=True)
    rng = np.random.default_rng(3)
    parts = [TASK.generate(rng, count, training=True) for count in (2, 4)]
    np.testing.assert_array_equal(whole.label, np.concatenate([part.label for part in parts]))
    for i in range(6):
        part, at = (parts[0], i) if i < 2 else (parts[1], i - 2)
        for one, other in zip(whole.events_of(i), part.events_of(at), strict=True):
            np.testing.assert_array_equal(one, other)
    batches = list(TASK.batches(np.random.default_rng(3), 6, True, seed=0, size=4))
    assert [len(batch) for batch in batches] == [4, 2]


def test_the_answer_is_asked_for_at_the_end():
    samples = TASK.generate(np.random.default_rng(0), 3, training=True)
    assert samples.ticks == 3 * 100
    np.testing.assert_array_equal(samples.infer[:100], np.arange(100) >= 50)
    np.testing.assert_array_equal(samples.target_valid, samples.infer)
    assert set(samples.label_tick) == {50}
    asked = TASK.generate(np.random.default_rng(0), 3, training=False)
    assert not asked.target_valid.any()
    assert set(asked.label_tick) == {-1}
    assert (np.diff(asked.event_tick) >= 0).all()
    assert asked.event_address.max() < TASK.inputs


def test_a_vocabulary_grows_without_changing_and_its_words_differ():
    few, many = words(0, 3, 2), words(0, 6, 2)
    np.testing.assert_array_equal(few, many[:3])
    distances = np.abs(many[:, None] - many[None]).mean(axis=(2, 3))
    assert distances[~np.eye(6, dtype=bool)].min() > 0.1
    assert (np.diff(many, axis=1) >= 0).all()  # formants keep their order
    assert not np.array_equal(words(1, 3, 2), few)


def test_rates_follow_the_formants_and_the_speaker():
    plain = np.array([[0.5, 0.5, 0.0, 1.0]])
    rates = TASK.rates(np.array([0]), plain)[0]
    assert rates.shape == (100, 24)
    np.testing.assert_allclose(rates[75:], TASK.noise_rate)  # the word is over after 350 ms
    assert rates.max() <= TASK.peak_rate + TASK.noise_rate
    low, high = (TASK.rates(np.array([0]), np.array([[shift, 0.5, 0.0, 1.0]]))[0] - 4 for shift in (0.0, 1.0))
    centre = [float((part * np.arange(24)).sum() / part.sum()) for part in (low, high)]
    assert centre[1] - centre[0] == pytest.approx(2 * TASK.speaker_shift, abs=0.4)
    assert plain.shape[1] == SPEAKER


def test_spikes_come_at_the_rates():
    task = Keywords(kind="keywords", peak_rate=0.0, noise_rate=20.0)
    samples = task.generate(np.random.default_rng(1), 40, training=False)
    expected = 20.0 * task.length * task.channels * 40
    assert samples.event_tick.size == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"length": "501 ms"}, "task.length: 501 ms is no whole number of ticks of 5 ms"),
        ({"word_duration": "450 ms"}, "task.word_duration: a late, slow word ends after 567.5 ms, a sample before"),
        ({"peak_rate": "300 Hz"}, "task.peak_rate: 300 Hz is more than one spike per tick of 5 ms"),
        ({"answer_duration": "600 ms"}, "task.answer_duration: is longer than the sample of 500 ms"),
        ({"classes": 1}, "task.classes: 1 is not >= 2"),
    ],
)
def test_what_cannot_be_is_told(fields, message):
    document = Document.of({"workload": "x", "task": {"kind": "keywords", **fields}}, "workload")
    with pytest.raises(ConfigError) as caught:
        validate(document, Keywords, at=("task",))
    assert message in str(caught.value)
