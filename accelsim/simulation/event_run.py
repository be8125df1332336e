"""Runs of event-driven cores: function and timing in lockstep, sample by sample, in real time.

A sample lasts as long as its time steps do in the real world. What the core has not served by then is over: the sender
withdraws the events that it could not deliver, and spikes that come later count for the next sample.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.event_driven import EventController
from accelsim.datapath.probe import Probe, untouched
from accelsim.datapath.toggles import Operands
from accelsim.engine.choice import Engine
from accelsim.engine.counts import Counter
from accelsim.engine.event_counts import EventCounts
from accelsim.engine.event_driven import EventDrivenEngine, phase_table
from accelsim.engine.event_layout import ACKNOWLEDGE
from accelsim.engine.event_log import event_log, queue_depth
from accelsim.engine.event_reference import EventDrivenReference
from accelsim.simulation.arrows import event_arrows
from accelsim.simulation.part import Part, Pieces, Window
from accelsim.simulation.pricing import INPUT_LINK, OUTPUT_LINK
from accelsim.simulation.setup import Setup
from accelsim.workload.stream import Chunk

FIRST_EVENTS = 8
"""Input events at the beginning of a sample that bring stages which do not run later in it (assumed)."""
WAITING, HANDSHAKE = "waiting", "handshake"
"""States of the control beside its phases."""
TALLIES = (
    "events", "events_served", "events_withdrawn", "input_wait_cycles", "pushes", "pushes_dropped", "pops",
    "spikes", "packets", "link_busy_cycles", "output_hold_cycles",
)  # fmt: skip
"""What is counted of a core's traffic."""


class EventRun:
    """An event-driven core on the chosen engine (see :class:`accelsim.simulation.part.Runner`)."""

    def __init__(self, setup: Setup, engine: Engine) -> None:
        assert isinstance(setup.controller, EventController)
        self.setup = setup
        self.controller = setup.controller
        self.period = max(1, round(setup.workload.task.tick * setup.architecture.clock))
        self.table = phase_table(setup.program, self.controller.phases)
        core = setup.architecture.core
        self.memories, self.queues = tuple(core.memories), tuple(core.queues)
        each = [queue.count for queue in core.queues.values()]
        self._queue_of = np.repeat(np.eye(len(each), dtype=np.int64), each, axis=0)
        self.columns = (*TALLIES, *(f"{name}_words_changed" for name in self.memories))
        self.engine: EventDrivenEngine | EventDrivenReference
        self.engine = self._reference(self.controller.state) if engine == "simpy" else self._compiled(recorded=False)
        self.now = 0
        self._learning = [self.table.names.index(name) for name in self.controller.learning_phases]
        self._matrices = [name for name, each in core.memories.items() if each.holds.rows]
        self._runs = self._stage_runs()
        self.counters = self._counters()

    def run(self, chunk: Chunk, window: range, first_tick: int, heard: int | None = None) -> Part:
        """Process a chunk."""
        samples = chunk.samples
        pieces = np.zeros((len(samples), len(self.counters)), np.int64)
        activity = np.zeros(len(self.columns), np.int64)
        latency = np.zeros(len(samples), np.int64)
        answers = np.full(len(samples), -1, np.int32)
        began = self.now
        learning_events = 0
        shown = None
        operands: Mapping[str, Operands] = {}
        for i in range(len(samples)):
            self.controller.set_learning(bool(samples.training[i]))
            stimulus = self.controller.stimulus(samples, i, self.period)
            first = int(samples.start[i])
            if window and first <= window.start < first + int(samples.length[i]):
                ticks = range(window.start - first, min(window.stop - first, int(samples.length[i])))
                shown = self._window(ticks, first_tick, stimulus)
            if i == heard:
                operands = self._operands(stimulus, int(samples.length[i]) * self.period)
            end = self.now + int(samples.length[i]) * self.period
            counts = self.engine.advance(stimulus + np.array([self.now, 0]), end)
            self.now = end
            self.controller.age(int(samples.length[i]))
            pieces[i] = self._counted(counts)
            activity += self._tallied(counts, len(stimulus))
            latency[i] = counts.cycles[:-2].sum()
            if not samples.training[i]:  # then the teacher answers
                answers[i] = self.controller.answer(counts.spikes)
            else:
                learning_events += int(counts.executions[self._learning].sum())
        length = samples.length.astype(np.int64)
        return Part(
            pieces.sum(axis=0),
            activity,
            self.now - began,
            latency,
            answers,
            Pieces(pieces, length, length * self.period),
            shown,
            learning_events,
            operands=operands,
        )

    def cell_writes(self) -> Mapping[str, NDArray[Any]]:
        """Nothing: the words that an event changes are counted, not told apart."""
        return {}

    def _compiled(self, *, recorded: bool) -> EventDrivenEngine:
        setup, control = self.setup, self.controller
        return EventDrivenEngine(
            setup.architecture.core, self.table, control.chip, control.state, control.handshake, recorded=recorded
        )

    def _operands(self, stimulus: NDArray[np.int64], until: int) -> dict[str, Operands]:
        """Operands from the middle of a sample on, or else from its beginning; the core stays as it is."""
        found: dict[str, Operands] = {}
        for first in (len(stimulus) // 2, 0):
            probe = Probe({stage: taps for stage, taps in self.controller.taps().items() if stage not in found})
            with untouched(self.controller.state):
                engine = self._compiled(recorded=False)
                if first:
                    engine.advance(stimulus[:first], int(stimulus[first, 0]))
                engine.module = SimpleNamespace(execute=_listened(probe, engine.module.execute))
                engine.advance(stimulus[first:] if first else stimulus[:FIRST_EVENTS], until)
            found |= probe.operands()
        return found

    def _reference(self, state: object) -> EventDrivenReference:
        setup, control = self.setup, self.controller
        chip = import_module(control.chip)
        return EventDrivenReference(setup.architecture, setup.placement, control.phases, chip, state, control.handshake)

    def _stage_runs(self) -> list[dict[str, int]]:
        """Runs of every stage in one execution of each phase."""
        runs: list[dict[str, int]] = [{} for _ in self.table.names]
        for leaf in self.setup.program.leaves():
            iterations = int(np.prod([span.size for span in leaf.loops]))
            for action in leaf.actions:
                if action.kind == "run":
                    each = int(action.table.sum()) * (1 if action.loops else iterations)
                    of_phase = runs[self.table.names.index(leaf.phase)]
                    of_phase[action.target] = of_phase.get(action.target, 0) + each
        return runs

    def _counters(self) -> tuple[Counter, ...]:
        names = self.table.names
        found = [Counter("cycles", name, name) for name in (*names, WAITING, HANDSHAKE)]
        found += [
            Counter(kind, memory, name) for kind in ("read", "write") for name in names for memory in self.memories
        ]
        found += [Counter("run", stage, name) for name, runs in zip(names, self._runs, strict=True) for stage in runs]
        found += [Counter(kind, queue, name) for kind in ("push", "pop") for name in names for queue in self.queues]
        found += [Counter("packet", link, name) for link in (INPUT_LINK, OUTPUT_LINK) for name in names]
        return tuple(found)

    def _counted(self, counts: EventCounts) -> NDArray[np.int64]:
        """Counts of a sample in the order of the counters."""
        runs = [
            executions * each
            for executions, runs in zip(counts.executions, self._runs, strict=True)
            for each in runs.values()
        ]
        moved = [(number @ self._queue_of).ravel() for number in (counts.pushes, counts.pops)]
        served = counts.executions * self.table.phases[:, ACKNOWLEDGE]
        return np.concatenate(
            [counts.cycles, counts.reads.ravel(), counts.writes.ravel(), runs, *moved, served, counts.packets]
        ).astype(np.int64)

    def _tallied(self, counts: EventCounts, events: int) -> NDArray[np.int64]:
        pushes, pops = int(counts.pushes[:, 0].sum()), int(counts.pops[:, 0].sum())
        dropped = counts.dropped_external + counts.dropped_internal
        own = [
            *(events, counts.events, counts.withdrawn, counts.input_wait_cycles, pushes, dropped, pops),
            *(int(counts.spikes.sum()), int(counts.packets.sum()), counts.link_busy_cycles, counts.output_hold_cycles),
        ]
        return np.array([*own, *counts.changed], np.int64)

    def _window(self, ticks: range, first_tick: int, stimulus: NDArray[np.int64]) -> Window:
        """Time steps of one sample by both engines, each on its own copy of the core, from rest."""
        horizon = ticks.stop * self.period
        sent = stimulus[stimulus[:, 0] < horizon]
        original = self.controller.state
        self.controller.state = deepcopy(original)
        recorded = self._compiled(recorded=True).run(sent, horizon, rows=horizon // 2 + 1000)
        self.controller.state = original
        reference = self._reference(deepcopy(original)).run(sent, horizon)
        states = (*self.table.names, WAITING, HANDSHAKE)
        logs = [
            event_log(timeline, states, self.memories, ticks.start * self.period, self.period, len(ticks))
            for timeline in (recorded, reference)
        ]
        empty = np.zeros((0, len(self.counters)), np.int64)
        return Window(
            *(first_tick, empty, self.counters, logs[0], logs[1].first_difference(logs[0])),
            event_arrows(logs[0], self.controller.learning_phases, self._matrices),
            {self.queues[0]: queue_depth(recorded, ticks.start * self.period)} if self.queues else {},
        )


def _listened(probe: Probe, execute: Any) -> Callable[..., int]:
    """The event loop interpreted; one that ends early gives no reason."""
    return lambda *arguments: probe.run(execute, *arguments) or 0
