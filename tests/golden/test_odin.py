"""Replay of the RTL recordings of ODIN and tinyODIN, and what a replay says of data that are wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from accelsim.cli import main
from accelsim.validation import validate_folder

HERE = Path(__file__).parent
CASES = [(chip, name) for chip in ("odin", "tinyodin") for name in json.loads((HERE / chip / "index.json").read_text())]
SMALL = [("odin", "o03_synapse_events"), ("odin", "o16_size8"), ("odin", "o24_monitor_izh"),
         ("odin", "o25_izh_burst_simple"),
         ("tinyodin", "t07_src_ctrl"), ("tinyodin", "t09_slow_handshake")]  # fmt: skip


def replay(chip, name, engine="compiled", folder=HERE):
    (report,) = validate_folder(folder / chip, engine=engine, pattern=name)
    return report


@pytest.mark.parametrize(("chip", "name"), CASES)
def test_compiled(chip, name):
    report = replay(chip, name)
    assert report.passed, report.line()
    assert report.values > 1000


@pytest.mark.parametrize(("chip", "name"), SMALL)
def test_simpy(chip, name):
    report = replay(chip, name, "simpy")
    assert report.passed, report.line()


@pytest.mark.slow
@pytest.mark.parametrize(("chip", "name"), [case for case in CASES if case not in SMALL])
def test_simpy_all(chip, name):
    report = replay(chip, name, "simpy")
    assert report.passed, report.line()


@pytest.fixture
def copy(tmp_path):
    """A folder with one case, whose arrays a test may damage."""

    def make(chip, name, change):
        folder = tmp_path / chip
        folder.mkdir()
        shutil.copy(HERE / chip / "golden.yaml", folder)
        index = json.loads((HERE / chip / "index.json").read_text())
        (folder / "index.json").write_text(json.dumps({name: index[name]}))
        with np.load(HERE / chip / index[name]["file"]) as arrays:
            held = dict(arrays)
        change(held)
        np.savez_compressed(folder / index[name]["file"], **held)
        return folder

    return make


@pytest.mark.parametrize(
    ("chip", "name", "array"),
    [
        ("odin", "o13_sdsp_training", "sw_new"),
        ("odin", "o13_sdsp_training", "fsm_len"),
        ("odin", "o13_sdsp_training", "in_ack_down"),
        ("odin", "o13_sdsp_training", "fifo_occ"),
        ("tinyodin", "t05_virtual", "nw_core"),
        ("tinyodin", "t05_virtual", "out_addr"),
    ],
)
def test_one_wrong_value_is_found(copy, chip, name, array):
    def change(arrays):
        arrays[array] = arrays[array].copy()
        arrays[array].flat[-1] ^= 1

    (report,) = validate_folder(copy(chip, name, change))
    assert not report.passed
    assert report.mismatches == 1
    assert array in report.line()


def test_exit_status_of_a_miss(copy, capsys):
    def change(arrays):
        arrays["neuron_mem_final"] = arrays["neuron_mem_final"] ^ np.uint32(1 << 31)

    with pytest.raises(SystemExit) as stopped:
        main(["validate", str(copy("tinyodin", "t05_virtual", change))])
    assert stopped.value.code == 1
    assert "1 failed" in capsys.readouterr().out


def test_index_that_is_no_json(copy, capsys):
    folder = copy("tinyodin", "t05_virtual", lambda arrays: None)
    (folder / "index.json").write_text("{")
    with pytest.raises(SystemExit) as stopped:
        main(["validate", str(folder)])
    assert stopped.value.code == 2
    assert "index.json:1:2  not JSON" in capsys.readouterr().err
