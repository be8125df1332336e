"""Cost of an SRAM, from the table of CACTI 7 runs.

Nominal is the low-standby-power device class under the ED^2 objective, which reproduces published 45 nm cache
energies (Horowitz, ISSCC 2014); the energy band spans the energy- and the cycle-optimised organisation. Leakage is
set apart: real macros of this class leak between LSTP and LOP devices, so its band runs from LSTP to a tenth of LOP.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np

from accelsim.config.errors import Problem, check, did_you_mean
from accelsim.technology.estimate import ONE, Estimate, Source, merged
from accelsim.technology.macro import Macro, macro
from accelsim.technology.memory import MemoryCost, check_sizes, register_file
from accelsim.technology.node import REFERENCE_TEMPERATURE_K, Technology
from accelsim.technology.sram_table import NODES_NM, SIZE_BYTES, TEMPERATURES_K, sram_point

Device = Literal["lstp", "lop", "hp"]
"""Device classes: low standby power, low operating power, high performance."""

CACTI_SOURCE = Source("CACTI 7 runs (commit 1ffd8df), log-log kriging", "measured")
SUPPLY_V: dict[str, tuple[float, ...]] = {
    "lstp": (0.8, 1.0, 1.1, 1.2, 1.3),
    "lop": (0.6, 0.6, 0.7, 0.8, 0.9),
    "hp": (0.8, 0.9, 1.0, 1.1, 1.2),
}
"""CACTI's own supply of each device class at `NODES_NM`, linear in between."""
BEYOND_TABLE_EXPONENT = {
    "read_pJ": 0.52,
    "write_pJ": 0.52,
    "leak_mW_total": 1.0,
    "area_mm2": 1.0,
    "access_ns": 0.3,
}
"""Growth with capacity above the largest run; energy exponents are the medians over the table."""
UNIT = {"read_pJ": 1e-12, "write_pJ": 1e-12, "leak_mW_total": 1e-3, "area_mm2": 1e-6, "access_ns": 1e-9}
SI = {"read_pJ": "J", "write_pJ": "J", "leak_mW_total": "W", "area_mm2": "m2", "access_ns": "s"}


@cache
def sram(
    words: int,
    bits: int,
    *,
    technology: Technology,
    voltage_v: float | None = None,
    temperature_k: float = REFERENCE_TEMPERATURE_K,
    read_ports: int = 0,
    write_ports: int = 0,
    readwrite_ports: int = 1,
    banks: int = 1,
    device: Device = "lstp",
    leakage_w_per_bit: Estimate | None = None,
    minimum_voltage_v: float | None = None,
) -> MemoryCost:
    """Return the cost of a static memory of `words` words of `bits` bits.

    Parameters
    ----------
    words, bits : number of words in all banks together, and width of one access.
    technology, voltage_v, temperature_k : operating point; the supply defaults to the process's nominal.
    read_ports, write_ports, readwrite_ports, banks : organisation.
    device : class of its transistors.
    leakage_w_per_bit : measured leakage at this operating point, instead of the modelled one.
    minimum_voltage_v : declares that the memory works below the process's lowest supply.

    Raises
    ------
    ConfigError : sizes or ports that make no memory, an unknown device class, or an operating point where the
        model does not hold.

    Notes
    -----
    Memories outside the table carry a line in `warnings`. Those below it are priced as flip-flops, or as the
    smallest macro that holds them when that is smaller.
    """
    ports = read_ports + write_ports + readwrite_ports
    check_sizes(words=words, bits=bits, banks=banks, ports=ports)
    if device not in SUPPLY_V:
        message = f"unknown device class `{device}`{did_you_mean(device, SUPPLY_V)}; known: {', '.join(SUPPLY_V)}"
        check([Problem(path="device", message=message)])
    voltage = technology.supply_v.nominal if voltage_v is None else voltage_v
    technology.check(voltage, temperature_k, minimum_voltage_v)
    shape = macro(words, bits, banks)
    cost = _macro_cost(shape, ports, technology, voltage, temperature_k, device)
    if shape.below_table:
        flip_flops = register_file(
            words,
            bits,
            technology=technology,
            voltage_v=voltage,
            temperature_k=temperature_k,
            read_ports=read_ports,
            write_ports=write_ports,
            readwrite_ports=readwrite_ports,
        )
        if flip_flops.area_m2.nominal <= cost.area_m2.nominal:
            cost = replace(flip_flops, warnings=(f"{words} x {bits} b is below the SRAM table: priced as flip-flops",))
    if leakage_w_per_bit is not None:
        cost = replace(cost, leakage_w=leakage_w_per_bit * (words * bits))
    return cost


def _macro_cost(
    shape: Macro, ports: int, technology: Technology, voltage_v: float, temperature_k: float, device: Device
) -> MemoryCost:
    warnings = list(shape.warnings)
    node = min(max(technology.node_nm, NODES_NM[0]), NODES_NM[-1])
    table_voltage = float(np.interp(node, NODES_NM, SUPPLY_V[device]))
    if node != technology.node_nm:
        warnings.append(f"{technology.node_nm:g} nm is outside the SRAM table: scaled from {node:g} nm")
    if ports > 2:
        warnings.append(f"{ports} ports are not in the SRAM table: extended from 1R1W")
    table_temperature = min(max(temperature_k, TEMPERATURES_K[0]), TEMPERATURES_K[-1])
    if table_temperature != temperature_k:
        text = f"{temperature_k:g} K is outside the SRAM table: leakage scaled from {table_temperature:g} K"
        warnings.append(text)
    table = _Table(shape, node, "1RW" if ports == 1 else "1R1W", device, technology)
    extra = {name: _extra_ports(technology, name, ports - 2) for name in ("energy", "area", "leakage")}
    # An access touches the macros side by side of one stack; every macro takes area and leaks.
    access = extra["energy"].scaled(technology.energy_factor(voltage_v, table_voltage, node)) * shape.parallel
    area = table.area().scaled(extra["area"]) * shape.copies
    if node != technology.node_nm:
        area = area.scaled(technology.area_factor(node))
        if technology.node_nm < node:
            area = area.scaled(technology.constant("sram_node_area_factor"))
    slowdown = technology.delay_factor(voltage_v, table_voltage) * (technology.node_nm / node)
    leakage = table.leakage(table_temperature).scaled(extra["leakage"]) * shape.copies
    beyond_k = REFERENCE_TEMPERATURE_K + temperature_k - table_temperature
    return MemoryCost(
        read_energy_j=table.band("read_pJ").scaled(access),
        write_energy_j=table.band("write_pJ").scaled(access),
        leakage_w=leakage.scaled(technology.leakage_factor(voltage_v, table_voltage, beyond_k)),
        area_m2=area,
        access_time_s=table.band("access_ns").scaled(slowdown),
        warnings=tuple(warnings),
    )


@dataclass(frozen=True)
class _Table:
    """One configuration of the table, at CACTI's own supply voltage, in SI units."""

    shape: Macro
    node_nm: float
    ports: str
    device: Device
    technology: Technology

    def band(self, quantity: str) -> Estimate:
        """Return the band of a quantity over the objectives."""
        energy, ed2, cycle = (self._value(quantity, self.device, objective) for objective in ("energy", "ed2", "cycle"))
        band = Estimate.spanning(ed2, (energy, cycle), (CACTI_SOURCE,))
        return band.described(self._text(f"{self.device.upper()}, ed2"), SI[quantity])

    def area(self) -> Estimate:
        """Return the area of the nominal organisation, with the band that published macros justify."""
        value = Estimate.exact(self._value("area_mm2", self.device), CACTI_SOURCE)
        table = value.described(self._text(f"{self.device.upper()}, ed2"), SI["area_mm2"])
        return table.scaled(self.technology.constant("sram_area_factor"))

    def leakage(self, temperature_k: float) -> Estimate:
        """Return leakage at a temperature of the table."""
        if self.device != "lstp":
            table = self._exact("leak_mW_total", self.device, temperature_k)
            return table.scaled(self.technology.constant("sram_leakage_band"))
        lstp, lop = (self._exact("leak_mW_total", device, temperature_k) for device in ("lstp", "lop"))
        over_lstp = self.technology.constant("sram_leakage_nominal_over_lstp")
        over_lop = self.technology.constant("sram_leakage_high_over_lop")
        middle, most = lstp.nominal * over_lstp.nominal, lop.nominal * over_lop.nominal
        text = f"{over_lstp.nominal:g} x {lstp.formula}, LSTP to {over_lop.nominal:g} x LOP"
        sources = merged(lstp.sources, over_lstp.sources, over_lop.sources)
        band = Estimate.spanning(middle, (lstp.nominal, most), sources, text)
        return replace(band, unit=lstp.unit, operator="from", operands=(lstp, over_lstp, lop, over_lop))

    def _exact(self, quantity: str, device: str, temperature_k: float) -> Estimate:
        """Return a quantity of one device class without a band."""
        value = Estimate.exact(self._value(quantity, device, temperature_k=temperature_k), CACTI_SOURCE)
        return value.described(self._text(f"{device.upper()}, {temperature_k:g} K"), SI[quantity])

    def _value(self, quantity: str, device: str, objective: str = "ed2", temperature_k: float = 300.0) -> float:
        point = sram_point(
            # A capacity cut to the largest run may exceed it by rounding.
            size_bytes=min(self.shape.table_bytes, SIZE_BYTES[1]),
            word_bits=self.shape.bits,
            node_nm=self.node_nm,
            banks=self.shape.banks,
            ports=self.ports,
            cell=f"itrs-{device}",
            temp_K=temperature_k,
            objective=objective,
        )
        return point[quantity] * UNIT[quantity] * self.shape.larger ** BEYOND_TABLE_EXPONENT[quantity]

    def _text(self, how: str) -> str:
        banks = f", {self.shape.banks} banks" if self.shape.banks > 1 else ""
        size = f"{self.shape.table_bytes * self.shape.larger / 1024:.4g} KiB x {self.shape.bits:g} b"
        return f"table({self.node_nm:g} nm, {size}, {self.ports}{banks}, {how})"


def _extra_ports(technology: Technology, quantity: str, count: int) -> Estimate:
    """Return the factor on a quantity of a 1R1W memory for `count` further ports."""
    if count <= 0:
        return ONE
    band = technology.constant(f"sram_extra_port_{quantity}")
    low, nominal, high = (end**count for end in (band.low, band.nominal, band.high))
    text = f"({band.formula})^{count}"
    return Estimate(low, nominal, high, band.sources, text, band.unit, "from", (band,))
