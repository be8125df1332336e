"""The one function that ties the flow together: samples -> activity -> counters -> cost -> result."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem
from accelsim.config.loader import load_document
from accelsim.controllers.event_driven import EventController
from accelsim.engine.choice import Engine
from accelsim.lifelong.budget import Budget
from accelsim.simulation.capping import Capped
from accelsim.simulation.event_run import EventRun
from accelsim.simulation.kinds import described_for, runs_in_steps
from accelsim.simulation.mesh_run import MeshRun
from accelsim.simulation.overload import Overload
from accelsim.simulation.part import Runner
from accelsim.simulation.progress import Progress
from accelsim.simulation.recording import Recording
from accelsim.simulation.result import Result, assemble
from accelsim.simulation.resume import Keeper
from accelsim.simulation.run_state import RunState
from accelsim.simulation.session import Session, Work
from accelsim.simulation.setup import Setup, prepare
from accelsim.simulation.stepped_result import SteppedResult
from accelsim.simulation.stepped_run import run_stepped
from accelsim.simulation.stepped_setup import prepare_stepped
from accelsim.simulation.switching import measured
from accelsim.simulation.tick_run import TickRun
from accelsim.simulation.upkeep import Upkeep
from accelsim.workload.stream import Chunk, chunks, total_samples


def simulate(
    architecture: Document | str | Path,
    workload: Document | str | Path,
    *,
    engine: Engine = "compiled",
    seed: int = 0,
    window: tuple[int, int] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Result | SteppedResult:
    """Run a workload on a chip, or on the description that a chip of many cores names for workloads that learn.

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
    task = _document(workload, "workload")
    documents = described_for(_document(architecture, "architecture"), task), task
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
    keeper: Keeper | None = None,
) -> Result:
    """Run a prepared setup (see :func:`simulate`); a `keeper` lets it be interrupted and resumed."""
    if window is not None:
        check_window(window, setup.ticks)
    started = time.perf_counter()
    used_cpu = time.process_time()
    session = Session(setup)
    inner = _runner(setup, engine)
    overload = None
    if setup.workload.real_time is not None:
        assert isinstance(inner, TickRun)
        overload = Overload(inner, setup, setup.workload.real_time)
    paced = inner if overload is None else overload
    runner: Runner = Upkeep(paced, setup, engine) if session.capabilities else paced
    for capability in session.capabilities:
        if isinstance(capability, Budget) and isinstance(runner, Upkeep):
            runner = Capped(runner, setup, capability)
    recording = Recording(setup, runner, window)
    stream = chunks(setup.workload, setup.seed, setup.recording)
    parts_of_run = RunState(setup, session, recording, inner, overload)
    if keeper is not None:
        if (before := keeper.load(setup, engine, window)) is not None:
            parts_of_run.restore(before)
        stream = keeper.watch(stream, parts_of_run.taken)
    recording.supply = session.supply
    if isinstance(runner, Capped):
        runner.supply = session.supply
    alone = session.supply is not None or (overload is not None and overload.drops)
    of = total_samples(setup.workload, setup.recording, setup.seed)
    for step in session.steps(stream):
        if isinstance(step, Work):
            session.took([done := recording.charge(step)])
            if overload is not None:
                overload.worked(done.cycles)
            continue
        parts = []
        for piece in _sized(step, engine, alone=alone):
            parts.append(recording.run(piece))
            if progress is not None:
                accuracy = recording.totals(piece).accuracy
                at = (step.epoch, setup.workload.rounds, step.split, recording.done, of, accuracy, step.task)
                progress(Progress(*at))
            if not parts[-1].whole:
                break
        session.took(parts)
    if keeper is not None:
        keeper.finish()
    return assemble(
        setup,
        engine,
        list(recording.splits.values()),
        recording.latencies,
        recording.shown,
        measured(setup, recording.operands),
        windows=recording.windows.taken(),
        cell_writes=runner.cell_writes(),
        mesh=inner.totals if isinstance(inner, MeshRun) else None,
        capabilities=session.capabilities,
        ledger=session.ledger,
        overload=overload,
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


def _sized(chunk: Chunk, engine: Engine, *, alone: bool) -> Iterator[Chunk]:
    """A chunk as it is, or sample by sample: where power may fail or events may be lost, and for the reference
    engine, which needs every mask of a chunk."""
    if engine == "compiled" and not alone:
        yield chunk
        return
    for i in range(len(chunk.samples)):
        yield replace(chunk, samples=chunk.samples.part(i, i + 1))
