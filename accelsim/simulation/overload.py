"""A core that works in time steps while the outside world goes on.

Where late events are lost, what the core does and when it does it follow from each other, time step by time step.
Samples are run as if nothing were lost; their time steps tell what would have been; they are run again without that,
from the same state, until they lose just what they were run without. That is the one answer there is: what reaches
the core in a time step depends on the time that earlier ones take, and on nothing else, so that every repetition makes
one more of them right, at least. Samples that lose nothing are run once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.engine.counts import Counter
from accelsim.simulation.part import Part
from accelsim.simulation.real_time import QUEUE, Cycles, Lateness, OutsideWorld, queue_depth
from accelsim.simulation.session import STREAM
from accelsim.simulation.setup import Setup
from accelsim.simulation.tick_run import TickRun
from accelsim.workload import schema
from accelsim.workload.stream import Chunk


class Overload:
    """A runner in real time (see :class:`accelsim.simulation.part.Runner`).

    Parameters
    ----------
    runner : TickRun
    setup : Setup
    wanted : accelsim.workload.schema.Overload
    """

    def __init__(self, runner: TickRun, setup: Setup, wanted: schema.Overload) -> None:
        core, self.clock = setup.architecture.core, setup.architecture.clock
        self.runner = runner
        self.columns = runner.columns
        self.drops = wanted.policy == "drop"
        self._queue: tuple[Counter, ...] = ()
        if self.drops and QUEUE in core.queues:
            self._queue = Counter("push", QUEUE, core.sequence[0]), Counter("pop", QUEUE, core.sequence[0])
        self.counters: tuple[Counter, ...] = (*runner.counters, *self._queue)
        period = max(1, round(setup.workload.tick_s * self.clock))
        self.world = OutsideWorld(period, queue_depth(core, wanted) if self.drops else None)
        self.lateness = Lateness()
        self.offered = self.dropped = self.busy = self.repeated = 0
        """Events; cycles in which the core works; time steps that were run again."""

    def run(self, chunk: Chunk, window: range, first_tick: int, heard: int | None = None) -> Part:
        """Process a chunk; samples that are not of the stream come when the core has time for them."""
        if chunk.split not in STREAM:
            part = self.runner.run(chunk, window, first_tick, heard)
            self.worked(part.cycles)
            return self._with_queue(part, np.zeros(len(part.pieces.ticks), np.int64))
        events = np.diff(chunk.samples.event_start)
        lost, kept = np.zeros_like(events), self.runner.kept() if self.drops else None
        plain = self.drops and (bool(window) or heard is not None)
        part = self._without(chunk, lost) if plain else self.runner.run(chunk, window, first_tick, heard)
        while True:
            starts = self.world.starts(part.pieces.cycles)
            waited, found, waiting = self.world.queued(starts, events)
            if np.array_equal(found, lost):
                break
            lost = found
            self.runner.put_back(kept)
            self.repeated += len(events)
            part = self._without(chunk, lost)
        if plain:  # what is looked at closely is looked at once
            self.runner.put_back(kept)
            part = self.runner.run(replace(chunk, samples=chunk.samples.without(lost)), window, first_tick, heard)
        self.lateness.add(self.world.pass_by(starts, part.pieces.cycles, waiting))
        self.busy += part.cycles
        self.offered += int(events.sum())
        self.dropped += int(lost.sum())
        return self._with_queue(replace(part, delivered=chunk.samples.without(lost)), waited)

    def _without(self, chunk: Chunk, lost: Cycles) -> Part:
        return self.runner.run(replace(chunk, samples=chunk.samples.without(lost)), range(0), 0)

    def _with_queue(self, part: Part, waited: Cycles) -> Part:
        """Add what went through the core's queue."""
        if not self._queue:
            return part
        through = np.column_stack([waited, waited])
        pieces = replace(part.pieces, counted=np.hstack([part.pieces.counted, through]))
        return replace(part, counted=np.concatenate([part.counted, through.sum(axis=0)]), pieces=pieces)

    def worked(self, cycles: int) -> None:
        """The core did something else for so long."""
        self.world.free += cycles
        self.busy += cycles

    def cell_writes(self) -> Mapping[str, NDArray[Any]]:
        """Writes of each cell."""
        return self.runner.cell_writes()

    def metrics(self) -> dict[str, float | int | None]:
        """How far the core kept up.

        A time step is late if it is not done when the next one begins; lateness is 0 of those in time.
        `utilisation` is the core's work over the time there was for it; above 1 it falls further behind without end.
        `backlog_us` is how long it still works when the outside world is through.
        """
        late, world = self.lateness, self.world
        values = {"_mean": late.mean, "_p99": late.quantile(0.99), "_max": float(late.most)}
        return {
            "input_rate_hz": self.offered / world.now * self.clock if world.now else None,
            "events_offered": self.offered,
            "events_dropped": self.dropped,
            "late_ticks": late.late,
            **{f"lateness_us{end}": self._us(cycles) for end, cycles in values.items()},
            "backlog_us": self._us(max(0, world.free - world.now)),
            "utilisation": self.busy / world.now if world.now else None,
        }

    def warnings(self) -> list[str]:
        """What should not be missed."""
        found = []
        if self.dropped:
            found.append(f"{self.dropped} of {self.offered} input events were lost: the core was too late for them")
        if self.busy > self.world.now:
            share = 100 * self.busy / self.world.now
            found.append(f"the core falls behind without end: its work takes {share:.4g} % of the time there is")
        return found

    def state(self) -> dict[str, Any]:
        """Everything that changes."""
        counted = self.offered, self.dropped, self.busy, self.repeated
        return {"counted": counted, "world": vars(self.world), "lateness": vars(self.lateness)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.offered, self.dropped, self.busy, self.repeated = state["counted"]
        vars(self.world).update(state["world"])
        vars(self.lateness).update(state["lateness"])

    def _us(self, cycles: float | None) -> float | None:
        return None if cycles is None else cycles / self.clock * 1e6
