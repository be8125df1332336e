"""Streams of tasks: order, contents, numbers, determinism, and what is refused."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.model import validate
from accelsim.controllers.samples import Samples, join
from accelsim.workload import stream
from accelsim.workload.schema import Workload
from accelsim.workload.stream import chunks, middle_sample, total_samples, total_ticks

PAIRS = [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]
DIGITS = {"kind": "digits", "length": 3}
CUES = {
    "kind": "cue-accumulation",
    "tick": "10 ms",
    "cues": 3,
    "delay": "50 ms",
    "group_size": 4,
}
PATTERN = {"kind": "pattern-generation", "tick": "10 ms", "inputs": 8}
MANIFOLDS = {"kind": "manifolds", "classes": 6, "inputs": 7, "length": 20, "training_per_class": 9, "test_per_class": 4}
SIZES = {"digits": (64, 10), "cue-accumulation": (16, 2), "pattern-generation": (8, 1), "manifolds": (7, 6)}


def workload(task, tasks, output=None, **more):
    inputs, outputs = SIZES[task["kind"]]
    data = {
        "workload": "w",
        "task": task,
        "tasks": tasks,
        "network": {"input": inputs, "recurrent": 5, "output": output or outputs},
        "learning": {"rule": "eprop"},
        **more,
    }
    return validate(Document.of(data, "workload"), Workload)


def blocks_of(chosen, seed=0):
    """(epoch, split, task) and samples of each block."""
    found = {}
    for chunk in chunks(chosen, seed):
        found.setdefault((chunk.block, chunk.epoch, chunk.split, chunk.task), []).append(chunk.samples)
    return {key: join(parts) for key, parts in found.items()}


def same(one, other):
    for name in Samples.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_every_task_is_tested_before_any_training_and_after_each():
    found = list(blocks_of(workload(DIGITS, {"kind": "split", "groups": PAIRS[:2], "training_samples": 20})))
    rows = [(number, epoch, split, task) for number, epoch, split, task in found]
    assert rows == [
        (0, 0, "test", 0),
        (1, 0, "test", 1),
        (2, 1, "train", 0),
        (3, 1, "test", 0),
        (4, 1, "test", 1),
        (5, 2, "train", 1),
        (6, 2, "test", 0),
        (7, 2, "test", 1),
    ]


def test_a_split_takes_all_pictures_of_its_classes_once():
    found = blocks_of(workload(DIGITS, {"kind": "split", "groups": PAIRS}))
    trained = [samples for (_, _, split, _), samples in found.items() if split == "train"]
    assert [sorted(set(samples.label.tolist())) for samples in trained] == PAIRS
    assert sum(map(len, trained)) == 1297
    first = [samples for (_, epoch, _, _), samples in found.items() if epoch == 0]
    assert sum(map(len, first)) == 500


def test_relabelled_classes_share_outputs():
    found = blocks_of(workload(DIGITS, {"kind": "split", "groups": [[7, 3], [5]], "relabel": True}, output=2))
    labels = [set(samples.label.tolist()) for (_, _, split, _), samples in found.items() if split == "train"]
    assert labels == [{0, 1}, {0}]


@pytest.mark.parametrize(
    ("task", "tasks"),
    [
        (DIGITS, {"kind": "split", "groups": PAIRS, "order": [0, 3, 0], "drift": 0.25, "passes": 2}),
        (CUES, {"kind": "rules", "rules": ["majority", "last"], "training_samples": 6, "test_samples": 4}),
        (MANIFOLDS, {"kind": "manifolds", "count": 2, "passes": 3}),
    ],
)
def test_totals_agree_with_the_stream(task, tasks):
    chosen = workload(task, tasks)
    found = blocks_of(chosen, seed=2)
    assert total_samples(chosen, None, 2) == sum(map(len, found.values()))
    assert total_ticks(chosen, None, 2) == sum(samples.ticks for samples in found.values())
    before = middle = middle_sample(chosen, None, 2)
    for (_, _, split, _), samples in found.items():
        if before < len(samples):
            assert split == "train"
            break
        before -= len(samples)
    assert 0 < middle < total_samples(chosen, None, 2)


def test_the_last_sample_of_an_experience_ends_the_task():
    found = blocks_of(workload(DIGITS, {"kind": "split", "groups": PAIRS[:2], "order": [1, 0, 1], "passes": 2}))
    for (_, _, split, _), samples in found.items():
        if split == "train":
            assert np.flatnonzero(samples.task_end).tolist() == [len(samples) - 1]
        else:
            assert samples.task_end is None


@pytest.mark.parametrize("coding", ["bernoulli", "systematic", "latency", "population", "graded"])
def test_samples_do_not_depend_on_chunks(coding, monkeypatch):
    task = {**DIGITS, "coding": coding, "receptive_fields": 2, "training_length": 2}
    network = {"input": 128 if coding == "population" else 64, "recurrent": 5, "output": 10}
    tasks = {"kind": "permuted", "count": 2, "training_samples": 30, "test_samples": 10, "drift": 0.5}
    chosen = workload(task, tasks, network=network)
    whole = blocks_of(chosen)
    monkeypatch.setattr(stream, "CHUNK_TICKS", 21)
    for key, samples in blocks_of(chosen).items():
        same(samples, whole[key])


def test_a_task_is_tested_on_the_same_samples_every_time():
    found = blocks_of(workload(DIGITS, {"kind": "split", "groups": PAIRS[:2]}))
    tests = [samples for (_, _, split, task), samples in found.items() if split == "test" and task == 1]
    same(tests[0], tests[1])
    same(tests[0], tests[2])


def test_seeds_draw_other_samples_and_the_same_seed_the_same():
    chosen = workload(DIGITS, {"kind": "permuted", "count": 2, "training_samples": 10, "test_samples": 5})
    one, again, other = blocks_of(chosen, 1), blocks_of(chosen, 1), blocks_of(chosen, 2)
    for key, samples in one.items():
        same(samples, again[key])
        assert not np.array_equal(samples.event_tick, other[key].event_tick)


def graded(tasks):
    found = blocks_of(workload({"kind": "digits", "coding": "graded", "length": 1}, tasks))
    return [
        samples.event_value.reshape(-1, 64)
        for (_, epoch, split, _), samples in found.items()
        if epoch == 0 and split == "test"
    ]


def test_the_first_permutation_is_the_identity_and_others_move_pixels():
    first, second, third = graded({"kind": "permuted", "count": 3, "training_samples": 5})
    plain = workload({"kind": "digits", "coding": "graded", "length": 1}, {"kind": "permuted", "count": 1})
    np.testing.assert_array_equal(first, plain.task.examples(0, False)[0].astype(np.float32))
    for one, other in ((first, second), (second, third)):
        assert not np.array_equal(one, other)
        np.testing.assert_array_equal(np.sort(one, axis=1), np.sort(other, axis=1))


def test_pictures_turn_counter_clockwise():
    upright, quarter, back = (
        part.reshape(-1, 8, 8)
        for part in graded({"kind": "rotated", "degrees": [0.0, 90.0, -30.0], "training_samples": 5})
    )
    np.testing.assert_allclose(quarter, np.rot90(upright, axes=(1, 2)), atol=1e-6)
    assert 0.85 < back.sum() / upright.sum() <= 1.001


def test_permuted_pixels_are_the_same_for_their_complement():
    task = {"kind": "digits", "coding": "graded", "length": 1, "complement": True}
    network = {"input": 128, "recurrent": 5, "output": 10}
    found = blocks_of(workload(task, {"kind": "permuted", "count": 2, "training_samples": 5}, network=network))
    for samples in found.values():
        values = samples.event_value.reshape(-1, 128)
        np.testing.assert_allclose(values[:, :64] + values[:, 64:], 1)


def test_drift_brings_ever_more_samples_of_the_next_task():
    tasks = {"kind": "split", "groups": [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]], "drift": 0.5}
    found = blocks_of(workload(DIGITS, tasks))
    (first, second) = (samples.label for (_, _, split, _), samples in found.items() if split == "train")
    late = first >= 5
    quarters = [part.mean() for part in np.array_split(late, 4)]
    assert quarters[0] == quarters[1] == 0
    assert 0.1 < quarters[2] < 0.4 < 0.6 < quarters[3] < 0.95
    assert (second >= 5).all()


def test_passes_go_through_the_same_samples():
    found = blocks_of(workload(DIGITS, {"kind": "split", "groups": PAIRS[:1], "passes": 3, "training_samples": 8}))
    (labels,) = (samples.label for (_, _, split, _), samples in found.items() if split == "train")
    counts = [np.bincount(part) for part in np.split(labels, 3)]
    assert len(labels) == 24
    assert all((part == counts[0]).all() for part in counts)
    tasks = {"kind": "rules", "rules": ["majority"], "passes": 2, "training_samples": 5, "test_samples": 1}
    (cues,) = (samples for (_, _, split, _), samples in blocks_of(workload(CUES, tasks)).items() if split == "train")
    same(replace(cues.part(0, 5), task_end=None), replace(cues.part(5, 10), task_end=None))


def test_rules_ask_different_things_about_the_same_cues():
    rules = ["majority", "minority", "first", "last"]
    task = workload(CUES, {"kind": "rules", "rules": rules, "training_samples": 1, "test_samples": 1}).task
    drawn = {rule: task.generate(np.random.default_rng(0), 300, False, rule) for rule in rules}
    for samples in drawn.values():
        np.testing.assert_array_equal(samples.event_tick, drawn["majority"].event_tick)
    label = {rule: samples.label for rule, samples in drawn.items()}
    np.testing.assert_array_equal(label["majority"], 1 - label["minority"])
    assert 0.6 < (label["first"] == label["majority"]).mean() < 1
    assert 0.3 < (label["first"] == label["last"]).mean() < 1


def test_targets_change_and_inputs_stay():
    tasks = {"kind": "targets", "count": 3, "training_samples": 2, "test_samples": 1}
    found = blocks_of(workload(PATTERN, tasks))
    tests = [samples for (_, epoch, _, _), samples in found.items() if epoch == 0]
    for samples in tests[1:]:
        np.testing.assert_array_equal(samples.event_address, tests[0].event_address)
        assert not np.array_equal(samples.targets, tests[0].targets)
    plain = tests[0].targets
    np.testing.assert_array_equal(plain, next(workload(PATTERN, tasks).task.batches(None, 1, False, 0, 1)).targets)


def test_each_task_has_manifolds_of_its_own():
    found = blocks_of(workload(MANIFOLDS, {"kind": "manifolds", "count": 2}))
    one, other = (samples for (_, epoch, _, _), samples in found.items() if epoch == 0)
    np.testing.assert_array_equal(one.label, other.label)
    assert not np.array_equal(one.event_tick, other.event_tick)


def test_a_long_stream_needs_little_memory():
    tasks = {"kind": "permuted", "count": 100, "order": [0, 40, 99], "passes": 4, "test_samples": 2}
    chosen = workload({"kind": "digits", "coding": "graded", "length": 1}, tasks)
    chosen.task.examples(0, True)  # the pictures themselves
    tracemalloc.start()
    drawn = sum(len(chunk.samples) for chunk in chunks(chosen, 0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert drawn == 3 * 4 * 1297 + 4 * 100 * 2
    assert peak < 20e6  # a chunk of training samples with its events


@pytest.mark.parametrize(
    ("task", "tasks", "more", "path", "message"),
    [
        (DIGITS, {"kind": "split", "groups": [[0, 10]]}, {}, "tasks.groups.0.1", "there is no class 10"),
        (DIGITS, {"kind": "split", "groups": [[1, 1]]}, {}, "tasks.groups.0", "has a class twice"),
        (DIGITS, {"kind": "permuted", "count": 2, "order": [2]}, {}, "tasks.order.0", "there is no task 2"),
        (DIGITS, {"kind": "permuted", "count": 2}, {"epochs": 2}, "epochs", "give `tasks.passes`"),
        (DIGITS, {"kind": "permuted", "count": 2}, {"learning": None}, "tasks", "no `learning`"),
        (DIGITS, {"kind": "rules", "rules": ["last"]}, {}, "tasks.kind", "is for cue-accumulation"),
        (CUES, {"kind": "split", "groups": [[0]]}, {}, "tasks.kind", "is for sets of labelled examples"),
        (MANIFOLDS, {"kind": "rotated", "degrees": [1.0]}, {}, "tasks.kind", "is for pictures"),
        (DIGITS, {"kind": "permuted", "count": 2}, {"test_samples": 3}, "test_samples", "`tasks.test_samples`"),
    ],
)
def test_what_is_refused(task, tasks, more, path, message):
    with pytest.raises(ConfigError) as error:
        workload(task, tasks, **more)
    (problem,) = error.value.problems
    assert problem.path == path
    assert message in problem.message


def test_too_few_samples_are_told():
    chosen = workload(DIGITS, {"kind": "split", "groups": PAIRS, "training_samples": 270})
    (error,) = chosen.tasks.shortages(chosen.task, 0)
    assert error.path == ("training_samples",)
    assert "270, but of task 0 there are 259" in str(error)
    chosen = workload(CUES, {"kind": "rules", "rules": ["last"], "training_samples": 2})
    assert [error.path for error in chosen.tasks.shortages(chosen.task, 0)] == [("test_samples",)]
