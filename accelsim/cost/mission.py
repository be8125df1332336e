"""What a run reports of its mission: figures with their bands, the parts line by line, and the limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from accelsim.cost import battery, thermal
from accelsim.cost.limits import Limit, Shown
from accelsim.cost.parts import Part
from accelsim.cost.swap import Swap
from accelsim.technology import catalogue
from accelsim.technology.catalogue import ZERO_CELSIUS
from accelsim.technology.estimate import Estimate, total

SURROUNDINGS = {"wearable": "skin_temperature", "implant": "body_temperature", "none": "room_temperature"}
"""What is around a device where its mission does not say."""

FIGURES = {
    "mission_time_h": Shown("h", 1 / 3600),
    "mass_g": Shown("g", 1e3),
    "volume_mm3": Shown("mm3", 1e9),
    "power_mission_uw": Shown("uW", 1e6),
    "power_mission_chip_uw": Shown("uW", 1e6),
    "power_drawn_uw": Shown("uW", 1e6),
    "power_sleep_uw": Shown("uW", 1e6),
    "energy_mission_j": Shown("J", 1.0),
    "duty_cycle": Shown("1", 1.0),
    "die_area_mm2": Shown("mm2", 1e6),
    "battery_mass_g": Shown("g", 1e3),
    "battery_energy_mwh": Shown("mWh", 1 / 3.6),
    "battery_energy_needed_mwh": Shown("mWh", 1 / 3.6),
    "battery_mass_needed_g": Shown("g", 1e3),
    "battery_current_ma": Shown("mA", 1e3),
    "skin_temperature_c": Shown("C", 1.0, ZERO_CELSIUS),
    "tissue_rise_k": Shown("K", 1.0),
    "power_density_mw_cm2": Shown("mW/cm2", 0.1),
    "junction_temperature_c": Shown("C", 1.0, ZERO_CELSIUS),
}
"""Every figure of a mission and how it is told."""
LIMITS = (
    *("mission_time", "mass", "volume", "power", "skin_temperature", "tissue_rise", "power_density"),
    *("junction_temperature", "duty_cycle", "die_area", "battery_current", "harvested_power"),
)
"""Every limit that a mission may have."""


@dataclass(frozen=True)
class MissionReport:
    """A mission on a chip, ready for results."""

    swap: Swap

    @cached_property
    def estimates(self) -> dict[str, Estimate | None]:
        """Return the figures by their names in `FIGURES`, in SI units; None where there is none."""
        swap, mission = self.swap, self.swap.mission
        found: dict[str, Estimate | None] = dict.fromkeys(FIGURES)
        found |= {
            "mass_g": swap.mass_kg,
            "volume_mm3": swap.volume_m3,
            "power_mission_uw": swap.load_w,
            "power_mission_chip_uw": swap.chip_w,
            "power_drawn_uw": swap.drawn_w,
            "power_sleep_uw": swap.chip.sleep_w,
            "energy_mission_j": (swap.load_w * mission.duration).described("mean power x duration of the mission", "J"),
            "duty_cycle": swap.duty_cycle,
            "die_area_mm2": None if swap.die is None else swap.die.area_m2,
            "junction_temperature_c": thermal.junction_temperature_k(
                self.ambient_k, swap.chip_w, swap.package.theta_ja_k_per_w
            ),
        }
        return found | self._battery() | self._heat()

    @cached_property
    def limits(self) -> tuple[Limit, ...]:
        """Return every limit that something was found for."""
        return tuple(self._limits())

    @property
    def failed(self) -> list[str]:
        """Return the limits that the nominal values do not keep to."""
        return [limit.name for limit in self.limits if not limit.passes]

    def metrics(self) -> dict[str, float | int | None]:
        """Return the figures as `<what>_<unit>`, with `_low` and `_high` beside each, how many limits fail, and of each
        limit the share that is left, `margin_<limit>`: negative if it fails, None if there is no such limit."""
        metrics: dict[str, float | int | None] = {}
        for name, estimate in self.estimates.items():
            for end, key in (("", "nominal"), ("_low", "low"), ("_high", "high")):
                metrics[f"{name}{end}"] = None if estimate is None else FIGURES[name].value(getattr(estimate, key))
        worst = sum(not limit.passes_worst for limit in self.limits)
        left = {limit.name: limit.margin for limit in self.limits}
        margins = {f"margin_{name}": left.get(name) for name in LIMITS}
        return {**metrics, "limits_failed": len(self.failed), "limits_failed_worst": worst, **margins}

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Return `swap`, the parts and their total, and `limits`."""
        swap = self.swap
        whole = Part("total", swap.mass_kg, swap.volume_m3, swap.drawn_w)
        return {
            "swap": [part.row() for part in (*swap.parts, whole)],
            "limits": [limit.row() for limit in self.limits],
        }

    def warnings(self) -> list[str]:
        """Return what the account lacks."""
        chip, found = self.swap.chip, []
        if chip.area_m2 is None:
            found.append("mission: the chip's area is not known, so its die has no mass and no volume")
        if chip.sleep_w is None:
            found.append("mission: the chip's leakage is not known, so it sleeps for nothing")
        for what, rate in self.swap.rates_per_s.items():
            if rate and getattr(chip, what) is None:
                found.append(f"mission: the run has no {what} samples, so they cost nothing")
        return found

    @cached_property
    def ambient_k(self) -> Estimate:
        """Temperature around the device."""
        mission = self.swap.mission
        if mission.ambient is not None:
            return battery.given(mission.ambient, "ambient temperature", "K")
        return catalogue.constant(SURROUNDINGS[mission.placement])

    @cached_property
    def wanted_s(self) -> float:
        """How long the device must last."""
        return self.swap.mission.limits.mission_time or self.swap.mission.duration

    def _battery(self) -> dict[str, Estimate | None]:
        swap, cell = self.swap, self.swap.battery
        if cell is None:
            return {}
        needed = battery.energy_needed_j(self.wanted_s, cell, swap.net_w, swap.regulator)
        found: dict[str, Estimate | None] = {
            "mission_time_h": battery.mission_time_s(cell, swap.net_w, swap.regulator),
            "battery_mass_g": cell.mass_kg,
            "battery_energy_mwh": cell.energy_j,
            "battery_energy_needed_mwh": needed,
            "battery_mass_needed_g": None if needed is None else battery.battery_mass_needed_kg(needed, cell),
        }
        if swap.chip.busiest_w is not None:
            others = [part.power_w for part in swap.allowances if part.power_w is not None]
            busiest = total([swap.chip.busiest_w, *others], "power during a sample, of chip and other parts")
            found["battery_current_ma"] = battery.current_a(cell, busiest.in_unit("W"), swap.regulator)
        return found

    def _heat(self) -> dict[str, Estimate | None]:
        mission, power = self.swap.mission, self.swap.drawn_w
        if mission.placement == "none":
            return {}
        if mission.surface is not None:
            surface = battery.given(mission.surface, "surface of the device", "m2")
        else:
            assert mission.board is not None  # by validation
            surface = battery.given(2 * mission.board.area, "both sides of the board", "m2")
        if mission.placement == "wearable":
            return {"skin_temperature_c": thermal.skin_temperature_k(self.ambient_k, power, surface)}
        density = thermal.power_density_w_per_m2(power, surface)
        return {"tissue_rise_k": thermal.tissue_rise_k(power), "power_density_mw_cm2": density}

    def _limits(self) -> Iterator[Limit]:
        swap, wanted, known = self.swap, self.swap.mission.limits, self.estimates
        ambient = self.ambient_k.nominal
        time = known["mission_time_h"]
        if time is not None:
            source = "given" if wanted.mission_time else "duration of the mission"
            yield Limit("mission_time", "mission_time_h", FIGURES["mission_time_h"], "min", self.wanted_s, time, source)
        for name, metric, zero in (
            ("mass", "mass_g", 0.0),
            ("volume", "volume_mm3", 0.0),
            ("power", "power_mission_uw", 0.0),
            ("skin_temperature", "skin_temperature_c", ambient),
            ("tissue_rise", "tissue_rise_k", 0.0),
            ("power_density", "power_density_mw_cm2", 0.0),
            ("junction_temperature", "junction_temperature_c", ambient),
        ):
            found, own = known[metric], getattr(wanted, name)
            if found is None:
                continue
            if own is not None:
                yield Limit(name, metric, FIGURES[metric], "max", own, found, "given", zero)
            elif name in catalogue.names("limits"):
                usual = catalogue.limit(name)
                source = f"{usual.sources[0].text} [{usual.sources[0].verified}]"
                yield Limit(name, metric, FIGURES[metric], "max", usual.nominal, found, source, zero)
        yield Limit("duty_cycle", "duty_cycle", FIGURES["duty_cycle"], "max", 1.0, swap.duty_cycle, "real time")
        if swap.die is not None and swap.package.cavity_m2 is not None:
            room = swap.package.cavity_m2
            shown = FIGURES["die_area_mm2"]
            source = f"room in {swap.package.name}: {room.provenance()}"
            yield Limit("die_area", "die_area_mm2", shown, "max", room.nominal, swap.die.area_m2, source)
        current = known["battery_current_ma"]
        if current is not None and swap.battery is not None and swap.battery.max_current_a is not None:
            most = swap.battery.max_current_a
            shown = FIGURES["battery_current_ma"]
            yield Limit("battery_current", "battery_current_ma", shown, "max", most.nominal, current, most.provenance())
        if swap.battery is None:
            harvester = swap.mission.harvester
            assert harvester is not None  # by validation
            shown = FIGURES["power_drawn_uw"]
            yield Limit("harvested_power", "power_drawn_uw", shown, "max", harvester.power, swap.drawn_w, "harvester")
