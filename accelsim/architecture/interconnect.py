"""What connects the cores: links between two, a network of routers, or a bus."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from accelsim.architecture.roles import cost, functional, timing
from accelsim.config.model import Model, PathError, PathErrors

MAX_SIDE = 1024
MAX_CYCLES = 4096
"""Bound of router and link delays; beyond it something is mistyped."""
PRESETS: dict[str, dict[str, Any]] = {
    "spike": {"routing_cycles": 0, "crossbar_cycles": 0, "single_cycle": True},
}
"""Routers by name: values of the fields that the user leaves out."""


class Link(Model):
    """A link from the output of one core to the input of another, or of several cores to one."""

    source: int = functional(ge=0, alias="from")
    """Core that sends."""
    target: int = functional(ge=0, alias="to")
    """Core that receives."""
    shift: int = functional(0, ge=0, le=62)
    """Places by which a packet is shifted to the left to make an input word."""
    add: int = functional(0, ge=0, le=1 << 62)
    """What is added to it then."""


class Router(Model):
    """A router with input buffers and credits; delays in ticks of the chip's timebase."""

    preset: Literal["spike"] | None = timing(None)
    """`spike`: a router that passes a flit in the cycle of its arrival, with defaults of its own for the rest."""
    virtual_channels: int = timing(1, gt=0, le=16)
    """Virtual channels of each input; a torus needs two or more."""
    buffer_flits: int = timing(8, gt=0, le=1 << 16)
    """Flits of each virtual channel's buffer."""
    receive_flits: int | None = timing(None, gt=0, le=1 << 16)
    """Flits of a core's receive queue per virtual channel; without it as many as a buffer."""
    routing_cycles: int = timing(1, ge=0, le=MAX_CYCLES)
    """Computing a route; 0 is look-ahead."""
    crossbar_cycles: int = timing(1, ge=0, le=MAX_CYCLES)
    """Passing the crossbar."""
    credit_cycles: int = timing(0, ge=0, le=MAX_CYCLES)
    """Processing a credit."""
    link_cycles: int = timing(1, ge=0, le=MAX_CYCLES)
    """Latency of a link between routers, for flits and for credits."""
    link_cycles_x: int | None = timing(None, ge=0, le=MAX_CYCLES)
    """The same of the links along x, where it differs."""
    link_cycles_y: int | None = timing(None, ge=0, le=MAX_CYCLES)
    """The same of the links along y."""
    pipelined: bool = timing(True)
    """Whether stages of two cycles and more take flits every cycle; BookSim 2 does not pipeline them."""
    single_cycle: bool = timing(False)
    """Whether channel, crossbar and passage are had in one cycle."""
    flit_bits: int = cost(32, gt=0, le=4096)
    """Width of a flit."""

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, given: Any) -> Any:
        if isinstance(given, dict) and isinstance(given.get("preset"), str):
            return PRESETS.get(given["preset"], {}) | given
        return given

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.crossbar_cycles == 0 and not self.single_cycle:
            raise PathError(("crossbar_cycles",), "0 is for a router with `single_cycle`")
        return self


class Bus(Model):
    """A bus that all cores share; one packet has it at a time, and cores take turns."""

    arbitration_cycles: int = timing(1, ge=0, le=MAX_CYCLES)
    """Choosing the core that sends next; the bus is at rest meanwhile."""
    flit_cycles: int = timing(1, gt=0, le=MAX_CYCLES)
    """A flit's time on the bus."""


class Interconnect(Model):
    """What connects the cores; with direct links, a core without one sends to the outside."""

    topology: Literal["direct", "mesh", "torus", "bus"] = functional("direct")
    """`direct`: links between two cores; `mesh`, `torus`: a router for every few cores; `bus`: one for all."""
    links: tuple[Link, ...] = functional(())
    """Direct links."""
    width: int | None = timing(None, gt=0, le=MAX_SIDE)
    """Routers along x."""
    height: int | None = timing(None, gt=0, le=MAX_SIDE)
    """Routers along y."""
    cores_per_router: int = timing(1, gt=0, le=58)
    """Cores at each router, each with ports of its own; core c sits at router c // cores_per_router."""
    order: Literal["row", "column"] = timing("row")
    """Numbering of the routers: n = x + width*y, or down the columns, n = height*x + y."""
    networks: Literal[1, 2] = timing(1)
    """Physically separate networks. Of two, cores of even number send on the first and others on the second, so that
    the packets of a core stay in order; every core receives from both."""
    noc: Literal["cycle", "transaction", "ideal"] = timing("cycle")
    """How close it is simulated: flit by flit, message by message, or without contention."""
    router: Router = Field(default_factory=Router)
    """Routers of a mesh or torus."""
    bus: Bus = Field(default_factory=Bus)
    """The bus."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        problems = []
        if self.topology == "direct" and not self.links:
            problems.append(PathError(("links",), "missing; direct links have to be listed"))
        if self.topology != "direct" and self.links:
            problems.append(PathError(("links",), f"only direct links are listed, not those of a {self.topology}"))
        if self.topology in ("mesh", "torus"):
            for side in ("width", "height"):
                if getattr(self, side) is None:
                    problems.append(PathError((side,), f"missing; a {self.topology} needs `width` and `height`"))
            if (4 + self.cores_per_router) * self.router.virtual_channels > 62:
                message = f"{4 + self.cores_per_router} ports of so many channels are more than 62 inputs of a router"
                problems.append(PathError(("router", "virtual_channels"), message))
        if self.topology == "torus" and self.router.virtual_channels < 2:
            message = "a torus needs 2 virtual channels or more, or it deadlocks"
            problems.append(PathError(("router", "virtual_channels"), message))
        if problems:
            raise PathErrors(problems)
        return self

    @property
    def places(self) -> int | None:
        """Cores that there is room for, or None if there is no bound."""
        if self.width is None or self.height is None:
            return None
        return self.width * self.height * self.cores_per_router
