"""Replay of the RTL recordings of ReckOn, and what a replay says of data that are wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from accelsim.cli import main
from accelsim.config.errors import ConfigError
from accelsim.validation import validate_folder

FOLDER = Path(__file__).parent / "reckon"
GOLDEN = yaml.safe_load((FOLDER / "golden.yaml").read_text())
INDEX = yaml.load((FOLDER / "index.yaml").read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
SMALL = ("s20_regression", "s27_tiny", "s29_virtual_spikes")


def present(name):
    return (FOLDER / INDEX["cases"][name]["file"]).exists()


def replay(name, engine="compiled", folder=FOLDER):
    (report,) = validate_folder(folder, engine=engine, pattern=name)
    return report


@pytest.mark.parametrize("name", [name for name in INDEX["cases"] if present(name)])
def test_compiled(name):
    report = replay(name)
    assert report.passed, report.line()
    assert report.values > 1000


@pytest.mark.parametrize("name", SMALL)
def test_simpy(name):
    report = replay(name, "simpy")
    assert report.passed, report.line()


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in INDEX["cases"] if present(name) and name not in SMALL])
def test_simpy_all(name):
    report = replay(name, "simpy")
    assert report.passed, report.line()


def test_only_third_party_data_may_be_absent():
    absent = {INDEX["cases"][name]["file"] for name in INDEX["cases"] if not present(name)}
    assert absent <= set(GOLDEN["third_party"])
    assert len(INDEX["cases"]) - len(absent) >= 30


@pytest.fixture
def copy(tmp_path):
    """A folder with one small case that tests may spoil."""

    class Copy:
        def __init__(self):
            self.golden = dict(GOLDEN)
            self.index = INDEX | {"cases": {"tiny": INDEX["cases"]["s27_tiny"]}}
            self.arrays = dict(np.load(FOLDER / "s27_tiny.npz"))

        def write(self):
            (tmp_path / "golden.yaml").write_text(yaml.safe_dump(self.golden, sort_keys=False))
            (tmp_path / "index.yaml").write_text(yaml.safe_dump({"format": "x"} | self.index, sort_keys=False))
            np.savez(tmp_path / "s27_tiny.npz", **self.arrays)
            return tmp_path

        @property
        def case(self):
            return self.index["cases"]["tiny"]

    return Copy()


def test_copy_passes(copy, capsys):
    with pytest.raises(SystemExit) as status:
        main(["validate", str(copy.write())])
    assert status.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("pass  tiny  compiled  ")
    assert lines[-1].startswith("1 passed, 0 failed, 0 skipped; ")


@pytest.mark.parametrize(
    ("array", "at", "told"),
    [
        ("wrec_final", (0, 0), "wrec final [0, 0]"),
        ("winp_final", (1, 0), "winp final [1, 0]"),
        ("counters", (2, INDEX["counter_columns"].index("c_eprop")), "cycles c_eprop [2]"),
        ("counters", (2, INDEX["counter_columns"].index("n_evt")), "n_evt [2]"),
        ("accesses", (3, INDEX["access_columns"].index("neur_r_step")), "accesses neur_r_step [3]"),
        ("weight_updates", (1, 0), "weight updates [1, 0]"),
        ("lfsr", (4, 3), "lfsr [4, 3]"),
        ("u_prop", (2, 0), "u_prop [2, 0]"),
        ("out_bytes", (0,), "bytes sent [0]"),
    ],
)
def test_one_wrong_value_fails(copy, capsys, array, at, told):
    copy.arrays[array][at] ^= 1
    with pytest.raises(SystemExit) as status:
        main(["validate", str(copy.write())])
    assert status.value.code == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("FAIL  tiny")
    assert f", 1 mismatches; {told}: " in lines[0]
    assert lines[-1].startswith("0 passed, 1 failed, 0 skipped; ")


def test_absent_third_party_data_are_skipped(copy, capsys):
    copy.golden["third_party"] = ["other.npz"]
    copy.index["cases"]["other"] = copy.case | {"file": "other.npz"}
    with pytest.raises(SystemExit) as status:
        main(["validate", str(copy.write())])
    assert status.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "skip  other  compiled  third-party data file other.npz is not here"
    assert lines[-1].startswith("1 passed, 0 failed, 1 skipped; ")


def test_other_absent_data_fail(copy):
    copy.index["cases"]["other"] = copy.case | {"file": "other.npz"}
    report = replay("other", folder=copy.write())
    assert not report.passed
    assert "other.npz" in report.line()


def test_a_truncated_file_fails(copy):
    folder = copy.write()
    file = folder / copy.case["file"]
    file.write_bytes(file.read_bytes()[:200])
    report = replay("tiny", folder=folder)
    assert report.line().startswith("FAIL  tiny  compiled  ")
    assert copy.case["file"] in report.error


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_inp": 9}, "s27_tiny.npz  winp_after_sample: has shape (2, 2, 16); expected (2, 9, columns)"),
        ({"n_out": 3}, "s27_tiny.npz  err: has shape (60, 2); expected (60, 3)"),
        ({"registers": {}}, "no value of register"),
    ],
)
def test_a_case_at_odds_with_its_arrays_fails(copy, change, words):
    copy.index["cases"]["tiny"] = copy.case | change
    report = replay("tiny", folder=copy.write())
    assert not report.passed
    assert report.error is not None
    assert words in report.error


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"n_rec": 0}, "cases.tiny.n_rec"),
        ({"n_inp": 300}, "cases.tiny.n_inp"),
        ({"n_out": "two"}, "cases.tiny.n_out"),
        ({"file": None}, "cases.tiny.file"),
        ({"registers": {"KAPPA": "high"}}, "cases.tiny.registers.KAPPA"),
        ({"registers": [1, 2]}, "cases.tiny.registers"),
        ({"registers": {"KAPPA": 256}}, "cases.tiny.registers.KAPPA"),
        ({"registers": {"THR_H_0": 1 << 32}}, "cases.tiny.registers.THR_H_0"),
    ],
)
def test_a_malformed_index_is_told(copy, capsys, change, path):
    copy.index["cases"]["tiny"] = copy.case | change
    with pytest.raises(SystemExit) as status:
        main(["validate", str(copy.write())])
    assert status.value.code == 2
    message = capsys.readouterr().err
    assert "index.yaml:" in message
    assert f"  {path}: " in message


def test_missing_columns_are_told(copy):
    del copy.index["counter_columns"]
    with pytest.raises(ConfigError, match="counter_columns"):
        replay("tiny", folder=copy.write())


def test_an_unknown_column_is_told(copy):
    copy.index["access_columns"] = ["neuron_r_step", *INDEX["access_columns"][1:]]
    with pytest.raises(ConfigError, match=r"index\.yaml:\d+:\d+  access_columns\.0: `neuron_r_step` is not"):
        replay("tiny", folder=copy.write())


def test_folders_that_are_none(copy, tmp_path):
    with pytest.raises(ConfigError, match="no such folder"):
        replay("*", folder=tmp_path / "absent")
    with pytest.raises(ConfigError, match=r"no golden\.yaml"):
        replay("*", folder=FOLDER.parent)
    with pytest.raises(ConfigError, match="no case matches `s9`"):
        replay("s9", folder=copy.write())
    copy.golden["kind"] = "reckon-rlt"
    with pytest.raises(ConfigError, match="did you mean `reckon-rtl`"):
        replay("*", folder=copy.write())
    shutil.rmtree(tmp_path)
