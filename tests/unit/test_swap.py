"""Size, weight, power and time of a device, against calculations by hand."""

import math

import pytest

from accelsim.config.document import Document
from accelsim.config.model import validate
from accelsim.cost import battery, thermal
from accelsim.cost.explain import explanation, well_founded
from accelsim.cost.mission import FIGURES, LIMITS, MissionReport
from accelsim.cost.parts import die
from accelsim.cost.swap import ChipUse, SampleUse, Swap
from accelsim.technology.estimate import Estimate, Source
from accelsim.workload.mission import Mission

RUN = Source("a run", "measured")
YEAR_H = 8766


def band(value, unit=""):
    return Estimate(value / 2, value, value * 3, (RUN,), "of the run", unit)


CHIP = ChipUse(
    voltage_v=0.8,
    area_m2=band(0.8e-6, "m2"),
    inference=SampleUse(band(0.4e-6, "J"), 0.5, 1e-3),
    training=SampleUse(band(11e-6, "J"), 0.5, 10e-3),
    sleep_w=band(45e-6, "W"),
    busiest_w=band(67e-6, "W"),
)
WORN = {
    "events_per_hour": 720, "learn_share": 0.25, "battery": "cr2032", "package": "qfn-32",
    "board": {"area": "4 cm2", "thickness": "1 mm", "copper_layers": 4},
    "allowances": [{"name": "strap", "mass": "2 g", "volume": "1 cm3", "power": "100 uW"}],
    "placement": "wearable", "ambient": "25 degC", "surface": "10 cm2",
}  # fmt: skip


def report(chip=CHIP, **changes):
    data = {key: value for key, value in {**WORN, **changes}.items() if value is not None}
    mission = validate(Document.of({"workload": "w", "mission": data}, "workload"), Mission, at=("mission",))
    return MissionReport(Swap(mission, chip))


def test_mission_time_is_that_of_a_calculation_by_hand():
    metrics = report().metrics()
    events = 720 / 3600
    chip_uw = events * (0.75 * 0.4 + 0.25 * 11) + 45 * (1 - events * 0.5)
    assert metrics["power_mission_chip_uw"] == pytest.approx(chip_uw)
    battery_mwh = 225 * 3.0
    self_discharge_uw = battery_mwh * 1e3 * 0.01 / YEAR_H
    hours = battery_mwh * 1e3 * 0.85 * 0.86 / (chip_uw + 100 + self_discharge_uw + 1.6)
    assert metrics["mission_time_h"] == pytest.approx(hours)
    assert metrics["mission_time_h_low"] < hours < metrics["mission_time_h_high"]
    assert metrics["duty_cycle"] == pytest.approx(events * (0.75 * 1e-3 + 0.25 * 10e-3))
    assert metrics["energy_mission_j"] == pytest.approx((chip_uw + 100) * 1e-6 * 86400)
    assert metrics["skin_temperature_c"] == pytest.approx(25 + metrics["power_drawn_uw"] * 1e-6 / (7 * 10e-4))
    assert metrics["junction_temperature_c"] == pytest.approx(25 + 33 * chip_uw * 1e-6)


def test_an_implant_may_take_69_mw_at_two_degrees_and_34_at_one():
    assert thermal.power_allowed_w(2.0).nominal * 1e3 == pytest.approx(69, abs=0.05)
    assert thermal.power_allowed_w(1.0).nominal * 1e3 == pytest.approx(34.5, abs=0.05)
    given = [{"name": "pump", "mass": "1 g", "volume": "1 cm3", "power": "50 mW"}]
    found = report(placement="implant", allowances=given, regulator="direct", board=None, surface="1 cm2", ambient=None)
    metrics, drawn = found.metrics(), found.swap.drawn_w.nominal
    assert metrics["tissue_rise_k"] == pytest.approx(29 * drawn)
    assert metrics["power_density_mw_cm2"] == pytest.approx(drawn * 1e3)
    assert metrics["junction_temperature_c"] > 37
    assert metrics["skin_temperature_c"] is None
    assert set(found.failed) == {"mission_time", "power_density", "battery_current"}  # 1.5 K is within 2 K


def test_the_battery_that_a_time_needs_lasts_that_long():
    own = {"cell": "lipo_pouch_small", "capacity": "100 mAh"}
    needed = report(battery=own, duration="700 h").metrics()
    capacity_mah = needed["battery_energy_needed_mwh"] / 3.7
    sized = report(battery={**own, "capacity": f"{capacity_mah} mAh"}, duration="700 h").metrics()
    assert sized["mission_time_h"] == pytest.approx(700)
    assert sized["battery_mass_g"] == pytest.approx(needed["battery_mass_needed_g"])
    assert sized["battery_mass_g"] == pytest.approx(capacity_mah * 3.7 / 150)
    forever = report(battery=own, duration="300000 h").metrics()  # longer than it holds its charge
    assert forever["battery_mass_needed_g"] is None


def test_an_opened_zinc_air_cell_ends_with_its_active_life():
    found = report(battery={"cell": "zinc_air_button", "capacity": "600 mAh"}, regulator="direct").metrics()
    assert found["mission_time_h"] == 35 * 24


def test_parts_add_up():
    rows = report().tables()["swap"]
    *parts, whole = rows
    for column in ("mass_g", "volume_mm3", "power_uw"):
        for end in ("", "_low", "_high"):
            found = sum(part[f"{column}{end}"] or 0 for part in parts)
            if column != "power_uw" or not end:  # losses are a difference: their band is wider than that of the sum
                assert whole[f"{column}{end}"] == pytest.approx(found)
    board = next(part for part in parts if part["part"] == "board")
    assert board["mass_g"] == pytest.approx(4 * (0.185 + 4 * 0.5 * 0.0035 * 8.96))
    assert parts[0]["mass_g"] + parts[1]["mass_g"] == pytest.approx(65e-3)  # a rated mass includes the die


def test_a_die_has_a_ring_of_pads():
    found = die(Estimate.exact(1e-6, RUN, "core", "m2"))
    assert found.area_m2.nominal == pytest.approx(1.18e-3**2)
    assert found.mass_kg.nominal * 1e6 == pytest.approx(1.18**2 * 0.28 * 2.33)
    packed = report(package="wlcsp").tables()["swap"]
    assert packed[0]["mass_g"] + packed[1]["mass_g"] == pytest.approx(1.15 * packed[0]["mass_g"])


def test_limits_say_what_is_left():
    limits = {"mass": "5 g", "power": "100 uW", "skin_temperature": "30 degC", "mission_time": "1 h"}
    found = {row["limit"]: row for row in report(limits=limits).tables()["limits"]}
    mass = report().metrics()["mass_g"]
    assert found["mass"]["margin_percent"] == pytest.approx(100 * (5 - mass) / 5)
    assert not found["mass"]["pass_nominal"]
    assert found["power"]["found"] == pytest.approx(report().metrics()["power_mission_uw"])
    assert found["mission_time"]["sense"] == "min"
    assert found["mission_time"]["pass_worst"]
    rise = report().metrics()["skin_temperature_c"] - 25
    assert found["skin_temperature"]["margin_percent"] == pytest.approx(100 * (5 - rise) / 5)
    assert found["skin_temperature"]["wanted"] == pytest.approx(30)
    metrics = report(limits=limits).metrics()
    assert metrics["limits_failed"] == 2
    assert metrics["margin_mass"] == pytest.approx((5 - mass) / 5)
    assert metrics["margin_power"] == pytest.approx(found["power"]["margin_percent"] / 100)
    assert metrics["margin_tissue_rise"] is None
    assert set(found) <= set(LIMITS)
    assert report().failed == []
    assert "43" in f"{report().tables()['limits'][1]['wanted']:.0f}"  # the usual limit of skin


def test_a_coin_cell_gives_no_more_than_its_current():
    hungry = ChipUse(0.8, None, CHIP.inference, CHIP.training, CHIP.sleep_w, band(20e-3, "W"))
    found = report(hungry)
    row = next(row for row in found.tables()["limits"] if row["limit"] == "battery_current")
    assert row["wanted"] == 3
    assert row["found"] == pytest.approx((20 + 0.1) / 0.86 / 3.0)
    assert not row["pass_nominal"]
    two = report(hungry, battery={"cell": "cr2032", "count": 3})
    assert "battery_current" not in two.failed
    assert any("area is not known" in warning for warning in found.warnings())


def test_a_harvester_spares_the_battery_or_stands_alone():
    harvester = {"power": "120 uW", "mass": "1 g", "volume": "1 cm3"}
    plain, spared = report().metrics(), report(harvester=harvester).metrics()
    assert spared["mission_time_h"] > 3 * plain["mission_time_h"]
    assert spared["mass_g"] == pytest.approx(plain["mass_g"] + 1)
    rich = report(harvester={**harvester, "power": "1 W"}).metrics()
    assert math.isfinite(rich["mission_time_h"])  # the battery still loses its charge
    alone = report(harvester=harvester, battery=None)
    assert alone.metrics()["mission_time_h"] is None
    assert alone.failed == ["harvested_power"]


def test_a_linear_regulator_wastes_the_voltage():
    cell = battery.cell("cr2032")
    assert battery.supply("ldo", 0.8, cell).efficiency.nominal == pytest.approx(0.8 / 3)


def test_every_figure_leads_to_its_sources():
    for name, estimate in report().estimates.items():
        assert name in FIGURES
        if estimate is not None:
            assert well_founded(estimate), name
    told = "\n".join(explanation("mission_time_h", report().estimates["mission_time_h"]))
    assert "CR2032 data sheets" in told
    assert "micropower converters" in told
    assert "a run" in told
