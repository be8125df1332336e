"""Power over time: what is switched off between time steps, and the energy of each part in each window of a run.

A chip that keeps pace with the outside world is idle from the end of the work of a time step to the next one.  The
clock may stop then, and power domains may be switched off after a while: their parts go on leaking a residual, and
charging their supply again costs energy at each wake-up.  Every energy is linear in counts and times, so windows add up
to the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.cost.account import CLOCK, OVERHEAD, Sleep
from accelsim.cost.components import POINT, ComponentCosts
from accelsim.technology.estimate import Estimate, total

Times = NDArray[np.floating[Any]]
"""Seconds by window."""


@dataclass(frozen=True)
class Domain:
    """A power domain as it is priced.

    Parameters
    ----------
    name : its name.
    residual : share of the leakage that remains while it is off, for each of its parts.
    after_s : idle time after which it is switched off.
    wake_up_s, wake_up_energy_j : to switch it on again.
    """

    name: str
    residual: Mapping[str, Estimate]
    after_s: float
    wake_up_s: float
    wake_up_energy_j: Estimate

    def asleep_s(self, ticks: NDArray[np.int64], elapsed_s: Times, busy_s: Times) -> Times:
        """Return how long it is off in each window, of so many time steps with equal work each."""
        idle_s = (elapsed_s - busy_s) / np.maximum(ticks, 1)
        off_s: Times = np.maximum(0.0, idle_s - self.after_s - self.wake_up_s)
        return off_s * ticks

    def sleep(self, asleep_s: Times, ticks: NDArray[np.int64]) -> Sleep:
        """Return its account over windows: it wakes up once in each of their time steps."""
        times = int(ticks[asleep_s > 0].sum())
        return Sleep(self.name, self.residual, float(asleep_s.sum()), times, self.wake_up_energy_j)

    def break_even_s(self, costs: ComponentCosts) -> float | None:
        """Return the time off that saves the energy of a wake-up; None if none does."""
        saved_w = sum(
            costs.components[name].leakage_w.nominal * (1 - share.nominal) for name, share in self.residual.items()
        )
        return self.wake_up_energy_j.nominal / saved_w if saved_w > 0 else None


def wake_up_energy_j(costs: ComponentCosts, parts: Iterable[str]) -> Estimate:
    """Return the energy of charging the supply of some parts: C V^2, their capacitance following from their area."""
    technology, voltage = costs.point.technology, costs.point.voltage_v
    area = total((costs.components[name].area_m2 for name in parts), "area of the domain")
    charge = technology.constant("power_gating_capacitance") * voltage**2
    return area.scaled(charge).described(f"C V^2 of the domain's area at {voltage:g} V", "J")


def paced(busy_s: Times, elapsed_s: Times) -> Times | None:
    """Return the time at work in each window when work that a window has no time for is left to the next ones.

    None if not all of it is done at the end: the chip does not keep pace.
    """
    if np.all(busy_s <= elapsed_s):
        return busy_s
    done = np.empty_like(busy_s)
    left = 0.0
    for i, (busy, elapsed) in enumerate(zip(busy_s, elapsed_s, strict=True)):
        done[i] = min(left + busy, elapsed)
        left += busy - done[i]
    return done if left <= 1e-12 * elapsed_s.sum() else None


def window_energies_j(
    costs: ComponentCosts,
    keys: Sequence[tuple[str, str]],
    counts: NDArray[np.int64],
    elapsed_s: Times,
    clocked_s: Times,
    sleeps: Sequence[tuple[Domain, Times, NDArray[np.int64]]] = (),
) -> dict[str, Times]:
    """Return the nominal energy of each component in each window; sums are those of `account`.

    Parameters
    ----------
    costs : of the chip.
    keys : components and their actions.
    counts : (windows, keys), how often each happened.
    elapsed_s, clocked_s : time of each window, and how long its clock runs.
    sleeps : domains, how long each is off in each window, and how often it wakes up.
    """
    energies: dict[str, Times] = {}

    def add(name: str, energy: Times) -> None:
        energies[name] = energies[name] + energy if name in energies else energy

    above = max(0.0, costs.overhead.nominal - 1)
    for k, (name, action) in enumerate(keys):
        part = costs.components[name]
        each = part.energy_j[action].nominal
        for to, energy in ((name, each), (OVERHEAD, 0.0 if part.own_control else each * above)):
            if energy and counts[:, k].any():
                add(to, counts[:, k] * energy)
    for name, part in costs.components.items():
        if part.kind == POINT:
            continue
        off = [(domain.residual[name].nominal, off_s) for domain, off_s, _ in sleeps if name in domain.residual]
        add(name, part.leakage_w.nominal * (elapsed_s - sum((1 - residual) * off_s for residual, off_s in off)))
        if CLOCK in part.energy_j:
            on_s = np.minimum(clocked_s, elapsed_s - sum(off_s for _, off_s in off))
            add(name, part.energy_j[CLOCK].nominal * costs.point.frequency_hz * on_s)
    for domain, asleep_s, times in sleeps:
        if domain.wake_up_energy_j.nominal:
            add(domain.sleep(asleep_s, times).component, times * domain.wake_up_energy_j.nominal)
    return energies
