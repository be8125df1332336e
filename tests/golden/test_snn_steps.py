"""Replay of the step-by-step predictions, and what a replay says of data that are wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from accelsim.validation import validate_folder

FOLDER = Path(__file__).parent / "snn_steps"
CASES = sorted(path.parent.name for path in FOLDER.glob("*/case.yaml"))
GESTURE = "dvs_gesture"


def replay(name, folder=FOLDER):
    (report,) = validate_folder(folder, pattern=name)
    return report


@pytest.mark.parametrize("name", [case for case in CASES if case != GESTURE])
def test_cases(name):
    report = replay(name)
    assert report.passed, report.line()
    assert report.values > 10_000


def test_case_of_third_party_data():
    """Replayed where its data are, else skipped in so many words."""
    report = replay(GESTURE)
    if (FOLDER / GESTURE / "dvs_challenge.npz").exists():
        assert report.passed, report.line()
    else:
        assert report.line() == (
            "skip  dvs_gesture  compiled  third-party data file dvs_gesture/dvs_challenge.npz is not here"
        )


@pytest.fixture
def copy(tmp_path):
    """A folder with one case, some of whose arrays a test may change."""

    def make(name, file, change):
        shutil.copy(FOLDER / "golden.yaml", tmp_path)
        shutil.copytree(FOLDER / name, tmp_path / name)
        path = tmp_path / name / file
        with np.load(path) as arrays:
            held = {key: arrays[key].copy() for key in arrays.files}
        change(held)
        np.savez(path, **held)
        return tmp_path

    return make


@pytest.mark.parametrize(
    "array", ["fired", "hops", "spike_neuron", "v", "msg_dst_core", "msg_gen", "energy_network", "time_simple"]
)
def test_one_wrong_value_is_found(copy, array):
    def change(arrays):
        # in the middle: the first messages are followed by others of the same size
        values = arrays[array].reshape(-1)
        values[values.size // 2] = values[values.size // 2] * (1 + 1e-8) + (values.dtype.kind == "i")
        arrays[array] = values.reshape(arrays[array].shape)

    report = replay("chain_mesh", copy("chain_mesh", "expected.npz", change))
    assert not report.passed
    assert report.mismatches >= 1
    assert array in report.line()


def test_one_wrong_weight_is_found(copy):
    def change(arrays):
        arrays["w"][100] += 200

    report = replay("delays", copy("delays", "network.npz", change))
    assert not report.passed


@pytest.mark.parametrize(
    ("file", "array", "value", "message"),
    [
        ("network.npz", "core", 128, "network.npz  core[0]: 128 is not <= 127"),
        ("network.npz", "dst", 32, "network.npz  dst[0]: 32 is not a neuron of 0 to 31"),
        ("expected.npz", "v_neuron", 99, "probes: names a neuron that is none of 0 to 31"),
    ],
)
def test_wrong_data(copy, file, array, value, message):
    def change(arrays):
        arrays[array][0] = value

    report = replay("chain_mesh", copy("chain_mesh", file, change))
    assert message in (report.error or "")


def test_network_of_another_size(copy):
    def change(arrays):
        for name in ("src", "dst", "w"):
            arrays[name] = arrays[name][:-1]

    report = replay("chain_mesh", copy("chain_mesh", "network.npz", change))
    assert "the network has 32 neurons and 41 synapses, not 32 and 42" in report.error
