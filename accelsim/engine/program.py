"""Lowering: the phase tables of a core, for one network, as a flat program.

The program is what the compiled engine executes iteration by iteration, and what the count engine sums up in
closed form.  The reference engine does not use it: it reads the phase tables themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.phases import Access, Nest, StageRun, Step
from accelsim.architecture.schema import Architecture, Core
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem, choose_from
from accelsim.controllers.vocabulary import Vocabulary
from accelsim.engine.actions import Action, Guard, access_table, often, run_table
from accelsim.engine.timing import Demand, LeafTiming, leaf_timing
from accelsim.mapping.placement import Placement
from accelsim.mapping.spans import Span

MAX_DEPTH = 8
"""Most loops inside each other."""


@dataclass(frozen=True)
class Node:
    """A nest with the loops that enclose it."""

    phase: str
    state: str
    overhead: bool
    guard: Guard
    """Own conditions (a root's include those of its phase)."""
    when: Guard
    """Conditions of this nest and of everything around it."""
    mask: str | None
    repeat: str | None
    loops: tuple[Span, ...]
    """Own loops."""
    outer: tuple[Span, ...]
    """Enclosing loops, outermost first."""
    masks: tuple[str, ...]
    """Masks of this nest and of everything around it, outermost first."""
    repeats: tuple[str, ...]
    children: tuple[Node, ...] = ()
    steps: tuple[Step, ...] = ()
    timing: LeafTiming | None = None
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True)
class Program:
    """The control of a core for one network."""

    core: Core
    placement: Placement
    vocabulary: Vocabulary
    roots: tuple[Node, ...]

    @property
    def states(self) -> tuple[str, ...]:
        """Names under which cycles are reported, in order of appearance."""
        return tuple(dict.fromkeys(leaf.state for leaf in self.leaves()))

    def leaves(self) -> Iterator[Node]:
        """Every nest of steps."""
        pending = list(reversed(self.roots))
        while pending:
            node = pending.pop()
            if node.steps:
                yield node
            pending.extend(reversed(node.children))


def lower(
    architecture: Architecture, placement: Placement, vocabulary: Vocabulary, document: Document | None = None
) -> Program:
    """Lower the phase tables of a chip's core.

    Raises
    ------
    ConfigError
        If the tables use conditions, masks or counts that the controller does not have, or a mask where its
        indices are not all known.
    """
    core = architecture.core
    problems: list[Problem] = []
    lowering = _Lowering(core, placement, vocabulary, document, problems)
    roots = []
    for name in core.sequence:
        phase = core.phases[name]
        at: tuple[str | int, ...] = ("core", "phases", name)
        lowering.check_when(phase.when, (*at, "when"))
        for i, nest in enumerate(phase.body):
            context = _Context(name, name, phase.overhead, phase.when, (), (), ())
            roots.append(lowering.nest(nest, context, (*at, "body", i), root=True))
    if problems:
        raise ConfigError(problems)
    return Program(core, placement, vocabulary, tuple(roots))


@dataclass(frozen=True)
class _Context:
    phase: str
    state: str
    overhead: bool
    when: Guard
    loops: tuple[Span, ...]
    masks: tuple[str, ...]
    repeats: tuple[str, ...]


class _Lowering:
    def __init__(
        self,
        core: Core,
        placement: Placement,
        vocabulary: Vocabulary,
        document: Document | None,
        problems: list[Problem],
    ) -> None:
        self.core = core
        self.placement = placement
        self.vocabulary = vocabulary
        self.document = document
        self.problems = problems

    def problem(self, at: tuple[str | int, ...], message: str) -> None:
        """Note a mistake in the tables."""
        if self.document is not None:
            self.problems.append(self.document.problem(at, message))
        else:
            self.problems.append(Problem(path=".".join(map(str, at)), message=message))

    def check_when(self, when: Guard, at: tuple[str | int, ...]) -> None:
        """Every condition must be one the controller has."""
        for i, name in enumerate(when):
            plain = name.removeprefix("not ")
            if plain not in self.vocabulary.conditions:
                known = list(self.vocabulary.conditions)
                self.problem((*at, i), f"`{plain}` is no condition of controller `{self.core.controller}`"
                             f"{choose_from(plain, known)}")  # fmt: skip

    def check_mask(self, mask: str | None, loops: tuple[Span, ...], at: tuple[str | int, ...]) -> None:
        """A mask must exist, and the loops around it must give its indices."""
        if mask is None:
            return
        if mask not in self.vocabulary.masks:
            known = list(self.vocabulary.masks)
            self.problem(at, f"`{mask}` is no mask of controller `{self.core.controller}`{choose_from(mask, known)}")
            return
        names = [span.name for span in loops]
        for axis in self.vocabulary.masks[mask]:
            if axis not in names:
                self.problem(at, f"mask `{mask}` needs an enclosing loop over `{axis}`")

    def check_sum(self, action: Action, context: _Context, at: tuple[str | int, ...]) -> None:
        """How often an action happens must follow from how often its mask holds."""
        mask = action.mask or (context.masks[-1] if context.masks else None)
        if mask and mask in self.vocabulary.masks and often(action, context.loops, self.vocabulary.masks[mask]) is None:
            self.problem(
                at,
                f"not as often at one index of mask `{mask}` as at another, and only the number of indices "
                "where a mask holds is known",
            )

    def nest(self, nest: Nest, context: _Context, at: tuple[str | int, ...], root: bool = False) -> Node:
        """Lower one nest and what it contains."""
        self.check_when(nest.when, (*at, "when"))
        self.check_mask(nest.mask, context.loops, (*at, "mask"))
        if nest.repeat is not None and nest.repeat not in self.vocabulary.columns:
            known = list(self.vocabulary.columns)
            self.problem((*at, "repeat"), f"`{nest.repeat}` is no count of controller `{self.core.controller}`"
                         f"{choose_from(nest.repeat, known)}")  # fmt: skip
        own = tuple(self.placement.spans[name] for name in nest.loops)
        inner = _Context(
            context.phase,
            nest.state or context.state,
            context.overhead,
            context.when + nest.when,
            context.loops + own,
            context.masks + ((nest.mask,) if nest.mask else ()),
            context.repeats + ((nest.repeat,) if nest.repeat else ()),
        )
        children = tuple(self.nest(child, inner, (*at, "body", i)) for i, child in enumerate(nest.body))
        timing = None
        actions: tuple[Action, ...] = ()
        if len(inner.loops) > MAX_DEPTH:
            self.problem((*at, "for"), f"more than {MAX_DEPTH} loops inside each other")
        if nest.steps:
            timing, actions = self.leaf(nest, inner, len(context.loops), at)
        return Node(
            inner.phase, inner.state, inner.overhead, inner.when if root else nest.when, inner.when, nest.mask,
            nest.repeat, own, context.loops, inner.masks, inner.repeats, children, nest.steps, timing, actions,
        )  # fmt: skip

    def leaf(
        self, nest: Nest, context: _Context, own_depth: int, at: tuple[str | int, ...]
    ) -> tuple[LeafTiming, tuple[Action, ...]]:
        """Schedule and actions of a nest of steps."""
        actions: list[Action] = []
        demands: list[list[Demand]] = []
        partial = self._partial_last(context.loops[own_depth:])
        for s, step in enumerate(nest.steps):
            step_demands = []
            for write, accesses in ((False, step.reads), (True, step.writes)):
                for j, entry in enumerate(accesses):
                    named = Access(memory=entry) if isinstance(entry, str) else entry
                    where = (*at, "steps", s, "writes" if write else "reads", j)
                    self.check_when(named.when, (*where, "when"))
                    for name in (named.mask, named.changed_mask):
                        self.check_mask(name, context.loops, (*where, "mask"))
                    access = named.sparing(self.core.memories[named.memory].write_back)
                    loops, table = access_table(self.core, access, context.loops, own_depth, self.placement)
                    loops, table = self._whole_words_only(step, table, loops, context.loops, partial)
                    kind = "write" if write else "read"
                    action = Action(kind, access.memory, s, access.when, access.mask, loops, table)
                    actions.append(action)
                    self.check_sum(action, context, where)
                    step_demands.append(Demand(access.memory, write, int(table.max(initial=0)), access.when))
            for j, item in enumerate(step.runs):
                run = StageRun(stage=item) if isinstance(item, str) else item
                where = (*at, "steps", s, "runs", j)
                self.check_when(run.when, (*where, "when"))
                self.check_mask(run.mask, context.loops, (*where, "mask"))
                loops, table = run_table(run, context.loops, self.placement)
                loops, table = self._whole_words_only(step, table, loops, context.loops, partial)
                action = Action("run", run.stage, s, run.when, run.mask, loops, table)
                actions.append(action)
                self.check_sum(action, context, where)
            demands.append(step_demands)
        return leaf_timing(self.core, nest, demands, partial), tuple(actions)

    @staticmethod
    def _partial_last(own: tuple[Span, ...]) -> bool:
        """Whether the last index of the innermost loop covers items that are not there."""
        return bool(own) and own[-1].blocks is None and own[-1].size * own[-1].width > own[-1].items

    @staticmethod
    def _whole_words_only(
        step: Step, table: NDArray[np.int64], depths: tuple[int, ...], loops: tuple[Span, ...], partial: bool
    ) -> tuple[tuple[int, ...], NDArray[np.int64]]:
        """Nothing happens in a skipped step of a half-filled word."""
        if not (partial and step.whole_words):
            return depths, table
        innermost = len(loops) - 1
        if innermost not in depths:
            depths = (*depths, innermost)
            table = np.repeat(table[..., None], loops[innermost].size, axis=-1)
        table = table.copy()
        table[..., -1] = 0
        return depths, table
