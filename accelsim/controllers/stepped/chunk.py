"""What a network did in a number of steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Column = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Messages:
    """Messages by step, then source core, then in the order of sending.

    A core that visits neurons after its last message of a step, or sends none, has a tail marker at the end of its
    messages: it goes nowhere (`destination_core` and `neuron` -1). Its work may be inputs only, which cost nothing.

    Attributes
    ----------
    step_start : int64 array, shape (steps + 1,)
        Where each step's messages start.
    neuron, source_core, destination_core : int32 array
    synops : int32 array
        Synapses served at the destination.
    neurons, accesses, updates, spikes : int32 array
        The sender's work since its message before: neurons visited, those of them with state, those that had something
        to compute, those that fired. Inputs count as visited only. All of a neuron's work is with its first message.
    """

    step_start: Counts
    neuron: Column
    source_core: Column
    destination_core: Column
    synops: Column
    neurons: Column
    accesses: Column
    updates: Column
    spikes: Column


@dataclass(frozen=True, eq=False)
class StepChunk:
    """Activity of consecutive steps.

    Attributes
    ----------
    start : int
        Number of the first step.
    fired, updated, synops, messages_sent, hops : int64 array, shape (steps,)
        Neurons that fired; that had something to compute or fired; synapses served; messages; links they crossed.
    inputs_fired : int64 array, shape (steps,)
        Input neurons among those that fired and were updated.
    hops_by_direction : int64 array, shape (steps, 4)
        East (x increases), west, north (y increases), south.
    spike_start : int64 array, shape (steps + 1,)
    spike_neuron : int32 array
        Neurons that fired, by core and id within a step.
    messages : Messages or None
    potentials : float64 array, shape (steps, probes)
        After the neuron phase.
    """

    start: int
    fired: Counts
    inputs_fired: Counts
    updated: Counts
    synops: Counts
    messages_sent: Counts
    hops_by_direction: Counts
    spike_start: Counts
    spike_neuron: Column
    messages: Messages | None
    potentials: NDArray[np.float64]

    @property
    def steps(self) -> int:
        """Number of steps."""
        return self.fired.size

    @property
    def hops(self) -> Counts:
        """Links crossed by the messages of each step."""
        return self.hops_by_direction.sum(axis=1)
