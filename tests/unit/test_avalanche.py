"""Names and values of Avalanche."""

from __future__ import annotations

import numpy as np
import pytest

from accelsim.metrics.avalanche import avalanche_metrics
from accelsim.metrics.matrix import AccuracyMatrix

R = np.array([[0.9, 0.2, 0.1], [0.7, 0.8, 0.3], [0.6, 0.5, 0.9]])
MATRIX = AccuracyMatrix(("a", "b", "c"), ("a", "b", "c"), R, np.full(3, 0.1))
EVALUATION = "eval_phase/test_stream"


def test_a_stream_without_task_labels():
    found = avalanche_metrics(MATRIX)
    expected = {
        f"Top1_Acc_Stream/{EVALUATION}/Task000": 2 / 3,
        f"StreamForgetting/{EVALUATION}": 0.3,
        f"StreamBWT/{EVALUATION}": -0.3,
        f"StreamForwardTransfer/{EVALUATION}": 0.15,
    }
    for experience, (accuracy, forgetting, ahead) in enumerate([(0.6, 0.3, None), (0.5, 0.3, 0.1), (0.9, None, 0.2)]):
        where = f"{EVALUATION}/Task000/Exp{experience:03}"
        expected[f"Top1_Acc_Exp/{where}"] = accuracy
        if forgetting is not None:
            expected |= {f"ExperienceForgetting/{where}": forgetting, f"ExperienceBWT/{where}": -forgetting}
        if ahead is not None:
            expected[f"ExperienceForwardTransfer/{where}"] = ahead
    assert found == pytest.approx(expected)


def test_task_labels_and_samples():
    found = avalanche_metrics(MATRIX, labels=(0, 1, 1), samples=(10, 30, 10))
    assert found[f"Top1_Acc_Stream/{EVALUATION}/Task000"] == pytest.approx(0.6)
    assert found[f"Top1_Acc_Stream/{EVALUATION}/Task001"] == pytest.approx((30 * 0.5 + 10 * 0.9) / 40)
    assert f"Top1_Acc_Exp/{EVALUATION}/Task001/Exp002" in found


def test_after_the_first_training():
    found = avalanche_metrics(MATRIX.after(1))
    assert found[f"Top1_Acc_Exp/{EVALUATION}/Task000/Exp001"] == 0.2
    assert f"StreamForgetting/{EVALUATION}" not in found
    assert avalanche_metrics(MATRIX.after(0)) == {}


def test_labels_that_do_not_fit():
    with pytest.raises(ValueError, match="3 columns"):
        avalanche_metrics(MATRIX, labels=(0, 1))
