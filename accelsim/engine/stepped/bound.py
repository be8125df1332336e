"""Sums of a step's work: the time below which no schedule can go, and the energy, which no schedule changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.stepped.chunk import StepChunk
from accelsim.datapath.compile import inner
from accelsim.engine.stepped.costs import Grid, Mesh, onward, way
from accelsim.engine.stepped.messages import TAIL, TimedMessages


class Work(NamedTuple):
    """Work of each step, in ticks."""

    send: NDArray[np.int64]
    """(steps, cores): ticks of the senders."""
    receive: NDArray[np.int64]
    """(steps, cores): ticks of the receivers."""

    @property
    def bound(self) -> NDArray[np.int64]:
        """(steps,): ticks of the busiest pipeline of any core, without the barrier."""
        return np.maximum(self.send, self.receive).max(axis=1)


def work(messages: TimedMessages, cores: int) -> Work:
    """Sums of the work of each step."""
    sums = Work(*np.zeros((2, messages.steps, cores), np.int64))
    _sum(messages, sums)
    return sums


@inner
def _sum(messages: TimedMessages, sums: Work) -> None:
    for step in range(messages.step_start.size - 1):
        send, receive = sums.send[step], sums.receive[step]
        for i in range(messages.step_start[step], messages.step_start[step + 1]):
            send[messages.source[i]] += messages.gen[i]
            if messages.destination[i] != TAIL:
                receive[messages.destination[i]] += messages.proc[i]


def link_messages(messages: TimedMessages, grid: Grid) -> NDArray[np.int64]:
    """Messages over each link; shape (steps, 4 * routers), link 4 * router + direction leaves its router."""
    counts = np.zeros((messages.steps, 4 * grid.routers), np.int64)
    _count_links(messages, grid.mesh, counts)
    return counts


@inner
def _count_links(messages: TimedMessages, mesh: Mesh, counts: np.ndarray) -> None:
    for step in range(messages.step_start.size - 1):
        for i in range(messages.step_start[step], messages.step_start[step + 1]):
            source, destination = messages.source[i], messages.destination[i]
            if destination == TAIL:
                continue
            router = mesh.positions[0, source] * mesh.strides[0] + mesh.positions[1, source] * mesh.strides[1]
            for axis in range(2):
                hops = way(mesh, axis, source, destination)
                direction = 2 * axis + (1 if hops < 0 else 0)
                place = mesh.positions[axis, source]
                for _ in range(abs(hops)):
                    counts[step, 4 * router + direction] += 1
                    after = onward(mesh, axis, place, hops)
                    router += (after - place) * mesh.strides[axis]
                    place = after


@dataclass(frozen=True)
class ActionEnergies:
    """Energy of each action, in pJ.

    Attributes
    ----------
    access, update, spike : per neuron accessed, updated, fired; inputs are free
    axon_out, axon_in : per message
    synapse, dendrite : per synapse served
    dendrite_in_sender : whether the dendrite of every neuron works in the sender's loop too
    hop : east, west, north, south
    """

    access: float
    update: float
    spike: float
    axon_out: float
    axon_in: float
    synapse: float
    dendrite: float = 0.0
    dendrite_in_sender: bool = False
    hop: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


def energies_pj(
    chunk: StepChunk, energies: ActionEnergies, neurons: int, inputs: int
) -> dict[str, NDArray[np.float64]]:
    """Energy of each step by part of the chip, and the total: counts of actions times the energy of each.

    Parameters
    ----------
    chunk : counts of the steps
    energies : energy of each action
    neurons, inputs : neurons of the network, and the inputs among them
    """
    dendrites = chunk.synops + (neurons if energies.dendrite_in_sender else 0)
    soma = (neurons - inputs) * energies.access
    soma = soma + (chunk.updated - chunk.inputs_fired) * energies.update
    soma = soma + (chunk.fired - chunk.inputs_fired) * energies.spike
    network = chunk.messages_sent * (energies.axon_out + energies.axon_in)
    parts = {
        "synapse": chunk.synops * energies.synapse,
        "dendrite": dendrites * energies.dendrite,
        "soma": soma,
        "network": network + chunk.hops_by_direction @ np.array(energies.hop),
    }
    return parts | {"total": np.sum(list(parts.values()), axis=0)}
