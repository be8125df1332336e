"""Runs of streams of tasks: the accuracy matrix, learning curves and metrics, on both engines."""

import numpy as np
import pytest

from accelsim.config.document import Document
from accelsim.report import facts
from accelsim.simulation.run import simulate

STREAM = {
    "workload": "w",
    "task": {"kind": "digits", "coding": "graded", "length": 1},
    "tasks": {
        "kind": "split",
        "groups": [[0, 1], [2, 3]],
        "order": [0, 1, 0],
        "training_samples": 150,
        "test_samples": 40,
    },
    "network": {"input": 64, "hidden": 16, "output": 10},
    "learning": {"rule": "backprop", "parameters": {"rate": 0.05}},
}


@pytest.fixture(scope="module")
def result():
    return simulate("mac_array", Document.of(STREAM, "workload"))


def test_a_row_before_training_and_one_after_each_experience(result):
    rows = result.tables["task_matrix"]
    assert [(row["epoch"], row["trained"]) for row in rows] == [(0, None), (1, 0), (2, 1), (3, 0)]
    curves = result.tables["learning_curve"]
    tests = {(row["epoch"], row["task"]): row["accuracy"] for row in curves if row["split"] == "test"}
    assert tests == {(row["epoch"], task): row[f"task_{task}"] for row in rows for task in (0, 1)}
    assert rows[1]["task_0"] > 0.9
    assert rows[2]["task_1"] > 0.7
    assert rows[2]["task_0"] < 0.5 < rows[3]["task_0"]  # forgotten, learnt again


def test_metrics_follow_from_the_matrix(result):
    first, second, third = ([row["task_0"], row["task_1"]] for row in result.tables["task_matrix"][1:])
    metrics = result.metrics
    assert metrics["acc"] == metrics["accuracy_test"] == pytest.approx(np.mean(third))
    assert metrics["accuracy_just_learned"] == pytest.approx((first[0] + second[1]) / 2)
    assert metrics["bwt"] == pytest.approx((third[0] - first[0] + third[1] - second[1]) / 2)
    assert metrics["forgetting_last"] == pytest.approx(-metrics["bwt"])


def test_learning_curves_add_up_to_the_epochs(result):
    curves = result.tables["learning_curve"]
    epochs = [row for row in result.tables["epochs"] if row["split"] in ("train", "test")]
    for epoch in epochs:
        rows = [row for row in curves if (row["epoch"], row["split"]) == (epoch["epoch"], epoch["split"])]
        tasks = {epoch["task"]} if epoch["split"] == "train" else {0, 1}
        assert {row["task"] for row in rows} == tasks
        assert len({row["block"] for row in rows}) == len(tasks)
        assert sum(row["samples"] for row in rows) == epoch["samples"]
        assert sum(row["cycles"] for row in rows) == epoch["cycles"]
    trained = [row["accuracy"] for row in curves if row["block"] == 2]
    assert np.mean(trained[-20:]) > np.mean(trained[:20])


def test_reports_show_the_mean_over_tasks(result):
    shown = facts.accuracies(result)
    assert [epoch for epoch, _ in shown["test"]] == [0, 1, 2, 3]
    assert shown["test"][-1][1] == pytest.approx(result.metrics["acc"])
    assert [epoch for epoch, _ in shown["train"]] == [1, 2, 3]


def test_tables_are_saved(result, tmp_path):
    result.save(tmp_path / "out")
    assert (tmp_path / "out" / "task_matrix.csv").read_text().startswith("epoch,trained,task_0,task_1")
    assert (tmp_path / "out" / "learning_curve.csv").exists()


def test_the_reference_engine_gives_the_same():
    stream = STREAM | {"tasks": STREAM["tasks"] | {"order": [0, 1], "training_samples": 6, "test_samples": 3}}
    compiled, simpy = (
        simulate("mac_array", Document.of(stream, "workload"), engine=engine) for engine in ("compiled", "simpy")
    )
    for name in ("task_matrix", "learning_curve", "epochs"):
        assert compiled.tables[name] == simpy.tables[name]


def test_without_tasks_nothing_is_added():
    plain = {key: value for key, value in STREAM.items() if key != "tasks"} | {"test_samples": 5}
    result = simulate("mac_array", Document.of(plain, "workload"))
    assert "task_matrix" not in result.tables
    assert "acc" not in result.metrics
    assert "task" not in result.tables["epochs"][0]
