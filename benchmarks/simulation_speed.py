"""Simulated cycles per CPU second of both engines, and the time from process start to the first result.

    python benchmarks/simulation_speed.py [--json FILE]

Per-tick counters are kept throughout; compilation is done before the clock starts.  Reference points measured
elsewhere: Verilator on the RTL 0.2 million cycles per CPU second, a hand-written C++ model 14 million.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np

from accelsim.architecture.schema import Architecture
from accelsim.config.document import Document
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.controllers.base import Controller, Request
from accelsim.controllers.registry import controllers
from accelsim.controllers.samples import Samples
from accelsim.engine.counts import count_engine
from accelsim.engine.program import Program, lower
from accelsim.engine.reference import ReferenceEngine
from accelsim.mapping.placement import place
from accelsim.workload.schema import Workload
from accelsim.workload.stream import chunks

REPEATS = 5


def program(populations: dict[str, int], rule: str | None) -> tuple[Controller, Program, Architecture]:
    """The shipped ReckOn core programmed for a network, with the settings of the cue task."""
    document = load_document("reckon", "architecture")
    architecture = validate(document, Architecture)
    kind = controllers.get(architecture.core.controller)
    settings = validate(load_document("cue_accumulation", "workload"), kind.settings_model, at=("settings", "reckon"))
    controller = kind.build(architecture.core, Request(populations, rule, {}, settings, 0))
    lowered = lower(architecture, place(architecture, populations, document), controller.vocabulary, document)
    return controller, lowered, architecture


def cue_samples(count: int) -> list[Samples]:
    """Training samples of the cue task, 2250 ticks each."""
    document: Document = load_document(
        "cue_accumulation", "workload", overrides=["epochs=1", f"training_samples={count}"]
    )
    workload = validate(document.with_overrides(["test_samples=0"]), Workload)
    return [chunk.samples for chunk in chunks(workload, 0)]


def random_samples(inputs: int, ticks: int, events_per_tick: float) -> list[Samples]:
    """One sample of uniformly random input events."""
    rng = np.random.default_rng(0)
    tick = np.sort(rng.integers(0, ticks, int(ticks * events_per_tick)))
    zeros = np.zeros(ticks, np.uint8)
    one = np.ones(1, np.int32)
    return [
        Samples(
            ticks * one, tick, rng.integers(0, inputs, tick.size).astype(np.int32), 0 * one, -one, zeros, zeros,
            np.zeros((0, 0), np.int32), np.zeros(1, bool),
        )
    ]  # fmt: skip


def compiled_rate(controller: Controller, lowered: Program, parts: list[Samples]) -> dict[str, float]:
    """Cycles per CPU second of functional replay plus per-tick counters, compiled engine."""
    engine = count_engine(lowered)
    columns = [i for i, counter in enumerate(engine.counters) if counter.kind == "cycles"]
    rates = []
    for _ in range(REPEATS + 1):
        cycles = 0
        began = time.process_time()
        for samples in parts:
            cycles += int(engine.run(controller.run(samples).activity.counts)[:, columns].sum())
        rates.append(cycles / (time.process_time() - began))
    return {"median": float(np.median(rates[1:])), "best": float(max(rates[1:])), "cycles": cycles}


def simpy_rate(
    controller: Controller, lowered: Program, architecture: Architecture, samples: Samples
) -> dict[str, float]:
    """Cycles per CPU second of the reference engine on one sample."""
    activity = controller.run(samples, masks=range(samples.ticks)).activity
    reference = ReferenceEngine(architecture, lowered.placement, controller.vocabulary)
    began = time.process_time()
    run = reference.run(activity)
    cycles = int(run.log.tick_stop[-1])
    return {"median": cycles / (time.process_time() - began), "cycles": cycles}


def startup() -> dict[str, float]:
    """Seconds from process start to the first result, with an empty and with a filled kernel cache."""
    short = ["--set", "workload.epochs=1", "--set", "workload.training_samples=1", "--set", "workload.test_samples=1"]
    times = {}
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"ACCELSIM_CACHE_DIR": os.path.join(folder, "cache")}
        code = (
            "import sys; from accelsim import load_workload, simulate; "
            "print(simulate('reckon', load_workload('cue_accumulation', overrides=sys.argv[1:])).cycles)"
        )
        for name in ("cold", "hot"):
            began = time.perf_counter()
            arguments = [text.removeprefix("workload.") for text in short if text != "--set"]
            subprocess.run([sys.executable, "-c", code, *arguments], check=True, env=environment, capture_output=True)
            times[f"{name}_s"] = time.perf_counter() - began
    return times


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", help="write the figures here")
    arguments = parser.parse_args()
    figures: dict[str, dict[str, float]] = {}
    controller, lowered, architecture = program({"input": 40, "recurrent": 100, "output": 2}, "eprop")
    parts = cue_samples(40)
    figures["cue 40-100-2 learning, compiled (cycles/CPU s)"] = compiled_rate(controller, lowered, parts)
    figures["cue 40-100-2 learning, simpy (cycles/CPU s)"] = simpy_rate(
        controller, lowered, architecture, parts[0].part(0, 1)
    )
    big, big_program, _ = program({"input": 256, "recurrent": 256, "output": 16}, None)
    figures["256-256-16 inference, compiled (cycles/CPU s)"] = compiled_rate(
        big, big_program, random_samples(256, 2000, 20.0)
    )
    figures["process start to first result"] = startup()
    for name, values in figures.items():
        print(f"{name}: " + ", ".join(f"{key} {value:,.4g}" for key, value in values.items()))
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)


if __name__ == "__main__":
    main()
