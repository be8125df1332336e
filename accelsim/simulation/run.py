"""The one function that ties the flow together: samples -> activity -> counters -> cost -> result."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem
from accelsim.config.loader import load_document
from accelsim.controllers.event_driven import EventController
from accelsim.controllers.samples import Samples
from accelsim.datapath.toggles import Operands
from accelsim.engine.choice import Engine
from accelsim.simulation.event_run import EventRun
from accelsim.simulation.kinds import runs_in_steps
from accelsim.simulation.mesh_run import MeshRun
from accelsim.simulation.part import Window
from accelsim.simulation.progress import Progress
from accelsim.simulation.result import Result, assemble
from accelsim.simulation.setup import Setup, prepare
from accelsim.simulation.stepped_result import SteppedResult
from accelsim.simulation.stepped_run import run_stepped
from accelsim.simulation.stepped_setup import prepare_stepped
from accelsim.simulation.switching import measured
from accelsim.simulation.tick_run import TickRun
from accelsim.simulation.totals import SplitTotals
from accelsim.simulation.windows import WindowTotals
from accelsim.workload.stream import Chunk, chunks, middle_sample, total_samples

WINDOW_TICKS = 6
"""Time steps of the default timeline: a few around the first learning step."""


def simulate(
    architecture: Document | str | Path,
    workload: Document | str | Path,
    *,
    engine: Engine = "compiled",
    seed: int = 0,
    window: tuple[int, int] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Result | SteppedResult:
    """Run a workload on a chip.

    Parameters
    ----------
    architecture, workload : Document, or path or shipped name of one
    engine : {"compiled", "simpy"}
        Timing engine; both give the same events.
    seed : int
        Seed of everything random: stimulus, initial weights, random sources.
    window : (int, int), optional
        Time steps of the run, from and up to, whose events are placed in time for the timeline; by default
        a few around the first learning step.
    progress : callable, optional
        Told after every chunk of samples.

    Raises
    ------
    ConfigError
        For anything wrong in the descriptions or the data they name.
    """
    documents = _document(architecture, "architecture"), _document(workload, "workload")
    if runs_in_steps(*documents):
        return run_stepped(prepare_stepped(*documents, seed), engine=engine, progress=progress)
    return run(prepare(*documents, seed), engine=engine, window=window, progress=progress)


def _document(given: Document | str | Path, kind: str) -> Document:
    return given if isinstance(given, Document) else load_document(given, kind)


def run(
    setup: Setup,
    *,
    engine: Engine = "compiled",
    window: tuple[int, int] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Result:
    """Run a prepared setup (see :func:`simulate`)."""
    if window is not None:
        check_window(window, setup.ticks)
    started = time.perf_counter()
    used_cpu = time.process_time()
    runner = _runner(setup, engine)
    splits: list[SplitTotals] = []
    windows = WindowTotals(runner.counters, setup.architecture.core.phases)
    latencies: dict[str, list[NDArray[np.int64]]] = {}
    shown: Window | None = None
    first_tick = 0
    done = 0
    of = total_samples(setup.workload, setup.recording)
    operands: Mapping[str, Operands] = {}
    middle = middle_sample(setup.workload, setup.recording)
    for chunk in _sized(chunks(setup.workload, setup.seed, setup.recording), engine):
        samples = chunk.samples
        wanted = range(0) if shown is not None else _window_ticks(window, first_tick, samples)
        heard = middle - done if done <= middle < done + len(samples) else None
        part = runner.run(chunk, wanted, first_tick + wanted.start, heard)
        operands = operands or part.operands
        if not splits or (splits[-1].epoch, splits[-1].split) != (chunk.epoch, chunk.split):
            splits.append(SplitTotals(chunk.epoch, chunk.split, runner.counters, runner.columns))
        splits[-1].add(part, samples.ticks, samples.label)
        windows.add(part.pieces)
        latencies.setdefault(chunk.split, []).append(part.latency_cycles)
        shown = shown or part.window
        first_tick += samples.ticks
        done += len(samples)
        if progress is not None:
            progress(Progress(chunk.epoch, setup.workload.epochs, chunk.split, done, of, splits[-1].accuracy))
    return assemble(
        setup,
        engine,
        splits,
        {split: np.concatenate(parts) for split, parts in latencies.items()},
        shown,
        measured(setup, operands),
        windows=windows.taken(),
        cell_writes=runner.cell_writes(),
        mesh=runner.totals if isinstance(runner, MeshRun) else None,
        wall_s=time.perf_counter() - started,
        cpu_s=time.process_time() - used_cpu,
    )


def _runner(setup: Setup, engine: Engine) -> EventRun | TickRun:
    if isinstance(setup.controller, EventController):
        return EventRun(setup, engine)
    return TickRun(setup, engine) if setup.mesh is None else MeshRun(setup, engine)


def check_window(window: tuple[int, int], ticks: int) -> None:
    """Raise `ConfigError` unless a window of time steps begins within the run."""
    first, last = window
    if not 0 <= first < last:
        raise ConfigError(Problem(path="--window", message=f"{first}:{last} is no range of time steps"))
    if first >= ticks:
        message = f"{first}:{last} begins after the run, which has {ticks} time steps"
        raise ConfigError(Problem(path="--window", message=message))


def _sized(stream: Iterator[Chunk], engine: Engine) -> Iterator[Chunk]:
    """Chunks as they come, or sample by sample for the reference engine, which needs every mask of a chunk."""
    for chunk in stream:
        if engine == "compiled":
            yield chunk
        else:
            for i in range(len(chunk.samples)):
                yield Chunk(chunk.epoch, chunk.split, chunk.samples.part(i, i + 1))


def _window_ticks(window: tuple[int, int] | None, first_tick: int, samples: Samples) -> range:
    """Ticks of a chunk that the timeline shows, if the window begins in this chunk."""
    if window is not None:
        start, stop = window[0] - first_tick, window[1] - first_tick
        return range(start, min(stop, samples.ticks)) if 0 <= start < samples.ticks else range(0)
    learning = np.flatnonzero(samples.target_valid & samples.training[samples.sample_of_tick])
    start = max(0, int(learning[0]) - WINDOW_TICKS // 2) if learning.size else 0
    return range(start, min(start + WINDOW_TICKS, samples.ticks))
