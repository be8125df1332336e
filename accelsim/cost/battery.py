"""Batteries: what one holds, how long it lasts, how much of it a time needs, what current it must give.

``mission time = E usable eta / (P + self-discharge + quiescent power)``
"""

from __future__ import annotations

from dataclasses import dataclass

from accelsim.cost.bands import combined, derived
from accelsim.technology import catalogue
from accelsim.technology.estimate import Estimate, Source, total
from accelsim.workload.mission import OwnBattery, OwnRegulator

GIVEN = Source("given in the workload's mission", "measured")


@dataclass(frozen=True)
class Cell:
    """A battery as it is carried: all its cells together."""

    name: str
    energy_j: Estimate
    voltage_v: Estimate
    mass_kg: Estimate
    volume_m3: Estimate
    self_discharge_per_s: Estimate
    max_current_a: Estimate | None
    active_life_s: Estimate | None

    @property
    def self_discharge_w(self) -> Estimate:
        """Power that it loses by itself."""
        return self.energy_j.scaled(self.self_discharge_per_s).described("self-discharge of the battery", "W")


@dataclass(frozen=True)
class Supply:
    """What stands between battery and load: share of the energy that arrives, and the power it takes itself."""

    name: str
    efficiency: Estimate
    quiescent_w: Estimate
    mass_kg: Estimate
    volume_m3: Estimate


def given(value: float, what: str, unit: str) -> Estimate:
    """Return a number that the user wrote."""
    return Estimate.exact(value, GIVEN, what, unit)


def cell(chosen: str | OwnBattery) -> Cell:
    """Return the battery of a mission, of the catalogue or of one's own."""
    own = OwnBattery(cell=chosen) if isinstance(chosen, str) else chosen
    if own.cell is None:
        return _own(own)
    known = catalogue.battery(own.cell)
    loss = known.self_discharge_per_s or Estimate.exact(0.0, None, "no self-discharge but its active life", "1/s")
    if known.capacity_c is not None:
        assert known.mass_kg is not None
        assert known.volume_m3 is not None
        energy = known.capacity_c.scaled(known.voltage_v).described(f"energy of {known.title}", "J")
        mass, volume = known.mass_kg, known.volume_m3
    else:
        assert own.capacity is not None
        assert known.specific_energy_j_per_kg is not None
        assert known.energy_density_j_per_m3 is not None
        energy = given(own.capacity, "capacity of the battery", "C").scaled(known.voltage_v)
        energy = energy.described("energy of the battery", "J")
        mass = energy.scaled(known.specific_energy_j_per_kg.inverse()).in_unit("kg")
        volume = energy.scaled(known.energy_density_j_per_m3.inverse()).in_unit("m3")
    current = None if known.max_current_a is None else known.max_current_a * own.count
    return Cell(
        _named(own.count, known.name), energy * own.count, known.voltage_v, mass * own.count, volume * own.count,
        loss, current, known.active_life_s,
    )  # fmt: skip


def _own(own: OwnBattery) -> Cell:
    assert own.voltage is not None
    assert own.capacity is not None
    assert own.mass is not None
    assert own.volume is not None
    voltage = given(own.voltage, "voltage of the battery", "V")
    energy = given(own.capacity, "capacity of the battery", "C").scaled(voltage).described("energy of the battery", "J")
    loss = (own.self_discharge_per_year or 0.0) / (catalogue.HOURS_PER_YEAR * 3600)
    current = None
    if own.max_current is not None:
        current = given(own.max_current, "largest continuous current of the battery", "A") * own.count
    return Cell(
        _named(own.count, "battery"), energy * own.count, voltage,
        given(own.mass, "mass of the battery", "kg") * own.count,
        given(own.volume, "volume of the battery", "m3") * own.count,
        given(loss, "self-discharge of the battery", "1/s"), current, None,
    )  # fmt: skip


def _named(count: int, name: str) -> str:
    return name if count == 1 else f"{count} x {name}"


def supply(chosen: str | OwnRegulator, chip_v: float | None, battery: Cell | None) -> Supply:
    """Return the regulator of a mission; a linear one needs the voltages of chip and battery."""
    if isinstance(chosen, OwnRegulator):
        return Supply(
            "regulator", given(chosen.efficiency, "efficiency of the regulator", "1"),
            given(chosen.quiescent, "quiescent power of the regulator", "W"),
            given(chosen.mass, "mass of the regulator", "kg"), given(chosen.volume, "volume of the regulator", "m3"),
        )  # fmt: skip
    known = catalogue.regulator(chosen)
    efficiency = known.efficiency
    if efficiency is None:
        assert chip_v is not None
        assert battery is not None
        chip = Estimate.exact(chip_v, None, "supply of the chip, given in the architecture", "V")
        efficiency = chip.scaled(battery.voltage_v.inverse()).described("output over input voltage", "1")
    return Supply(chosen, efficiency, known.quiescent_w, known.mass_kg, known.volume_m3)


def mission_time_s(battery: Cell, load_w: Estimate, regulator: Supply) -> Estimate | None:
    """Return how long a battery feeds a load; None if nothing ever empties it."""
    drain = drain_w(battery, load_w, regulator)
    if drain.low <= 0:
        return None
    found = usable_j(battery, regulator).scaled(drain.inverse())
    time = found.described("usable energy / (load + self-discharge + quiescent power)", "s")
    if battery.active_life_s is None:
        return time
    return combined(min, time, battery.active_life_s, "the battery's energy or its active life, whichever ends first")


def usable_j(battery: Cell, regulator: Supply) -> Estimate:
    """Return the energy of a battery that reaches the load."""
    share = catalogue.constant("usable_share")
    return battery.energy_j.scaled(share).scaled(regulator.efficiency).described("usable energy of the battery", "J")


def drain_w(battery: Cell | None, load_w: Estimate, regulator: Supply) -> Estimate:
    """Return load, self-discharge and quiescent power together."""
    lost = [] if battery is None else [battery.self_discharge_w]
    return total([load_w, regulator.quiescent_w, *lost], "load + quiescent power + self-discharge").in_unit("W")


def energy_needed_j(time_s: float, battery: Cell, load_w: Estimate, regulator: Supply) -> Estimate | None:
    """Return the energy a battery of this kind must hold to last so long; None if it loses its own before.

    Self-discharge grows with the battery, so ``E (usable eta - time rate) = time (load + quiescent)``.
    """
    share = catalogue.constant("usable_share")
    rate = battery.self_discharge_per_s

    def needed(load: float, quiescent: float, usable: float, efficiency: float, loss: float) -> float | None:
        kept = usable * efficiency - time_s * loss
        return time_s * (load + quiescent) / kept if kept > 0 else None

    quiescent, efficiency = regulator.quiescent_w, regulator.efficiency
    low = needed(load_w.low, quiescent.low, share.high, efficiency.high, rate.low)
    nominal = needed(load_w.nominal, quiescent.nominal, share.nominal, efficiency.nominal, rate.nominal)
    high = needed(load_w.high, quiescent.high, share.low, efficiency.low, rate.high)
    if low is None or nominal is None or high is None:
        return None
    operands = (load_w, quiescent, share, efficiency, rate)
    return derived((low, nominal, high), "energy that the wanted time needs", "J", operands)


def battery_mass_needed_kg(energy_j: Estimate, battery: Cell) -> Estimate:
    """Return the mass of a battery of this kind with another energy."""
    each = battery.mass_kg.nominal / battery.energy_j.nominal
    share = Estimate.exact(each, None, f"mass over energy of {battery.name}", "kg/J")
    return energy_j.scaled(share).described("mass of such a battery for the wanted time", "kg")


def current_a(battery: Cell, power_w: Estimate, regulator: Supply) -> Estimate:
    """Return the current that a power at the load takes from a battery."""
    volts = battery.voltage_v.scaled(regulator.efficiency)
    return power_w.scaled(volts.inverse()).described("power / (efficiency x voltage)", "A")
