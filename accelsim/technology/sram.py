"""Cost of an SRAM, from the table of CACTI 7 runs.

Nominal is the low-standby-power device class under the ED^2 objective, which reproduces published 45 nm cache
energies (Horowitz, ISSCC 2014); the band spans the energy-optimised and the cycle-optimised organisation. Leakage is
set apart: macros leak between the LSTP and the LOP class, so its band runs from LSTP to a tenth of LOP.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from accelsim.config.errors import ConfigError, Problem
from accelsim.technology.constants import constant
from accelsim.technology.estimate import Estimate, Source, merged
from accelsim.technology.memory import MemoryCost, register_file
from accelsim.technology.node import REFERENCE_TEMPERATURE_K, Technology
from accelsim.technology.sram_table import BANKS, MIN_WORDS_PER_BANK, NODES_NM, SIZE_BYTES, WORD_BITS, sram_point

CACTI_SOURCE = Source("CACTI 7 runs (commit 1ffd8df), log-log kriging", "measured")
LSTP_VOLTAGE_V = (0.8, 1.0, 1.1, 1.2, 1.3)
"""CACTI's own supply of the LSTP class at `NODES_NM`, linear in between."""
BEYOND_TABLE_EXPONENT = {"read_pJ": 0.52, "write_pJ": 0.52, "leak_mW_total": 1.0, "area_mm2": 1.0, "access_ns": 0.3}
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
def sram(words: int, bits: int, *, technology: Technology, voltage_v: float | None = None,
         temperature_k: float = REFERENCE_TEMPERATURE_K, read_ports: int = 0, write_ports: int = 0,
         readwrite_ports: int = 1, banks: int = 1, leakage_w_per_bit: Estimate | None = None,
         minimum_voltage_v: float | None = None) -> MemoryCost:
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
    _check(words=words, bits=bits, banks=banks, ports=ports)
    voltage = technology.supply_v.nominal if voltage_v is None else voltage_v
    technology.check(voltage, temperature_k, minimum_voltage_v)
    macro = _macro(words, bits, banks)
    cost = _macro_cost(macro, ports, technology, voltage, temperature_k)
    if macro.below_table:
        flip_flops = register_file(words, bits, technology=technology, voltage_v=voltage, temperature_k=temperature_k,
                                   read_ports=read_ports, write_ports=write_ports, readwrite_ports=readwrite_ports)
        if flip_flops.area_m2.nominal <= cost.area_m2.nominal:
            cost = replace(flip_flops, warnings=(f"{words} x {bits} b is below the SRAM table: priced as flip-flops",))
    if leakage_w_per_bit is not None:
        cost = replace(cost, leakage_w=leakage_w_per_bit * (words * bits))
    return cost


def _check(**counts: int) -> None:
    problems = [Problem(path=name, message=f"{value} is not > 0") for name, value in counts.items() if value <= 0]
    if problems:
        raise ConfigError(problems)


def _macro(words: int, bits: int, banks: int) -> _Macro:
    warnings = []
    parallel = math.ceil(bits / WORD_BITS[1])
    if parallel > 1:
        warnings.append(f"{bits} b words exceed the SRAM table ({WORD_BITS[1]} b): priced as {parallel} macros side by side")
    stacked, banks_each = 1, banks
    if banks not in BANKS:
        stacked = math.ceil(banks / max(BANKS))
        banks_each = next(count for count in BANKS if count * stacked >= banks)
        warnings.append(f"{banks} banks are not in the SRAM table: priced as {stacked} macros of {banks_each} banks")
    width = max(bits / parallel, float(WORD_BITS[0]))
    depth = max(math.ceil(words * bits / parallel / stacked / width), MIN_WORDS_PER_BANK * banks_each,
                math.ceil(SIZE_BYTES[0] * 8 / width))
    below = width * depth * parallel * stacked > words * bits * 1.0001 + width * parallel * stacked
    narrow = bits < WORD_BITS[0]
    if below:
        warnings.append(f"{words} x {bits} b is below the SRAM table: priced as a macro of {depth} x {width:g} b")
    elif narrow:
        warnings.append(f"{bits} b words are below the SRAM table: priced as {WORD_BITS[0]} b words of the same capacity")
    larger = max(1.0, depth * width / 8 / SIZE_BYTES[1])
    if larger > 1:
        warnings.append(f"{words} x {bits} b exceeds the SRAM table ({SIZE_BYTES[1] >> 20} MiB): extended by power laws")
    return _Macro(depth, width, banks_each, parallel, stacked, larger, below, tuple(warnings))


def _macro_cost(macro: _Macro, ports: int, technology: Technology, voltage_v: float,
                temperature_k: float) -> MemoryCost:
    warnings = list(macro.warnings)
    node = min(max(technology.node_nm, NODES_NM[0]), NODES_NM[-1])
    table_voltage = float(np.interp(node, NODES_NM, LSTP_VOLTAGE_V))
    if node != technology.node_nm:
        warnings.append(f"{technology.node_nm:g} nm is outside the SRAM table: scaled from {node:g} nm")
    if ports > 2:
        warnings.append(f"{ports} ports are not in the SRAM table: extended from 1R1W")
    size = macro.words * macro.bits / 8 / macro.larger
    query = {"size_bytes": size, "word_bits": macro.bits, "banks": macro.banks, "node_nm": node,
             "ports": "1RW" if ports == 1 else "1R1W"}
    # Read energy, area and leakage of every macro; an access touches the parallel ones of one stack.
    copies = macro.parallel * macro.stacked
    per_port = {name: _powered(constant(f"sram_extra_port_{name}"), ports - 2) if ports > 2 else None
                for name in ("energy", "area", "leakage")}
    band = {name: _with(_table_band(name, query, macro.larger), per_port[kind]) for name, kind in
            (("read_pJ", "energy"), ("write_pJ", "energy"), ("area_mm2", "area"), ("access_ns", "none"))
            if kind != "none"}
    band["access_ns"] = _table_band("access_ns", query, macro.larger)
    scale = technology.energy_factor(voltage_v, table_voltage, node)
    area = (band["area_mm2"] * copies).scaled(constant("sram_area_factor"))
    if node != technology.node_nm:
        area = area.scaled(technology.area_factor(node))
        if technology.node_nm < node:
            area = area.scaled(constant("sram_node_area_factor"))
    time = band["access_ns"].scaled(technology.delay_factor(voltage_v, table_voltage)) * (technology.node_nm / node)
    leakage = _with(_leakage_band(query, macro.larger), per_port["leakage"])
    return MemoryCost(
        read_energy_j=(band["read_pJ"] * macro.parallel).scaled(scale),
        write_energy_j=(band["write_pJ"] * macro.parallel).scaled(scale),
        leakage_w=(leakage * copies).scaled(technology.leakage_factor(voltage_v, table_voltage, temperature_k)),
        area_m2=area, access_time_s=time, warnings=tuple(warnings))


def _table_band(quantity: str, query: dict[str, float | int | str], larger: float) -> Estimate:
    """Return the band of a quantity over the objectives, in SI units."""
    value = {objective: sram_point(**query, objective=objective)[quantity]  # type: ignore[arg-type]
             for objective in ("energy", "ed2", "cycle")}
    factor = UNIT[quantity] * larger ** BEYOND_TABLE_EXPONENT[quantity]
    text = f"table({_text(query)}, LSTP, ed2)"
    return Estimate.spanning(value["ed2"] * factor, (value["energy"] * factor, value["cycle"] * factor),
                             (CACTI_SOURCE,), text)


def _leakage_band(query: dict[str, float | int | str], larger: float) -> Estimate:
    lstp, lop = (sram_point(**query, cell=cell, objective="ed2")["leak_mW_total"]  # type: ignore[arg-type]
                 for cell in ("itrs-lstp", "itrs-lop"))
    over_lstp, over_lop = constant("sram_leakage_nominal_over_lstp"), constant("sram_leakage_high_over_lop")
    factor = UNIT["leak_mW_total"] * larger ** BEYOND_TABLE_EXPONENT["leak_mW_total"]
    return Estimate.spanning(
        lstp * over_lstp.nominal * factor, (lstp * factor, lop * over_lop.nominal * factor),
        merged((CACTI_SOURCE,), over_lstp.sources, over_lop.sources),
        f"table({_text(query)}, 300 K): LSTP, {over_lstp.nominal:g} x LSTP, {over_lop.nominal:g} x LOP")


def _powered(band: Estimate, power: int) -> Estimate:
    return replace(band, low=band.low**power, nominal=band.nominal**power, high=band.high**power)


def _with(value: Estimate, factor: Estimate | None) -> Estimate:
    return value if factor is None else value.scaled(factor)


def _text(query: dict[str, float | int | str]) -> str:
    banks = f", {query['banks']} banks" if query["banks"] != 1 else ""
    return f"{query['node_nm']:g} nm, {float(query['size_bytes']) / 1024:.4g} KiB x {query['word_bits']:g} b, {query['ports']}{banks}"
