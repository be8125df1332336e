"""Replay of packet lists recorded with BookSim 2, and what a replay says of data that are wrong."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from accelsim.cli import main
from accelsim.config.errors import ConfigError
from accelsim.validation import validate_folder

FOLDER = Path(__file__).parent / "noc"
INDEX = list(csv.DictReader((FOLDER / "traces_index.csv").open()))
SMALL = [row["name"] for row in INDEX if int(row["packets"]) <= 100]


def replay(name, engine="compiled", folder=FOLDER):
    (report,) = validate_folder(folder, engine=engine, pattern=name)
    return report


@pytest.mark.parametrize("row", INDEX, ids=lambda row: row["name"])
def test_compiled(row):
    report = replay(row["name"])
    assert report.passed, report.line()
    assert report.values == 4 * int(row["packets"])
    assert report.notes == (f"{row['flit_hops']} flit-hops",)


@pytest.mark.parametrize("name", SMALL)
def test_simpy(name):
    report = replay(name, "simpy")
    assert report.passed, report.line()


@pytest.mark.slow
@pytest.mark.parametrize("name", [row["name"] for row in INDEX if 100 < int(row["packets"]) <= 2000])
def test_simpy_all(name):
    report = replay(name, "simpy")
    assert report.passed, report.line()


def test_simpy_leaves_long_lists_out():
    assert replay("t04_8x8_uniform20k", "simpy").skipped == "more than 2000 packets: compiled engine only"


@pytest.fixture
def copy(tmp_path):
    """A folder with one case, whose arrays and configuration a test may change."""

    def make(name="m7_twovc", arrays=lambda held: None, config=lambda held: None):
        for file in ("golden.yaml", f"{name}.npz"):
            shutil.copy(FOLDER / file, tmp_path)
        (tmp_path / "traces_index.csv").write_text(f"name\n{name}\n")
        held = dict(np.load(FOLDER / f"{name}.npz"))
        values = json.loads(str(held["config"]))
        config(values)
        arrays(held)
        np.savez(tmp_path / f"{name}.npz", **held | {"config": json.dumps(values)})
        return tmp_path

    return make


@pytest.mark.parametrize("array", ["t_inject", "t_head", "t_tail", "routers"])
def test_one_wrong_value_is_found(copy, array):
    def change(held):
        held[array][-1] += 1

    report = replay("*", folder=copy(arrays=change))
    assert not report.passed
    assert report.mismatches == 1
    assert f"1 mismatches; {array} [3]: " in report.line()


def test_exit_status_of_a_miss(copy, capsys):
    def change(values):
        values["B"] = 1

    with pytest.raises(SystemExit) as stopped:
        main(["validate", str(copy(config=change))])
    assert stopped.value.code == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("0 passed, 1 failed, 0 skipped; ")


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        ("m7_twovc", {"topology": "ring"}, "config.topology: "),
        ("m7_twovc", {"V": 0}, "config.V: "),
        ("m7_twovc", {"k": None}, "config.k: missing; give `k`, or `width` and `height`"),
        ("m8_torus_wrap", {"V": 1}, "config.vcs: a torus needs 2 virtual channels or more, or it deadlocks"),
        ("m7_twovc", {"k": 1}, "dst[0]: 3 is not from 0 to 0"),
    ],
)
def test_an_impossible_network_fails(copy, name, changes, told):
    report = replay("*", folder=copy(name, config=lambda values: values.update(changes)))
    assert report.error is not None
    assert told in report.error


def test_other_shapes_of_network(copy):
    """A folder of the same format may have any width, height and number of terminals."""

    def change(values):
        values.update(width=4, height=4)
        del values["k"]

    report = replay("*", folder=copy(config=change))
    assert report.passed, report.line()


@pytest.mark.parametrize(
    ("index", "told"),
    [
        ("", "traces_index.csv  lists no case"),
        ("name\n../x\n", "traces_index.csv:2:1  name: `../x` is no file name"),
        ("case\nm7\n", "traces_index.csv:2:1  name: `` is no file name"),
    ],
)
def test_a_malformed_index_is_told(copy, index, told):
    folder = copy()
    (folder / "traces_index.csv").write_text(index)
    with pytest.raises(ConfigError) as error:
        replay("*", folder=folder)
    assert told in str(error.value)


def test_a_file_that_is_no_recording_fails(copy):
    folder = copy()
    (folder / "m7_twovc.npz").write_bytes(b"nothing")
    assert "m7_twovc.npz  config: cannot be read" in replay("*", folder=folder).error
    (folder / "m7_twovc.npz").unlink()
    assert "m7_twovc.npz  config: cannot be read" in replay("*", folder=folder).error
