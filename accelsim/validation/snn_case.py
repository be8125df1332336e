"""The chip and the totals of a golden case of kind `snn-chip-steps`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from accelsim.config.errors import ConfigError, Problem
from accelsim.config.model import Model
from accelsim.engine.stepped.bound import ActionEnergies
from accelsim.engine.stepped.costs import Grid, StepCosts

TICK_S = 1e-10
"""Timebase in which every duration of the cases is a whole number."""


class Directions(Model):
    """A cost of a hop in each direction."""

    north: float
    south: float
    east: float
    west: float

    def scaled(self, factor: float) -> tuple[float, float, float, float]:
        """East, west, north, south."""
        return (self.east * factor, self.west * factor, self.north * factor, self.south * factor)


class Chip(Model):
    """The chip of a case: seconds and joules."""

    mesh_x: int = Field(gt=0)
    mesh_y: int = Field(gt=0)
    cores_per_tile: int = Field(gt=0)
    link_buffer: int
    neurons_per_core: int
    hop_latency: Directions
    hop_energy: Directions
    axon_in_latency: float
    axon_in_energy: float
    synop_latency: float
    synop_energy: float
    dendrite_latency: float
    dendrite_energy: float
    soma_access_latency: float
    soma_access_energy: float
    soma_update_latency: float
    soma_update_energy: float
    spike_latency: float
    spike_energy: float
    axon_out_latency: float
    axon_out_energy: float
    barrier_table: dict[int, float]
    input_accumulate: Literal["before_soma", "inside_dendrite"]

    def grid(self) -> Grid:
        """Routers and cores; tiles are numbered down a column first."""
        return Grid(self.mesh_x, self.mesh_y, self.cores_per_tile, order="column")

    def costs(self) -> StepCosts:
        """Durations in ticks."""
        east, west, north, south = map(_ticks, self.hop_latency.scaled(1.0))
        return StepCosts(
            access=_ticks(self.soma_access_latency),
            update=_ticks(self.soma_update_latency),
            spike=_ticks(self.spike_latency),
            axon_out=_ticks(self.axon_out_latency),
            axon_in=_ticks(self.axon_in_latency),
            synapse=_ticks(self.synop_latency),
            dendrite=_ticks(self.dendrite_latency),
            dendrite_in_sender=self.input_accumulate == "inside_dendrite",
            hop=(east, west, north, south),
            barrier=tuple((tiles, _ticks(time)) for tiles, time in sorted(self.barrier_table.items())),
            buffer=self.link_buffer,
        )

    def energies(self) -> ActionEnergies:
        """Energy of each action, in pJ."""
        return ActionEnergies(
            access=self.soma_access_energy * 1e12,
            update=self.soma_update_energy * 1e12,
            spike=self.spike_energy * 1e12,
            axon_out=self.axon_out_energy * 1e12,
            axon_in=self.axon_in_energy * 1e12,
            synapse=self.synop_energy * 1e12,
            dendrite=self.dendrite_energy * 1e12,
            dendrite_in_sender=self.input_accumulate == "inside_dendrite",
            hop=self.hop_energy.scaled(1e12),
        )


class Totals(Model):
    """Sums over all steps."""

    fired: int
    updated: int
    synops: int
    messages: int
    hops: int
    energy_total: float
    time_simple: float
    time_detailed: float
    time_cycle: float | None = None


class Case(Model):
    """The schema of `case.yaml`."""

    case: str
    steps: int = Field(gt=0)
    neurons: int = Field(gt=0)
    synapses: int = Field(ge=0)
    neuron_model: Literal["leaky_integrate_fire", "truenorth"]
    architecture: Chip
    totals: Totals


def _ticks(seconds: float) -> int:
    ticks = round(seconds / TICK_S)
    if abs(ticks * TICK_S - seconds) > 1e-6 * TICK_S:
        raise ConfigError(Problem(path="architecture", message=f"{seconds} s is no multiple of {TICK_S} s"))
    return ticks
