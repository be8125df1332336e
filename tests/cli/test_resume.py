"""Runs that are interrupted and go on later give what one gives that is not."""

from __future__ import annotations

import json
import pickle
import signal
from pathlib import Path
from typing import Any

import pytest

from accelsim.config.loader import load_document
from accelsim.simulation.resume import FILE, Interrupted, Keeper
from accelsim.simulation.run import run
from accelsim.simulation.setup import prepare

WORKLOAD: dict[str, Any] = {
    "workload": "tiny",
    "task": {"kind": "cue-accumulation", "cues": 3, "cue_duration": "3 ms", "cue_spacing": "4 ms", "delay": "4 ms",
             "recall_duration": "3 ms", "cue_rate": "300 Hz", "recall_rate": "300 Hz", "noise_rate": "50 Hz"},
    "network": {"input": 40, "recurrent": 12, "output": 2},
    "epochs": 4,
    "training_samples": 6,
    "test_samples": 2,
    "learning": {"rule": "eprop", "parameters": {"rate": 0.05}, "consolidation": "synaptic-intelligence"},
    "settings": {"tick": {"neuron": {"decay": 0.9}, "readout_decay": 0.9, "input_weights": {"scale": 2.5}}},
    "capabilities": {
        "replay": {"capacity": 3, "every": 2, "samples": 2},
        "checkpoint": {"every": 5, "kind": "delta", "drift": {"window": 4, "drop": 0.5},
                       "power_cuts": {"count": 4, "until": 100000, "seed": 1}},
    },
}  # fmt: skip


@pytest.fixture
def workload(tmp_path: Path) -> str:
    path = tmp_path / "tiny.yaml"
    path.write_text(json.dumps(WORKLOAD))
    return str(path)


class Stopping(Keeper):
    """Stops before the chunk of a number."""

    def __init__(self, folder: Path, at: int, *, resume: bool = False) -> None:
        super().__init__(folder, resume=resume)
        self.at = at

    def watch(self, stream: Any, state: Any) -> Any:
        def counted() -> Any:
            for number, chunk in enumerate(stream):
                if number == self.at:
                    self.stop()
                yield chunk

        return super().watch(counted(), state)


@pytest.mark.parametrize("architecture", ["single_core", "learning_mesh"])
def test_interrupted_twice(tmp_path: Path, workload: str, architecture: str) -> None:
    def setup() -> Any:
        return prepare(load_document(architecture, "architecture"), load_document(workload, "workload"), 0)

    whole = run(setup())
    (tmp_path / "out").mkdir()
    for at, resume in ((3, False), (5, True)):
        with pytest.raises(Interrupted):
            run(setup(), keeper=Stopping(tmp_path / "out", at, resume=resume))
    keeper = Keeper(tmp_path / "out", resume=True)
    result = run(setup(), keeper=keeper)
    assert result.metrics == whole.metrics
    assert result.tables == whole.tables
    assert not keeper.path.exists()


def test_ctrl_c_and_resume(tmp_path: Path, workload: str, command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    out = str(tmp_path / "out")
    line = ("run", "single_core", workload, "--out", out)

    def interrupted(keeper: Keeper, stream: Any, state: Any) -> Any:
        for number, chunk in enumerate(watch(keeper, stream, state)):
            if number == 2:
                signal.raise_signal(signal.SIGINT)
            yield chunk

    watch = Keeper.watch
    with monkeypatch.context() as patch:
        patch.setattr(Keeper, "watch", interrupted)
        answer = command(*line)
    assert answer.status == 130
    assert f"--out {out} --resume" in answer.err
    assert [path.name for path in Path(out).iterdir()] == [FILE]
    refused = command(*line)
    assert refused.status == 2
    assert "holds an interrupted run" in refused.err
    other = command(*line, "--resume", "--seed", "1")
    assert other.status == 2
    assert "other inputs" in other.err
    assert command(*line, "--resume").status == 0
    resumed = json.loads((Path(out) / "result.json").read_text())
    assert command("run", "single_core", workload, "--out", str(tmp_path / "whole")).status == 0
    whole = json.loads((tmp_path / "whole" / "result.json").read_text())
    assert resumed["metrics"] == whole["metrics"]
    assert not (Path(out) / FILE).exists()
    nothing = command(*line, "--resume")
    assert nothing.status == 2
    assert "no interrupted run" in nothing.err


def test_files_of_others_are_refused(tmp_path: Path, workload: str, command: Any) -> None:
    out = tmp_path / "out"
    line = ("run", "single_core", workload, "--out", str(out), "--resume")
    out.mkdir()
    (out / FILE).write_bytes(b"{}\nnonsense")
    answer = command(*line)
    assert answer.status == 2
    assert "damaged" in answer.err

    setup = prepare(load_document("single_core", "architecture"), load_document(workload, "workload"), 0)
    keeper = Keeper(out)
    keeper.load(setup, "compiled", None)
    keeper._write(1, {"core": Path("/")})  # an object of another class, in a file that is whole
    answer = command(*line)
    assert answer.status == 2
    assert "nothing that runs are made of" in answer.err
    assert pickle.loads(keeper.path.read_bytes().partition(b"\n")[2])
