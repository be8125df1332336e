"""Cost of an SRAM, from the table of CACTI 7 runs.

Nominal is the low-standby-power device class under the ED^2 objective, which reproduces published 45 nm cache
energies (Horowitz, ISSCC 2014); the band spans the energy- and the cycle-optimised organisation. Leakage is
set apart: real macros leak between the LSTP and the LOP class, so its band runs from LSTP to a tenth of LOP.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from accelsim.technology.constants import constant
from accelsim.technology.estimate import ONE, Estimate, Source, merged
from accelsim.technology.memory import MemoryCost, check_sizes, register_file
from accelsim.technology.node import REFERENCE_TEMPERATURE_K, Technology
from accelsim.technology.sram_table import (
    BANKS,
    MIN_WORDS_PER_BANK,
    NODES_NM,
    SIZE_BYTES,
    WORD_BITS,
    sram_point,
)

CACTI_SOURCE = Source("CACTI 7 runs (commit 1ffd8df), log-log kriging", "measured")
LSTP_VOLTAGE_V = (0.8, 1.0, 1.1, 1.2, 1.3)
"""CACTI's own supply of the LSTP class at `NODES_NM`, linear in between."""
BEYOND_TABLE_EXPONENT = {
    "read_pJ": 0.52,
    "write_pJ": 0.52,
    "leak_mW_total": 1.0,
    "area_mm2": 1.0,
    "access_ns": 0.3,
}
"""Growth with capacity above the largest run; energy exponents are the medians over the table."""
UNIT = {"read_pJ": 1e-12, "write_pJ": 1e-12, "leak_mW_total": 1e-3, "area_mm2": 1e-6, "access_ns": 1e-9}


@dataclass(frozen=True)
class _Macro:
    """The table configuration that stands for a memory, and how many of it make the memory.

    `parallel` macros share each word; of the `stacked` ones only one is accessed at a time; `larger` is the
    capacity over the largest run.
    """

    words: int
    bits: float
    banks: int
    parallel: int = 1
    stacked: int = 1
    larger: float = 1.0
    below_table: bool = False
    warnings: tuple[str, ...] = ()


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
    leakage_w_per_bit: Estimate | None = None,
    minimum_voltage_v: float | None = None,
) -> MemoryCost:
    """Return the cost of a static memory of `words` words of `bits` bits.

    Parameters
    ----------
    words, bits : number of words in all banks together, and width of one access.
    technology, voltage_v, temperature_k : operating point; the supply defaults to the process's nominal.
    read_ports, write_ports, readwrite_ports, banks : organisation.
    leakage_w_per_bit : measured leakage at this operating point, instead of the modelled one.
    minimum_voltage_v : declares that the memory works below the process's lowest supply.

    Raises
    ------
    ConfigError : sizes or ports that make no memory, or an operating point where the model does not hold.

    Notes
    -----
    Memories outside the table carry a line in `warnings`. Those below it are priced as flip-flops, or as the
    smallest macro that holds them when that is smaller.
    """
    ports = read_ports + write_ports + readwrite_ports
    check_sizes(words=words, bits=bits, banks=banks, ports=ports)
    voltage = technology.supply_v.nominal if voltage_v is None else voltage_v
    technology.check(voltage, temperature_k, minimum_voltage_v)
    macro = _macro(words, bits, banks)
    cost = _macro_cost(macro, ports, technology, voltage, temperature_k)
    if macro.below_table:
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


def _macro(words: int, bits: int, banks: int) -> _Macro:
    warnings = []
    parallel = math.ceil(bits / WORD_BITS[1])
    if parallel > 1:
        warnings.append(
            f"{bits} b words exceed the SRAM table ({WORD_BITS[1]} b): priced as {parallel} parallel macros"
        )
    stacked, banks_each = 1, banks
    if banks not in BANKS:
        stacked = math.ceil(banks / max(BANKS))
        banks_each = next(count for count in BANKS if count * stacked >= banks)
        warnings.append(f"{banks} banks are not in the SRAM table: priced as {stacked} macros of {banks_each} banks")
    width = max(bits / parallel, float(WORD_BITS[0]))
    needed = math.ceil(words * bits / parallel / stacked / width)
    depth = max(needed, MIN_WORDS_PER_BANK * banks_each, math.ceil(SIZE_BYTES[0] * 8 / width))
    below = depth > needed
    if below:
        warnings.append(f"{words} x {bits} b is below the SRAM table: priced as a macro of {depth} x {width:g} b")
    elif bits < WORD_BITS[0]:
        warnings.append(
            f"{bits} b words are below the SRAM table: priced as {WORD_BITS[0]} b words of the same capacity"
        )
    larger = max(1.0, depth * width / 8 / SIZE_BYTES[1])
    if larger > 1:
        warnings.append(
            f"{words} x {bits} b exceeds the SRAM table ({SIZE_BYTES[1] >> 20} MiB): extended by power laws"
        )
    return _Macro(depth, width, banks_each, parallel, stacked, larger, below, tuple(warnings))


def _macro_cost(
    macro: _Macro, ports: int, technology: Technology, voltage_v: float, temperature_k: float
) -> MemoryCost:
    warnings = list(macro.warnings)
    node = min(max(technology.node_nm, NODES_NM[0]), NODES_NM[-1])
    table_voltage = float(np.interp(node, NODES_NM, LSTP_VOLTAGE_V))
    if node != technology.node_nm:
        warnings.append(f"{technology.node_nm:g} nm is outside the SRAM table: scaled from {node:g} nm")
    if ports > 2:
        warnings.append(f"{ports} ports are not in the SRAM table: extended from 1R1W")
    table = _Table(
        size_bytes=macro.words * macro.bits / 8 / macro.larger,
        word_bits=macro.bits,
        node_nm=node,
        banks=macro.banks,
        ports="1RW" if ports == 1 else "1R1W",
        larger=macro.larger,
    )
    extra = {name: _extra_ports(name, ports - 2) for name in ("energy", "area", "leakage")}
    # An access touches the macros side by side of one stack; every macro takes area and leaks.
    access = extra["energy"].scaled(technology.energy_factor(voltage_v, table_voltage, node)) * macro.parallel
    copies = macro.parallel * macro.stacked
    area = table.band("area_mm2").scaled(extra["area"]).scaled(constant("sram_area_factor")) * copies
    if node != technology.node_nm:
        area = area.scaled(technology.area_factor(node))
        if technology.node_nm < node:
            area = area.scaled(constant("sram_node_area_factor"))
    slowdown = technology.delay_factor(voltage_v, table_voltage) * (technology.node_nm / node)
    leakage = table.leakage().scaled(extra["leakage"]) * copies
    return MemoryCost(
        read_energy_j=table.band("read_pJ").scaled(access),
        write_energy_j=table.band("write_pJ").scaled(access),
        leakage_w=leakage.scaled(technology.leakage_factor(voltage_v, table_voltage, temperature_k)),
        area_m2=area,
        access_time_s=table.band("access_ns").scaled(slowdown),
        warnings=tuple(warnings),
    )


@dataclass(frozen=True)
class _Table:
    """One configuration of the table, at CACTI's own supply voltage and 300 K, in SI units."""

    size_bytes: float
    word_bits: float
    node_nm: float
    banks: int
    ports: str
    larger: float

    def band(self, quantity: str) -> Estimate:
        """Return the band of a quantity over the objectives."""
        energy, ed2, cycle = (self._value(quantity, objective) for objective in ("energy", "ed2", "cycle"))
        return Estimate.spanning(ed2, (energy, cycle), (CACTI_SOURCE,), f"table({self._text()}, LSTP, ed2)")

    def leakage(self) -> Estimate:
        lstp = self._value("leak_mW_total", "ed2")
        lop = self._value("leak_mW_total", "ed2", "itrs-lop")
        over_lstp, over_lop = (
            constant("sram_leakage_nominal_over_lstp"),
            constant("sram_leakage_high_over_lop"),
        )
        return Estimate.spanning(
            lstp * over_lstp.nominal,
            (lstp, lop * over_lop.nominal),
            merged((CACTI_SOURCE,), over_lstp.sources, over_lop.sources),
            f"{over_lstp.nominal:g} x table({self._text()}, LSTP, 300 K), LSTP to {over_lop.nominal:g} x LOP",
        )

    def _value(self, quantity: str, objective: str, cell: str = "itrs-lstp") -> float:
        point = sram_point(
            size_bytes=self.size_bytes,
            word_bits=self.word_bits,
            node_nm=self.node_nm,
            banks=self.banks,
            ports=self.ports,
            cell=cell,
            objective=objective,
        )
        return point[quantity] * UNIT[quantity] * self.larger ** BEYOND_TABLE_EXPONENT[quantity]

    def _text(self) -> str:
        banks = f", {self.banks} banks" if self.banks > 1 else ""
        size = f"{self.size_bytes / 1024:.4g} KiB x {self.word_bits:g} b"
        return f"{self.node_nm:g} nm, {size}, {self.ports}{banks}"


def _extra_ports(quantity: str, count: int) -> Estimate:
    """Return the factor on a quantity of a 1R1W memory for `count` further ports."""
    if count <= 0:
        return ONE
    band = constant(f"sram_extra_port_{quantity}")
    return replace(band, low=band.low**count, nominal=band.nominal**count, high=band.high**count)
