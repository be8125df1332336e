"""L2M figures that compare a learner of many tasks with experts that learnt one only (single-task experts, STE)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from accelsim.config.errors import ConfigError, Problem
from accelsim.metrics.l2m_blocks import Block, curve, learning_blocks, saturation

Expert = Sequence[Block]
"""The training blocks of one run of an expert."""
_LEAST_SATURATION = 0.2
"""Share of the expert's saturation below which a learner counts as not having learnt at all."""


def experts_of(runs: Mapping[str, Sequence[Block]]) -> dict[str, list[Expert]]:
    """Return the experts of each task from the blocks of runs by name.

    Raises
    ------
    ConfigError
        If a run did not train exactly one task.
    """
    experts: dict[str, list[Expert]] = {}
    for name, blocks in runs.items():
        trained = [block for block in blocks if block.train]
        tasks = sorted({block.task for block in trained})
        if len(tasks) != 1:
            raise ConfigError(
                Problem(name, message=f"an expert trains one task; it trains {', '.join(tasks) or 'none'}")
            )
        experts.setdefault(tasks[0], []).append(trained)
    return experts


def relative_performance(blocks: Sequence[Block], task: str, experts: Sequence[Expert]) -> list[float]:
    """Return the sum of a task's learning curve over that of each expert, both cut to the shorter of the two."""
    own = learning_blocks(blocks, task)
    if not own:
        return []
    values = _values(own)
    ratios = []
    for expert in experts:
        other = _values(expert)
        length = min(values.size, other.size)
        ratios.append(_over(values[:length].sum(), other[:length].sum()))
    return ratios


@dataclass(frozen=True)
class SampleEfficiency:
    """How fast and how far a task was learnt, and each expert that reached saturation after its first experience.

    Attributes
    ----------
    saturation, experiences : float
        Largest moving average of the learning curve, experiences before it.
    expert_saturation, expert_experiences : list of float
        Those of each expert.
    saturation_ratio : list of float
        Own saturation over the expert's.
    experiences_ratio : list of float
        The expert's experiences over the own.
    efficiency : list of float
        Product of the ratios; 0 if the learning curve falls or its saturation is below a fifth of the expert's.
    """

    saturation: float
    experiences: float
    expert_saturation: list[float]
    expert_experiences: list[float]
    saturation_ratio: list[float]
    experiences_ratio: list[float]
    efficiency: list[float]


def sample_efficiency(blocks: Sequence[Block], task: str, experts: Sequence[Expert]) -> SampleEfficiency | None:
    """Return the sample efficiency of a task, None without experts or if the first experience was the best."""
    own = learning_blocks(blocks, task)
    if not own or not experts:
        return None
    level, experiences = saturation(curve(own))
    if experiences == 0:
        return None
    numbers = np.concatenate([block.experiences for block in own])
    falling = np.polyfit(numbers, _values(own), 1)[0] < 0
    found = SampleEfficiency(level, experiences, [], [], [], [], [])
    for expert in experts:
        expert_level, expert_experiences = saturation(curve(expert))
        if expert_experiences == 0:
            continue
        level_ratio, experiences_ratio = _over(level, expert_level), expert_experiences / experiences
        failed = falling or level < expert_level * _LEAST_SATURATION
        found.expert_saturation.append(expert_level)
        found.expert_experiences.append(expert_experiences)
        found.saturation_ratio.append(level_ratio)
        found.experiences_ratio.append(experiences_ratio)
        found.efficiency.append(0.0 if failed else level_ratio * experiences_ratio)
    return found


def _values(blocks: Sequence[Block]) -> np.ndarray:
    return np.concatenate([block.values for block in blocks])


def _over(a: float, b: float) -> float:
    """a / b; an expert that never scored is infinitely far behind, or not to be compared with."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.float64(a) / b)
