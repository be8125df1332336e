"""Cells that do not hold exactly what is written to them, by themselves and behind every controller that learns."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from accelsim.architecture.devices import Devices
from accelsim.architecture.schema import Architecture
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.datapath.words import Float, Word
from accelsim.devices.cells import CellModel, bend, cell_model
from accelsim.devices.draw import allocate_cells
from accelsim.devices.kernels import add_read_noise, age_items, age_rows, program, program_row, pulsed
from accelsim.devices.state import FAILED, HELD, PROGRAMMED, PULSES, SINCE, STUCK, WRITTEN, Cells, Sums
from accelsim.simulation import setup as setups
from accelsim.simulation.run import run, simulate
from accelsim.simulation.setup import prepare
from accelsim.technology.memory_technology import load_memory_technology, names

PERFECT = CellModel(
    technology="ideal", binary=False, step=1e-9, bend_up=0.0, bend_down=0.0, cycle_sigma=0.0, device_sigma=0.0,
    drift_exponent=0.0, drift_spread=0.0, read_noise=0.0, stuck_fraction=0.0, write_error=0.0, floor=0.0,
    endurance=1e6, endurance_spread=0.0, retention_s=math.inf, verify=False, stochastic=True, wear=0.0, range=None,
)  # fmt: skip
BITS = replace(PERFECT, binary=True, step=1.0)
SHORT_CUES = (
    "network={input: 16, recurrent: 16, output: 2}", "epochs=1", "training_samples=4", "test_samples=2",
    "task.cue_duration=20 ms", "task.cue_spacing=30 ms", "task.delay=20 ms", "task.group_size=4",
)  # fmt: skip
SHORT = {
    "reckon": ("cue_accumulation", SHORT_CUES),
    "single_core": ("cue_accumulation", SHORT_CUES),
    "odin": ("odin_digits", ("epochs=1", "training_samples=12", "test_samples=4")),
}
CHIPS = [pytest.param(chip, marks=[] if chip == "odin" else pytest.mark.slow) for chip in SHORT]
MEMORIES = {"reckon": ("winp", "wrec", "wout"), "single_core": ("winp", "wrec", "wout"), "odin": ("synapses",)}


def documents(chip: str, *overrides: str) -> tuple[Document, Document]:
    name, short = SHORT[chip]
    return (
        load_document(chip, "architecture").with_overrides(overrides),
        load_document(name, "workload").with_overrides(short),
    )


def cells_of(model: CellModel, weights: np.ndarray, form: Word | Float = Word(8), **options: object) -> Cells:
    return allocate_cells(model, weights, form, np.random.default_rng(1), tick_s=1.0, **options)  # type: ignore[arg-type]


def outcome(chip: str, *overrides: str) -> tuple[dict[str, np.ndarray], dict, list]:
    """Weights, counters and the table of epochs of a short run."""
    ready = prepare(*documents(chip, *overrides), 0)
    result = run(ready)
    names = ("accuracy", "samples", "answered", "cycles")
    rows = [{name: row[name] for name in names} for row in result.tables["epochs"]]
    return {k: w.copy() for k, w in ready.controller.weights().items()}, dict(result.counters), rows


def check_same(first: tuple, second: tuple) -> None:
    assert first[0].keys() == second[0].keys()
    for name, weights in first[0].items():
        np.testing.assert_array_equal(weights, second[0][name])
    assert first[1:] == second[1:]


@pytest.mark.parametrize("chip", CHIPS)
def test_a_strength_of_zero_leaves_everything_as_it_is(chip: str) -> None:
    built = [f"core.memories.{name}.kind=rram" for name in MEMORIES[chip]]
    devices = ("core.devices.technology=rram", "core.devices.strength=0")
    check_same(outcome(chip, *built), outcome(chip, *built, *devices))


@pytest.mark.slow
@pytest.mark.parametrize("chip", SHORT)
def test_binary_cells_that_never_fail_hold_what_every_controller_writes(
    chip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ideal = outcome(chip)
    monkeypatch.setattr(setups, "cell_models", lambda *_: dict.fromkeys(MEMORIES[chip], BITS))
    check_same(ideal, outcome(chip))


@pytest.mark.parametrize("chip", CHIPS)
def test_runs_on_cells_repeat_and_both_engines_agree(chip: str) -> None:
    settings = ("core.devices.technology=rram", "core.devices.stuck_fraction=0.01")
    first, second = (simulate(*documents(chip, *settings)) for _ in range(2))
    assert first.metrics == second.metrics
    assert first.about["engines_agree"]
    assert first.metrics["cells_stuck"] > 0
    assert first.metrics["programming_error_pct"] > 0
    assert {row["memory"] for row in first.tables["devices"]} == set(MEMORIES[chip])


@pytest.mark.parametrize("chip", CHIPS)
def test_worn_cells_stick_and_learning_goes_on(chip: str) -> None:
    settings = ("core.devices.technology=rram", "core.devices.wear=1000", "core.devices.endurance=2000")
    ready = prepare(*documents(chip, *settings), 0)
    result = run(ready)
    assert result.metrics["cells_failed"] > 0
    assert len(result.tables["epochs"]) == 2
    assert sum(int(cells.law[FAILED]) for cells in ready.controller.cells().values()) == result.metrics["cells_failed"]


@pytest.mark.parametrize("label", [0.04, 2.4, -4.88, -0.63])
@pytest.mark.parametrize("pulses", [1, 7, -12])
def test_one_step_is_that_of_the_curve(label: float, pulses: int) -> None:
    levels, at = 64, 40
    a = levels / bend(label)
    conductance = [(1 - math.exp(-p / a)) / (1 - math.exp(-levels / a)) for p in (at, at + pulses)]
    assert pulsed(conductance[0], pulses / levels, bend(label)) == pytest.approx(conductance[1], abs=1e-12)


@pytest.mark.parametrize(("label", "a"), [(0.01, 126.268958), (0.1, 12.625807), (0.6, 2.097877), (9.0, 0.022810)])
def test_labels_stand_for_the_bends_of_the_published_table(label: float, a: float) -> None:
    assert 1 / bend(label) == pytest.approx(a, rel=2e-4)
    assert bend(-label) == -bend(label)


def written(model: CellModel, change: float, cells: int = 4000) -> tuple[np.ndarray, Cells]:
    """Float weights between -1 and 1 after 0 became `change`."""
    weights = np.zeros((1, cells))
    state = cells_of(model, weights, Float(32), limit=1.0)
    before = weights[0].copy()
    weights[:] = change
    program_row(state, 0, weights, before)
    return weights[0], state


def test_pulses_reach_the_change_on_the_average() -> None:
    held, cells = written(replace(PERFECT, step=1 / 10), 0.05)  # a quarter of a pulse
    assert set(np.round(held, 6)) == {0.0, 0.2}
    assert held.mean() == pytest.approx(0.05, abs=0.01)
    assert cells.law[PULSES] == (held > 0.1).sum()
    nearest, _ = written(replace(PERFECT, step=1 / 10, stochastic=False), 0.05)
    assert not nearest.any()


def test_noise_grows_with_the_root_of_the_pulses() -> None:
    held, _ = written(replace(PERFECT, step=0.01, cycle_sigma=0.02), 0.18)  # nine pulses
    assert held.mean() == pytest.approx(0.18, abs=0.006)
    assert held.std() == pytest.approx(2 * 0.02 * 3, rel=0.05)


def test_cells_differ_by_their_gain() -> None:
    held, _ = written(replace(PERFECT, step=0.01, device_sigma=0.1), 0.2)
    assert held.std() == pytest.approx(0.02, rel=0.06)


def test_verify_ends_within_the_noise_of_a_pulse() -> None:
    held, _ = written(replace(PERFECT, step=0.01, cycle_sigma=0.02, bend_up=2.0, verify=True), 0.2)
    assert abs(held - 0.2).max() <= 2 * 0.02 + 1e-9
    assert held.mean() == pytest.approx(0.2, abs=0.003)


@pytest.mark.parametrize("form", [Word(8), Word(5, signed=False)])
def test_bits_fail_to_switch_at_the_rate_of_errors(form: Word) -> None:
    rate, cells = 0.1, 8000
    weights = np.zeros((1, cells), form.dtype)
    state = cells_of(replace(BITS, write_error=rate), weights, form)
    weights[:] = form.high  # all but the sign bit switch
    program_row(state, 0, weights, np.zeros(cells, form.dtype))
    width = form.bits - form.signed
    wrong = width - np.array([int(word).bit_count() for word in weights[0]])
    assert wrong.sum() / (cells * width) == pytest.approx(rate, rel=0.05)
    assert state.law[PROGRAMMED] == cells


def test_floats_in_binary_cells_stay_numbers() -> None:
    weights = np.linspace(-1, 1, 3000, dtype=np.float32)[None, :].copy()
    state = cells_of(replace(BITS, write_error=0.3), weights, Float(32), limit=1.0)
    before = weights[0].copy()
    weights[:] = -weights
    program_row(state, 0, weights, before)
    assert np.isfinite(weights).all()
    assert np.abs(weights).max() <= 1
    assert (weights[0] == before).mean() == pytest.approx(0.3, abs=0.03)  # only the sign had to switch


def test_conductance_drifts_by_its_power_law() -> None:
    weights = np.array([[0.8, -0.4, 0.0]])
    cells = cells_of(replace(PERFECT, drift_exponent=0.1), weights, Float(64), limit=1.0)
    age_rows(cells, weights, 1000)
    np.testing.assert_allclose(weights, np.array([[0.8, -0.4, 0.0]]) * 1000**-0.1)
    assert (cells.analog[SINCE] == 0).all()
    weights[0, 0] = program(cells, 0, 0, weights[0, 0], 0.6)  # written now: it starts anew
    assert cells.analog[SINCE, 0, 0] == 1000
    assert cells.analog[WRITTEN, 0, 0] == cells.analog[HELD, 0, 0]
    age_rows(cells, weights, 1000)
    assert weights[0, 0] == pytest.approx(0.6 * 1000**-0.1, abs=1e-6)
    assert weights[0, 1] == pytest.approx(-0.4 * 2000**-0.1)


def test_cells_forget_in_their_retention_time() -> None:
    weights = np.full((1, 2000), 12, np.int8)
    analog, binary = weights.copy(), weights.copy()
    age_rows(cells_of(replace(PERFECT, retention_s=100), analog), analog, 100)
    assert set(analog[0]) == {4}  # 12 / e
    age_rows(cells_of(replace(BITS, retention_s=100), binary), binary, 100)
    kept = np.array([int(word).bit_count() for word in binary[0]]).mean() / 2
    assert kept == pytest.approx(math.exp(-1), abs=0.03)
    words = np.full(250, 0xCCCCCCCC, np.uint64)  # eight synapses with the mapping bit and a weight of 4
    age_items(
        cells_of(replace(BITS, retention_s=1e-3), np.full((1, 2000), 4), Word(3, signed=False)), words, 250, 4, 8, 1
    )
    assert set(words) == {np.uint64(0x88888888)}


def test_stuck_cells_never_change() -> None:
    generator = np.random.default_rng(0)
    weights = np.zeros((20, 50), np.int8)
    cells = cells_of(replace(PERFECT, stuck_fraction=0.2, drift_exponent=0.1, cycle_sigma=0.1, step=0.1), weights)
    stuck = cells.frozen != 0
    assert stuck.sum() == cells.law[STUCK] == pytest.approx(200, abs=50)
    held = weights[stuck].copy()
    assert {-128, 127} < set(held)
    for row in range(20):
        before = weights[row].copy()
        weights[row] = generator.integers(-128, 128, 50)
        program_row(cells, row, weights, before)
    age_rows(cells, weights, 1000)
    np.testing.assert_array_equal(weights[stuck], held)
    assert (weights[~stuck] != 0).mean() > 0.8


def test_a_cell_fails_after_its_life() -> None:
    weights = np.zeros((1, 1), np.int8)
    cells = cells_of(replace(PERFECT, wear=10.0, endurance=30.0), weights)
    for asked in (10, 20, 30, 40, 50):
        weights[0, 0] = program(cells, 0, 0, weights[0, 0], asked)
    assert weights[0, 0] == 30
    assert cells.law[FAILED] == 1


def test_noise_of_reads_adds_up() -> None:
    weights = np.zeros((9, 4000), np.int8)
    cells = cells_of(replace(PERFECT, read_noise=0.1), weights, sums=Sums(4.0, -32768, 32767, whole=True))
    totals = np.full(4000, 100)
    add_read_noise(cells, totals, 9)
    assert totals.mean() == pytest.approx(100, abs=5)
    assert totals.std() == pytest.approx(0.1 * 0.5 * 255 * 4 * 3, rel=0.05)
    add_read_noise(cells, totals, 0)
    add_read_noise(cells, totals, 10**9)
    assert totals.min() == -32768
    assert totals.max() == 32767


def test_every_effect_vanishes_with_the_strength() -> None:
    for name in names():
        technology = load_memory_technology(name)
        assert cell_model(technology, Devices(strength=0.0)) is None
        model = cell_model(technology, Devices(strength=2.0))
        assert (model is None) == technology.volatile
        if model is not None:
            assert model.cycle_sigma == 2 * technology.device.cycle_sigma.nominal
    assert cell_model(load_memory_technology("rram"), Devices(cycle_sigma=0.5)).cycle_sigma == 0.5


def test_one_switch_makes_the_synaptic_memories_of_a_technology() -> None:
    document = load_document("single_core", "architecture")
    plain = validate(document, Architecture).core
    chosen = document.with_overrides(["core.devices.technology=pcm", "core.memories.wout.kind=fefet"])
    memories = validate(chosen, Architecture).core.memories
    changed = {name: memory.kind for name, memory in memories.items() if memory.kind != plain.memories[name].kind}
    assert changed == {"winp": "pcm", "wrec": "pcm", "wout": "fefet", "feedback": "pcm"}
    some = document.with_overrides(["core.devices={technology: pcm, memories: [winp]}"])
    assert [name for name, each in validate(some, Architecture).core.memories.items() if each.kind == "pcm"] == ["winp"]


def test_mistakes_are_told() -> None:
    with pytest.raises(ConfigError) as error:
        prepare(*documents("reckon", "core.devices.technology=rran"), 0)
    (problem,) = error.value.problems
    assert problem.path == "core.devices.technology"
    assert "did you mean `rram`" in problem.message
    with pytest.raises(ConfigError, match="no memory with a row per presynaptic neuron; there are: winp, wrec, wout"):
        prepare(*documents("reckon", "core.devices.memories=[neurons]"), 0)


def test_a_run_is_not_recosted_on_other_cells() -> None:
    result = simulate(*documents("reckon", "core.devices.technology=rram"))
    with pytest.raises(ConfigError, match="changes what its cells hold"):
        result.recost(["core.memories.winp.kind=stt-mram"])
