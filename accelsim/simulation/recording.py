"""What is kept of a run while it goes on: totals by split, windows over time, latencies, the timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.samples import Samples
from accelsim.datapath.toggles import Operands
from accelsim.lifelong.recovery import Supply
from accelsim.simulation.capping import Capped
from accelsim.simulation.part import Part, Runner, Window
from accelsim.simulation.session import LOST, STREAM, Work
from accelsim.simulation.setup import Setup
from accelsim.simulation.totals import SplitTotals
from accelsim.simulation.upkeep import Upkeep
from accelsim.simulation.windows import WindowTotals
from accelsim.workload.stream import Chunk, middle_sample

WINDOW_TICKS = 6
"""Time steps of the default timeline: a few around the first learning step."""


class Recording:
    """Runs what it is given and keeps the totals, which stay the same size however long the run is.

    Parameters
    ----------
    setup : Setup
    runner : Runner
    window : (int, int), optional
        Time steps of the timeline.
    """

    def __init__(self, setup: Setup, runner: Runner, window: tuple[int, int] | None) -> None:
        self.runner = runner
        self.supply: Supply | None = None
        """Power that may fail; samples are to be run one by one then."""
        self.splits: dict[tuple[int, str, int | None], SplitTotals] = {}
        self.windows = WindowTotals(runner.counters, setup.architecture.core.phases)
        self.shown: Window | None = None
        self.done = 0
        """Samples of the stream so far."""
        self.operands: Mapping[str, Operands] = {}
        self._latencies: dict[str, list[NDArray[np.int64]]] = {}
        self._window = window
        self._first_tick = 0
        self._middle = middle_sample(setup.workload, setup.recording, setup.seed)

    def state(self) -> dict[str, Any]:
        """Everything kept so far."""
        return {name: value for name, value in vars(self).items() if name not in ("runner", "supply")}

    def totals(self, step: Chunk | Work) -> SplitTotals:
        """Totals that a step belongs to."""
        task = None if step.split == "test" else step.task
        new = SplitTotals(step.epoch, step.split, self.runner.counters, self.runner.columns, task)
        return self.splits.setdefault(new.key, new)

    def run(self, chunk: Chunk) -> Part:
        """Run samples, as far as power lasts."""
        samples, first, done = chunk.samples, self._first_tick, self.done
        wanted = range(0) if self.shown is not None else window_ticks(self._window, first, samples)
        streamed = chunk.split in STREAM
        heard = self._middle - done if streamed and done <= self._middle < done + len(samples) else None
        part = self.runner.run(chunk, wanted, first + wanted.start, heard)
        self.operands = self.operands or part.operands
        self.shown = self.shown or part.window
        if self.supply is not None:
            if (lasts := self.supply.lasts(part.cycles)) is not None:
                return self._lost(replace(chunk, split=LOST), part.until(lasts))
            self.supply.worked(part.cycles)
        self.totals(chunk).count(part, samples.ticks, samples.label, chunk.task)
        self.windows.add(part.pieces)
        self._latencies.setdefault(chunk.split, []).append(part.latency_cycles)
        self._first_tick += samples.ticks
        self.done += len(samples) if streamed else 0
        return part

    def charge(self, work: Work) -> Part:
        """Do a job, as far as power lasts."""
        assert isinstance(self.runner, Upkeep | Capped)
        part = self.runner.charge(work.job)
        if self.supply is not None:
            if (lasts := self.supply.lasts(part.cycles)) is not None:
                begun = self.runner.begun(work.job, lasts / part.cycles if part.cycles else 0)
                return self._lost(replace(work, split=LOST), replace(begun, whole=False))
            self.supply.worked(part.cycles)
        self.totals(work).count(part, 0, np.zeros(0, np.int32))
        self.windows.add(part.pieces)
        return part

    def _lost(self, step: Chunk | Work, part: Part) -> Part:
        """Count what was begun when power failed."""
        assert self.supply is not None
        ticks = len(part.pieces.ticks) if isinstance(step, Chunk) else 0
        self.supply.worked(part.cycles)
        self.totals(step).count(part, ticks, np.zeros(0, np.int32))
        self.windows.add(part.pieces)
        self._first_tick += ticks
        return part

    @property
    def latencies(self) -> dict[str, NDArray[np.int64]]:
        """Cycles of every sample by split."""
        return {split: np.concatenate(parts) for split, parts in self._latencies.items()}


def window_ticks(window: tuple[int, int] | None, first_tick: int, samples: Samples) -> range:
    """Ticks of a chunk that the timeline shows, if the window begins in this chunk."""
    if window is not None:
        start, stop = window[0] - first_tick, window[1] - first_tick
        return range(start, min(stop, samples.ticks)) if 0 <= start < samples.ticks else range(0)
    learning = np.flatnonzero(samples.target_valid & samples.training[samples.sample_of_tick])
    start = max(0, int(learning[0]) - WINDOW_TICKS // 2) if learning.size else 0
    return range(start, min(start + WINDOW_TICKS, samples.ticks))
