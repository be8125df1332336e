"""Constraints of sweeps."""

import pytest

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.model import validate
from accelsim.explore import pareto_front
from accelsim.explore.constraints import parse_constraint, violations
from accelsim.explore.schema import Objective, SweepDocument


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("area_mm2 < 2", ("area_mm2", "<", "2")),
        (" mission_time_h>=2.4e1 ", ("mission_time_h", ">=", "2.4e1")),
        ("energy_uj/(sop+1) < 2*area_mm2", ("energy_uj / (sop + 1)", "<", "2 * area_mm2")),
        ("limits", ("limits_failed", "<=", "0")),
    ],
)
def test_grammar(text, found):
    constraint = parse_constraint(text)
    assert (constraint.left.text, constraint.comparison, constraint.right.text) == found


def test_fits_is_about_points_without_metrics():
    assert parse_constraint(" fits ") is None


@pytest.mark.parametrize(
    "text",
    ["area_mm2", "area_mm2 < 2 < 3", "area_mm2 == 2", "__import__('os') < 1", "1 < 2", "", "a < 1e999"],
)
def test_nothing_else_is_read(text):
    with pytest.raises(ValueError, match="is no constraint; write it like"):
        parse_constraint(text)


def test_reasons():
    chosen = [parse_constraint(text) for text in ("area_mm2 < 2", "mission_time_h >= 24", "limits")]
    good = {"area_mm2": 1.9, "mission_time_h": 24, "limits_failed": 0}
    assert violations(chosen, good) == ""
    bad = {"area_mm2": 2.0, "mission_time_h": None, "limits_failed": 2}
    reason = "area_mm2 2 is not < 2; mission_time_h is missing; limits: 2 of the mission's fail"
    assert violations(chosen, bad) == reason
    margins = {"margin_mass": -0.2, "margin_power": 0.5, "margin_volume": -0.1, "margin_tissue_rise": None}
    assert violations(chosen, {**bad, **margins}) == f"{reason}: mass, volume"
    assert chosen[0].unknown({"area_um2": 1}) == "`area_mm2` is no metric of a run (did you mean `area_um2`?)"
    assert chosen[2].unknown({"area_um2": 1}) == "`limits` needs a workload with a `mission`"


def test_a_wrong_constraint_has_a_place():
    data = {"sweep": "s", "architecture": "reckon", "workload": "x", "constraints": ["area_mm2 < 2", "area < "]}
    with pytest.raises(ConfigError) as caught:
        validate(Document.of(data, "sweep"), SweepDocument)
    assert str(caught.value).startswith("constraints.1: 'area < ' is no constraint; write it like `area_mm2 < 2`")


def test_infeasible_points_are_on_no_front():
    goals = [Objective(metric="a", direction="min")]
    points = [{"a": 1, "status": "infeasible"}, {"a": 2, "status": "ok"}, {"a": 3, "status": "ok"}]
    assert pareto_front(points, goals) == [1]
