"""Processes and their scaling laws."""

import pytest

from accelsim.config.errors import ConfigError
from accelsim.technology.node import describe_technology, load_technology, names


@pytest.mark.parametrize("name", ["28nm-fdsoi", "28 nm FDSOI", "28NM_FDSOI"])
def test_names_are_forgiving(name: str) -> None:
    assert load_technology(name.replace(" FDSOI", "-fdsoi")).name == "28nm-fdsoi"


def test_unknown_name_points_to_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"unknown technology `28nm-fdso` \(did you mean `28nm-fdsoi`\?\)"):
        load_technology("28nm-fdso")


@pytest.mark.parametrize("name", names())
def test_every_process_describes_itself_with_ordered_bands_and_sources(name: str) -> None:
    for _, low, nominal, high, unit, source, verified in describe_technology(load_technology(name)):
        assert low <= nominal <= high
        assert unit
        assert source
        assert verified in ("verified", "measured", "memory", "assumed")


def test_voltage_below_the_minimum_is_refused_unless_declared() -> None:
    technology = load_technology("28nm-fdsoi")
    with pytest.raises(ConfigError, match=r"voltage: 0.45 V is outside 0.5 V to 1.1 V"):
        technology.check(0.45, 300.0)
    technology.check(0.45, 300.0, minimum_voltage_v=0.45)


def test_all_problems_of_an_operating_point_are_reported() -> None:
    with pytest.raises(ConfigError) as error:
        load_technology("28nm").check(2.0, 1000.0)
    assert [problem.path for problem in error.value.problems] == ["temperature", "voltage"]


def test_dynamic_energy_goes_with_the_square_of_the_voltage() -> None:
    technology = load_technology("28nm")
    ratio = technology.energy_factor(0.5, 0.9).nominal / technology.energy_factor(1.0, 0.9).nominal
    assert ratio == pytest.approx(0.25, rel=1e-9, abs=1e-40)
    assert load_technology("45nm").energy_factor(0.9, 0.9).nominal == 1.0


@pytest.mark.parametrize(("name", "voltage", "measured"), [("7nm", 0.7, (0.108, 0.162)), ("130nm", 1.2, (2.16, 2.91))])
def test_energy_band_holds_one_design_synthesised_on_other_nodes(
    name: str, voltage: float, measured: tuple[float, float]
) -> None:
    """Blocks on ASAP7 (7 nm) and IHP SG13G2 (130 nm, all but a shifter at 3.04) over NanGate45."""
    factor = load_technology(name).energy_factor(voltage, 1.1)
    assert factor.low <= measured[0]
    assert measured[1] <= factor.high


def test_area_ratio_follows_the_published_table_and_holds_the_synthesised_ones() -> None:
    assert load_technology("90nm").area_factor().nominal == pytest.approx(2.8, rel=1e-9, abs=1e-40)
    assert load_technology("28nm").area_factor().nominal == pytest.approx(0.368, rel=0.01, abs=1e-40)
    ratio_130 = load_technology("130nm").area_factor()
    assert ratio_130.low == pytest.approx(4.9, rel=0.02, abs=1e-40)
    assert ratio_130.high == pytest.approx(8.9, rel=0.02, abs=1e-40)
    assert load_technology("7nm").area_factor().high >= 0.073


def test_leakage_and_delay_move_the_right_way() -> None:
    technology = load_technology("28nm-fdsoi")
    assert technology.leakage_factor(0.9, 0.9, 300.0).nominal == 1.0
    assert technology.leakage_factor(0.5, 0.9, 300.0).nominal < 0.2
    assert technology.leakage_factor(0.9, 0.9, 360.0).nominal == pytest.approx(4.0, rel=1e-9, abs=1e-40)
    assert technology.gate_delay_s(0.5).nominal > 2 * technology.gate_delay_s(0.9).nominal
    with pytest.raises(ConfigError, match="not above the threshold"):
        technology.gate_delay_s(0.4)
