"""Cost of a FIFO: energy of a push, of a pop and of a clock cycle, leakage, area.

Its body is made of flip-flops, as queues in front of routers and cores are: words behind clock gates, a multiplexer
that reads, two pointers and a fill level.  The constants were fitted on three such netlists, 16 b x 8, 32 b x 4 and
32 b x 16, which gate no clock; push and pop energies follow them within 10 %, areas within 2 %.  A deep queue is better
kept in a memory with two ports, which the designer chooses; past the smallest run of the SRAM table a warning says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from accelsim.technology.estimate import Estimate, total
from accelsim.technology.logic import logic_leakage
from accelsim.technology.memory import GATE_VOLTAGE_V, check_sizes
from accelsim.technology.node import REFERENCE_TEMPERATURE_K, Technology
from accelsim.technology.sram import sram
from accelsim.technology.sram_table import SIZE_BYTES

Body = Literal["registers", "sram"]
LARGEST_BITS = int(SIZE_BYTES[0]) * 8
"""Flip-flops beyond this are a mistake, or at least a waste."""


@dataclass(frozen=True)
class FifoCost:
    """Cost of one FIFO at one operating point.

    Parameters
    ----------
    push_energy_j, pop_energy_j : dynamic energy of entering a word, and of taking one away.
    clock_energy_j : energy of a clock edge without either.
    leakage_w : leakage of the whole FIFO.
    area_m2 : area of the whole FIFO, before placement utilisation.
    warnings : where a model was used outside its data.
    """

    push_energy_j: Estimate
    pop_energy_j: Estimate
    clock_energy_j: Estimate
    leakage_w: Estimate
    area_m2: Estimate
    warnings: tuple[str, ...] = ()


def control_flip_flops(depth: int) -> int:
    """Return the flip-flops of both pointers and the fill level, as the synthesised FIFOs have them."""
    return 3 * math.ceil(math.log2(depth)) + 2 if depth > 1 else 2


def fifo(
    depth: int,
    bits: int,
    *,
    technology: Technology,
    body: Body = "registers",
    voltage_v: float | None = None,
    temperature_k: float = REFERENCE_TEMPERATURE_K,
    minimum_voltage_v: float | None = None,
) -> FifoCost:
    """Return the cost of a FIFO of `depth` words of `bits` bits.

    Parameters
    ----------
    depth, bits : words, and width of each.
    body : what holds the words, ``registers`` (flip-flops) or ``sram`` (one port reads, one writes).
    technology, voltage_v, temperature_k, minimum_voltage_v : operating point, as in `sram`.

    Raises
    ------
    ConfigError : no size, or an operating point that the models do not cover.
    """
    voltage = technology.supply_v.nominal if voltage_v is None else voltage_v
    check_sizes(depth=depth, bits=bits)
    technology.check(voltage, temperature_k, minimum_voltage_v)
    if body == "registers":
        return _flip_flops(depth, bits, technology, voltage, temperature_k)
    memory = sram(
        depth,
        bits,
        technology=technology,
        voltage_v=voltage,
        temperature_k=temperature_k,
        read_ports=1,
        write_ports=1,
        readwrite_ports=0,
        device=technology.sram_device,
        minimum_voltage_v=minimum_voltage_v,
    )
    what = f"FIFO of {depth} x {bits} b in SRAM at {technology.name}"
    control = control_flip_flops(depth)
    pointers = _area(control, technology)
    return FifoCost(
        (memory.write_energy_j + _gates("fifo_push_base", technology, voltage)).described(f"push into {what}"),
        (memory.read_energy_j + _gates("fifo_pop_base", technology, voltage)).described(f"pop from {what}"),
        (_gates("flip_flop_clock", technology, voltage) * control).described(f"clock edge of {what}"),
        memory.leakage_w + logic_leakage(pointers, technology, voltage, temperature_k),
        (memory.area_m2 + pointers).described(what),
        memory.warnings,
    )


def _flip_flops(depth: int, bits: int, technology: Technology, voltage_v: float, temperature_k: float) -> FifoCost:
    stored, control = depth * bits, control_flip_flops(depth)
    what = f"FIFO of {depth} x {bits} flip-flops at {technology.name}"
    ungated = technology.constant("fifo_ungated")
    edge = _gates("flip_flop_clock", technology, voltage_v)
    word = edge * (bits * (1 - ungated.nominal))
    push = [_gates("fifo_push_base", technology, voltage_v), _gates("fifo_push_bit", technology, voltage_v) * stored]
    pop = [_gates("fifo_pop_base", technology, voltage_v), _gates("fifo_pop_bit", technology, voltage_v) * stored]
    always = Estimate.exact(control + depth, None, "flip-flops of pointers and fill level, a gate for each word", "1")
    clocked = (always + ungated * (stored - depth)).described("clock loads, in flip-flops", "1")
    area = _area(stored + control, technology).described(what)
    return FifoCost(
        total([*push, word], f"push into {what}, {voltage_v:g} V: data, written word, its clock"),
        total(pop, f"pop from {what}, {voltage_v:g} V: read multiplexer, pointer"),
        clocked.scaled(edge).described(f"clock edge of {what}, {voltage_v:g} V", "J"),
        logic_leakage(area, technology, voltage_v, temperature_k),
        area,
        (f"{depth} x {bits} b of flip-flops: SRAM would be smaller",) if stored > LARGEST_BITS else (),
    )


def _gates(name: str, technology: Technology, voltage_v: float) -> Estimate:
    """Return an energy of the netlists here, in silicon."""
    here = technology.constant(name).scaled(technology.energy_factor(voltage_v, GATE_VOLTAGE_V))
    return replace(here.scaled(technology.constant("logic_gate_factor")), unit="J")


def _area(flip_flops: int, technology: Technology) -> Estimate:
    cells = technology.constant("fifo_area_bit") * flip_flops
    return cells.scaled(technology.constant("area_gate_factor")).scaled(technology.area_factor())
