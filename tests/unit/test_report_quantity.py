"""Numbers as text."""

import pytest

from accelsim.report.quantity import (
    axis,
    banded,
    fitting,
    label,
    percent,
    printable,
    quantities,
    quantity,
    significant,
    typeset,
)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (12.7192, 3, "12.7"),
        (9.996, 3, "10.0"),
        (0.00289, 2, "0.0029"),
        (444.3, 2, "440"),
        (0, 3, "0"),
        (-3.14159, 3, "-3.14"),
        (1234567, 3, "1,230,000"),
    ],
)
def test_significant_digits_without_exponent(value, digits, text) -> None:
    assert significant(value, digits) == text


def test_band_beside_the_nominal_in_its_unit() -> None:
    power = {"power_uw": 12.7192, "power_uw_low": 2.8786, "power_uw_high": 83.42197}
    assert quantity(power, "power_uw") == "12.7 uW (2.9 - 83)"
    energy = {"energy_pj": 9.372e9, "energy_pj_low": 4.08e9, "energy_pj_high": 2.516e10}
    assert quantity(energy, "energy_pj") == "9.37 mJ (4.1 - 25)"
    assert banded(0.45, 0.45, 0.45, "mm2") == "0.450 mm2"


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        (3310, 3292, 3324, "3,310 mm3 (3,290 - 3,320)"),  # with two digits 3,300 - 3,300
        (31.4, 15.0, 31.4, "31.4 mm3 (15.0 - 31.4)"),  # with two digits up to 31
        (33.02, 33.01, 33.03, "33.0 mm3"),
        (4.49, 1.97, 4.49, "4.49 mm3 (2.0 - 4.5)"),
        (5, None, 7, "5.00 mm3"),
    ],
)
def test_a_band_is_told_with_the_digits_that_keep_the_nominal_in_it(value, low, high, text) -> None:
    assert banded(value, low, high, "mm3") == text


def test_a_column_has_one_unit() -> None:
    areas = [{"area_um2": 239_000.0}, {"area_um2": 297.0, "area_um2_low": 160.0, "area_um2_high": 490.0}]
    assert quantities(areas, "area_um2") == ["239,000 um2", "297 um2 (160 - 490)"]
    assert quantities([*areas[:1], {"area_um2": 0.0}, {}], "area_um2") == ["0.239 mm2", "0 mm2", "-"]
    assert quantities([{"cycles": 12}], "cycles") == ["12"]


def test_missing_is_a_dash_and_counts_are_exact() -> None:
    assert quantity({"power_uw": None}, "power_uw") == "-"
    assert quantity({}, "power_uw") == "-"
    assert quantity({"cycles": 829487291}, "cycles") == "829,487,291"
    assert percent(None) == "-"
    assert percent(0.94) == "94.0 %"


def test_units_are_found_in_names() -> None:
    assert label("energy_total_pj_low") == "energy total low [pJ]"
    assert label("latency_inference_us_p99") == "latency inference p99 [us]"
    assert label("accuracy_test") == "accuracy test [1]"
    assert quantity({"latency_us_p99": 51611.95}, "latency_us_p99") == "51.6 ms"


def test_axes_take_the_unit_that_fits() -> None:
    assert axis("latency_us", [60e3, 120e3]) == ("latency [ms]", pytest.approx(1e-3))
    assert axis("accuracy_test", [0.5]) == ("accuracy test [1]", 1.0)


def test_areas_of_chips_stay_in_square_millimetres() -> None:
    assert fitting([0.02e-6], "m2") == ("mm2", 1e-6)
    assert fitting([0.002e-6], "m2") == ("um2", 1e-12)


def test_print_form_of_units() -> None:
    assert typeset("area_mm2") == "area_mm2"
    assert typeset("3 uW, 2 um2, 1 mm2; sum of uJ") == "3 µW, 2 µm², 1 mm²; sum of µJ"


def test_control_characters_are_shown_not_obeyed() -> None:
    assert printable("a\x1b[2Jb\n") == "a\\x1b[2Jb\\n"
