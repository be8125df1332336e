"""What it costs to learn something new: experiences, time and energy to an accuracy, memory, energy of learning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Adaptation:
    """The way to a level of performance on a task.

    Attributes
    ----------
    experiences : int
        Experiences up to and including the first at the level or above.
    time_s, energy_j : float or None
        What they took; None if it was not measured.
    """

    experiences: int
    time_s: float | None = None
    energy_j: float | None = None


def adaptation(
    performance: ArrayLike, level: float, *, time_s: ArrayLike | None = None, energy_j: ArrayLike | None = None
) -> Adaptation | None:
    """Return experiences, time and energy until a learning curve first reaches a level, None if it never does.

    Parameters
    ----------
    performance : float array, shape (experiences,)
        The learning curve on the new task; nan where it was not measured.
    level : the performance to reach, such as x % of a reference.
    time_s, energy_j : float arrays, shape (experiences,)
        Time and energy of each experience.
    """
    curve = np.asarray(performance, np.float64)
    costs = {"time_s": time_s, "energy_j": energy_j}
    known = {name: np.asarray(cost, np.float64) for name, cost in costs.items() if cost is not None}
    for name, cost in known.items():
        if cost.shape != curve.shape:
            raise ValueError(f"{name} has shape {cost.shape}, the learning curve {curve.shape}")
    reached = np.flatnonzero(curve >= level)
    if not reached.size:
        return None
    count = int(reached[0]) + 1
    return Adaptation(count, **{name: float(cost[:count].sum()) for name, cost in known.items()})


def memory_overhead(learning_bits: float, inference_bits: float) -> float:
    """Memory overhead MO: bits of all state of a learning device over the bits of the weights of inference, minus 1.

    Parameters
    ----------
    learning_bits : weights, traces, importances, replay buffer, checkpoints: all that learning keeps.
    inference_bits : the weights that inference alone would keep.
    """
    if inference_bits <= 0:
        raise ValueError(f"inference_bits: {inference_bits} is not > 0")
    return learning_bits / inference_bits - 1


def learning_cost_ratio(learning_energy: float, inference_energy: float) -> float:
    """Energy that learning adds to inference of the same samples, over that of inference."""
    if inference_energy <= 0:
        raise ValueError(f"inference_energy: {inference_energy} is not > 0")
    return (learning_energy - inference_energy) / inference_energy


def model_size_efficiency(sizes: Sequence[float]) -> float:
    """Model-size efficiency min(1, mean_i M_1 / M_i), M_i being the memory after task i.

    Diaz-Rodriguez et al., "Don't forget, there is more than forgetting: new metrics for continual learning", 2018.
    """
    memory = np.asarray(sizes, np.float64)
    if not memory.size or (memory <= 0).any():
        raise ValueError("sizes must be > 0, and at least one")
    return min(1.0, float((memory[0] / memory).mean()))
