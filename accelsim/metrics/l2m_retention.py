"""L2M figures of what is kept and passed on between tasks: performance maintenance, transfer, recovery times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from accelsim.metrics.l2m_blocks import Block, evaluated, learning_blocks

Pairs = dict[str, dict[str, list[float]]]
"""Values by trained and by tested task."""


@dataclass(frozen=True)
class Maintenance:
    """Differences to a reference in the later tests of one task, in runs that no other block of the task interrupts."""

    mrlep: list[list[float]]
    """Test minus the first test after the most recent training (most recent learning evaluation performance)."""
    mrtlp: list[list[float]]
    """Test minus the terminal performance of the most recent training."""


def maintenance(blocks: Sequence[Block], task: str) -> Maintenance:
    """Return how a task's performance was kept, test by test."""
    own = [(at, block) for at, block in evaluated(blocks) if block.task == task]
    found = Maintenance([], [])
    last = -1
    training: Block | None = None
    reference: float | None = None
    due = False
    """Whether the next test is the first after a training."""
    positions = [at for at, block in enumerate(blocks) if block.task == task]
    for at, block in own:
        if block.train:
            training, due = block, True
        elif due:
            reference, due = block.terminal, False
        elif training is not None and reference is not None:
            order = positions.index(at)
            if order != last + 1:
                found.mrlep.append([])
                found.mrtlp.append([])
            last = order
            found.mrlep[-1].append(block.terminal - reference)
            found.mrtlp[-1].append(block.terminal - training.terminal)
    return found


@dataclass(frozen=True)
class Transfer:
    """What training one task did to another, by trained and tested task, one value for each pair of consecutive tests.

    Of a test before, a, and after, b: ratio b / a, contrast (b - a) / (a + b).
    """

    ratio: Pairs = field(default_factory=dict)
    contrast: Pairs = field(default_factory=dict)


def transfer(blocks: Sequence[Block], *, forward: bool) -> Transfer:
    """Return the transfer to tasks that had not been trained before (forward) or had been (backward).

    Where several tasks were trained between two tests, l2metrics credits the transfer to the last of them in the order
    in which tasks appear in the log; so does this.
    """
    counted = evaluated(blocks)
    tasks = list(dict.fromkeys(block.task for _, block in counted))
    found = Transfer()
    for tested in tasks:
        own = [(at, block) for at, block in counted if block.task == tested]
        first = next((at for at, block in own if block.train), len(blocks))
        tests = [(at, block.terminal) for at, block in own if not block.train]
        for (at, a), (until, b) in pairwise(tests):
            between = [(place, block.task) for place, block in counted if at < place < until and block.train]
            trained = {task for place, task in between if task != tested and (place < first) == forward}
            if trained:
                task = max(trained, key=tasks.index)
                if a != 0:
                    found.ratio.setdefault(task, {}).setdefault(tested, []).append(b / a)
                if a + b != 0:
                    found.contrast.setdefault(task, {}).setdefault(tested, []).append((b - a) / (a + b))
    return found


def recovery_times(blocks: Sequence[Block], task: str) -> list[float]:
    """Return for each training but the first how many experiences it took to be as good as after the one before.

    It is the index of the first experience at the terminal performance of the training before or above, the number of
    values of the block plus one if there is none.
    """
    times = []
    for before, after in pairwise(learning_blocks(blocks, task)):
        reached = np.flatnonzero(after.curve >= before.terminal)
        times.append(float(reached[0] if reached.size else after.values.size + 1))
    return times
