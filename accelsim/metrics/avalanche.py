"""Scores of an accuracy matrix under the names of Avalanche 0.6, so that its tools and tables read them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from accelsim.metrics.matrix import AccuracyMatrix

_EVALUATION = "eval_phase/test_stream"


def avalanche_metrics(
    matrix: AccuracyMatrix, *, labels: Sequence[int] | None = None, samples: Sequence[int] | None = None
) -> dict[str, float]:
    """Return what Avalanche logs after the last evaluation of a stream, by its names.

    A column of the matrix is an experience of the test stream.  Names of what is undefined are left out.

    Parameters
    ----------
    matrix : the accuracies; `matrix.after(i)` gives the evaluation after training i.
    labels : task label of each column; by default all 0, as where the learner is not told the task.
    samples : test samples of each column, by default all the same: Avalanche's stream accuracy is a mean over them.
    """
    columns = len(matrix.tasks)
    labels = [0] * columns if labels is None else list(labels)
    weights = np.ones(columns) if samples is None else np.asarray(samples, np.float64)
    if len(labels) != columns or weights.shape != (columns,):
        raise ValueError(f"{columns} columns need as many labels and numbers of samples")
    found: dict[str, float | None] = {}
    final = matrix.accuracy[-1] if matrix.trained else np.full(columns, np.nan)
    for label in sorted(set(labels)):
        chosen = ~np.isnan(final) & (np.array(labels) == label) & (weights > 0)
        if chosen.any():
            mean = float(np.average(final[chosen], weights=weights[chosen]))
            found[f"Top1_Acc_Stream/{_EVALUATION}/Task{label:03}"] = mean
    for experience, scores in enumerate(matrix.per_task()):
        where = f"{_EVALUATION}/Task{labels[experience]:03}/Exp{experience:03}"
        found[f"Top1_Acc_Exp/{where}"] = scores.final
        found[f"ExperienceForgetting/{where}"] = scores.forgetting
        found[f"ExperienceBWT/{where}"] = None if scores.forgetting is None else -scores.forgetting
        found[f"ExperienceForwardTransfer/{where}"] = scores.forward_transfer
    found[f"StreamForgetting/{_EVALUATION}"] = matrix.forgetting_last
    found[f"StreamBWT/{_EVALUATION}"] = matrix.bwt
    found[f"StreamForwardTransfer/{_EVALUATION}"] = matrix.fwt
    return {name: value for name, value in found.items() if value is not None}
