"""Recorded stimuli that are damaged or contradict the network."""

import numpy as np
import pytest

WORKLOAD = """\
workload: recorded
task: {kind: recorded, path: stimulus.npz}
network: {input: 40, recurrent: 20, output: 2}
learning: {rule: eprop}
"""
SOUND = {
    "events": np.array([[0, 1, 3], [0, 2, 39]]),
    "sample_len": np.array([5]),
    "sample_label": np.array([1]),
    "target_valid": np.ones(5, int),
}


def write(folder, **changed):
    """A recording; None leaves an array out."""
    (folder / "recorded.yaml").write_text(WORKLOAD)
    np.savez(folder / "stimulus.npz", **{k: v for k, v in (SOUND | changed).items() if v is not None})


def assert_told(command, here, content, message):
    answer = command("run", "reckon", "recorded.yaml", "--out", "results")
    assert (answer.status, answer.out, answer.err) == (2, "", f"stimulus.npz  {message}\n")
    assert content(here) == {"recorded.yaml", "stimulus.npz"}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sample_len": None}, "sample_len: missing"),
        ({"events": None, "eventz": SOUND["events"]}, "events: missing (did you mean `eventz`?)"),
        ({"sample_label": np.array([1.5])}, "sample_label: holds float64; expected integers"),
        ({"events": np.array([[0, np.nan, 1]])}, "events: holds float64; expected integers"),
        ({"sample_label": np.array([None])}, "sample_label: holds Python objects; expected numbers"),
        ({"events": np.array([1, 2, 3])}, "events: has shape (3,); expected (n, 3)"),
        (
            {"sample_label": np.array([1, 1])},
            "sample_label: has 2 entries along axis 0 (samples), but `sample_len` has 1",
        ),
        ({"target_valid": np.ones(6, int)}, "target_valid: 6 rows, but `sample_len` adds up to 5 ticks"),
        ({"target_valid": np.full(5, 2)}, "target_valid[0]: 2 is not <= 1 (5 such values)"),
        ({"events": np.array([[0, 1, 40]])}, "events[0]: address 40, but the network has 40 inputs"),
        ({"events": np.array([[0, 1, -1]])}, "events[0, 2]: -1 is not >= 0"),
        ({"events": np.array([[0, 5, 3]])}, "events[0]: tick 5 of a sample of 5 ticks"),
        ({"events": np.array([[1, 0, 3]])}, "events[0]: sample 1 of 1"),
        (
            {"events": np.array([[0, 2**63, 3]], np.uint64)},
            "events[0, 1]: 9223372036854775808 is not <= 2147483647",
        ),
        ({"sample_label": np.array([2])}, "sample_label[0]: class 2, but the network has 2 outputs"),
        ({"sample_label_tick": np.array([5])}, "sample_label_tick[0]: tick 5 of a sample of 5 ticks"),
        ({"sample_len": np.array([0])}, "sample_len[0]: 0 is not >= 1"),
        ({"sample_len": np.array([2**40])}, "sample_len[0]: 1099511627776 is not <= 100000000"),
        (
            {"sample_len": np.zeros(0, int), "sample_label": np.zeros(0, int)},
            "sample_len: adds up to 0 ticks; expected 1 to 100000000",
        ),
        ({"reg_targets": np.full((5, 2), np.nan)}, "reg_targets: holds float64; expected integers"),
        ({"reg_targets": np.zeros((5, 3), int)}, "reg_targets: has shape (5, 3); expected (ticks, 2)"),
    ],
)
def test_arrays(changed, message, command, here, content):
    write(here, **changed)
    assert_told(command, here, content, message)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda whole: whole[:300], "not an npz file, or a damaged one"),
        (lambda whole: b"", "not an npz file, or a damaged one"),
        (lambda whole: whole.replace(b"NUMPY", b"NUMPX"), "events: damaged: the checksum does not match"),
    ],
)
def test_damaged_files(damage, message, command, here, content):
    write(here)
    file = here / "stimulus.npz"
    file.write_bytes(damage(file.read_bytes()))
    answer = command("run", "reckon", "recorded.yaml", "--out", "results")
    assert answer.status == 2
    assert answer.err.startswith(f"stimulus.npz  {message}\n")
    assert content(here) == {"recorded.yaml", "stimulus.npz"}


def test_no_file(command, here):
    (here / "recorded.yaml").write_text(WORKLOAD)
    answer = command("run", "reckon", "recorded.yaml")
    assert (answer.status, answer.err) == (2, "stimulus.npz  cannot be read: no such file or directory\n")


def test_problems_of_the_recording_and_of_the_chip_are_told_together(command, here):
    write(here, events=np.array([[0, 1, 40]]))
    answer = command("run", "reckon", "recorded.yaml", "--set", "workload.learning.rule=delta")
    assert answer.err == (
        "--set workload.learning.rule=delta  learning.rule: this core learns with `eprop`, not with `delta`\n"
        "stimulus.npz  events[0]: address 40, but the network has 40 inputs\n"
    )
