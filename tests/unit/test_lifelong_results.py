"""What a run through a stream of tasks tells: scores, logs, costs of capabilities, its report."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lifelong_runs import small_stream

from accelsim import load_architecture
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.formats.l2m_log import read_log
from accelsim.metrics.l2m import accuracy_matrix
from accelsim.metrics.l2m_blocks import blocks_of
from accelsim.report import budget, figures, report
from accelsim.report.load import load_run
from accelsim.report.page import run_page
from accelsim.simulation.adapting import adaptation_metrics, adaptation_rows
from accelsim.simulation.l2m import ACCURACY, l2m_metrics, write_stream_log
from accelsim.simulation.result import Result
from accelsim.simulation.run import simulate


def shared_stream(*overrides: str) -> Document:
    """A stream for a core whose kernel other tests of capabilities use too."""
    shared = "learning.consolidation=synaptic-intelligence", "learning.consolidation_parameters={}"
    return small_stream(*shared, *overrides)


@pytest.fixture(scope="module")
def result() -> Result:
    found = simulate(load_architecture("single_core"), shared_stream())
    assert isinstance(found, Result)
    return found


def test_log_gives_the_figures_of_the_run(result: Result, tmp_path: Path) -> None:
    write_stream_log(tmp_path / "log", result.tables, result.about)
    log = read_log(tmp_path / "log")
    figures = l2m_metrics(log)
    assert figures == {name: value for name, value in result.metrics.items() if name.startswith("l2m_")}
    assert figures["l2m_perf_maintenance_mrlep"] is not None
    matrix = accuracy_matrix(blocks_of(log, ACCURACY))
    assert (matrix.acc, matrix.bwt, matrix.fwt) == (result.acc, result.bwt, result.fwt)
    assert matrix.forgetting_max == result.forgetting_max
    times = [one.time_us for one in log.experiences]
    assert times == sorted(times)
    assert times[-1] <= result.time_total_us


def test_runs_without_tasks_have_no_log(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the workload has no `tasks`"):
        write_stream_log(tmp_path / "log", {}, {})


def test_scores_by_their_names_in_avalanche(result: Result) -> None:
    scores = {row["name"]: row["value"] for row in result.tables["avalanche"]}
    assert scores["Top1_Acc_Stream/eval_phase/test_stream/Task000"] == pytest.approx(result.acc)
    assert scores["StreamForgetting/eval_phase/test_stream"] == pytest.approx(result.forgetting_last)
    assert scores["Top1_Acc_Exp/eval_phase/test_stream/Task000/Exp001"] == result.tables["task_matrix"][-1]["task_1"]


def test_everything_the_chip_did_adds_up(result: Result) -> None:
    rows = result.tables["capabilities"]
    assert {row["activity"] for row in rows} == {"test", "train", "replay", "storing", "recalling", "saving"}
    assert {row["capability"] for row in rows} == {"inference", "learning", "replay", "checkpoint"}
    energy = sum(row["energy_uj"] for row in rows)
    assert energy == pytest.approx(result.energy_total_pj * 1e-6, rel=1e-9)
    assert sum(row["cycles"] for row in rows) == result.cycles
    assert result.time_total_us == pytest.approx(sum(row["time_us"] for row in rows))


def test_costs_follow_the_supply(result: Result) -> None:
    lower = result.recost(["voltage=0.7 V"])
    assert sum(row["energy_uj"] for row in lower.tables["capabilities"]) == pytest.approx(lower.energy_total_pj * 1e-6)
    for row, before in zip(lower.tables["adaptation"], result.tables["adaptation"], strict=True):
        if before["energy_to_adapt_uj"] is not None:
            assert row["energy_to_adapt_uj"] < before["energy_to_adapt_uj"]
            assert row["time_to_adapt_us"] == before["time_to_adapt_us"]


def test_memory_of_learning_counts_words_samples_and_checkpoints(result: Result) -> None:
    synapses = (64 + 16) * 16 + 16 * 10
    weights = 32 * synapses
    words = result.about["memory_words"]
    assert result.memory_overhead * weights > words["replay"] + words["checkpoint"]
    training = result.energy_training_uj / result.energy_inference_uj - 1
    assert result.learning_cost_ratio > training  # replayed samples and checkpoints belong to learning


@pytest.mark.slow
def test_memory_of_a_core_that_does_not_learn(result: Result) -> None:
    bare = simulate(load_architecture("single_core"), shared_stream("capabilities.learning.on=false"))
    assert 0 < bare.metrics["memory_overhead"] < 0.02  # the readout's traces have their memory all the same
    assert bare.metrics["memory_bits"] < result.memory_bits


def test_time_and_energy_to_adapt() -> None:
    test = {"split": "test", "accuracy": 1.0, "samples": 5, "cycles": 50, "energy_uj": 5.0}
    epochs = [
        {"epoch": 1, "task": 0, "split": "train", "accuracy": 0.5, "samples": 4, "cycles": 400, "energy_uj": 4.0},
        {"epoch": 1, "task": 0, "split": "replay", "accuracy": 0.5, "samples": 4, "cycles": 400, "energy_uj": 8.0},
        {"epoch": 1, "task": 0, **test},
    ]
    curve = [
        {"epoch": 1, "split": "train", "task": 0, "samples": 1, "accuracy": share, "cycles": 100}
        for share in (0.0, 0.8, 1.0, 1.0)
    ] + [{"epoch": 1, "task": 0, **test}]
    (row,) = adaptation_rows(epochs, curve, 1e6)
    assert row["samples_to_adapt"] == 3  # 90 % of the 100 % that it had learnt
    assert row["time_to_adapt_us"] == pytest.approx(600)
    assert row["energy_to_adapt_uj"] == pytest.approx(9)
    assert row["time_to_accuracy_us"] == pytest.approx(400)
    assert adaptation_metrics([row])["tasks_adapted"] == 1
    assert adaptation_metrics([])["energy_to_adapt_uj"] is None


def test_report_tells_of_the_stream(result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = ("learning_curves", "task_matrix", "capabilities", "writes")
    monkeypatch.setattr(figures, "FIGURES", [kind for kind in figures.FIGURES if kind.name in drawn])
    result.save(tmp_path / "run")
    written = {path.name for path in report(tmp_path / "run")}
    assert {"learning_curves.svg", "task_matrix.svg", "capabilities.svg", "writes.svg"} <= written
    page = (tmp_path / "run" / "report.html").read_text()
    for heading in ("Lifelong learning", "Adapting to each task", "What each capability cost", "Wear of memories"):
        assert f"<h2>{heading}</h2>" in page
    for name in ("avalanche.csv", "adaptation.csv", "capabilities.csv", "learning_curve.csv", "task_matrix.csv"):
        assert (tmp_path / "run" / name).is_file()


def test_report_shows_what_capabilities_noted(result: Result, tmp_path: Path) -> None:
    result.save(tmp_path / "run")
    run = load_run(tmp_path / "run")
    noted = {
        "recoveries": [{"sample": 7, "cause": "power <cut>", "words": 1389, "time_us": 12.5, "samples_again": 1}],
        "structure": [{"samples": 5, "task": 0, "live": 632, "pruned": 61, "grown": 59, "freed": 0, "taken": 0}],
        "power_cap": [
            cap_row(0.0, 3000.0, 3834.9, 6.87),
            cap_row(0.001, 3000.0, 2900.0, 0.0),
            cap_row(0.002, 2000.0, 2100.0, 500.0),
        ],
    }
    for tasks in (True, False):
        for name, rows in noted.items():
            run.tables[name] = rows  # type: ignore[index]
        if not tasks:
            run.tables["task_matrix"] = []  # type: ignore[index]
        page = run_page(run, [])
        for heading in ("Recoveries", "Synapses exchanged", "Budget ledger", "Power cap"):
            assert f"<h2>{heading}</h2>" in page
        assert "power &lt;cut&gt;" in page
        assert '<th scope="col">samples again</th>' in page
        assert cells(page, "from") == [
            ["0 ns", "2.00 ms", "3.00 mW", "3.83 mW", "6.87 µs", "0 ns", "127.8 %", "0.3 %"],
            ["2.00 ms", "1.00 ms", "2.00 mW", "2.10 mW", "500 µs", "0 ns", "105.0 %", "50.0 %"],
        ]
        held = {(row[0], row[1]): row[2:] for row in cells(page, "resource")}
        changes, first, *rest = held["replay_slots", "replay"]
        assert int(changes) > 1
        assert 0 < int(first) < 6
        assert rest == ["6", "6", "6", "100.0 %"]
        assert held["neurons", "network"] == ["1", "26", "26", "26", "26", "100.0 %"]


def cap_row(start_s: float, cap_uw: float, most_uw: float, stalled_us: float) -> dict[str, float]:
    row = {"start_s": start_s, "duration_s": 0.001, "power_cap_uw": cap_uw, "power_window_max_uw": most_uw}
    return row | {"stalled_us": stalled_us, "slowed_us": 0.0}


def cells(page: str, first_column: str) -> list[list[str]]:
    """What the cells of a table show."""
    table = page[page.index(f'<th scope="col">{first_column}</th>') :]
    rows = re.findall("<tr>(.*?)</tr>", table[: table.index("</table>")].partition("<tbody>")[2])
    return [[re.sub("<.*?>", "", cell) for cell in re.findall("<td.*?</td>", row)] for row in rows]


def test_figures_of_budgets(result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = [kind for kind in figures.FIGURES if kind.name in ("ledger", "power_cap")]
    monkeypatch.setattr(figures, "FIGURES", kinds)
    result.save(tmp_path / "run")
    run = load_run(tmp_path / "run")
    assert not budget.has_cap(run)
    run.tables["power_cap"] = [cap_row(0.0, 3000.0, 3834.9, 6.87), cap_row(0.001, 2000.0, 2100.0, 500.0)]  # type: ignore[index]
    drawn = {figure.name: figure for figure in figures.run_figures(run)}
    assert drawn["power_cap"].source == ("power_cap.csv",)
    assert "replay_slots (replay)" in drawn["ledger"].inline() or "words.replay (replay)" in drawn["ledger"].inline()
    still = [row for row in run.tables["ledger"] if row["resource"] == "neurons"]
    run.tables["ledger"] = still  # type: ignore[index]
    assert not budget.has_ledger(run)
