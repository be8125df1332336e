"""How one network of a chip with a phase table is spread over like cores, and what these send each other.

The recurrent neurons are cut into slices of whole blocks of the plasticity unit's lanes. A core holds the synapses onto
its neurons and those from its neurons to the outputs; one core holds the outputs themselves. In a time step a core
sends

- *spikes* of its neurons to every other core that holds neurons,
- *sums*, what its neurons add to each output, to the readout's core, if any of them fired,
- *errors* of the outputs, and the reward where there is one, from the readout's core to the others, if there is a
  target.

Cores wait for each other three times in a step with a target (before the errors are computed, before they are used and
at the end), else at its end alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from accelsim.architecture.roles import timing
from accelsim.config.model import Model, PathError

if TYPE_CHECKING:
    from accelsim.architecture.schema import Architecture

KINDS = ("spike", "sum", "error")
"""Kinds of messages."""
MAX_CYCLES = 1 << 20


class Exchange(Model):
    """Messages of a kind."""

    after: str = timing()
    """Phase after which they are sent."""
    receive: str = timing()
    """Phase of the receiver, which lasts so many cycles per message beside its other work; it repeats by the count
    `<kind>s_received`."""


class Partition(Model):
    """A network spread over cores."""

    policy: Literal["balance", "fill"] = timing("balance")
    """`balance`: as many blocks on each core; `fill`: the first cores are full."""
    neurons_per_core: int | None = timing(None, gt=0)
    """Room of a core; it is filled with whole blocks."""
    readout: int = timing(0, ge=0)
    """Core of the outputs; it must hold neurons too."""
    send_cycles: int = timing(1, gt=0, le=MAX_CYCLES)
    """Cycles of a core for each message that it sends."""
    barrier_cycles: int = timing(0, ge=0, le=MAX_CYCLES)
    """Cycles until every core knows that all have arrived at a point where they wait for each other."""
    spike: Exchange
    sum: Exchange
    error: Exchange

    @property
    def received(self) -> tuple[str, ...]:
        """Phases in which messages are received."""
        return tuple(getattr(self, kind).receive for kind in KINDS)


def partition_problems(architecture: Architecture) -> Iterator[PathError]:
    """What does not fit the core or the network between the cores."""
    partition, net, sequence = architecture.partition, architecture.interconnect, architecture.core.sequence
    if partition is None:
        return
    for kind in KINDS:
        for key, phase in getattr(partition, kind):
            if phase not in sequence:
                yield PathError(("partition", kind, key), f"`{phase}` is no phase in the core's `sequence`")
    order = [sequence.index(phase) for kind in KINDS if (phase := getattr(partition, kind).after) in sequence]
    if len(set(order)) < len(order) or order != sorted(order):
        yield PathError(("partition",), "spikes, sums and errors must be sent after phases in this order")
    if architecture.cores > 1 and (net is None or net.topology not in ("mesh", "torus")):
        yield PathError(("interconnect",), "cores that share a network need a `mesh` or a `torus`")
    elif net is not None and net.places is not None and architecture.cores > net.places:
        yield PathError(("cores",), f"{architecture.cores} cores, but the routers have room for {net.places}")
