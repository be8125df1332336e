"""Energy, area, leakage and delay of word operations and of whole datapaths.

Every kind of `Operation` is a short list of primitive operators (see `accelsim.technology.primitives`). Absolute
figures are known within a factor of two to three; ratios between datapaths are better known than that, because
their bands share the same causes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

from accelsim.technology.constants import data_file
from accelsim.technology.estimate import ONE, ZERO, Estimate, Source, merged, total
from accelsim.technology.glitches import operand_glitches, own_glitch
from accelsim.technology.node import REFERENCE_TEMPERATURE_K, Technology
from accelsim.technology.operations import Operation, OperationGraph
from accelsim.technology.primitives import is_composed, law, parts

Basis = Literal["silicon", "netlist"]
"""``silicon``: between published silicon and the netlist. ``netlist``: as a synthesised netlist toggles, from
zero-delay (low) to unit-delay simulation (high); for holding the model against gate-level data."""


WIDEST_BAND = 3.0
"""Energy is known at least to this factor: longer trains of glitches than that are filtered by the gates (assumed)."""


@dataclass(frozen=True)
class LogicCost:
    """Cost of one operation or datapath: energy per evaluation, placed-cell area, leakage, longest path.

    `operation_delays_s` holds the nominal delay of each operation, for placing pipeline registers;
    `zero_delay_j` is the energy of the synthesised netlist if no signal glitched.
    """

    energy_j: Estimate
    area_m2: Estimate
    leakage_w: Estimate
    delay_s: Estimate
    operation_delays_s: tuple[float, ...] = field(default=(), repr=False)
    zero_delay_j: float = field(default=0.0, repr=False)


def operation_cost(
    operation: Operation,
    technology: Technology,
    *,
    voltage_v: float | None = None,
    temperature_k: float = REFERENCE_TEMPERATURE_K,
    basis: Basis = "silicon",
) -> LogicCost:
    """Return the cost of one operation with random operands (J per evaluation, m2, W, s).

    If the operation says where operands come from, those it leaves out are constants.
    """
    voltage = technology.supply_v.nominal if voltage_v is None else voltage_v
    return _cost(operation, 1.0, technology, voltage, temperature_k, basis)


def datapath_cost(
    graph: OperationGraph,
    technology: Technology,
    *,
    voltage_v: float | None = None,
    temperature_k: float = REFERENCE_TEMPERATURE_K,
    basis: Basis = "silicon",
) -> LogicCost:
    """Return the cost of one evaluation of a datapath: sums over its operations, and its longest path.

    Operands that come out of other operations glitch, which costs more than the operation by itself. A
    comparison of two words that are subtracted too is the borrow of that subtraction, and one of two words that
    were compared before is its complement: neither costs anything.
    """
    voltage = technology.supply_v.nominal if voltage_v is None else voltage_v
    shared = _shared_comparisons(graph)
    costs = [
        _cost(operation, glitch, technology, voltage, temperature_k, basis)
        for operation, glitch in zip(graph.operations, operand_glitches(graph), strict=True)
    ]
    paid = [cost for index, cost in enumerate(costs) if index not in shared]
    counted = Counter(operation.kind for index, operation in enumerate(graph.operations) if index not in shared)
    text = "sum over " + (", ".join(f"{count} {kind}" for kind, count in counted.most_common()) or "no operations")
    arrival: list[Estimate] = []
    for operation, cost in zip(graph.operations, costs, strict=True):
        ready = [arrival[source] for source in operation.inputs if source >= 0]
        start = max(ready, key=lambda moment: moment.nominal, default=ZERO)
        arrival.append((start + cost.delay_s).described("longest path"))
    return LogicCost(
        energy_j=_within_band(total((cost.energy_j for cost in paid), text)),
        area_m2=total((cost.area_m2 for cost in paid), text),
        leakage_w=total((cost.leakage_w for cost in paid), text),
        delay_s=max(arrival, key=lambda moment: moment.nominal, default=ZERO),
        operation_delays_s=tuple(cost.delay_s.nominal for cost in costs),
        zero_delay_j=sum(cost.zero_delay_j for cost in paid),
    )


def logic_leakage(area_m2: Estimate, technology: Technology, voltage_v: float, temperature_k: float) -> Estimate:
    """Return the leakage in W of placed logic of nominal area `area_m2`.

    The band of the density already covers what cells are used, so the band of the area is not applied twice.
    """
    factor = technology.leakage_factor(voltage_v, technology.supply_v.nominal, temperature_k)
    return (technology.logic_leakage_w_per_m2 * area_m2.nominal).scaled(factor)


def _within_band(energy: Estimate) -> Estimate:
    low, high = energy.nominal / WIDEST_BAND, energy.nominal * WIDEST_BAND
    return replace(energy, low=max(energy.low, low), high=min(energy.high, high))


def _shared_comparisons(graph: OperationGraph) -> set[int]:
    """Return the comparisons of two words that are subtracted, or compared before."""
    pairs = {frozenset(each.inputs) for each in graph.operations if each.kind == "sub" and len(each.inputs) == 2}
    shared: set[int] = set()
    for index, each in enumerate(graph.operations):
        if each.kind == "compare" and len(each.inputs) == 2:
            pair = frozenset(each.inputs)
            shared |= {index} if pair in pairs else set()
            pairs.add(pair)
    return shared


def _cost(
    operation: Operation, glitch: float, technology: Technology, voltage_v: float, temperature_k: float, basis: Basis
) -> LogicCost:
    fixed = len(operation.bits_in) - len(operation.inputs) if operation.inputs else 0
    anywhere = replace(operation, inputs=())
    return _operation_cost(anywhere, fixed, glitch, technology, voltage_v, temperature_k, basis)


@cache
def _operation_cost(
    operation: Operation,
    fixed: int,
    glitch: float,
    technology: Technology,
    voltage_v: float,
    temperature_k: float,
    basis: Basis,
) -> LogicCost:
    composing = technology.constant("composite_factor") if is_composed(operation) else ONE
    what = f"{operation.kind} {'x'.join(map(str, operation.bits_in))} -> {operation.bits_out} b"
    energies, areas, delays, zero_delay = [], [], [], 0.0
    for name, size in parts(operation, fixed):
        reference = _reference(name, size, "energy")
        node = technology.energy_factor(voltage_v, _source(name)["voltage"])
        zero_delay += reference.nominal * node.nominal
        energies.append(reference.compounded(node, *_energy_factors(name, size, glitch, technology, basis), composing))
        areas.append(_area(name, size, technology, basis).scaled(composing))
        delays.append(_delay(name, size, technology, voltage_v))
    energy = total(energies, f"{what} at {technology.name}, {voltage_v:g} V")
    area = total(areas, f"{what} at {technology.name}")
    leakage = logic_leakage(area, technology, voltage_v, temperature_k)
    return LogicCost(energy, area, leakage, total(delays, what), zero_delay_j=zero_delay)


def _source(name: str) -> dict[str, Any]:
    document = data_file("operators.yaml")
    source: dict[str, Any] = document["sources"][document["operators"][name]["basis"]]
    return source


def _cited(name: str) -> Source:
    source = _source(name)
    return Source(source["source"], source["verified"])


def _reference(name: str, size: float, quantity: str) -> Estimate:
    """Return the energy (J) or area (m2) of the synthesised netlist of a primitive operator at 45 nm."""
    factor, unit = (1e-15, "J") if quantity == "energy" else (1e-12, "m2")
    return Estimate.exact(law(name, quantity, size) * factor, _cited(name), f"{name} of size {size:g}", unit)


def _energy_factors(
    name: str, size: float, glitch: float, technology: Technology, basis: Basis
) -> tuple[Estimate, ...]:
    """Return what relates the zero-delay energy of a netlist to the energy of the basis.

    Published energies of single operators include their own glitches but not those of their operands.
    """
    if basis == "netlist":
        worst = own_glitch(name, size) * glitch
        toggles = Estimate(1.0, worst**0.5, worst, (_cited(name),), "glitches", "1")
        return technology.constant("operator_composition_energy"), toggles
    band = technology.constant("logic_float_factor" if _is_float(name) else "logic_gate_factor")
    if glitch == 1.0:
        return (band,)
    limit = technology.constant("operand_glitch_limit")
    return band, Estimate(1.0, 1.0, min(glitch**0.5, limit.nominal), limit.sources, "glitches of operands", "1")


def _area(name: str, size: float, technology: Technology, basis: Basis) -> Estimate:
    silicon = "area_float_factor" if _is_float(name) else "area_gate_factor"
    factor = technology.constant("operator_composition_area" if basis == "netlist" else silicon)
    return _reference(name, size, "area").scaled(factor).scaled(technology.area_factor())


def _is_float(name: str) -> bool:
    return bool(data_file("operators.yaml")["operators"][name]["band"] == "float")


def _delay(name: str, size: float, technology: Technology, voltage_v: float) -> Estimate:
    levels = max(1.0, law(name, "depth", size))
    gate = technology.gate_delay_s(voltage_v)
    band = technology.constant("timing_effort")
    return Estimate(
        gate.low * band.low * levels,
        gate.nominal * band.nominal * levels,
        gate.high * band.high * levels,
        merged(gate.sources, band.sources),
        f"{levels:.3g} levels of logic",
    )
