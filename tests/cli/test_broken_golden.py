"""Folders of golden cases that are malformed, and cases whose data is damaged."""

import json

import numpy as np
import pytest

COUNTERS = ["n_ev", "n_rec", "n_evt", "n_supp", "n_outz", "c_idle", "c_cnt", "c_evt", "c_supp", "c_pwait", "c_step",
            "c_sdone", "c_gettar", "c_eprop", "c_send", "busy", "total"]  # fmt: skip
CASE = {"file": "one.npz", "n_inp": 3, "n_rec": 2, "n_out": 1, "registers": {}}
INDEX = {"format": "1", "counter_columns": COUNTERS, "access_columns": ["neur_r_prop"], "cases": {"one": CASE}}
MARKER = "kind: reckon-rtl\nindex: index.json\n"


def write(folder, marker=MARKER, index=None, **changed):
    golden = folder / "golden"
    golden.mkdir()
    if marker is not None:
        (golden / "golden.yaml").write_text(marker)
    (golden / "index.json").write_text(json.dumps(INDEX | changed) if index is None else index)
    return golden


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"marker": None}, "golden  no folder of golden cases: it has no golden.yaml"),
        (
            {"marker": "kind: verilog\n"},
            "golden/golden.yaml  kind: unknown kind of golden data `verilog`; "
            "there are: eprop-vectors, l2m-log, logic-blocks, noc-packets, odin-rtl, reckon-rtl, snn-chip-steps, "
            "sram-table, tinyodin-rtl",
        ),
        ({"marker": "kind: reckon-rtl\n"}, "golden/golden.yaml  index: missing; names the list of cases"),
        ({"marker": "version: 1\n"}, "golden/golden.yaml:1:1  the first key must be `kind`, found `version`"),
        (
            {"marker": "kind: reckon-rtl\nindx: index.json\n"},
            "golden/golden.yaml:2:1  indx: unknown key (did you mean `index`?)",
        ),
        (
            {"marker": "kind: reckon-rtl\nindex: list.json\n"},
            "golden/list.json  no such file",
        ),
        ({"index": "{\n"}, "golden/index.json:2:1  not valid YAML: did not find expected node content"),
        (
            {"index": '{"format": "1"}'},
            "golden/index.json:1:1  access_columns: missing; expected a list\n"
            "golden/index.json:1:1  cases: missing; expected a mapping\n"
            "golden/index.json:1:1  counter_columns: missing; expected a list",
        ),
        ({"counter_columns": COUNTERS[2:]}, "golden/index.json:1:17  counter_columns: no column n_ev, n_rec"),
        (
            {"access_columns": ["neur_prop"]},
            "golden/index.json:1:223  access_columns.0: `neur_prop` is not "
            "<neur|winp|wrec|wout>_<r|w>_<prop|step|eprop>",
        ),
        (
            {"cases": {"one": CASE | {"n_inp": 300}}},
            "golden/index.json:1:276  cases.one.n_inp: 300 is not <= 256",
        ),
        (
            {"cases": {"one": CASE | {"registers": {"KAPA": 1}}}},
            "golden/index.json:1:326  cases.one.registers.KAPA: unknown register (did you mean `KAPPA`?)",
        ),
        ({"cases": {}}, "golden  no case matches `*`"),
    ],
)
def test_folders(arguments, message, command, here):
    write(here, **arguments)
    answer = command("validate", "golden")
    assert (answer.status, answer.out, answer.err) == (2, "", message + "\n")


def test_no_folder(command, here):
    answer = command("validate", "nowhere")
    assert (answer.status, answer.err) == (2, "nowhere  no such folder\n")


def test_no_such_case(command, here):
    write(here)
    answer = command("validate", "golden", "--cases", "two*")
    assert (answer.status, answer.err) == (2, "golden  no case matches `two*`\n")


def test_no_place_for_the_comparisons(command, here):
    write(here)
    answer = command("validate", "golden", "--json", "golden/index.json/x.json")
    assert (answer.status, answer.err) == (2, "cannot write golden/index.json/x.json: not a directory\n")


TICKS, SAMPLES, INPUTS, RECURRENT, OUTPUTS = 4, 1, 3, 2, 1
SOUND = {
    "events": np.array([[0, 1, 2]]),
    "sample_len": np.array([TICKS]),
    "sample_label": np.array([0]),
    "neur_thr": np.zeros(2, int),
    "neur_alpha_lsb": np.zeros(2, int),
    "counters": np.zeros((TICKS, len(COUNTERS)), int),
    "accesses": np.zeros((TICKS, 1), int),
    "weight_updates": np.zeros((TICKS, 3), int),
    "lfsr": np.zeros((TICKS, 10), int),
    "out_bytes": np.zeros(2, int),
    "out_bytes_len": np.array([2]),
    **{name: np.zeros((TICKS, OUTPUTS), int) for name in ("out_step", "out_prop", "err")},
    **{f"winp_{when}": np.zeros((INPUTS, 16), np.int8) for when in ("init", "final")},
    **{f"wrec_{when}": np.zeros((RECURRENT, 16), np.int8) for when in ("init", "final")},
    **{f"wout_{when}": np.zeros((RECURRENT, 16), np.int8) for when in ("init", "final")},
}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"accesses": None}, "accesses: missing"),
        ({"events": np.array([[0, 1, 3]])}, "events[0]: address 3, but the network has 3 inputs"),
        ({"events": np.array([[0, 4, 0]])}, "events[0]: tick 4 of a sample of 4 ticks"),
        ({"winp_init": np.full((INPUTS, 16), np.nan)}, "winp_init: holds float64; expected integers"),
        ({"wrec_init": np.full((RECURRENT, 16), 200)}, "wrec_init[0, 0]: 200 is not <= 127 (32 such values)"),
        ({"wout_final": np.zeros((3, 16), int)}, "wout_final: has shape (3, 16); expected (2, lanes)"),
        ({"counters": np.zeros((TICKS, 3), int)}, "counters: has shape (4, 3); expected (4, 17)"),
        ({"lfsr": np.zeros((TICKS + 1, 10), int)}, "lfsr: has shape (5, 10); expected (4, 10)"),
        ({"out_bytes": np.array([b"ab"])}, "out_bytes: holds |S2; expected integers"),
        ({}, "registers: no value of register RST_MODE"),
    ],
)
def test_a_case_with_wrong_arrays_fails(changed, reason, command, here):
    np.savez(write(here) / "one.npz", **{k: v for k, v in (SOUND | changed).items() if v is not None})
    assert_failed(command, f"golden/one.npz  {reason}")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (None, "cannot be read: no such file or directory"),
        (b"PK\x03\x04", "not an npz file, or a damaged one"),
        (b"", "not an npz file, or a damaged one"),
    ],
)
def test_a_case_with_a_damaged_file_fails(data, reason, command, here):
    golden = write(here)
    if data is not None:
        (golden / "one.npz").write_bytes(data)
    assert_failed(command, f"golden/one.npz  {reason}")


def assert_failed(command, reason):
    answer = command("validate", "golden")
    assert (answer.status, answer.err) == (1, "")
    assert answer.out.splitlines() == [
        f"FAIL  one  compiled  {reason}",
        "0 passed, 1 failed, 0 skipped; 0 values compared, 0 mismatches",
    ]
