"""A runner whose core keeps to a power cap: it meters its energy, and waits or runs slower where there is too much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.schema import Architecture
from accelsim.cost.account import CLOCK
from accelsim.cost.components import ComponentCosts
from accelsim.engine.counts import Counter
from accelsim.lifelong.budget import TOLERANCE, Budget
from accelsim.lifelong.job import Job
from accelsim.lifelong.recovery import Supply
from accelsim.simulation.budgeting import slower_points
from accelsim.simulation.part import Part
from accelsim.simulation.points import SLOWED, STALLED, at
from accelsim.simulation.pricing import actions
from accelsim.simulation.setup import Setup
from accelsim.simulation.upkeep import Upkeep
from accelsim.simulation.windows import not_busy
from accelsim.workload.stream import Chunk

UNIT_J = 1e-18
"""In which energy is metered, in whole numbers: sums below 9 mJ are exact."""


@dataclass(frozen=True)
class Meter:
    """Nominal energy of events at an operating point.

    Attributes
    ----------
    energy_j : float array, shape (counters,)
        Of what each counts.
    leakage_w : float
    period_s : float
        Of the clock.
    """

    energy_j: NDArray[np.float64]
    leakage_w: float
    period_s: float

    @classmethod
    def of(cls, costs: ComponentCosts, architecture: Architecture, counters: tuple[Counter, ...]) -> Meter:
        """Of a chip at some operating point."""
        clocked = ~not_busy(counters, architecture.core.phases)
        edge = sum(part.energy_j[CLOCK].nominal for part in costs.components.values() if CLOCK in part.energy_j)
        energies = []
        for counter, busy in zip(counters, clocked, strict=True):
            energy = edge if counter.kind == "cycles" and busy else 0.0
            for (name, action), count in actions(architecture, {counter: 1}).items():
                part = costs.components.get(name)
                if part is not None:  # else a memory that this rule leaves empty
                    factor = 1.0 if part.own_control else max(1.0, costs.overhead.nominal)
                    energy += count * factor * part.energy_j[action].nominal
            energies.append(energy)
        leakage = sum(part.leakage_w.nominal for part in costs.components.values())
        return cls(np.array(energies), leakage, 1 / costs.point.frequency_hz)


class Capped:
    """A runner under a power cap (see :class:`accelsim.simulation.part.Runner`)."""

    def __init__(self, runner: Upkeep, setup: Setup, budget: Budget) -> None:
        self.runner = runner
        self.budget = budget
        self.supply: Supply | None = None
        """Power that may fail."""
        self.columns = runner.columns
        chip = setup.architecture
        self.window = max(1, round(budget.settings.window * chip.clock))
        points = {"": setup.costs, **slower_points(setup)} if budget.settings.mode == "scale" else {"": setup.costs}
        self.meters = [Meter.of(costs, chip, runner.counters) for costs in points.values()]
        lost = (STALLED, SLOWED)[: min(len(points), 2)]
        elsewhere = (
            Counter(at(counter.kind, name), counter.target, counter.phase)
            for name in list(points)[1:]
            for counter in runner.counters
        )
        self.counters: tuple[Counter, ...] = (*runner.counters, *lost, *elsewhere)

    def run(self, chunk: Chunk, window: range, first_tick: int, heard: int | None = None) -> Part:
        """Process a chunk."""
        part = self._capped(self.runner.run(chunk, window, first_tick, heard))
        in_sample = np.add.reduceat(part.pieces.cycles, chunk.samples.start)
        return replace(part, latency_cycles=in_sample)

    def charge(self, job: Job) -> Part:
        """Do a job."""
        return self._capped(self.runner.charge(job))

    def begun(self, job: Job, share: float) -> Part:
        """Do the beginning of a job before power fails; what it waited is not counted, nor what it took metered."""
        nothing = np.zeros(1, np.int64)
        return self._with(self.runner.begun(job, share), nothing, nothing, nothing)

    def cell_writes(self) -> Mapping[str, NDArray[Any]]:
        """Writes of each cell."""
        return self.runner.cell_writes()

    def _capped(self, part: Part) -> Part:
        """The same at the time at which it may happen."""
        from accelsim.engine.throttle import Events, throttle

        pieces, budget, own = part.pieces, self.budget, self.meters[0]
        cycles = np.column_stack([self._lasting(meter, pieces.cycles) for meter in self.meters])
        energy = np.column_stack([self._energy(meter, pieces.counted, pieces.cycles) for meter in self.meters])
        limit = (budget.cap_w - own.leakage_w) * self.window * own.period_s / UNIT_J
        past = Events(**budget.past) if budget.past else Events.none(len(self.meters))
        events, known = throttle(energy, cycles, limit, self.window, past), len(past.start)
        stalled = events.start[known:] - np.concatenate([[past.now], events.end[known:-1]])
        slowed = (events.end - events.start)[known:] - pieces.cycles
        found = self._with(part, events.point[known:], stalled, slowed)
        lasts = None if self.supply is None else self.supply.lasts(found.cycles)
        done = len(stalled) if lasts is None else len(found.until(lasts).pieces.cycles)
        happened = events.until(known + done)
        held, spent = np.rint(happened.of_windows(self.window))[known:], happened.spent[known:]
        power = held * UNIT_J / (self.window * own.period_s) + own.leakage_w
        over = int((held > (limit + spent) * (1 + TOLERANCE)).sum())
        budget.metered(happened.start[known:], power, stalled[:done], slowed[:done], over)
        recent = happened.recent(limit, self.window)
        budget.past = {field.name: getattr(recent, field.name) for field in fields(recent)}
        return found

    def _lasting(self, meter: Meter, cycles: NDArray[np.int64]) -> NDArray[np.int64]:
        """Duration of so many cycles at an operating point, in periods of the chip's own clock."""
        slower = meter.period_s / self.meters[0].period_s
        return np.ceil(cycles * slower * (1 - TOLERANCE)).astype(np.int64)

    def _energy(self, meter: Meter, counted: NDArray[np.int64], cycles: NDArray[np.int64]) -> NDArray[np.float64]:
        """Energy of events above the leakage at the chip's own operating point, in attojoules; never below none."""
        leakage = (meter.leakage_w - self.meters[0].leakage_w) * meter.period_s * cycles
        return np.asarray(np.rint(np.maximum((counted * meter.energy_j).sum(axis=1) + leakage, 0.0) / UNIT_J))

    def _with(
        self, part: Part, point: NDArray[np.int64], stalled: NDArray[np.int64], slowed: NDArray[np.int64]
    ) -> Part:
        """A part with what was lost to the cap, and what happened at which operating point."""
        pieces = part.pieces
        columns = [pieces.counted, stalled[:, None]]
        if len(self.meters) > 1:
            columns.append(slowed[:, None])
            columns += [pieces.counted * (point == p)[:, None] for p in range(1, len(self.meters))]
        counted, cycles = np.hstack(columns), pieces.cycles + stalled + slowed
        return replace(
            part,
            counted=counted.sum(axis=0),
            cycles=int(cycles.sum()),
            pieces=replace(pieces, counted=counted, cycles=cycles),
        )
