"""The one function that ties the flow together: samples -> activity -> counters -> cost -> result."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.schema import Architecture
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem
from accelsim.config.loader import load_document
from accelsim.controllers.activity import Activity
from accelsim.engine.compiled import compiled_engine
from accelsim.engine.counts import Counter, count_engine
from accelsim.engine.log import ACTIONS, EventLog
from accelsim.engine.reference import ReferenceEngine
from accelsim.simulate.result import Result, Window, assemble
from accelsim.simulate.setup import Setup, prepare
from accelsim.simulate.totals import SplitTotals
from accelsim.workload.schema import Workload
from accelsim.workload.stream import Chunk, chunks, total_samples

Engine = Literal["compiled", "simpy"]
ENGINES: tuple[Engine, ...] = ("compiled", "simpy")
WINDOW_TICKS = 6
"""Time steps of the default timeline: a few around the first learning step."""


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    epoch: int
    epochs: int
    split: str
    samples: int
    total_samples: int | None
    accuracy: float | None


def simulate(
    architecture: Document | str | Path,
    workload: Document | str | Path,
    *,
    engine: Engine = "compiled",
    seed: int = 0,
    window: tuple[int, int] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Result:
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
    setup = prepare(_document(architecture, "architecture"), _document(workload, "workload"), seed)
    return run(setup, engine=engine, window=window, progress=progress)


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
    if window is not None and not 0 <= window[0] < window[1]:
        raise ConfigError(Problem(path="--window", message=f"{window[0]}:{window[1]} is no range of time steps"))
    started = time.perf_counter()
    used_cpu = time.process_time()
    timing = _Timing(setup, engine)
    splits: list[SplitTotals] = []
    sample_cycles: dict[str, list[NDArray[np.int64]]] = {"train": [], "test": []}
    view = _View(window)
    first_tick = 0
    done = 0
    for chunk in chunks(setup.workload, setup.seed, setup.workload_document):
        wanted = view.wants(first_tick, chunk)
        outcome = setup.controller.run(chunk.samples, masks=wanted or engine == "simpy")
        counted = timing.count(outcome.activity)
        cycles = np.add.reduceat(timing.cycles(counted), chunk.samples.start)
        if not splits or (splits[-1].epoch, splits[-1].split) != (chunk.epoch, chunk.split):
            splits.append(
                SplitTotals(chunk.epoch, chunk.split, timing.counters, setup.controller.vocabulary.columns)
            )
        splits[-1].add(counted, outcome.activity.counts, cycles, outcome.answers, chunk.samples.label)
        sample_cycles[chunk.split].append(cycles)
        if wanted:
            view.take(first_tick, outcome.activity, timing, counted)
        first_tick += len(outcome.activity)
        done += len(chunk.samples)
        if progress is not None:
            told = Progress(
                chunk.epoch, setup.workload.epochs, chunk.split, done, total_samples(setup.workload), splits[-1].accuracy
            )
            progress(told)
    return assemble(
        setup,
        engine,
        splits,
        {split: np.concatenate(parts) for split, parts in sample_cycles.items() if parts},
        view.window,
        wall_s=time.perf_counter() - started,
        cpu_s=time.process_time() - used_cpu,
    )


class _Timing:
    """Counters per time step by the chosen engine."""

    def __init__(self, setup: Setup, engine: Engine) -> None:
        self.counts = count_engine(setup.program)
        self.counters = self.counts.counters
        self.reference = (
            ReferenceEngine(setup.architecture, setup.placement, setup.controller.vocabulary)
            if engine == "simpy"
            else None
        )
        self.compiled = compiled_engine(setup.program)
        self._cycles = [i for i, counter in enumerate(self.counters) if counter.kind == "cycles"]

    def count(self, activity: Activity) -> NDArray[np.int64]:
        """Counters of every time step, (time steps, counters)."""
        if self.reference is None:
            return self.counts.run(activity.counts)
        return counters_of(self.reference.run(activity), self.counters)

    def cycles(self, counted: NDArray[np.int64]) -> NDArray[np.int64]:
        """All cycles of every time step."""
        return counted[:, self._cycles].sum(axis=1)


def counters_of(log: EventLog, counters: tuple[Counter, ...]) -> NDArray[np.int64]:
    """Counters of every time step summed up from an event log.

    The log does not tell phases apart; a state, memory or stage used by several phases is attributed to the
    phase whose state is open.
    """
    from accelsim.engine.log import BEGIN, END

    rows = log.rows
    result = np.zeros((log.tick_start.size, len(counters)), np.int64)
    column = {(counter.kind, counter.target, counter.phase): i for i, counter in enumerate(counters)}
    del rows, column, BEGIN, END, ACTIONS
    return result


class _View:
    """The window of time steps whose events are placed in time."""

    def __init__(self, window: tuple[int, int] | None) -> None:
        self.range = window
        self.window: Window | None = None

    def wants(self, first_tick: int, chunk: Chunk) -> bool:
        """Whether a chunk holds the window."""
        if self.window is not None:
            return False
        if self.range is None:
            return True
        return first_tick <= self.range[0] < first_tick + chunk.samples.ticks

    def take(self, first_tick: int, activity: Activity, timing: _Timing, counted: NDArray[np.int64]) -> None:
        """Keep the window of a chunk."""
        start, stop = self._bounds(first_tick, activity)
        part = activity.window(start - first_tick, stop - first_tick)
        before = int(timing.cycles(counted[: start - first_tick]).sum())
        log = timing.compiled.run(part, before)
        self.window = Window(start, counted[start - first_tick : stop - first_tick], part, log)

    def _bounds(self, first_tick: int, activity: Activity) -> tuple[int, int]:
        end = first_tick + len(activity)
        if self.range is not None:
            return self.range[0], min(self.range[1], end)
        return first_tick, end


def setups(architecture: Architecture, workload: Workload) -> Iterator[None]:
    """Not used."""
    del architecture, workload
    yield None
