"""A small run and a small sweep for the tests of the report, written by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import accelsim
from accelsim.report.load import RunData

IDENTITY = {"name": "tiny", "file": "tiny.yaml", "sha256": "ab" * 32, "resolved": {"architecture": "tiny"}}


def epoch(number: int, split: str, accuracy: float | None, idle: int, learn: int) -> dict[str, Any]:
    cycles = idle + learn
    return {
        "epoch": number,
        "split": split,
        "samples": 4,
        "answered": 4,
        "accuracy": accuracy,
        "ticks": 40,
        "cycles": cycles,
        "sample_cycles_mean": cycles / 4,
        "sample_cycles_max": cycles // 4 + 7,
        "cycles_idle": idle,
        "cycles_learn": learn,
        "cycles_unused": 0,
        "energy_uj": 2.5,
        "energy_uj_low": 1.25,
        "energy_uj_high": 5.125,
    }


def band(name: str, nominal: float) -> dict[str, float]:
    """A number with half and double of it as its band."""
    return {name: nominal, f"{name}_low": nominal / 2, f"{name}_high": nominal * 2}


def tiny_run(**changes: Any) -> RunData:
    """A run of two epochs on a chip of two components; `changes` replace entries of `about`."""
    about = {
        "accelsim": accelsim.__version__,
        "python": "3.11.7",
        "packages": {"numpy": "2.4.6"},
        "architecture": IDENTITY,
        "workload": {**IDENTITY, "name": "toy & <b>task</b>", "file": None},
        "engine": "compiled",
        "seed": 7,
        "engines_agree": True,
        "engines_difference": None,
        "warnings": ["3 V is beyond the data"],
        "simulated_cycles_per_cpu_s": 123_456_789,
        "memory_words": {"weights": 64},
        "memory_words_used": {"weights": 48},
        "clock_hz": 13e6,
        "voltage_v": 0.5,
        "technology": "28nm",
    }
    metrics: dict[str, float | int | None] = {
        "accuracy_test": 0.875,
        "samples": 16,
        "ticks": 160,
        "cycles": 5200,
        "latency_inference_us": 76.923,
        "latency_inference_us_p99": 80.5,
        "latency_training_us": 123.077,
        "latency_training_us_p99": 130.25,
        "latency_step_inference_us": 7.6923,
        "latency_step_training_us": 12.3,
        "energy_total_pj": 1.0e7,
        "energy_total_pj_low": 4.0e6,
        "energy_total_pj_high": 2.5e7,
        "power_real_time_uw": 12.7192,
        "power_real_time_uw_low": 2.8786,
        "power_real_time_uw_high": 83.42197,
        "power_average_uw": None,
        "power_average_uw_low": None,
        "power_average_uw_high": None,
        "area_mm2": 0.3722,
        "area_mm2_low": 0.229,
        "area_mm2_high": 0.68,
    }
    energies = {"energy_pj": 6e6, "energy_pj_low": 3e6, "energy_pj_high": 1.2e7}
    tables: dict[str, list[dict[str, Any]]] = {
        "epochs": [
            epoch(0, "train", 0.5, 1000, 600),
            epoch(0, "test", 0.75, 1000, 0),
            epoch(1, "train", 1.0, 1000, 600),
            epoch(1, "test", None, 1000, 0),
        ],
        "steps": [{"tick": 3, "cycles_idle_wait": 25, "cycles_learn_learn": 0, "read_weights_learn": 2}],
        "counters": [
            {"kind": "cycles", "target": "idle", "phase": "wait", "count": 4000},
            {"kind": "cycles", "target": "learn", "phase": "learn", "count": 1200},
            {"kind": "cycles", "target": "unused", "phase": "wait", "count": 0},
            {"kind": "read", "target": "weights", "phase": "learn", "count": 9},
        ],
        "energy": [
            {
                "component": "weights",
                "action": "read",
                "count": 9.0,
                **energies,
                "provenance": "9 x <table> | Smith [measured]",
            },
            {
                "component": "weights",
                "action": "leakage",
                "count": None,
                **energies,
                "provenance": "leak | Jones [assumed]",
            },
            {
                "component": "soma.leak",
                "action": "update",
                "count": 160.0,
                "provenance": "graph | Doe [measured]",
                "energy_pj": 1e6,
                "energy_pj_low": 5e5,
                "energy_pj_high": 3e6,
            },
        ],
        "datapaths": [
            {
                "component": "soma.update",
                "instances": 2,
                "operations": 9,
                "critical_path_ns": 2.04,
                "critical_path_ns_low": 0.5,
                "critical_path_ns_high": 6.4,
                "pipeline_stages": 3,
                "initiation_interval_cycles": 2,
                "register_bits": 1_226,
                "energy_per_update_pj": 1.04,
                "energy_per_update_pj_low": 0.57,
                "energy_per_update_pj_high": 1.8,
                "area_um2": 2_000.0,
                "area_um2_low": 1_500.0,
                "area_um2_high": 2_500.0,
                "measured": False,
            },
        ],
        "area": [
            {
                "component": "weights",
                "area_um2": 80_000.0,
                "area_um2_low": 60_000.0,
                "area_um2_high": 120_000.0,
            },
            {
                "component": "soma.leak",
                "area_um2": 2_000.0,
                "area_um2_low": 1_500.0,
                "area_um2_high": 2_500.0,
            },
        ],
        "power": [
            {
                "component": name,
                **band("power_average_uw", mean),
                **band("power_peak_uw", 2 * mean),
                "peak_start_s": 0.04,
            }
            for name, mean in (("weights", 8.0), ("soma.leak", 4.0))
        ],
        "power_trace": [
            {"start_s": 0.0, "duration_s": 0.04, "weights": 4.0, "soma.leak": 2.0},
            {"start_s": 0.04, "duration_s": 0.04, "weights": 12.0, "soma.leak": 6.0},
        ],
        "power_domains": [
            {
                "domain": "synapses",
                "components": "weights",
                "off_share": 0.75,
                "wake_ups": 160,
                **band("wake_up_energy_pj", 40.0),
                "leakage_saved_uj": 2.5,
                "break_even_us": 7.5,
            }
        ],
        "operating_points": [
            {
                "point": "own",
                "voltage_v": 0.5,
                "clock_mhz": 13.0,
                **band("clock_limit_mhz", 20.0),
                "clock_reachable": True,
                **band("energy_sample_uj", 2.5),
                **band("power_average_uw", 12.0),
                "latency_sample_us": 76.9,
                "wake_up_us": 0.1,
                "deadlines_met": True,
            }
        ],
        "wear": [
            {
                "memory": "weights",
                "kind": "rram",
                "cells": 512,
                "writes_mean": 2.5,
                "writes_max": 40.0,
                **band("lifetime_first_failure_days", 34.7),
                **band("lifetime_01pct_days", 2000.0),
                **dict.fromkeys(band("lifetime_1pct_days", 0.0)),
                "writes_known": "counted cell by cell",
            }
        ],
        "published": [published()],
    }
    return RunData(metrics, tables, {**about, **changes})


def published(**changes: Any) -> dict[str, Any]:
    return {
        "chip": "Other",
        "metric": "energy_per_sop_pj",
        "unit": "pJ",
        "predicted_low": 27.13,
        "predicted": 62.33,
        "predicted_high": 167.4,
        "published_low": 5.3,
        "published_high": 5.3,
        "ratio": 11.76,
        "inside": False,
        "condition": "0.5 V",
        "source": "A paper, https://example.org/paper",
        "verified": "verified",
        **changes,
    }


def save_run(folder: Path, run: RunData) -> None:
    """Write a run as `Result.save` does, as far as reports read it."""
    tables = {name: rows for name, rows in run.tables.items() if name != "steps"}
    data = {"about": run.about, "metrics": run.metrics, "tables": tables}
    (folder / "result.json").write_text(json.dumps(data))
    if run.tables["steps"]:
        header = list(run.tables["steps"][0])
        lines = [
            ",".join(header),
            *(",".join(str(row[name]) for name in header) for row in run.tables["steps"]),
        ]
        (folder / "steps.csv").write_text("\n".join(lines) + "\n")


POINTS = """\
id,architecture.core.units.plasticity.lanes,seed,status,message,energy_inference_uj,energy_inference_uj_low,energy_inference_uj_high,accuracy_test
0,4,0,done,,2.0,1.0,4.0,0.8
1,8,0,done,,3.0,2.0,5.0,0.9
2,16,0,done,,3.5,2.5,6.0,0.85
3,32,0,failed,lanes: 32 > 16 & <too many>,,,,
"""


def save_sweep(folder: Path, points: str = POINTS, **changes: Any) -> None:
    """Write a sweep directory; `changes` replace entries of `sweep.json`."""
    data = {
        "sweep": "how many lanes",
        "description": "",
        "accelsim": accelsim.__version__,
        "engine": "compiled",
        "seeds": [0],
        "objectives": [
            {"metric": "energy_inference_uj", "direction": "min"},
            {"metric": "accuracy_test", "direction": "max"},
        ],
    }
    (folder / "sweep.json").write_text(json.dumps({**data, **changes}))
    (folder / "points.csv").write_text(points)
