"""The schema of a technology file: one process, every number with a band, a unit, a source and how far it was checked.

A file may replace constants that processes otherwise share (``constants``), as a foundry's own data allow::

    technology: my-28nm
    extends: 28nm
    constants:
      capacitance_exponent: {value: 0.7, unit: "1", source: "own ring oscillators", verified: measured}
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from accelsim.config.errors import choose_from
from accelsim.config.model import Model, PathError
from accelsim.technology.constants import SI_UNITS, UNITS, constant_names, data_file
from accelsim.technology.estimate import Estimate, Source

Device = Literal["hp", "lop", "lstp"]

NODES_NM = (7.0, 180.0)
"""Range of the area table."""
MOST = 1e18
"""Bound of a number; beyond it something is mistyped."""


class Figure(Model):
    """A number: `value`, or a band `low`, `nominal`, `high`."""

    value: float | None = Field(None, ge=0, le=MOST)
    """The number, where it has no band."""
    low: float | None = Field(None, ge=0, le=MOST)
    """Lower end of the band."""
    nominal: float | None = Field(None, ge=0, le=MOST)
    """Best estimate."""
    high: float | None = Field(None, ge=0, le=MOST)
    """Upper end of the band."""
    unit: str
    """Unit of the number, such as `mV` or `pJ/bit`; `1` for none."""
    source: str = Field(min_length=1)
    """Citation, or why it was assumed."""
    verified: Literal["verified", "measured", "memory", "assumed"]
    """How far the source was checked."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.unit not in UNITS:
            raise PathError("unit", f"`{self.unit}` is no unit of technology data{choose_from(self.unit, UNITS)}")
        band = (self.low, self.nominal, self.high)
        if (self.value is None) == (None in band) or (self.value is not None and any(x is not None for x in band)):
            raise PathError("nominal", "give either `value` or all of `low`, `nominal` and `high`")
        low, nominal, high = self.numbers
        if not low <= nominal <= high:
            raise PathError("nominal", f"{low:g}, {nominal:g}, {high:g} are not in order")
        return self

    @property
    def numbers(self) -> tuple[float, float, float]:
        """Low, nominal and high in `unit`."""
        low, nominal, high = (self.value if x is None else x for x in (self.low, self.nominal, self.high))
        assert low is not None
        assert nominal is not None
        assert high is not None
        return low, nominal, high

    def estimate(self, formula: str) -> Estimate:
        """Return the band in SI units."""
        low, nominal, high = (x * UNITS[self.unit] for x in self.numbers)
        source = Source(self.source, self.verified)
        return Estimate(low, nominal, high, (source,), formula, SI_UNITS[self.unit])


class Process(Model):
    """A manufacturing process."""

    technology: str
    """Its name."""
    title: str
    """Its name in reports."""
    node_nm: float = Field(ge=NODES_NM[0], le=NODES_NM[1])
    """Feature size that selects the scaling, in nm."""
    supply: Figure
    """Lowest supply at which the models may be used (SRAM read and write margins end there), nominal, highest."""
    threshold: Figure
    """Threshold voltage of a logic transistor, for the delay law."""
    logic_leakage: Figure
    """Leakage of placed logic per area, at nominal supply and 300 K."""
    sram_device: Device = "lstp"
    """ITRS device class of its memories: high performance, low operating power or low standby power."""
    constants: dict[str, Figure] = Field(default_factory=dict)
    """Numbers in place of the shared constants of the same names."""

    @model_validator(mode="after")
    def _units(self) -> Self:
        for name, unit in (("supply", "V"), ("threshold", "V"), ("logic_leakage", "W/m2")):
            figure: Figure = getattr(self, name)
            if SI_UNITS[figure.unit] != unit:
                raise PathError((name, "unit"), f"`{figure.unit}` does not measure this; expected {unit} or a multiple")
        if self.supply.numbers[0] <= self.threshold.numbers[1]:
            raise PathError(("supply",), "the lowest supply must be above the threshold voltage")
        for name, figure in self.constants.items():
            if name not in constant_names():
                raise PathError(("constants", name), f"no such constant{choose_from(name, constant_names())}")
            unit = data_file("constants.yaml")[name]["unit"]
            if SI_UNITS[figure.unit] != SI_UNITS[unit]:
                raise PathError(("constants", name, "unit"), f"`{figure.unit}` does not measure this; expected {unit}")
        return self
