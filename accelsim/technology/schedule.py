"""A datapath at a clock: which cycle each operation falls in, and the registers that takes.

Operations are placed as soon as their operands are there. Several may follow each other within a cycle; one that
is longer than a cycle is pipelined inside. Where a unit has fewer operators of a kind than the datapath uses,
updates start less often than every cycle and take turns on them (modulo scheduling; there are no recurrences).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from accelsim.config.errors import Problem, check, choose_from
from accelsim.technology.estimate import Estimate, total
from accelsim.technology.logic import LogicCost, datapath_cost, operation_cost, shared_comparisons
from accelsim.technology.node import REFERENCE_TEMPERATURE_K, Technology
from accelsim.technology.operations import KINDS, Operation, OperationGraph
from accelsim.technology.switching import Switching


@dataclass(frozen=True)
class Schedule:
    """A datapath placed on cycles.

    Attributes
    ----------
    stages : pipeline depth in cycles.
    initiation_interval : cycles from one update to the next.
    register_bits : flip-flops between the stages, inputs and results not counted. They are clocked with the update:
        each takes one clock edge per update, none without.
    starts : cycle in which each operation starts.
    critical_path_s : the longest path if there were no registers.
    energy_j, area_m2, leakage_w : of operators and registers; energy per update.
    """

    stages: int
    initiation_interval: int
    register_bits: int
    starts: tuple[int, ...]
    critical_path_s: Estimate
    energy_j: Estimate
    area_m2: Estimate
    leakage_w: Estimate


def schedule(
    graph: OperationGraph,
    technology: Technology,
    frequency_hz: float,
    *,
    operators: Mapping[str, int] | None = None,
    voltage_v: float | None = None,
    temperature_k: float = REFERENCE_TEMPERATURE_K,
    switching: Switching | None = None,
) -> Schedule:
    """Place a datapath on cycles of the clock, by the nominal delay of its operations.

    Parameters
    ----------
    graph : the datapath.
    technology, voltage_v, temperature_k : operating point.
    frequency_hz : clock.
    operators : how many operators of a kind the unit has, where fewer than the datapath uses. Multiplexers
        between them are not counted.
    switching : how often operands toggle; random ones by default. Pipeline registers are priced with random words.

    Raises
    ------
    ConfigError
        If the clock or a number of operators is not positive, or there is no such kind of operator.
    """
    operators = dict(operators or {})
    if frequency_hz <= 0:
        check([Problem(path="frequency", message=f"{frequency_hz:g} is not > 0")])
    check(
        Problem(path=f"operators.{kind}", message=f"there is no operator `{kind}`{choose_from(kind, KINDS)}")
        for kind in operators
        if kind not in KINDS
    )
    check(
        Problem(path=f"operators.{kind}", message=f"{count} is not > 0")
        for kind, count in operators.items()
        if count < 1
    )
    cost = datapath_cost(graph, technology, voltage_v=voltage_v, temperature_k=temperature_k, switching=switching)
    used = Counter(operation.kind for operation in graph.operations)
    interval = max((math.ceil(used[kind] / count) for kind, count in operators.items()), default=1) or 1
    starts, ends = _place(graph, cost.operation_delays_s, 1 / frequency_hz, operators, interval)
    bits = _register_bits(graph, starts, ends, interval)
    parts = _built(graph, cost, technology, operators, voltage_v, temperature_k)
    if bits:
        register = Operation("register", (1,), 1)
        clocked = operation_cost(register, technology, voltage_v=voltage_v, temperature_k=temperature_k)
        each = (clocked.energy_j, clocked.area_m2, clocked.leakage_w)
        registers = [(value * bits).described(f"{bits} b of pipeline registers") for value in each]
        parts = [total(pair, "operators and registers") for pair in zip(parts, registers, strict=True)]
    stages = max(ends, default=0) + 1
    return Schedule(stages, interval, bits, starts, cost.delay_s, *parts)


def _place(
    graph: OperationGraph, delays_s: tuple[float, ...], period_s: float, operators: Mapping[str, int], interval: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the cycles in which operations start and in which their results are there."""
    starts: list[int] = []
    ready: list[tuple[int, float]] = []
    busy: Counter[tuple[str, int]] = Counter()
    for operation, delay in zip(graph.operations, delays_s, strict=True):
        cycle, time = max((ready[source] for source in operation.inputs if source >= 0), default=(0, 0.0))
        if time and time + delay > period_s:
            cycle, time = cycle + 1, 0.0
        while busy[operation.kind, cycle % interval] >= operators.get(operation.kind, math.inf):
            cycle, time = cycle + 1, 0.0
        busy[operation.kind, cycle % interval] += 1
        starts.append(cycle)
        whole = max(0, math.ceil((time + delay) / period_s - 1e-9) - 1)
        ready.append((cycle + whole, time + delay - whole * period_s))
    return tuple(starts), tuple(cycle for cycle, _ in ready)


def _register_bits(graph: OperationGraph, starts: tuple[int, ...], ends: tuple[int, ...], interval: int) -> int:
    """Return the bits that cross from one cycle to the next: words until their last use, and inside operators.

    A register keeps its word until the next update brings another: a word that lives longer moves on to the next one.
    """
    bits = sum(
        operation.bits_out * (end - start)
        for operation, start, end in zip(graph.operations, starts, ends, strict=True)
    )  # fmt: skip
    last_use: dict[int, int] = dict.fromkeys(graph.outputs, max(ends, default=0))
    for operation, start in zip(graph.operations, starts, strict=True):
        for source in operation.inputs:
            last_use[source] = max(start, last_use.get(source, 0))
    for source, last in last_use.items():
        if source >= 0:
            bits += graph.operations[source].bits_out * math.ceil((last - ends[source]) / interval)
        else:
            bits += graph.inputs[-1 - source][1] * math.ceil(last / interval)
    return bits


def _built(
    graph: OperationGraph,
    cost: LogicCost,
    technology: Technology,
    operators: Mapping[str, int],
    voltage_v: float | None,
    temperature_k: float,
) -> list[Estimate]:
    """Return energy, area and leakage of the operators that are built; shared ones are the largest of their kind."""
    if not operators:
        return [cost.energy_j, cost.area_m2, cost.leakage_w]
    free = shared_comparisons(graph)
    each = [
        (operation.kind, operation_cost(operation, technology, voltage_v=voltage_v, temperature_k=temperature_k))
        for index, operation in enumerate(graph.operations)
        if index not in free
    ]
    built: list[LogicCost] = []
    for kind in dict.fromkeys(kind for kind, _ in each):
        alike = [part for other, part in each if other == kind]
        built += sorted(alike, key=lambda part: -part.area_m2.nominal)[: operators.get(kind)]
    area = total((part.area_m2 for part in built), f"{len(built)} operators")
    return [cost.energy_j, area, total((part.leakage_w for part in built), f"{len(built)} operators")]
