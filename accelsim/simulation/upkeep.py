"""A runner whose core also does jobs between samples, timed by its own phases of upkeep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.config.errors import ConfigError, Problem
from accelsim.engine.choice import Engine, TickCounters
from accelsim.engine.counts import Counter
from accelsim.lifelong.job import Job, activity, vocabulary
from accelsim.simulation.job_phases import moved, unmoved, upkeep_program
from accelsim.simulation.part import Part, Pieces, Runner
from accelsim.simulation.setup import Setup
from accelsim.workload.stream import Chunk


class Upkeep:
    """A runner with counters for its jobs beside its own (see :class:`accelsim.simulation.part.Runner`)."""

    def __init__(self, runner: Runner, setup: Setup, engine: Engine) -> None:
        self.runner = runner
        self.columns = runner.columns
        self.vocabulary = vocabulary(setup.architecture.core)
        architecture, program = upkeep_program(setup)
        self._moved = moved(program)
        self._jobs = TickCounters(architecture, program, engine)
        self.counters: tuple[Counter, ...] = (*runner.counters, *self._jobs.counters)
        self._cycles = [i for i, counter in enumerate(self._jobs.counters) if counter.kind == "cycles"]
        self._cores = setup.cores

    def run(self, chunk: Chunk, window: range, first_tick: int, heard: int | None = None) -> Part:
        """Process a chunk."""
        part = self.runner.run(chunk, window, first_tick, heard)
        more = len(self._jobs.counters)
        pieces = part.pieces
        return replace(
            part,
            counted=np.pad(part.counted, (0, more)),
            pieces=replace(pieces, counted=np.pad(pieces.counted, ((0, 0), (0, more)))),
        )

    def charge(self, job: Job) -> Part:
        """Do a job; cores share its words evenly and work at the same time.

        Raises
        ------
        ConfigError
            If it moves words that no phase does.
        """
        if messages := list(unmoved(job, self._moved)):
            raise ConfigError([Problem(path="core.upkeep", message=message) for message in messages])
        counted = self._jobs.count(activity(job, self.vocabulary))[0]
        cycles = counted[self._cycles] = -(-counted[self._cycles] // self._cores)
        padded = np.concatenate([np.zeros(len(self.runner.counters), np.int64), counted])
        took = int(cycles.sum())
        none = np.zeros(0, np.int64)
        return Part(
            padded,
            np.zeros(len(self.columns), np.int64),
            took,
            none,
            none.astype(np.int32),
            Pieces(padded[None], np.ones(1, np.int64), np.array([took])),
        )

    def begun(self, job: Job, share: float) -> Part:
        """Do the beginning of a job."""
        return self.charge(job.share(share))

    def cell_writes(self) -> Mapping[str, NDArray[Any]]:
        """Writes of each cell of the runner's memories."""
        return self.runner.cell_writes()
