"""Synthetic traffic: who sends to whom, and when.

Every terminal creates a packet in a cycle with probability load / size (Bernoulli injection), whatever happened before.
The patterns are the usual ones of the literature (W. J. Dally and B. Towles, Principles and Practices of
Interconnection Networks, 2004, section 3.2), with the details of BookSim 2.
"""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from accelsim.config.errors import ConfigError, Problem, choose_from
from accelsim.engine.noc.config import NocConfig
from accelsim.engine.noc.packets import Packets

Integers = NDArray[np.int64]
Place = tuple[Integers, Integers]

HOTSPOT_WEIGHT = 5
"""How much likelier the middle of the network is as a destination than other places (BookSim 2's example)."""
CHUNK_CYCLES = 512
"""Cycles that are drawn at once; each chunk has a random stream of its own, so that traffic can be prolonged."""


def _transpose(config: NocConfig, x: Integers, y: Integers) -> Place:
    if config.width != config.height:
        message = f"`transpose` needs a square network, not {config.width} x {config.height} routers"
        raise ConfigError(Problem(path="pattern", message=message))
    return y, x


def _bit_complement(config: NocConfig, x: Integers, y: Integers) -> Place:
    # Complementing the address bits mirrors both coordinates; stated so, it holds for any size.
    return config.width - 1 - x, config.height - 1 - y


def _tornado(config: NocConfig, x: Integers, y: Integers) -> Place:
    half_x, half_y = -(-config.width // 2) - 1, -(-config.height // 2) - 1
    return (x + half_x) % config.width, (y + half_y) % config.height


def _neighbour(config: NocConfig, x: Integers, y: Integers) -> Place:
    return (x + 1) % config.width, (y + 1) % config.height


_MOVES: dict[str, Callable[[NocConfig, Integers, Integers], Place]] = {
    "transpose": _transpose,
    "bit-complement": _bit_complement,
    "tornado": _tornado,
    "neighbour": _neighbour,
}
"""Patterns that send all packets of a router to one other; a terminal sends to the one with its own number there."""

PATTERNS = ("uniform", *_MOVES, "hotspot")
"""Names of the patterns.

uniform : any terminal, the own included
transpose : x and y swapped
bit-complement : both coordinates mirrored
tornado : ceil(k / 2) - 1 further along both dimensions, round the edge
neighbour : one further along both dimensions, round the edge
hotspot : any terminal, those in the middle (two by two routers in an even network) with five times the weight
"""


class Pattern:
    """A pattern on a network.

    Parameters
    ----------
    config : the network
    name : one of `PATTERNS`

    Raises
    ------
    ConfigError
        If there is no such pattern, or not on this network.
    """

    def __init__(self, config: NocConfig, name: str) -> None:
        if name not in PATTERNS:
            raise ConfigError(Problem(path="pattern", message=f"`{name}` is no pattern{choose_from(name, PATTERNS)}"))
        self.config, self.name = config, name
        self._target: Integers | None = None
        self._likely: NDArray[np.float64] | None = None
        x, y = config.positions(np.arange(config.cores))
        if name in _MOVES:
            to_x, to_y = _MOVES[name](config, x, y)
            router = to_x + config.width * to_y if config.order == "row" else to_x * config.height + to_y
            self._target = router * config.terminals + np.arange(config.cores) % config.terminals
        elif name == "hotspot":
            middle = _is_middle(config.width, x) & _is_middle(config.height, y)
            weight = np.cumsum(np.where(middle, HOTSPOT_WEIGHT, 1))
            self._likely = weight / weight[-1]

    def destinations(self, src: Integers, rng: np.random.Generator) -> Integers:
        """Destinations of packets from the terminals `src`: int[packets]."""
        if self._target is not None:
            return self._target[src]
        if self._likely is not None:
            return np.searchsorted(self._likely, rng.random(len(src)), side="right").astype(np.int64)
        return rng.integers(0, self.config.cores, len(src))


def _is_middle(side: int, at: Integers) -> NDArray[np.bool_]:
    return (at == side // 2) | (at == (side - 1) // 2)


def bernoulli(pattern: Pattern, load: float, size: int, cycles: int, seed: int) -> Packets:
    """Packets that the terminals create in the cycles 0 to cycles - 1, ordered by time and then by terminal.

    Parameters
    ----------
    load : flits per terminal and cycle
    size : flits per packet
    seed : the same seed, pattern, load and size give the same packets, and more cycles only add some
    """
    cores = pattern.config.cores
    times, sources, targets = [], [], []
    key = crc32(f"{pattern.name} {load!r} {size}".encode())
    for chunk, first in enumerate(range(0, cycles, CHUNK_CYCLES)):
        rng = np.random.default_rng([seed, key, chunk])
        time, src = np.nonzero(rng.random((CHUNK_CYCLES, cores)) < load / size)
        dst = pattern.destinations(src, rng)
        kept = np.searchsorted(time, cycles - first)
        times.append(first + time[:kept])
        sources.append(src[:kept])
        targets.append(dst[:kept])
    return Packets.of(np.concatenate(sources), np.concatenate(targets), size, np.concatenate(times))
