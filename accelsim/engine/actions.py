"""Accesses and stage runs as tables: how often each iteration of a nest does them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.phases import Access, StageRun
from accelsim.architecture.schema import Core
from accelsim.mapping.placement import Placement
from accelsim.mapping.spans import Span

Guard = tuple[str, ...]
"""Conditions of the time step that must hold."""


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


def run_table(
    run: StageRun, loops: tuple[Span, ...], placement: Placement
) -> tuple[tuple[int, ...], NDArray[np.int64]]:
    """Items that each iteration gives to a stage, by the indices of the loops that matter, as of `access_table`."""
    names = [span.name for span in loops]
    items = prod(loops[names.index(s)].width if s in names else placement.spans[s].items for s in run.sets)
    if not run.within:
        return (), np.array(items, np.int64)
    depths = {names.index(name) for name in run.within}
    depths |= {names.index(blocks) for depth in depths if (blocks := loops[depth].blocks) is not None}
    axes = tuple(sorted(depths))
    index = dict(zip(axes, np.indices(tuple(loops[depth].size for depth in axes), dtype=np.int64), strict=True))
    table = np.full(tuple(loops[depth].size for depth in axes), items, np.int64)
    for name, bound in run.within.items():
        span = loops[names.index(name)]
        block = index[names.index(span.blocks)] if span.blocks is not None else np.int64(0)
        first = index[names.index(name)] * span.width + block * span.block_width
        table = table * (first < placement.spans[bound].items)
    return axes, table
