"""Predictions beside published figures."""

from __future__ import annotations

import pytest

from accelsim.architecture.schema import PublishedFigure
from accelsim.config.library import shipped
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.cost.published import comparison
from accelsim.simulation.kinds import architecture_model


def figure(metric="area_mm2", **given):
    held = {"unit": "mm2", "condition": "core", "source": "a paper", "verified": "verified", **given}
    return PublishedFigure(metric=metric, **held)


@pytest.mark.parametrize("chip", sorted(shipped("architecture")))
def test_every_shipped_figure_has_a_source_and_a_condition(chip):
    document = load_document(chip, "architecture")
    architecture = validate(document, architecture_model(document))
    for published in architecture.published:
        assert 0 < published.low <= published.high
        assert published.source
        assert published.condition


def test_comparison_says_ratio_and_whether_the_band_holds_the_figure():
    metrics = {"area_mm2": 0.30, "area_mm2_low": 0.20, "area_mm2_high": 0.44, "energy_per_sop_pj": 5.3}
    figures = [figure(value=0.45), figure("energy_per_sop_pj", value=5.3, unit="pJ", voltage=0.5)]
    area, energy = comparison(metrics, "chip", figures, voltage_v=0.5)
    assert area.ratio == pytest.approx(0.30 / 0.45, rel=1e-9, abs=1e-40)
    assert not area.inside
    assert (energy.ratio, energy.inside) == (1.0, True)
    assert energy.row()["published_low"] == 5.3
    assert energy.chip == "chip"


def test_ranges_compare_by_overlap_and_geometric_middle():
    metrics = {"power_uw": 10.0, "power_uw_low": 5.0, "power_uw_high": 25.0}
    (power,) = comparison(metrics, "chip", [figure("power_uw", range=(20.0, 50.0))], voltage_v=0.5)
    assert power.inside
    assert power.ratio == pytest.approx(10 / (20 * 50) ** 0.5, rel=1e-9, abs=1e-40)


def test_figures_taken_at_another_supply_are_left_out():
    figures = [figure(value=0.45), figure("energy_per_sop_pj", value=5.3, voltage=0.5)]
    metrics = {"area_mm2": 0.3, "energy_per_sop_pj": 5.3}
    for supply in (None, 0.8):
        assert [row.metric for row in comparison(metrics, "chip", figures, supply)] == ["area_mm2"]


def test_what_was_not_predicted_is_not_compared():
    assert comparison({"area_mm2": None}, "chip", [figure(value=0.45)], 0.55) == []
