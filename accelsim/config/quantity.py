"""Numbers with units: ``200 MHz`` in a file, SI floats inside.

Each type is an annotated float (`Bits`: int) in the unit named below. In files a quantity is text with a
unit; a bare number is an error. In Python, models also take the SI number itself.

Sources of factors: SI brochure (9th edition, 2019) for prefixes and units, IEC 80000-13 for Ki, Mi, Gi.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Annotated, Any, NamedTuple

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from accelsim.config.errors import did_you_mean

_DECIMAL = {"f": -15, "p": -12, "n": -9, "u": -6, "m": -3, "c": -2, "": 0, "k": 3, "M": 6, "G": 9, "T": 12}
_PREFIXES = {prefix: Fraction(10) ** exponent for prefix, exponent in _DECIMAL.items()}
_PREFIXES |= {"Ki": Fraction(2**10), "Mi": Fraction(2**20), "Gi": Fraction(2**30), "Ti": Fraction(2**40)}
_SI = ("f", "p", "n", "u", "m", "", "k", "M", "G", "T")
_LARGE = ("", "k", "M", "G", "T")
_LENGTH = ("f", "p", "n", "u", "m", "c", "", "k")
_BINARY = ("", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti")


class _Unit(NamedTuple):
    dimension: str
    factor: Fraction
    prefixes: tuple[str, ...] = ("",)
    power: int = 1
    offset: Fraction = Fraction(0)


def _unit(dimension: str, factor: int | str, prefixes: tuple[str, ...] = ("",), power: int = 1) -> _Unit:
    return _Unit(dimension, Fraction(factor), prefixes, power)


_SYMBOLS = {
    "Hz": _unit("frequency", 1, _LARGE),
    "V": _unit("voltage", 1, _SI),
    "A": _unit("current", 1, _SI),
    "s": _unit("time", 1, ("f", "p", "n", "u", "m", "")),
    "min": _unit("time", 60),
    "h": _unit("time", 3600),
    "J": _unit("energy", 1, _SI),
    "Wh": _unit("energy", 3600, _SI),
    "W": _unit("power", 1, _SI),
    "m": _unit("length", 1, _LENGTH),
    "m2": _unit("area", 1, _LENGTH, 2),
    "m3": _unit("volume", 1, _LENGTH, 3),
    "L": _unit("volume", "1/1000", ("u", "m", "c", "")),
    "g": _unit("mass", "1/1000", ("n", "u", "m", "", "k")),
    "K": _unit("temperature", 1, ("m", "")),
    "degC": _Unit("temperature", Fraction(1), offset=Fraction("273.15")),
    "C": _unit("charge", 1, _SI),
    "F": _unit("capacitance", 1, _SI),
    "Ah": _unit("charge", 3600, _SI),
    "B": _unit("data size", 8, _BINARY),
    "b": _unit("data size", 1, _BINARY),
    "bit": _unit("data size", 1, _BINARY),
    "bits": _unit("data size", 1),
}
_UNITS = {
    prefix + symbol: unit._replace(factor=unit.factor * _PREFIXES[prefix] ** unit.power)
    for symbol, unit in _SYMBOLS.items()
    for prefix in unit.prefixes
}
_NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"
_QUANTITY = re.compile(rf"({_NUMBER})\s*([^\s0-9.,_].*)?")
_MAX_LENGTH = 64


class Quantity:
    """Makes a float field a quantity: ``Annotated[float, Quantity("energy/mass", "J/kg", "1 J/g")]``.

    Parameters
    ----------
    dimension
        One of the dimensions of the unit table, or a quotient of two.
    unit
        The SI unit of the stored value.
    example
        Shown in error messages and editors.
    minimum
        Smallest value allowed, in `unit`; None for any.
    positive
        Whether the minimum itself is excluded.
    """

    def __init__(
        self, dimension: str, unit: str, example: str, minimum: float | None = 0.0, positive: bool = False
    ) -> None:
        self.dimension, self.unit, self.example = dimension, unit, example
        self.minimum, self.positive = minimum, positive

    @property
    def expected(self) -> str:
        """What the user should write, in words."""
        return f"{_one(self.dimension)} such as `{self.example}`"

    def parse(self, text: str) -> float:
        """Return the SI value of a text such as ``200 MHz``.

        Raises
        ------
        ValueError
            If it is no quantity of this dimension or out of range; the message says what to write.
        """
        try:
            value = float(self._exact(text))
        except OverflowError:
            value = math.inf
        self._check(value, text)
        return value

    def _exact(self, text: str) -> Fraction:
        if len(text) > _MAX_LENGTH:
            raise ValueError(f"too long for a quantity; expected {self.expected}")
        match = _QUANTITY.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is not {_one(self.dimension)}; write it like `{self.example}`")
        number, symbol = match.groups()
        if symbol is None:
            raise ValueError(f"{text} has no unit; expected {self.expected}")
        dimension, factor, offset = self._lookup(symbol, text)
        if dimension != self.dimension:
            raise ValueError(f"{text!r} is {_one(dimension)}; expected {self.expected}")
        return Fraction(number) * factor + offset

    def _lookup(self, symbol: str, text: str) -> tuple[str, Fraction, Fraction]:
        parts = [_spelled(part) for part in symbol.split("/")]
        for part in parts:
            if part not in _UNITS:
                hint = self._hint(part)
                raise ValueError(f"unknown unit `{part}` in {text!r}{hint}; expected {self.expected}")
        units = [_UNITS[part] for part in parts]
        dimension = "/".join(unit.dimension for unit in units)
        factor = units[0].factor
        for unit in units[1:]:
            factor /= unit.factor
        return dimension, factor, units[0].offset if len(units) == 1 else Fraction(0)

    def _hint(self, symbol: str) -> str:
        # Of names that differ in case only the last counts: reversed, `mv` means mV and not MV, `kib` KiB.
        wanted = self.dimension.split("/")
        return did_you_mean(symbol, [name for name in reversed(_UNITS) if _UNITS[name].dimension in wanted])

    def _check(self, value: float, shown: object) -> None:
        if not math.isfinite(value):
            raise ValueError(f"{shown} is not a finite number")
        if self.minimum is not None and (value < self.minimum or (self.positive and value == self.minimum)):
            raise ValueError(f"{shown} is not {'>' if self.positive else '>='} {self.minimum:g} {self.unit}")

    def _validate(self, value: Any, info: core_schema.ValidationInfo) -> float:
        try:
            if isinstance(value, str):
                return self.parse(value)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"expected {self.expected}")
            if info.mode == "json":
                raise ValueError(f"{value} has no unit; expected {self.expected}")
            self._check(float(value), value)
            return value
        except ValueError as error:
            # Braces would be read as fields of pydantic's message template.
            raise PydanticCustomError("quantity", "{message}", {"message": str(error)}) from None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        # The float's own schema comes after, with whatever `Field(gt=...)` has added to it.
        return core_schema.with_info_before_validator_function(
            self._validate,
            handler(source),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value: exact_quantity(value, self.unit), when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": rf"^\s*{_NUMBER}\s*[A-Za-zµμ°].*$",
            "description": f"{self.expected[0].upper()}{self.expected[1:]}",
            "examples": [self.example],
            "dimension": self.dimension,
            "unit": self.unit,
        }


class _Difference(Quantity):
    """A difference of temperatures: a degree Celsius is a kelvin."""

    def _lookup(self, symbol: str, text: str) -> tuple[str, Fraction, Fraction]:
        dimension, factor, _ = super()._lookup(symbol, text)
        return dimension, factor, Fraction(0)


class _BitQuantity(Quantity):
    """A whole number of bits."""

    def parse(self, text: str) -> int:
        return int(super().parse(text))

    def _check(self, value: float, shown: object) -> None:
        super()._check(value, shown)
        if value != int(value):
            raise ValueError(f"{shown} is not a whole number of bits")


Frequency = Annotated[float, Quantity("frequency", "Hz", "200 MHz", positive=True)]
Voltage = Annotated[float, Quantity("voltage", "V", "0.5 V", minimum=None)]
Current = Annotated[float, Quantity("current", "A", "20 uA")]
Time = Annotated[float, Quantity("time", "s", "1 ms")]
Energy = Annotated[float, Quantity("energy", "J", "5.3 pJ")]
Power = Annotated[float, Quantity("power", "W", "20 uW")]
Length = Annotated[float, Quantity("length", "m", "28 nm")]
Area = Annotated[float, Quantity("area", "m2", "0.45 mm2")]
Volume = Annotated[float, Quantity("volume", "m3", "2 cm3")]
Mass = Annotated[float, Quantity("mass", "kg", "3 g")]
Temperature = Annotated[float, Quantity("temperature", "K", "25 degC")]
TemperatureRise = Annotated[float, _Difference("temperature", "K", "2 K")]
Charge = Annotated[float, Quantity("charge", "C", "90 mAh")]
Capacitance = Annotated[float, Quantity("capacitance", "F", "100 uF")]
Bits = Annotated[int, _BitQuantity("data size", "b", "64 KiB")]
EnergyPerBit = Annotated[float, Quantity("energy/data size", "J/b", "0.1 pJ/b")]
EnergyPerLength = Annotated[float, Quantity("energy/length", "J/m", "0.2 pJ/mm")]
SpecificEnergy = Annotated[float, Quantity("energy/mass", "J/kg", "150 Wh/kg")]
PowerDensity = Annotated[float, Quantity("power/area", "W/m2", "40 mW/cm2")]
ThermalResistance = Annotated[float, Quantity("temperature/power", "K/W", "35 K/W")]
DataRate = Annotated[float, Quantity("data size/time", "b/s", "100 Mb/s", positive=True)]


def format_quantity(value: float, unit: str, digits: int = 4) -> str:
    """Write an SI value for people, in engineering notation: ``format_quantity(5.3e-12, "J")`` is ``5.3 pJ``.

    Parameters
    ----------
    value
        The number in SI units (kg for mass, bits for data).
    unit
        Its unit: ``Hz``, ``J``, ``m2``, ``kg``, ``b``, ``J/m``, ...
    digits
        Significant digits to keep; trailing zeros are dropped.
    """
    base, slash, per = unit.partition("/")
    if base == "kg":
        base, value = "g", value * 1e3
    binary = base == "b" and not per
    if binary and value % 8 == 0:
        base, value = "B", value / 8
    known = _SYMBOLS[base]
    scales = {
        prefix: float(_PREFIXES[prefix] ** known.power)
        for prefix in known.prefixes
        if prefix == "" or (prefix != "c" and prefix.endswith("i") == binary)
    }
    # Rounding first: 999.96 kHz with four digits is 1 MHz. The margin is for scales such as 1e-12, which no
    # float is exactly.
    rounded = float(f"{value:.{digits}g}")
    # Area prefixes are a million apart: 0.45 mm2, not 450000 um2.
    least = 0.01 if known.power == 2 else 1 - 1e-12
    fitting = [prefix for prefix in scales if abs(rounded) >= scales[prefix] * least]
    prefix = max(fitting, key=scales.__getitem__) if fitting else min(scales, key=scales.__getitem__)
    if rounded == 0:
        prefix = ""
    text = f"{value / scales[prefix]:.{digits}g}"
    if "e+" in text and float(text) < 1e6:
        text = f"{float(text):.0f}"
    return f"{text} {prefix}{base}{slash}{per}"


def exact_quantity(value: float, unit: str) -> str:
    """Write an SI value so that parsing it gives the same float again."""
    short = format_quantity(value, unit, 15)
    number, _, symbol = short.partition(" ")
    top, _, bottom = symbol.partition("/")
    factor = _UNITS[top].factor / (_UNITS[bottom].factor if bottom else 1)
    return short if float(Fraction(number) * factor) == value else f"{value!r} {unit}"


def _spelled(symbol: str) -> str:
    """Bring the accepted spellings of a unit to one: ``µm²`` and ``um^2`` to ``um2``, ``°C`` to ``degC``."""
    for spelling, standard in (("µ", "u"), ("μ", "u"), ("°C", "degC"), ("^", ""), ("²", "2"), ("³", "3")):
        symbol = symbol.replace(spelling, standard)
    return symbol.strip()


def _one(noun: str) -> str:
    words = noun.replace("/", " per ")
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
