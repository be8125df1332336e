"""Latency against load: what a network takes of a traffic pattern.

A measurement runs the network for `warmup` cycles and observes the packets that are created in the `measure` cycles
after them; traffic goes on until they have all arrived, or `drain` further cycles are over.  This is BookSim 2's
protocol.  The saturation load is the one at which the mean latency is three times that at load 0.01, or the packets of
the window do not all arrive in time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from accelsim.config.errors import ConfigError, Problem
from accelsim.engine.noc.config import NocConfig
from accelsim.engine.noc.cycle import replay
from accelsim.engine.noc.packets import Delivered, Packets
from accelsim.engine.noc.traffic import Pattern, bernoulli

ZERO_LOAD = 0.01
"""Load at which packets hardly ever meet."""
OVERLOAD = 0.95
SATURATED = 3.0
"""Mean latency at saturation, in zero-load latencies."""
SUB_WINDOWS = 10
PRECISION = 0.01
"""Half the width of the bracket of the saturation load, relative to it, at which the search ends."""
GRID = (0.1, 0.25, 0.4, 0.55, 0.7, 0.8, 0.88, 0.94, 1.0)
"""Loads that are measured unless stated, relative to the saturation load."""
MIN_STEP = 1e-4
FIRST_TAIL = 512

Kind = Literal["zero", "grid", "search", "over"]


@dataclass(frozen=True)
class Windows:
    """Cycles of a measurement."""

    warmup: int = 1000
    measure: int = 4000
    drain: int = 4000

    @property
    def end(self) -> int:
        """Last cycle in which a packet of the window may arrive."""
        return self.warmup + self.measure + self.drain


@dataclass(frozen=True)
class Point:
    """One measurement; loads in flits per terminal and cycle, latencies in cycles.

    Attributes
    ----------
    kind : zero (load 0.01), grid, search (for the saturation load) or over (load 0.95)
    offered : load that the terminals create
    injected, accepted : load of the packets whose head entered, and whose tail left, the network in the window
    completed : whether all packets of the window arrived in time
    packets : packets of the window that arrived in time; the latencies are theirs
    latency, latency_sem : mean from creation to the tail's arrival, and its standard error from ten parts of the window
    network_latency : mean from the head's leaving the terminal
    p50, p95, p99, maximum : percentiles of the latency
    routers : mean number of routers on the way
    """

    kind: Kind
    offered: float
    injected: float
    accepted: float
    completed: bool
    packets: int
    latency: float | None
    latency_sem: float | None
    network_latency: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    maximum: int | None
    routers: float | None


@dataclass(frozen=True)
class Saturation:
    """Where a network saturates.

    Attributes
    ----------
    load : middle of the bracket that was found; 1 if the network takes that
    uncertainty : half the width of the bracket; None if the network takes a load of 1
    points : measurements of the search, overload first
    """

    load: float
    uncertainty: float | None
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Curve:
    """A latency-throughput curve: `points` by load, those of the search for the saturation load among them."""

    zero: Point
    saturation: Saturation
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Bench:
    """A network under a traffic pattern, ready to be measured.

    Attributes
    ----------
    size : flits per packet
    seed : of the traffic
    """

    config: NocConfig
    pattern: Pattern
    size: int = 1
    windows: Windows = Windows()
    seed: int = 0

    def measure(self, load: float, kind: Kind = "grid") -> Point:
        """Measure at a load."""
        packets, found = self._settled(load)
        return self._observe(kind, load, packets, found)

    def _settled(self, load: float) -> tuple[Packets, Delivered]:
        """Traffic that goes on until every packet of the window has arrived, or its time is over.

        Later packets cannot delay those that have arrived, so that little traffic after the window mostly does.
        """
        window_end = self.windows.warmup + self.windows.measure
        tail = min(FIRST_TAIL, self.windows.drain)
        while True:
            packets = bernoulli(self.pattern, load, self.size, window_end + tail, self.seed)
            found = replay(self.config, packets)
            last = found.t_tail[self._created_in_window(packets)].max(initial=0)
            if last < window_end + tail or tail == self.windows.drain:
                return packets, found
            tail = self.windows.drain

    def _created_in_window(self, packets: Packets) -> NDArray[np.bool_]:
        return self._in_window(packets.t_create)

    def _in_window(self, time: NDArray[np.int64]) -> NDArray[np.bool_]:
        return (time >= self.windows.warmup) & (time < self.windows.warmup + self.windows.measure)

    def _observe(self, kind: Kind, load: float, packets: Packets, found: Delivered) -> Point:
        windows = self.windows
        created = self._created_in_window(packets)
        seen = np.flatnonzero(created & (found.t_tail < windows.end))
        latency = found.t_tail[seen] - packets.t_create[seen]
        flits_per_cycle = self.size / (windows.measure * self.config.cores)
        p50, p95, p99 = np.percentile(latency, (50, 95, 99)).tolist() if len(seen) else (None, None, None)
        return Point(
            kind, load,
            injected=int(self._in_window(found.t_inject).sum()) * flits_per_cycle,
            accepted=int(self._in_window(found.t_tail).sum()) * flits_per_cycle,
            completed=len(seen) == int(created.sum()), packets=len(seen),
            latency=_mean(latency), latency_sem=self._standard_error(packets.t_create[seen], latency),
            network_latency=_mean(found.t_tail[seen] - found.t_inject[seen]),
            p50=p50, p95=p95, p99=p99,
            maximum=int(latency.max()) if len(seen) else None, routers=_mean(found.routers[seen]),
        )  # fmt: skip

    def _standard_error(self, time: NDArray[np.int64], latency: NDArray[np.int64]) -> float | None:
        part = (time - self.windows.warmup) * SUB_WINDOWS // self.windows.measure
        count = np.bincount(part, minlength=SUB_WINDOWS)
        if not count.all():
            return None
        means = np.bincount(part, latency, SUB_WINDOWS) / count
        return float(means.std(ddof=1) / np.sqrt(SUB_WINDOWS))


def _mean(values: NDArray[np.int64]) -> float | None:
    return float(values.mean()) if len(values) else None


def find_saturation(bench: Bench, zero_load_latency: float, progress: Callable[[], None] = lambda: None) -> Saturation:
    """Search for the load at which a network saturates, by bisection.

    The search starts around what the network accepts under overload and leaves that bracket if need be.

    Parameters
    ----------
    zero_load_latency : mean latency at load 0.01
    progress : called after every measurement
    """
    points: list[Point] = []

    def saturated(load: float, kind: Kind = "search") -> bool:
        point = bench.measure(load, kind)
        points.append(point)
        progress()
        return not point.completed or point.latency is None or point.latency >= SATURATED * zero_load_latency

    saturated(OVERLOAD, "over")
    low, high = 0.75 * points[0].accepted, min(1.25 * points[0].accepted, 1.0)
    while low > MIN_STEP and saturated(low):
        low, high = 0.6 * low, low
    if high > low / 0.6:
        high = min(low / 0.6, 1.0)
    while not saturated(high):
        if high == 1.0:
            return Saturation(1.0, None, tuple(points))
        low, high = high, min(high / 0.6, 1.0)
    while high - low > max(2 * PRECISION * low, MIN_STEP):
        middle = (low + high) / 2
        if saturated(middle):
            high = middle
        else:
            low = middle
    return Saturation((low + high) / 2, (high - low) / 2, tuple(points))


def measure_curve(
    bench: Bench, loads: Sequence[float] | None = None, progress: Callable[[], None] = lambda: None
) -> Curve:
    """Measure a latency-throughput curve.

    Parameters
    ----------
    loads : loads of the grid, flits per terminal and cycle; None: at nine shares of the saturation load
    progress : called after every measurement

    Raises
    ------
    ConfigError
        If there is no zero-load latency: no packet was created at load 0.01, or some did not arrive.
    """
    zero = bench.measure(ZERO_LOAD, "zero")
    progress()
    if zero.latency is None:
        message = f"no packet is created at load {ZERO_LOAD}; it takes a longer window or smaller packets"
        raise ConfigError(Problem(path="measure", message=message))
    if not zero.completed:
        message = f"packets do not arrive in time at load {ZERO_LOAD}; the network is saturated, or needs more time"
        raise ConfigError(Problem(path="drain", message=message))
    found = find_saturation(bench, zero.latency, progress)
    grid = []
    for load in loads if loads is not None else [share * found.load for share in GRID]:
        grid.append(bench.measure(load))
        progress()
    points = sorted([zero, *found.points, *grid], key=lambda point: point.offered)
    return Curve(zero, found, tuple(points))
