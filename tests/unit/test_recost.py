"""A finished run priced again, and its figures explained."""

import json
import math
import time
from pathlib import Path

import numpy as np
import pytest

from accelsim.cli import main
from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.cost.explain import leaves, well_founded
from accelsim.engine.counts import Counter
from accelsim.simulation.explained import explain_figure, figures_of, reported, stepped_figures
from accelsim.simulation.part import Pieces
from accelsim.simulation.recost import read_result
from accelsim.simulation.result import Result, assemble
from accelsim.simulation.setup import Setup, prepare
from accelsim.simulation.totals import SplitTotals
from accelsim.simulation.windows import WindowTotals
from accelsim.technology.estimate import Estimate

OWN = """
technology: own
extends: 28nm
constants:
  system_overhead: {value: 2, unit: "1", source: measured on our own chip, verified: measured}
"""


def prepared(*overrides: str) -> Setup:
    chip = load_document("reckon", "architecture", overrides=overrides)
    return prepare(chip, load_document("cue_accumulation", "workload"), seed=0)


def finished(setup: Setup) -> Result:
    """The result of a run with invented counts: what is tested is what they cost."""
    core = setup.architecture.core
    counters = [Counter("read", memory, "scan") for memory in core.memories]
    counters += [Counter("run", stage, "scan") for unit in core.units.values() for stage in unit.stages]
    counters += [Counter("run", core.sop[0].split(".")[-1], core.sop[0].split(".")[0]), Counter("cycles", "x", "idle")]
    splits = []
    for epoch, split in ((0, "train"), (0, "test")):
        totals = SplitTotals(epoch, split, tuple(counters), ())
        totals.samples, totals.ticks, totals.cycles = 5, 5000, 1_000_000 + epoch
        totals.counted += np.arange(1, len(counters) + 1) * 1000
        splits.append(totals)
    windows = WindowTotals(tuple(counters), core.phases)
    for totals in splits:
        windows.add(Pieces(totals.counted[None, :], np.array([totals.ticks]), np.array([totals.cycles])))
    cells = {"wrec": np.arange(10_000).reshape(100, 100) % 50}
    return assemble(
        *(setup, "compiled", splits, {}, None, {}), windows=windows.taken(), cell_writes=cells, wall_s=1.0, cpu_s=1.0
    )


@pytest.fixture(scope="module")
def result() -> Result:
    return finished(prepared())


@pytest.fixture(scope="module")
def folder(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "results"
    result.save(path)
    return path


def test_a_saved_run_is_priced_as_it_was(result: Result, folder: Path) -> None:
    again = read_result(folder)
    assert again.metrics == result.metrics
    for name in ("epochs", "energy", "area", "datapaths", "published"):
        assert again.tables[name] == json.loads(json.dumps(result.tables[name]))


@pytest.mark.parametrize(
    "settings",
    [
        ["voltage=0.7 V"],
        ["technology=22nm", "voltage=0.8 V", "temperature=340 K"],
        ["core.memories.neurons.kind=registers"],
        ["core.memories.neurons.kind=sot-mram"],
        ["core.memories.neurons.kind=rram", "core.memories.neurons.write_cycles=1"],
        ["core.units.soma.operators={add: 1}"],
        ["core.memories.neurons.measured.read_energy=3 pJ"],
    ],
)
def test_recosting_gives_what_a_run_of_the_changed_chip_gives(result: Result, settings: list[str]) -> None:
    ran, recosted = finished(prepared(*settings)), result.recost(settings)
    assert recosted.metrics == ran.metrics
    assert recosted.about["warnings"] == ran.about["warnings"]
    assert recosted.tables == ran.tables
    assert recosted.metrics["energy_total_pj"] != result.metrics["energy_total_pj"]
    hashes = [found.about["architecture"]["sha256"] for found in (recosted, ran, result)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_recosting_takes_milliseconds(result: Result) -> None:
    def seconds(voltage: float) -> float:
        started = time.perf_counter()
        result.recost([f"voltage={voltage} V"])
        return time.perf_counter() - started

    assert min(seconds(0.6 + 0.01 * i) for i in range(5)) < 0.2


@pytest.mark.parametrize("setting", ["clock=5 MHz", "core.units.soma.lanes=4", "core.learn_every=2"])
def test_what_changes_the_run_is_refused(result: Result, setting: str) -> None:
    with pytest.raises(ConfigError, match="changes what the chip does or when: run it again"):
        result.recost([setting])


def test_a_memory_that_takes_more_cycles_is_refused(result: Result) -> None:
    """100 ns of a write are 2 cycles at 13 MHz."""
    with pytest.raises(ConfigError) as error:
        result.recost(["core.memories.neurons.kind=rram"])
    (problem,) = error.value.problems
    assert problem.path == "core.memories.neurons.write_cycles"
    assert problem.message == "takes 2 memory clock cycles instead of 1: run it again"
    with pytest.raises(ConfigError, match=r"kind=rrm.*unknown memory technology `rrm`"):
        result.recost(["core.memories.neurons.kind=rrm"])


def test_a_memory_technology_file_is_kept_in_the_results(result: Result, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(
        "memory_technology: own\nextends: sot-mram\n"
        "write_energy: {low: 7, nominal: 7, high: 7, unit: pJ/bit, source: own test chip, verified: measured}\n"
    )
    recosted = result.recost([f"core.memories.neurons.kind={file}"])
    recosted.save(tmp_path / "run")
    file.unlink()
    assert "own test chip" in read_result(tmp_path / "run").explain("energy_of.neurons.write")


@pytest.mark.parametrize("setting", ["technology=28nmm", "voltage=0.1 V", "volts=1 V"])
def test_mistakes_are_told_at_their_setting(result: Result, setting: str) -> None:
    with pytest.raises(ConfigError, match=f"^--set {setting}"):
        result.recost([setting])


def test_a_technology_file_is_kept_in_the_results(result: Result, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(OWN)
    recosted = result.recost([f"technology={file}"])
    recosted.save(tmp_path / "run")
    file.unlink()
    assert "measured on our own chip" in read_result(tmp_path / "run").explain("energy_dynamic_pj")
    assert recosted.costs.overhead.low == recosted.costs.overhead.high == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: data.pop("accounts"), "`accounts` is missing"),
        (lambda data: data["accounts"].pop("splits"), "`splits` is missing"),
        (lambda data: data["accounts"].update(splits=[[1]]), "is damaged"),
        (lambda data: data.update(about=[]), "is damaged"),
    ],
)
def test_damaged_results_are_refused(folder: Path, tmp_path: Path, change, reason: str) -> None:
    data = json.loads((folder / "result.json").read_text())
    change(data)
    (tmp_path / "result.json").write_text(json.dumps(data))
    with pytest.raises(ConfigError, match=reason):
        read_result(tmp_path)


def test_every_reported_figure_ends_at_sources(result: Result) -> None:
    known = reported(result)
    for name, value in result.metrics.items():
        assert value is None or name.removesuffix("_low").removesuffix("_high") in known
    for name, estimate in known.items():
        assert well_founded(estimate), name
        assert estimate.sources or estimate.high == 0, name
        lines = explain_figure(name, known)
        assert lines[0].startswith(f"{name} = ")
        cited = [line for line in lines if line.startswith("[")]
        assert len(cited) >= len(estimate.sources)
    assert sum(1 for _ in leaves(known["energy"])) > 100


def check(estimate: Estimate) -> None:
    """Sums and products must be those of what they are said to be computed from."""
    operands = [operand.nominal for operand in estimate.operands]
    if estimate.operator == "sum":
        assert math.fsum(operands) == pytest.approx(estimate.nominal, rel=1e-9, abs=1e-40)
    if estimate.operator == "product":
        assert math.prod(operands) == pytest.approx(estimate.nominal, rel=1e-9, abs=1e-40)
    for operand in estimate.operands:
        check(operand)


def test_derivations_recompute_the_figures(result: Result) -> None:
    for estimate in reported(result).values():
        check(estimate)


def test_explanations_go_through_pipeline_registers() -> None:
    fast = finished(prepared("clock=300 MHz"))
    known = reported(fast)
    name = "plasticity.update_input"
    (row,) = (row for row in fast.tables["datapaths"] if row["component"] == name)
    assert row["register_bits"] > 0
    assert row["pipeline_stages"] == 2
    for figure in (f"energy_of.{name}.update", f"area.{name}", f"leakage.{name}"):
        check(known[figure])
        assert well_founded(known[figure])
        assert f"{row['register_bits']} b of pipeline registers" in "\n".join(explain_figure(figure, known))


def test_explanations_name_counts_constants_and_sources(folder: Path) -> None:
    text = "\n".join(explain_figure("energy.wrec.read", figures_of(folder)))
    assert "read actions of wrec in the run" in text
    assert "table(28 nm, 64 KiB x 128 b" in text
    assert "[1] measured: CACTI 7 runs" in text
    with pytest.raises(ConfigError, match=r"no such figure \(did you mean `energy.wrec.read`\?\)"):
        explain_figure("energy.wrec.raed", figures_of(folder))


def test_chips_that_state_their_energies_are_explained_from_them() -> None:
    row = {"component": "soma", "action": "update", "count": 4, "provenance": "energy | A paper [verified]"}
    row |= {"energy_pj": 8.0, "energy_pj_low": 8.0, "energy_pj_high": 8.0}
    inputs = {"workload": {"name": "w"}, "architecture": {"name": "a"}, "seed": 0, "engine": "e", "accelsim": "1"}
    data = {"tables": {"energy": [row]}, "metrics": {"steps": 2, "sop": 0, "neurons": 7}, "about": inputs}
    known = stepped_figures(data)
    lines = explain_figure("energy_total_pj", known)
    assert lines[0] == "energy_total_pj = 8 pJ  dynamic and leakage energy: the sum of"
    assert lines[-1] == "[1] verified: A paper"
    assert known["energy_step_nj"].nominal == pytest.approx(4e-12)
    assert well_founded(known["neurons"])


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Status, output and errors of a command."""
    with pytest.raises(SystemExit) as stopped:
        main(list(words))
    out, err = capsys.readouterr()
    return int(str(stopped.value.code)), out, err


def test_commands(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, _ = told(capsys, "explain", str(folder))
    assert status == 0
    assert {"energy", "area", "energy_total_pj", "energy.wrec.read", "cycles"} <= set(out.split())
    (tmp_path / "own.yaml").write_text("technology: own\nextends: 22nm\n")
    settings = ("--set", "technology=own.yaml", "--set", "voltage=0.8 V")
    status, out, err = told(capsys, "recost", str(folder), *settings, "--out", "again")
    assert (status, err) == (0, "")
    assert "energy_total_pj" in out
    assert "table(22 nm" in told(capsys, "explain", "again", "energy.wrec.read")[1]
    assert told(capsys, "report", "again")[0] == 0
    assert told(capsys, "recost", str(folder), "--set", "clock=1 MHz") == (
        2,
        "",
        "--set clock=1 MHz  clock: changes what the chip does or when: run it again\n",
    )
