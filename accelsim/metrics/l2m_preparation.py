"""What l2metrics 3.1.0 does by default to performance before it computes figures: smooth, and scale to 1 .. 101.

In its order: training blocks are smoothed by a moving average; on request values are clamped to the 10 % and 90 %
quantiles of their task; then the range of each task is mapped to 1 .. 101.  Quantiles and ranges are those of all
blocks of a run together with the training blocks of the task's experts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from accelsim.metrics.l2m_blocks import Block, Floats, moving_average
from accelsim.metrics.l2m_experts import Expert

_QUANTILES = (0.1, 0.9)
_SCALE, _OFFSET = 100.0, 1.0
Experts = Mapping[str, Sequence[Expert]]


def prepare(blocks: Sequence[Block], experts: Experts, *, clamp: bool = False) -> tuple[list[Block], Experts]:
    """Return a run and its experts, smoothed and normalised as l2metrics does with `-g flat -n task`.

    Parameters
    ----------
    blocks, experts : as of `l2m_figures`.
    clamp : whether outliers are clamped, as with `-x`.
    """
    blocks, experts = _changed(
        blocks, experts, lambda block: moving_average(block.values) if block.train else block.values
    )
    if clamp:
        bounds = _by_task(blocks, experts, lambda values: np.quantile(values, _QUANTILES))
        blocks, experts = _changed(blocks, experts, lambda block: block.values.clip(*bounds[block.task]))
    ranges = _by_task(blocks, experts, lambda values: np.array([values.min(), values.max()]))
    return _changed(blocks, experts, lambda block: _scaled(block.values, *ranges[block.task]))


def _changed(
    blocks: Sequence[Block], experts: Experts, values: Callable[[Block], Floats]
) -> tuple[list[Block], Experts]:
    tasks = {block.task for block in blocks}

    def change(some: Sequence[Block]) -> list[Block]:
        return [replace(block, values=values(block)) for block in some]

    return change(blocks), {task: [change(run) for run in runs] for task, runs in experts.items() if task in tasks}


def _by_task(blocks: Sequence[Block], experts: Experts, figure: Callable[[Floats], Floats]) -> dict[str, Floats]:
    found = {}
    for task in {block.task for block in blocks}:
        own = [block.values for block in blocks if block.task == task]
        others = [block.values for run in experts.get(task, ()) for block in run]
        found[task] = figure(np.concatenate(own + others))
    return found


def _scaled(values: Floats, low: float, high: float) -> Floats:
    if low == high:
        return np.full_like(values, _OFFSET)
    return (values - low) / (high - low) * _SCALE + _OFFSET
