"""How memories of a run wear out: writes of their cells, and how long these last at the pace of the outside world.

A cell is what holds an item of a memory's layout, such as a weight: its bits wear together.  Memories that keep their
content without supply write only cells whose value changes, whatever `write_back` says of words; volatile ones do not
wear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from accelsim.architecture.schema import Core
from accelsim.cost.account import in_unit
from accelsim.cost.histogram import Histogram
from accelsim.cost.lifetime import SHARES, Endurance, Lifetimes, lifetimes
from accelsim.mapping.placement import Placement
from accelsim.simulation.totals import SplitTotals
from accelsim.technology.estimate import Estimate
from accelsim.technology.memory_technology import MemoryTechnology

if TYPE_CHECKING:
    from accelsim.simulation.accounts import Accounts

PER_DAY = 1 / 86400
COUNTED = "counted cell by cell"
EVEN_CHANGED = "mean over words that changed: hot cells are hidden"
EVEN_WRITTEN = "mean over words written: hot cells are hidden"
QUANTILES = {"median": 0.5, "q90": 0.9, "q99": 0.99}


@dataclass(frozen=True)
class Wear:
    """Writes of the cells of a memory in a run.

    Attributes
    ----------
    histogram : Histogram
    how : str
        How they are known.
    """

    histogram: Histogram
    how: str


def wear_of(
    core: Core, placement: Placement, splits: Sequence[SplitTotals], cells: Mapping[str, NDArray[Any]]
) -> dict[str, Wear]:
    """Return the writes of the cells of every memory that holds something.

    Parameters
    ----------
    core, placement : where what is.
    splits : totals of the run.
    cells : writes of each cell by memory, where they were counted.
    """
    found = {}
    for name, memory in core.memories.items():
        items = placement.used_words[name] * memory.items_per_word
        if name in cells:
            found[name] = Wear(Histogram.of(cells[name]), COUNTED)
        elif items:
            writes, how = _words_written(name, splits)
            found[name] = Wear(Histogram.even(writes * memory.items_per_word, items), how)
    return found


def _words_written(memory: str, splits: Sequence[SplitTotals]) -> tuple[int, str]:
    """Words of a memory whose content changed, if the core tells, or else that were written; and which it is."""
    changed = f"{memory}_words_changed"
    if changed in splits[0].columns:
        at = splits[0].columns.index(changed)
        return sum(int(split.activity[at]) for split in splits), EVEN_CHANGED
    of_memory = [i for i, each in enumerate(splits[0].counters) if (each.kind, each.target) == ("write", memory)]
    return sum(int(split.counted[of_memory].sum()) for split in splits), EVEN_WRITTEN


def endurance(technology: MemoryTechnology) -> Endurance | None:
    """Return how many writes cells stand; None if they do not wear."""
    return None if technology.volatile else Endurance(technology.endurance, technology.endurance_spread_decades)


def memory_lifetimes(accounts: Accounts) -> dict[str, Lifetimes | None]:
    """Return how long each memory lasts that goes on as in the run; None for those that do not wear."""
    core = accounts.architecture.core
    elapsed_s = sum(split.ticks for split in accounts.splits) * accounts.tick_s
    found: dict[str, Lifetimes | None] = {}
    for name, wear in accounts.wear.items():
        memory = core.memories[name]
        stands = endurance(accounts.memories[memory.kind])
        found[name] = None
        if stands is not None:
            found[name] = lifetimes(wear.histogram, elapsed_s, stands, memory.levelling_efficiency)
    return found


def lifetime_estimates(accounts: Accounts) -> dict[str, tuple[Estimate | None, float]]:
    """Return the times until cells of the chip fail: of whichever memory comes first, None if none does."""
    known = [life for life in memory_lifetimes(accounts).values() if life is not None]
    columns = {"first_failure": [life.first_failure_s for life in known]}
    columns |= {name: [life.failed_s[name] for life in known] for name in SHARES}
    return {
        f"lifetime_{name}_days": (
            min((value for value in values if value is not None), key=lambda value: value.nominal, default=None),
            PER_DAY,
        )
        for name, values in columns.items()
    }


def wear_metrics(accounts: Accounts) -> dict[str, float | None]:
    """Return the writes of the memory that fails first, or of the largest one where none wears."""
    worn = {name: life.first_failure_s for name, life in memory_lifetimes(accounts).items() if life is not None}
    first = {name: value.nominal for name, value in worn.items() if value is not None}
    if first:
        chosen = accounts.wear[min(first, key=lambda name: first[name])].histogram
    elif accounts.wear:
        chosen = max((each.histogram for each in accounts.wear.values()), key=lambda each: each.number)
    else:
        return {"writes_per_cell_mean": None, "writes_per_cell_max": None}
    return {"writes_per_cell_mean": chosen.mean, "writes_per_cell_max": chosen.max}


def wear_rows(accounts: Accounts) -> list[dict[str, Any]]:
    """Return a row per memory: its cells, their writes, and how long they last."""
    rows = []
    elapsed_s = sum(split.ticks for split in accounts.splits) * accounts.tick_s
    for name, life in memory_lifetimes(accounts).items():
        wear, memory = accounts.wear[name], accounts.architecture.core.memories[name]
        histogram = wear.histogram
        times = {"first_failure": life.first_failure_s if life is not None else None}
        times |= {share: life.failed_s[share] if life is not None else None for share in SHARES}
        rows.append(
            {
                "memory": name,
                "kind": memory.kind,
                "cells": histogram.number,
                "writes_mean": histogram.mean,
                "writes_max": histogram.max,
                **{f"writes_{key}": histogram.quantile(share) for key, share in QUANTILES.items()},
                "writes_per_day_max": histogram.max / elapsed_s / PER_DAY if elapsed_s else None,
                "wear_levelling": memory.levelling_efficiency,
                **{
                    key: number
                    for time, value in times.items()
                    for key, number in in_unit(f"lifetime_{time}_days", value, PER_DAY).items()
                },
                "writes_known": wear.how,
            }
        )
    return rows


def wear_figures(accounts: Accounts) -> dict[str, Estimate]:
    """Return the lifetimes of each memory by name."""
    found: dict[str, Estimate] = {}
    for name, life in memory_lifetimes(accounts).items():
        if life is not None:
            times = {"first_failure": life.first_failure_s, **life.failed_s}
            found |= {f"lifetime.{name}.{time}": value for time, value in times.items() if value is not None}
    return found
