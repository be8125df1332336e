"""The figures of the L2M programme from the blocks of a log, under the names that l2metrics 3.1.0 gives them.

They equal those of l2metrics run with `-n none -g none -m both -t both`; with `l2m_preparation.prepare` first, those of
its smoothed and normalised runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from accelsim.metrics.l2m_blocks import Block, evaluated, theil_sen_slope
from accelsim.metrics.l2m_experts import Expert, relative_performance, sample_efficiency
from accelsim.metrics.l2m_retention import Transfer, maintenance, recovery_times, transfer
from accelsim.metrics.matrix import AccuracyMatrix

Numbers = list[float]


@dataclass(frozen=True)
class TaskFigures:
    """The figures of one task; None where they are undefined.

    Attributes
    ----------
    perf_recovery : minus the Theil-Sen slope of `recovery_times`: > 0 if the task is recovered ever faster.
    avg_train_perf, avg_eval_perf : mean over training and over test blocks of the mean in the block.
    perf_maintenance_mrlep, perf_maintenance_mrtlp : mean of `maintenance_val_*`; >= 0 if nothing was forgotten.
    forward_transfer_*, backward_transfer_* : what training this task did to others, by task.
    ste_rel_perf : mean over experts of the ratio of summed performance.
    sample_efficiency : mean over experts.
    recovery_times : experiences; none are told where a run has only one.
    maintenance_val_* : differences in runs of consecutive tests.
    ste_*_vals, se_*_vals, sample_efficiency_vals : by expert.
    se_task_saturation, se_task_exp_to_sat : largest moving average of the learning curve, experiences before it.
    min, max : of the performance in all blocks.
    num_lx, num_ex : values in training and in test blocks.
    """

    perf_recovery: float | None
    avg_train_perf: float | None
    avg_eval_perf: float | None
    perf_maintenance_mrlep: float | None
    perf_maintenance_mrtlp: float | None
    forward_transfer_ratio: Mapping[str, Numbers]
    backward_transfer_ratio: Mapping[str, Numbers]
    forward_transfer_contrast: Mapping[str, Numbers]
    backward_transfer_contrast: Mapping[str, Numbers]
    ste_rel_perf: float | None
    sample_efficiency: float | None
    recovery_times: Numbers
    avg_train_perf_vals: Numbers
    avg_eval_perf_vals: Numbers
    maintenance_val_mrlep: list[Numbers]
    maintenance_val_mrtlp: list[Numbers]
    ste_rel_perf_vals: Numbers
    ste_saturation_vals: Numbers
    ste_exp_to_sat_vals: Numbers
    se_saturation_vals: Numbers
    se_exp_to_sat_vals: Numbers
    sample_efficiency_vals: Numbers
    se_task_saturation: float | None
    se_task_exp_to_sat: float | None
    min: float
    max: float
    num_lx: int
    num_ex: int


@dataclass(frozen=True)
class LifetimeFigures:
    """The figures of a whole life: means over the tasks that have them, of transfer over the pairs' first values."""

    perf_recovery: float | None
    avg_train_perf: float | None
    avg_eval_perf: float | None
    perf_maintenance_mrlep: float | None
    perf_maintenance_mrtlp: float | None
    forward_transfer_ratio: float | None
    backward_transfer_ratio: float | None
    forward_transfer_contrast: float | None
    backward_transfer_contrast: float | None
    ste_rel_perf: float | None
    sample_efficiency: float | None
    min: float
    max: float
    num_lx: int
    num_ex: int
    task_metrics: Mapping[str, TaskFigures]


def l2m_figures(blocks: Sequence[Block], experts: Mapping[str, Sequence[Expert]] | None = None) -> LifetimeFigures:
    """Return every figure of a run.

    Parameters
    ----------
    blocks : the run, at least one block.
    experts : runs of single-task experts by task; figures that need them are None for tasks without.
    """
    forward, backward = transfer(blocks, forward=True), transfer(blocks, forward=False)
    tasks = _tasks(blocks)
    recovery = {task: recovery_times(blocks, task) for task in tasks}
    if sum(map(len, recovery.values())) < 2:
        recovery = {task: [] for task in tasks}
    figures = {
        task: _task(blocks, task, (experts or {}).get(task, ()), forward, backward, recovery[task]) for task in tasks
    }
    lifetime: dict[str, float | None] = {}
    for name in (field.name for field in fields(LifetimeFigures)):
        if "transfer" in name:
            pairs = [getattr(one, name).values() for one in figures.values()]
            lifetime[name] = _mean([values[0] for tested in pairs for values in tested])
        elif name not in ("min", "max", "num_lx", "num_ex", "task_metrics"):
            lifetime[name] = _mean([getattr(one, name) for one in figures.values()])
    return LifetimeFigures(
        **lifetime,
        min=min(one.min for one in figures.values()),
        max=max(one.max for one in figures.values()),
        num_lx=sum(one.num_lx for one in figures.values()),
        num_ex=sum(one.num_ex for one in figures.values()),
        task_metrics=figures,
    )


def accuracy_matrix(blocks: Sequence[Block]) -> AccuracyMatrix:
    """Return the accuracy matrix of a run: the first test of each task between a training and the next.

    Columns are ordered by first training, tasks that were never trained come last. Neighbouring training blocks of one
    task are one training. The baseline is there if a task was tested before any training.
    """
    tasks = _tasks(blocks)
    trained: list[str] = []
    rows = [np.full(len(tasks), np.nan)]
    training = False
    for _, block in evaluated(blocks):
        if block.train:
            if not training or block.task != trained[-1]:
                trained.append(block.task)
                rows.append(np.full(len(tasks), np.nan))
        elif np.isnan(rows[-1][tasks.index(block.task)]):
            rows[-1][tasks.index(block.task)] = block.terminal
        training = block.train
    baseline = None if np.isnan(rows[0]).all() else rows[0]
    accuracy = np.array(rows[1:]).reshape(len(trained), len(tasks))
    return AccuracyMatrix(tuple(tasks), tuple(trained), accuracy, baseline)


def _task(
    blocks: Sequence[Block], task: str, experts: Sequence[Expert], forward: Transfer, backward: Transfer, times: Numbers
) -> TaskFigures:
    own = [block for block in blocks if block.task == task]
    counted = [block for _, block in evaluated(blocks) if block.task == task]
    train = [float(block.values.mean()) for block in counted if block.train]
    test = [float(block.values.mean()) for block in counted if not block.train]
    kept = maintenance(blocks, task)
    relative = relative_performance(blocks, task, experts)
    efficiency = sample_efficiency(blocks, task, experts)
    values = np.concatenate([block.values for block in own])
    return TaskFigures(
        perf_recovery=-theil_sen_slope(times) if len(times) > 1 else None,
        avg_train_perf=_mean(train),
        avg_eval_perf=_mean(test),
        perf_maintenance_mrlep=_mean([value for run in kept.mrlep for value in run]),
        perf_maintenance_mrtlp=_mean([value for run in kept.mrtlp for value in run]),
        forward_transfer_ratio=forward.ratio.get(task, {}),
        backward_transfer_ratio=backward.ratio.get(task, {}),
        forward_transfer_contrast=forward.contrast.get(task, {}),
        backward_transfer_contrast=backward.contrast.get(task, {}),
        ste_rel_perf=_mean(relative),
        sample_efficiency=_mean(efficiency.efficiency) if efficiency else None,
        recovery_times=times,
        avg_train_perf_vals=train,
        avg_eval_perf_vals=test,
        maintenance_val_mrlep=kept.mrlep,
        maintenance_val_mrtlp=kept.mrtlp,
        ste_rel_perf_vals=relative,
        ste_saturation_vals=efficiency.expert_saturation if efficiency else [],
        ste_exp_to_sat_vals=efficiency.expert_experiences if efficiency else [],
        se_saturation_vals=efficiency.saturation_ratio if efficiency else [],
        se_exp_to_sat_vals=efficiency.experiences_ratio if efficiency else [],
        sample_efficiency_vals=efficiency.efficiency if efficiency else [],
        se_task_saturation=efficiency.saturation if efficiency else None,
        se_task_exp_to_sat=efficiency.experiences if efficiency else None,
        min=float(values.min()),
        max=float(values.max()),
        num_lx=sum(block.values.size for block in own if block.train),
        num_ex=sum(block.values.size for block in own if not block.train),
    )


def _tasks(blocks: Sequence[Block]) -> list[str]:
    """The tasks in the order of their first training, those never trained behind."""
    ordered = sorted(blocks, key=lambda block: not block.train)
    return list(dict.fromkeys(block.task for block in ordered))


def _mean(values: Sequence[float | None]) -> float | None:
    """Mean of what is known, None if nothing is."""
    known = [value for value in values if value is not None and not np.isnan(value)]
    return float(np.mean(known)) if known else None
