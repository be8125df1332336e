import math

import pytest

from accelsim.report.study.configurations import configurations, configurations_table, summary_of
from accelsim.report.study.data import Objective, Point, SweepData


def data(*values):
    points = tuple(
        Point({"id": str(i), "lanes": lanes, "seed": str(seed)}, "done", "", {"accuracy_test": value, "area_mm2": 0.25})
        for i, (lanes, seed, value) in enumerate(values)
    )
    goals = (Objective("accuracy_test", "max"), Objective("area_mm2", "min"))
    return SweepData("some sweep", "what it asks", "compiled", 3, goals, points)


def test_interval_is_students():
    found = summary_of([0.5, 0.6, 0.7])
    assert found.mean == pytest.approx(0.6)
    assert found.half_width == pytest.approx(4.302653 * 0.1 / math.sqrt(3), rel=1e-6)  # t at 97.5 %, 2 degrees


def test_values_that_differ_by_rounding_have_no_interval():
    assert summary_of([0.1 + 0.2, 0.3, 0.3]).half_width == 0
    assert summary_of([0.3]) == summary_of([0.3])
    assert summary_of([0.3]).half_width is None
    assert summary_of([]).mean is None


def test_points_that_differ_in_their_seeds_alone_are_one_configuration():
    sweep = data(("16", 0, 0.5), ("32", 0, 0.9), ("16", 1, 0.7), ("32", 1, None))
    first, second = configurations(sweep)
    assert (first.axes, first.seeds) == ({"lanes": "16"}, 2)
    assert first.metrics["accuracy_test"].mean == pytest.approx(0.6)
    assert second.metrics["accuracy_test"].mean == 0.9
    assert configurations_table(sweep).splitlines()[-4:] == [
        "| lanes | accuracy test [1] | area [mm2] |",
        "| --- | --- | --- |",
        "| 16 | 0.600 ± 1.3 | 0.250 |",
        "| 32 | 0.900 | 0.250 |",
    ]


def test_the_table_says_why_a_design_is_not_ok_and_nothing_if_all_are():
    def table(status, message):
        points = (
            Point({"id": "0", "lanes": "4", "seed": "0"}, "ok", "", {"area_mm2": 0.25}),
            Point({"id": "1", "lanes": "8", "seed": "0"}, status, message, {"area_mm2": 0.5}),
        )
        return configurations_table(SweepData("s", "", "compiled", 1, (Objective("area_mm2", "min"),), points))

    assert "status" not in table("ok", "")
    head, _, first, second = table("infeasible", "area_mm2 0.5 is not < 0.3").splitlines()[-4:]
    assert head == "| lanes | area [mm2] | status |"
    assert first == "| 4 | 0.250 | ok |"
    assert second == "| 8 | 0.500 | infeasible: area_mm2 0.5 is not < 0.3 |"
