from typing import Annotated, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from accelsim.config.model import Model
from accelsim.config.quantity import (
    Area,
    Bits,
    Charge,
    DataRate,
    Energy,
    EnergyPerBit,
    EnergyPerLength,
    Frequency,
    Length,
    Mass,
    Power,
    Quantity,
    SpecificEnergy,
    Temperature,
    Time,
    Voltage,
    Volume,
    exact_quantity,
    format_quantity,
)


def parse(kind: Any, text: str) -> float:
    return get_args(kind)[1].parse(text)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Frequency, "200 MHz", 200e6),
        (Frequency, "200MHz", 200e6),
        (Frequency, " 2e2 MHz ", 200e6),
        (Voltage, "0.5 V", 0.5),
        (Voltage, "-200 mV", -0.2),
        (Time, "1 ms", 1e-3),
        (Time, "3 µs", 3e-6),
        (Time, "3 μs", 3e-6),
        (Time, "2 h", 7200.0),
        (Energy, "5.3 pJ", 5.3e-12),
        (Energy, "1 mWh", 3.6),
        (Power, "20 uW", 20e-6),
        (Length, "28 nm", 28e-9),
        (Area, "0.45 mm2", 0.45e-6),
        (Area, "0.45 mm²", 0.45e-6),
        (Area, "12 um^2", 12e-12),
        (Volume, "2 cm3", 2e-6),
        (Volume, "2 mL", 2e-6),
        (Mass, "3 g", 3e-3),
        (Temperature, "300 K", 300.0),
        (Temperature, "25 degC", 298.15),
        (Temperature, "-40 °C", 233.15),
        (Charge, "90 mAh", 324.0),
        (EnergyPerBit, "0.1 pJ/bit", 1e-13),
        (EnergyPerLength, "0.2 pJ/mm", 2e-10),
        (SpecificEnergy, "150 Wh/kg", 540e3),
        (DataRate, "100 Mb/s", 100e6),
    ],
)
def test_units(kind: Any, text: str, value: float) -> None:
    assert parse(kind, text) == value


@pytest.mark.parametrize(
    ("text", "bits"),
    [("64 KiB", 524288), ("64 kB", 512000), ("128 b", 128), ("128 bit", 128), ("1.5 Kib", 1536)],
)
def test_bits_are_integers(text: str, bits: int) -> None:
    assert parse(Bits, text) == bits
    assert isinstance(parse(Bits, text), int)


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (Frequency, "200", "200 has no unit; expected a frequency such as `200 MHz`"),
        (Frequency, "fast", "'fast' is not a frequency; write it like `200 MHz`"),
        (Frequency, "1,5 MHz", "'1,5 MHz' is not a frequency; write it like `200 MHz`"),
        (Frequency, "", "'' is not a frequency; write it like `200 MHz`"),
        (Frequency, "5 V", "'5 V' is a voltage; expected a frequency such as `200 MHz`"),
        (Frequency, "2 mHz", "unknown unit `mHz` in '2 mHz' (did you mean `MHz`?); expected a frequency "
         "such as `200 MHz`"),
        (Frequency, "0 Hz", "0 Hz is not > 0 Hz"),
        (Energy, "-1 pJ", "-1 pJ is not >= 0 J"),
        (Energy, "5 PJ", "unknown unit `PJ` in '5 PJ' (did you mean `pJ`?); expected an energy such as "
         "`5.3 pJ`"),
        (Energy, "5 zz", "unknown unit `zz` in '5 zz'; expected an energy such as `5.3 pJ`"),
        (Energy, "1e999 J", "1e999 J is not a finite number"),
        (Energy, "1" * 65, "too long for a quantity; expected an energy such as `5.3 pJ`"),
        (Area, "1 mm3", "'1 mm3' is a volume; expected an area such as `0.45 mm2`"),
        (Temperature, "-300 degC", "-300 degC is not >= 0 K"),
        (Temperature, "25 C", "'25 C' is a charge; expected a temperature such as `25 degC`"),
        (Charge, "90 mah", "unknown unit `mah` in '90 mah' (did you mean `mAh`?); expected a charge such as "
         "`90 mAh`"),
        (Bits, "64 kib", "unknown unit `kib` in '64 kib' (did you mean `KiB`?); expected a data size such as "
         "`64 KiB`"),
        (Bits, "0.5 b", "0.5 b is not a whole number of bits"),
        (EnergyPerBit, "1 pJ", "'1 pJ' is an energy; expected an energy per data size such as `0.1 pJ/b`"),
        (EnergyPerLength, "1 pJ/V", "'1 pJ/V' is an energy per voltage; expected an energy per length such "
         "as `0.2 pJ/mm`"),
    ],
)  # fmt: skip
def test_what_is_no_quantity(kind: Any, text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse(kind, text)
    assert str(caught.value) == message


class Chip(Model):
    clock: Frequency = 1e6
    """Clock of the cores."""
    memory: Bits | None = None
    density: Annotated[float, Quantity("power/area", "W/m2", "5 mW/cm2")] = 50.0


def test_models_take_si_numbers_in_python_only() -> None:
    assert Chip(clock=200e6, memory=8).clock == 200e6
    with pytest.raises(ValidationError, match="0 is not > 0 Hz"):
        Chip(clock=0.0)
    with pytest.raises(ValidationError, match=r"1\.5 is not a whole number of bits"):
        Chip(memory=1.5)
    with pytest.raises(ValidationError, match="expected a frequency such as `200 MHz`"):
        Chip(clock=True)
    with pytest.raises(ValidationError, match="200 has no unit"):
        Chip.model_validate_json('{"clock": 200}')


def test_a_quantity_of_ones_own() -> None:
    assert Chip.model_validate_json('{"density": "5 mW/cm2"}').density == 50.0


def test_dumped_models_load_again() -> None:
    chip = Chip(clock=33.3e6 / 7, memory=64 * 8192)
    assert Chip.model_validate_json(chip.model_dump_json()) == chip
    assert Chip().model_dump(mode="json") == {"clock": "1 MHz", "memory": None, "density": "50 W/m2"}
    assert chip.model_dump()["memory"] == 524288


def test_json_schema_of_a_quantity() -> None:
    clock = Chip.model_json_schema()["properties"]["clock"]
    assert clock["type"] == "string"
    assert clock["examples"] == ["200 MHz"]
    assert "Clock of the cores." in clock["description"]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (5.3e-12, "J", "5.3 pJ"),
        (200e6, "Hz", "200 MHz"),
        (999_960, "Hz", "1 MHz"),
        (0.0, "W", "0 W"),
        (-0.2, "V", "-200 mV"),
        (1e-20, "J", "1e-05 fJ"),
        (0.45e-6, "m2", "0.45 mm2"),
        (12e-12, "m2", "12 um2"),
        (2.0, "kg", "2 kg"),
        (524288, "b", "64 KiB"),
        (100, "b", "100 b"),
        (100e6, "b/s", "100 Mb/s"),
        (1 / 3, "s", "333.3 ms"),
    ],
)
def test_format(value: float, unit: str, text: str) -> None:
    assert format_quantity(value, unit) == text


@given(
    st.floats(min_value=1e-25, max_value=1e25),
    st.sampled_from([Energy, Area, Mass, EnergyPerLength, Frequency]),
)
def test_exact_text_parses_to_the_same_float(value: float, kind: Any) -> None:
    quantity = get_args(kind)[1]
    assert quantity.parse(exact_quantity(value, quantity.unit)) == value
