"""Cycles of the iterations of a nest: how port slots stretch steps, and how far iterations may overlap.

A core's control is scheduled statically, as hardware state machines are: whether a conditional access happens
in a given iteration changes what is counted, not how long the iteration takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from accelsim.architecture.phases import Nest, Step
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
    cycles = [_stretched(core, step, demand) for step, demand in zip(nest.steps, demands, strict=True)]
    offsets = [sum(cycles[:s]) for s in range(len(cycles))]
    depth = sum(cycles)
    interval = _least_interval(core, offsets, demands, depth) if nest.pipelined else depth
    kept = [c for c, step in zip(cycles, nest.steps, strict=True) if not (partial_last and step.whole_words)]
    first = [step.first_cycles if step.first_cycles is not None else c for c, step in zip(cycles, nest.steps, strict=True)]
    return LeafTiming(tuple(offsets), tuple(cycles), interval, depth, sum(kept), sum(first) - depth)


def _stretched(core: Core, step: Step, demands: Sequence[Demand]) -> int:
    """Cycles of a step: its own, or as many as its accesses need on the ports."""
    needed = step.cycles
    for memory in {demand.memory for demand in demands}:
        cycles = max(1, step.cycles)
        while not _fits(core, memory, [demand for demand in demands if demand.memory == memory], cycles):
            cycles += 1
        needed = max(needed, cycles if cycles > 1 else needed)
    return needed


def _fits(core: Core, memory: str, demands: Sequence[Demand], cycles: int) -> bool:
    """Whether the ports of a memory serve these demands in so many cycles, whatever conditions hold."""
    reads, writes, either = (slots * cycles for slots in core.memories[memory].slots())
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


def _least_interval(core: Core, offsets: Sequence[int], demands: Sequence[Sequence[Demand]], depth: int) -> int:
    """Least number of cycles between iterations so that no port is asked for two things at once."""
    for interval in range(1, depth):
        slots: dict[tuple[str, int], list[Demand]] = {}
        for offset, step_demands in zip(offsets, demands, strict=True):
            for demand in step_demands:
                slots.setdefault((demand.memory, offset % interval), []).append(demand)
        if all(_fits(core, memory, wanted, 1) for (memory, _), wanted in slots.items()):
            return interval
    return max(depth, 1)
