"""Cost of a memory: energy per access, leakage, area, access time."""

from __future__ import annotations

import math
from dataclasses import dataclass

from accelsim.config.errors import Problem, check
from accelsim.technology.estimate import Estimate
from accelsim.technology.logic import logic_leakage
from accelsim.technology.node import REFERENCE_TEMPERATURE_K, Technology

GATE_VOLTAGE_V = 1.1
"""Supply of the NanGate45 runs behind the register-file constants."""


@dataclass(frozen=True)
class MemoryCost:
    """Cost of one memory at one operating point.

    Parameters
    ----------
    read_energy_j, write_energy_j : dynamic energy of one word access.
    leakage_w : leakage of the whole memory.
    area_m2 : area of the whole memory, before placement utilisation.
    access_time_s : address to data.
    warnings : where the model was used outside its data; empty when it was not.
    """

    read_energy_j: Estimate
    write_energy_j: Estimate
    leakage_w: Estimate
    area_m2: Estimate
    access_time_s: Estimate
    warnings: tuple[str, ...] = ()


def check_sizes(**counts: int) -> None:
    """Raise `ConfigError` unless every count is positive."""
    check(Problem(path=name, message=f"{value} is not > 0") for name, value in counts.items() if value <= 0)


def register_file(
    words: int,
    bits: int,
    *,
    technology: Technology,
    voltage_v: float | None = None,
    temperature_k: float = REFERENCE_TEMPERATURE_K,
    read_ports: int = 0,
    write_ports: int = 0,
    readwrite_ports: int = 1,
) -> MemoryCost:
    """Return the cost of `words` x `bits` flip-flops with multiplexed read ports and a gated write clock.

    The clock of words that are not written is assumed gated.
    """
    voltage = technology.supply_v.nominal if voltage_v is None else voltage_v
    check_sizes(words=words, bits=bits, ports=read_ports + write_ports + readwrite_ports)
    ports = max(1, read_ports + readwrite_ports) + max(0, write_ports + readwrite_ports - 1)
    what = f"flip-flops {words} x {bits} b at {technology.name}"
    energy = technology.constant("logic_gate_factor").scaled(technology.energy_factor(voltage, GATE_VOLTAGE_V))
    read = (technology.constant("register_file_read") * (words * bits)).scaled(energy)
    write = (technology.constant("register_file_write") * bits).scaled(energy)
    cell = technology.constant("register_file_area_bit") + technology.constant("register_file_area_read_port") * ports
    area = (cell * (words * bits)).scaled(technology.constant("area_gate_factor")).scaled(technology.area_factor())
    area = area.described(f"{what}, {ports} ports")
    effort, gate = technology.constant("timing_effort"), technology.gate_delay_s(voltage)
    levels = 3 + math.log2(words)
    time = (gate.scaled(effort) * levels).described(f"{levels:.3g} levels of logic")
    return MemoryCost(
        read_energy_j=read.described(f"read of {what}, {voltage:g} V"),
        write_energy_j=write.described(f"write of {what}, {voltage:g} V"),
        leakage_w=logic_leakage(area, technology, voltage, temperature_k),
        area_m2=area,
        access_time_s=time,
    )
