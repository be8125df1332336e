"""Studies on disk: what is kept, who may write, and what is read back."""

import json
import sqlite3

import pandas as pd
import pytest

import accelsim
from accelsim.config.errors import ConfigError
from accelsim.explore import export_study, load_study, sweep
from accelsim.explore.execute import Outcome, run_task
from accelsim.explore.store import DATABASE, Store

SWEEP = """\
sweep: s
architecture: reckon
workload: cue_accumulation
axes:
  architecture.core.units.plasticity.lanes: [4, 8, 0, 16]
  architecture.core.memories.winp.banks: [1, 2]
objectives:
  - {metric: cycles, direction: min}
  - {metric: cycles * area_mm2, name: product, direction: min}
constraints: [cycles < 240, fits]
"""
LANES = "architecture.core.units.plasticity.lanes"


class Fake:
    """An executor without simulations; 16 lanes do not fit."""

    def __init__(self, stop_after=None):
        self.stop_after, self.taken = stop_after, 0

    def submit(self, function, task, /):
        from concurrent.futures import Future

        assert function is run_task
        if self.taken == self.stop_after:
            raise KeyboardInterrupt
        self.taken += 1
        future = Future()
        lanes = task.architecture.data["core"]["units"]["plasticity"]["lanes"]
        if lanes == 16:
            future.set_result(Outcome("failed", "too small", fits=False))
        else:
            future.set_result(Outcome("ok", metrics={"cycles": 1000 // lanes, "area_mm2": 0.5}, reused="timing"))
        return future


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(SWEEP)
    return tmp_path / "out"


def test_statuses_and_expressions(study):
    done = sweep("s.yaml", study, workers=1, executor=Fake())
    rows = [(row[LANES], row["status"], row["message"], row.get("product")) for row in done.rows[::2]]
    assert rows == [
        (4, "infeasible", "cycles 250 is not < 240", 125.0),
        (8, "ok", "", 62.5),
        (0, "failed", "s.yaml:5:52  core.units.plasticity.lanes: 0 is not > 0", None),
        (16, "infeasible", "too small", None),
    ]


def test_a_study_is_read_as_a_frame_finished_or_not(study):
    with pytest.raises(KeyboardInterrupt):
        sweep("s.yaml", study, workers=1, executor=Fake(stop_after=2))
    frame = load_study(study)
    assert list(frame.columns[:6]) == [
        "id",
        LANES,
        "architecture.core.memories.winp.banks",
        "seed",
        "status",
        "message",
    ]
    assert len(frame) == 8
    assert {"failed", "queued"} <= set(frame["status"]) <= {"failed", "infeasible", "ok", "queued", "running"}
    done = sweep("s.yaml", study, workers=1, executor=Fake(), resume=True)
    pd.testing.assert_frame_equal(load_study(study), done.frame()[list(load_study(study).columns)])
    assert accelsim.load_study(study / DATABASE).equals(load_study(study))


def test_every_row_keeps_its_inputs_and_hashes(study):
    sweep("s.yaml", study, workers=1, executor=Fake())
    database = sqlite3.connect(study / DATABASE)
    rows = database.execute(
        "SELECT settings, architecture_sha256, workload_sha256, activity_key, timing_key, reused FROM points "
        "WHERE status='done' ORDER BY id"
    ).fetchall()
    database.close()
    assert json.loads(rows[0][0]) == {LANES: 4, "architecture.core.memories.winp.banks": 1}
    architectures, workloads, activities, timings = (len({row[i] for row in rows}) for i in (1, 2, 3, 4))
    assert (len(rows), architectures, workloads, activities, timings) == (4, 4, 1, 2, 2)  # banks are cost
    assert rows[0][5] == "timing"


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_export(study, tmp_path, kind):
    done = sweep("s.yaml", study, workers=1, executor=Fake())
    to = tmp_path / f"table.{kind}"
    assert export_study(study, to, kind) == len(done.rows) == 8
    if kind == "csv":
        assert to.read_bytes() == (study / "points.csv").read_bytes()
        return
    frame = pd.read_json(to) if kind == "json" else pd.read_parquet(to)
    assert list(frame["status"]) == [row["status"] for row in done.rows]
    assert list(frame["cycles"].dropna()) == [250, 250, 125, 125]


def test_two_sweeps_on_one_study(study):
    sweep("s.yaml", study, workers=1, executor=Fake())
    with Store(study, resume=True) as first:
        first.begin(json.loads((study / "sweep.json").read_text()))
        with pytest.raises(ConfigError) as caught:
            sweep("s.yaml", study, workers=1, executor=Fake(), resume=True)
    message = "another sweep is writing to this study; wait for it, or choose another folder"
    assert str(caught.value) == f"{study}  {message}"
    assert len(sweep("s.yaml", study, workers=1, executor=Fake(), resume=True).rows) == 8


def test_a_study_of_another_version(study, monkeypatch):
    sweep("s.yaml", study, workers=1, executor=Fake())
    before = (study / DATABASE).read_bytes()
    monkeypatch.setattr(accelsim, "__version__", "9.9.9")
    with pytest.raises(ConfigError) as caught:
        sweep("s.yaml", study, workers=1, executor=Fake(), resume=True)
    assert str(caught.value) == f"{study}  was made by accelsim 0.1.0; this is accelsim 9.9.9: choose another folder"
    assert (study / DATABASE).read_bytes() == before


def test_a_full_disk_is_one_message_and_no_half_row(study, monkeypatch):
    def full(self, point, outcome):
        with self._telling("write"):
            raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "finished", full)
        with pytest.raises(ConfigError) as caught:
            sweep("s.yaml", study, workers=1, executor=Fake())
    assert str(caught.value) == f"cannot write {study / DATABASE}: database or disk is full"
    done = sweep("s.yaml", study, workers=1, executor=Fake(), resume=True)
    assert [row["status"] for row in done.rows].count("ok") == 2


def test_a_file_that_is_no_study(tmp_path):
    with pytest.raises(ConfigError, match=r"is no study; expected a folder with `study.sqlite`"):
        load_study(tmp_path)
    (tmp_path / DATABASE).write_bytes(b"spoilt" * 1000)
    with pytest.raises(ConfigError, match=r"cannot read .*: file is not a database"):
        load_study(tmp_path)


def test_points_that_left_the_plan_are_remembered(study, tmp_path):
    sweep("s.yaml", study, workers=1, executor=Fake())
    (tmp_path / "s.yaml").write_text(SWEEP.replace("[4, 8, 0, 16]", "[8]"))
    fewer = Fake()
    assert len(sweep("s.yaml", study, workers=1, executor=fewer, resume=True).rows) == 2
    (tmp_path / "s.yaml").write_text(SWEEP)
    again = Fake()
    assert len(sweep("s.yaml", study, workers=1, executor=again, resume=True).rows) == 8
    assert (fewer.taken, again.taken) == (0, 2)  # only those that failed
