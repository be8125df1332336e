"""Which core each neuron of a network lives on: as given, filled in order, balanced, or with little traffic.

Every policy returns a `CoreMap` within the limits of the cores, or raises a ConfigError that says what is short.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accelsim.config.errors import ConfigError, DoesNotFit, Problem, check, choose_from
from accelsim.mapping.adjacency import Adjacency
from accelsim.mapping.filling import Filled, fill_in_order, grow
from accelsim.mapping.limits import RESOURCES, UNLIMITED, CoreLimits, Usage, too_large
from accelsim.mapping.refinement import refine
from accelsim.mapping.tiles import message_hops, place_cores, traffic

_BISECTIONS = 30
_FAINT = 1e-9
"""Least weight of a neuron's messages, relative to the largest, so that silent neurons are mapped sensibly too."""


@dataclass(frozen=True, eq=False)
class CoreMap:
    """Neurons on cores.

    Attributes
    ----------
    core : (n,) int32
        Core of each neuron.
    usage : Usage
        What each core holds.
    """

    core: NDArray[np.int32]
    usage: Usage

    @property
    def cores_used(self) -> int:
        """Cores with at least one neuron."""
        return int((self.usage.neurons > 0).sum())


def given(network: Adjacency, cores: int, limits: CoreLimits, core: ArrayLike) -> CoreMap:
    """Check a mapping that the user gives, one core for each neuron.

    Raises
    ------
    ConfigError
        If the array is not a mapping, or a limit is exceeded.
    """
    values = np.asarray(core)
    if values.shape != (network.n,):
        raise ConfigError(Problem(path="core", message=f"has shape {values.shape}; expected ({network.n},)"))
    outside = (values < 0) | (values >= cores)
    if outside.any():
        at = int(np.argmax(outside))
        message = f"{values[at]} is not a core of 0 to {cores - 1}"
        raise ConfigError(Problem(path=f"core[{at}]", message=message))
    return _checked(network, values.astype(np.int32), cores, limits)


def spread(
    populations: Mapping[str, tuple[int, int]], cores_of: Mapping[str, Sequence[int]], cores: int
) -> NDArray[np.int32]:
    """Core of each neuron when every population is spread evenly, in order, over cores of its own choice.

    Parameters
    ----------
    populations : first neuron and the one after the last, of populations that follow each other from neuron 0 on.
    cores_of : cores of each population.
    cores : cores of the chip.

    Raises
    ------
    ConfigError
        If a population has no cores, is unknown, or a core does not exist.
    """
    check(_wrong_cores(populations, cores_of, cores))
    core = np.empty(max((end for _, end in populations.values()), default=0), np.int32)
    for name, (first, end) in populations.items():
        chosen = np.asarray(cores_of[name], np.int32)
        core[first:end] = chosen[np.arange(end - first) * chosen.size // max(end - first, 1)]
    return core


def fill(
    network: Adjacency, cores: int, limits: CoreLimits, populations: Mapping[str, tuple[int, int]] | None = None
) -> CoreMap:
    """Map neurons in the order of their ids, on the next core when a limit is reached.

    Parameters
    ----------
    populations : first neuron and the one after the last of populations that share no core, if any.

    Raises
    ------
    ConfigError
        If the network does not fit.
    """
    _check_room(too_large(network, limits))
    return _checked_fill(fill_in_order(network, cores, limits, _starts(network, populations)), network, cores, limits)


def balance(
    network: Adjacency,
    cores: int,
    limits: CoreLimits,
    work: ArrayLike | None = None,
    populations: Mapping[str, tuple[int, int]] | None = None,
) -> CoreMap:
    """Map neurons in the order of their ids so that the core with most work has as little as possible.

    Parameters
    ----------
    work : (n,) float
        Expected work of each neuron; by default one access and one event for each synapse onto it.
    populations : as for `fill`.

    Raises
    ------
    ConfigError
        If the network does not fit.
    """
    starts = _starts(network, populations)
    best = fill(network, cores, limits, populations)
    each: NDArray[np.float64] = np.asarray(1 + network.fan_in if work is None else work, np.float64)
    low, high = max(each.sum() / cores, each.max(initial=0.0)), _most(best, each)
    tried = low  # the bound itself may be feasible
    for _ in range(_BISECTIONS):
        if high - low <= 1e-6 * high:
            break
        filled = fill_in_order(network, cores, limits, starts, each, tried)
        if filled.fits:
            best = _checked(network, filled.core, cores, limits)
            high = _most(best, each)
        else:
            low = tried
        tried = (low + high) / 2
    return best


def minimise_traffic(
    network: Adjacency,
    cores: int,
    limits: CoreLimits,
    hops: NDArray[np.integer] | None = None,
    rates: ArrayLike | None = None,
    seed: int = 0,
) -> CoreMap:
    """Map neurons so that few messages are sent and, given the hops between cores, these go a short way.

    Neurons that share sources are gathered, on as few cores as the limits allow, or taken in order if that is better;
    then neurons are moved and exchanged between cores; then the cores are placed.  There are never more messages than
    with `fill`, nor more hops of messages.

    Parameters
    ----------
    hops : (cores, cores) int
        Hops between the routers of two cores, see `accelsim.mapping.tiles.hop_table`.
    rates : (n,) float
        Expected spikes of each neuron per step; equal by default.

    Raises
    ------
    ConfigError
        If the network does not fit.
    """
    _check_room(too_large(network, limits))
    weight = _weights(network.n, rates)
    ordered = fill_in_order(network, cores, limits, _starts(network, None))
    starts = [start.core for start in (grow(network, cores, limits, weight), ordered) if start.fits]
    if not starts:
        return _checked_fill(ordered, network, cores, limits)
    distance = np.ones((cores, cores), np.int32) - np.eye(cores, dtype=np.int32) if hops is None else hops

    def costs(core: NDArray[np.int32]) -> tuple[float, float]:
        messages = traffic(network, core, cores, weight)
        return messages.sum(), message_hops(messages, distance)

    start = min(starts, key=lambda core: sum(costs(core)))
    core = refine(network, start, cores, limits, weight, seed)
    core = place_cores(traffic(network, core, cores, weight), distance, seed)[core]
    if ordered.fits and np.any(np.array(costs(core)) > costs(ordered.core)):
        core = ordered.core
    return _checked(network, core, cores, limits)


def _weights(n: int, rates: ArrayLike | None) -> NDArray[np.float64]:
    """Positive weights, the largest 1."""
    weight = np.ones(n) if rates is None else np.asarray(rates, np.float64)
    largest = weight.max(initial=0.0)
    return np.maximum(weight / largest, _FAINT) if largest > 0 else np.ones(n)


def _starts(network: Adjacency, populations: Mapping[str, tuple[int, int]] | None) -> NDArray[np.bool_]:
    starts = np.zeros(network.n + 1, bool)
    for first, end in (populations or {}).values():
        starts[[first, end]] = True
    return starts[: network.n]


def _most(mapping: CoreMap, work: NDArray[np.float64]) -> float:
    return float(np.bincount(mapping.core, work, 1).max())


def _check_room(problems: Iterable[Problem]) -> None:
    """Raise `DoesNotFit` if there is any problem."""
    if found := tuple(problems):
        raise DoesNotFit(found)


def _checked(network: Adjacency, core: NDArray[np.int32], cores: int, limits: CoreLimits) -> CoreMap:
    usage = Usage.of(network, core, cores, limits)
    _check_room(usage.excess(limits))
    return CoreMap(core, usage)


def _checked_fill(filled: Filled, network: Adjacency, cores: int, limits: CoreLimits) -> CoreMap:
    _check_room(_short(filled, network, cores, limits))
    return _checked(network, filled.core, cores, limits)


def _short(filled: Filled, network: Adjacency, cores: int, limits: CoreLimits) -> Iterator[Problem]:
    """Yield what the whole chip lacks."""
    left = int((filled.core < 0).sum())
    if not left:
        return
    yield Problem(path="cores", message=f"{left} of {network.n} neurons are left when {cores} cores are full")
    needs = {"neurons": network.n, "synapses": network.source.size}
    by_senders = filled.room < limits.bound("neurons")
    for k, resource in enumerate(RESOURCES):
        ended = filled.full == k
        if resource == "neurons":
            ended &= ~by_senders
        if resource == "axons_out":
            ended = by_senders & (filled.full == 0)
        limit = limits.bound(resource)
        have = cores * limit
        if resource in needs and limit < UNLIMITED and needs[resource] > have:
            message = f"{needs[resource]} {resource} are {needs[resource] - have} more than the {have} of {cores} cores"
            yield Problem(path=f"limits.{resource}", message=message)
        elif ended.any():
            message = f"the {limit} {RESOURCES[resource]} of a core end {int(ended.sum())} of {cores} cores"
            yield Problem(path=f"limits.{resource}", message=message)


def _wrong_cores(
    populations: Mapping[str, tuple[int, int]], cores_of: Mapping[str, Sequence[int]], cores: int
) -> Iterator[Problem]:
    for name, chosen in cores_of.items():
        path = f"cores_of.{name}"
        if name not in populations:
            yield Problem(path=path, message=f"the network has no population `{name}`{choose_from(name, populations)}")
        for core in chosen:
            if not 0 <= core < cores:
                yield Problem(path=path, message=f"{core} is not a core of 0 to {cores - 1}")
    for name in populations:
        if not cores_of.get(name):
            yield Problem(path=f"cores_of.{name}", message=f"missing; expected the cores of population `{name}`")
