"""A power cap: what waits or runs slower, that the cap is kept, and that nothing else changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from lifelong_runs import WORKLOAD

from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.controllers.base import Controller
from accelsim.lifelong.budget import MOST_ROWS, Budget, BudgetSettings
from accelsim.simulation.capping import Capped
from accelsim.simulation.part import Part
from accelsim.simulation.recost import read_result
from accelsim.simulation.result import Result
from accelsim.simulation.run import run
from accelsim.simulation.setup import Setup, prepare

REPLAY: dict[str, Any] = {"capacity": 3, "every": 2, "samples": 2}
HALVED = {"power_cap": "4 mW", "window": "50 us", "changes": [{"sample": 5, "power_cap": "2 mW"}]}
SCALED = {"power_cap": "4 mW", "window": "50 us", "mode": "scale"}
POINTS = "power.points={eco: {voltage: 0.65 V, clock: 50 MHz}, low: {voltage: 0.6 V, clock: 25 MHz}}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workloads")


def tiny(
    folder: Path, budget: Mapping[str, Any] | None, *overrides: str, chip: str = "single_core", **others: Any
) -> Setup:
    """Eight samples and two tests on a small core with replay."""
    capabilities = {"replay": REPLAY} | others | ({} if budget is None else {"budget": budget})
    path = folder / "tiny.yaml"
    path.write_text(json.dumps(WORKLOAD | {"capabilities": capabilities}))
    return prepare(load_document(chip, "architecture", overrides=overrides), load_document(path, "workload"), 0)


def weights(setup: Setup) -> dict[str, Any]:
    assert isinstance(setup.controller, Controller)
    return {name: array.copy() for name, array in setup.controller.weights().items()}


def parts_of(setup: Setup, monkeypatch: pytest.MonkeyPatch, **given: Any) -> tuple[Result, list[Any]]:
    """A run, and every part of it with its runner and the cap that held."""
    found: list[Any] = []
    capped = Capped._capped

    def noted(self: Capped, part: Part) -> Part:
        done = capped(self, part)
        found.append((self, self.budget.cap_w, done))
        return done

    monkeypatch.setattr(Capped, "_capped", noted)
    return run(setup, **given), found


def metered(parts: list[Any]) -> tuple[Any, ...]:
    """Every event of a run: when it begins and ends, its energy with leakage above that of waiting, the cap."""
    runner: Capped = parts[0][0]
    inner, own = len(runner.runner.counters), runner.meters[0]
    steps, counted = (
        np.concatenate([getattr(part.pieces, name) for _, _, part in parts]) for name in ("cycles", "counted")
    )
    caps = np.concatenate([np.full(len(part.pieces.cycles), cap) for _, cap, part in parts])
    scaled = counted[:, inner + len(runner.meters[:2]) :].reshape(len(counted), -1, inner)
    at_own = counted[:, :inner] - scaled.sum(axis=1)
    energy = at_own @ own.energy_j
    busy = counted[:, [i for i, each in enumerate(runner.runner.counters) if each.kind == "cycles"]].sum(axis=1)
    for p, meter in enumerate(runner.meters[1:]):
        there = scaled[:, p].any(axis=1)
        energy += scaled[:, p] @ meter.energy_j
        energy += there * np.minimum(0, meter.leakage_w - own.leakage_w) * busy * meter.period_s
    end = np.cumsum(steps)
    return end - steps + counted[:, inner], end, energy, caps


def check_windows(parts: list[Any], window: int, leakage_w: float, period_s: float) -> None:
    """No window that ends where an event begins, or anywhere while one cap holds, has more than that and one event."""
    start, end, energy, caps = metered(parts)
    knots = np.column_stack([start, end]).ravel().astype(float)
    level = np.column_stack([np.cumsum(energy) - energy, np.cumsum(energy)]).ravel()
    limit = (caps - leakage_w) * window * period_s
    held = np.interp(start, knots, level) - np.interp(start - window, knots, level, left=0)
    assert (held <= limit * (1 + 1e-9)).all()
    for cap in np.unique(caps):
        here = np.flatnonzero(caps == cap)
        first, last = start[here[0]], end[here[-1]]
        times = np.random.default_rng(1).uniform(first + window, last, 5000)
        held = np.interp(times, knots, level) - np.interp(times - window, knots, level)
        assert held.max() <= limit[here[0]] + energy[here].max() * (1 + 1e-9)


@pytest.fixture(scope="module")
def free(folder: Path) -> tuple[Result, dict[str, Any]]:
    setup = tiny(folder, None)
    return run(setup), weights(setup)


class TestStall:
    """The core waits."""

    def test_off_is_as_without(self, folder: Path, free: Any) -> None:
        off = run(tiny(folder, HALVED | {"on": False}))
        assert off.metrics == free[0].metrics
        assert off.tables["counters"] == free[0].tables["counters"]

    def test_only_time_changes(self, folder: Path, free: Any) -> None:
        setup = tiny(folder, HALVED)
        result, before = run(setup), free[0]
        assert all(np.array_equal(array, free[1][name]) for name, array in weights(setup).items())
        stalled = result.metrics["stalled_cycles"]
        assert stalled > before.metrics["cycles"]
        assert result.metrics["cycles"] == before.metrics["cycles"] + stalled
        assert result.metrics["busy_cycles"] == before.metrics["busy_cycles"]
        counted = {counter: count for counter, count in result.counters.items() if counter.target != "stalled"}
        assert counted == before.counters
        assert sum(result.counters.values()) - sum(counted.values()) == stalled
        for name in ("energy_dynamic_pj", "accuracy_test", "sop", "replay_replayed_samples"):
            assert result.metrics[name] == before.metrics[name]
        leaks = before.metrics["energy_leakage_pj"] / before.metrics["cycles"]
        assert result.metrics["energy_leakage_pj"] == pytest.approx(leaks * result.metrics["cycles"])
        assert sum(row["cycles_stalled"] for row in result.tables["epochs"]) == stalled
        assert result.metrics["latency_training_us"] > before.metrics["latency_training_us"]

    def test_halving_the_cap_is_kept_to(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        setup = tiny(folder, HALVED)
        result, parts = parts_of(setup, monkeypatch)
        assert [cap for _, cap, part in parts if part.answers.size][:3] == [4e-3, 4e-3, 4e-3]
        assert parts[-1][1] == 2e-3
        leakage = sum(part.leakage_w.nominal for part in setup.costs.components.values())
        check_windows(parts, 5000, leakage, 1e-8)
        assert result.metrics["budget_violations"] == 0
        rows = result.tables["power_cap"]
        assert rows[0]["power_cap_uw"] == 4000
        assert rows[-1]["power_cap_uw"] == 2000
        assert sum(row["stalled_us"] for row in rows) == pytest.approx(result.metrics["stalled_cycles"] / 100)
        most = max(row["power_window_max_uw"] for row in rows)
        assert result.metrics["power_window_max_uw"] == most > 4000

    def test_meter_tells_what_the_account_tells(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        setup = tiny(folder, HALVED)
        result, parts = parts_of(setup, monkeypatch)
        _, end, energy, _ = metered(parts)
        leakage = sum(part.leakage_w.nominal for part in setup.costs.components.values())
        random = replace(result.accounts, switching={})  # operands as the meter takes them
        report = random.report(random.costs())
        assert energy.sum() + leakage * end[-1] * 1e-8 == pytest.approx(report.energy_total_j.nominal, rel=1e-9)
        assert report.power_average_w.nominal < 4e-3

    def test_no_pace_with_the_world_under_a_low_cap(self, folder: Path, free: Any) -> None:
        setup = tiny(folder, None)
        leakage = sum(part.leakage_w.nominal for part in setup.costs.components.values())
        low = run(tiny(folder, {"power_cap": f"{leakage * 1.05} W", "window": "1 ms"}))
        assert free[0].metrics["power_real_time_uw"] is not None
        assert low.metrics["power_real_time_uw"] is None

    def test_engines_agree(self, folder: Path) -> None:
        results = [run(tiny(folder, HALVED), engine=engine) for engine in ("compiled", "simpy")]
        assert results[0].tables["counters"] == results[1].tables["counters"]
        assert results[0].metrics == results[1].metrics

    def test_power_failures_too(self, folder: Path) -> None:
        checkpoint = {"every": 3}
        whole = tiny(folder, HALVED, checkpoint=checkpoint)
        until = run(whole).metrics["cycles"]
        cuts = {"power_cuts": {"count": 4, "until": until, "seed": 1}}
        setup = tiny(folder, HALVED, checkpoint=checkpoint | cuts)
        result = run(setup)
        assert result.metrics["recoveries"] == 4
        assert all(np.array_equal(array, weights(whole)[name]) for name, array in weights(setup).items())
        counted = sum(count for each, count in result.counters.items() if each.target == "stalled")
        assert result.metrics["stalled_cycles"] == counted
        assert result.metrics["budget_violations"] == 0

    def test_mesh(self, folder: Path) -> None:
        sizes = ("cores=4", "interconnect.width=2", "interconnect.height=2")
        before, after = (
            tiny(folder, budget, *sizes, chip="learning_mesh")
            for budget in (None, {"power_cap": "10 mW", "window": "20 us"})
        )
        free, capped = run(before), run(after)
        assert all(np.array_equal(array, weights(before)[name]) for name, array in weights(after).items())
        assert capped.metrics["stalled_cycles"] > 0
        assert capped.metrics["budget_violations"] == 0
        assert capped.metrics["cycles"] == free.metrics["cycles"] + capped.metrics["stalled_cycles"]


@pytest.fixture(scope="module")
def scaled(folder: Path) -> tuple[Setup, Result, list[Any]]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        setup = tiny(folder, SCALED, POINTS)
        return (setup, *parts_of(setup, monkeypatch))


class TestScale:
    """The core runs at a lower supply and clock."""

    def test_only_time_and_energy_change(self, folder: Path, free: Any, scaled: Any) -> None:
        setup, result, _ = scaled
        assert all(np.array_equal(array, free[1][name]) for name, array in weights(setup).items())
        metrics, before = result.metrics, free[0].metrics
        assert metrics["slowed_cycles"] > 0
        assert metrics["cycles"] == before["cycles"] + metrics["slowed_cycles"] + metrics["stalled_cycles"]
        assert metrics["sop"] == before["sop"]
        counted = {each: count for each, count in result.counters.items() if each in free[0].counters}
        assert counted == free[0].counters
        stalling = run(tiny(folder, SCALED | {"mode": "stall"}, POINTS)).metrics
        assert metrics["energy_total_pj"] < 0.8 * stalling["energy_total_pj"]
        assert metrics["cycles"] < stalling["cycles"]

    def test_cap_is_kept_to(self, scaled: Any) -> None:
        _, result, parts = scaled
        check_windows(parts, 5000, parts[0][0].meters[0].leakage_w, 1e-8)
        assert result.metrics["budget_violations"] == 0

    def test_meter_tells_what_the_account_tells(self, scaled: Any) -> None:
        _, result, parts = scaled
        _, end, energy, _ = metered(parts)
        random = replace(result.accounts, switching={})
        total = random.report(random.costs()).energy_total_j.nominal
        leakage = parts[0][0].meters[0].leakage_w
        assert energy.sum() + leakage * end[-1] * 1e-8 == pytest.approx(total, rel=1e-9)

    def test_energies_sum_to_the_total(self, scaled: Any) -> None:
        _, result, _ = scaled
        total = result.metrics["energy_total_pj"]
        assert sum(row["energy_pj"] for row in result.tables["energy"]) == pytest.approx(total, rel=1e-9)
        assert sum(row["energy_uj"] for row in result.tables["epochs"]) * 1e6 == pytest.approx(total, rel=1e-9)
        assert not any("@" in row["component"] for row in result.tables["area"])

    def test_read_again(self, scaled: Any, tmp_path: Path) -> None:
        _, result, _ = scaled
        result.save(tmp_path / "out")
        assert read_result(tmp_path / "out").metrics == result.metrics
        assert result.explain("energy_total_pj")
        assert (tmp_path / "out" / "power_cap.csv").is_file()
        with pytest.raises(ConfigError, match="the power cap is compared with"):
            result.recost(["voltage=0.7 V"])


class TestRefused:
    """Caps that no chip could keep to."""

    def test_below_leakage(self, folder: Path) -> None:
        with pytest.raises(ConfigError, match=r"leaks .* uW even when it does nothing"):
            tiny(folder, {"power_cap": "1 nW"})
        with pytest.raises(ConfigError, match=r"changes.*power_cap.*leaks"):
            tiny(folder, {"power_cap": "4 mW", "changes": [{"task": 1, "power_cap": "1 nW"}]})

    def test_points(self, folder: Path) -> None:
        scale = {"power_cap": "4 mW", "mode": "scale"}
        with pytest.raises(ConfigError, match=r"no `power.points` with a slower clock"):
            tiny(folder, scale)
        with pytest.raises(ConfigError, match="at this supply the chip reaches"):
            tiny(folder, scale, "power.points={eco: {voltage: 0.5 V, clock: 99 MHz}}")

    def test_one_time_for_each_change(self, folder: Path) -> None:
        with pytest.raises(ConfigError, match="give either `task` or `sample`"):
            tiny(folder, {"power_cap": "4 mW", "changes": [{"power_cap": "2 mW"}]})


def test_changes_come_when_they_should() -> None:
    changes = ({"sample": 3, "power_cap": 2.0}, {"task": 2, "power_cap": 1.0}, {"sample": 7, "power_cap": 4.0})
    budget = Budget(BudgetSettings(power_cap=3.0, changes=changes))
    shown: Any = SimpleNamespace(samples=range(3))
    assert (budget.due(), budget.cap_w) == (3, 3.0)
    assert list(budget.trained(shown)) == []
    assert (budget.due(), budget.cap_w) == (4, 2.0)
    list(budget.task_ended())
    assert budget.cap_w == 2.0
    list(budget.task_ended())
    assert budget.cap_w == 1.0
    kept = budget.snapshot()
    list(budget.trained(SimpleNamespace(samples=range(4))))
    assert (budget.due(), budget.cap_w) == (None, 4.0)
    budget.restore(kept)
    assert (budget.due(), budget.cap_w) == (4, 1.0)


def test_rows_stay_few() -> None:
    budget = Budget(BudgetSettings(power_cap=3.0, window=1e-3))
    budget.chip = SimpleNamespace(clock=1e6)
    starts = np.arange(0, 3_000_000, 700)
    for part in np.array_split(starts, 9):
        ones = np.ones(len(part), np.int64)
        budget.metered(part, part / 1e6, ones, 2 * ones, 0)
    rows = budget.rows()["power_cap"]
    assert MOST_ROWS / 2 < len(rows) <= MOST_ROWS
    assert sum(row["stalled_us"] for row in rows) == pytest.approx(len(starts))
    assert sum(row["slowed_us"] for row in rows) == pytest.approx(2 * len(starts))
    assert [row["start_s"] for row in rows] == sorted(row["start_s"] for row in rows)
    assert rows[-1]["power_window_max_uw"] == starts[-1]
    assert {row["power_cap_uw"] for row in rows} == {3e6}
