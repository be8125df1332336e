"""Published chips beside their predicted figures."""

from __future__ import annotations

import pytest

from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.simulation.chip_figures import LEAKAGE_BAND, WIDEST_BAND, chip_costs
from accelsim.simulation.setup import prepare
from accelsim.technology.estimate import total
from accelsim.validation.chip_targets import METRICS, read_targets, unit_factor
from accelsim.validation.chips import compare, described, implied_overhead, load_chips


@pytest.fixture(scope="module")
def rows():
    return list(compare())


def test_every_chip_has_an_area_and_a_leakage_and_all_bands_are_ordered_and_no_wider_than_allowed(rows):
    for chip in load_chips().values():
        metrics = {row.metric for row in rows if row.chip == chip.architecture}
        assert {"area_mm2", "leakage_uw"} < metrics <= set(METRICS)
    for row in rows:
        band = row.predicted
        widest = WIDEST_BAND.get(row.metric, LEAKAGE_BAND) * (1 + 1e-9)
        assert 0 < band.low <= band.nominal <= band.high
        assert band.nominal / band.low <= widest
        assert band.high / band.nominal <= widest
        assert "[" in band.provenance or "given" in band.provenance


def test_one_chip_is_calibrated_and_its_energy_is_met(rows):
    assert {row.chip for row in rows if row.predicted.calibrated} == {"ODIN"}
    implied, used = implied_overhead()
    assert used == pytest.approx(implied, rel=0.05)


@pytest.mark.parametrize("chip", ["ReckOn", "Loihi"])
@pytest.mark.parametrize("metric", ["area_mm2", "energy_per_sop_pj"])
def test_chips_that_were_not_fitted_lie_inside_their_bands(rows, chip, metric):
    (row,) = [row for row in rows if (row.chip, row.metric) == (chip, metric)]
    assert row.verdict == "inside"
    assert not row.predicted.calibrated


def test_a_functional_model_leaks_as_its_chip_does():
    def leakage(components):
        return total([part.leakage_w for part in components.values()], "")

    functional = prepare(load_document("odin", "architecture"), load_document("odin_digits", "workload"), seed=0).costs
    alone, chip = leakage(functional.components), leakage(chip_costs(load_chips()["odin"]).components)
    assert (chip.low, chip.nominal, chip.high) == pytest.approx((alone.low, alone.nominal, alone.high), rel=1e-9)


def test_a_chip_is_described_with_its_published_figures():
    chips = load_chips()
    rows = {row.metric: row for row in described(chips["loihi"])}
    assert rows["energy_per_sop_pj"].published_range == "23.6"
    assert rows["energy_per_sop_pj"].times.startswith("x1.")
    assert (rows["synapse_density_per_mm2"].published_range, rows["synapse_density_per_mm2"].times) == ("", "")


def test_power_of_reckon_lies_inside_its_band(rows):
    (row,) = [row for row in rows if (row.chip, row.metric) == ("ReckOn", "power_mw")]
    assert row.verdict == "inside"


def test_a_table_of_figures_is_converted_and_matched_by_name(tmp_path):
    table = tmp_path / "targets.csv"
    lines = ["chip,metric,value,unit", "odin,area_mm2,86000,um2", "Chen 2018 (Intel 10 nm SNN),leakage_uw,1,mW",
             "CHIMERA,lifetime_years,5,y", "Nobody,power_mw,1,mW"]  # fmt: skip
    table.write_text("\n".join(lines), encoding="utf-8")
    area, leakage, lifetime, nobody = compare(table)
    assert area.published == pytest.approx((0.086, 0.086), rel=1e-12)
    assert area.verdict == "inside"
    assert leakage.published == pytest.approx((1000.0, 1000.0), rel=1e-12)
    assert "is not predicted" in lifetime.line()
    assert "no such chip" in nobody.line()


def test_problems_of_a_table_are_told_together(tmp_path):
    table = tmp_path / "targets.csv"
    table.write_text("chip,metric,value,unit\nODIN,area_mm2,-1,mm2\nODIN,power_mw,1,pJ\n", encoding="utf-8")
    with pytest.raises(ConfigError) as told:
        read_targets(table)
    assert [problem.line for problem in told.value.problems] == [2, 3]
    table.write_text("chip,value\nODIN,1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="no column metric, unit"):
        read_targets(table)


@pytest.mark.parametrize(
    ("unit", "metric", "factor"),
    [
        ("µW", "power_mw", 1e-6),
        ("pJ/SOP", "energy_per_sop_pj", 1e-12),
        ("mm^2", "area_mm2", 1e-6),
        ("1/mm2", "synapse_density_per_mm2", 1e6),
        ("synapses/mm2", "synapse_density_per_mm2", 1e6),
        ("per mm²", "synapse_density_per_mm2", 1e6),
        ("k/mm2", "synapse_density_per_mm2", 1e9),
        ("pJ", "power_mw", None),
        ("mW", "synapse_density_per_mm2", None),
    ],
)
def test_units_of_published_figures(unit, metric, factor):
    found = unit_factor(unit, metric)
    assert found is None if factor is None else found == pytest.approx(factor, rel=1e-12, abs=1e-40)
