"""Results that cannot be written, folders that belong to something else, and reports of damaged runs."""

import errno
import json
import os
from pathlib import Path

import pytest

import accelsim
from accelsim.config.document import Document
from accelsim.cost.account import CostReport
from accelsim.cost.components import ComponentCosts
from accelsim.simulation.accounts import Accounts
from accelsim.simulation.result import Result

RUN = ("run", "reckon", "cue_accumulation", "--out")


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("file", "file  is a file; expected a directory for results"),
        ("file/below", "cannot write to file/below: not a directory"),
        (
            "other",
            "other  holds other files and no `result.json`; expected a new or empty directory, or earlier results",
        ),
        ("old", "old  holds earlier results, which would be overwritten"),
    ],
)
def test_output_folders(out, message, command, here, content):
    (here / "file").write_text("mine")
    for folder, file in (("other", "notes.txt"), ("old", "result.json")):
        (here / folder).mkdir()
        (here / folder / file).write_text("mine")
    before = content(here)
    answer = command(*RUN, out)
    assert (answer.status, answer.out, answer.err) == (2, "", message + "\n")
    assert content(here) == before


def test_a_folder_of_a_sweep_is_no_place_for_a_run(command, here, content):
    (here / "study").mkdir()
    (here / "study" / "sweep.json").write_text("{}")
    answer = command(*RUN, "study", "--overwrite")
    assert answer.status == 2
    assert answer.err == (
        "study  holds other files and no `result.json`; expected a new or empty directory, or earlier results\n"
    )
    assert content(here) == {"study", "study/sweep.json"}


@pytest.mark.parametrize(
    ("trace", "message"),
    [
        ("file/trace.json", "cannot write file/trace.json: not a directory"),
        ("nowhere/trace.json", "cannot write nowhere/trace.json: no such file or directory"),
        (".", ".  is a directory; expected a file to write"),
        ("pipe", "pipe  is no regular file; expected a file to write"),
    ],
)
def test_traces(trace, message, command, here, content):
    (here / "file").write_text("mine")
    os.mkfifo(here / "pipe")
    answer = command(*RUN, "results", "--trace", trace)
    assert (answer.status, answer.err) == (2, message + "\n")
    assert content(here) == {"file", "pipe"}


@pytest.fixture
def finished(monkeypatch):
    """A run that takes no time: its result has empty tables."""
    names = ("epochs", "steps", "counters", "energy", "area", "datapaths", "published")
    names += (
        "activity",
        "energy_splits",
        "roofline",
        "ceilings",
        "power",
        "power_trace",
        "power_domains",
        "operating_points",
        "wear",
    )
    costs, report = object.__new__(ComponentCosts), object.__new__(CostReport)
    nothing = Document.of({"architecture": "none"}, "architecture")
    process = Document.of({"technology": "none"}, "technology")
    accounts = Accounts(nothing, process, {}, {}, {}, {}, 1e-3, (), (), (), ())
    about = {"accelsim": accelsim.__version__}
    result = Result({}, {name: [] for name in names}, about, accounts, costs, report, None)
    monkeypatch.setattr("accelsim.simulation.run.run", lambda *args, **options: result)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_no_half_written_file(step, finished, command, here, content, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, step, full)
    answer = command(*RUN, "results")
    assert (answer.status, answer.err) == (2, "cannot write results/epochs.csv: no space left on device\n")
    assert content(here) == {"results"}


def test_a_full_disk_in_the_middle_keeps_earlier_results(finished, command, here, content, monkeypatch):
    (here / "results").mkdir()
    (here / "results" / "result.json").write_text("old")
    replace = os.replace

    def full_at_last(source, target):
        if Path(target).name == "result.json":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(source, target)

    monkeypatch.setattr(os, "replace", full_at_last)
    answer = command(*RUN, "results", "--overwrite")
    assert (answer.status, answer.err) == (2, "cannot write results/result.json: no space left on device\n")
    assert (here / "results" / "result.json").read_text() == "old"
    assert not [name for name in content(here) if name.endswith(".part")]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (None, "results  is no run or sweep directory; expected a folder with `result.json` or `sweep.json`"),
        (b"{", "results/result.json:1:2  is damaged: Expecting property name enclosed in double quotes"),
        (b"{}", "results/result.json  is damaged: `about` is missing"),
        (b"[1]", "results/result.json  is damaged: it holds no JSON object"),
        (b'{"about": NaN}', "results/result.json  is damaged: NaN is no JSON number"),
    ],
)
def test_reports_of_damaged_runs(written, message, command, here, content):
    (here / "results").mkdir()
    if written is not None:
        (here / "results" / "result.json").write_bytes(written)
    before = content(here)
    answer = command("report", "results")
    assert (answer.status, answer.out, answer.err) == (2, "", message + "\n")
    assert content(here) == before


def test_reports_of_nothing(command, here):
    answer = command("report", "nowhere")
    assert answer.status == 2
    assert answer.err == (
        "nowhere  is no run or sweep directory; expected a folder with `result.json` or `sweep.json`\n"
    )


def test_a_report_of_another_version(command, here):
    about = dict.fromkeys(("python", "packages", "architecture", "workload", "engine", "seed", "engines_agree"))
    (here / "results").mkdir()
    data = {"about": about | {"accelsim": "9.9.0"}}
    (here / "results" / "result.json").write_text(json.dumps(data))
    answer = command("report", "results")
    assert answer.status == 2
    assert answer.err.startswith("results/result.json  ")
    assert len(answer.err.splitlines()) == 1
