import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from textwrap import dedent
from types import SimpleNamespace

import pandas as pd
import pytest

from accelsim.config.errors import ConfigError
from accelsim.explore import Progress, sweep
from accelsim.explore.execute import Outcome, run_task
from accelsim.explore.pool import process_pool
from accelsim.explore.store import read_study

SHORT = """\
workload: short
extends: cue_accumulation
task: {kind: cue-accumulation, cues: 1, cue_duration: 20 ms, cue_spacing: 30 ms, delay: 10 ms, recall_duration: 20 ms}
network: {input: 40, recurrent: 32, output: 2}
epochs: 1
training_samples: 1
test_samples: 1
"""
LANES = "architecture.core.units.plasticity.lanes"


class Fake:
    """An executor that computes no simulation: cycles = 1000 / lanes + seed.

    Parameters
    ----------
    interrupt_after : int, optional
        Ctrl-C is pressed when that many points have been taken.
    late : bool
        Whether points with seed 0 finish after those with seed 1.
    """

    def __init__(self, interrupt_after=None, late=False, error=None):
        self.interrupt_after, self.late, self.error = interrupt_after, late, error
        self.taken = []

    def submit(self, function, task, /):
        if len(self.taken) == self.interrupt_after:
            raise KeyboardInterrupt
        assert function is run_task
        lanes = task.architecture.data["core"]["units"]["plasticity"]["lanes"]
        self.taken.append((lanes, task.seed))
        future = Future()
        if self.error is not None:
            future.set_exception(self.error)
            return future
        outcome = Outcome("ok", metrics={"cycles": 1000 // lanes + task.seed, "accuracy_test": None}, wall_s=0.5)
        if lanes == 32:
            outcome = Outcome("failed", "32 are too many")
        if self.late and task.seed == 0:
            threading.Timer(0.1, future.set_result, [outcome]).start()
        else:
            future.set_result(outcome)
        return future


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write `s.yaml` with these lines after its head, and the short workload; return its name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "short.yaml").write_text(SHORT)

    def write(text):
        (tmp_path / "s.yaml").write_text("sweep: s\narchitecture: reckon\nworkload: short.yaml\n" + dedent(text))
        return "s.yaml"

    return write


@pytest.fixture
def four(write):
    return write(f"axes:\n  {LANES}: [4, 8]\nseeds: 2\nobjectives: [{{metric: cycles, direction: min}}]\n")


def finished(folder):
    """Outcomes that are in the study of a sweep, by point."""
    return {point.id: outcome for point, status, outcome in read_study(folder).rows if status in ("done", "failed")}


def test_table_has_a_row_per_point_in_grid_order(four, tmp_path):
    done = sweep(four, tmp_path / "out", workers=1, executor=Fake(late=True))
    assert (tmp_path / "out/points.csv").read_text() == (
        f"id,{LANES},seed,status,message,cycles,accuracy_test\n"
        "0,4,0,ok,,250,\n1,4,1,ok,,251,\n2,8,0,ok,,125,\n3,8,1,ok,,126,\n"
    )
    assert list(done.frame()["cycles"]) == [250, 251, 125, 126]
    assert set(finished(tmp_path / "out")) == {0, 1, 2, 3}


def test_summary_tells_what_was_swept(four, tmp_path):
    sweep(four, tmp_path / "out", executor=Fake())
    summary = json.loads((tmp_path / "out/sweep.json").read_text())
    assert summary["axes"] == [{"name": LANES, "values": [4, 8], "settings": [{LANES: 4}, {LANES: 8}]}]
    assert (summary["seeds"], summary["points"], summary["engine"]) == ([0, 1], 4, "compiled")
    assert summary["objectives"] == [{"metric": "cycles", "direction": "min", "expression": "cycles"}]
    assert (summary["architecture"]["name"], summary["workload"]["file"]) == ("reckon", "short.yaml")
    assert summary["workload"]["resolved"]["network"]["recurrent"] == 32
    assert {len(summary[kind]["sha256"]) for kind in ("architecture", "workload")} == {64}


def test_failed_points_keep_their_messages(write, tmp_path):
    path = write(f"axes:\n  {LANES}: [4, 32, 0]\nseeds: 1\n")
    seen = []
    done = sweep(path, tmp_path / "out", executor=Fake(), workers=1, progress=seen.append)
    assert [(row["status"], row["message"]) for row in done.rows] == [
        ("ok", ""),
        ("failed", "32 are too many"),
        ("failed", "s.yaml:5:53  core.units.plasticity.lanes: 0 is not > 0"),
    ]
    table = pd.read_csv(tmp_path / "out/points.csv")
    assert list(table["message"].fillna("")) == [row["message"] for row in done.rows]
    assert seen[0] == Progress(1, 1, 3, None)
    assert [(report.done, report.failed, report.total) for report in seen] == [(1, 1, 3), (2, 1, 3), (3, 2, 3)]
    assert seen[-1].rate_per_s > 0


def test_an_interrupted_sweep_keeps_what_finished_and_goes_on(four, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        sweep(four, tmp_path / "out", workers=1, executor=Fake(interrupt_after=3))
    with pytest.raises(KeyboardInterrupt):
        sweep(four, tmp_path / "none", workers=1, executor=Fake(interrupt_after=0))
    assert (tmp_path / "none/points.csv").read_text() == f"id,{LANES},seed,status,message\n"
    kept = len(pd.read_csv(tmp_path / "out/points.csv"))
    assert kept == len(finished(tmp_path / "out")) >= 1  # three were taken, two may be in flight
    rest = Fake()
    seen = []
    done = sweep(four, tmp_path / "out", workers=1, executor=rest, resume=True, progress=seen.append)
    assert len(rest.taken) == 4 - kept
    assert (seen[0].done, seen[0].rate_per_s) == (kept, None)
    fresh = sweep(four, tmp_path / "fresh", executor=Fake())
    assert done.rows == fresh.rows
    assert (tmp_path / "out/points.csv").read_bytes() == (tmp_path / "fresh/points.csv").read_bytes()


def test_resume_runs_failed_and_new_points_only(write, tmp_path):
    sweep(write(f"axes:\n  {LANES}: [4, 32]\n"), tmp_path / "out", executor=Fake())
    again = Fake()
    done = sweep(write(f"axes:\n  {LANES}: [2, 4, 32]\n"), tmp_path / "out", executor=again, resume=True)
    assert again.taken == [(2, 0), (32, 0)]
    assert [(row["id"], row[LANES], row["status"]) for row in done.rows] == [
        (0, 2, "ok"), (1, 4, "ok"), (2, 32, "failed")
    ]  # fmt: skip


def test_earlier_results_are_not_overwritten(four, tmp_path):
    sweep(four, tmp_path / "out", executor=Fake())
    with pytest.raises(ConfigError, match=r"holds earlier results.*`--resume`.*`--out`"):
        sweep(four, tmp_path / "out", executor=Fake())


def test_sweep_without_a_valid_point_is_an_error_before_anything_runs(write, tmp_path):
    fake = Fake()
    with pytest.raises(ConfigError) as caught:
        sweep(write(f"axes:\n  {LANES}: [0]\nseeds: 3\n"), tmp_path / "out", executor=fake)
    assert str(caught.value) == "s.yaml:5:46  core.units.plasticity.lanes: 0 is not > 0"
    assert fake.taken == []
    assert not (tmp_path / "out").exists()


def test_sweep_whose_points_all_fail_is_an_error(write, tmp_path):
    with pytest.raises(ConfigError) as caught:
        sweep(write(f"axes:\n  {LANES}: [32]\n"), tmp_path / "out", executor=Fake())
    assert str(caught.value) == "s.yaml  no point could be run; the first: 32 are too many"
    assert len(pd.read_csv(tmp_path / "out/points.csv")) == 1


def test_unknown_objective_is_told_after_the_first_point(write, tmp_path):
    fake = Fake()
    path = write(f"axes:\n  {LANES}: [4, 8, 16, 2]\nobjectives: [{{metric: cycle, direction: min}}]\n")
    with pytest.raises(ConfigError) as caught:
        sweep(path, tmp_path / "out", workers=1, executor=fake)
    assert str(caught.value) == (
        "s.yaml:6:15  objectives.0.metric: `cycle` is no metric of a run (did you mean `cycles`?)"
    )
    assert len(fake.taken) < 4


def test_errors_of_the_executor(four, tmp_path):
    with pytest.raises(ConfigError, match="no point could be run; the first: OSError: machine lost"):
        sweep(four, tmp_path / "lost", executor=Fake(error=OSError("machine lost")))
    with pytest.raises(ConfigError, match="a worker process died"):
        sweep(four, tmp_path / "broken", executor=Fake(error=BrokenProcessPool()))


def test_bad_arguments(four, tmp_path):
    with pytest.raises(ConfigError, match="--workers: 0 is not > 0"):
        sweep(four, tmp_path / "out", workers=0)
    with pytest.raises(ConfigError, match=r"rule.py  cannot read the plug-in: No such file"):
        sweep(four, tmp_path / "out", plugins=["rule.py"], executor=Fake())


def test_workers_are_single_threaded_and_leave_ctrl_c_to_the_parent():
    with process_pool(1) as pool:
        assert pool.submit(os.getenv, "NUMBA_NUM_THREADS").result() == "1"
        assert pool.submit(signal.getsignal, signal.SIGINT).result() is signal.SIG_IGN


def test_an_interrupted_pool_stops_in_the_middle_of_its_work():
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012, SIM117
        with process_pool(1) as pool:
            pool.submit(os.getpid).result()
            pool.submit(time.sleep, 60)
            raise KeyboardInterrupt
    assert time.monotonic() - started < 30


def test_a_run_in_this_process_and_an_error_in_it(four, tmp_path, monkeypatch):
    def run_stages(architecture, workload, cache, *, engine, seed, plugins):
        if seed:
            raise ZeroDivisionError("no\nspikes")
        lanes = architecture.data["core"]["units"]["plasticity"]["lanes"]
        metrics = {"cycles": 1000 // lanes, "ratio": math.inf if lanes == 8 else 0.1}
        return SimpleNamespace(metrics=metrics, reused="", breakdown={})

    monkeypatch.setattr("accelsim.explore.stages.run_stages", run_stages)
    done = sweep(four, tmp_path / "out", workers=1)
    assert done.rows[0] == {"id": 0, LANES: 4, "seed": 0, "status": "ok", "message": "", "cycles": 250, "ratio": 0.1}
    assert [row["message"] for row in done.rows[1:]] == [
        "ZeroDivisionError: no; spikes",
        "ArithmeticError: not finite: ratio",
        "ZeroDivisionError: no; spikes",
    ]
    assert "in run_stages" in finished(tmp_path / "out")[1].traceback


PLUGIN = """\
from accelsim.plasticity import Float, PlasticityRule, register, stage

@register("explored-rule")
class Rule(PlasticityRule):
    '''Moves a weight by its trace.'''

    synapse_state = {"w": Float(32), "trace": Float(32)}

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose(trace, learning_signal):
        return learning_signal * trace
"""


@pytest.mark.slow
def test_real_runs_give_the_same_table_from_one_and_from_two_workers(write, tmp_path):
    path = write(f"axes:\n  {LANES}: [8, 16]\n  workload.network.recurrent: [32, 300]\n")
    (tmp_path / "rule.py").write_text(PLUGIN)
    one = sweep(path, tmp_path / "one", workers=1)
    two = sweep(path, tmp_path / "two", workers=2, plugins=["rule.py"])
    assert [row["status"] for row in one.rows] == ["ok", "failed", "ok", "failed"]
    assert one.rows[0]["cycles"] > one.rows[2]["cycles"] > 0
    assert "more than the" in one.rows[1]["message"]
    assert one.rows == two.rows
    assert (tmp_path / "one/points.csv").read_bytes() == (tmp_path / "two/points.csv").read_bytes()


SCRIPT = """\
import signal
from accelsim.explore import sweep

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    sweep("s.yaml", "out", workers=2)
"""


@pytest.mark.slow
def test_ctrl_c_stops_the_workers_and_keeps_what_finished(write, tmp_path):
    write(f"axes:\n  {LANES}: [8, 16]\nseeds: 160\n")
    (tmp_path / "script.py").write_text(SCRIPT)
    process = subprocess.Popen([sys.executable, "script.py"], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 300
    while not (tmp_path / "out/study.sqlite").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    while not finished(tmp_path / "out") and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=300)
    assert errors.count("Traceback") == 1  # the script's own, none of a worker
    assert errors.rstrip().endswith("KeyboardInterrupt")
    table = pd.read_csv(tmp_path / "out/points.csv")
    assert len(table) - len(finished(tmp_path / "out")) in (0, 1)  # 1 if stopped before its line was written
    assert 1 <= len(table) < 320
