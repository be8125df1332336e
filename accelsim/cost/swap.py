"""Size, weight and power of a device and how long it lasts: a chip's use, repeated at the rate of its sensor.

``energy = inferences x energy + learnt samples x energy + sleep power x time between samples``

Everything is an `Estimate`; size, weight and power are told apart, never as one score.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from accelsim.cost.bands import less
from accelsim.cost.battery import Cell, Supply, cell, drain_w, given, supply
from accelsim.cost.parts import Die, Part, allowance_part, board_part, die, package, package_part
from accelsim.technology.catalogue import Package
from accelsim.technology.estimate import Estimate, total
from accelsim.workload.mission import Mission


@dataclass(frozen=True)
class SampleUse:
    """What a sample takes: its energy, how long it lasts in the real world, and how long the chip is at work."""

    energy_j: Estimate
    lasts_s: float
    busy_s: float

    @property
    def power_w(self) -> Estimate:
        """Mean power during the sample; capacitors carry what happens within a time step."""
        lasts = Estimate.exact(self.lasts_s, None, "time of a sample in the real world", "s")
        return self.energy_j.scaled(lasts.inverse()).described("energy of a sample / its time", "W")


@dataclass(frozen=True)
class ChipUse:
    """What a run tells of a chip.

    Parameters
    ----------
    voltage_v : its supply, None if unknown.
    area_m2 : of the core, None if unknown.
    inference, training : of one sample, None if the run had none.
    sleep_w : power between samples.
    busiest_w : mean power during the sample that takes most.
    """

    voltage_v: float | None
    area_m2: Estimate | None
    inference: SampleUse | None
    training: SampleUse | None
    sleep_w: Estimate | None
    busiest_w: Estimate | None


@dataclass(frozen=True)
class Swap:
    """A mission on a chip."""

    mission: Mission
    chip: ChipUse

    @cached_property
    def battery(self) -> Cell | None:
        """What it carries."""
        return None if self.mission.battery is None else cell(self.mission.battery)

    @cached_property
    def regulator(self) -> Supply:
        """What stands between battery and chip."""
        return supply(self.mission.regulator, self.chip.voltage_v, self.battery)

    @cached_property
    def rates_per_s(self) -> dict[str, float]:
        """Samples answered and samples learnt from in a second."""
        events, share = self.mission.events_per_s, self.mission.learn_share
        return {"inference": events * (1 - share), "training": events * share}

    @property
    def duty_cycle(self) -> Estimate:
        """Share of the time in which the chip is at work."""
        busy = [
            Estimate.exact(rate * use.busy_s, None, f"rate x work of {what} samples in the run", "1")
            for what, rate, use in self._uses()
        ]
        return total(busy, "share of the time with the chip at work").in_unit("1")

    @cached_property
    def chip_w(self) -> Estimate:
        """Mean power of the chip."""
        parts = []
        for what, rate, use in self._uses():
            events = given(rate, f"rate of {what} samples", "1/s")
            parts.append(use.energy_j.in_unit("J").scaled(events).described(f"energy of one {what} sample x rate", "W"))
        if self.chip.sleep_w is not None:
            taken = sum(rate * use.lasts_s for _, rate, use in self._uses())
            left = Estimate.exact(max(0.0, 1 - taken), None, "share of the time between samples", "1")
            parts.append(self.chip.sleep_w.scaled(left).described("sleep power x time between samples", "W"))
        return total(parts, "mean power of the chip").in_unit("W")

    @cached_property
    def load_w(self) -> Estimate:
        """Mean power of chip, sensors and other parts."""
        others = [part.power_w for part in self.allowances if part.power_w is not None]
        return total([self.chip_w, *others], "mean power of chip and other parts").in_unit("W")

    @cached_property
    def net_w(self) -> Estimate:
        """Mean power that the battery must give, behind a harvester."""
        if self.mission.harvester is None:
            return self.load_w
        harvested = given(self.mission.harvester.power, "harvested power", "W")
        return less(self.load_w, harvested, "load - harvested power")

    @cached_property
    def drawn_w(self) -> Estimate:
        """Everything that is lost in the device, and becomes heat."""
        drain = drain_w(self.battery, self.load_w, self.regulator)
        return drain.scaled(self.regulator.efficiency.inverse()).described("(load + losses) / efficiency", "W")

    @cached_property
    def allowances(self) -> tuple[Part, ...]:
        """Sensors and other parts beside the chip."""
        return tuple(allowance_part(part) for part in self.mission.allowances)

    @cached_property
    def package(self) -> Package:
        """What the die is in."""
        return package(self.mission.package)

    @cached_property
    def die(self) -> Die | None:
        """The silicon."""
        return None if self.chip.area_m2 is None else die(self.chip.area_m2)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Every line of the account."""
        found = [Part("die", None, None, self.chip_w)]
        if self.die is not None:
            found = [Part("die", self.die.mass_kg, self.die.volume_m3, self.chip_w)]
        found.append(package_part(self.package, self.die))
        if self.mission.board is not None:
            found.append(board_part(self.mission.board))
        found += self.allowances
        drain = drain_w(self.battery, self.load_w, self.regulator)
        lost = less(self.drawn_w, drain, "losses of the regulator")
        own = (lost + self.regulator.quiescent_w).described("losses of the regulator + quiescent power", "W")
        found.append(Part(f"regulator, {self.regulator.name}", self.regulator.mass_kg, self.regulator.volume_m3, own))
        if self.battery is not None:
            battery = self.battery
            found.append(Part(f"battery, {battery.name}", battery.mass_kg, battery.volume_m3, battery.self_discharge_w))
        if self.mission.harvester is not None:
            source = self.mission.harvester
            mass, volume = given(source.mass, "mass", "kg"), given(source.volume, "volume", "m3")
            found.append(Part("harvester", mass, volume, None))
        return tuple(found)

    @cached_property
    def mass_kg(self) -> Estimate:
        """All parts together."""
        return total((part.mass_kg for part in self.parts if part.mass_kg is not None), "all parts").in_unit("kg")

    @cached_property
    def volume_m3(self) -> Estimate:
        """All parts together, without the air between them."""
        return total((part.volume_m3 for part in self.parts if part.volume_m3 is not None), "all parts").in_unit("m3")

    def _uses(self) -> Iterator[tuple[str, float, SampleUse]]:
        for what, rate in self.rates_per_s.items():
            use: SampleUse | None = getattr(self.chip, what)
            if use is not None and rate:
                yield what, rate, use
