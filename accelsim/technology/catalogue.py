"""What surrounds a die, from ``data/swap.yaml``: batteries, regulators, packages, sensors, materials, limits.

Every number is an `Estimate` in SI units with its citation; temperatures are in K.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from accelsim.technology.constants import data_file
from accelsim.technology.estimate import Estimate, Source

HOURS_PER_YEAR = 8766.0
ZERO_CELSIUS = 273.15
UNITS = {
    "1": (1.0, "1"),
    "V": (1.0, "V"),
    "mA": (1e-3, "A"),
    "mAh": (3.6, "C"),
    "Wh/kg": (3600.0, "J/kg"),
    "Wh/L": (3.6e6, "J/m3"),
    "mg": (1e-6, "kg"),
    "g": (1e-3, "kg"),
    "mm": (1e-3, "m"),
    "mm2": (1e-6, "m2"),
    "mm3": (1e-9, "m3"),
    "cm3": (1e-6, "m3"),
    "g/cm3": (1e3, "kg/m3"),
    "uW": (1e-6, "W"),
    "mW/cm2": (10.0, "W/m2"),
    "W/m2/K": (1.0, "W/m2/K"),
    "K": (1.0, "K"),
    "degC": (1.0, "K"),
    "K/W": (1.0, "K/W"),
    "K/mW": (1e3, "K/W"),
    "day": (86400.0, "s"),
    "1/day": (1 / 86400.0, "1/s"),
    "1/year": (1 / (HOURS_PER_YEAR * 3600), "1/s"),
}
"""Factor from each unit of the file to SI, and the SI unit."""

Section = Literal["batteries", "regulators", "packages", "allowances", "materials", "constants", "limits"]


@dataclass(frozen=True)
class Battery:
    """A battery; a chemistry has no `capacity` and `mass` of its own but energy per mass and per volume.

    `self_discharge_per_s` is the share of its energy that it loses; `active_life_s` is how long it works once opened.
    """

    name: str
    title: str
    voltage_v: Estimate
    capacity_c: Estimate | None = None
    mass_kg: Estimate | None = None
    volume_m3: Estimate | None = None
    specific_energy_j_per_kg: Estimate | None = None
    energy_density_j_per_m3: Estimate | None = None
    max_current_a: Estimate | None = None
    self_discharge_per_s: Estimate | None = None
    active_life_s: Estimate | None = None


@dataclass(frozen=True)
class Regulator:
    """A converter between battery and chip; without an `efficiency` it is linear: output over input voltage."""

    name: str
    title: str
    quiescent_w: Estimate
    mass_kg: Estimate
    volume_m3: Estimate
    efficiency: Estimate | None = None


@dataclass(frozen=True)
class Package:
    """A package of fixed mass, volume and room for a die; or one that grows with its die."""

    name: str
    title: str
    theta_ja_k_per_w: Estimate
    mass_kg: Estimate | None = None
    volume_m3: Estimate | None = None
    cavity_m2: Estimate | None = None
    mass_over_die: Estimate | None = None
    height_over_die_m: Estimate | None = None


@dataclass(frozen=True)
class Allowance:
    """A part beside the die, such as a sensor or an antenna."""

    name: str
    title: str
    mass_kg: Estimate
    volume_m3: Estimate
    power_w: Estimate


def names(section: Section) -> tuple[str, ...]:
    """Return the names of a section of the catalogue."""
    return tuple(data_file("swap.yaml")[section])


def battery(name: str) -> Battery:
    """Return a battery or a chemistry of the catalogue; KeyError if there is none."""
    return Battery(
        name, **_entry("batteries", name, {
            "voltage": "voltage_v", "capacity": "capacity_c", "mass": "mass_kg", "volume": "volume_m3",
            "specific_energy": "specific_energy_j_per_kg", "energy_density": "energy_density_j_per_m3",
            "max_current": "max_current_a", "self_discharge": "self_discharge_per_s", "active_life": "active_life_s",
        })
    )  # fmt: skip


def regulator(name: str) -> Regulator:
    """Return a regulator of the catalogue; KeyError if there is none."""
    fields = {"efficiency": "efficiency", "quiescent": "quiescent_w", "mass": "mass_kg", "volume": "volume_m3"}
    return Regulator(name, **_entry("regulators", name, fields))


def package(name: str) -> Package:
    """Return a package of the catalogue; KeyError if there is none."""
    return Package(
        name, **_entry("packages", name, {
            "theta_ja": "theta_ja_k_per_w", "mass": "mass_kg", "volume": "volume_m3", "cavity": "cavity_m2",
            "mass_over_die": "mass_over_die", "height_over_die": "height_over_die_m",
        })
    )  # fmt: skip


def allowance(name: str) -> Allowance:
    """Return a part beside the die; KeyError if there is none."""
    fields = {"mass": "mass_kg", "volume": "volume_m3", "power": "power_w"}
    return Allowance(name, **_entry("allowances", name, fields))


def material(name: str) -> Estimate:
    """Return the density of a board's material in kg/m3; KeyError if there is none."""
    return figure(data_file("swap.yaml")["materials"][name], f"density of {name}")


def constant(name: str) -> Estimate:
    """Return a constant of the catalogue."""
    return figure(data_file("swap.yaml")["constants"][name], name.replace("_", " "))


def limit(name: str) -> Estimate:
    """Return a limit that holds unless a mission sets its own."""
    return figure(data_file("swap.yaml")["limits"][name], f"limit of {name.replace('_', ' ')}")


def figure(entry: Mapping[str, Any], formula: str) -> Estimate:
    """Return the estimate written as ``{low, nominal, high | value, unit, source, verified}``, in SI."""
    factor, unit = UNITS[entry["unit"]]
    offset = ZERO_CELSIUS if entry["unit"] == "degC" else 0.0
    low, nominal, high = (entry.get(key, entry.get("value")) * factor + offset for key in ("low", "nominal", "high"))
    return Estimate(low, nominal, high, (Source(entry["source"], entry["verified"]),), formula, unit)


def _entry(section: Section, name: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """Fields of an entry by the names of its class."""
    found = data_file("swap.yaml")[section][name]
    numbers = {fields[key]: figure(value, f"{key.replace('_', ' ')} of {name}") for key, value in found.items()
               if key != "title"}  # fmt: skip
    return {"title": found["title"], **numbers}
