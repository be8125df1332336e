"""Whether datapaths keep pace with the control: the phase table sets the cycles, the schedule is held against them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import ceil

from accelsim.cost.components import ComponentCosts
from accelsim.engine.actions import Action
from accelsim.engine.program import Node, Program
from accelsim.technology.schedule import Schedule


@dataclass(frozen=True)
class Pace:
    """What phases ask of a stage.

    Attributes
    ----------
    component : str
        Unit and stage, as it is priced.
    phases : tuple of str
        Those that ask the same of it.
    starts : int
        Updates that each lane starts in an iteration of the innermost loop.
    every_cycles : int
        Cycles from one iteration to the next.
    left_cycles : int
        Cycles from the first of these starts to the end of the iteration.
    """

    component: str
    phases: tuple[str, ...]
    starts: int
    every_cycles: int
    left_cycles: int

    def complaint(self, schedule: Schedule) -> str | None:
        """Why a datapath cannot keep this pace, in words; None if it can."""
        interval = schedule.initiation_interval
        if not schedule.starts:
            return None
        if self.starts * interval > self.every_cycles:
            often = "every cycle" if self.every_cycles == 1 else f"every {self.every_cycles} cycles"
            often = often if self.starts == 1 else f"{self.starts} times {often} on each lane"
            allowed = "cycle" if interval == 1 else interval
            return f"starts {often} in {self._where}, but its operators allow one every {allowed}"
        needed = schedule.stages + (self.starts - 1) * interval
        if needed > self.left_cycles:
            return f"takes {_cycles(needed)} in {self._where}, but the phase table leaves it {self.left_cycles}"
        return None

    @property
    def _where(self) -> str:
        return f"phase{'s' if len(self.phases) > 1 else ''} {', '.join(self.phases)}"


def paces(program: Program) -> tuple[Pace, ...]:
    """What the phase tables of a core ask of its stages.

    Results are due at the end of the iteration at the latest. Steps of no cycles are left out: they happen beside
    what follows, and the table does not say how long that may last.
    """
    phases: dict[Pace, dict[str, None]] = {}
    for leaf in program.leaves():
        for pace in _of_leaf(program, leaf):
            phases.setdefault(pace, {})[leaf.phase] = None
    return tuple(replace(pace, phases=tuple(names)) for pace, names in phases.items())


def with_warnings(costs: ComponentCosts, asked: Iterable[Pace]) -> ComponentCosts:
    """Return `costs` with a warning at every datapath that cannot keep the pace of a phase."""
    parts = dict(costs.components)
    for pace in asked:
        part = parts[pace.component]
        complaint = None if part.schedule is None else pace.complaint(part.schedule)
        if complaint is not None:
            parts[pace.component] = replace(part, warnings=(*part.warnings, complaint))
    return replace(costs, components=parts)


def _of_leaf(program: Program, leaf: Node) -> Iterator[Pace]:
    """Yield what a nest of steps asks of its stages, its phase left open."""
    units = {stage: (name, unit.lanes) for name, unit in program.core.units.items() for stage in unit.stages}
    timing = leaf.timing
    assert timing is not None
    runs = [action for action in leaf.actions if action.kind == "run" and timing.cycles[action.step]]
    shorter = min(0, timing.extra_first)  # the first iteration may be
    for run in runs:
        unit, lanes = units[run.target]
        alike = [other for other in runs if other.target == run.target and not _exclude(run, other)]
        starts = sum(ceil(int(other.table.max(initial=0)) / lanes) for other in alike)
        left = timing.depth + shorter - timing.offsets[run.step]
        if starts:
            yield Pace(f"{unit}.{run.target}", (), starts, timing.interval + shorter, left)


def _exclude(one: Action, other: Action) -> bool:
    """Whether two runs never happen in the same time step."""
    opposites = (name.removeprefix("not ") if name.startswith("not ") else f"not {name}" for name in one.when)
    return any(name in other.when for name in opposites)


def _cycles(number: int) -> str:
    return "1 cycle" if number == 1 else f"{number} cycles"
