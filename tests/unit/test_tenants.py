"""Several networks on one chip: each learns as if it were alone, and moving them is charged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.controllers.base import Controller
from accelsim.lifelong.checkpoint import state_arrays
from accelsim.lifelong.tenants import Tenants
from accelsim.simulation import run as running
from accelsim.simulation.result import Result
from accelsim.simulation.resume import Interrupted, Keeper
from accelsim.simulation.run import run
from accelsim.simulation.setup import Setup, prepare

GROUPS = [[0, 2], [1]]
WORKLOAD: dict[str, Any] = {
    "workload": "tiny",
    "task": {"kind": "digits", "coding": "bernoulli", "length": 8, "spikes_per_tick": 0.9},
    "tasks": {"kind": "split", "groups": [[0, 1], [2, 3], [4, 5]], "training_samples": 6, "test_samples": 2},
    "network": {"input": 64, "recurrent": 12, "output": 10},
    "learning": {"rule": "eprop", "parameters": {"rate": 0.05}, "consolidation": "synaptic-intelligence"},
    "settings": {"tick": {"neuron": {"decay": 0.9}, "readout_decay": 0.9, "input_weights": {"scale": 2.5}}},
}
TESTS = (0, 1, 0)
"""Tenants of the tasks, which are tested one after the other before and after the training of each."""
ORDER = (*TESTS, 0, *TESTS, 1, *TESTS, 0, *TESTS)
SWITCHES = sum(one != other for one, other in pairwise(ORDER))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workloads")


def tiny(
    folder: Path,
    tenants: dict[str, Any] | None,
    *overrides: str,
    chip: str = "single_core",
    tasks: Any = WORKLOAD["tasks"],
    **others: Any,
) -> Setup:
    capabilities = others | ({} if tenants is None else {"tenants": tenants})
    workload = {name: value for name, value in WORKLOAD.items() if name != "tasks"}
    path = folder / "tiny.yaml"
    path.write_text(json.dumps(workload | {"capabilities": capabilities} | ({} if tasks is None else {"tasks": tasks})))
    return prepare(load_document(chip, "architecture", overrides=overrides), load_document(path, "workload"), 0)


def state(setup: Setup) -> tuple[Any, ...]:
    assert isinstance(setup.controller, Controller)
    return tuple(array.copy() for array in state_arrays(setup.controller))


def same(found: Sequence[Any], wanted: Sequence[Any]) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(found, wanted, strict=True))


def networks(setup: Setup) -> list[tuple[Any, ...]]:
    """What each tenant has become."""
    (tenants,) = (each for each in setup.wanted.capabilities if isinstance(each, Tenants))
    return [state(setup) if i == tenants.running else parked for i, parked in enumerate(tenants.parked)]


@pytest.fixture(scope="module")
def shared(folder: Path) -> tuple[Setup, Result]:
    setup = tiny(folder, {"tasks": GROUPS})
    return setup, run(setup)


@pytest.fixture(scope="module")
def alone(folder: Path) -> list[tuple[Any, ...]]:
    """Networks that learn the tasks of one tenant with nobody else on the chip."""
    found, every = [], running.chunks
    for group in GROUPS:
        setup = tiny(folder, None)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                running, "chunks", lambda *given, group=group: (each for each in every(*given) if each.task in group)
            )
            run(setup)
        found.append(state(setup))
    assert not same(*found)
    return found


def test_each_learns_as_if_alone(shared: Any, alone: Any) -> None:
    for found, wanted in zip(networks(shared[0]), alone, strict=True):
        assert same(found, wanted)


def test_off_is_as_without(folder: Path) -> None:
    off, without = (run(tiny(folder, each)) for each in ({"tasks": GROUPS, "on": False}, None))
    assert off.metrics == without.metrics
    assert off.tables == without.tables


def test_moves_are_counted_and_charged(shared: Any) -> None:
    setup, result = shared
    metrics, core = result.metrics, setup.placement.used_words
    assert metrics["tenants"] == 2
    assert metrics["switches"] == SWITCHES
    lasting = setup.controller.lasting()
    image = -(-sum(each.bits for each in lasting.values()) // 64)
    words = sum(core.get(name, 0) for name in lasting)
    assert core["tenants"] == 2 * image
    assert metrics["moved_words"] == 2 * SWITCHES * (words + image)
    moved = [row for row in result.tables["counters"] if row["phase"] == "moving"]
    assert sum(row["count"] for row in moved if row["kind"] in ("read", "write")) == metrics["moved_words"]
    cycles = sum(row["count"] for row in moved if row["kind"] == "cycles")
    assert metrics["switch_time_us"] == pytest.approx(cycles / 100) != 0
    assert cycles == sum(row["cycles"] for row in result.tables["epochs"] if row["split"] == "upkeep")
    (row,) = (row for row in result.tables["capabilities"] if row["capability"] == "tenants")
    assert row["cycles"] == cycles
    total = metrics["energy_total_pj"]
    assert sum(row["energy_pj"] for row in result.tables["energy"]) == pytest.approx(total, rel=1e-9)


def test_ledger_tells_whose_the_core_is(shared: Any) -> None:
    rows = [row for row in shared[1].tables["ledger"] if row["resource"] == "words.winp"]
    assert {row["owner"] for row in rows} == {"tenant 0", "tenant 1"}
    assert all(row["allocated_most"] <= row["capacity"] for row in shared[1].tables["ledger"])
    first, second = ([row for row in rows if row["owner"] == f"tenant {i}"] for i in (0, 1))
    assert len(first) == 1 + SWITCHES  # what it begins with, then a change for each switch
    assert len(second) == SWITCHES
    assert (first[-1]["allocated"], second[-1]["allocated"]) == (rows[0]["capacity"], 0)
    (parked,) = (row for row in shared[1].tables["ledger"] if row["resource"] == "words.tenants")
    assert (parked["owner"], parked["free"]) == ("tenants", 0)


def test_cells_written_by_moves_wear(shared: Any, folder: Path) -> None:
    """On top of what learning writes: as much as in a run in which nothing moves, but of one network, about."""
    plain = run(tiny(folder, None))
    moved, stayed = (
        next(row["writes_mean"] for row in each.tables["wear"] if row["memory"] == "winp")
        for each in (shared[1], plain)
    )
    assert moved > stayed + SWITCHES / 4


def test_engines_and_meshes_agree(folder: Path, shared: Any) -> None:
    setup = tiny(folder, {"tasks": GROUPS})
    result = run(setup, engine="simpy")
    assert result.tables["counters"] == shared[1].tables["counters"]
    assert result.metrics == shared[1].metrics
    sizes = ("cores=4", "interconnect.width=2", "interconnect.height=2")
    mesh = tiny(folder, {"tasks": GROUPS}, *sizes, chip="learning_mesh")
    spread = run(mesh)
    assert all(same(found, wanted) for found, wanted in zip(networks(mesh), networks(setup), strict=True))
    assert spread.metrics["switches"] == SWITCHES
    assert 0 < spread.metrics["switch_time_us"] < result.metrics["switch_time_us"]


def test_power_failures_change_nothing(folder: Path, shared: Any, alone: Any) -> None:
    until = int(shared[1].metrics["cycles"])
    cuts = {"count": 4, "until": until, "seed": 3}
    for kind in ("full", "delta"):
        setup = tiny(folder, {"tasks": GROUPS}, checkpoint={"every": 4, "kind": kind, "power_cuts": cuts})
        result = run(setup)
        assert result.metrics["recoveries"] == 4
        assert all(same(found, wanted) for found, wanted in zip(networks(setup), alone, strict=True))
        assert result.metrics["switches"] == SWITCHES


def test_under_a_power_cap(folder: Path, alone: Any) -> None:
    setup = tiny(folder, {"tasks": GROUPS}, budget={"power_cap": "3 mW", "window": "20 us"})
    result = run(setup)
    assert all(same(found, wanted) for found, wanted in zip(networks(setup), alone, strict=True))
    assert result.metrics["budget_violations"] == 0
    (row,) = (row for row in result.tables["capabilities"] if row["activity"] == "stalled")
    assert row["cycles"] > 0
    cycles = sum(row["cycles"] for row in result.tables["capabilities"])
    assert cycles == result.metrics["cycles"]
    energy = sum(row["energy_uj"] for row in result.tables["capabilities"])
    assert energy * 1e6 == pytest.approx(result.metrics["energy_total_pj"], rel=1e-9)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([[0, 1]], "nobody learns task 2"),
        ([[0, 1], [1, 2]], "task 1 has another tenant too"),
        ([[0, 1], [2, 3]], "there is no task 3; tasks are 0 to 2"),
    ],
)
def test_tasks_must_have_one_tenant(folder: Path, groups: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        tiny(folder, {"tasks": groups})


def test_what_does_not_go_together(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"capabilities.replay: is of one network"):
        tiny(folder, {"tasks": GROUPS}, replay={})
    with pytest.raises(ConfigError, match="memory `winp` of the core has another use"):
        tiny(folder, {"tasks": GROUPS, "memory": "winp"})
    with pytest.raises(ConfigError, match="no phase of `upkeep`"):
        tiny(folder, {"tasks": GROUPS}, "core.upkeep=[storing, recalling, rewiring, saving, restoring]")
    with pytest.raises(ConfigError, match="no `tasks` that they could share"):
        tiny(folder, {"tasks": GROUPS}, tasks=None)


def test_interrupted_and_resumed(folder: Path, tmp_path: Path) -> None:
    def setup() -> Setup:
        return tiny(folder, {"tasks": GROUPS}, budget={"power_cap": "3 mW", "window": "20 us"})

    whole, keeper = run(setup()), Keeper(tmp_path)

    def stop(progress: Any) -> None:
        if progress.epoch == 2:
            keeper.stop()

    with pytest.raises(Interrupted):
        run(setup(), keeper=keeper, progress=stop)
    resumed = run(setup(), keeper=Keeper(tmp_path, resume=True))
    assert resumed.metrics == whole.metrics
    for name in ("ledger", "power_cap", "counters"):
        assert resumed.tables[name] == whole.tables[name]
