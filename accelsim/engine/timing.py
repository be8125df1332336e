"""Cycles of the iterations of a nest: how port slots stretch steps, and how far iterations may overlap.

A core's control is scheduled statically, as hardware state machines are: whether a conditional access happens
in a given iteration changes what is counted, not how long the iteration takes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

from accelsim.architecture.phases import Nest
from accelsim.architecture.schema import Core


@dataclass(frozen=True)
class Demand:
    """Most accesses one step can make to one memory in one iteration."""

    memory: str
    write: bool
    accesses: int
    when: tuple[str, ...] = ()
    """Conditions under which it makes them; demands with contradictory conditions never meet."""


@dataclass(frozen=True)
class LeafTiming:
    """Cycles of a nest of steps.

    Step ``s`` of iteration ``j`` starts ``j * interval + offsets[s]`` cycles after the nest (plus ``extra_first``
    for every iteration but the first); the nest ends with its last iteration to end.
    """

    offsets: tuple[int, ...]
    cycles: tuple[int, ...]
    slots: tuple[tuple[tuple[int, ...], ...], ...]
    """By step and demand: the cycle of the step from which each access has its port slot."""
    interval: int
    depth: int
    last_depth: int
    """Cycles of the last iteration, shorter if its word is half filled."""
    extra_first: int
    """Cycles by which the first iteration differs."""

    def duration(self, iterations: int) -> int:
        """Cycles of the whole nest."""
        if iterations == 0:
            return 0
        last = self.last_depth if iterations == 1 else max(self.last_depth, self.depth - self.interval)
        return last + (iterations - 1) * self.interval + self.extra_first


def leaf_timing(core: Core, nest: Nest, demands: Sequence[Sequence[Demand]], partial_last: bool) -> LeafTiming:
    """Static schedule of a nest of steps.

    Parameters
    ----------
    core : Core
        Gives the port slots per cycle of each memory.
    nest : Nest
        A nest with steps.
    demands : per step, its demands
    partial_last : bool
        Whether the last iteration of the nest works on a half-filled word.
    """
    slots = [_slots(core, step_demands) for step_demands in demands]
    needed = [
        max((access.stop for access in _held(core, step_demands, step_slots, 0)), default=0)
        for step_demands, step_slots in zip(demands, slots, strict=True)
    ]
    cycles = [max(step.cycles, least) for step, least in zip(nest.steps, needed, strict=True)]
    first = [max(step.first_cycles or step.cycles, least) for step, least in zip(nest.steps, needed, strict=True)]
    kept = [c for c, step in zip(cycles, nest.steps, strict=True) if not (partial_last and step.whole_words)]
    offsets = [sum(cycles[:s]) for s in range(len(cycles))]
    depth = sum(cycles)
    interval = _least_interval(core, offsets, demands, slots, depth) if nest.pipelined else depth
    return LeafTiming(tuple(offsets), tuple(cycles), tuple(slots), interval, depth, sum(kept), sum(first) - depth)


@dataclass(frozen=True)
class _Held:
    """One access: it holds its port from a cycle up to another."""

    demand: Demand
    """Of so many accesses as it takes slots in each cycle."""
    start: int
    stop: int

    def times(self, cycle: int, interval: int) -> Demand:
        """What it asks for in a cycle when it begins anew every so many cycles."""
        often = (self.stop - 1 - cycle) // interval - (self.start - 1 - cycle) // interval
        return replace(self.demand, accesses=often * self.demand.accesses)


def _held(core: Core, demands: Sequence[Demand], slots: Sequence[Sequence[int]], offset: int) -> list[_Held]:
    """The accesses of a step that begins in cycle `offset`."""
    found = []
    for demand, starts in zip(demands, slots, strict=True):
        cycles, taken = core.memories[demand.memory].held(demand.write)
        each = replace(demand, accesses=taken)
        found += [_Held(each, offset + start, offset + start + cycles) for start in starts]
    return found


def _slots(core: Core, demands: Sequence[Demand]) -> tuple[tuple[int, ...], ...]:
    """For each demand the first cycles of its accesses: each as early in the step as its port has slots left."""
    placed: list[_Held] = []
    slots = []
    for demand in demands:
        starts: list[int] = []
        start = 0
        while len(starts) < demand.accesses:
            (access,) = _held(core, [demand], [[start]], 0)
            rivals = [other for other in placed if other.demand.memory == demand.memory and other.stop > start]
            moments = {start, *(other.start for other in rivals if start < other.start < access.stop)}
            if all(
                _fits(
                    core,
                    demand.memory,
                    [other.demand for other in (*rivals, access) if other.start <= moment < other.stop],
                )
                for moment in moments
            ):
                placed.append(access)
                starts.append(start)
            else:  # nothing changes before another access leaves its port
                start = min(other.stop for other in rivals)
        slots.append(tuple(starts))
    return tuple(slots)


def _fits(core: Core, memory: str, demands: Sequence[Demand], cycles: int = 1) -> bool:
    """Whether the ports of a memory serve these demands in so many cycles, whatever conditions hold."""
    reads, writes, either = (slots * cycles for slots in core.memories[memory].slots())
    demands = [demand for demand in demands if demand.accesses]
    names = sorted({name.removeprefix("not ") for demand in demands for name in demand.when})
    for values in product((False, True), repeat=len(names)):
        held = dict(zip(names, values, strict=True))
        wanted = [0, 0]
        for demand in demands:
            if all(held[name.removeprefix("not ")] != name.startswith("not ") for name in demand.when):
                wanted[demand.write] += demand.accesses
        if max(0, wanted[0] - reads) + max(0, wanted[1] - writes) > either:
            return False
    return True


def _least_interval(
    core: Core,
    offsets: Sequence[int],
    demands: Sequence[Sequence[Demand]],
    slots: Sequence[Sequence[Sequence[int]]],
    depth: int,
) -> int:
    """Least number of cycles between iterations so that no port is asked for two things at once."""
    by_memory: dict[str, list[_Held]] = {}
    for offset, step_demands, step_slots in zip(offsets, demands, slots, strict=True):
        for access in _held(core, step_demands, step_slots, offset):
            by_memory.setdefault(access.demand.memory, []).append(access)

    def enough(interval: int) -> bool:
        """Whether the ports could serve all accesses of an iteration in so many cycles, if they came at any time."""
        return all(
            _fits(
                core,
                memory,
                [replace(a.demand, accesses=a.demand.accesses * (a.stop - a.start)) for a in held],
                interval,
            )
            for memory, held in by_memory.items()
        )

    least = bisect_left(range(1, depth), True, key=enough) + 1
    for interval in range(least, depth):
        if all(
            _fits(core, memory, [access.times(moment.start, interval) for access in held])
            for memory, held in by_memory.items()
            for moment in held
        ):
            return interval
    return depth
