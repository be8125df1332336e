"""Figures that only event-driven cores have: how their traffic went, and what a learning event costs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from accelsim.controllers.event_driven import EventController
from accelsim.cost.account import account, in_unit
from accelsim.cost.components import ComponentCosts
from accelsim.simulation.pricing import actions
from accelsim.simulation.setup import Setup
from accelsim.simulation.totals import SplitTotals


def event_metrics(setup: Setup, costs: ComponentCosts, splits: list[SplitTotals]) -> dict[str, float | int | None]:
    """Traffic of the whole run, and energy of a learning event; nothing for tick-driven cores.

    `input_rate_hz` is what the sender offered; `events_withdrawn` were not delivered before their sample was over,
    because the link was stalled; `pushes_dropped` found the queue full; `latency_event_us` is the time from an event's
    due time to the start of its service. A learning event is a presynaptic event served during training: its energy is
    all dynamic energy of those phases.
    """
    control = setup.controller
    if not isinstance(control, EventController):
        return {}
    tallies = _tallies(splits)
    clock = setup.architecture.clock
    served = tallies["events_served"]
    elapsed_s = sum(split.cycles for split in splits) / clock
    learning = _learning_energy(setup, costs, splits, control.learning_phases) if control.learning_phases else {}
    return {
        **control.metrics(),
        **{name: count for name, count in tallies.items() if not name.endswith("_cycles")},
        "input_rate_hz": tallies["events"] / elapsed_s,
        "latency_event_us": tallies["input_wait_cycles"] / served / clock * 1e6 if served else None,
        **learning,
    }


def _tallies(splits: list[SplitTotals]) -> dict[str, int]:
    total = sum((split.activity for split in splits), np.zeros(len(splits[0].columns), np.int64))
    return {name: int(count) for name, count in zip(splits[0].columns, total, strict=True)}


def _learning_energy(
    setup: Setup, costs: ComponentCosts, splits: list[SplitTotals], phases: tuple[str, ...]
) -> Mapping[str, float | None]:
    """Dynamic energy of the learning phases of training over the number of learning events."""
    training = [split for split in splits if split.split == "train"]
    events = sum(split.learning_events for split in training)
    if not events:
        return in_unit("energy_per_learning_event_pj", None, 1e12)
    inside = {
        counter: sum(int(split.counted[i]) for split in training)
        for i, counter in enumerate(splits[0].counters)
        if counter.phase in phases
    }
    report = account(costs, actions(setup.architecture, inside), 0.0)
    return in_unit("energy_per_learning_event_pj", report.energy_dynamic_j / events, 1e12)
