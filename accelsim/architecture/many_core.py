"""The schema of chips of many like cores that advance in common time steps, set apart by a barrier or a fixed tick.

A core is a pipeline of units, axon-in, synapse, dendrite, soma and axon-out, each with a latency and an energy per
action. Such chips need no clock: time is counted in a timebase that divides every latency.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from accelsim.architecture.interconnect import Interconnect
from accelsim.architecture.roles import cost, functional, note, timing
from accelsim.architecture.schema import PublishedFigure
from accelsim.config.document import Document
from accelsim.config.model import Model, PathError, PathErrors
from accelsim.config.quantity import Area, Energy, Power, Time, Voltage, format_quantity

MAX_CORES = 65_535
MAX_TICKS = 1 << 31
"""Longest latency, in ticks of the timebase."""


class Action(Model):
    """What a unit does once."""

    latency: Annotated[Time, Field(ge=0)] = timing(0.0)
    """How long the unit is busy with it."""
    energy: Annotated[Energy, Field(ge=0)] = cost(0.0)
    """What it costs."""
    source: str = note("")
    """Where the two come from, if not from where the pipeline's `source` says."""


class Soma(Model):
    """The unit that updates neurons: actions add up."""

    access: Action = Action()
    """Every neuron with state, in every step."""
    update: Action = Action()
    """Neurons that had something to compute, or fired."""
    spike: Action = Action()
    """Neurons that fired."""


class Pipeline(Model):
    """Units of a core. The sender (soma, axon-out) and the receiver (axon-in, synapse, dendrite) work side by side."""

    axon_in: Action = Action()
    """A message received."""
    synapse: Action = Action()
    """A synapse served."""
    dendrite: Action = Action()
    """A weight added to its neuron's sum."""
    soma: Soma = Soma()
    axon_out: Action = Action()
    """A message sent."""
    accumulator: Literal["before_soma", "inside_dendrite"] = timing("before_soma")
    """Whether sums wait before the soma, or in the dendrite, which then works for every neuron in every step too."""
    receive_queue: int = timing(16, gt=0, le=1 << 16)
    """Messages that wait for a core's axon-in."""
    source: str = note("")
    """Where latencies and energies come from."""


class Limits(Model):
    """What a core has room for; what is not given is not bounded."""

    neurons: int | None = timing(None, gt=0)
    """Neurons of a core."""
    synapses: int | None = timing(None, gt=0)
    """Synapses onto the neurons of a core."""
    axons_in: int | None = timing(None, gt=0)
    """Distinct source neurons with a synapse on the core."""
    axons_out: int | None = timing(None, gt=0)
    """Pairs of a neuron of the core and a core that it sends to."""


class SteppedCore(Model):
    """One of the like cores."""

    controller: Literal["stepped"] = functional()
    """All neurons are updated, then all spikes delivered, step by step."""
    neuron: str = functional()
    """Neuron model."""
    limits: Limits = Limits()
    pipeline: Pipeline = Pipeline()


class Hop(Model):
    """A message's way from a router to the next."""

    latency: Annotated[Time, Field(ge=0)] = timing(0.0)
    """How long it takes."""
    energy: Annotated[Energy, Field(ge=0)] | None = cost(None)
    """What it costs; without it, what a router and a link cost in the process that `technology` names."""
    source: str = note("")
    """Where the two come from, if not from where the pipeline's `source` says."""


class Hops(Model):
    """Hops by direction."""

    east: Hop = Hop()
    """x increases."""
    west: Hop = Hop()
    north: Hop = Hop()
    """y increases."""
    south: Hop = Hop()


class Barrier(Model):
    """The end of a time step across the chip."""

    tiles: int = timing(gt=0)
    """From how many routers with neurons on..."""
    latency: Annotated[Time, Field(ge=0)] = timing()
    """...it takes so long."""


class ManyCore(Model):
    """A chip of many like cores."""

    architecture: str = note()
    """Name of the chip."""
    description: str = note("")
    """What it is, in a line."""
    technology: str = cost("")
    """Process, in words or, for hops whose energy is not given, as a shipped process or a technology file."""
    voltage: Voltage | None = cost(None)
    """Supply that the energies hold for."""
    timebase: Annotated[Time, Field(gt=0)] = timing()
    """Unit of time: every latency is a whole number of it."""
    cores: int = timing(gt=0, le=MAX_CORES)
    """Cores that the chip has."""
    core: SteppedCore
    """What each of them is."""
    interconnect: Interconnect
    """What connects them."""
    hop: Hops = Hops()
    """Hops between routers; with `noc: cycle` their latency is that of the links beside the routers' own."""
    barrier: tuple[Barrier, ...] = timing(())
    """Duration of the barrier by tiles in use: the entry with the largest number not above it holds."""
    network_cycle: Annotated[Time, Field(gt=0)] = timing(1e-9)
    """A cycle of the routers, with `noc: cycle`."""
    tick: Annotated[Time, Field(gt=0)] | None = timing(None)
    """Fixed period of the steps: a step that is done earlier waits; one that is not is late."""
    leakage: Power | None = cost(None)
    """Of the whole chip."""
    area: Area | None = cost(None)
    """Of the whole chip."""
    published: tuple[PublishedFigure, ...] = note(())
    """Published figures to compare with."""
    learning: str | None = note(None)
    """Description, with plasticity units, for workloads that learn: a file beside this one or a shipped name."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if problems := list(self._problems()):
            raise PathErrors(problems)
        return self

    def _problems(self) -> Iterator[PathError]:
        if self.interconnect.topology not in ("mesh", "torus"):
            yield PathError(("interconnect", "topology"), "cores with a common time step need a `mesh` or a `torus`")
        places = self.interconnect.places
        if places is not None and self.cores > places:
            yield PathError("cores", f"{self.cores} cores, but the routers have room for {places}")
        for path, seconds in self._latencies():
            ticks = seconds / self.timebase
            if abs(ticks - round(ticks)) > 1e-6:
                shown, base = format_quantity(seconds, "s"), format_quantity(self.timebase, "s")
                yield PathError(path, f"{shown} is no whole number of timebases of {base}")
            elif ticks > MAX_TICKS:
                yield PathError(path, f"{format_quantity(seconds, 's')} is more than {MAX_TICKS} timebases")
        numbers = [entry.tiles for entry in self.barrier]
        for i, tiles in enumerate(numbers):
            if i and tiles <= numbers[i - 1]:
                yield PathError(("barrier", i, "tiles"), f"{tiles} is not more than the {numbers[i - 1]} before it")
        if numbers and numbers[0] != 1:
            yield PathError(("barrier", 0, "tiles"), f"the first entry must hold from 1 tile on, not from {numbers[0]}")

    def _latencies(self) -> Iterator[tuple[tuple[str | int, ...], float]]:
        pipeline = self.core.pipeline
        for name in ("axon_in", "synapse", "dendrite", "axon_out"):
            yield ("core", "pipeline", name, "latency"), getattr(pipeline, name).latency
        for name in ("access", "update", "spike"):
            yield ("core", "pipeline", "soma", name, "latency"), getattr(pipeline.soma, name).latency
        for name in ("east", "west", "north", "south"):
            yield ("hop", name, "latency"), getattr(self.hop, name).latency
        for i, entry in enumerate(self.barrier):
            yield ("barrier", i, "latency"), entry.latency
        yield ("network_cycle",), self.network_cycle
        if self.tick is not None:
            yield ("tick",), self.tick

    def ticks(self, seconds: float) -> int:
        """A latency in ticks of the timebase."""
        return round(seconds / self.timebase)


def is_many_core(document: Document) -> bool:
    """Whether an architecture document describes a chip of many like cores."""
    core = document.data.get("core")
    return isinstance(core, dict) and core.get("controller") == "stepped"
