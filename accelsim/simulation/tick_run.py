"""Runs of tick-driven cores: the function first, then its time steps on the timing engine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.activity import Activity
from accelsim.controllers.base import Controller
from accelsim.engine.choice import Engine, TickCounters
from accelsim.engine.compiled import compiled_engine
from accelsim.simulation.part import Part, Window
from accelsim.simulation.setup import Setup
from accelsim.workload.stream import Chunk


class TickRun(TickCounters):
    """A tick-driven core on the chosen engine (see :class:`accelsim.simulation.part.Runner`)."""

    def __init__(self, setup: Setup, engine: Engine) -> None:
        super().__init__(setup.architecture, setup.program, engine)
        assert isinstance(setup.controller, Controller)
        self.controller = setup.controller
        self.columns = setup.controller.vocabulary.columns
        self.compiled = compiled_engine(setup.program)
        self._cycles = [i for i, counter in enumerate(self.counters) if counter.kind == "cycles"]

    def run(self, chunk: Chunk, window: range, first_tick: int) -> Part:
        """Process a chunk."""
        samples = chunk.samples
        masks = range(samples.ticks) if self.engine == "simpy" else window
        outcome = self.controller.run(samples, masks=masks)
        counted = self.count(outcome.activity)
        cycles = np.add.reduceat(counted[:, self._cycles].sum(axis=1), samples.start)
        return Part(
            counted.sum(axis=0),
            outcome.activity.counts.sum(axis=0),
            int(cycles.sum()),
            cycles,
            outcome.answers,
            self._window(window, first_tick, outcome.activity, counted) if window else None,
        )

    def _window(self, ticks: range, first_tick: int, activity: Activity, counted: NDArray[np.int64]) -> Window:
        """Place the events of some time steps in time, by both engines."""
        start = activity.masked.start
        part = Activity(
            activity.counts[ticks.start : ticks.stop],
            {name: mask[ticks.start - start : ticks.stop - start] for name, mask in activity.masks.items()},
            range(len(ticks)),
        )
        log = self.compiled.run(part)
        difference = self.reference.run(part).log.first_difference(log)
        return Window(first_tick, counted[ticks.start : ticks.stop], self.counters, log, difference)
