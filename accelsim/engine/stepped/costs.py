"""What the cores and the network of a stepped chip need, in ticks of the chip's timebase."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.config.errors import Problem, check
from accelsim.datapath.compile import inlined

EAST, WEST, NORTH, SOUTH = range(4)
"""Directions of a hop: x + 1, x - 1, y + 1, y - 1; a link has number 4 * router + direction."""

MAX_CORES = 1 << 16
MAX_TICKS = 1 << 40


class Mesh(NamedTuple):
    """Where cores and links are, for the kernels."""

    positions: NDArray[np.int64]
    """(2, cores): coordinates x and y of each core's router."""
    strides: NDArray[np.int64]
    """(2,): difference of router numbers over a hop along x and y."""
    wrap: NDArray[np.int64]
    """(2,): routers along x and y on a torus, zeros on a mesh."""


@dataclass(frozen=True)
class Grid:
    """Routers on a mesh or torus, each with the same number of cores; routes go along x first, then along y.

    Attributes
    ----------
    width, height : routers along x and y
    cores_per_router : core c sits at router c // cores_per_router
    order : numbering of the routers: "row" n = x + width*y, "column" n = height*x + y
    torus : whether the ends are linked; the shorter way is taken, a tie goes in the positive direction
    """

    width: int
    height: int
    cores_per_router: int = 1
    order: Literal["row", "column"] = "row"
    torus: bool = False

    def __post_init__(self) -> None:
        numbers = {name: getattr(self, name) for name in ("width", "height", "cores_per_router")}
        problems = [Problem(path=name, message=f"{found} is not > 0") for name, found in numbers.items() if found < 1]
        if not problems and self.cores >= MAX_CORES:
            problems.append(Problem(path="cores_per_router", message=f"{self.cores} cores are not < {MAX_CORES}"))
        check(problems)

    @property
    def routers(self) -> int:
        """Number of routers."""
        return self.width * self.height

    @property
    def cores(self) -> int:
        """Number of cores."""
        return self.routers * self.cores_per_router

    @property
    def links(self) -> int:
        """Number of links between routers, one for each direction."""
        along = [0 if side == 1 else 2 * (side if self.torus else side - 1) for side in (self.width, self.height)]
        return along[0] * self.height + along[1] * self.width

    @cached_property
    def mesh(self) -> Mesh:
        """Where cores and links are."""
        router = np.arange(self.cores) // self.cores_per_router
        if self.order == "row":
            positions, strides = [router % self.width, router // self.width], [1, self.width]
        else:
            positions, strides = [router // self.height, router % self.height], [self.height, 1]
        wrap = [self.width, self.height] if self.torus else [0, 0]
        return Mesh(np.array(positions), np.array(strides), np.array(wrap))

    def tiles(self, cores: NDArray[np.integer]) -> int:
        """Number of routers that serve at least one of these cores."""
        return len(np.unique(np.asarray(cores) // self.cores_per_router))


@inlined
def way(mesh: Mesh, axis: int, source: int, destination: int) -> int:
    """Hops from core to core along an axis, negative if downwards."""
    hops = mesh.positions[axis, destination] - mesh.positions[axis, source]
    around = mesh.wrap[axis]
    if around > 0:
        if 2 * hops > around:
            hops -= around
        elif 2 * hops <= -around:
            hops += around
    return hops


@inlined
def onward(mesh: Mesh, axis: int, place: int, hops: int) -> int:
    """Coordinate after one hop in the direction of `hops`."""
    place += 1 if hops > 0 else -1
    around = mesh.wrap[axis]
    if around > 0:
        place = place - around if place >= around else place + around if place < 0 else place
    return place


@dataclass(frozen=True)
class StepCosts:
    """Durations in ticks, sizes in messages.

    Attributes
    ----------
    access, update, spike : sender, per neuron accessed, updated, fired
    axon_out : sender, per message
    axon_in : receiver, per message
    synapse, dendrite : receiver, per synapse served
    dendrite_in_sender : whether the dendrite of every neuron works in the sender's loop too
    hop : east, west, north, south
    barrier : (tiles in use, duration): the entry with the largest number not above the tiles in use holds
    buffer : places of a router's input buffers, one buffer per link and per sending core
    receive_queue : places of a core's receive queue
    link : ticks for which a message holds a link
    """

    access: int
    update: int
    spike: int
    axon_out: int
    axon_in: int
    synapse: int
    dendrite: int = 0
    dendrite_in_sender: bool = False
    hop: tuple[int, int, int, int] = (0, 0, 0, 0)
    barrier: tuple[tuple[int, int], ...] = ((1, 0),)
    buffer: int = 16
    receive_queue: int = 16
    link: int = 1

    def __post_init__(self) -> None:
        found: list[tuple[str, Any, int]] = [
            (name, getattr(self, name), 0)
            for name in ("access", "update", "spike", "axon_out", "axon_in", "synapse", "dendrite", "link")
        ]
        found += [(f"hop.{i}", ticks, 0) for i, ticks in enumerate(self.hop)]
        found += [(f"barrier.{i}", ticks, 0) for i, (_, ticks) in enumerate(self.barrier)]
        found += [(name, getattr(self, name), 1) for name in ("buffer", "receive_queue")]
        problems = [
            Problem(path=name, message=f"{number} is not from {low} to {MAX_TICKS}")
            for name, number, low in found
            if not low <= number <= MAX_TICKS
        ]
        if min((tiles for tiles, _ in self.barrier), default=2) > 1:
            problems.append(Problem(path="barrier", message="has no entry for one tile"))
        check(problems)

    def barrier_ticks(self, tiles: int) -> int:
        """Duration of the barrier over this many tiles."""
        return max(entry for entry in self.barrier if entry[0] <= max(tiles, 1))[1]
