"""Eligibility updates per CPU second of e-prop on a tick-driven core, and what timing, plug-ins and a new process cost.

    python benchmarks/learning_speed.py [--json FILE]

256 inputs and 256 recurrent neurons with adaptive threshold have 131,072 plastic synapses; float32, a learning signal
in every time step, about 3 % of the inputs and of the neurons spiking in each. An eligibility update is one synapse in
one time step. Beside it stands a plain numba loop that does the same arithmetic per synapse on arrays of the same
sizes and nothing else: no network, no counts of the words that changed, no wear of cells.

All speeds are medians of CPU times, of runs that take turns. Compilation is done before the clock starts, but for the
last figure: time from the start of a process to the end of a short run, with an empty cache and with a filled one. Exit
status 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from accelsim.config.loader import load_document
from accelsim.plasticity import eprop
from accelsim.simulation.plugins import load_plugins
from accelsim.simulation.run import run
from accelsim.simulation.setup import Setup, prepare
from accelsim.workload.stream import chunks

CORE = "alif_core"
"""`single_core` with neurons whose threshold adapts."""
INPUTS, NEURONS, OUTPUTS = 256, 256, 2
SYNAPSES = (INPUTS + NEURONS) * NEURONS
TICKS, SAMPLES = 500, 8
"""Time steps of a sample, samples of the recording."""
EPOCHS = 25
"""Repetitions of the recording in a run with timing: what a run costs once must not hide what a time step costs."""
INPUT_RATE = 0.03
REPEATS = 7
UPDATES = {"weights change online": "online", "weights change at the end of a sample": "end of sample"}
COPY = "eprop-copy"
RATE, TIMING, PLUGIN = 2e9, 2.0, 0.9
"""Targets: updates per CPU second, run with timing to function, plug-in to built-in rule."""

WORKLOAD = """\
workload: learning-speed
task: {{kind: recorded, path: stimulus.npz}}
network: {{input: {inputs}, recurrent: {neurons}, output: {outputs}}}
epochs: {epochs}
learning:
  rule: {rule}
  parameters:
    {{rate: 1.0e-5, trace_decay: 0.951229, readout_decay: 0.951229, adaptation: true, adaptation_decay: 0.9995,
     update: {update}}}
settings:
  tick:
    neuron: {{decay: 0.951229, adaptation_decay: 0.9995, beta: 0.05, refractory_steps: 3}}
    readout_decay: 0.951229
    input_weights: {{scale: 4.0}}
"""


def record(folder: Path) -> None:
    """Draw the stimulus: random input spikes, a target in every time step."""
    rng = np.random.default_rng(0)
    tick, address = np.nonzero(rng.random((TICKS * SAMPLES, INPUTS)) < INPUT_RATE)
    everywhere = np.ones(TICKS * SAMPLES, np.int64)
    np.savez(
        folder / "stimulus.npz",
        events=np.stack([tick // TICKS, tick % TICKS, address], axis=1),
        sample_len=np.full(SAMPLES, TICKS),
        sample_label=rng.integers(0, OUTPUTS, SAMPLES),
        target_valid=everywhere,
        infer_acc=everywhere,
    )


def prepared(folder: Path, rule: str, update: str, epochs: int = 1) -> Setup:
    """The core programmed for the workload."""
    path = folder / f"{rule}-{update.replace(' ', '-')}-{epochs}.yaml"
    sizes = {"inputs": INPUTS, "neurons": NEURONS, "outputs": OUTPUTS}
    path.write_text(WORKLOAD.format(**sizes, rule=rule, update=update, epochs=epochs), encoding="utf-8")
    return prepare(load_document(CORE, "architecture"), load_document(str(path), "workload"), 0)


def function(setup: Setup) -> Callable[[], None]:
    """Functional replay alone of all samples."""

    def replay() -> None:
        for chunk in chunks(setup.workload, setup.seed, setup.recording):
            setup.controller.run(chunk.samples)  # type: ignore[union-attr, call-arg]

    return replay


@njit(error_model="numpy")
def plain_loop(
    steps: int, eligibility: Any, adaptive: Any, learnt: Any, pre: Any, psi: Any, beta: Any, signal: Any, factors: Any
) -> None:
    """E-prop per synapse, as a plain loop; `learnt` is the weight times the learning rate, or the gradient."""
    kappa, rho = factors
    for _ in range(steps):
        for i in range(eligibility.shape[0]):
            for j in range(eligibility.shape[1]):
                now = psi[j] * (pre[i] - beta[j] * adaptive[i, j])
                eligibility[i, j] = kappa * eligibility[i, j] + now
                adaptive[i, j] = rho * adaptive[i, j] + now
                learnt[i, j] += signal[j] * eligibility[i, j]


def yardstick() -> Callable[[], None]:
    """The plain loop on arrays of the sizes of the network."""
    rng = np.random.default_rng(0)
    synaptic = [np.zeros((INPUTS + NEURONS, NEURONS), np.float32) for _ in range(3)]
    pre, psi, beta, signal = (
        rng.random(size).astype(np.float32) * np.float32(0.1) for size in (INPUTS + NEURONS, NEURONS, NEURONS, NEURONS)
    )
    factors = np.float32(0.951229), np.float32(0.9995)
    return lambda: plain_loop(TICKS * SAMPLES, *synaptic, pre, psi, beta, signal, factors)


def cpu_seconds(tasks: dict[str, Callable[[], object]], repeats: int = REPEATS) -> dict[str, float]:
    """Median CPU time of each task; they take turns, and their first turn does not count."""
    spent: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(repeats + 1):
        for name, task in tasks.items():
            began = time.process_time()
            task()
            spent[name].append(time.process_time() - began)
    return {name: statistics.median(times[1:]) for name, times in spent.items()}


def speeds(folder: Path) -> dict[str, float]:
    """Updates per CPU second of the plain loop, the rule, and the same rule from a plug-in file."""
    plugin = folder / "eprop_copy.py"
    text = Path(eprop.__file__).read_text(encoding="utf-8")
    plugin.write_text(text.replace('@register("eprop")', f'@register("{COPY}")'), encoding="utf-8")
    load_plugins([plugin])
    tasks: dict[str, Callable[[], object]] = {"plain numba loop": yardstick()}
    for name, update in UPDATES.items():
        tasks[name] = function(prepared(folder, "eprop", update))
        tasks[f"{name}, plug-in"] = function(prepared(folder, COPY, update))
    updates = SYNAPSES * TICKS * SAMPLES
    return {name: updates / seconds for name, seconds in cpu_seconds(tasks).items()}


def timing(folder: Path) -> dict[str, float]:
    """CPU seconds of the function alone, of the run with timing and costs, and of a run of a single epoch."""
    setup, short = (prepared(folder, "eprop", "online", epochs) for epochs in (EPOCHS, 1))
    return cpu_seconds(
        {"function": function(setup), "run with timing": lambda: run(setup), "one epoch": lambda: run(short)}, repeats=1
    )


def processes(folder: Path) -> dict[str, float]:
    """Seconds of a new process that runs one epoch, and files that it adds to the cache: the first one, the second."""
    cache = folder / "cache"
    code = "import sys; from accelsim import simulate; print(simulate(*sys.argv[1:]).cycles)"
    found: dict[str, float] = {}
    for name in ("cold", "hot"):
        before = sum(1 for _ in cache.rglob("*.nb*"))
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", code, CORE, str(folder / "eprop-online-1.yaml")],
            check=True, capture_output=True, env=os.environ | {"ACCELSIM_CACHE_DIR": str(cache)},
        )  # fmt: skip
        found[f"{name}_s"] = time.perf_counter() - began
        found[f"{name}_compiled"] = sum(1 for _ in cache.rglob("*.nb*")) - before
    return found


def main() -> None:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", metavar="FILE", help="write the figures here")
    file = parser.parse_args().json
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        record(folder)
        rates = speeds(folder)
        for name, rate in rates.items():
            share = rate / rates["plain numba loop"]
            print(f"{name:<55} {rate / 1e9:6.2f} G updates/CPU s, {share:4.2f} of the plain loop", flush=True)
        spent = timing(folder)
        for name, seconds in spent.items():
            print(f"{name:<55} {seconds:6.2f} CPU s", flush=True)
        once = spent["one epoch"] - (spent["run with timing"] - spent["one epoch"]) / (EPOCHS - 1)
        print(f"{'of a run, what does not grow with it':<55} {once:6.2f} CPU s")
        new = processes(folder)
        print(f"{'new process, empty cache / filled cache':<55} {new['cold_s']:6.2f} s / {new['hot_s']:.2f} s")
    figures = {"updates_per_cpu_s": rates, "cpu_s": spent, "processes": new}
    targets = []
    for name in UPDATES:
        targets.append((f"{name}: updates/CPU s", rates[name], RATE, rates[name] >= RATE))
        ratio = rates[f"{name}, plug-in"] / rates[name]
        targets.append((f"{name}: plug-in to built-in", ratio, PLUGIN, ratio >= PLUGIN))
    ratio = spent["run with timing"] / spent["function"]
    targets.append((f"{EPOCHS * SAMPLES * TICKS:,} time steps: with timing to without", ratio, TIMING, ratio <= TIMING))
    compiled = new["hot_compiled"]
    targets.append(("kernels that the second process compiles", compiled, 0, compiled == 0))
    for name, value, target, reached in targets:
        print(f"{name:<55} {value:6.4g} (target {target:g}) {'reached' if reached else 'MISSED'}")
    if file is not None:
        Path(file).write_text(json.dumps(figures, indent=1), encoding="utf-8")
    sys.exit(not all(reached for *_, reached in targets))


if __name__ == "__main__":
    main()
