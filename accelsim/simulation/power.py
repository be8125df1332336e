"""Power of a run over time: on average and at most, by component, with what is switched off; other operating points.

Time is that of the outside world where the chip keeps pace with it, so that it idles after each time step; a chip that
does not is accounted for in its own time, back to back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from accelsim.architecture.power import OWN_POINT, PowerDomain, PowerPoint
from accelsim.architecture.schema import Architecture
from accelsim.config.quantity import exact_quantity
from accelsim.cost.account import CostReport, account, in_unit
from accelsim.cost.components import ComponentCosts
from accelsim.cost.power import Domain, Times, paced, wake_up_energy_j, window_energies_j
from accelsim.simulation.points import (
    SLOWED,
    STALLED,
    clocked_elsewhere,
    is_capped,
    point_domains,
    point_times,
    priced_at,
)
from accelsim.simulation.pricing import actions
from accelsim.simulation.windows import not_busy
from accelsim.technology.estimate import Estimate, Source

if TYPE_CHECKING:
    from accelsim.engine.counts import Counter
    from accelsim.simulation.accounts import Accounts

GIVEN = Source("figure given in the architecture", "measured")
HIGHEST = "window of the highest power"


@dataclass(frozen=True)
class PowerTrace:
    """A run priced window by window.

    Attributes
    ----------
    accounts, costs : the run, and what its chip costs.
    """

    accounts: Accounts
    costs: ComponentCosts

    @cached_property
    def domains(self) -> tuple[Domain, ...]:
        """Power domains."""
        given = self.accounts.architecture.power.domains
        return tuple(_domain(name, domain, self.accounts, self.costs) for name, domain in given.items())

    @cached_property
    def busy_s(self) -> Times:
        """Time at work in each window: all of it while it lasts, if the chip does not keep pace."""
        own = self._own_busy_s
        return own if self._paced is None else self._paced

    @cached_property
    def elapsed_s(self) -> Times:
        """Length of each window."""
        return self.accounts.windows.cycles / self.costs.point.frequency_hz if self._paced is None else self._real_s

    @property
    def real_time(self) -> bool:
        """Whether the chip keeps pace with the outside world; there is no time in which it does if nothing ran."""
        return self._paced is not None

    @property
    def deadlines_met(self) -> bool:
        """Whether the work of every time step, and waking up for it, fits into it."""
        most = self.accounts.windows.busy_most.max(initial=0) / self.costs.point.frequency_hz
        return bool(most + self.wake_up_s <= self.accounts.tick_s)

    @property
    def wake_up_s(self) -> float:
        """Delay of the first event after idling: that of the slowest domain that was switched off."""
        return max((domain.wake_up_s for domain, off_s, _ in self.sleeps if off_s.any()), default=0.0)

    @cached_property
    def sleeps(self) -> list[tuple[Domain, Times, Any]]:
        """Domains, the time each is off in each window, and how often it wakes up."""
        if not self.real_time:
            return []
        ticks = self.accounts.windows.ticks
        off = [(domain, domain.asleep_s(ticks, self.elapsed_s, self.busy_s)) for domain in self.domains]
        return [(domain, off_s, np.where(off_s > 0, ticks, 0)) for domain, off_s in off]

    @cached_property
    def elsewhere(self) -> list[tuple[Domain, Times, Any]]:
        """Other operating points, as domains that leak otherwise, and the time at each in each window."""
        points = self.accounts.points
        domains = point_domains(self.costs, points)
        times = point_times(self.accounts.counters, self.accounts.windows.counted, points)
        return [(domains[name], time_s, np.zeros(len(time_s), np.int64)) for name, time_s in times.items()]

    @cached_property
    def clocked_s(self) -> Times:
        """Time in each window for which the clock runs, at the chip's own operating point."""
        if self.real_time and not self.accounts.architecture.power.clock_gating:
            return self.elapsed_s
        accounts = self.accounts
        phases = accounts.architecture.core.phases
        edges = clocked_elsewhere(accounts.counters, accounts.windows.counted, phases) + self._cycles_of(SLOWED)
        return np.maximum(0.0, self.busy_s - edges / self.costs.point.frequency_hz)

    def report(self, chosen: slice = slice(None)) -> CostReport:
        """Energy of some windows, of the whole run by default."""
        accounts = self.accounts
        counted = accounts.windows.counted[chosen].sum(axis=0).tolist()
        return account(
            self.costs,
            actions(accounts.architecture, dict(zip(accounts.counters, counted, strict=True))),
            float(self.elapsed_s[chosen].sum()),
            float(self.clocked_s[chosen].sum()),
            [
                *(domain.sleep(off_s[chosen], accounts.windows.ticks[chosen]) for domain, off_s, _ in self.sleeps),
                *(domain.sleep(at_s[chosen], times[chosen]) for domain, at_s, times in self.elsewhere),
            ],
        )

    @cached_property
    def whole(self) -> CostReport:
        """Energy of the whole run."""
        return self.report()

    @cached_property
    def energies_j(self) -> dict[str, Times]:
        """Nominal energy of each component in each window."""
        accounts = self.accounts
        key_of = [actions(accounts.architecture, {counter: 1}) for counter in accounts.counters]
        used = accounts.windows.counted.sum(axis=0) > 0
        keys = list(dict.fromkeys(key for found, some in zip(key_of, used, strict=True) if some for key in found))
        each = np.array([[found.get(key, 0) for key in keys] for found in key_of], np.int64).reshape(-1, len(keys))
        counts, off = accounts.windows.counted @ each, [*self.sleeps, *self.elsewhere]
        return window_energies_j(self.costs, keys, counts, self.elapsed_s, self.clocked_s, off)

    @cached_property
    def peaks(self) -> dict[str, tuple[int, Estimate]]:
        """Window of the highest power, and that power, of each component."""
        if not (self.elapsed_s > 0).any():
            return {}
        reports: dict[int, CostReport] = {}
        found: dict[str, tuple[int, Estimate]] = {}
        for name, energy in self.energies_j.items():
            at = self._busiest(energy)
            if at not in reports:
                reports[at] = self.report(slice(at, at + 1))
            found[name] = at, _power(reports[at].component_energy_j()[name], reports[at].elapsed_s, HIGHEST)
        return found

    @cached_property
    def peak(self) -> Estimate | None:
        """Power of the whole chip in the window in which it is highest; None if no window lasts."""
        if not (self.elapsed_s > 0).any():
            return None
        at = self._busiest(np.sum(list(self.energies_j.values()), axis=0))
        report = self.report(slice(at, at + 1))
        return _power(report.energy_total_j, report.elapsed_s, HIGHEST)

    def _busiest(self, energy_j: Times) -> int:
        """Window in which an energy makes the highest power."""
        lasting = np.flatnonzero(self.elapsed_s > 0)
        return int(lasting[np.argmax(energy_j[lasting] / self.elapsed_s[lasting])])

    def figures(self) -> dict[str, Estimate]:
        """Power of each component on average and at most, by name."""
        elapsed = self.whole.elapsed_s
        if elapsed <= 0:
            return {}
        means = {
            f"power.{name}": _power(energy, elapsed, "run") for name, energy in self.whole.component_energy_j().items()
        }
        return means | {f"power_peak.{name}": power for name, (_, power) in self.peaks.items()}

    def rows(self) -> list[dict[str, Any]]:
        """Return a row per component: power on average and in the window where it is highest."""
        known = self.figures()
        return [
            {
                "component": name,
                **in_unit("power_average_uw", known[f"power.{name}"], 1e6),
                **in_unit("power_peak_uw", known[f"power_peak.{name}"], 1e6),
                "peak_start_s": float(self._start_s[self.peaks[name][0]]),
            }
            for name in (key.removeprefix("power.") for key in known if key.startswith("power."))
            if name in self.peaks
        ]

    def trace_rows(self) -> list[dict[str, float]]:
        """Return a row per window: when it starts, how long it lasts, and the nominal power of each component in uW."""
        used = {name: energy for name, energy in self.energies_j.items() if energy.any()}
        return [
            {
                "start_s": float(self._start_s[i]),
                "duration_s": float(self.elapsed_s[i]),
                **{name: float(energy[i] / self.elapsed_s[i]) * 1e6 for name, energy in used.items()},
            }
            for i in range(self.accounts.windows.number)
            if self.elapsed_s[i] > 0
        ]

    def domain_rows(self) -> list[dict[str, Any]]:
        """Return a row per power domain: how long it was off, and what that took and saved."""
        rows = []
        for domain, off_s, times in self.sleeps:
            saved = {name: self.costs.components[name].leakage_w for name in domain.residual}
            nominal = sum(power.nominal * (1 - domain.residual[name].nominal) for name, power in saved.items())
            even = domain.break_even_s(self.costs)
            rows.append(
                {
                    "domain": domain.name,
                    "components": ", ".join(domain.residual),
                    "off_share": float(off_s.sum() / self.elapsed_s.sum()) if self.elapsed_s.any() else None,
                    "wake_ups": int(times.sum()),
                    **in_unit("wake_up_energy_pj", domain.wake_up_energy_j, 1e12),
                    "leakage_saved_uj": nominal * float(off_s.sum()) * 1e6,
                    "break_even_us": None if even is None else even * 1e6,
                }
            )
        return rows

    @cached_property
    def _start_s(self) -> Times:
        return np.cumsum(self.elapsed_s) - self.elapsed_s

    @cached_property
    def _real_s(self) -> Times:
        return self.accounts.windows.ticks * self.accounts.tick_s

    @cached_property
    def _own_busy_s(self) -> Times:
        accounts = self.accounts
        outside = not_busy(accounts.counters, accounts.architecture.core.phases)
        cycles = accounts.windows.cycles - accounts.windows.counted[:, outside].sum(axis=1)
        return (cycles + self._cycles_of(SLOWED)) / self.costs.point.frequency_hz

    @cached_property
    def _paced(self) -> Times | None:
        waited = self._cycles_of(STALLED) / self.costs.point.frequency_hz
        if paced(self._own_busy_s + waited, self._real_s) is None:
            return None
        return paced(self._own_busy_s, self._real_s)

    def _cycles_of(self, counter: Counter) -> Any:
        """(windows,) of cycles of a state that a power cap causes."""
        counters = self.accounts.counters
        if counter not in counters:
            return np.zeros(self.accounts.windows.number, np.int64)
        return self.accounts.windows.counted[:, counters.index(counter)]


def operating_points(accounts: Accounts) -> list[dict[str, Any]]:
    """Return a row per operating point: what the run would take there, on the same silicon.

    Pipelines stay as they are at the chip's own point, which it is taken to reach; at another supply the clock is
    limited by the delays of the parts, which follow the delay law.
    """
    chip = accounts.architecture
    if not chip.power.points or is_capped(accounts.counters):  # the power cap would make other time steps wait
        return []
    own = accounts.costs()
    samples = sum(split.samples for split in accounts.splits)
    rows = []
    points = {OWN_POINT: PowerPoint(voltage=chip.voltage, clock=chip.clock), **chip.power.points}
    for name, given in points.items():
        costs = priced_at(given, chip, own, lambda voltage, clock: _at(accounts, voltage, clock).costs())
        limit = clock_limit_hz(own, costs)
        trace = PowerTrace(_at(accounts, given.voltage, given.clock), costs)
        energy = trace.whole.energy_total_j
        busy = float(trace.busy_s.sum())
        rows.append(
            {
                "point": name,
                "voltage_v": given.voltage,
                "clock_mhz": given.clock / 1e6,
                **in_unit("clock_limit_mhz", limit, 1e-6),
                "clock_reachable": limit is None or given.clock <= limit.nominal * (1 + 1e-9),
                **in_unit("energy_sample_uj", energy / samples if samples else None, 1e6),
                **in_unit("power_average_uw", trace.whole.power_average_w, 1e6),
                "latency_sample_us": busy / samples * 1e6 if samples else None,
                "wake_up_us": trace.wake_up_s * 1e6,
                "deadlines_met": trace.real_time and trace.deadlines_met,
            }
        )
    return rows


def clock_limit_hz(own: ComponentCosts, costs: ComponentCosts) -> Estimate | None:
    """Return the highest clock of a chip at the supply of `costs`; None without any part that has a delay.

    Each part takes as many cycles as at the chip's own point, `own`.
    """
    limits = [
        part.delay_s.inverse() * ceil(own.components[name].delay_s.nominal * own.point.frequency_hz * (1 - 1e-9))
        for name, part in costs.components.items()
        if part.delay_s.low > 0
    ]
    return min(limits, key=lambda limit: limit.nominal, default=None)


def _at(accounts: Accounts, voltage: float, clock: float) -> Accounts:
    settings = [f"voltage={exact_quantity(voltage, 'V')}", f"clock={exact_quantity(clock, 'Hz')}"]
    document = accounts.document.with_overrides(settings)
    return accounts.with_documents(document, accounts.technology, accounts.memory_technologies)


def _power(energy: Estimate, elapsed_s: float, what: str) -> Estimate:
    """Return energy over time."""
    time = Estimate.exact(elapsed_s, None, f"length of the {what}", "s")
    return replace(energy / elapsed_s, unit="W", operator="product", operands=(energy, time.inverse()))


def _domain(name: str, given: PowerDomain, accounts: Accounts, costs: ComponentCosts) -> Domain:
    chip = accounts.architecture
    constant = costs.point.technology.constant
    residual: dict[str, Estimate] = {}
    for part in given.components:
        if given.residual is not None:
            left = Estimate.exact(given.residual, GIVEN, "residual leakage", "1")
        else:
            left = constant("retention_residual" if _must_keep(accounts, part) else "power_gating_residual")
        residual |= {component: left for component in _components_of(chip, part) if component in costs.components}
    if given.wake_up_energy is not None:
        energy = Estimate.exact(given.wake_up_energy, GIVEN, "wake-up energy", "J")
    else:
        energy = wake_up_energy_j(costs, residual)
    return Domain(name, residual, given.after, given.wake_up_time, energy)


def _components_of(chip: Architecture, part: str) -> list[str]:
    """Names under which a memory, unit or register is priced."""
    unit = chip.core.units.get(part)
    return [part] if unit is None else [f"{part}.{stage}" for stage in unit.stages]


def _must_keep(accounts: Accounts, part: str) -> bool:
    """Whether a part would forget without supply what it must not."""
    core = accounts.architecture.core
    if part in core.memories:
        return accounts.memories[core.memories[part].kind].volatile
    return part in core.flops or part in core.queues
