"""Predictions beside published figures."""

import pytest

from accelsim.config.errors import ConfigError
from accelsim.cost.published import chips, comparison, published


@pytest.mark.parametrize("chip", chips())
def test_every_figure_has_a_source_and_an_ordered_range(chip: str) -> None:
    for figure in published(chip):
        assert 0 < figure.low <= figure.high
        assert figure.source.text
        assert figure.condition


def test_chip_names_ignore_case_and_suggest_the_nearest() -> None:
    assert published("reckon") == published("ReckOn")
    with pytest.raises(ConfigError, match=r"no published figures of `Reckn` \(did you mean `ReckOn`\?\)"):
        published("Reckn")


def test_comparison_says_ratio_and_whether_the_band_holds_the_figure() -> None:
    metrics = {"area_mm2": 0.30, "area_mm2_low": 0.20, "area_mm2_high": 0.44, "energy_per_sop_pj": 5.3}
    area, energy = comparison(metrics, "ReckOn", voltage_v=0.5)
    assert area.ratio == pytest.approx(0.30 / 0.45, rel=1e-9, abs=1e-40)
    assert not area.inside
    assert (energy.ratio, energy.inside) == (1.0, True)
    assert energy.verified == "verified"
    assert energy.row()["published_low"] == 5.3


def test_ranges_compare_by_overlap_and_geometric_middle() -> None:
    metrics = {"power_real_time_uw": 10.0, "power_real_time_uw_low": 5.0, "power_real_time_uw_high": 25.0}
    (power,) = comparison(metrics, "ReckOn", voltage_v=0.5)
    assert power.inside
    assert power.ratio == pytest.approx(10 / (20 * 50) ** 0.5, rel=1e-9, abs=1e-40)


def test_figures_taken_at_another_supply_are_left_out() -> None:
    metrics = {"area_mm2": 0.3, "energy_per_sop_pj": 5.3}
    for supply in (None, 0.8):
        assert [row.metric for row in comparison(metrics, "ReckOn", supply)] == ["area_mm2"]


def test_what_was_not_predicted_is_not_compared() -> None:
    assert comparison({"energy_per_sop_pj": None}, "ODIN", 0.55) == []
