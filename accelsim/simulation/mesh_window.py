"""Time steps of a network spread over cores with the events of every core placed in time, by both engines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.activity import Activity
from accelsim.engine.compiled import compiled_engine
from accelsim.engine.counts import Counter
from accelsim.engine.log import END, EventLog
from accelsim.engine.stepped.exchange import SEGMENTS
from accelsim.engine.stepped.timing import StepTimes
from accelsim.simulation.arrows import arrows
from accelsim.simulation.part import Window

if TYPE_CHECKING:
    from accelsim.simulation.mesh_run import MeshRun, MeshSteps


def joined(parts: Sequence[Activity]) -> Activity:
    """Consecutive time steps, all with their masks, as one."""
    masks = {name: np.concatenate([part.masks[name] for part in parts]) for name in parts[0].masks}
    counts = np.concatenate([part.counts for part in parts])
    return Activity(counts, masks, range(len(counts)))


def cut(activity: Activity, ticks: range) -> Activity:
    """Some time steps of others that all have their masks."""
    masks = {name: mask[ticks.start : ticks.stop] for name, mask in activity.masks.items()}
    return Activity(activity.counts[ticks.start : ticks.stop], masks, range(len(ticks)))


def mesh_window(run: MeshRun, activity: Activity, first_tick: int) -> Window:
    """Place the events of time steps in time.

    Work that waits for messages begins when these have arrived; phases that receive messages are shown as a whole
    beside the work after them.
    """
    steps = run.steps(activity)
    times = run.plan.timing("compiled").run_timed(steps.times.messages, recorded=True)
    differences = [_first_difference(times, run.plan.timing("simpy").run_timed(times.messages, recorded=True))]
    names: list[str] = []
    rows = []
    for core, part in enumerate(run.parts(activity)):
        engine = run.by_size[len(run.slices.neurons(core))]
        log = compiled_engine(run.plan.programs[len(run.slices.neurons(core))]).run(part)
        difference = engine.reference.run(part).log.first_difference(log)
        differences.append(f"core {core}: {difference}" if difference is not None else None)
        in_phases = _cycles_of_phases(run, engine.counters, engine.closed_form.run(part.counts))
        moved = log.rows.copy()
        moved[:, 0] += _shifts(log, in_phases, _starts(run, steps, times, core, in_phases))
        moved[:, 1] += len(names)
        names += [f"core {core}: {name}" for name in log.components]
        rows.append(moved)
    stop = np.cumsum(np.add.reduceat(times.time, steps.first_round[:-1]))
    log = EventLog.ordered(tuple(names), np.concatenate(rows), np.concatenate([[0], stop[:-1]]), stop)
    links = [
        arrows(log, run.plan.programs[len(run.slices.neurons(core))], part, names=f"core {core}: ")
        for core, part in enumerate(run.parts(activity))
    ]
    difference = next(filter(None, differences), None)
    return Window(first_tick, steps.counted, run.counters, log, difference, np.concatenate(links))


def _first_difference(found: StepTimes, other: StepTimes) -> str | None:
    """What differs first between two schedules of the same messages, in words."""
    for name in ("sent", "arrived", "served"):
        differs = np.flatnonzero(getattr(found.schedule, name) != getattr(other.schedule, name))
        if differs.size:
            pair = (int(getattr(each.schedule, name)[differs[0]]) for each in (found, other))
            return f"message {differs[0]} {name} in cycle {next(pair)} against {next(pair)}"
    return None if np.array_equal(found.time, other.time) else "rounds of messages end at different times"


def _cycles_of_phases(run: MeshRun, counters: Iterable[Counter], counted: NDArray[np.int64]) -> NDArray[np.int64]:
    """(steps, phases): cycles of a core's phases in the order of its sequence."""
    sequence = run.setup.architecture.core.sequence
    found = np.zeros((len(counted), len(sequence)), np.int64)
    for counter, column in zip(counters, counted.T, strict=True):
        if counter.kind == "cycles":
            found[:, sequence.index(counter.phase)] += column
    return found


def _starts(
    run: MeshRun, steps: MeshSteps, times: StepTimes, core: int, in_phases: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(steps, phases): when a core begins each phase."""
    round_start = np.concatenate([[0], np.cumsum(times.time)])
    message, copies = times.messages, steps.work.copies
    starts = np.zeros_like(in_phases)
    for t in range(len(in_phases)):
        first = int(steps.first_round[t])
        rows = slice(message.step_start[first], message.step_start[first + 1])
        own = np.flatnonzero(message.source[rows] == core) + rows.start
        spikes = int(copies[t, core])
        sums = len(own) - spikes - 1  # the last row is the work after all messages
        begin = np.full(len(SEGMENTS), round_start[first])
        cycles = steps.work.cycles[t, core]
        done = round_start[first] + cycles[0]
        begin[1] = round_start[first] + times.schedule.sent[own[spikes - 1]] if spikes else done
        done = begin[1] + cycles[1]
        begin[2] = round_start[first] + times.schedule.sent[own[spikes + sums - 1]] if sums else done
        target = steps.work.target[t] != 0
        begin[3] = round_start[first + 1] if target else begin[2] + cycles[2]
        begin[4] = round_start[first + 2] if target else begin[3] + cycles[3]
        now = begin[0]
        segment = 0
        for at, phase in enumerate(run.setup.architecture.core.sequence):
            if phase in run.segments and run.segments[phase] != segment:
                segment = run.segments[phase]
                now = begin[segment]
            starts[t, at] = now
            if phase in run.segments:
                now += in_phases[t, at]
    return starts


def _shifts(log: EventLog, in_phases: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """What to add to the time of each event of a core that worked phase after phase without waiting."""
    alone = np.concatenate([[0], np.cumsum(in_phases.ravel())])[:-1]
    lasting = in_phases.ravel() > 0
    begin, shift = alone[lasting], (starts.ravel() - alone)[lasting]
    ends = log.rows[:, 2] == END  # at the cycle in which the next phase begins
    at = np.where(
        ends, np.searchsorted(begin, log.rows[:, 0], side="left"), np.searchsorted(begin, log.rows[:, 0], side="right")
    )
    return np.asarray(shift[at - 1])
