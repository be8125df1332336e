"""A mission in a run: in its metrics and tables, priced again, explained, reported, and as a constraint of a sweep."""

import json
from concurrent.futures import Future
from pathlib import Path
from textwrap import dedent

import pytest

from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.explore import sweep
from accelsim.explore.execute import Outcome
from accelsim.report import load_run, summary_lines
from accelsim.report.page import run_page
from accelsim.report.quantity import quantity, typeset
from accelsim.report.study.data import load_sweep
from accelsim.report.study.figures import sweep_figures
from accelsim.report.study.front import front
from accelsim.report.study.page import sweep_page
from accelsim.simulation import simulate
from accelsim.simulation.explained import explain_figure, figures_of
from accelsim.simulation.mission import stepped_report
from accelsim.simulation.recost import read_result
from accelsim.technology.estimate import Estimate

SHORT = ["epochs=1", "training_samples=2", "test_samples=2"]


@pytest.fixture(scope="module")
def result():
    workload = load_document("wearable_keyword", "workload", overrides=SHORT)
    return simulate("single_core", workload)


@pytest.fixture(scope="module")
def folder(result, tmp_path_factory):
    path = tmp_path_factory.mktemp("mission") / "run"
    result.save(path)
    return path


def test_the_mission_repeats_the_samples_of_the_run(result):
    metrics, mission = result.metrics, result.metrics["power_mission_chip_uw"]
    events = 2.0  # a second
    dynamic = events * (0.99 * metrics["energy_inference_uj"] + 0.01 * metrics["energy_training_uj"])
    # Leakage during the work of a sample is part of its energy, the rest of it is that of sleeping.
    assert mission == pytest.approx(dynamic + metrics["power_sleep_uw"], rel=1e-3)
    assert metrics["power_sleep_uw"] == pytest.approx(metrics["power_leakage_uw"])
    assert metrics["mission_time_h"] > 24
    assert metrics["limits_failed"] == 0
    assert {row["part"] for row in result.tables["swap"]} >= {"die", "board", "battery, cr2032", "housing", "total"}


def test_power_domains_make_sleep_cheaper(result):
    domain = "power={domains: {synapses: {components: [winp, wrec, winp_traces, wrec_traces], residual: 0.1}}}"
    gated = result.recost([domain])
    parts = ("winp", "wrec", "winp_traces", "wrec_traces")
    off = sum(result.costs.components[name].leakage_w.nominal for name in parts)
    saved_uw = result.metrics["power_sleep_uw"] - gated.metrics["power_sleep_uw"]
    assert saved_uw == pytest.approx(0.9 * off * 1e6)
    assert gated.metrics["power_mission_chip_uw"] < result.metrics["power_mission_chip_uw"]
    assert gated.metrics["mission_time_h"] > result.metrics["mission_time_h"]


def test_a_saved_run_keeps_its_mission_and_recosting_keeps_it_current(result, folder):
    again = read_result(folder)
    assert again.metrics == result.metrics
    assert again.tables["limits"] == json.loads(json.dumps(result.tables["limits"]))
    warm = again.recost(["temperature=340 K"])
    assert warm.metrics["mission_time_h"] < result.metrics["mission_time_h"]
    assert warm.tables["swap"][0]["power_uw"] == pytest.approx(warm.metrics["power_mission_chip_uw"])
    assert (folder / "swap.csv").is_file()
    assert (folder / "limits.csv").is_file()


def test_mission_time_is_explained_down_to_its_sources(folder):
    text = "\n".join(explain_figure("mission_time_h", figures_of(folder)))
    for part in ("CR2032 data sheets", "micropower converters", "share of a battery's capacity", "micropower micro"):
        assert part in text
    assert "[assumed" not in text.splitlines()[0]


def test_reports_say_whether_it_lasts_and_what_dominates(folder):
    lines = "\n".join(summary_lines(load_run(folder), width=140))
    for part in ("Mission: limits", "at least 24.0 h", "battery, cr2032", "of the mass: housing", ": it lasts"):
        assert part in lines
    assert "every limit holds" in lines
    assert quantity({"mass_g": 0.5, "mass_g_low": 0.25, "mass_g_high": 1.0}, "mass_g") == "500 mg (250 - 1,000)"
    assert typeset("2 mm3, 3 mm2, 4 uA") == "2 mm³, 3 mm², 4 µA"
    page = run_page(load_run(folder), [])
    assert "<h2>Mission</h2>" in page
    assert "analogue microphone" in page


def test_an_event_of_a_chip_of_many_cores_is_its_whole_run():
    mission = "mission={events_per_hour: 60, battery: {cell: lipo_pouch_large, capacity: 400 mAh}, package: bga-100}"
    workload = load_document("recurrent_1k", "workload", overrides=[mission])
    chip = load_document("mesh", "architecture", overrides=["leakage=20 mW", "area=9 mm2"])
    about = {"architecture": {"resolved": chip.data}, "workload": {"resolved": workload.data}}
    found = stepped_report(about, Estimate.exact(3e-3, None, "actions", "J"), 0.2)
    assert found is not None
    power_w = (3e-3 + 0.2 * 20e-3) / 60 + 20e-3 * (1 - 0.2 / 60)
    assert found.metrics()["power_mission_uw"] == pytest.approx(power_w * 1e6)
    assert found.metrics()["die_area_mm2"] == pytest.approx(3.18**2)
    plain = load_document("mesh", "architecture", overrides=["leakage=null", "area=null"])
    bare = {"architecture": {"resolved": plain.data}, "workload": about["workload"]}
    unknown = stepped_report(bare, Estimate.exact(3e-3, None, "actions", "J"), 0.2)
    assert unknown is not None
    assert any("leakage is not known" in warning for warning in unknown.warnings())


STUDY = """\
    sweep: study
    architecture: single_core
    workload: short.yaml
    axes:
      workload.mission.battery:
        - cr2032
        - {cell: lipo_pouch_small, capacity: 0.5 mAh}
    objectives:
      - {metric: mission_time_h, direction: max}
      - {metric: mass_g, direction: min}
    constraints:
"""


class Lasting:
    """An executor that computes no simulation: a coin cell lasts 4000 h, any other battery 12 h."""

    def submit(self, function, task, /):
        coin = task.workload.data["mission"]["battery"] == "cr2032"
        hours, mass = (4000.0, 6.7) if coin else (12.0, 3.8)
        metrics = {"mission_time_h": hours, "mass_g": mass, "area_mm2": 0.8, "limits_failed": int(not coin)}
        future = Future()
        future.set_result(Outcome("ok", metrics=metrics, wall_s=0.1))
        return future


def written(folder: Path, *constraints: str) -> Path:
    short = "workload: short\nextends: wearable_keyword\nepochs: 1\ntraining_samples: 1\ntest_samples: 1\n"
    (folder / "short.yaml").write_text(short)
    path = folder / "study.yaml"
    path.write_text(dedent(STUDY) + "".join(f"  - {text}\n" for text in constraints))
    return path


def test_limits_are_constraints_of_a_sweep(tmp_path):
    done = sweep(written(tmp_path, "limits", "mission_time_h >= 24"), tmp_path / "out", executor=Lasting())
    assert [row["status"] for row in done.rows] == ["ok", "infeasible"]
    assert done.rows[1]["message"].startswith("limits: 1 of the mission's fail; mission_time_h")
    assert done.rows[1]["mission_time_h"] < 24
    data = load_sweep(tmp_path / "out")
    assert [point.axes["id"] for point in front(data.points, data.objectives)] == ["0"]
    page = sweep_page(data, sweep_figures(data))
    assert "mission_time_h &gt;= 24" in page
    assert "infeasible: 1" in page
    again = sweep(written(tmp_path, "area_mm2 < 100"), tmp_path / "out", executor=Lasting(), resume=True)
    assert [row["status"] for row in again.rows] == ["ok", "ok"]  # a constraint re-runs nothing


def test_a_constraint_on_no_metric_is_told_at_its_place(tmp_path):
    path = written(tmp_path, "area_mm2 < 100", "mision_time_h > 1")
    with pytest.raises(ConfigError) as caught:
        sweep(path, tmp_path / "out", executor=Lasting())
    line = f"{path}:13:5  constraints.1: `mision_time_h` is no metric of a run (did you mean `mission_time_h`?)"
    assert str(caught.value) == line
