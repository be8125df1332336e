"""A recording of samples gives the same run as the samples themselves."""

import numpy as np
import pytest

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.simulation.run import simulate
from accelsim.workload.recorded import samples_from
from accelsim.workload.schema import Workload
from accelsim.workload.stream import chunks

SEED = 4
SHORT = [
    "task.cues=1", "task.cue_duration=10 ms", "task.cue_spacing=15 ms", "task.delay=10 ms",
    "task.recall_duration=12 ms", "epochs=1", "training_samples=3", "test_samples=2", "network.recurrent=20",
]  # fmt: skip


def arrays_of(parts):
    """The arrays of a recording of some chunks of samples."""
    events = []
    done = 0
    for part in parts:
        sample = part.sample_of_tick[part.event_tick]
        events.append(np.stack([sample + done, part.event_tick - part.start[sample], part.event_address], axis=1))
        done += len(part)

    def joined(name):
        return np.concatenate([getattr(part, name) for part in parts])

    return {
        "events": np.concatenate(events).astype(np.int32),
        "sample_len": joined("length"), "sample_label": joined("label"),
        "sample_label_tick": joined("label_tick"), "sample_do_eprop": 7 * joined("training").astype(np.int32),
        "target_valid": joined("target_valid"), "infer_acc": joined("infer"),
    }  # fmt: skip


@pytest.fixture
def generated():
    document = load_document("cue_accumulation", "workload", overrides=SHORT)
    return document, [chunk.samples for chunk in chunks(validate(document, Workload), SEED)]


def test_samples_are_read_back(generated, tmp_path):
    _, parts = generated
    np.savez(tmp_path / "x.npz", **arrays_of(parts))
    found = samples_from(tmp_path / "x.npz", {"input": 40, "recurrent": 20, "output": 2})
    assert len(found) == 5
    done = 0
    for part in parts:
        again = found.part(done, done + len(part))
        for name in (
            "length",
            "event_tick",
            "event_address",
            "label",
            "label_tick",
            "target_valid",
            "infer",
            "training",
        ):
            np.testing.assert_array_equal(getattr(again, name), getattr(part, name), err_msg=name)
        done += len(part)


def test_a_recording_tells_ends_of_tasks_and_how_plastic_the_core_is(generated, tmp_path):
    _, parts = generated
    arrays = arrays_of(parts)
    ticks = arrays["target_valid"].size
    plastic = np.linspace(0, 1, ticks)
    np.savez(tmp_path / "x.npz", **arrays, sample_task_end=[0, 1, 0, 0, 1], plastic=plastic)
    found = samples_from(tmp_path / "x.npz", {"input": 40, "recurrent": 20, "output": 2})
    ends = np.cumsum(found.length) - 1
    assert np.flatnonzero(found.ends_task).tolist() == ends[[1, 4]].tolist()
    part = found.part(1, 3)
    assert np.flatnonzero(part.ends_task).tolist() == [found.length[1] - 1]
    np.testing.assert_array_equal(part.plasticity, plastic[ends[0] + 1 : ends[2] + 1])
    assert not parts[0].ends_task.any()
    np.testing.assert_array_equal(parts[0].plasticity, 1.0)


def test_a_recording_gives_the_same_run(generated, tmp_path):
    document, parts = generated
    np.savez(tmp_path / "x.npz", **arrays_of(parts))
    data = {key: value for key, value in document.data.items() if key not in ("training_samples", "test_samples")}
    data["task"] = {"kind": "recorded", "path": str(tmp_path / "x.npz"), "tick": "1 ms"}
    first = simulate("reckon", document, seed=SEED)
    second = simulate("reckon", Document.of(data, "workload"), seed=SEED)
    assert first.tables["epochs"] == second.tables["epochs"]
    assert first.counters == second.counters
    assert first.window.log.first_difference(second.window.log) is None


def test_every_contradiction_is_told(generated, tmp_path):
    _, parts = generated
    arrays = arrays_of(parts)
    arrays["events"][3] = (9, 0, 0)
    arrays["events"][4, 1] = 999
    arrays["events"][5, 2] = 40
    arrays["sample_label"][1] = 2
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(ConfigError) as error:
        samples_from(tmp_path / "x.npz", {"input": 40, "recurrent": 20, "output": 2})
    assert {problem.path for problem in error.value.problems} == {
        "events[3]", "events[4]", "events[5]", "sample_label[1]",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["infer_acc", "target_valid"])
def test_arrays_of_other_lengths(generated, tmp_path, name):
    _, parts = generated
    arrays = {
        key: values
        for key, values in arrays_of(parts).items()
        if key not in ("infer_acc", "target_valid") or key == name
    }
    ticks = arrays[name].size
    np.savez(tmp_path / "x.npz", **(arrays | {name: arrays[name][:-1]}))
    with pytest.raises(ConfigError, match=f"{name}: {ticks - 1} rows, but `sample_len` adds up to {ticks} ticks"):
        samples_from(tmp_path / "x.npz", {"input": 40, "recurrent": 20, "output": 2})
