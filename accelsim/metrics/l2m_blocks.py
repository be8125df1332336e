"""Blocks of experiences of one task, and what their learning curves tell.

What a log calls a block may hold several tasks; a `Block` here is what l2metrics calls a regime: neighbouring
experiences of the same block, type, subtype and task.  Definitions are those of l2metrics 3.1.0 (L2M programme, arXiv
2201.08278).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from accelsim.formats.l2m_log import Experience, L2MLog

Floats = NDArray[np.float64]
TERMINAL_SHARE = 0.1
"""Last part of a training block that its terminal performance is the mean of."""
_LARGEST_WINDOW = 100
_WINDOW_SHARE = 0.2


@dataclass(frozen=True, eq=False)
class Block:
    """Neighbouring experiences of one task.

    Attributes
    ----------
    number : int
        Number of the block in the log.
    block_type : {"train", "test"}
    subtype : {"wake", "sleep"}
    task : str
    experiences : int array
        Their numbers, never decreasing; several values may belong to one experience.
    values : float array of the same shape
        Performance in each.
    """

    number: int
    block_type: str
    subtype: str
    task: str
    experiences: NDArray[np.int64]
    values: Floats

    @property
    def train(self) -> bool:
        """Whether it is a training block."""
        return self.block_type == "train"

    @property
    def curve(self) -> Floats:
        """Mean performance of each experience."""
        return curve([self])

    @property
    def terminal(self) -> float:
        """Terminal performance: mean of a test block, or of the last tenth of a training block."""
        values = self.curve
        start = int((1 - TERMINAL_SHARE) * values.size) if self.train else 0
        return float(values[start:].mean())


def blocks_of(log: L2MLog, measure: str) -> list[Block]:
    """Return the blocks of a log by a measure: complete experiences that have a value, tasks in lower case."""
    column = log.measures.index(measure)
    rows = [one for one in log.experiences if one.status == "complete" and one.values[column] is not None]
    return [_block(list(members), column) for _, members in groupby(rows, key=_regime)]


def _regime(one: Experience) -> tuple[int, str, str, str]:
    return one.block, one.block_type, one.subtype, one.task.lower()


def _block(members: Sequence[Experience], column: int) -> Block:
    numbers = np.array([one.number for one in members], np.int64)
    values = np.array([one.values[column] for one in members], np.float64)
    return Block(*_regime(members[0]), numbers, values)


def evaluated(blocks: Iterable[Block]) -> list[tuple[int, Block]]:
    """Return the blocks that count, with their positions: once there is sleep, tests made awake do not."""
    placed = list(enumerate(blocks))
    asleep = any(block.subtype == "sleep" for _, block in placed)
    return [(at, block) for at, block in placed if block.train or not asleep or block.subtype == "sleep"]


def learning_blocks(blocks: Iterable[Block], task: str) -> list[Block]:
    """Return the blocks in which a task was trained awake."""
    return [block for block in blocks if block.train and block.subtype == "wake" and block.task == task]


def curve(blocks: Sequence[Block]) -> Floats:
    """Mean performance of each experience of consecutive blocks."""
    numbers = np.concatenate([block.experiences for block in blocks])
    values = np.concatenate([block.values for block in blocks])
    found, which, count = np.unique(numbers, return_inverse=True, return_counts=True)
    return values if len(found) == len(values) else np.bincount(which, weights=values) / count


def moving_average(values: Floats) -> Floats:
    """Moving average over a fifth of a curve, 100 values at most; the curve is mirrored beyond both ends.

    Curves of less than 15 values stay as they are.
    """
    window = min(int(values.size * _WINDOW_SHARE), _LARGEST_WINDOW)
    if window < 3:
        return values
    mirrored = np.pad(values, window - 1, mode="reflect")
    averaged = np.convolve(np.full(window, 1 / window), mirrored, mode="valid")
    start = window // 2 - 1
    return averaged[start : start + values.size]


def saturation(values: Floats) -> tuple[float, int]:
    """Return the largest value of the moving average of a curve, and the experiences before it is first reached."""
    averaged = moving_average(values)
    at = int(averaged.argmax())
    return float(averaged[at]), at


def theil_sen_slope(values: Sequence[float]) -> float:
    """Median of the slopes between all pairs of values at distance one from each other."""
    early, late = np.triu_indices(len(values), 1)
    y = np.asarray(values, np.float64)
    return float(np.median((y[late] - y[early]) / (late - early)))
