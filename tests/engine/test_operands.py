"""Operands of the datapath in whole runs: what controllers show of them, and what results make of it."""

import numpy as np
import pytest

from accelsim.config.loader import load_document
from accelsim.simulation.recost import read_result
from accelsim.simulation.run import simulate
from accelsim.simulation.setup import prepare
from accelsim.simulation.tick_run import TickRun
from accelsim.workload.stream import chunks


def documents(chip, workload, *overrides):
    training = 0 if chip == "tinyodin" else 2
    short = ["epochs=1", f"training_samples={training}", "test_samples=1", *overrides]
    return load_document(chip, "architecture"), load_document(workload, "workload", overrides=short)


CUES = (
    "task.cues=1",
    "task.delay=20 ms",
    "task.cue_duration=20 ms",
    "task.cue_spacing=30 ms",
    "task.recall_duration=20 ms",
)
RUNS = {
    "reckon": ("cue_accumulation", CUES, {"leak", "sweep", "feed_back", "post_state", "update_input"}),
    "sdsp_ticks": ("sdsp_cues", (), {"soma", "integrate", "spike_input", "postsynaptic", "periodic_input"}),
    "single_core": ("cue_accumulation", CUES, {"soma", "integrate", "step_input", "update_input", "feed_back"}),
    "odin": ("odin_digits", (), {"update", "spike_update"}),
    "tinyodin": ("tinyodin_digits", ("settings.tinyodin.epochs=1",), {"update"}),
}


CHIPS = [pytest.param(chip, marks=pytest.mark.slow) if chip == "sdsp_ticks" else chip for chip in RUNS]


@pytest.mark.parametrize("chip", CHIPS)
def test_every_chip_measures_its_stages(chip, tmp_path):
    workload, overrides, stages = RUNS[chip]
    given = documents(chip, workload, *overrides)
    result = simulate(*given)
    measured = result.accounts.switching
    assert stages <= set(measured)
    for name, each in measured.items():
        assert 0 <= each.inputs <= 2
        assert all(0 <= activity <= 2 for activity in each.operations)
        assert len(each.operations) == len(result.accounts.stages[name].operations)
    rows = {row["stage"]: row for row in result.tables["activity"]}
    assert all(rows[name]["evaluations"] == each.evaluations for name, each in measured.items())
    assert all(rows[name]["activity_inputs"] is None for name in set(rows) - set(measured))
    result.save(tmp_path / "run")
    again = read_result(tmp_path / "run")
    assert again.accounts.switching == measured
    assert again.metrics["energy_total_pj"] == pytest.approx(result.metrics["energy_total_pj"])
    assert "switching activity of the operands, measured on" in result.explain("energy")


def test_both_engines_and_repeated_runs_measure_the_same():
    given = documents("single_core", "cue_accumulation", *CUES)
    first, again, other = (simulate(*given, engine=engine) for engine in ("compiled", "compiled", "simpy"))
    assert first.accounts.switching == again.accounts.switching == other.accounts.switching
    assert first.accounts.switching != simulate(*given, seed=1).accounts.switching


def test_listening_leaves_the_run_as_it_is():
    setup = prepare(*documents("single_core", "cue_accumulation", *CUES), seed=0)
    heard, plain = (
        TickRun(prepare(*documents("single_core", "cue_accumulation", *CUES), seed=0), "compiled") for _ in "ab"
    )
    chunk = next(iter(chunks(setup.workload, 0, setup.recording)))
    listened = heard.run(chunk, range(0), 0, heard=1)
    undisturbed = plain.run(chunk, range(0), 0)
    assert listened.operands
    np.testing.assert_array_equal(listened.counted, undisturbed.counted)
    for name, weights in heard.controller.weights().items():
        np.testing.assert_array_equal(weights, plain.controller.weights()[name])
