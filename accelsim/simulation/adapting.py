"""Time and energy that a chip takes to learn each task of a stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np

from accelsim.metrics.adaptation import Adaptation, adaptation
from accelsim.metrics.l2m_blocks import moving_average

ADAPTED = 0.9
"""Of the accuracy right after the training of a task: from there on the chip has adapted to it."""
ACCURATE = 0.8
"""Share of right answers whose energy is told for every task alike."""
Row = Mapping[str, Any]
Metrics = dict[str, float | int | None]


def adaptation_rows(epochs: Sequence[Row], curve: Sequence[Row], clock_hz: float) -> list[dict[str, Any]]:
    """What it took until the moving average of the learning curve reached a level, by experience.

    Time and energy are those of everything between the tests, replayed samples and checkpoints included, in the
    proportion of the cycles of the training samples.

    Parameters
    ----------
    epochs, curve : rows of the tables `epochs`, with energies, and `learning_curve`.
    clock_hz : float
    """
    found = []
    for trained in (row for row in epochs if row["split"] == "train" and row.get("task") is not None):
        number, task = trained["epoch"], trained["task"]
        during = [row for row in epochs if row["epoch"] == number and row["split"] != "test"]
        bins = [row for row in curve if row["epoch"] == number and row["split"] == "train"]
        learned = next(
            (row["accuracy"] for row in curve if (row["epoch"], row["split"], row["task"]) == (number, "test", task)),
            None,
        )
        accuracy = np.array([np.nan if row["accuracy"] is None else row["accuracy"] for row in bins], np.float64)
        cycles = np.array([row["cycles"] for row in bins], np.float64)
        if not cycles.sum() or np.isnan(accuracy).any():
            continue
        time_s = cycles * (sum(row["cycles"] for row in during) / cycles.sum() / clock_hz)
        energy_j = cycles * (sum(row["energy_uj"] for row in during) * 1e-6 / cycles.sum())
        samples = np.cumsum([row["samples"] for row in bins])
        smooth = moving_average(accuracy)
        level = None if learned is None else ADAPTED * learned
        adapted = None if level is None else adaptation(smooth, level, time_s=time_s, energy_j=energy_j)
        accurate = adaptation(smooth, ACCURATE, time_s=time_s, energy_j=energy_j)
        found.append(
            {
                "experience": number,
                "task": task,
                "accuracy_learned": learned,
                "samples_to_adapt": None if adapted is None else int(samples[adapted.experiences - 1]),
                **_costs("to_adapt", adapted),
                **_costs("to_accuracy", accurate),
            }
        )
    return found


def adaptation_metrics(rows: Sequence[Row]) -> Metrics:
    """Means over the experiences in which the level was reached, and in how many it was."""
    names = (
        "samples_to_adapt",
        "time_to_adapt_us",
        "energy_to_adapt_uj",
        "time_to_accuracy_us",
        "energy_to_accuracy_uj",
    )
    known = {name: [row[name] for row in rows if row[name] is not None] for name in names}
    means: Metrics = {name: fmean(values) if values else None for name, values in known.items()}
    return means | {
        "tasks_adapted": len(known["samples_to_adapt"]),
        "tasks_accurate": len(known["time_to_accuracy_us"]),
    }


def _costs(name: str, reached: Adaptation | None) -> dict[str, float | None]:
    time, energy = (None, None) if reached is None else (reached.time_s, reached.energy_j)
    return {
        f"time_{name}_us": None if time is None else time * 1e6,
        f"energy_{name}_uj": None if energy is None else energy * 1e6,
    }
