"""The catalogue of what surrounds a die."""

import pytest

from accelsim.technology import catalogue
from accelsim.technology.constants import data_file


def entries():
    for section, parts in data_file("swap.yaml").items():
        for name, part in parts.items():
            figures = {"": part} if "unit" in part else {key: part[key] for key in part if key != "title"}
            yield from ((f"{section}.{name}.{key}", figure) for key, figure in figures.items())


def test_every_number_is_a_band_with_unit_and_source():
    for name, entry in entries():
        found = catalogue.figure(entry, name)
        assert found.unit, name
        assert found.sources[0].text, name


def test_every_part_can_be_had():
    for name in catalogue.names("batteries"):
        cell = catalogue.battery(name)
        own = cell.capacity_c is not None and cell.mass_kg is not None and cell.volume_m3 is not None
        assert own or (cell.specific_energy_j_per_kg is not None and cell.energy_density_j_per_m3 is not None), name
        assert cell.self_discharge_per_s is not None or cell.active_life_s is not None, name
    assert all(catalogue.regulator(name).mass_kg.nominal >= 0 for name in catalogue.names("regulators"))
    assert all(catalogue.package(name).theta_ja_k_per_w.low > 0 for name in catalogue.names("packages"))
    assert all(catalogue.allowance(name).power_w.low > 0 for name in catalogue.names("allowances"))
    assert all(catalogue.material(name).nominal > 1000 for name in catalogue.names("materials"))


def test_numbers_are_in_si():
    cell = catalogue.battery("cr2032")
    assert cell.capacity_c.nominal == pytest.approx(810)  # 225 mAh
    assert cell.mass_kg.nominal == pytest.approx(3e-3)
    assert cell.self_discharge_per_s.nominal * 8766 * 3600 == pytest.approx(0.01)
    assert catalogue.constant("body_temperature").nominal == pytest.approx(310.15)
    assert catalogue.constant("tissue_slope").nominal == pytest.approx(29.0)  # K/W
    assert catalogue.limit("power_density").nominal == pytest.approx(400.0)  # W/m2
