"""What a chip could do in a second, and how much of it a run did: the data of a roofline figure.

The roofline model (Williams, Waterman, Patterson: Roofline: an insightful visual performance model for multicore
architectures, Communications of the ACM 52(4), 2009) bounds the operations per second of a program by the peak of
the datapaths and by the peak of the memories times the operations per byte moved.

An operation is one word operation of a datapath as it was traced (add, multiply, compare, shift, ...), as the table
of datapaths counts them: a multiply-accumulate of a MAC array is what its graph holds, a synaptic operation of a
spiking core likewise. A byte is moved when a word is read or written: whole words, every memory of the core.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from accelsim.cost.components import ComponentCosts
from accelsim.engine.counts import Counter
from accelsim.simulation.accounts import Accounts
from accelsim.simulation.memories import with_access_cycles

MARKS, CEILINGS = "roofline", "ceilings"
"""Tables: what was done in each split and phase, and the peak of each datapath and memory."""
_ACCESSES = ("read", "write")


def roofline_tables(accounts: Accounts, costs: ComponentCosts) -> dict[str, list[dict[str, Any]]]:
    """Return both tables, without rows where weights are read in analog tiles: those move no words.

    Parameters
    ----------
    accounts, costs : the counts of a run and its chip as priced.

    Returns
    -------
    dict
        `roofline`: `of` (`split` or `phase`), `name`, `operations`, `bytes_moved`, `time_us`; phases only where the
        cycles of all of them add up to those of the run. `ceilings`: `component`, `kind`
        (`datapath` or `memory`), and its `peak_per_s`: operations with every lane busy at its initiation interval,
        or bytes with every port busy in every cycle. Parts that the run did not use have no row.
    """
    if accounts.architecture.core.crossbar is not None:
        return {MARKS: [], CEILINGS: []}
    return {MARKS: _marks(accounts, costs), CEILINGS: _ceilings(accounts, costs)}


def _marks(accounts: Accounts, costs: ComponentCosts) -> list[dict[str, Any]]:
    clock, rows = accounts.architecture.clock, []
    for name in dict.fromkeys(split.split for split in accounts.splits):
        chosen = [split for split in accounts.splits if split.split == name]
        cycles = sum(split.cycles for split in chosen)
        rows.append(_mark("split", name, accounts.summed(chosen), cycles / clock, accounts, costs))
    by_phase: dict[str, dict[Counter, int]] = {}
    for counter, count in accounts.counted.items():
        if count:
            by_phase.setdefault(counter.phase, {})[counter] = count
    cycles_of = {phase: _cycles(counted) for phase, counted in by_phase.items()}
    if sum(cycles_of.values()) == sum(split.cycles for split in accounts.splits):
        rows += [
            _mark("phase", phase, counted, cycles_of[phase] / clock, accounts, costs)
            for phase, counted in by_phase.items()
            if cycles_of[phase]
        ]
    return [row for row in rows if row["time_us"] and row["operations"] and row["bytes_moved"]]


def _cycles(counted: Mapping[Counter, int]) -> int:
    return sum(count for counter, count in counted.items() if counter.kind == "cycles")


def _mark(
    of: str, name: str, counted: Mapping[Counter, int], seconds: float, accounts: Accounts, costs: ComponentCosts
) -> dict[str, Any]:
    memories, places = accounts.architecture.core.memories, _places(accounts)
    operations = bits = 0
    for counter, count in counted.items():
        if counter.kind == "run":
            operations += count * _operations(costs, places[counter.target])
        elif counter.kind in _ACCESSES:
            bits += count * memories[counter.target].bits
    return {"of": of, "name": name, "operations": operations, "bytes_moved": bits / 8, "time_us": seconds * 1e6}


def _places(accounts: Accounts) -> dict[str, str]:
    """The component of each stage."""
    units = accounts.architecture.core.units.items()
    return {stage: f"{name}.{stage}" for name, unit in units for stage in unit.stages}


def _operations(costs: ComponentCosts, component: str) -> int:
    schedule = costs.components[component].schedule
    return 0 if schedule is None else len(schedule.starts)


def _ceilings(accounts: Accounts, costs: ComponentCosts) -> list[dict[str, Any]]:
    chip = with_access_cycles(accounts.architecture, accounts.memories)
    counted = accounts.counted
    cores = max(1, chip.cores if chip.partition is not None else 1)
    rows: list[dict[str, Any]] = []
    for stage, name in _places(accounts).items():
        part = costs.components[name]
        if part.schedule is not None and part.schedule.starts and _used(counted, ("run",), stage):
            each = len(part.schedule.starts) / part.schedule.initiation_interval
            rows.append({"component": name, "kind": "datapath", "peak_per_s": part.instances * each * chip.clock})
    for name, memory in chip.core.memories.items():
        if _used(counted, _ACCESSES, name):
            reads, writes, either = memory.slots()
            fastest = min(memory.access_cycles(write) for write in (False, True))
            each = reads / memory.access_cycles(False) + writes / memory.access_cycles(True) + either / fastest
            rows.append(
                {"component": name, "kind": "memory", "peak_per_s": cores * each * memory.bits / 8 * chip.clock}
            )
    return rows


def _used(counted: Mapping[Counter, int], kinds: Iterable[str], target: str) -> bool:
    return any(count and counter.kind in kinds and counter.target == target for counter, count in counted.items())
