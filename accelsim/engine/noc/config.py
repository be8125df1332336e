"""Parameters of a network on chip."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accelsim.architecture.interconnect import Interconnect
from accelsim.config.errors import ConfigError, Problem

LOCAL = 4
"""Ports 0 to 3 lead to x+1, x-1, y+1, y-1; port 4 and those above it to the router's own terminals."""
MAX_INPUTS = 62
"""Input virtual channels of one router: a set of them is one machine word."""
MAX_LATENCY = 4096


@dataclass(frozen=True)
class NocConfig:
    """A mesh or torus of routers with dimension-order routing, one or more terminals at each.

    Core c is terminal c: it sits at router c // terminals.  All delays are in cycles; allocating a virtual channel and
    allocating the crossbar take a cycle each.  A flit that leaves the crossbar in cycle t is in the next router's
    buffer in t + link + 1.  Links between routers and terminals have latency 1.

    Attributes
    ----------
    width, height : routers along x and y
    torus : whether the ends are linked; the shorter way is taken, a tie goes in the positive direction
    terminals : terminals of each router
    vcs : virtual channels of each input port; a torus needs two or more
    buffer : flits of each virtual channel's buffer
    routing : cycles of route computation; 0 is look-ahead
    crossbar : cycles of crossbar traversal; 0 only with `single_cycle`
    link_x, link_y : latency of the links along x and y, for flits and for credits
    credit : cycles a router takes to process a credit
    eject_buffer : flits that a terminal takes per virtual channel before it returns credits; None: `buffer`
    pipelined : whether routing and crossbar stages of two cycles or more take new flits every cycle.  BookSim 2 does
        not pipeline them: with False each router's stage is one batch server
    single_cycle : allocations and crossbar in the cycle of arrival (a router for spikes of one flit)
    networks : separate networks side by side; core c sends on network c % networks
    order : numbering of the routers: "row" n = x + width*y, "column" n = height*x + y
    ties : which way packets take on a torus if both are as long; "random" as in stock BookSim 2
    allocation : cycles of crossbar allocation; 1 with `single_cycle`
    """

    width: int
    height: int
    torus: bool = False
    terminals: int = 1
    vcs: int = 1
    buffer: int = 8
    routing: int = 1
    crossbar: int = 1
    link_x: int = 1
    link_y: int = 1
    credit: int = 0
    eject_buffer: int | None = None
    pipelined: bool = True
    single_cycle: bool = False
    networks: int = 1
    order: Literal["row", "column"] = "row"
    ties: Literal["positive", "random"] = "positive"
    allocation: int = 1

    def __post_init__(self) -> None:
        bounds = {
            "width": (1, 1024), "height": (1, 1024), "terminals": (1, MAX_INPUTS), "vcs": (1, MAX_INPUTS),
            "buffer": (1, 1 << 16), "routing": (0, MAX_LATENCY), "crossbar": (int(not self.single_cycle), MAX_LATENCY),
            "link_x": (0, MAX_LATENCY), "link_y": (0, MAX_LATENCY), "credit": (0, MAX_LATENCY), "networks": (1, 2),
            "allocation": (1, 1 if self.single_cycle else MAX_LATENCY),
        }  # fmt: skip
        problems = [
            Problem(path=name, message=f"{getattr(self, name)} is not from {low} to {high}")
            for name, (low, high) in bounds.items()
            if not low <= getattr(self, name) <= high
        ]
        if self.eject_buffer is not None and self.eject_buffer < 1:
            problems.append(Problem(path="eject_buffer", message=f"{self.eject_buffer} is not > 0"))
        if self.ports * self.vcs > MAX_INPUTS:
            message = f"{self.ports} ports of {self.vcs} channels are more than {MAX_INPUTS} inputs of a router"
            problems.append(Problem(path="vcs", message=message))
        if self.torus and self.vcs < 2:
            problems.append(Problem(path="vcs", message="a torus needs 2 virtual channels or more, or it deadlocks"))
        if problems:
            raise ConfigError(problems)

    @property
    def routers(self) -> int:
        """Routers of one network."""
        return self.width * self.height

    @property
    def cores(self) -> int:
        """Terminals in all."""
        return self.routers * self.terminals

    @property
    def ports(self) -> int:
        """Ports of a router, the same for inputs and outputs."""
        return LOCAL + self.terminals

    @property
    def receive_buffer(self) -> int:
        """Flits that a terminal takes per virtual channel."""
        return self.buffer if self.eject_buffer is None else self.eject_buffer

    def positions(self, cores: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Coordinates x and y of the routers of cores."""
        router = np.asarray(cores, np.int64) // self.terminals
        if self.order == "row":
            return router % self.width, router // self.width
        return router // self.height, router % self.height

    def with_(self, **changes: object) -> Self:
        """The same network with other parameters."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def router_latency(self) -> int:
        """Cycles from a head flit's arrival in a router's empty buffer to its leaving the crossbar."""
        return self.routing + self.crossbar + (0 if self.single_cycle else self.allocation)

    def latency(self, hops_x: int, hops_y: int, size: int = 1) -> int:
        """Cycles from the creation of a packet to its tail's arrival in an empty network.

        Holds where a buffer covers the credit loop; from BookSim 2's stage timing.
        """
        routers = hops_x + hops_y + 1
        links = hops_x * (self.link_x + 1) + hops_y * (self.link_y + 1)
        return 4 + routers * self.router_latency() + links + (size - 1) * self.allocation


def noc_config(interconnect: Interconnect) -> NocConfig:
    """The network that a mesh or torus of an architecture describes.

    Raises
    ------
    ConfigError
        If it is impossible.
    """
    router = interconnect.router
    assert interconnect.width is not None
    assert interconnect.height is not None
    return NocConfig(
        interconnect.width, interconnect.height, interconnect.topology == "torus", interconnect.cores_per_router,
        router.virtual_channels, router.buffer_flits, router.routing_cycles, router.crossbar_cycles,
        router.link_cycles if router.link_cycles_x is None else router.link_cycles_x,
        router.link_cycles if router.link_cycles_y is None else router.link_cycles_y,
        router.credit_cycles, router.receive_flits, router.pipelined, router.single_cycle, interconnect.networks,
        interconnect.order,
    )  # fmt: skip
