"""Lowering: the phase tables of a core, for one network, as a flat program.

The program is what the compiled engine executes iteration by iteration, and what the count engine sums up in
closed form.  The reference engine does not use it: it reads the phase tables themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.phases import Access, Nest, StageRun, Step
from accelsim.architecture.schema import Architecture, Core
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem, choose_from
from accelsim.controllers.vocabulary import Vocabulary
from accelsim.engine.timing import Demand, LeafTiming, leaf_timing
from accelsim.mapping.placement import Placement
from accelsim.mapping.spans import Span

Guard = tuple[str, ...]
MAX_DEPTH = 8
"""Most loops inside each other."""


@dataclass(frozen=True)
class Action:
    """An access or a stage run of one step: how often it happens in each iteration, under which conditions."""

    kind: str
    """`read`, `write` or `run`."""
    target: str
    """Memory or stage."""
    step: int
    when: Guard
    mask: str | None
    loops: tuple[int, ...]
    """Depths of the enclosing loops that `table` depends on."""
    table: NDArray[np.int64]
    """How often, by the indices of those loops."""


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
        self, core: Core, placement: Placement, vocabulary: Vocabulary, document: Document | None, problems: list[Problem]
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
            self.problem(at, f"not as often at one index of mask `{mask}` as at another, and only the number of indices "
                         "where a mask holds is known")  # fmt: skip

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
            inner.phase, inner.state, inner.overhead, inner.when if root else nest.when, inner.when, nest.mask, nest.repeat,
            own, context.loops, inner.masks, inner.repeats, children, nest.steps, timing, actions,
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
                    access = Access(memory=entry) if isinstance(entry, str) else entry
                    where = (*at, "steps", s, "writes" if write else "reads", j)
                    self.check_when(access.when, (*where, "when"))
                    mask = access.mask
                    if access.changed_mask and self.core.memories[access.memory].write_back == "changed":
                        mask = access.changed_mask
                    for name in (access.mask, access.changed_mask):
                        self.check_mask(name, context.loops, (*where, "mask"))
                    loops, table = access_table(self.core, access, context.loops, own_depth, self.placement)
                    loops, table = self._whole_words_only(step, table, loops, context.loops, partial)
                    action = Action("write" if write else "read", access.memory, s, access.when, mask, loops, table)
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


def often(action: Action, loops: tuple[Span, ...], axes: tuple[str, ...]) -> int | None:
    """How often an action happens at each index of a mask, or None if not equally often at all of them.

    Parameters
    ----------
    action : Action
    loops : tuple of Span
        All loops around the action.
    axes : tuple of str
        Index sets that the mask extends over; of none for an action without mask.
    """
    free = prod(span.size for depth, span in enumerate(loops) if depth not in action.loops and span.name not in axes)
    summed = tuple(axis for axis, depth in enumerate(action.loops) if loops[depth].name not in axes)
    at_each = np.unique(action.table.sum(axis=summed))
    return None if at_each.size > 1 else free * int(at_each[0])


def access_table(
    core: Core, access: Access, loops: tuple[Span, ...], own_depth: int, placement: Placement
) -> tuple[tuple[int, ...], NDArray[np.int64]]:
    """Words of a memory that each iteration accesses, by the indices of the loops that matter.

    Returns
    -------
    depths : tuple of int
        Positions in ``loops`` of the axes of the table.
    table : int array
    """
    names = [span.name for span in loops]
    depths: set[int] = set()
    for name in [access.item, *access.within]:
        if name is not None:
            depth = names.index(name)
            depths.add(depth)
            blocks = loops[depth].blocks
            if blocks is not None:
                depths.add(names.index(blocks))
    if access.item is not None:
        # Whether a word is new depends on the iteration before, so on every loop that runs inside this nest.
        depths.update(range(own_depth, len(loops)))
    axes = tuple(sorted(depths))
    shape = tuple(loops[depth].size for depth in axes)
    index = dict(zip(axes, np.indices(shape, dtype=np.int64), strict=True)) if axes else {}

    def first_item(name: str) -> NDArray[np.int64]:
        span = loops[names.index(name)]
        block = index[names.index(span.blocks)] if span.blocks is not None else np.int64(0)
        return index[names.index(name)] * span.width + block * span.block_width

    table = np.ones(shape, np.int64)
    if access.item is not None:
        per_word = core.memories[access.memory].items_per_word
        width = loops[names.index(access.item)].width
        start = first_item(access.item)
        low, high = start // per_word, (start + width - 1) // per_word
        # Flatten the loops of this nest: the iteration before is the one to the left, none at its start.
        inside = [axis for axis, depth in enumerate(axes) if depth >= own_depth]
        outside = shape[: len(shape) - len(inside)]
        flat_low, flat_high = low.reshape(*outside, -1), high.reshape(*outside, -1)
        entered = flat_high - flat_low + 1
        shared_low = np.maximum(flat_low[..., 1:], flat_low[..., :-1])
        shared_high = np.minimum(flat_high[..., 1:], flat_high[..., :-1])
        entered[..., 1:] -= np.maximum(shared_high - shared_low + 1, 0)
        table = entered.reshape(shape)
    for name, bound in access.within.items():
        table = table * (first_item(name) < placement.spans[bound].items)
    return axes, table


def run_table(run: StageRun, loops: tuple[Span, ...], placement: Placement) -> tuple[tuple[int, ...], NDArray[np.int64]]:
    """Items that each iteration gives to a stage."""
    names = [span.name for span in loops]
    if run.per is None:
        return (), np.ones((), np.int64)
    if run.per in names:
        return (), np.array(loops[names.index(run.per)].width, np.int64)
    return (), np.array(placement.spans[run.per].items, np.int64)
