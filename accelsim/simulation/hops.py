"""Energies of the hops of a chip of many cores: as given, or derived from a router and the link behind it.

A message is one flit.  It passes the router's buffer and crossbar, and wires as long as the tiles are wide, which
follow from the chip's area.  Leakage and idle clocks of the routers are part of the chip's own figures.
"""

from __future__ import annotations

from pathlib import Path

from accelsim.architecture.many_core import Hop, ManyCore
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.library import SUFFIXES
from accelsim.cost.components import OperatingPoint, cost_components
from accelsim.cost.interconnect import LinkComponent, RouterComponent, side_m
from accelsim.simulation.pricing import beside
from accelsim.technology.estimate import Estimate, Source
from accelsim.technology.node import technology_document, technology_of

DIRECTIONS = ("east", "west", "north", "south")
CLOCKLESS_HZ = 1.0
"""Nothing here is clocked."""


def hop_process(chip: ManyCore, document: Document) -> Document | None:
    """Return the technology file for hops whose energy is not given, or None without need or enough to go by.

    Raises
    ------
    ConfigError
        If the technology is a file that is missing or wrong.
    """
    if None not in (_hop(chip, direction).energy for direction in DIRECTIONS) or missing(chip):
        return None
    name = chip.technology
    is_file = name.endswith(SUFFIXES) or any((folder / name).is_file() for folder in (Path(), *beside(document)))
    try:
        return technology_document(name, beside(document))
    except ConfigError:
        if is_file:
            raise
        return None  # a process in words


def missing(chip: ManyCore) -> list[str]:
    """Return what the description must say for the energy of a hop to be derived, and does not."""
    return [key for key in ("technology", "voltage", "area") if not getattr(chip, key)]


def hop_energies(chip: ManyCore, process: Document | None) -> dict[str, Estimate]:
    """Return the energy (J) of a message's hop in every direction, 0 where it is neither given nor derived.

    Raises
    ------
    ConfigError
        If the process does not cover the chip's supply.
    """
    derived = (
        Estimate.exact(0.0, None, "energy of a hop, not given", "J") if process is None else _derived(chip, process)
    )
    return {direction: _given(chip, _hop(chip, direction)) or derived for direction in DIRECTIONS}


def unpriced(chip: ManyCore, process: Document | None) -> list[str]:
    """Return a warning if hops cost nothing because nobody says what they cost."""
    if process is not None or None not in (_hop(chip, direction).energy for direction in DIRECTIONS):
        return []
    why = " and ".join(f"`{key}`" for key in missing(chip)) + " missing" if missing(chip) else "`technology` names none"
    return [f"hops between routers cost nothing: no energy is given, and to derive one from a process, {why}"]


def _hop(chip: ManyCore, direction: str) -> Hop:
    found: Hop = getattr(chip.hop, direction)
    return found


def _given(chip: ManyCore, hop: Hop) -> Estimate | None:
    if hop.energy is None:
        return None
    source = Source(hop.source or chip.core.pipeline.source or "energy of a hop given in the architecture", "measured")
    return Estimate.exact(hop.energy, source, "energy of an action", "J")


def _derived(chip: ManyCore, process: Document) -> Estimate:
    net = chip.interconnect
    assert chip.voltage is not None
    assert chip.area is not None
    assert net.width is not None
    assert net.height is not None
    point = OperatingPoint(technology_of(process), chip.voltage, CLOCKLESS_HZ)
    whole = Estimate.exact(chip.area, Source("area given in the architecture", "measured"), "area of the chip", "m2")
    length = side_m(whole / (net.width * net.height)).described("side of a tile")
    costs = cost_components(
        [
            RouterComponent(
                "interconnect.router",
                4 + net.cores_per_router,
                net.router.flit_bits,
                net.router.buffer_flits,
                net.router.virtual_channels,
            ),
            LinkComponent("interconnect.link", net.router.flit_bits, length),
        ],
        point,
    ).components
    hop = costs["interconnect.router"].energy_j["flit"] + costs["interconnect.link"].energy_j["packet"]
    return hop.described("one flit through a router and over the link behind it", "J")
