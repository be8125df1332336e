"""Where the time and energy of a run with capabilities went: by what the chip did for which of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from accelsim.cost.account import in_unit
from accelsim.cost.components import ComponentCosts
from accelsim.lifelong.job import CAPABILITY_OF
from accelsim.metrics.adaptation import learning_cost_ratio
from accelsim.simulation.accounts import Accounts, SplitCounts
from accelsim.simulation.points import POWER_CAP, STALLED, is_capped, point_times
from accelsim.simulation.session import LOST, RECOVERY, UPKEEP

OF_SPLITS = {"test": "inference", "train": "learning", "replay": "replay", RECOVERY: "checkpoint", LOST: "checkpoint"}
"""What samples of a split are for."""
OTHER = "other"


def capability_rows(accounts: Accounts, costs: ComponentCosts) -> list[dict[str, Any]]:
    """Cycles and energy of every split, that of jobs by phase; they add up to those of the run.

    Samples that are learnt from are told apart from those that are answered alone, not into answer and learning.
    """
    rows = []
    for what, capability, parts in _activities(accounts):
        cycles = sum(part.cycles for part in parts)
        energy = accounts.report(costs, parts).energy_total_j
        rows.append(
            {
                "activity": what,
                "capability": capability,
                "samples": sum(part.samples for part in parts),
                "cycles": cycles,
                "time_us": cycles / accounts.architecture.clock * 1e6,
                **in_unit("energy_uj", energy, 1e6),
            }
        )
    return rows


def cost_ratio(accounts: Accounts, costs: ComponentCosts) -> float | None:
    """What learning adds to the energy of an answer, over that: of training samples with all that goes with them."""
    tests = [split for split in accounts.splits if split.split == "test"]
    others = [split for split in accounts.splits if split.split != "test"]
    answered, trained = (
        sum(split.samples for split in tests),
        sum(split.samples for split in others if split.split == "train"),
    )
    if not answered or not trained:
        return None
    inference = accounts.report(costs, tests).energy_total_j.nominal / answered
    return learning_cost_ratio(accounts.report(costs, others).energy_total_j.nominal / trained, inference)


def _activities(accounts: Accounts) -> Iterator[tuple[str, str, list[SplitCounts]]]:
    """What the chip did, for which capability, and the counts of that."""
    names = dict.fromkeys(split.split for split in accounts.splits)
    for name in names:
        parts = [split for split in accounts.splits if split.split == name]
        if name != UPKEEP:
            yield name, OF_SPLITS.get(name, OTHER), parts
            continue
        core, left = accounts.architecture.core, [part.cycles for part in parts]
        for phase in core.upkeep:
            own = [_of_phase(accounts, part, phase) for part in parts]
            left = [cycles - part.cycles for cycles, part in zip(left, own, strict=True)]
            if any(part.cycles or any(part.counted) for part in own):
                purposes = [when for when in core.phases[phase].when if when in CAPABILITY_OF]
                yield phase, CAPABILITY_OF[purposes[0]] if purposes else OTHER, own
        if is_capped(accounts.counters):
            waiting = zip(parts, left, strict=True)
            own = [replace(_of_phase(accounts, part, POWER_CAP), cycles=cycles) for part, cycles in waiting]
            yield STALLED.target, "budget", own


def _of_phase(accounts: Accounts, part: SplitCounts, phase: str) -> SplitCounts:
    """The counts of one phase of some jobs."""
    counted = tuple(
        count if counter.phase == phase else 0 for counter, count in zip(accounts.counters, part.counted, strict=True)
    )
    cycles = sum(count for counter, count in zip(accounts.counters, counted, strict=True) if counter.kind == "cycles")
    times = point_times(accounts.counters, np.array([counted], np.int64), accounts.points)
    for name, time_s in times.items():  # longer at other operating points
        edges = time_s[0] * accounts.points[name].point.frequency_hz
        cycles += int(time_s[0] * accounts.architecture.clock - edges)
    return replace(part, samples=0, cycles=cycles, counted=counted)
