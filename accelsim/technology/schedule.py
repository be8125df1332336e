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

from accelsim.config.errors import ConfigError, Problem
from accelsim.technology.estimate import Estimate, total
from accelsim.technology.logic import LogicCost, datapath_cost, operation_cost
from accelsim.technology.node import REFERENCE_TEMPERATURE_K, Technology
from accelsim.technology.operations import Operation, OperationGraph


@dataclass(frozen=True)
class Schedule:
    """A datapath placed on cycles.

    Attributes
    ----------
    stages : pipeline depth in cycles.
    initiation_interval : cycles from one update to the next.
    register_bits : flip-flops between the stages, inputs and results not counted.
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
) -> Schedule:
    """Place a datapath on cycles of the clock, by the nominal delay of its operations.

    Parameters
    ----------
    graph : the datapath.
    technology, voltage_v, temperature_k : operating point.
    frequency_hz : clock.
    operators : how many operators of a kind the unit has, where fewer than the datapath uses. Multiplexers
        between them are not counted.

    Raises
    ------
    ConfigError
        If the clock or a number of operators is not positive.
    """
    operators = dict(operators or {})
    if frequency_hz <= 0:
        raise ConfigError(Problem(path="frequency", message=f"{frequency_hz:g} is not > 0"))
    for kind, count in operators.items():
        if count < 1:
            raise ConfigError(Problem(path=f"operators.{kind}", message=f"{count} is not > 0"))
    cost = datapath_cost(graph, technology, voltage_v=voltage_v, temperature_k=temperature_k)
    used = Counter(operation.kind for operation in graph.operations)
    interval = max((math.ceil(used[kind] / count) for kind, count in operators.items()), default=1) or 1
    starts, ends = _place(graph, cost.operation_delays_s, 1 / frequency_hz, operators, interval)
    bits = _register_bits(graph, starts, ends)
    parts = _built(graph, cost, technology, operators, voltage_v, temperature_k)
    if bits:
        register = Operation("register", (1,), 1)
        clocked = operation_cost(register, technology, voltage_v=voltage_v, temperature_k=temperature_k)
        energy, area, leakage = (value * bits for value in (clocked.energy_j, clocked.area_m2, clocked.leakage_w))
        parts = [total(pair, "operators and registers") for pair in zip(parts, (energy, area, leakage), strict=True)]
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


def _register_bits(graph: OperationGraph, starts: tuple[int, ...], ends: tuple[int, ...]) -> int:
    """Return the bits that cross from one cycle to the next: words until their last use, and inside operators."""
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
            bits += graph.operations[source].bits_out * (last - ends[source])
        else:
            bits += graph.inputs[-1 - source][1] * last
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
    each = [
        operation_cost(operation, technology, voltage_v=voltage_v, temperature_k=temperature_k)
        for operation in graph.operations
    ]
    built: list[LogicCost] = []
    for kind in dict.fromkeys(operation.kind for operation in graph.operations):
        alike = [part for operation, part in zip(graph.operations, each, strict=True) if operation.kind == kind]
        built += sorted(alike, key=lambda part: -part.area_m2.nominal)[: operators.get(kind)]
    area = total((part.area_m2 for part in built), f"{len(built)} operators")
    return [cost.energy_j, area, total((part.leakage_w for part in built), f"{len(built)} operators")]
