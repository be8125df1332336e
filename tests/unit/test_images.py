"""Pictures from files: found beside the workload, coded as digits are, split into parts and tasks."""

import gzip
import struct

import numpy as np
import pytest

from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.workload.schema import Workload
from accelsim.workload.stream import chunks, data_problems

RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (40, 4, 5), np.uint8)
LABELS = np.arange(40, dtype=np.uint8) % 4


def write_idx(path, array):
    header = struct.pack(f">2xBB{array.ndim}I", 8, array.ndim, *array.shape)
    content = header + array.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


@pytest.fixture
def folder(tmp_path):
    write_idx(tmp_path / "images.gz", PICTURES)
    write_idx(tmp_path / "labels", LABELS)
    np.savez(tmp_path / "all.npz", images=PICTURES / 255, labels=LABELS)
    return tmp_path


def loaded(folder, task, tasks="", inputs=20):
    (folder / "w.yaml").write_text(
        f"workload: w\ntask: {{kind: images, size: [4, 5], classes: 4, coding: graded, length: 1, {task}}}\n"
        f"network: {{input: {inputs}, hidden: 3, output: 4}}\nlearning: {{rule: backprop}}\n"
        + (tasks or "training_samples: 32\ntest_samples: 8\n")
    )
    document = load_document(folder / "w.yaml", "workload")
    return validate(document, Workload).located(document), document


FILES = "images: images.gz, labels: labels, held_out: 8"


@pytest.mark.parametrize("files", [FILES, "images: all.npz, held_out: 8"])
def test_every_picture_is_shown(folder, files):
    workload, document = loaded(folder, files)
    assert list(data_problems(workload, document, 0)) == []
    shown = [chunk.samples for chunk in chunks(workload, 0)]
    values = np.concatenate([samples.event_value.reshape(-1, 20) for samples in shown])
    order = np.lexsort(values.T)
    wanted = PICTURES.reshape(40, 20) / 255
    np.testing.assert_allclose(values[order], wanted[np.lexsort(wanted.T)], atol=1e-6)
    assert np.bincount(shown[1].label).tolist() == [2, 2, 2, 2]


def test_test_files(folder):
    write_idx(folder / "more", PICTURES[:6])
    write_idx(folder / "more_labels", LABELS[:6])
    files = "images: images.gz, labels: labels, test_images: more, test_labels: more_labels"
    workload, _ = loaded(folder, files, "training_samples: 40\ntest_samples: 6\n")
    tested = [chunk.samples for chunk in chunks(workload, 0)][1]
    np.testing.assert_allclose(tested.event_value.reshape(6, 20), PICTURES[:6].reshape(6, 20) / 255, atol=1e-6)


def test_files_make_tasks(folder):
    workload, document = loaded(folder, FILES, "tasks: {kind: split, groups: [[0, 1], [2, 3]]}\n")
    assert list(data_problems(workload, document, 0)) == []
    labels = {(c.epoch, c.split, c.task): set(c.samples.label.tolist()) for c in chunks(workload, 0)}
    assert labels[1, "train", 0] == {0, 1}
    assert labels[2, "train", 1] == {2, 3}
    workload, document = loaded(folder, FILES, "tasks: {kind: split, groups: [[0, 1]], training_samples: 17}\n")
    (problem,) = data_problems(workload, document, 0)
    assert (problem.path, problem.line) == ("tasks.training_samples", 5)
    assert "17, but of task 0 there are 16" in problem.message


def test_codings_of_digits(folder):
    workload, _ = loaded(folder, f"{FILES}, complement: true", inputs=40)
    assert workload.task.inputs == 40


@pytest.mark.parametrize(
    ("task", "path", "message"),
    [
        ("images: all.npz", "task.held_out", "give either"),
        ("images: images.gz, held_out: 8", "task.labels", "missing"),
        ("images: all.npz, labels: labels, held_out: 8", "task.labels", "has its own labels"),
    ],
)
def test_wrong_keys(folder, task, path, message):
    with pytest.raises(ConfigError) as error:
        loaded(folder, task)
    assert (error.value.problems[0].path, message in error.value.problems[0].message) == (path, True)


@pytest.mark.parametrize(
    ("change", "file", "message"),
    [
        (lambda folder: (folder / "labels").unlink(), "labels", "cannot be read"),
        (
            lambda folder: write_idx(folder / "images.gz", PICTURES[:, :3]),
            "images.gz",
            "pictures of 3 x 5; expected 4 x 5",
        ),
        (lambda folder: write_idx(folder / "labels", LABELS[:39]), "labels", "39 labels for 40 pictures"),
        (lambda folder: write_idx(folder / "labels", LABELS + np.uint8(1)), "labels", "labels 1 to 4; expected 0 to 3"),
        (lambda folder: (folder / "images.gz").write_bytes(b"x"), "images.gz", "is no IDX file"),
    ],
)
def test_bad_files_are_told_before_a_run(folder, change, file, message):
    change(folder)
    workload, document = loaded(folder, FILES)
    found = set(data_problems(workload, document, 0))
    assert [(problem.file, message in problem.message) for problem in found] == [(str(folder / file), True)]
