"""Energy, area, leakage and delay of word operations and of whole datapaths.

Every kind of `Operation` is a short list of primitive operators (adder, multiplier, multiplexer, ...) whose
power laws are in ``data/operators.yaml``. Absolute figures are known within a factor of two to three; ratios
between datapaths are better known than that, because their bands share the same causes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

from accelsim.technology.constants import constant, data_file
from accelsim.technology.estimate import ONE, ZERO, Estimate, Source, merged, total
from accelsim.technology.node import REFERENCE_TEMPERATURE_K, Technology
from accelsim.technology.operations import Operation, OperationGraph

TABLE_BITS = 6
"""Address bits of the table in a piecewise-linear exponential or hyperbolic tangent."""

Parts = list[tuple[str, float]]
"""Primitive operators and the size at which each is used."""


@dataclass(frozen=True)
class LogicCost:
    """Cost of one operation or datapath: energy per evaluation, placed-cell area, leakage, longest path.

    `operation_delays_s` holds the nominal delay of each operation, for placing pipeline registers.
    """

    energy_j: Estimate
    area_m2: Estimate
    leakage_w: Estimate
    delay_s: Estimate
    operation_delays_s: tuple[float, ...] = field(default=(), repr=False)


def operation_cost(
    operation: Operation,
    technology: Technology,
    *,
    voltage_v: float | None = None,
    temperature_k: float = REFERENCE_TEMPERATURE_K,
) -> LogicCost:
    """Return the cost of one operation with random operands (J per evaluation, m2, W, s)."""
    voltage = technology.supply_v.nominal if voltage_v is None else voltage_v
    return _operation_cost(replace(operation, inputs=()), technology, voltage, temperature_k)


def datapath_cost(
    graph: OperationGraph,
    technology: Technology,
    *,
    voltage_v: float | None = None,
    temperature_k: float = REFERENCE_TEMPERATURE_K,
) -> LogicCost:
    """Return the cost of one evaluation of a datapath: sums over its operations, and its longest path."""
    costs = [
        operation_cost(operation, technology, voltage_v=voltage_v, temperature_k=temperature_k)
        for operation in graph.operations
    ]
    counted = Counter(operation.kind for operation in graph.operations)
    text = "sum over " + (", ".join(f"{count} {kind}" for kind, count in counted.most_common()) or "no operations")
    arrival: list[Estimate] = []
    for operation, cost in zip(graph.operations, costs, strict=True):
        ready = [arrival[source] for source in operation.inputs if source >= 0]
        start = max(ready, key=lambda moment: moment.nominal, default=ZERO)
        arrival.append((start + cost.delay_s).described("longest path"))
    return LogicCost(
        energy_j=total((cost.energy_j for cost in costs), text),
        area_m2=total((cost.area_m2 for cost in costs), text),
        leakage_w=total((cost.leakage_w for cost in costs), text),
        delay_s=max(arrival, key=lambda moment: moment.nominal, default=ZERO),
        operation_delays_s=tuple(cost.delay_s.nominal for cost in costs),
    )


def logic_leakage(area_m2: Estimate, technology: Technology, voltage_v: float, temperature_k: float) -> Estimate:
    """Return the leakage in W of placed logic of nominal area `area_m2`.

    The band of the density already covers what cells are used, so the band of the area is not applied twice.
    """
    factor = technology.leakage_factor(voltage_v, technology.supply_v.nominal, temperature_k)
    return (technology.logic_leakage_w_per_m2 * area_m2.nominal).scaled(factor)


@cache
def _operation_cost(operation: Operation, technology: Technology, voltage_v: float, temperature_k: float) -> LogicCost:
    parts, factor = _parts(operation)
    what = f"{operation.kind} {'x'.join(map(str, operation.bits_in))} -> {operation.bits_out} b"
    energies, areas, delays = [], [], []
    for name, size in parts:
        energies.append(_energy(name, size, technology, voltage_v))
        areas.append(_area(name, size, technology))
        delays.append(_delay(name, size, technology, voltage_v))
    energy = total(energies, f"{what} at {technology.name}, {voltage_v:g} V").scaled(factor)
    area = total(areas, f"{what} at {technology.name}").scaled(factor)
    return LogicCost(energy, area, logic_leakage(area, technology, voltage_v, temperature_k), total(delays, what))


def _energy(name: str, size: float, technology: Technology, voltage_v: float) -> Estimate:
    entry = data_file("operators.yaml")["operators"][name]
    basis = data_file("operators.yaml")["sources"][entry["basis"]]
    band = constant("logic_anchor_factor" if entry["basis"] == "anchor" else "logic_gate_factor")
    value = _law(entry["energy"], size) * 1e-15
    reference = Estimate.exact(value, Source(basis["source"], basis["verified"]), f"{name} of size {size:g}")
    return reference.scaled(band).scaled(technology.energy_factor(voltage_v, basis["voltage"]))


def _area(name: str, size: float, technology: Technology) -> Estimate:
    entry = data_file("operators.yaml")["operators"][name]
    basis = data_file("operators.yaml")["sources"][entry["basis"]]
    value = _law(entry["area"], size) * 1e-12
    reference = Estimate.exact(value, Source(basis["source"], basis["verified"]), f"{name} of size {size:g}")
    return reference.scaled(constant(entry["area_band"])).scaled(technology.area_factor())


def _delay(name: str, size: float, technology: Technology, voltage_v: float) -> Estimate:
    levels = max(1.0, _law(data_file("operators.yaml")["operators"][name]["depth"], size))
    gate = technology.gate_delay_s(voltage_v)
    band = constant("timing_effort")
    return Estimate(
        gate.low * band.low * levels,
        gate.nominal * band.nominal * levels,
        gate.high * band.high * levels,
        merged(gate.sources, band.sources),
        f"{levels:.3g} levels of logic",
    )


def _law(coefficients: list[float], size: float) -> float:
    at, value, exponent = coefficients
    return value * (size / at) ** exponent


def _parts(operation: Operation) -> tuple[Parts, Estimate]:
    """Return the primitive operators an operation is made of, and the band of composing them."""
    widths = operation.bits_in or (operation.bits_out,)
    width = max(widths)
    first, second = widths[0], widths[1] if len(widths) > 1 else widths[0]
    if operation.kind in _COMPOSED:
        return _COMPOSED[operation.kind](width, operation.bits_out), constant("composite_factor")
    if operation.kind == "lookup":
        return [("table_bit", 2.0**first * operation.bits_out)], constant("composite_factor")
    simple: dict[str, Parts] = {
        "add": [("add", width)],
        "sub": [("add", width)],
        "neg": [("add", width)],
        "abs": [("add", width), ("multiplex", width)],
        "mul": [("multiply", first * second)],
        "mac": [("multiply", first * second), ("add", operation.bits_out)],
        "shift_const": [],
        "shift_var": [("shift", first * min(second, math.ceil(math.log2(first)) + 1 if first > 1 else 1))],
        "compare": [("compare", width)],
        "select": [("multiplex", operation.bits_out)],
        "min": [("compare", width), ("multiplex", width)],
        "max": [("compare", width), ("multiplex", width)],
        "clip": [("saturate", width)],
        "and": [("gate", width)],
        "or": [("gate", width)],
        "xor": [("exclusive_or", width)],
        "not": [("inverter", width)],
        "random_bits": [("lfsr", operation.bits_out)],
        "register": [("register", operation.bits_out)],
        "fadd": [("float_add", operation.bits_out)],
        "fneg": [("inverter", 1)],
        "fmul": [("float_multiply", operation.bits_out)],
        "fcompare": [("compare", width)],
    }
    return simple[operation.kind], ONE


def _digit_recurrence(width: int, steps: int) -> Parts:
    """Return an array of `steps` rows, each a subtracter and a restoring multiplexer."""
    return [("add", width), ("multiplex", width)] * max(1, steps)


def _float_recurrence(width: int) -> Parts:
    fraction = {16: 11, 32: 24, 64: 53}.get(width, width * 3 // 4)
    return _digit_recurrence(fraction + 2, fraction)


def _interpolated(width: int, out: int) -> Parts:
    """Return a piecewise-linear function: a table of values and slopes, a product and a sum."""
    table = 2.0 ** min(TABLE_BITS, width) * 2 * out
    return [("table_bit", table), ("multiply", max(1, width - TABLE_BITS) * out), ("add", out)]


def _float_interpolated(width: int, out: int) -> Parts:
    return [("table_bit", 2.0**TABLE_BITS * 2 * out), ("float_multiply", out), ("float_add", out)]


_COMPOSED: dict[str, Callable[[int, int], Parts]] = {
    "recip": lambda width, out: _digit_recurrence(width, out),
    "div": lambda width, out: _digit_recurrence(width, out),
    "mod": lambda width, out: _digit_recurrence(width, width),
    "sqrt": lambda width, out: _digit_recurrence(width, math.ceil(width / 2)),
    "exp": _interpolated,
    "tanh": _interpolated,
    "fdiv": lambda width, out: _float_recurrence(out),
    "fsqrt": lambda width, out: _float_recurrence(out),
    "fexp": _float_interpolated,
    "ftanh": _float_interpolated,
    "convert": lambda width, out: [("shift", width * math.ceil(math.log2(width + 1))), ("add", width)],
}
