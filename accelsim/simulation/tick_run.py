"""Runs of tick-driven cores: the function first, then its time steps on the timing engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.activity import Activity
from accelsim.controllers.base import Controller
from accelsim.controllers.samples import Samples
from accelsim.datapath.probe import arrays_of, untouched
from accelsim.datapath.toggles import Operands
from accelsim.engine.choice import Engine, TickCounters
from accelsim.engine.compiled import compiled_engine
from accelsim.simulation.arrows import arrows
from accelsim.simulation.part import Part, Pieces, Window
from accelsim.simulation.setup import Setup
from accelsim.workload.stream import Chunk


class TickRun(TickCounters):
    """A tick-driven core on the chosen engine (see :class:`accelsim.simulation.part.Runner`)."""

    def __init__(self, setup: Setup, engine: Engine) -> None:
        super().__init__(setup.architecture, setup.program, engine)
        assert isinstance(setup.controller, Controller)
        self.setup = setup
        self.controller = setup.controller
        self.columns = setup.controller.vocabulary.columns
        self.compiled = compiled_engine(setup.program)
        self._cycles = [i for i, counter in enumerate(self.counters) if counter.kind == "cycles"]

    def run(self, chunk: Chunk, window: range, first_tick: int, heard: int | None = None) -> Part:
        """Process a chunk."""
        samples = chunk.samples
        operands = {} if heard is None else self._operands(samples, heard)
        masks = range(samples.ticks) if self.engine == "simpy" else window
        outcome = self.controller.run(samples, masks=masks)
        counted = self.count(outcome.activity)
        in_tick = counted[:, self._cycles].sum(axis=1)
        cycles = np.add.reduceat(in_tick, samples.start)
        return Part(
            counted.sum(axis=0),
            outcome.activity.counts.sum(axis=0),
            int(cycles.sum()),
            cycles,
            outcome.answers,
            Pieces(counted, np.ones(samples.ticks, np.int64), in_tick, outcome.activity.counts),
            self._window(window, first_tick, outcome.activity, counted) if window else None,
            operands=operands,
            errors=outcome.errors,
        )

    def _operands(self, samples: Samples, heard: int) -> Mapping[str, Operands]:
        """Operands of a sample, after those before it; the core stays as it is."""
        with untouched(self.controller.state):
            if heard:
                self.controller.run(samples.part(0, heard))
            return self.controller.operands(samples.part(heard, heard + 1))

    def kept(self) -> Any:
        """The core as it is, to be put back."""
        return [array.copy() for array in arrays_of(self.controller.state)]

    def put_back(self, kept: Any) -> None:
        """Return to what it was."""
        for array, contents in zip(arrays_of(self.controller.state), kept, strict=True):
            array[...] = contents

    def cell_writes(self) -> Mapping[str, NDArray[Any]]:
        """Writes of each cell by memory, where a memory has the name of a matrix."""
        memories = self.setup.architecture.core.memories
        return {name: writes for name, writes in self.controller.cell_writes().items() if name in memories}

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
        links = arrows(log, self.setup.program, part)
        return Window(first_tick, counted[ticks.start : ticks.stop], self.counters, log, difference, links)
