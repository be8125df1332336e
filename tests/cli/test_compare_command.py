"""The command `compare`: two runs, or two points of a study."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from conftest import Command

import accelsim

STUDY = """
sweep: energies
architecture: mesh
workload: recurrent_1k
axes:
  workload.steps: [2]
  soma:
    - {name: frugal, architecture.core.pipeline.soma.update.energy: 1 pJ}
    - {name: wasteful, architecture.core.pipeline.soma.update.energy: 200 pJ}
seeds: 2
"""
KEY = "architecture.core.pipeline.soma.update.energy"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs and a study of two designs with two seeds."""
    folder = tmp_path_factory.mktemp("compare")
    for name, settings in (("own", []), ("hungry", ["core.pipeline.soma.update.energy=99 pJ"])):
        chip = accelsim.load_architecture("mesh", overrides=settings)
        accelsim.simulate(chip, accelsim.load_workload("recurrent_1k", overrides=["steps=2"])).save(folder / name)
    (folder / "study.yaml").write_text(STUDY.lstrip())
    accelsim.sweep(folder / "study.yaml", folder / "study", workers=1)
    return folder


@pytest.fixture
def inside(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(place)
    return place


def test_two_runs(command: Command, inside: Path) -> None:
    answer = command("compare", "own", "hungry")
    assert (answer.status, answer.err) == (0, "")
    lines = answer.out.splitlines()
    assert lines[:2] == ["A: mesh on recurrent_1k (own)", "B: mesh on recurrent_1k (hungry)"]
    assert lines[3].startswith("B needs 16 % more energy per step than A: ")
    assert f"The only recorded difference of the inputs: `{KEY}` is 99 pJ in B, 21.6 pJ in A." in lines
    assert any("the only component that moved: `soma` +" in line for line in lines)


def test_as_json_and_as_a_document(command: Command, inside: Path) -> None:
    answer = command("compare", "own", "hungry", "--json", "--out", "both.md")
    assert (answer.status, answer.err) == (0, "")
    told = json.loads(answer.out)
    assert told["inputs"] == [{"key": KEY, "a": "21.6 pJ", "b": "99 pJ"}]
    (soma,) = told["energy_pj_by_component"]
    # 2 steps x 1024 neurons, each updated for 77.4 pJ more
    assert soma["b"]["value"] - soma["a"]["value"] == pytest.approx(2 * 1024 * 77.4)
    document = (inside / "both.md").read_text()
    assert all(sentence in document for sentence in told["sentences"])
    assert f"| {KEY} | 21.6 pJ | 99 pJ |" in document


def test_two_points_of_a_study(command: Command, inside: Path) -> None:
    told = json.loads(command("compare", "study#0", "study#2", "--json").out)
    assert told["a"]["title"] == "mesh on recurrent_1k, steps=2, soma=frugal"
    assert told["inputs"] == [{"key": KEY, "a": "1 pJ", "b": "200 pJ"}]
    assert told["energy_pj_by_component"] is None
    changed = {each["name"] for each in told["metrics"]}
    assert "energy_step_nj" in changed
    assert "latency_step_us" not in changed
    told = json.loads(command("compare", "study#0", "study#1", "--json").out)
    assert told["inputs"] == [{"key": "seed", "a": 0, "b": 1}]


def test_a_run_and_a_point(command: Command, inside: Path) -> None:
    told = json.loads(command("compare", "own", "study#0", "--json").out)
    assert told["inputs"] == [{"key": KEY, "a": "21.6 pJ", "b": "1 pJ"}]


@pytest.mark.parametrize(
    ("b", "message"),
    [
        ("nothing", "nothing  is no run directory; expected a folder with `result.json`"),
        ("nothing#1", "nothing  is no study; expected a folder with `study.sqlite`"),
        ("study", "study  is a study; name one of its points, as `study#0`"),
        ("study#4", "study#4  the study has no point 4; there are 0 to 3"),
        ("study#best", "study#best  expected STUDY#ID, the id of a point being a whole number"),
    ],
)
def test_what_is_not_there(command: Command, inside: Path, b: str, message: str) -> None:
    answer = command("compare", "own", b)
    assert (answer.status, answer.out, answer.err) == (2, "", f"{message}\n")


def test_damaged_results_and_those_of_other_versions(command: Command, inside: Path, tmp_path: Path) -> None:
    for change, message in (
        (lambda data: data["about"].update(accelsim="9.9.9"), "was written by accelsim 9.9.9; this is accelsim "),
        (lambda data: data["about"].pop("engine"), "is damaged: `engine` is missing"),
        (lambda data: data["tables"]["energy"][0].pop("energy_pj"), "is damaged: `energy_pj` is missing"),
        (lambda data: data["about"].update(architecture=3), "is damaged: "),
    ):
        data = json.loads(Path("own", "result.json").read_text())
        change(data)
        (tmp_path / "result.json").write_text(json.dumps(data))
        answer = command("compare", "own", str(tmp_path))
        assert answer.status == 2
        assert answer.err.count("\n") == 1
        assert f"{tmp_path / 'result.json'}  {message}" in answer.err
    (tmp_path / "result.json").write_text("{")
    assert "is damaged: " in command("compare", "own", str(tmp_path)).err


def test_points_without_a_result(command: Command, inside: Path, tmp_path: Path) -> None:
    copy = tmp_path / "study.sqlite"
    copy.write_bytes(Path("study", "study.sqlite").read_bytes())
    with sqlite3.connect(copy) as database:
        database.execute("UPDATE points SET status='failed', message='does not fit' WHERE id=1")
        database.execute("UPDATE points SET status='queued' WHERE id=2")
    assert "#1  point 1 failed: does not fit\n" in command("compare", "own", f"{tmp_path}#1").err
    assert "#2  point 2 is queued: it has no result yet\n" in command("compare", "own", f"{tmp_path}#2").err
    with sqlite3.connect(copy) as database:
        ((text,),) = database.execute("SELECT value FROM study WHERE name='summary'").fetchall()
        for key, value, message in (
            ("accelsim", "9.9.9", "was written by accelsim 9.9.9"),
            ("architecture", None, "is damaged: cannot tell what point 0 was run with"),
        ):
            changed = json.dumps({**json.loads(text), key: value})
            database.execute("UPDATE study SET value=? WHERE name='summary'", (changed,))
            database.commit()
            answer = command("compare", "own", f"{tmp_path}#0")
            assert answer.status == 2
            assert message in answer.err
