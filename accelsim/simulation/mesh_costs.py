"""Costs of a chip of like cores and of the mesh between them, from those of one core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from accelsim.architecture.partition import KINDS
from accelsim.architecture.schema import Architecture
from accelsim.cost.account import CLOCK, core_area_m2
from accelsim.cost.components import ComponentCost, ComponentCosts, cost_components
from accelsim.cost.interconnect import LinkComponent, RouterComponent, side_m
from accelsim.technology.estimate import Estimate

ROUTER, LINK = "interconnect.router", "interconnect.link"
"""Components of the mesh; their actions are the kinds of messages."""


def chip_costs(core: ComponentCosts, architecture: Architecture) -> ComponentCosts:
    """Costs of all cores and of the mesh, where a chip has several that share a network.

    All cores are built alike, those that hold no neurons too. A message is one flit; links are as long as the square
    of a router's cores is wide, and their wires take no area of their own.
    """
    net = architecture.interconnect
    if architecture.partition is None or architecture.cores == 1 or net is None:
        return core
    assert net.width is not None
    assert net.height is not None
    length = side_m(core_area_m2(core) * net.cores_per_router).described("side of the cores of a router")
    mesh = cost_components(
        [
            RouterComponent(
                ROUTER,
                4 + net.cores_per_router,
                net.router.flit_bits,
                net.router.buffer_flits,
                net.router.virtual_channels,
                net.width * net.height * net.networks,
            ),
            LinkComponent(LINK, net.router.flit_bits, length),
        ],
        core.point,
    ).components
    return replace(
        core,
        components={
            **{name: _built(part, architecture.cores) for name, part in core.components.items()},
            **{name: _by_kind(part) for name, part in mesh.items()},
        },
    )


def _built(part: ComponentCost, times: int) -> ComponentCost:
    """A component of all cores: an action is that of one of them, but the clock that of all."""
    energy: Mapping[str, Estimate] = {
        action: each * times if action == CLOCK else each for action, each in part.energy_j.items()
    }
    return replace(
        part,
        energy_j=energy,
        leakage_w=part.leakage_w * times,
        area_m2=part.area_m2 * times,
        instances=part.instances * times,
    )


def _by_kind(part: ComponentCost) -> ComponentCost:
    """A component of the mesh, with an action of its own for each kind of message."""
    (flit,) = (energy for action, energy in part.energy_j.items() if action != CLOCK)
    clock = {action: energy for action, energy in part.energy_j.items() if action == CLOCK}
    return replace(part, energy_j={**dict.fromkeys(KINDS, flit), **clock})
