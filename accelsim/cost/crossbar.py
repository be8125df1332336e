"""The parts of crossbar tiles: cells, row drivers, sample-and-holds, converters; and programming.

Their figures hold their own clock and control, so that the overhead on memories and datapaths does not apply to them:
published converters and macros are whole.  The adders that put tiles together are a datapath like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from accelsim.architecture.crossbar import Crossbar
from accelsim.config.errors import ConfigError, Problem, check
from accelsim.cost.interconnect import Figures
from accelsim.technology.adc import converter
from accelsim.technology.estimate import ZERO, Estimate, Source
from accelsim.technology.logic import logic_leakage
from accelsim.technology.memory_technology import MemoryTechnology
from accelsim.technology.nvm import cell_array

if TYPE_CHECKING:
    from accelsim.cost.components import OperatingPoint

ARRAY_WORD_BITS = 64
"""Cells of a word of the cell array whose area and leakage a tile has."""


@dataclass(frozen=True)
class CellArrayComponent:
    """Tiles of cells; selecting a row of them, ``read`` or ``write``, costs nothing beside what the other parts do."""

    kind: ClassVar[str] = "crossbar"
    name: str
    crossbar: Crossbar
    tiles: int
    cells: MemoryTechnology
    overrides: Mapping[str, Estimate | float] = field(default_factory=dict)
    instances: int = 1

    def figures(self, point: OperatingPoint) -> Figures:
        """Return the costs at an operating point."""
        check(_problems(self.cells))
        number = self.crossbar.rows * self.crossbar.columns
        array = cell_array(
            self.cells,
            -(-number // ARRAY_WORD_BITS),
            ARRAY_WORD_BITS,
            technology=point.technology,
            voltage_v=point.voltage_v,
            temperature_k=point.temperature_k,
            minimum_voltage_v=point.minimum_voltage_v,
        )
        free = ZERO.described("counted where drivers and cells work", "J")
        energy = {"read": free, "write": free}
        return Figures(energy, array.leakage_w * self.tiles, array.area_m2 * self.tiles, array.warnings)


@dataclass(frozen=True)
class AnalogComponent:
    """One of the `ANALOG_STAGES` of `tiles` tiles; its action is ``update``.

    That is a row driven, a weight read, a column of weights held or converted, a weight programmed: each in as many
    cells and columns as a weight takes.
    """

    kind: ClassVar[str] = "crossbar"
    name: str
    stage: str
    crossbar: Crossbar
    tiles: int
    cells: MemoryTechnology
    weight_bits: int
    overrides: Mapping[str, Estimate | float] = field(default_factory=dict)
    instances: int = 1

    def figures(self, point: OperatingPoint) -> Figures:
        """Return the costs at an operating point."""
        crossbar, constant = self.crossbar, point.technology.constant
        if self.stage in ("read_cells", "program_cells"):
            check(_problems(self.cells))
            energy = (_read if self.stage == "read_cells" else _programmed)(self.crossbar, self.cells, point)
            return Figures({"update": energy}, ZERO, ZERO, self._warnings())
        if self.stage == "drive":
            levels = 2**crossbar.input_bits - 1 if crossbar.input == "dac" else 1
            energy = constant("row_driver_energy") * levels
            area = constant("row_driver_area") * (levels * crossbar.rows * self.tiles)
        elif self.stage == "sample":
            energy = constant("sample_hold_energy") * crossbar.weight_slices
            area = constant("sample_hold_area") * (crossbar.outputs * self.tiles)
        else:
            one = converter(
                crossbar.adc_bits,
                technology=point.technology,
                voltage_v=point.voltage_v,
                temperature_k=point.temperature_k,
            )
            number = crossbar.converters * self.tiles
            energy = one.conversion_energy_j * crossbar.weight_slices
            return Figures({"update": energy}, one.leakage_w * number, one.area_m2 * number)
        leakage = logic_leakage(area, point.technology, point.voltage_v, point.temperature_k)
        return Figures({"update": energy}, leakage, area)

    def _warnings(self) -> tuple[str, ...]:
        """Whether a cell tells apart what it has to hold: a sign is that of a pair."""
        bits = -(-(self.weight_bits - self.crossbar.differential) // self.crossbar.weight_slices)
        levels = self.cells.device.levels.high
        if self.stage != "read_cells" or 2**bits <= levels:
            return ()
        message = f"a cell holds {bits} bits of a weight, {self.cells.name} has {levels:g} levels"
        return (f"{message}: `core.devices` shows what that does",)


def _problems(cells: MemoryTechnology) -> list[Problem]:
    if cells.device.on_resistance is not None and cells.device.pulse_energy is not None:
        return []
    message = (
        f"nothing is known of the conductance of cells of {cells.name}: tiles need `on_resistance` and `pulse_energy`"
    )
    return [Problem(path="kind", message=message)]


def _read(crossbar: Crossbar, cells: MemoryTechnology, point: OperatingPoint) -> Estimate:
    """V^2 G t of the cells of a weight, half-way between their lowest and highest conductance (assumed)."""
    resistance, ratio = cells.device.on_resistance, cells.device.conductance_ratio
    if resistance is None or ratio is None:
        raise ConfigError(_problems(cells))
    sources = (resistance.source, ratio.source, Source("cells are half-way up their range", "assumed"))
    conductance = Estimate(
        1 / (resistance.high * ratio.high),
        0.5 * (1 + 1 / ratio.nominal) / resistance.nominal,
        1 / resistance.low,
        sources,
        "mean conductance of a cell",
        "S",
    )
    voltage, time = (point.technology.constant(f"crossbar_read_{what}") for what in ("voltage", "time"))
    energy = voltage.scaled(voltage).scaled(conductance).scaled(time) * crossbar.cells_per_weight
    return energy.described(f"V^2 G t of {crossbar.cells_per_weight} cells", "J")


def _programmed(crossbar: Crossbar, cells: MemoryTechnology, point: OperatingPoint) -> Estimate:
    """Energy in the cells of a weight that changes: one coinciding pulse of a train, or the rounds of verified ones.

    One cell of a pair is written.  At most every pulse of a train coincides; at least one round is needed (assumed).
    """
    del point
    pulse = cells.device.pulse_energy
    if pulse is None:
        raise ConfigError(_problems(cells))
    pulses = float(crossbar.pulses)
    nominal = 1.0 if crossbar.update == "outer-product" else pulses
    number = Estimate(1.0, nominal, pulses, (Source("pulses that a changed weight takes", "assumed"),), "pulses", "1")
    each = Estimate(pulse.low, pulse.nominal, pulse.high, (pulse.source,), "pulse energy of a cell", "J")
    return (number.scaled(each) * crossbar.weight_slices).described("pulses x pulse energy of a cell", "J")
