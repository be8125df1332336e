"""What a device is made of, line by line: mass, volume and power of each part."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from accelsim.cost.account import in_unit
from accelsim.cost.bands import derived, less
from accelsim.cost.battery import GIVEN, given
from accelsim.technology import catalogue
from accelsim.technology.catalogue import Package
from accelsim.technology.estimate import Estimate
from accelsim.workload.mission import Board, OwnAllowance, OwnPackage


@dataclass(frozen=True)
class Part:
    """A line of the account; None where a part has no such figure of its own."""

    name: str
    mass_kg: Estimate | None
    volume_m3: Estimate | None
    power_w: Estimate | None

    def row(self) -> dict[str, Any]:
        """Return the part as a row of a table."""
        figures = [part for part in (self.mass_kg, self.volume_m3, self.power_w) if part is not None]
        return {
            "part": self.name,
            **in_unit("mass_g", self.mass_kg, 1e3),
            **in_unit("volume_mm3", self.volume_m3, 1e9),
            **in_unit("power_uw", self.power_w, 1e6),
            "provenance": "; ".join(part.provenance() for part in figures),
        }


@dataclass(frozen=True)
class Die:
    """The silicon: the core, a ring of pads around it, and the thickness it is ground to."""

    area_m2: Estimate
    mass_kg: Estimate
    volume_m3: Estimate


def die(core_m2: Estimate) -> Die:
    """Return the die of a square core."""
    ring = catalogue.constant("pad_ring")
    low, nominal, high = (
        (math.sqrt(core) + 2 * width) ** 2
        for core, width in zip(
            (core_m2.low, core_m2.nominal, core_m2.high), (ring.low, ring.nominal, ring.high), strict=True
        )
    )
    text = "square core with a ring of pads"
    area = derived((low, nominal, high), text, "m2", (core_m2.in_unit("m2"), ring))
    volume = area.scaled(catalogue.constant("die_thickness")).described("area of the die x thickness", "m3")
    mass = volume.scaled(catalogue.constant("silicon_density")).described("volume of the die x density", "kg")
    return Die(area, mass, volume)


def package(chosen: str | OwnPackage) -> Package:
    """Return the package of a mission, of the catalogue or of one's own."""
    if isinstance(chosen, str):
        return catalogue.package(chosen)
    return Package(
        "package", "package of the mission", given(chosen.theta_ja, "thermal resistance of the package", "K/W"),
        given(chosen.mass, "mass of the package", "kg"), given(chosen.volume, "volume of the package", "m3"),
        None if chosen.cavity is None else given(chosen.cavity, "room for a die", "m2"),
    )  # fmt: skip


def package_part(found: Package, inside: Die | None) -> Part:
    """Return a package without the die in it: a rated mass includes one."""
    name = f"package, {found.name}"
    if found.mass_over_die is not None:
        if inside is None:
            return Part(name, None, None, None)
        assert found.height_over_die_m is not None
        whole = inside.mass_kg.scaled(found.mass_over_die).described("mass of the package with its die", "kg")
        volume = inside.area_m2.scaled(found.height_over_die_m).described("area of the die x height", "m3")
        return Part(name, less(whole, inside.mass_kg, "mass of the package without its die"), volume, None)
    assert found.mass_kg is not None
    assert found.volume_m3 is not None
    if inside is None:
        return Part(name, found.mass_kg, found.volume_m3, None)
    mass = less(found.mass_kg, inside.mass_kg, "mass of the package without its die")
    return Part(name, mass, less(found.volume_m3, inside.volume_m3, "volume of the package without its die"), None)


def board_part(board: Board) -> Part:
    """Return a printed circuit: laminate and what is left of its copper."""
    area = given(board.area, "area of the board", "m2")
    volume = area * board.thickness
    laminate = volume.scaled(catalogue.material(board.material)).in_unit("kg")
    copper = catalogue.constant("copper_thickness").scaled(catalogue.constant("copper_share"))
    copper = copper.scaled(catalogue.constant("copper_density")) * board.copper_layers
    mass = (laminate + area.scaled(copper).described("copper of the board", "kg")).described("laminate + copper", "kg")
    return Part("board", mass, volume.described("area x thickness of the board", "m3"), None)


def allowance_part(chosen: str | OwnAllowance) -> Part:
    """Return a sensor, an antenna or another part of a mission."""
    if isinstance(chosen, str):
        known = catalogue.allowance(chosen)
        return Part(known.name.replace("_", " "), known.mass_kg, known.volume_m3, known.power_w)
    units = (("mass", "kg"), ("volume", "m3"), ("power", "W"))
    mass, volume, power = (
        Estimate.exact(getattr(chosen, name), GIVEN, f"{name} of {chosen.name}", unit) for name, unit in units
    )
    return Part(chosen.name, mass, volume, power)
