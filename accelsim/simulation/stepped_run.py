"""Runs of chips of many cores: the function of some steps, then their time, then what they cost."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from accelsim.controllers.stepped.chunk import StepChunk
from accelsim.engine.choice import Engine
from accelsim.engine.stepped.timing import Fidelity, StepTiming
from accelsim.simulation.progress import Progress
from accelsim.simulation.stepped_result import SteppedResult, assemble
from accelsim.simulation.stepped_setup import SteppedSetup
from accelsim.simulation.stepped_totals import SteppedTotals

CHUNK_MESSAGES = 400_000
"""Messages processed at once, about: bounds the memory of a run whatever its length."""
FIRST_STEPS = 8


def run_stepped(
    setup: SteppedSetup, *, engine: Engine = "compiled", progress: Callable[[Progress], None] | None = None
) -> SteppedResult:
    """Run a prepared network."""
    started, used_cpu = time.perf_counter(), time.process_time()
    fidelity = setup.chip.interconnect.noc
    timing = _timing(setup, fidelity, engine)
    totals = SteppedTotals(setup)
    steps, size = setup.workload.steps, FIRST_STEPS
    while totals.steps < steps:
        chunk = setup.function.run(min(size, steps - totals.steps))
        assert chunk.messages is not None
        times = timing.run(chunk.messages)
        if not totals.steps and fidelity != "cycle":
            totals.reference = _timing(setup, "cycle", engine).run(chunk.messages).time
        totals.add(chunk, times)
        size = _next_size(chunk, size)
        if progress is not None:
            progress(Progress(0, 1, "steps", totals.steps, steps, None))
    return assemble(setup, engine, totals, time.perf_counter() - started, time.process_time() - used_cpu)


def _timing(setup: SteppedSetup, fidelity: Fidelity, engine: Engine) -> StepTiming:
    return StepTiming(
        setup.grid,
        setup.costs,
        np.unique(setup.core),
        fidelity=fidelity,
        noc=setup.routers,
        clock=setup.chip.ticks(setup.chip.network_cycle),
        engine=engine,
    )


def _next_size(chunk: StepChunk, size: int) -> int:
    """Steps of the next chunk, from the messages of this one."""
    per_step = max(1.0, chunk.messages_sent.mean())
    return int(np.clip(CHUNK_MESSAGES / per_step, 1, 4 * size))
