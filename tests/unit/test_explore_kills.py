"""Sweeps that are killed, and sweeps on clusters: the table is that of a sweep left alone."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from accelsim.explore import sweep

SWEEP = """\
sweep: s
architecture: reckon
workload: short.yaml
axes:
  architecture.core.units.plasticity.lanes: [4, 8, 16]
  architecture.core.memories.winp.ports: [1RW, 2RW]
  architecture.voltage: [0.6 V, 0.7 V, 0.8 V, 9 V]
seeds: 2
"""
SHORT = """\
workload: short
extends: cue_accumulation
task: {kind: cue-accumulation, cues: 1, cue_duration: 20 ms, cue_spacing: 30 ms, delay: 10 ms, recall_duration: 20 ms}
network: {input: 40, recurrent: 32, output: 2}
epochs: 1
training_samples: 3
test_samples: 1
"""
SCRIPT = """\
from accelsim.explore import sweep

if __name__ == "__main__":
    sweep("s.yaml", "out", workers=2, resume=True, cache="cache")
"""
KILLS = 20

pytestmark = pytest.mark.slow


def write(folder):
    for name, text in (("s.yaml", SWEEP), ("short.yaml", SHORT), ("script.py", SCRIPT)):
        (folder / name).write_text(text)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A sweep left alone."""
    folder = tmp_path_factory.mktemp("alone")
    write(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # messages name the file as it was given
        return sweep("s.yaml", folder / "out", workers=1, cache=folder / "cache")


def children(pid):
    """Worker processes of a process."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(child) for child in found if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
    except OSError:
        return []


def test_killed_at_random_moments(folder, undisturbed):
    source = random.Random(0)
    for number in range(KILLS):
        process = subprocess.Popen([sys.executable, "script.py"], stderr=subprocess.PIPE)
        until = time.monotonic() + source.uniform(1, 12)
        while time.monotonic() < until and process.poll() is None:
            time.sleep(0.02)
        if number % 2 and (workers := children(process.pid)):
            os.kill(source.choice(workers), signal.SIGKILL)
            time.sleep(source.uniform(0, 2))
        process.kill()
        process.communicate()
    done = sweep("s.yaml", folder / "out", workers=2, resume=True, cache=folder / "cache")
    assert done.rows == undisturbed.rows
    assert (folder / "out/points.csv").read_bytes() == (undisturbed.folder / "points.csv").read_bytes()
    assert {row["status"] for row in done.rows} == {"ok", "failed"}
    assert done.notes == ()


def test_one_and_two_workers_with_a_cold_and_a_hot_cache(folder, undisturbed):
    for name in ("cold", "hot"):
        two = sweep("s.yaml", folder / name, workers=2, cache=folder / "cache")
        assert two.rows == undisturbed.rows
        assert (folder / name / "points.csv").read_bytes() == (undisturbed.folder / "points.csv").read_bytes()


def test_a_dask_cluster(folder, undisturbed):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster:
        remote = sweep("s.yaml", folder / "dask", scheduler=cluster.scheduler_address, cache=folder / "cache")
    assert remote.rows == undisturbed.rows


def test_jobs_of_a_batch_system(folder):
    pytest.importorskip("submitit")
    from accelsim.explore.cluster import slurm_cluster

    few = SWEEP.replace("[4, 8, 16]", "[8]").replace("[1RW, 2RW]", "[1RW]").replace("seeds: 2", "seeds: 1")
    (folder / "s.yaml").write_text(few)
    alone = sweep("s.yaml", folder / "alone", workers=1, cache=folder / "cache")
    with slurm_cluster(folder / "jobs", 2, "local") as remote:
        done = sweep("s.yaml", folder / "out", executor=remote.executor, workers=1, cache=folder / "cache")
    assert len(alone.rows) == 4
    assert done.rows == alone.rows
