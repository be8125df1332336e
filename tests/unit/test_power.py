"""Power over time: windows that add up, gated clocks and supplies, operating points."""

from pathlib import Path

import numpy as np
import pytest

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.cost.account import WAKE_UP
from accelsim.cost.explain import explanation, well_founded
from accelsim.cost.power import paced
from accelsim.engine.counts import Counter
from accelsim.simulation.explained import reported
from accelsim.simulation.part import Pieces
from accelsim.simulation.power import PowerTrace
from accelsim.simulation.result import Result, assemble
from accelsim.simulation.setup import prepare
from accelsim.simulation.totals import SplitTotals
from accelsim.simulation.windows import WindowTotals

TICKS, TICK_S, BUSY = 1000, 1e-3, 3000
CHIP = """
architecture: gated
extends: reckon
power:
  domains:
    synapses: {components: [winp, wrec, wout], after: 10 us, wake_up_time: 1 us}
    logic: {components: [plasticity, random], wake_up_time: 2 us, wake_up_energy: 7 pJ, residual: 0.02}
  points:
    slow: {voltage: 0.5 V, clock: 6.5 MHz}
    fast: {voltage: 1.0 V, clock: 26 MHz}
    late: {voltage: 0.5 V, clock: 1 MHz}
    beyond: {voltage: 0.5 V, clock: 5 GHz}
"""


def chip(tmp_path: Path, *overrides: str) -> Document:
    path = tmp_path / "gated.yaml"
    path.write_text(CHIP)
    return load_document(str(path), "architecture", overrides=overrides)


def finished(document: Document, busy: list[int] | None = None, most: int = 256) -> Result:
    """A run of time steps with `busy` cycles each, in which every memory is read and written and every stage runs."""
    setup = prepare(document, load_document("cue_accumulation", "workload"), seed=0)
    core = setup.architecture.core
    phase = next(name for name, each in core.phases.items() if not each.overhead)
    counters = [Counter(kind, name, phase) for name in core.memories for kind in ("read", "write")]
    counters += [Counter("run", stage, phase) for unit in core.units.values() for stage in unit.stages]
    counters += [Counter("cycles", phase, phase)]
    work = np.full(TICKS, BUSY) if busy is None else np.array(busy)
    counted = np.arange(len(work) * len(counters)).reshape(len(work), -1) % 7
    counted[:, -1] = work
    windows = WindowTotals(tuple(counters), core.phases, most)
    for part in np.array_split(np.arange(len(work)), 7):
        windows.add(Pieces(counted[part], np.ones(len(part), np.int64), work[part]))
    totals = SplitTotals(0, "train", tuple(counters), ())
    totals.samples, totals.ticks, totals.cycles = 10, len(work), int(work.sum())
    totals.counted += counted.sum(axis=0)
    return assemble(
        *(setup, "compiled", [totals], {}, None, {}), windows=windows.taken(), cell_writes={}, wall_s=1.0, cpu_s=1.0
    )


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return finished(chip(tmp_path_factory.mktemp("chip")))


@pytest.fixture(scope="module")
def plain() -> Result:
    return finished(load_document("reckon", "architecture"))


def test_windows_keep_sums_and_are_few() -> None:
    rng = np.random.default_rng(0)
    counters = (Counter("read", "m", "a"), Counter("cycles", "out", "elsewhere"))
    totals = WindowTotals(counters, {}, most=8)
    counted = rng.integers(0, 9, (137, 2))
    cycles = counted[:, 1] + rng.integers(0, 50, 137)
    for part in (range(5), range(5, 6), range(6, 100), range(100, 137)):
        totals.add(Pieces(counted[part], np.full(len(part), 2), cycles[part]))
    windows = totals.taken()
    assert windows.number <= 8
    assert np.array_equal(windows.counted.sum(axis=0), counted.sum(axis=0))
    assert windows.cycles.sum() == cycles.sum()
    assert windows.ticks.tolist() == [64, 64, 64, 64, 18]
    assert windows.counted[1].tolist() == counted[32:64].sum(axis=0).tolist()
    assert windows.busy_most.max() == max(-(-(cycles - counted[:, 1]) // 2))
    again = type(windows).from_data(windows.as_data(), 2)
    assert np.array_equal(again.counted, windows.counted)
    assert np.array_equal(again.busy_most, windows.busy_most)


@pytest.mark.parametrize("gating", ["true", "false"])
@pytest.mark.parametrize("most", [4, 256])
def test_the_integral_of_power_is_the_energy(tmp_path: Path, gating: str, most: int) -> None:
    busy = np.random.default_rng(1).integers(0, 14_000, 300).tolist()  # some steps take longer than a tick
    run = finished(chip(tmp_path, f"power.clock_gating={gating}"), busy, most)
    trace = PowerTrace(run.accounts, run.costs)
    energies = trace.whole.component_energy_j()
    for name, windows in trace.energies_j.items():
        assert windows.sum() == pytest.approx(energies[name].nominal, rel=1e-9, abs=1e-30)
    rows = run.tables["power_trace"]
    names = [name for name in rows[0] if name not in ("start_s", "duration_s")]
    integral = sum(row[name] * row["duration_s"] for row in rows for name in names)
    elapsed = sum(row["duration_s"] for row in rows)
    assert elapsed == pytest.approx(300 * TICK_S)
    assert integral / elapsed == pytest.approx(run.power_real_time_uw, rel=1e-9)
    assert run.power_peak_uw >= run.power_real_time_uw


def test_components_add_up(result: Result) -> None:
    rows = result.tables["power"]
    assert sum(row["power_average_uw"] for row in rows) == pytest.approx(result.power_real_time_uw, rel=1e-9)
    for row in rows:
        assert row["power_peak_uw"] >= row["power_average_uw"] * (1 - 1e-9)


def test_a_gated_block_pays_its_residual_and_its_wake_up(result: Result, plain: Result) -> None:
    """By hand: a step of 1 ms is busy for 3000 cycles at 13 MHz; each domain is off for the rest but its delays."""
    idle = TICK_S - BUSY / 13e6
    point = result.costs.point
    before, after = (PowerTrace(run.accounts, run.costs).whole for run in (plain, result))
    for name, off, share, wake in (
        ("wrec", TICKS * (idle - 11e-6), 0.25, None),
        ("random", TICKS * (idle - 2e-6), 0.02, 7e-12),
    ):
        leaking = result.costs.components[name].leakage_w.nominal
        expected = leaking * (TICKS * TICK_S - off + share * off)
        assert after.leakage_j[name].nominal == pytest.approx(expected, rel=1e-9)
        assert before.leakage_j[name].nominal == pytest.approx(leaking * TICKS * TICK_S, rel=1e-9)
        if wake is None:  # C V^2 with 1 fF per square micrometre of the three memories
            area = sum(result.costs.components[part].area_m2.nominal for part in ("winp", "wrec", "wout"))
            wake = 1e-3 * area * point.voltage_v**2
        domain = "synapses" if name == "wrec" else "logic"
        (entry,) = (each for each in after.entries if each.action == WAKE_UP and each.component == f"domain.{domain}")
        assert entry.count == TICKS
        assert entry.energy_j.nominal == pytest.approx(TICKS * wake, rel=1e-9)
    rows = {row["domain"]: row for row in result.tables["power_domains"]}
    assert rows["logic"]["off_share"] == pytest.approx((idle - 2e-6) / TICK_S)
    saved = result.costs.components["random"].leakage_w.nominal * 0.98
    assert rows["logic"]["break_even_us"] < 7e-12 / saved * 1e6


def test_what_is_not_idle_long_enough_stays_on(tmp_path: Path) -> None:
    """200 us of work leave 800 us: too little for a domain that waits for a millisecond."""
    run = finished(chip(tmp_path, "power.domains.synapses.after=1 ms"))
    rows = {row["domain"]: row for row in run.tables["power_domains"]}
    assert (rows["synapses"]["off_share"], rows["synapses"]["wake_ups"]) == (0, 0)
    assert rows["logic"]["wake_ups"] == TICKS


def test_a_gated_clock_is_the_default(plain: Result, tmp_path: Path) -> None:
    always = finished(load_document("reckon", "architecture", overrides=["power.clock_gating=false"]))
    gated, running = (PowerTrace(run.accounts, run.costs).whole for run in (plain, always))
    clocks = [[each.count for each in whole.entries if each.action == "clock"] for whole in (gated, running)]
    assert clocks[0] == pytest.approx([TICKS * BUSY] * len(clocks[0]))
    assert clocks[1] == pytest.approx([TICKS * TICK_S * 13e6] * len(clocks[1]))
    assert running.energy_leakage_j == gated.energy_leakage_j


def test_work_that_does_not_fit_waits_for_the_next_windows() -> None:
    kept = paced(np.array([3.0, 0.5, 0.0, 0.2]), np.ones(4))
    assert kept is not None
    assert kept.tolist() == pytest.approx([1.0, 1.0, 1.0, 0.7])
    assert paced(np.array([0.0, 2.0]), np.ones(2)) is None


def test_a_chip_that_does_not_keep_pace_has_no_power_in_real_time(tmp_path: Path) -> None:
    run = finished(chip(tmp_path), [20_000] * 10)
    assert run.power_real_time_uw is None
    assert run.power_peak_uw is None
    assert run.tables["power_domains"] == []
    integral = sum(row["power_average_uw"] for row in run.tables["power"])
    assert integral == pytest.approx(run.power_average_uw, rel=1e-9)


def test_operating_points_follow_the_voltage_model(result: Result) -> None:
    """Between points energies scale with V^2, the highest clock with the delay law, and the silicon stays."""
    rows = {row["point"]: row for row in result.tables["operating_points"]}
    own, fast, slow = rows["own"], rows["fast"], rows["slow"]
    assert own["power_average_uw"] == pytest.approx(result.power_real_time_uw, rel=1e-9)
    assert own["energy_sample_uj"] == pytest.approx(own["power_average_uw"] * TICKS * TICK_S / 10)
    threshold = result.costs.point.technology.threshold_v.nominal
    slowdown = (0.5 / 1.0) * ((1.0 - threshold) / (0.5 - threshold)) ** 1.5
    assert fast["clock_limit_mhz"] == pytest.approx(own["clock_limit_mhz"] * slowdown, rel=1e-6)
    assert slow["clock_limit_mhz"] == pytest.approx(own["clock_limit_mhz"])
    assert fast["latency_sample_us"] == pytest.approx(own["latency_sample_us"] / 2)
    assert slow["latency_sample_us"] == pytest.approx(own["latency_sample_us"] * 2)
    assert [name for name, row in rows.items() if not row["clock_reachable"]] == ["beyond"]
    assert [name for name, row in rows.items() if not row["deadlines_met"]] == ["late"]


def test_dynamic_energy_of_a_point_is_v_squared(result: Result, tmp_path: Path) -> None:
    higher = finished(chip(tmp_path, "voltage=1.0 V", "clock=26 MHz"))
    low, high = (PowerTrace(run.accounts, run.costs).whole for run in (result, higher))
    memories = result.accounts.architecture.core.memories
    accesses = [pair for pair in zip(low.entries, high.entries, strict=True) if pair[0].component in memories]
    assert len(accesses) == 2 * len(memories)
    for one, other in accesses:
        assert other.energy_j.nominal == pytest.approx(4 * one.energy_j.nominal, rel=1e-6)


def test_power_walks_to_its_sources(result: Result) -> None:
    known = reported(result)
    for name in ("power_real_time_uw", "power_peak_uw", "power.wrec", "power_peak.overhead", "power.domain.synapses"):
        assert well_founded(known[name])
    text = "\n".join(explanation("power.wrec", known["power.wrec"]))
    assert "switched off" in text
    assert "drowsy" in text
    assert "assumed: capacitance" in "\n".join(explanation("", known["power.domain.synapses"]))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            "power.domains.logic.components=[wrek]",
            "`wrek` is no memory, unit, queue or flops of this core (did you mean",
        ),
        ("power.domains.logic.components=[wrec]", "`wrec` is in a domain already"),
        ("power.points.slow.voltage=0.1 V", "power.points.slow.voltage: 0.1 V is outside"),
        ("power.points.own={voltage: 0.6 V, clock: 1 MHz}", "is the chip's own point"),
    ],
)
def test_wrong_power_blocks_are_told(tmp_path: Path, setting: str, message: str) -> None:
    with pytest.raises(ConfigError) as told:
        prepare(chip(tmp_path, setting), load_document("cue_accumulation", "workload"), seed=0)
    assert message in str(told.value)


def test_power_changes_no_counts(result: Result) -> None:
    again = result.recost(["power.clock_gating=false", "power.domains.synapses.after=100 us"])
    assert again.counters == result.counters
    assert again.power_real_time_uw > result.power_real_time_uw
