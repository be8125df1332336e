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
from accelsim.technology.estimate import ONE, ZERO, Estimate, Source, total
from accelsim.technology.glitches import operand_glitches, own_glitch
from accelsim.technology.node import REFERENCE_TEMPERATURE_K, Technology
from accelsim.technology.operations import Operation, OperationGraph
from accelsim.technology.primitives import half_adder_source, is_composed, law, parts
from accelsim.technology.switching import Switching

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
    switching: Switching | None = None,
) -> LogicCost:
    """Return the cost of one evaluation of a datapath: sums over its operations, and its longest path.

    Operands that come out of other operations glitch, which costs more than the operation by itself. A
    comparison of two words that are subtracted too is the borrow of that subtraction, and one of two words that
    were compared before is its complement: neither costs anything. Operands are random words in each evaluation
    unless `switching` tells how often they toggle.
    """
    voltage = technology.supply_v.nominal if voltage_v is None else voltage_v
    shared = shared_comparisons(graph)
    costs = [
        _cost(operation, glitch, technology, voltage, temperature_k, basis)
        for operation, glitch in zip(graph.operations, operand_glitches(graph), strict=True)
    ]
    if switching is not None:
        costs = [_at_activity(cost, switching, index) for index, cost in enumerate(costs)]
    paid = [cost for index, cost in enumerate(costs) if index not in shared]
    counted = Counter(operation.kind for index, operation in enumerate(graph.operations) if index not in shared)
    text = "sum over " + (", ".join(f"{count} {kind}" for kind, count in counted.most_common()) or "no operations")
    return LogicCost(
        energy_j=_within_band(total((cost.energy_j for cost in paid), text)),
        area_m2=total((cost.area_m2 for cost in paid), text),
        leakage_w=total((cost.leakage_w for cost in paid), text),
        delay_s=_longest_path(graph, [cost.delay_s for cost in costs]),
        operation_delays_s=tuple(cost.delay_s.nominal for cost in costs),
        zero_delay_j=sum(cost.zero_delay_j for cost in paid),
    )


def logic_leakage(area_m2: Estimate, technology: Technology, voltage_v: float, temperature_k: float) -> Estimate:
    """Return the leakage in W of placed logic of nominal area `area_m2`.

    The band of the density already covers what cells are used, so the band of the area is not applied twice.
    """
    factor = technology.leakage_factor(voltage_v, technology.supply_v.nominal, temperature_k)
    area = area_m2.nominal
    placed = Estimate(area, area, area, area_m2.sources, "nominal area", "m2", "from", (area_m2,))
    density = technology.logic_leakage_w_per_m2
    return density.scaled(placed).described(f"{density.formula} x nominal area", "W").scaled(factor)


def _longest_path(graph: OperationGraph, delays_s: list[Estimate]) -> Estimate:
    """Return the sum of the delays along the path that is nominally the longest."""
    arrival: list[float] = []
    before: list[int | None] = []
    for operation, delay in zip(graph.operations, delays_s, strict=True):
        sources = [source for source in operation.inputs if source >= 0]
        last = max(sources, key=lambda source: arrival[source], default=None)
        before.append(last)
        arrival.append((0.0 if last is None else arrival[last]) + delay.nominal)
    path: list[Estimate] = []
    at = max(range(len(arrival)), key=lambda index: arrival[index], default=None)
    while at is not None:
        path.append(delays_s[at])
        at = before[at]
    return total(reversed(path), "longest path").in_unit("s") if path else ZERO


def _at_activity(cost: LogicCost, switching: Switching, index: int) -> LogicCost:
    """Return the cost of operation `index` of a datapath, its operands switching as measured."""
    energy = switching.scaled(index, cost.energy_j)
    return replace(cost, energy_j=energy, zero_delay_j=cost.zero_delay_j * switching.operations[index])


def _within_band(energy: Estimate) -> Estimate:
    low, high = energy.nominal / WIDEST_BAND, energy.nominal * WIDEST_BAND
    return replace(energy, low=max(energy.low, low), high=min(energy.high, high))


def shared_comparisons(graph: OperationGraph) -> set[int]:
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
    value = law(name, quantity, size) * factor
    sources = (_cited(name), *((half_adder_source(),) if size % 1 else ()))
    return Estimate(value, value, value, sources, f"{name} of size {size:g}", unit)


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
    worst = min(glitch**0.5, limit.nominal)
    return band, Estimate(1.0, 1.0, worst, limit.sources, "glitches of operands", "1", "from", (limit,))


def _area(name: str, size: float, technology: Technology, basis: Basis) -> Estimate:
    silicon = "area_float_factor" if _is_float(name) else "area_gate_factor"
    factor = technology.constant("operator_composition_area" if basis == "netlist" else silicon)
    return _reference(name, size, "area").scaled(factor).scaled(technology.area_factor())


def _is_float(name: str) -> bool:
    return bool(data_file("operators.yaml")["operators"][name]["band"] == "float")


def _delay(name: str, size: float, technology: Technology, voltage_v: float) -> Estimate:
    levels = Estimate.exact(max(1.0, law(name, "depth", size)), _cited(name), f"levels of {name} of size {size:g}", "1")
    delay = technology.gate_delay_s(voltage_v).scaled(technology.constant("timing_effort")).scaled(levels)
    return delay.described(f"{levels.nominal:.3g} levels of logic")
