"""Runs of networks spread over learning cores: the function once for all of them, then the time of each core and of
their messages.

Counters hold the accesses, stage runs and messages of all cores. Cycles are those of the core with most work between
two points where the cores wait for each other; what is left of the time, sending and waiting, is in the state
`network`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.partition import KINDS
from accelsim.controllers.activity import Activity
from accelsim.controllers.samples import Samples
from accelsim.controllers.tick.partition import PART_VOCABULARY, RECEIVED, part_activity
from accelsim.controllers.tick.vocabulary import VOCABULARY
from accelsim.engine.choice import Engine, TickCounters
from accelsim.engine.counts import Counter, count_engine
from accelsim.engine.stepped.exchange import SEGMENTS, ExchangeWork, exchange
from accelsim.engine.stepped.timing import StepTimes
from accelsim.mapping.tiles import hop_table
from accelsim.simulation.mesh_costs import LINK, ROUTER
from accelsim.simulation.mesh_setup import segments
from accelsim.simulation.mesh_totals import MeshTotals
from accelsim.simulation.mesh_window import cut, joined, mesh_window
from accelsim.simulation.part import Part, Pieces
from accelsim.simulation.setup import Setup
from accelsim.simulation.tick_run import TickRun
from accelsim.workload.stream import Chunk

RECURRENT = "wrec"
"""Matrix of the synapses that take spikes to other cores."""
NETWORK = "network"
"""State of a chip that sends and waits."""
MOST_TICKS = 4000
"""Time steps processed at once, or one sample: bounds the memory of their masks."""
ROUND_OF = np.array([0, 0, 0, 1, 2])
"""Round of messages that each segment of a core's work belongs to, if there is a target; else all to the first."""


class MeshSteps(NamedTuple):
    """Some time steps of all cores.

    Attributes
    ----------
    counted : (steps, counters) int64
    times : of the rounds of messages
    first_round : (steps + 1,) int64
    work : what the cores did
    messages : (steps, kinds) int64
    """

    counted: NDArray[np.int64]
    times: StepTimes
    first_round: NDArray[np.int64]
    work: ExchangeWork
    messages: NDArray[np.int64]


class MeshRun(TickRun):
    """A network spread over tick-driven cores on the chosen engine (see :class:`accelsim.simulation.part.Runner`)."""

    def __init__(self, setup: Setup, engine: Engine) -> None:
        super().__init__(setup, engine)
        assert setup.mesh is not None
        self.plan = setup.mesh
        self.partition = self.plan.partition
        self.slices = self.plan.slices
        self.timing = self.plan.timing(engine)
        self.by_size = {
            size: TickCounters(setup.architecture, program, engine) for size, program in self.plan.programs.items()
        }
        self.segments = segments(setup.architecture)
        self.counters = self._all_counters()
        self.totals = MeshTotals(self.plan)
        self._serve = self._serving(0), self._serving(1), self._serving(2)
        x, y = self.plan.grid.mesh.positions[:, : self.slices.cores]
        net = setup.architecture.interconnect
        around = (self.plan.grid.width, self.plan.grid.height) if net and net.topology == "torus" else (0, 0)
        self._hops = hop_table(x, y, around).astype(np.int64)
        self._targets: NDArray[np.bool_] | None = None
        """Fan-out tables, as they are at the beginning of a chunk."""

    def run(self, chunk: Chunk, window: range, first_tick: int, heard: int | None = None) -> Part:
        """Process a chunk."""
        samples = chunk.samples
        operands = {} if heard is None else self._operands(samples, heard)
        counted, activity, in_tick, answers, errors, shown = [], [], [], [], [], []
        before = 0
        self._targets = self._live_targets()
        for some in _groups(samples):
            outcome = self.controller.run(some, masks=range(some.ticks))
            steps = self.steps(outcome.activity)
            self.totals.add(steps.work, steps.times, steps.first_round, steps.messages, self._message_hops(steps.work))
            counted.append(steps.counted)
            in_tick.append(np.add.reduceat(steps.times.time, steps.first_round[:-1]))
            activity.append(outcome.activity.counts)
            answers.append(outcome.answers)
            if outcome.errors is not None:
                errors.append(outcome.errors)
            inside = range(max(window.start - before, 0), min(window.stop - before, some.ticks))
            if inside:
                shown.append(cut(outcome.activity, inside))
            before += some.ticks
        cycles = np.concatenate(in_tick)
        in_steps = np.concatenate(activity)
        pieces = Pieces(np.concatenate(counted), np.ones(samples.ticks, np.int64), cycles, in_steps)
        return Part(
            pieces.counted.sum(axis=0),
            in_steps.sum(axis=0),
            int(cycles.sum()),
            np.add.reduceat(cycles, samples.start),
            np.concatenate(answers),
            pieces,
            mesh_window(self, joined(shown), first_tick) if shown else None,
            operands=operands,
            errors=np.concatenate(errors) if errors else None,
        )

    def kept(self) -> Any:
        """The cores as they are and what was counted, to be put back."""
        return super().kept(), self.totals.kept()

    def put_back(self, kept: Any) -> None:
        """Return to what they were."""
        cores, totals = kept
        super().put_back(cores)
        self.totals.put_back(totals)

    def steps(self, activity: Activity) -> MeshSteps:
        """Counters and times of time steps whose masks are all known."""
        cores = range(self.slices.cores)
        spikes, errors, target = self._sent(activity)
        counted = np.zeros((len(activity), len(self.counters)), np.int64)
        by_core = np.zeros((len(activity), len(cores), len(self.counters)), np.int64)
        for core, part in enumerate(self.parts(activity)):
            engine = self.by_size[len(self.slices.neurons(core))]
            found = engine.count(part)
            for counter, column in zip(engine.counters, found.T, strict=True):
                if counter.kind != "cycles":
                    counted[:, self._at[counter]] += column
                elif counter in self._at:
                    by_core[:, core, self._at[counter]] = column
        cycles = np.stack([by_core[:, :, where].sum(axis=2) for where in self._in_segment], axis=2)
        outputs = self.setup.workload.network["output"]
        work = ExchangeWork(cycles, spikes, target, errors, outputs, self._fan_out(activity))
        messages, first = exchange(work, self.partition.readout, self.partition.send_cycles, self._serve)
        times = self.timing.run_timed(messages)
        counted += self._critical(by_core, work)
        sent = self._messages(work)
        if len(cores) > 1:
            passed = np.add.reduceat(times.time, first[:-1])
            is_cycles = [counter.kind == "cycles" for counter in self.counters]
            counted[:, self._at[self._network]] = passed - counted[:, is_cycles].sum(axis=1)
            hops = self._message_hops(work)
            for k, kind in enumerate(KINDS):
                counted[:, self._at[self._message(kind, ROUTER)]] = hops[:, k] + sent[:, k]
                counted[:, self._at[self._message(kind, LINK)]] = hops[:, k]
        return MeshSteps(counted, times, first, work, sent)

    def parts(self, activity: Activity) -> Iterator[Activity]:
        """What each core sees of time steps whose masks are all known."""
        spikes, errors, _ = self._sent(activity)
        sending, outputs = spikes > 0, self.setup.workload.network["output"]
        fan_out = self._fan_out(activity)
        for core in range(self.slices.cores):
            reads_out = core == self.partition.readout
            received = (
                fan_out[:, :, core].sum(axis=1) if fan_out.size else spikes.sum(axis=1) - spikes[:, core],
                (sending.sum(axis=1) - sending[:, core]) * outputs * reads_out,
                errors * (not reads_out),
            )
            by_name = dict(zip(RECEIVED, received, strict=True))
            heard = None if self._targets is None else self._targets[:, core]
            neurons, blocks = self.slices.neurons(core), self.slices.blocks(core)
            yield part_activity(activity, neurons, blocks, reads_out, by_name, heard)

    def _sent(self, activity: Activity) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
        """Spikes of each core, (steps, cores), messages that take errors to a core, and whether there is a target."""
        spikes = np.add.reduceat(activity.masks["fired"].astype(np.int64), self.slices.start[:-1], axis=1)
        target, judged, deviated = (
            activity.counts[:, VOCABULARY.column(name)] for name in ("target", "judged", "deviated")
        )
        errors = (self.setup.workload.network["output"] + np.maximum(judged, deviated)) * target
        return spikes, errors, target.astype(np.uint8)

    def _fan_out(self, activity: Activity) -> NDArray[np.int64]:
        """(steps, cores, cores): spikes of each core that each other one has targets of; empty if all have."""
        if self._targets is None or self.slices.cores == 1:
            return np.zeros((0, 0, 0), np.int64)
        cores = self.slices.cores
        fired = activity.masks["fired"].astype(np.int64)[:, :, None] * self._targets[None]
        found = np.add.reduceat(fired, self.slices.start[:-1], axis=1)
        found[:, range(cores), range(cores)] = 0
        return found

    def _live_targets(self) -> NDArray[np.bool_] | None:
        """(neurons, cores): whether a core holds a live synapse of a neuron, where synapses come and go."""
        live = self.controller.connections().get(RECURRENT)
        if live is None:
            return None
        found = np.add.reduceat(live.present, self.slices.start[:-1], axis=1, dtype=np.int64) > 0
        for core in range(self.slices.cores):
            found[self.slices.neurons(core), core] = True
        return found

    def _critical(self, by_core: NDArray[np.int64], work: ExchangeWork) -> NDArray[np.int64]:
        """Cycles by counter of the core with most work in each round of each time step."""
        found = np.zeros((by_core.shape[0], by_core.shape[2]), np.int64)
        target = work.target != 0
        for number in range(3):
            in_round = np.array([target & (at == number) | ~target & (number == 0) for at in ROUND_OF])
            most = np.argmax(np.einsum("tcs,st->tc", work.cycles, in_round.astype(np.int64)), axis=1)
            own = by_core[np.arange(len(most)), most]
            for segment, where in enumerate(self._in_segment):
                found[:, where] += own[:, where] * in_round[segment][:, None]
        return found

    def _messages(self, work: ExchangeWork) -> NDArray[np.int64]:
        """(steps, kinds): messages between cores."""
        others = self.slices.cores - 1
        copies = work.copies.sum(axis=1)
        sums = (work.sends_sums.sum(axis=1) - work.sends_sums[:, self.partition.readout]) * work.outputs
        return np.stack([copies, sums, work.errors * others], axis=1)

    def _message_hops(self, work: ExchangeWork) -> NDArray[np.int64]:
        """(steps, kinds): hops of these messages."""
        readout = self.partition.readout
        spikes = work.spikes @ self._hops.sum(axis=1)
        if work.fan_out.size:
            spikes = np.einsum("tsd,sd->t", work.fan_out, self._hops)
        sums = work.sends_sums.astype(np.int64) @ self._hops[:, readout] * work.outputs
        return np.stack([spikes, sums, work.errors * self._hops[readout].sum()], axis=1)

    def _all_counters(self) -> tuple[Counter, ...]:
        """Counters of any core, and of the network where cores send."""
        found = {
            counter: None
            for engine in self.by_size.values()
            for counter in engine.counters
            if counter.kind != "cycles" or counter.phase in self.segments
        }
        self._network = Counter("cycles", NETWORK, self.partition.spike.after)
        if self.slices.cores > 1:
            found[self._network] = None
            found |= {self._message(kind, part): None for kind in KINDS for part in (ROUTER, LINK)}
        counters = tuple(found)
        self._at = {counter: at for at, counter in enumerate(counters)}
        self._in_segment = [
            [
                at
                for at, counter in enumerate(counters)
                if counter.kind == "cycles" and counter != self._network and self.segments[counter.phase] == segment
            ]
            for segment in range(len(SEGMENTS))
        ]
        return counters

    def _message(self, kind: str, part: str) -> Counter:
        return Counter(kind, part, getattr(self.partition, kind).after)

    def _serving(self, kind: int) -> int:
        """Cycles of a receiver for a message of a kind."""
        engine = count_engine(self.plan.first_program)
        one = np.zeros((1, len(PART_VOCABULARY.columns)), np.int64)
        one[0, PART_VOCABULARY.column(RECEIVED[kind])] = 1
        phase = getattr(self.partition, KINDS[kind]).receive
        (found,) = engine.run(one)
        of_phase = [counter.kind == "cycles" and counter.phase == phase for counter in engine.counters]
        return int(found[of_phase].sum())


def _groups(samples: Samples) -> Iterator[Samples]:
    """Samples in groups of bounded length, one at least."""
    start = 0
    for stop in range(1, len(samples) + 1):
        if stop == len(samples) or samples.length[start : stop + 1].sum() > MOST_TICKS:
            yield samples.part(start, stop)
            start = stop
