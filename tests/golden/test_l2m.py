"""Logs of lifelong learning against the figures of l2metrics and of numpy."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from accelsim.config.errors import ConfigError
from accelsim.formats.l2m_log import read_log
from accelsim.metrics.l2m import l2m_figures
from accelsim.metrics.l2m_blocks import blocks_of
from accelsim.metrics.l2m_experts import experts_of
from accelsim.metrics.l2m_preparation import prepare
from accelsim.validation import validate_folder
from accelsim.validation.l2m import Differences

DEMO = Path(__file__).parent / "l2m"
RECURRING = Path(__file__).parent / "l2m_recurring"


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    return shutil.copytree(DEMO, tmp_path / "golden")


def lines(folder: Path) -> dict[str, str]:
    return {report.name: report.line() for report in validate_folder(folder)}


def change(path: Path, edit: Callable[[Any], Any]) -> None:
    path.write_text(json.dumps(edit(json.loads(path.read_text()))))


@pytest.mark.parametrize(
    ("folder", "values"),
    [(DEMO, {"ll-demo": 114, "ll-demo.numpy": 43}), (RECURRING, {"ll-recurring": 208, "ll-sleep": 147})],
)
def test_all_figures_agree(folder: Path, values: dict[str, int]) -> None:
    reports = list(validate_folder(folder))
    assert {report.name: report.values for report in reports} == values
    for report in reports:
        assert report.passed, report.line()
        assert "not compared" not in report.line()


@pytest.mark.parametrize("scenario", ["ll-recurring", "ll-sleep"])
def test_smoothed_clamped_and_normalised_figures_agree(scenario: str) -> None:
    logs = {path.name: blocks_of(read_log(path), "accuracy") for path in (RECURRING / "logs").iterdir()}
    experts = experts_of({name: blocks for name, blocks in logs.items() if name.startswith("ste-")})
    for runs in experts.values():
        runs.sort(key=lambda run: -sum(block.values.size for block in run))
    found = asdict(l2m_figures(*prepare(logs[scenario], experts, clamp=True)))
    outputs = {one["run_id"]: one for one in json.loads((RECURRING / "prepared.json").read_text())}
    differences = Differences()
    for name, value in found.pop("task_metrics").items():
        expected = outputs[scenario]["task_metrics"][name]
        by_expert = {key: expected[key][::-1] for key in expected if key.endswith("_vals") and key.startswith("s")}
        differences.compare(name, value, expected | by_expert)
    differences.compare("lifetime", found, {name: outputs[scenario][name] for name in found})
    assert sum(check.values for check in differences.checks) > 120
    assert [check for check in differences.checks if check.mismatches] == []


def test_a_figure_that_differs_is_told(demo: Path) -> None:
    def edit(data: Any) -> Any:
        data["task_metrics"]["a_v0"]["ste_rel_perf"] += 2e-5
        data["avg_eval_perf"] = None
        return data

    change(demo / "l2metrics_output.json", edit)
    (report, _) = validate_folder(demo)
    assert report.mismatches == 2
    assert "avg_eval_perf 0.468109917 against None" in report.line()


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda data: {**data, "speed": 1.0}, "not compared: speed"),
        (lambda data: [data], "pass  ll-demo"),
        (lambda data: {**data, "recovery": 1, "task_metrics": {}}, "21 values, 0 mismatches"),
        (lambda data: {**data, "normalization_data_range": {"a_v0": {}}}, "figures of normalised performance"),
        (lambda data: {**data, "metrics_column": "acuracy"}, "no measure `acuracy` (did you mean `accuracy`?)"),
        (lambda data: {**data, "task_metrics": 3}, "task_metrics: expected an object of figures"),
        (lambda data: {**data, "min": "low"}, "min 0.082679 against low"),
        (lambda data: {**data, "task_metrics": {"a_v0": data["task_metrics"]["a_v0"]}}, "tasks"),
    ],
)
def test_other_outputs(edit: Callable[[Any], Any], told: str, demo: Path) -> None:
    change(demo / "l2metrics_output.json", edit)
    assert told in lines(demo)["ll-demo"]


def test_a_run_without_experts_lacks_their_figures(demo: Path) -> None:
    for path in (demo / "logs").glob("ste-*"):
        shutil.rmtree(path)
    (report, _) = validate_folder(demo)
    wrong = {check.what.split(".")[-1] for check in report.checks if check.mismatches}
    assert wrong == {
        "ste_rel_perf", "sample_efficiency", "ste_rel_perf_vals", "ste_saturation_vals", "ste_exp_to_sat_vals",
        "se_saturation_vals", "se_exp_to_sat_vals", "sample_efficiency_vals", "se_task_saturation",
        "se_task_exp_to_sat",
    }  # fmt: skip


def test_scenarios_and_figures_are_matched_by_name(demo: Path) -> None:
    shutil.copytree(demo / "logs" / "ll-demo", demo / "logs" / "ll-other")
    found = lines(demo)
    assert found["ll-demo"].startswith("pass")
    assert found["ll-demo.numpy"].startswith("pass")
    assert found["ll-other"] == "skip  ll-other  metrics  no figures to compare with"
    change(demo / "l2metrics_output.json", lambda data: {**data, "run_id": "ll-third"})
    (demo / "expected_by_numpy.json").unlink()
    (demo / "logs" / "accuracy_rows.json").unlink()
    assert lines(demo)["ll-third"] == "FAIL  ll-third  metrics  figures of a scenario that has no log"


def test_numpy_figures_by_scenario(demo: Path) -> None:
    change(demo / "expected_by_numpy.json", lambda data: {"ll-demo": {**data, "l2m speed per task": {}}})
    assert "not compared: l2m speed per task" in lines(demo)["ll-demo.numpy"]
    change(demo / "expected_by_numpy.json", lambda data: {"ll-demo": {**data["ll-demo"], "ACC": 0.7}})
    assert "ACC 0.78" in lines(demo)["ll-demo.numpy"]


def test_a_broken_log_is_told(demo: Path) -> None:
    table = demo / "logs" / "ste-b_v0" / "worker-default" / "0-train" / "data-log.tsv"
    table.write_text(table.read_text().replace("0.202519", "much"))
    expected = f"FAIL  ll-demo  metrics  {table}:3  accuracy: `much` is no finite number"
    assert lines(demo)["ll-demo"] == expected


@pytest.mark.parametrize(
    ("remove", "told"),
    [
        (["logs"], "no such folder"),
        (["logs/ll-demo"], "no logs of scenarios"),
        (
            ["l2metrics_output.json", "expected_by_numpy.json", "logs/accuracy_rows.json"],
            "neither `l2metrics_output.json` nor `expected_by_numpy.json`",
        ),
    ],
)
def test_a_folder_that_lacks_something(remove: list[str], told: str, demo: Path) -> None:
    for name in remove:
        path = demo / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    with pytest.raises(ConfigError, match=told):
        list(validate_folder(demo))


@pytest.mark.parametrize(
    ("text", "told"), [("{", "is damaged"), ("3", "expected an object"), ("[3]", "expected an object")]
)
def test_outputs_that_are_no_json(text: str, told: str, demo: Path) -> None:
    (demo / "l2metrics_output.json").write_text(text)
    with pytest.raises(ConfigError, match=told):
        list(validate_folder(demo))
