"""Cost of an embedded DRAM, from the table of CACTI 7 runs.

Only energy-optimised runs exist, so nominal and high apply what the ED^2 and the cycle objective cost an SRAM.
CACTI's write energies are implausible (tens of times a read) and are not used: a write is a read and its restore.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from accelsim.technology.estimate import Estimate
from accelsim.technology.macro import EDRAM_LIMITS, macro
from accelsim.technology.memory import MemoryCost, check_sizes
from accelsim.technology.node import REFERENCE_TEMPERATURE_K, Technology
from accelsim.technology.sram import BEYOND_TABLE_EXPONENT, CACTI_SOURCE, SI, SUPPLY_V, UNIT
from accelsim.technology.sram_table import EDRAM_RANGE, NODES_NM, SIZE_BYTES, sram_point


@cache
def edram(
    words: int,
    bits: int,
    *,
    technology: Technology,
    voltage_v: float | None = None,
    temperature_k: float = REFERENCE_TEMPERATURE_K,
    banks: int = 1,
    minimum_voltage_v: float | None = None,
) -> MemoryCost:
    """Return the cost of an embedded DRAM of `words` words of `bits` bits with one port.

    Parameters
    ----------
    words, bits : number of words in all banks together, and width of one access.
    technology, voltage_v, temperature_k : operating point; the supply defaults to the process's nominal.
    banks : banks of which one is accessed at a time.
    minimum_voltage_v : declares that the memory works below the process's lowest supply.

    Returns
    -------
    MemoryCost whose `leakage_w` includes refresh.

    Raises
    ------
    ConfigError : sizes that make no memory, or an operating point where the model does not hold.

    Notes
    -----
    Memories outside the table, or not at 300 K, carry a line in `warnings`.
    """
    check_sizes(words=words, bits=bits, banks=banks)
    voltage = technology.supply_v.nominal if voltage_v is None else voltage_v
    technology.check(voltage, temperature_k, minimum_voltage_v)
    shape = macro(words, bits, banks, EDRAM_LIMITS)
    warnings = list(shape.warnings)
    node = min(max(technology.node_nm, EDRAM_RANGE["node_nm"][0]), EDRAM_RANGE["node_nm"][1])
    if node != technology.node_nm:
        warnings.append(f"{technology.node_nm:g} nm is outside the eDRAM table: scaled from {node:g} nm")
    if temperature_k != REFERENCE_TEMPERATURE_K:
        warnings.append(f"the eDRAM table is at 300 K: leakage scaled to {temperature_k:g} K, retention not")
    table_voltage = float(np.interp(node, NODES_NM, SUPPLY_V["lop"]))
    point = sram_point(
        size_bytes=min(shape.table_bytes, SIZE_BYTES[1]),
        word_bits=shape.bits,
        node_nm=node,
        cell="lp-dram",
        periphery="itrs-lop",
    )

    def table(quantity: str) -> Estimate:
        value = point[quantity] * UNIT[quantity] * shape.larger ** BEYOND_TABLE_EXPONENT[quantity]
        text = f"table({node:g} nm, {shape.words * shape.bits / 8192:.4g} KiB x {shape.bits:g} b, eDRAM, energy)"
        return Estimate.exact(value, CACTI_SOURCE).described(text, SI[quantity])

    constant = technology.constant
    energy = technology.energy_factor(voltage, table_voltage, node) * shape.parallel
    read = table("read_pJ").scaled(constant("edram_energy_over_run")).scaled(energy)
    area = table("area_mm2").scaled(constant("sram_area_factor")) * shape.copies
    if node != technology.node_nm:
        area = area.scaled(technology.area_factor(node))
        if technology.node_nm < node:
            area = area.scaled(constant("sram_node_area_factor"))
    leakage = table("leak_mW_total").scaled(constant("sram_leakage_band")) * shape.copies
    leakage = leakage.scaled(technology.leakage_factor(voltage, table_voltage, temperature_k))
    refresh = (read * words).scaled(constant("edram_retention").inverse()).described("refresh of every word", "W")
    slowdown = technology.delay_factor(voltage, table_voltage) * (technology.node_nm / node)
    return MemoryCost(
        read_energy_j=read,
        write_energy_j=read.scaled(constant("edram_write_over_read")),
        leakage_w=leakage + refresh,
        area_m2=area,
        access_time_s=table("access_ns").scaled(constant("edram_time_over_run")).scaled(slowdown),
        warnings=tuple(warnings),
    )
