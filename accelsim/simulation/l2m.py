"""Streams of tasks as logs of the L2M programme, and the figures that the programme defines on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from accelsim.config.errors import ConfigError, Problem
from accelsim.formats.l2m_log import Experience, L2MLog, write_log
from accelsim.metrics.l2m import l2m_figures
from accelsim.metrics.l2m_blocks import blocks_of

ACCURACY = "accuracy"
MEASURES = (ACCURACY, "mean_squared_error")
FIGURES = (
    *("perf_maintenance_mrlep", "perf_maintenance_mrtlp", "forward_transfer_ratio", "forward_transfer_contrast"),
    *("backward_transfer_ratio", "backward_transfer_contrast", "perf_recovery", "avg_train_perf", "avg_eval_perf"),
)
"""Those that need no expert of a single task."""
PREFIX = "l2m_"
SCENARIO = {"author": "accelsim", "complexity": "1-low", "difficulty": "2-medium", "scenario_type": "custom"}


def stream_log(name: str, curve: Sequence[Mapping[str, Any]], clock_hz: float) -> L2MLog:
    """A stream of tasks as a log: every bin of the learning curve is an experience, in simulated time of the chip.

    Parameters
    ----------
    name : str
        Of the log's folder.
    curve : rows of the table `learning_curve`.
    clock_hz : float
        Of the chip.
    """
    experiences, cycles = [], 0
    for number, row in enumerate(curve):
        cycles += row["cycles"]
        experiences.append(
            Experience(
                block=row["block"],
                number=number,
                block_type=row["split"],
                task=f"task_{row['task']}",
                values=tuple(row[measure] for measure in MEASURES),
                time_us=round(cycles / clock_hz * 1e6),
            )
        )
    return L2MLog(name, MEASURES, tuple(experiences), SCENARIO)


def l2m_metrics(log: L2MLog) -> dict[str, float | int | None]:
    """The figures of a log as metrics `l2m_<figure>`; None where they are undefined, as all are without accuracies."""
    blocks = blocks_of(log, ACCURACY)
    if not blocks:
        return dict.fromkeys(f"{PREFIX}{name}" for name in FIGURES)
    figures = l2m_figures(blocks)
    found = {name: getattr(figures, name) for name in FIGURES}
    return {
        f"{PREFIX}{name}": value if value is not None and isfinite(value) else None for name, value in found.items()
    }


def write_stream_log(
    folder: Path | str, tables: Mapping[str, Sequence[Mapping[str, Any]]], about: Mapping[str, Any]
) -> None:
    """Write the log of a finished run.

    Raises
    ------
    ConfigError
        If the run had no tasks, or the folder cannot be written.
    """
    folder = Path(folder)
    if not tables.get("learning_curve"):
        raise ConfigError(Problem("--l2m-log", message="the workload has no `tasks`: there is nothing to log"))
    write_log(folder, stream_log(folder.name, tables["learning_curve"], about["clock_hz"]))
