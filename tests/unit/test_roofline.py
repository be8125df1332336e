"""Operations, bytes and peaks of a run, and energy by split: held against the counters and tables they come from."""

import pytest
from lifelong_runs import WORKLOAD

from accelsim.config.document import Document
from accelsim.config.loader import load_document
from accelsim.simulation.result import Result
from accelsim.simulation.roofline import roofline_tables
from accelsim.simulation.run import run
from accelsim.simulation.setup import prepare


@pytest.fixture(scope="module")
def result() -> Result:
    return run(prepare(load_document("single_core", "architecture"), Document.of(WORKLOAD, "workload"), seed=0))


def marks(result: Result, of: str) -> list[dict]:
    return [row for row in result.tables["roofline"] if row["of"] == of]


def test_operations_are_runs_times_the_operations_of_their_datapath(result) -> None:
    each = {row["component"].partition(".")[2]: row["operations"] for row in result.tables["datapaths"]}
    counted = [row for row in result.tables["counters"] if row["kind"] == "run"]
    expected = sum(row["count"] * each[row["target"]] for row in counted)
    assert expected > 0
    assert sum(row["operations"] for row in marks(result, "split")) == expected


def test_bytes_are_accesses_times_the_width_of_the_memory(result) -> None:
    memories = result.accounts.architecture.core.memories
    counted = [row for row in result.tables["counters"] if row["kind"] in ("read", "write")]
    expected = sum(row["count"] * memories[row["target"]].bits for row in counted) / 8
    assert expected > 0
    assert sum(row["bytes_moved"] for row in marks(result, "split")) == expected


def test_splits_take_the_time_of_the_run_and_phases_share_it(result) -> None:
    whole = result.metrics["time_total_us"]
    assert sum(row["time_us"] for row in marks(result, "split")) == pytest.approx(whole)
    phases = {row["name"]: row for row in marks(result, "phase")}
    assert {"propagate", "learn"} <= set(phases)
    assert sum(row["time_us"] for row in phases.values()) <= whole * (1 + 1e-9)
    (training,) = (row for row in marks(result, "split") if row["name"] == "train")
    assert phases["learn"]["operations"] < training["operations"]


def test_peaks_are_lanes_and_ports_times_the_clock(result) -> None:
    chip = result.accounts.architecture
    peaks = {row["component"]: row for row in result.tables["ceilings"]}
    weights = chip.core.memories["winp"]
    slots = sum(weights.slots())
    assert peaks["winp"] == {"component": "winp", "kind": "memory", "peak_per_s": slots * weights.bits / 8 * chip.clock}
    (soma,) = (row for row in result.tables["datapaths"] if row["component"] == "soma.soma")
    busy = soma["instances"] * soma["operations"] / soma["initiation_interval_cycles"] * chip.clock
    assert peaks["soma.soma"]["peak_per_s"] == pytest.approx(busy)


def test_nothing_is_above_the_roof(result) -> None:
    peak = dict.fromkeys(("datapath", "memory"), 0.0)
    for row in result.tables["ceilings"]:
        peak[row["kind"]] += row["peak_per_s"]
    for row in result.tables["roofline"]:
        assert row["operations"] <= peak["datapath"] * row["time_us"] * 1e-6
        assert row["bytes_moved"] <= peak["memory"] * row["time_us"] * 1e-6


def test_a_changed_clock_moves_the_peaks(result) -> None:
    faster = result.accounts.with_documents(
        result.accounts.document.with_overrides(["clock=400 MHz"]),
        result.accounts.technology,
        result.accounts.memory_technologies,
    )
    before = {row["component"]: row["peak_per_s"] for row in result.tables["ceilings"] if row["kind"] == "memory"}
    after = {row["component"]: row["peak_per_s"] for row in roofline_tables(faster, faster.costs())["ceilings"]}
    ratio = faster.architecture.clock / result.accounts.architecture.clock
    assert ratio != 1
    assert {name: after[name] / peak for name, peak in before.items()} == pytest.approx(dict.fromkeys(before, ratio))


def test_energies_of_the_splits_add_up_to_that_of_the_run(result) -> None:
    rows = result.tables["energy_splits"]
    for end in ("", "_low", "_high"):
        whole = sum(row[f"energy_pj{end}"] for row in rows)
        assert whole == pytest.approx(result.metrics[f"energy_total_pj{end}"], rel=1e-9)
    (samples,) = {row["samples"] for row in rows if row["split"] == "test"}
    test = sum(row["energy_pj"] for row in rows if row["split"] == "test")
    assert test / samples * 1e-6 == pytest.approx(result.metrics["energy_inference_uj"], rel=1e-9)
