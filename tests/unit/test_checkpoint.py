"""Checkpoints: what is saved, and that a chip that lost its power learns the same bit for bit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from lifelong_runs import WORKLOAD

from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.controllers.base import Controller
from accelsim.controllers.lasting import Lasting
from accelsim.lifelong.checkpoint import Checkpoint
from accelsim.lifelong.harvester import Harvester
from accelsim.lifelong.job import Job
from accelsim.lifelong.recovery import Detector, Drift, RandomCuts, Supply
from accelsim.simulation.result import Result
from accelsim.simulation.run import run
from accelsim.simulation.setup import Setup, prepare

HARVESTER = {"power": "20 uW", "capacitance": "1 uF", "v_on": "3 V", "v_off": "2 V", "load_power": "20 mW"}
REPLAY: dict[str, Any] = {"capacity": 3, "every": 2, "samples": 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workloads")


def tiny(
    folder: Path, checkpoint: Mapping[str, Any] | None, *overrides: str, architecture: str = "single_core"
) -> Setup:
    """Eight samples and two tests on a small core with replay."""
    capabilities = {"replay": REPLAY} | ({} if checkpoint is None else {"checkpoint": checkpoint})
    path = folder / "tiny.yaml"
    path.write_text(json.dumps(WORKLOAD | {"capabilities": capabilities}))
    return prepare(load_document(architecture, "architecture", overrides=overrides), load_document(path, "workload"), 0)


def state(setup: Setup) -> dict[str, np.ndarray[Any, Any]]:
    """Everything that outlives a sample."""
    assert isinstance(setup.controller, Controller)
    lasting = setup.controller.lasting()
    return {f"{name} {i}": array.copy() for name, each in lasting.items() for i, array in enumerate(each.arrays)}


def cycles_of(result: Result, split: str) -> int:
    return sum(row["cycles"] for row in result.tables["epochs"] if row["split"] == split)


@pytest.fixture(scope="module")
def uninterrupted(folder: Path) -> tuple[Result, dict[str, np.ndarray[Any, Any]]]:
    setup = tiny(folder, {"every": 3})
    result = run(setup)
    return result, state(setup)


def check_recovered(folder: Path, checkpoint: Mapping[str, Any], uninterrupted: Any, **given: Any) -> Result:
    """A run in which power fails gives what one gives in which it does not, and what it did counts."""
    whole, learnt = uninterrupted
    setup = tiny(folder, checkpoint, **given)
    result = run(setup)
    for name, array in state(setup).items():
        assert np.array_equal(array, learnt[name]), name
    for split in ("train", "test", "replay"):  # what is done for the first time
        found, expected = (
            [{key: value for key, value in row.items() if not key.startswith("energy")} for row in each.tables["epochs"]
             if row["split"] == split]
            for each in (result, whole)
        )  # fmt: skip
        assert found == expected
    assert result.metrics["accuracy_test"] == whole.metrics["accuracy_test"]
    assert result.metrics["replay_replayed_samples"] == whole.metrics["replay_replayed_samples"]
    return result


class TestSaving:
    """What checkpoints hold and cost."""

    def test_off_is_as_without(self, folder: Path) -> None:
        assert run(tiny(folder, {"on": False})).metrics == run(tiny(folder, None)).metrics

    def test_learns_the_same(self, folder: Path, uninterrupted: Any) -> None:
        setup = tiny(folder, None)
        run(setup)
        assert all(np.array_equal(array, uninterrupted[1][name]) for name, array in state(setup).items())

    def test_bits_of_all_that_lasts(self, folder: Path, uninterrupted: Any) -> None:
        setup = tiny(folder, {"every": 3})
        assert isinstance(setup.controller, Controller)
        lasting = setup.controller.lasting()
        assert {"winp", "wrec", "wout", "winp_traces", "wrec_traces"} <= set(lasting)
        synapses = 40 * 12 + 12 * 12
        weight = setup.controller.state_bits()["weight"]
        assert lasting["winp"].bits + lasting["wrec"].bits == synapses * weight
        assert lasting["winp_traces"].item_bits < setup.controller.state_bits()["synapse_trace"]  # eligibility goes
        sample_words = -(-int(uninterrupted[0].metrics["replay_sample_bits"]) // 64)
        bits = sum(each.bits for each in lasting.values()) + REPLAY["capacity"] * sample_words * 64
        assert uninterrupted[0].metrics["checkpoint_bits"] == bits
        assert setup.placement.used_words["checkpoint"] == -(-2 * bits // 64)

    def test_counts(self, uninterrupted: Any) -> None:
        metrics = uninterrupted[0].metrics
        assert metrics["checkpoints"] == 3  # of the programmed chip, after 3 and 6 samples
        assert metrics["recoveries"] == 0
        counters = uninterrupted[0].tables["counters"]
        written = sum(row["count"] for row in counters if (row["kind"], row["target"]) == ("write", "checkpoint"))
        assert written == metrics["checkpoint_written_words"]
        cycles = sum(row["count"] for row in counters if (row["kind"], row["phase"]) == ("cycles", "saving"))
        assert metrics["checkpoint_time_us"] == pytest.approx(cycles / uninterrupted[0].about["clock_hz"] * 1e6)

    def test_delta_writes_what_changes(self, folder: Path) -> None:
        still = {  # only the readout learns
            "learning": WORKLOAD["learning"] | {"parameters": {"rate": 0.0}},
            "capabilities": {"checkpoint": {"every": 3, "kind": "delta"}},
        }
        path = folder / "still.yaml"
        path.write_text(json.dumps(WORKLOAD | still))
        setup = prepare(load_document("single_core", "architecture"), load_document(path, "workload"), 0)
        found = run(setup).metrics
        assert found["checkpoints"] == 3
        image = found["checkpoint_bits"] / 64
        assert isinstance(setup.controller, Controller)
        lasting, most = setup.controller.lasting(), 0.0
        for name in ("wout", "wout_traces"):  # each word in the journal, with its address, and in place
            bits = setup.architecture.core.memories[name].items_per_word * lasting[name].item_bits
            most += setup.used_words[name] * ((bits + 32) / 64 + -(-bits // 64))
        assert image < found["checkpoint_written_words"] <= image + 2 * most
        assert most < 0.3 * image

    def test_kinds_of_copies(self, folder: Path, uninterrupted: Any) -> None:
        delta = run(tiny(folder, {"every": 3, "kind": "delta"})).metrics
        assert delta["checkpoints"] == 3
        assert delta["checkpoint_written_words"] > 0
        shadow = run(tiny(folder, {"every": 3, "kind": "shadow"}, "core.memories.checkpoint.kind=sram")).metrics
        assert shadow["checkpoint_written_words"] == uninterrupted[0].metrics["checkpoint_written_words"]

    def test_engines_agree(self, folder: Path) -> None:
        results = [run(tiny(folder, {"every": 3, "kind": "delta"}), engine=engine) for engine in ("compiled", "simpy")]
        assert results[0].tables["counters"] == results[1].tables["counters"]
        assert results[0].metrics == results[1].metrics

    def test_energies_sum_to_the_total(self, folder: Path) -> None:
        result = run(tiny(folder, {"every": 3, "power_cuts": [20_000]}))
        assert {row["split"] for row in result.tables["epochs"]} >= {"upkeep", "replay", "lost", "recovery"}
        parts = sum(row["energy_uj"] for row in result.tables["epochs"])
        assert parts * 1e6 == pytest.approx(result.metrics["energy_total_pj"], rel=1e-9)


class TestPowerCuts:
    """Everything since the last checkpoint is lost and done again."""

    @pytest.mark.parametrize("kind", ["full", "delta"])
    def test_random_cycles(self, folder: Path, uninterrupted: Any, kind: str) -> None:
        until = int(uninterrupted[0].metrics["cycles"])
        cuts = {"count": 5, "until": until, "seed": 2}
        result = check_recovered(folder, {"every": 3, "kind": kind, "power_cuts": cuts}, uninterrupted)
        assert result.metrics["recoveries"] == result.metrics["power_failures"] == 5
        assert len(result.tables["recoveries"]) == 5
        assert result.metrics["recovery_time_us"] > 0
        assert cycles_of(result, "recovery") > 0

    @pytest.mark.slow
    def test_a_hundred_random_cycles(self, folder: Path, uninterrupted: Any) -> None:
        until = int(uninterrupted[0].metrics["cycles"])
        for seed in range(20):
            cuts = {"count": 5, "until": until, "seed": 100 + seed}
            check_recovered(folder, {"every": 3, "power_cuts": cuts}, uninterrupted)

    def test_cycles_up_to_the_cut_are_counted_as_lost(self, folder: Path, uninterrupted: Any) -> None:
        first = int(uninterrupted[0].metrics["checkpoint_time_us"] * 1e-6 * 1e8 / 3)
        result = check_recovered(folder, {"every": 3, "power_cuts": [first + 3000]}, uninterrupted)
        lost = [row for row in result.tables["epochs"] if row["split"] == "lost"]
        assert len(lost) == 1
        assert lost[0]["samples"] == 0
        assert 0 < lost[0]["ticks"] < 19
        assert 0 <= lost[0]["cycles"] <= first + 3000
        again, jobs = lost[0]["cycles"] + cycles_of(result, "recovery"), cycles_of(result, "upkeep")
        whole, whole_jobs = int(uninterrupted[0].metrics["cycles"]), cycles_of(uninterrupted[0], "upkeep")
        assert result.metrics["cycles"] - jobs == whole - whole_jobs + again
        assert jobs > whole_jobs  # tests count too where power may fail: one more checkpoint

    def test_needs_a_memory_that_keeps(self, folder: Path) -> None:
        with pytest.raises(ConfigError, match="forgets when power fails"):
            tiny(folder, {"power_cuts": [5000]}, "core.memories.checkpoint.kind=sram")
        with pytest.raises(ConfigError, match="no copy to rely on"):
            tiny(folder, {"power_cuts": [5000], "kind": "shadow"})

    def test_memory_of_another_use(self, folder: Path) -> None:
        with pytest.raises(ConfigError, match="has another use"):
            tiny(folder, {"memory": "winp"})
        with pytest.raises(ConfigError, match="no memory"):
            tiny(folder, {"memory": "chekpoint"})


class TestHarvester:
    """Power that comes and goes."""

    def test_intervals(self) -> None:
        harvester = Harvester(power=1e-3, capacitance=1e-5, v_on=3.0, v_off=2.0, load_power=6e-3)
        assert harvester.energy_j == pytest.approx(25e-6)
        assert harvester.on_s == pytest.approx(5e-3)
        assert harvester.off_s == pytest.approx(25e-3)
        assert Harvester(power=1e-3, capacitance=1e-5, v_on=3.0, v_off=2.0, load_power=1e-3).on_s is None

    def test_learns_the_same(self, folder: Path, uninterrupted: Any) -> None:
        metrics = uninterrupted[0].metrics
        on_s = metrics["cycles"] / 1e8 * 0.45
        load = 1e-6 * 2.5 / on_s + 20e-6
        harvester = HARVESTER | {"load_power": f"{load} W"}
        result = check_recovered(folder, {"every": 3, "harvester": harvester}, uninterrupted)
        failures = result.metrics["power_failures"]
        assert failures >= 2
        assert result.metrics["off_time_s"] == pytest.approx(failures * 2.5e-6 / 20e-6)

    def test_too_little_is_told(self, folder: Path) -> None:
        harvester = HARVESTER | {"capacitance": "1 nF"}
        with pytest.raises(ConfigError, match="do not reach from one checkpoint to the next"):
            run(tiny(folder, {"every": 3, "harvester": harvester}))


class TestSupply:
    """Cycles until power fails."""

    def test_cuts(self) -> None:
        supply = Supply([30, 10], None, 1e8)
        assert supply.lasts(10) is None
        assert supply.lasts(11) == 10
        supply.worked(8)
        assert supply.lasts(5) == 2
        supply.fail()
        assert supply.lasts(22) is None
        assert supply.lasts(23) == 22

    def test_random_cuts(self) -> None:
        cuts = RandomCuts(count=50, until=1000, seed=3).cycles()
        assert cuts == sorted(cuts)
        assert 0 <= cuts[0] <= cuts[-1] < 1000
        assert cuts == RandomCuts(count=50, until=1000, seed=3).cycles()


class TestDrift:
    """Answers become worse: back to the last checkpoint."""

    def test_detector(self) -> None:
        detector = Detector(Drift(window=4, drop=0.4))
        right, wrong = np.array([1, 0, -1, 1, 0], np.int32), np.array([1, 1], np.int32)
        assert not detector.worse(right, np.array([1, 0, 0, 1, 0], np.int32))
        assert not detector.worse(wrong[:1], np.array([0], np.int32))
        assert detector.worse(wrong[:1], np.array([0], np.int32))
        detector.begin()
        assert not detector.worse(np.repeat(wrong, 2), np.zeros(4, np.int32))

    DRIFT: ClassVar[dict[str, Any]] = {"window": 1, "drop": 0.5}  # a wrong answer after a right one

    def test_goes_back(self, folder: Path) -> None:
        result = run(tiny(folder, {"every": 2, "drift": self.DRIFT}))
        recoveries = result.tables["recoveries"]
        assert result.metrics["recoveries"] == len(recoveries) > 0
        assert all(row["cause"] == "drift" and row["time_us"] > 0 for row in recoveries)
        times = sum(row["time_us"] for row in recoveries)
        assert result.metrics["recovery_time_us"] == pytest.approx(times)

    def test_what_comes_back_is_what_was_saved(self, folder: Path) -> None:
        setup = tiny(folder, {"every": 8})
        guard = setup.wanted.capabilities[-1]
        assert isinstance(guard, Checkpoint)
        assert isinstance(setup.controller, Controller)
        run(setup)
        saved = state(setup)  # after the last training sample, as tests change nothing
        writes = setup.controller.cell_writes()["winp"].copy()
        setup.controller.weights()["winp"][:] += 1
        setup.controller.cell_writes()["winp"][:] += 1
        job = next(guard.recover("drift", 0))
        assert isinstance(job, Job)
        assert job.purpose == "restoring"
        assert all(np.array_equal(array, saved[name]) for name, array in state(setup).items())
        assert np.array_equal(setup.controller.cell_writes()["winp"], writes + 1)  # wear stays

    def test_with_power_cuts(self, folder: Path) -> None:
        checkpoint = {"every": 2, "drift": self.DRIFT}
        setup, cut = tiny(folder, checkpoint), {"power_cuts": {"count": 5, "until": 60_000, "seed": 4}}
        run(setup)
        other = tiny(folder, checkpoint | cut)
        assert run(other).metrics["power_failures"] == 5
        assert all(np.array_equal(array, state(other)[name]) for name, array in state(setup).items())


class TestLasting:
    """Words that changed."""

    def test_changed_words(self) -> None:
        arrays = np.zeros((3, 10)), np.zeros((3, 10), np.int32)
        lasting = Lasting(arrays, 12)
        before = lasting.copies()
        assert lasting.bits == 360
        assert lasting.words(4) == 9
        assert lasting.changed(before, 4) == 0
        arrays[0][0, 3] = arrays[1][0, 4] = arrays[1][0, 5] = arrays[1][2, 9] = 1
        assert lasting.changed(before, 4) == 3
        row = Lasting((np.arange(5),), 8)
        assert row.changed((np.arange(5)[::-1],), 2) == 3
