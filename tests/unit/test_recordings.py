"""Recordings of events: binned into time steps, pooled, split and permuted."""

import numpy as np
import pytest

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.model import validate
from accelsim.workload.recordings import Events
from accelsim.workload.schema import Workload
from accelsim.workload.stream import chunks, data_problems
from tests.unit.test_formats_events import V3, nmnist_event, packet, polarity, write_spikes


def shown(task, count, training=False):
    (samples,) = task.batches(np.random.default_rng(0), count, training, 0, 100)
    return samples


def events_of(samples, i):
    return list(zip(*(column.tolist() for column in samples.events_of(i)), strict=True))


@pytest.fixture
def cochlea(tmp_path):
    times = [[0.001, 0.0011, 0.0301], [0.002], [0.5], [0.004, 0.003]]
    write_spikes(tmp_path / "a.h5", times, [[10, 11, 13], [1], [2], [6, 4]], [0, 1, 1, 0])
    path = str(tmp_path / "a.h5")
    return Events(kind="events", format="shd", path=path, test_path=path, classes=2, units=14, pooling=5, length=40)


def test_spikes_of_a_cochlea_fall_into_time_steps(cochlea):
    samples = shown(cochlea, 4)
    assert cochlea.inputs == 3
    assert samples.label.tolist() == [0, 1, 1, 0]
    assert events_of(samples, 0) == [(1, 2), (30, 2)]  # units 10 and 11 share an input, which spikes once
    assert events_of(samples, 1) == [(2, 0)]
    assert events_of(samples, 2) == []  # too late
    assert events_of(samples, 3) == [(3, 0), (4, 1)]
    assert (np.diff(samples.event_tick) >= 0).all()


def test_training_takes_each_recording_once(cochlea):
    samples = shown(cochlea, 4, training=True)
    assert samples.training.all()
    assert samples.target_valid.all()
    assert np.bincount(samples.label).tolist() == [2, 2]


def test_camera_events_are_pooled(tmp_path):
    for number, events in ((0, [(0, 0, 1, 2000), (5, 2, 0, 4999), (4, 3, 1, 5000)]), (1, [(1, 1, 0, 0)])):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "1.bin").write_bytes(b"".join(nmnist_event(*event) for event in events))
    path = str(tmp_path)
    task = Events(
        kind="events", format="nmnist", path=path, test_path=path, classes=2, sensor=(6, 4), pooling=2, length=4
    )
    assert task.inputs == 2 * 6
    samples = shown(task, 2)
    assert events_of(samples, 0) == [(0, 0), (2, 6 + 5), (3, 5)]
    assert events_of(samples, 1) == [(0, 6)]
    one = task.model_copy(update={"polarities": False})
    assert one.inputs == 6
    assert events_of(shown(one, 2), 0) == [(0, 0), (2, 5), (3, 5)]


def test_aedat_folders(tmp_path):
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "a.aedat").write_bytes(V3 + packet([(polarity(1, 2, 1), 50), (polarity(3, 3, 0), 1050)]))
    path = str(tmp_path)
    task = Events(kind="events", format="aedat", path=path, test_path=path, classes=2, sensor=(4, 4))
    assert events_of(shown(task, 1), 0) == [(0, 9), (1, 16 + 15)]
    small = task.model_copy(update={"sensor": (3, 4)})
    with pytest.raises(ConfigError, match="event 1 at column 3, row 3 of a sensor of 3 x 4"):
        shown(small, 1)


def test_time_series_by_delta_modulation(tmp_path):
    signals = np.zeros((2, 5, 2))
    signals[0, 2:, 0] = 1.0
    signals[1, 3:, 1] = -1.0
    np.savez(tmp_path / "a.npz", signals=signals, labels=np.array([0, 1]))
    path = str(tmp_path / "a.npz")
    task = Events(
        kind="events", format="npz", path=path, test_path=path, classes=2, channels=2, threshold=0.6, length=5
    )
    assert task.inputs == 4
    samples = shown(task, 2)
    assert events_of(samples, 0) == [(2, 0)]
    assert events_of(samples, 1) == [(3, 3)]


def test_recordings_make_tasks(cochlea):
    data = {
        "workload": "w",
        "task": cochlea.model_dump(mode="json") | {"tick": "1 ms"},
        "tasks": {"kind": "permuted", "count": 2},
        "network": {"input": 3, "recurrent": 2, "output": 2},
        "learning": {"rule": "eprop"},
    }
    document = Document.of(data, "workload")
    workload = validate(document, Workload)
    assert list(data_problems(workload, document, 0)) == []
    first, second = (chunk.samples for chunk in chunks(workload, 0) if chunk.epoch == 0)
    moved = dict(zip(first.event_address.tolist(), second.event_address.tolist(), strict=True))
    assert sorted(moved) == sorted(moved.values()) == [0, 1, 2]
    np.testing.assert_array_equal(first.event_tick, second.event_tick)


def test_bad_data_are_told(cochlea, tmp_path):
    with pytest.raises(ConfigError, match=r"spikes/units: unit 13 of 12"):
        shown(cochlea.model_copy(update={"units": 12}), 1)
    empty = Events(kind="events", format="nmnist", path=str(tmp_path), test_path=str(tmp_path))
    with pytest.raises(ConfigError, match=r"no recordings `<class>/\*\.bin` with classes 0 to 9"):
        shown(empty, 1)
    held = cochlea.model_copy(update={"test_path": None, "held_out": 3})
    with pytest.raises(ConfigError, match="has 4 recordings; 3 cannot be held out"):
        shown(held, 1)
    assert shown(cochlea.model_copy(update={"test_path": None, "held_out": 2}), 2).label.tolist() in ([0, 1], [1, 0])
