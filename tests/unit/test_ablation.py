"""Each capability alone and all together: which variants there are, and their table."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from lifelong_runs import small_stream

from accelsim import load_architecture, load_workload
from accelsim.config.errors import ConfigError
from accelsim.explore.ablation import ablate, ordered, variants
from accelsim.report.ablation import Ablation


def test_variants_switch_each_capability() -> None:
    found = {variant.name: variant.on for variant in variants(small_stream())}
    assert list(found) == ["inference", "learning", "consolidation", "replay", "checkpoint", "all"]
    assert not any(found["inference"].values())
    assert [name for name, on in found["learning"].items() if on] == ["learning"]
    assert [name for name, on in found["replay"].items() if on] == ["learning", "replay"]
    assert all(found["all"].values())


def test_variant_sets_the_switches_of_the_workload() -> None:
    stream = small_stream()
    replay = next(variant for variant in variants(stream) if variant.name == "replay").of(stream)
    switched = {name: each["on"] for name, each in replay.data["capabilities"].items()}
    assert switched == {"learning": True, "consolidation": False, "replay": True, "checkpoint": False}


def test_a_workload_without_capabilities_is_refused() -> None:
    with pytest.raises(ConfigError, match="capabilities: names no capability"):
        variants(load_workload("cue_accumulation"))


def _metrics(acc: float, energy: float) -> dict[str, float | int | None]:
    bands = {"energy_total_pj_low": energy / 2, "energy_total_pj_high": energy * 2}
    return {"acc": acc, "bwt": -0.5, "energy_total_pj": energy, **bands, "memory_bits": 8192, "fwt": None}


def test_table_sums_up_seeds(tmp_path: Path) -> None:
    on = {"learning": {"learning": True, "replay": False}, "replay": {"learning": True, "replay": True}}
    runs = [
        ("learning", 0, _metrics(0.2, 1e6)),
        ("learning", 1, _metrics(0.4, 1e6)),
        ("replay", 0, _metrics(0.6, 3e6)),
        ("replay", 1, _metrics(0.6, 3e6)),
    ]
    ablation = Ablation.of("chip", "stream", on, runs)
    plain, replay = ablation.cells
    column = {name: i for i, name in enumerate(ablation.head)}
    assert plain[0] == "learning alone"
    assert plain[column["ACC"]].startswith("30.0 % ± 127.1")  # t(0.975, 1) = 12.706, s / sqrt(2) = 0.1
    assert replay[column["ACC"]] == "60.0 % ± 0.0"
    assert replay[column["energy, learning = 1"]] == "3.000"
    assert replay[column["energy (band)"]] == "3.00 uJ (1.5 - 6.0)"
    assert replay[column["memory"]] == "1.00 KiB"
    ablation.save(tmp_path / "out")
    data = json.loads((tmp_path / "out" / "ablation.json").read_text())
    assert [variant["name"] for variant in data["variants"]] == ["learning", "replay"]
    assert data["variants"][1]["metrics"]["acc"] == {"mean": 0.6, "half_width_95": 0.0}
    with (tmp_path / "out" / "ablation.csv").open() as file:
        assert [row["acc"] for row in csv.DictReader(file)] == ["0.2", "0.4", "0.6", "0.6"]
    assert (tmp_path / "out" / "ablation.md").read_text().count("\n|") == 4


@pytest.mark.slow
def test_runs_of_an_ablation() -> None:
    stream = small_stream()
    found = ordered(list(ablate(load_architecture("single_core"), stream, seeds=(0, 1))), stream)
    assert [(each.variant, each.seed) for each in found[:4]] == [
        ("inference", 0),
        ("inference", 1),
        ("learning", 0),
        ("learning", 1),
    ]
    by = {(each.variant, each.seed): each.metrics for each in found}
    assert by["checkpoint", 0]["acc"] == by["learning", 0]["acc"]  # copies change nothing
    energy = {name: by[name, 0]["energy_total_pj"] or 0.0 for name in ("inference", "learning", "replay", "all")}
    assert energy["inference"] < energy["learning"] < energy["replay"] < energy["all"]
