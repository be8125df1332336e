"""Sweeps of any size for tests of their reports: invented numbers that behave like those of a chip."""

from __future__ import annotations

import csv
import itertools
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import accelsim

AXES = {
    "architecture.core.units.plasticity.lanes": ("4", "8", "16", "32"),
    "weight_word": ("64 b", "128 b", "256 b"),
    "architecture.voltage": ("0.5 V", "0.8 V"),
}
NAME, LABEL = "lanes </script><script>alert(1)</script>", "as <b>built</b>"
OBJECTIVES = (("energy_training_uj", "min"), ("latency_training_us", "min"), ("accuracy_test", "max"))
FIGURE = {
    "name": "energy",
    "title": "Energy by lanes",
    "kind": "line",
    "x": next(iter(AXES)),
    "y": "energy_training_uj",
    "lines": "weight_word",
    "panels": "architecture.voltage",
    "where": {},
    "log": [],
}
PARTS = ("weights", "traces", "soma.leak", "soma.sweep", "plasticity", "readout", "router", "leakage", "clock")


def save_study(
    folder: Path,
    axes: dict[str, tuple[str, ...]] = AXES,
    *,
    seeds: int = 3,
    objectives: Iterable[tuple[str, str]] = OBJECTIVES,
    more_metrics: int = 0,
    mission: bool = True,
) -> None:
    """Write a full grid of `axes`; designs of 4 lanes and 256 b fail, those above 0.6 mm2 are infeasible."""
    noise = random.Random(7)
    rows, parts = [], []
    for number, (choice, seed) in enumerate(itertools.product(itertools.product(*axes.values()), range(seeds))):
        row: dict[str, Any] = {"id": number, **dict(zip(axes, choice, strict=True)), "seed": seed}
        sizes = [list(axes.values())[i].index(level) for i, level in enumerate(choice)]
        if number // seeds == FAILED:
            rows.append({**row, "status": "failed", "message": "weights: 256 b > 64 b & <too wide>"})
            continue
        metrics = _metrics(sizes, noise)
        if mission:
            metrics |= _mission(sizes)
        metrics |= {f"extra_{i}_pj": (i + 1) * noise.uniform(1, 2) for i in range(more_metrics)}
        area = metrics["area_mm2"]
        limits = "" if area < 0.6 else f"area_mm2 {area:.4g} is not < 0.6"
        rows.append({**row, "status": "infeasible" if limits else "ok", "message": limits, **metrics})
        shares = {part: 1 / (i + 1) for i, part in enumerate(PARTS)}
        for kind, whole in (("energy_pj", 1e6 * metrics["energy_training_uj"]), ("area_um2", 1e6 * area)):
            parts += [(number, kind, part, whole * share / sum(shares.values())) for part, share in shares.items()]
    _write(folder / "points.csv", list(rows[-1]), rows)
    columns = ("id", "kind", "part", "value")
    _write(folder / "breakdown.csv", columns, [dict(zip(columns, each, strict=True)) for each in parts])
    about = {
        "sweep": NAME,
        "description": "what & why <i>",
        "accelsim": accelsim.__version__,
        "engine": "compiled",
        "seeds": list(range(seeds)),
        "axes": [{"name": name, "values": list(levels)} for name, levels in axes.items()],
        "objectives": [{"metric": metric, "direction": direction} for metric, direction in objectives],
        "constraints": ["area_mm2 < 0.6", "energy_training_uj < 60"],
        "figures": [FIGURE] if FIGURE["x"] in axes else [],
        "labels": [{"text": LABEL, "axes": {name: levels[0] for name, levels in axes.items()}}],
    }
    (folder / "sweep.json").write_text(json.dumps(about))


FAILED = 5
"""The design that has no numbers."""


def _metrics(sizes: list[int], noise: random.Random) -> dict[str, float]:
    first, second, third, *_ = [*sizes, 0, 0, 0]
    energy = (12 + 3 * second + 10 * third + 20 / (first + 1)) * noise.uniform(0.95, 1.05)
    return {
        "accuracy_test": round(0.6 + 0.03 * first - 0.02 * second + noise.uniform(-0.02, 0.02), 4),
        "energy_training_uj": energy,
        "energy_training_uj_low": energy / 2,
        "energy_training_uj_high": energy * 2,
        "latency_training_us": 12_000 / (first + 1) + 900 * second,
        "area_mm2": 0.3 + 0.08 * first + 0.05 * second,
        "cycles": 1000 + 10 * first,
    }


def _mission(sizes: list[int]) -> dict[str, float]:
    size = sum(sizes)
    broken = size > 4
    return {
        "mass_g": 2 + 0.2 * size,
        "volume_mm3": 900 + 70 * size,
        "mission_time_h": 90 - 8 * size,
        "power_mission_uw": 40 + 5 * size,
        "limits_failed": int(broken),
        "limits_failed_worst": int(broken) + 1,
    }


def _write(path: Path, columns: Iterable[str], rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(columns), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
