"""From the counts of a run to its mission: what a sample takes, what sleep takes, and whether it all fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from accelsim.architecture.many_core import ManyCore
from accelsim.architecture.power import PowerManagement
from accelsim.config.document import Document
from accelsim.config.errors import Problem
from accelsim.config.model import validate
from accelsim.cost.account import account, core_area_m2, each
from accelsim.cost.battery import cell
from accelsim.cost.components import ComponentCosts
from accelsim.cost.mission import MissionReport
from accelsim.cost.power import Domain
from accelsim.cost.swap import ChipUse, SampleUse, Swap
from accelsim.simulation.accounts import Accounts
from accelsim.simulation.power import PowerTrace
from accelsim.simulation.pricing import actions
from accelsim.technology.estimate import Estimate, Source
from accelsim.workload.mission import Mission

SPLITS = {"inference": "test", "training": "train"}


def mission_of(about: Mapping[str, Any]) -> Mission | None:
    """Return the mission of a finished run, from the workload it keeps."""
    data = about["workload"]["resolved"]
    if data.get("mission") is None:
        return None
    return validate(Document.of(data, "workload"), Mission, at=("mission",))


def mission_problems(mission: Mission | None, voltage_v: float | None, document: Document) -> Iterator[Problem]:
    """Yield what does not fit together of a mission and the chip it is on."""
    if mission is None or mission.regulator not in ("ldo", "direct"):
        return
    at = ("mission", "regulator")
    if mission.battery is None or voltage_v is None:
        if mission.regulator == "ldo":
            what = "a battery" if mission.battery is None else "the chip's voltage"
            yield document.problem(at, f"a linear regulator needs {what}; choose `buck`, or give an efficiency")
        return
    battery_v = cell(mission.battery).voltage_v.low
    if voltage_v > battery_v:
        message = f"the chip needs {voltage_v:g} V, the battery gives {battery_v:g} V; choose `buck`"
        yield document.problem(at, message)


def mission_report(mission: Mission | None, accounts: Accounts, costs: ComponentCosts) -> MissionReport | None:
    """Return what a run tells of its mission, or None if it has none."""
    if mission is None:
        return None
    return MissionReport(Swap(mission, _use(accounts, costs)))


def stepped_report(about: Mapping[str, Any], dynamic_j: Estimate, elapsed_s: float) -> MissionReport | None:
    """Return what the run of a chip of many cores tells of its mission, or None: an event is the whole run.

    Parameters
    ----------
    about
        Of the result: it keeps chip and workload as they were resolved.
    dynamic_j
        Energy of all actions.
    elapsed_s
        Time of the run.
    """
    mission = mission_of(about)
    if mission is None:
        return None
    chip = validate(Document.of(about["architecture"]["resolved"], "architecture"), ManyCore)
    source = Source("given in the architecture", "measured")
    area, leakage = (
        None if value is None else Estimate.exact(value, source, f"{what} of the chip", unit)
        for value, what, unit in ((chip.area, "area", "m2"), (chip.leakage, "leakage", "W"))
    )
    time = Estimate.exact(elapsed_s, None, "time of the run", "s")
    whole = dynamic_j if leakage is None else dynamic_j + leakage.scaled(time).in_unit("J")
    use = SampleUse(whole.in_unit("J"), elapsed_s, elapsed_s)
    return MissionReport(Swap(mission, ChipUse(chip.voltage, area, use, None, leakage, use.power_w)))


def sleep_power_w(costs: ComponentCosts, power: PowerManagement, domains: Sequence[Domain]) -> Estimate:
    """Return the power between samples: everything leaks, less where power domains are off; the clock may stop."""
    second = np.ones(1)
    off = [domain.sleep(second, np.zeros(1, np.int64)) for domain in domains]
    report = account(costs, {}, 1.0, 0.0 if power.clock_gating else 1.0, off)
    return report.energy_total_j.described("energy of a second between samples", "W")


def _use(accounts: Accounts, costs: ComponentCosts) -> ChipUse:
    chip, domains = accounts.architecture, PowerTrace(accounts, costs).domains
    uses = {what: _sample(accounts, costs, domains, split) for what, split in SPLITS.items()}
    powers = [use.power_w for use in uses.values() if use is not None]
    busiest = max(powers, key=lambda power: power.nominal, default=None)
    sleep = sleep_power_w(costs, chip.power, domains)
    return ChipUse(chip.voltage, core_area_m2(costs), uses["inference"], uses["training"], sleep, busiest)


def _sample(accounts: Accounts, costs: ComponentCosts, domains: Sequence[Domain], split: str) -> SampleUse | None:
    """Return what a sample takes whose time steps come at the pace of the real world, idling included."""
    chosen = [counts for counts in accounts.splits if counts.split == split]
    samples = sum(counts.samples for counts in chosen)
    if not samples:
        return None
    chip, ticks = accounts.architecture, sum(counts.ticks for counts in chosen)
    busy = accounts.busy_cycles(chosen) / chip.clock
    lasts = max(ticks * accounts.tick_s, busy)
    steps, times = np.array([ticks]), (np.array([lasts]), np.array([busy]))
    off = [domain.sleep(domain.asleep_s(steps, *times), steps) for domain in domains]
    clocked = busy if chip.power.clock_gating else lasts
    report = account(costs, actions(chip, accounts.summed(chosen)), lasts, clocked, off)
    energy = each(report.energy_total_j, samples, f"{split} samples")
    assert energy is not None
    return SampleUse(energy.in_unit("J"), lasts / samples, busy / samples)
