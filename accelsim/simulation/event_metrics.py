"""Figures that only event-driven cores have: how their traffic went."""

from __future__ import annotations

import numpy as np

from accelsim.controllers.event_driven import EventController
from accelsim.simulation.setup import Setup
from accelsim.simulation.totals import SplitTotals


def event_metrics(setup: Setup, splits: list[SplitTotals]) -> dict[str, float | int | None]:
    """Traffic of the whole run; nothing for tick-driven cores.

    `input_rate_hz` is what the sender offered; `events_withdrawn` were not delivered before their sample was over,
    because the link was stalled; `pushes_dropped` found the queue full; `latency_event_us` is the time from an event's
    due time to the start of its service.
    """
    control = setup.controller
    if not isinstance(control, EventController):
        return {}
    tallies = _tallies(splits)
    clock = setup.architecture.clock
    served = tallies["events_served"]
    elapsed_s = sum(split.cycles for split in splits) / clock
    return {
        **control.metrics(),
        **{name: count for name, count in tallies.items() if not name.endswith("_cycles")},
        "input_rate_hz": tallies["events"] / elapsed_s,
        "latency_event_us": tallies["input_wait_cycles"] / served / clock * 1e6 if served else None,
    }


def _tallies(splits: list[SplitTotals]) -> dict[str, int]:
    total = sum((split.activity for split in splits), np.zeros(len(splits[0].columns), np.int64))
    return {name: int(count) for name, count in zip(splits[0].columns, total, strict=True)}
