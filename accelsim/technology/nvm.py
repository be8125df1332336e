"""Cost of a memory of non-volatile cells, from the published figures of its technology.

* area = words x cells per word x cell area in F^2 x node^2 / array efficiency;
* energy of a word = bits x energy of the macro per bit: reads are sensed at the logic supply and go with its square,
  writes are driven by charge pumps and do not depend on it;
* only the periphery leaks: a share of what an SRAM of the same capacity would;
* a cell of b bits is read and written in b rounds (assumed), so that only the area shrinks;
* a part beside the chip has neither area nor leakage there, and the energies of the file whatever the supply.

Energies and times are those of the surveyed macros, whatever the node: their bands span the nodes of the sources.
"""

from __future__ import annotations

import math
from functools import cache

from accelsim.config.errors import Problem, check
from accelsim.technology.estimate import Estimate
from accelsim.technology.memory import MemoryCost, check_sizes
from accelsim.technology.memory_technology import MemoryTechnology
from accelsim.technology.node import REFERENCE_TEMPERATURE_K, Technology
from accelsim.technology.sram import sram


@cache
def cell_array(
    cells: MemoryTechnology,
    words: int,
    bits: int,
    *,
    technology: Technology,
    voltage_v: float | None = None,
    temperature_k: float = REFERENCE_TEMPERATURE_K,
    banks: int = 1,
    bits_per_cell: int = 1,
    minimum_voltage_v: float | None = None,
) -> MemoryCost:
    """Return the cost of a non-volatile memory of `words` words of `bits` bits with one port.

    Parameters
    ----------
    cells : a memory technology of the cost model `cells`.
    words, bits : number of words in all banks together, and width of one access.
    technology, voltage_v, temperature_k : operating point; the supply defaults to the process's nominal.
    banks : banks of which one is accessed at a time.
    bits_per_cell : bits stored in a cell.
    minimum_voltage_v : declares that the memory works below the process's lowest supply.

    Raises
    ------
    ConfigError : sizes that make no memory, more bits than a cell has levels for, or an operating point where the
        model does not hold.

    Notes
    -----
    A node outside those of the sources carries a line in `warnings`, and so do cells that must be erased.
    """
    assert cells.nodes_m is not None
    assert cells.cell_area_f2 is not None
    assert cells.read_energy_j_per_bit is not None
    assert cells.write_energy_j_per_bit is not None
    assert cells.read_latency_s is not None
    check_sizes(words=words, bits=bits, banks=banks, bits_per_cell=bits_per_cell)
    check(_level_problems(cells, bits_per_cell))
    voltage = technology.supply_v.nominal if voltage_v is None else voltage_v
    technology.check(voltage, temperature_k, minimum_voltage_v)
    if cells.off_chip:
        return _off_chip(cells, bits, bits_per_cell)
    static = sram(
        words,
        bits,
        technology=technology,
        voltage_v=voltage,
        temperature_k=temperature_k,
        banks=banks,
        device="lstp",
        minimum_voltage_v=minimum_voltage_v,
    )
    warnings = [f"leakage from that of an SRAM: {text}" for text in static.warnings]
    node_m = technology.node_nm * 1e-9
    # Bands of nodes are limits: a node is inside within rounding.
    if not cells.nodes_m.low * (1 - 1e-9) <= node_m <= cells.nodes_m.high * (1 + 1e-9):
        low, high = (end * 1e9 for end in (cells.nodes_m.low, cells.nodes_m.high))
        warnings.append(
            f"{technology.node_nm:g} nm is outside {low:g} to {high:g} nm, the nodes behind the figures of "
            f"{cells.name}: its energies and times are kept, its cell area is scaled"
        )
    if 2**bits_per_cell > cells.levels_per_cell.nominal:
        warnings.append(f"{bits_per_cell} bits per cell are more than usual for {cells.name}")
    if cells.erase is not None:
        warnings.append(
            f"erasing is not counted: cells of {cells.name} are rewritten after a block of "
            f"{cells.erase.block_bits.nominal:g} b has been erased in {cells.erase.latency_s.nominal * 1e3:g} ms"
        )
    number = words * math.ceil(bits / bits_per_cell)
    area = (cells.cell_area_f2 * (number * node_m**2)).in_unit("m2")
    area = area.scaled(technology.constant("cell_array_efficiency").inverse())
    supply = technology.energy_factor(voltage, technology.supply_v.nominal, technology.node_nm)
    read = (cells.read_energy_j_per_bit * bits).in_unit("J").scaled(supply)
    write = (cells.write_energy_j_per_bit * bits).in_unit("J")
    return MemoryCost(
        read_energy_j=read.described(f"macro read of {bits} b, {supply.formula}"),
        write_energy_j=write.described(
            f"macro write of {bits} b with verify and drivers; the write voltage does not scale with the logic supply"
        ),
        leakage_w=static.leakage_w.scaled(technology.constant("cell_array_leakage")),
        area_m2=area.described(
            f"{number} cells of {cells.cell_area_f2.nominal:g} F2 at {technology.node_nm:g} nm / array efficiency"
        ),
        access_time_s=_rounds(cells.read_latency_s, bits_per_cell),
        warnings=tuple(warnings),
    )


def _off_chip(cells: MemoryTechnology, bits: int, bits_per_cell: int) -> MemoryCost:
    """A part of its own: only its accesses cost the chip anything."""
    assert cells.read_energy_j_per_bit is not None
    assert cells.write_energy_j_per_bit is not None
    assert cells.read_latency_s is not None
    nothing = Estimate.exact(0.0, formula=f"{cells.name} is not on the chip")
    return MemoryCost(
        read_energy_j=(cells.read_energy_j_per_bit * bits).in_unit("J").described(f"{bits} b from {cells.name}"),
        write_energy_j=(cells.write_energy_j_per_bit * bits).in_unit("J").described(f"{bits} b to {cells.name}"),
        leakage_w=nothing.in_unit("W"),
        area_m2=nothing.in_unit("m2"),
        access_time_s=_rounds(cells.read_latency_s, bits_per_cell),
    )


def _level_problems(cells: MemoryTechnology, bits_per_cell: int) -> list[Problem]:
    most = max(1, int(math.log2(cells.levels_per_cell.high)))
    if bits_per_cell <= most:
        return []
    message = f"a cell of {cells.name} has at most {cells.levels_per_cell.high:g} levels: {most} bits"
    return [Problem(path="bits_per_cell", message=message)]


def _rounds(latency: Estimate, rounds: int) -> Estimate:
    return latency if rounds == 1 else (latency * rounds).described(f"{rounds} rounds of {latency.formula}")
