"""Turning action counts into energy, power and area.

``energy = overhead x sum(count x energy per action of memories and datapaths) + sum(count x energy per action of FIFOs,
routers and links) + clocked energy + leakage x elapsed time``
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from accelsim.config.errors import Problem, check, did_you_mean
from accelsim.cost.components import POINT, ComponentCosts
from accelsim.technology.estimate import ZERO, Estimate, merged, total

OVERHEAD = "overhead"
"""Component that holds the energy of clock tree, control and wiring of memories and datapaths."""
CONTROL = "clock tree, control, wiring"
"""Its action."""
CLOCK = "clock"
"""Action charged once per clock period while clocked, instead of being counted."""
LEAKAGE = "leakage"
WAKE_UP = "wake-up"
"""Action of a power domain: its supply is switched on again."""


@dataclass(frozen=True)
class Entry:
    """Energy of one action of one component: how often it happened and what all of it cost."""

    component: str
    action: str
    count: int | float
    energy_j: Estimate


@dataclass(frozen=True)
class Sleep:
    """How long the parts of a power domain were switched off, or leaked otherwise less than they can.

    Parameters
    ----------
    domain : name of the domain.
    residual : share of the leakage that remains, for each component.
    time_s, times : altogether, and in how many pieces.
    wake_up_energy_j : each time.
    """

    domain: str
    residual: Mapping[str, Estimate]
    time_s: float
    times: int
    wake_up_energy_j: Estimate

    @property
    def component(self) -> str:
        """Under which wake-ups are accounted for."""
        return f"domain.{self.domain}"


@dataclass(frozen=True)
class CostReport:
    """Energy of a run or of a window of it, and the area of the chip.

    Parameters
    ----------
    entries : dynamic energy per component and action, the overhead among them.
    leakage_j : leakage energy per component.
    component_area_m2 : area per component, before placement utilisation.
    area_m2 : core area, component areas over utilisation.
    elapsed_s : simulated wall time of the window.
    warnings : where a model was used outside its data.
    """

    entries: tuple[Entry, ...]
    leakage_j: Mapping[str, Estimate]
    component_area_m2: Mapping[str, Estimate]
    area_m2: Estimate
    elapsed_s: float
    warnings: tuple[str, ...]

    @property
    def energy_dynamic_j(self) -> Estimate:
        """All energy but leakage."""
        return total((entry.energy_j for entry in self.entries), "sum of dynamic energies")

    @property
    def energy_leakage_j(self) -> Estimate:
        return total(self.leakage_j.values(), "sum of leakage energies")

    @property
    def energy_total_j(self) -> Estimate:
        return (self.energy_dynamic_j + self.energy_leakage_j).described("dynamic + leakage energy")

    @property
    def power_average_w(self) -> Estimate | None:
        """Total energy over elapsed time; None for a window without time."""
        return self._power(self.energy_total_j)

    @property
    def power_leakage_w(self) -> Estimate | None:
        return self._power(self.energy_leakage_j)

    def _power(self, energy: Estimate) -> Estimate | None:
        if self.elapsed_s <= 0:
            return None
        time = Estimate.exact(self.elapsed_s, None, "elapsed time of the run", "s")
        return replace(energy / self.elapsed_s, unit="W", operator="product", operands=(energy, time.inverse()))

    def energy_per_sop_j(self, sop_count: int) -> Estimate | None:
        """Return total energy per synaptic operation, leakage and idle time included; None without any."""
        return each(self.energy_total_j, sop_count, "synaptic operations")

    def energy_dynamic_per_sop_j(self, sop_count: int) -> Estimate | None:
        """Return dynamic energy per synaptic operation (the incremental figure); None without any."""
        return each(self.energy_dynamic_j, sop_count, "synaptic operations")

    def component_energy_j(self) -> dict[str, Estimate]:
        """Return dynamic plus leakage energy per component."""
        parts: dict[str, list[Estimate]] = {}
        for entry in self.entries:
            parts.setdefault(entry.component, []).append(entry.energy_j)
        for name, energy in self.leakage_j.items():
            parts.setdefault(name, []).append(energy)
        return {name: total(energies, f"dynamic + leakage energy of {name}") for name, energies in parts.items()}

    def rows(self) -> list[dict[str, object]]:
        """Return one row per component and action, leakage being an action: ready for a DataFrame."""
        listed: list[tuple[str, str, float | None, Estimate]] = [
            (entry.component, entry.action, entry.count, entry.energy_j) for entry in self.entries
        ]
        listed += [(name, LEAKAGE, None, energy) for name, energy in self.leakage_j.items()]
        return [energy_row(*entry) for entry in listed]

    def metrics(self, sop_count: int | None = None) -> dict[str, float | None]:
        """Return the totals as `<what>_<unit>`, with `_low` and `_high` beside each; None where undefined."""
        return {
            key: value
            for name, (estimate, factor) in self.estimates(sop_count).items()
            for key, value in in_unit(name, estimate, factor).items()
        }

    def estimates(self, sop_count: int | None = None) -> dict[str, tuple[Estimate | None, float]]:
        """Return the totals by name, each with the factor from SI to the unit in the name."""
        sops = sop_count or 0
        return {
            "energy_total_pj": (self.energy_total_j, 1e12),
            "energy_dynamic_pj": (self.energy_dynamic_j, 1e12),
            "energy_leakage_pj": (self.energy_leakage_j, 1e12),
            "power_average_uw": (self.power_average_w, 1e6),
            "power_leakage_uw": (self.power_leakage_w, 1e6),
            "area_mm2": (self.area_m2, 1e6),
            "energy_per_sop_pj": (self.energy_per_sop_j(sops), 1e12),
            "energy_per_sop_dynamic_pj": (self.energy_dynamic_per_sop_j(sops), 1e12),
        }


def each(energy: Estimate, number: int, what: str) -> Estimate | None:
    """Return an energy over a number of things, None without any; a derivation says what was counted."""
    if number <= 0:
        return None
    counted = Estimate.exact(number, None, f"{what} in the run", "1")
    return replace(energy / number, unit="J", operator="product", operands=(energy, counted.inverse()))


def energy_row(component: str, action: str, count: float | None, energy: Estimate) -> dict[str, object]:
    """Return an account of energy as a row of a table."""
    return {
        "component": component,
        "action": action,
        "count": count,
        **in_unit("energy_pj", energy, 1e12),
        "provenance": energy.provenance(),
    }


def in_unit(name: str, estimate: Estimate | None, factor: float) -> dict[str, float | None]:
    """Return nominal, low and high of an estimate as `name`, `name_low`, `name_high`, times `factor`."""
    if estimate is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    return {
        name: estimate.nominal * factor,
        f"{name}_low": estimate.low * factor,
        f"{name}_high": estimate.high * factor,
    }


def account(
    costs: ComponentCosts,
    counts: Mapping[tuple[str, str], int | Estimate],
    elapsed_s: float,
    clocked_s: float = 0.0,
    asleep: Iterable[Sleep] = (),
) -> CostReport:
    """Return the energy of a window from the action counts of a run.

    Parameters
    ----------
    costs : from `cost_components`.
    counts : how often each (component, action) happened, counted in a run or derived.
    elapsed_s : simulated wall time: everything leaks during it.
    clocked_s : part of it during which the clock runs: registers are clocked at the point's frequency.
    asleep : parts of it, one after the other, during which power domains are switched off: a residual of their parts
        leaks, and their registers are not clocked even if the clock runs.

    Raises
    ------
    ConfigError : a component or an action without a cost. A negative count or time is a ValueError.
    """
    if elapsed_s < 0 or clocked_s < 0 or any(_number(count) < 0 for count in counts.values()):
        raise ValueError("counts and times must not be negative")
    problems = [
        Problem(path=f"{name}.{action}", message=_missing(costs, name, action))
        for name, action in counts
        if action == CLOCK or name not in costs.components or action not in costs.components[name].energy_j
    ]
    check(problems)
    entries = [
        Entry(
            name,
            action,
            _number(count),
            _times(costs.components[name].energy_j[action], count, f"{action} actions of {name}"),
        )
        for (name, action), count in counts.items()
    ]
    switched = total(
        (entry.energy_j for entry in entries if not costs.components[entry.component].own_control),
        "memory and datapath energy",
    )
    above = Estimate(
        max(0.0, costs.overhead.low - 1),
        max(0.0, costs.overhead.nominal - 1),
        max(0.0, costs.overhead.high - 1),
        costs.overhead.sources,
        "(overhead - 1)",
        "1",
        "from",
        (costs.overhead,),
    )
    entries.append(Entry(OVERHEAD, CONTROL, 1, switched.scaled(above)))
    asleep = tuple(asleep)
    off: dict[str, list[Sleep]] = {}
    for sleep in asleep:
        for name in sleep.residual:
            off.setdefault(name, []).append(sleep)
    for part in costs.components.values():
        if CLOCK in part.energy_j:
            on_s = elapsed_s - sum(sleep.time_s for sleep in off.get(part.name, ()))
            cycles = min(clocked_s, on_s) * costs.point.frequency_hz
            entries.append(Entry(part.name, CLOCK, cycles, _times(part.energy_j[CLOCK], cycles, "clocked cycles")))
    entries += [
        Entry(sleep.component, WAKE_UP, sleep.times, _times(sleep.wake_up_energy_j, sleep.times, "wake-ups"))
        for sleep in asleep
        if sleep.times or sleep.wake_up_energy_j.nominal
    ]
    built = [part for part in costs.components.values() if part.kind != POINT]
    areas = {part.name: part.area_m2 for part in built}
    return CostReport(
        entries=tuple(entries),
        leakage_j={
            part.name: _leakage(part.name, part.leakage_w.in_unit("W"), elapsed_s, off.get(part.name, []))
            for part in built
        },
        component_area_m2=areas,
        area_m2=core_area_m2(costs),
        elapsed_s=elapsed_s,
        warnings=costs.warnings,
    )


def _leakage(name: str, power: Estimate, elapsed_s: float, sleeps: Sequence[Sleep]) -> Estimate:
    """Return the energy that a part leaks, less while it is asleep."""
    if not sleeps:
        return _times(power, elapsed_s, "time that leaks", "s")
    on_s = elapsed_s - sum(sleep.time_s for sleep in sleeps)
    parts = [_times(power, on_s, "time switched on", "s")]
    for sleep in sleeps:
        off = power.scaled(sleep.residual[name].in_unit("1")).described("leakage while switched off", "W")
        parts.append(_times(off, sleep.time_s, "time switched off", "s"))
    return total(parts, f"leakage energy of {name}, switched off at times")


def _times(part: Estimate, number: float | Estimate, what: str, unit: str = "1") -> Estimate:
    """Return the energy of `number` times `part`; a derivation says what was counted, or how its number was derived."""
    counted = number if isinstance(number, Estimate) else Estimate.exact(number, None, f"{what} in the run", unit)
    energy = part * counted.nominal
    return Estimate(
        energy.low,
        energy.nominal,
        energy.high,
        merged(energy.sources, counted.sources),
        energy.formula,
        "J",
        "product",
        (counted, part),
    )


def _number(count: float | Estimate) -> float:
    return count.nominal if isinstance(count, Estimate) else count


def core_area_m2(costs: ComponentCosts) -> Estimate:
    """Return the core area: component areas over placement utilisation."""
    placed = total((part.area_m2 for part in costs.components.values()), "sum of component areas")
    return placed.scaled(costs.utilisation.inverse()) if costs.components else ZERO


def _missing(costs: ComponentCosts, name: str, action: str) -> str:
    if name not in costs.components:
        return f"no such component{did_you_mean(name, costs.components)}"
    countable = [known for known in costs.components[name].energy_j if known != CLOCK]
    if action == CLOCK:
        return "the clock is charged by clocked time, not counted"
    return f"no such action{did_you_mean(action, countable)}; known: {', '.join(countable)}"
