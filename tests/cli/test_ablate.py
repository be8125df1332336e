"""The commands of lifelong learning: `ablate`, and the log of a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Command

STREAM = """
workload: stream
extends: lifelong_digits.yaml
task: {length: 4}
tasks: {groups: [[0, 1], [2, 3]], training_samples: 6, test_samples: 3}
network: {recurrent: 16}
capabilities: {structure: null, consolidation: null}
learning: {consolidation: null, consolidation_parameters: null}
"""


@pytest.fixture
def stream(tmp_path: Path) -> str:
    file = tmp_path / "stream.yaml"
    file.write_text(STREAM.lstrip())
    return str(file)


@pytest.mark.slow
def test_ablation_of_a_small_stream(command: Command, stream: str, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    answer = command("ablate", "single_core", stream, "--out", str(folder), "--workers", "1")
    assert answer.status == 0, answer.err
    for name in ("no learning", "learning alone", "+ replay", "+ checkpoint", "+ all of them"):
        assert f"| {name} |" in (folder / "ablation.md").read_text()
        assert name in answer.out
    assert (folder / "ablation.csv").read_text().count("\n") == 6
    again = command("ablate", "single_core", stream, "--out", str(folder))
    assert again.status == 2
    assert "would be overwritten" in again.err


def test_workloads_without_capabilities_are_refused(command: Command) -> None:
    answer = command("ablate", "reckon", "cue_accumulation")
    assert answer.status == 2
    assert "names no capability to be switched beside learning" in answer.err


def test_a_log_needs_tasks(command: Command, tmp_path: Path) -> None:
    answer = command("run", "reckon", "cue_accumulation", "--l2m-log", str(tmp_path / "log"))
    assert answer.status == 2
    assert "--l2m-log" in answer.err
    assert "the workload has no `tasks`" in answer.err


def test_run_writes_its_log(command: Command, stream: str, tmp_path: Path) -> None:
    answer = command("run", "single_core", stream, "--out", str(tmp_path / "run"), "--l2m-log", str(tmp_path / "log"))
    assert answer.status == 0, answer.err
    assert (tmp_path / "log" / "logger_info.json").is_file()
    assert (tmp_path / "log" / "worker-default" / "0-test" / "data-log.tsv").is_file()
