"""Cycles of the iterations of a nest: how port slots stretch steps, and how far iterations may overlap.

A core's control is scheduled statically, as hardware state machines are: whether a conditional access happens
in a given iteration changes what is counted, not how long the iteration takes.
"""

from __future__ import annotations

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
    """By step and demand: the cycle of the step in which each access has its port slot."""
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
    needed = [max((cycle + 1 for access in step_slots for cycle in access), default=0) for step_slots in slots]
    cycles = [max(step.cycles, least) for step, least in zip(nest.steps, needed, strict=True)]
    first = [max(step.first_cycles or step.cycles, least) for step, least in zip(nest.steps, needed, strict=True)]
    kept = [c for c, step in zip(cycles, nest.steps, strict=True) if not (partial_last and step.whole_words)]
    offsets = [sum(cycles[:s]) for s in range(len(cycles))]
    depth = sum(cycles)
    interval = _least_interval(core, offsets, demands, slots, depth) if nest.pipelined else depth
    return LeafTiming(tuple(offsets), tuple(cycles), tuple(slots), interval, depth, sum(kept), sum(first) - depth)


def _slots(core: Core, demands: Sequence[Demand]) -> tuple[tuple[int, ...], ...]:
    """For each demand the cycles of its accesses: each in the earliest cycle of the step with a slot left."""
    taken: list[list[Demand]] = []
    slots = []
    for demand in demands:
        access = replace(demand, accesses=1)
        cycles: list[int] = []
        cycle = 0
        while len(cycles) < demand.accesses:
            if cycle == len(taken):
                taken.append([])
            rivals = [other for other in taken[cycle] if other.memory == demand.memory]
            if _fits(core, demand.memory, [*rivals, access]):
                taken[cycle].append(access)
                cycles.append(cycle)
            else:
                cycle += 1
        slots.append(tuple(cycles))
    return tuple(slots)


def _fits(core: Core, memory: str, demands: Sequence[Demand]) -> bool:
    """Whether the ports of a memory serve these demands in one cycle, whatever conditions hold."""
    reads, writes, either = core.memories[memory].slots()
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
    accesses = [
        (replace(demand, accesses=1), offset + cycle)
        for offset, step_demands, step_slots in zip(offsets, demands, slots, strict=True)
        for demand, cycles in zip(step_demands, step_slots, strict=True)
        for cycle in cycles
    ]
    for interval in range(1, depth):
        wanted: dict[tuple[str, int], list[Demand]] = {}
        for access, cycle in accesses:
            wanted.setdefault((access.memory, cycle % interval), []).append(access)
        if all(_fits(core, memory, together) for (memory, _), together in wanted.items()):
            return interval
    return depth
