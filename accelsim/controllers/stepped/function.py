"""A network on a barrier-synchronised chip, run step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accelsim.config.errors import ConfigError, Problem
from accelsim.controllers.stepped.chunk import Messages, StepChunk
from accelsim.controllers.stepped.delivery import advance
from accelsim.controllers.stepped.network import NetworkData
from accelsim.controllers.stepped.population import MODELS, Population, population
from accelsim.controllers.stepped.rows import Rows, sort_rows
from accelsim.controllers.stepped.state import COLUMNS, COUNTS, EAST, Layout, Recording, State

_ROOM = 1 << 14


@dataclass(frozen=True)
class Routers:
    """Router of each core.

    Attributes
    ----------
    x, y : int array, shape (cores,)
    wrap : pair of int
        Columns and rows of a torus; (0, 0) for a mesh.
    """

    x: NDArray[np.int32]
    y: NDArray[np.int32]
    wrap: tuple[int, int] = (0, 0)


class SteppedNetwork:
    """Function of a chip that separates time steps by barriers; keeps its state from chunk to chunk.

    In a step every core visits its neurons in the order of their ids: each takes the sum of weights that arrived,
    updates its state and may fire. Then each spike is delivered, as one message for each core that has targets. A spike
    of step t reaches the update of step t + 1, with delay d that of step t + 1 + d.

    Make one with :meth:`build`.
    """

    def __init__(self, state: State, neurons: Population, rows: Rows, layout: Layout) -> None:
        self._state, self._neurons, self._rows, self._layout = state, neurons, rows, layout
        self._slot = np.empty(layout.neuron.size, np.int32)
        self._slot[layout.neuron] = np.arange(layout.neuron.size, dtype=np.int32)
        self._room = [_ROOM, _ROOM]

    @classmethod
    def build(
        cls,
        network: NetworkData,
        core_of_neuron: ArrayLike,
        neuron_model: str,
        routers: Routers,
        send_order: Sequence[int] | NDArray[np.integer] | None = None,
    ) -> Self:
        """A network mapped on cores, before its first step.

        Parameters
        ----------
        network : NetworkData
        core_of_neuron : (n,) int
        neuron_model : {"lif", "truenorth"}
        routers : Routers
        send_order : destination cores in the order in which every neuron sends to them; others follow in ascending
            order. Ascending if None.

        Raises
        ------
        ConfigError
            If the neuron model's parameters or the mapping are wrong.
        """
        cores, n = routers.x.size, network.n
        core = np.asarray(core_of_neuron)
        if core.shape != (n,):
            raise ConfigError(Problem(path="core", message=f"has shape {core.shape}; expected ({n},)"))
        order = np.asarray([] if send_order is None else send_order, np.int64)
        for name, values in (("core", core), ("core_send_order", order)):
            if values.size and (values.min() < 0 or values.max() >= cores):
                at = int(np.argmax((values < 0) | (values >= cores)))
                message = f"{values[at]} is not a core of 0 to {cores - 1}"
                raise ConfigError(Problem(path=f"{name}[{at}]", message=message))
        if np.unique(order).size != order.size:
            raise ConfigError(Problem(path="core_send_order", message="names a core twice"))
        rank = np.empty(cores, np.int32)
        rank[np.concatenate([order, np.setdiff1d(np.arange(cores), order)])] = np.arange(cores)

        neuron = np.argsort(core, kind="stable")
        slot = np.empty(n, np.int32)
        slot[neuron] = np.arange(n)
        group = core[neuron].astype(np.int32)
        is_input = np.zeros(n, bool) if network.is_input is None else network.is_input
        neurons = population(neuron_model, network.parameters, neuron, is_input)
        rows = sort_rows(network, slot, group, rank)
        padded = neurons.values.shape[1]
        ring = int(rows.delay.max(initial=0)) + 1
        state = State(
            model=list(MODELS).index(neuron_model),
            progress=np.zeros(2, np.int64),
            current=np.full((ring, padded), -0.0),
            fired=np.zeros(padded, np.uint8),
            active=np.zeros(padded, np.uint8),
            spikes=np.zeros(n, np.int32),
        )
        layout = Layout(
            first_slot=np.searchsorted(group, np.arange(cores + 1)).astype(np.int32),
            core=group,
            neuron=neuron.astype(np.int32),
            accesses_before=np.concatenate([[0], np.cumsum(~is_input[neuron])]).astype(np.int32),
            inputs=slot[network.inputs],
            raster=np.zeros((0, 0), np.uint8) if network.raster is None else network.raster.astype(np.uint8),
            x=routers.x.astype(np.int32),
            y=routers.y.astype(np.int32),
            wrap=np.array(routers.wrap, np.int32),
        )
        return cls(state, neurons, rows, layout)

    @property
    def steps_done(self) -> int:
        """Steps run so far."""
        return int(self._state.progress[0])

    @property
    def nbytes(self) -> int:
        """Memory of the synapses, in bytes."""
        return self._rows.nbytes

    def run(self, steps: int, *, messages: bool = True, probes: ArrayLike = ()) -> StepChunk:
        """Run further steps.

        Parameters
        ----------
        steps : int
        messages : whether to record the messages; they are counted in any case.
        probes : neurons whose potentials to record.

        Raises
        ------
        ConfigError
            If the raster of the inputs has too few steps, or there is no such neuron to probe.
        """
        start, layout = self.steps_done, self._layout
        if layout.inputs.size and start + steps > layout.raster.shape[0]:
            message = f"holds {layout.raster.shape[0]} steps, fewer than the {start + steps} to run"
            raise ConfigError(Problem(path="raster", message=message))
        wanted = np.asarray(probes, np.int64)
        if wanted.size and (wanted.min() < 0 or wanted.max() >= self._slot.size):
            message = f"names a neuron that is none of 0 to {self._slot.size - 1}"
            raise ConfigError(Problem(path="probes", message=message))
        probed = self._slot[wanted]
        columns = len(COLUMNS) if messages else 0
        recording = Recording(
            start=start,
            counts=np.zeros((steps, len(COUNTS)), np.int64),
            first_spike=np.zeros(steps + 1, np.int64),
            spikes=np.empty(self._room[0], np.int32),
            first_message=np.zeros(steps + 1, np.int64),
            messages=np.empty((columns, self._room[1]), np.int32),
            probes=probed,
            potentials=np.zeros((steps, probed.size)),
        )
        while not advance(self._state, self._neurons, self._rows, layout, recording, start + steps):
            recording = self._more_room(recording)
        return _chunk(recording, steps)

    def _more_room(self, full: Recording) -> Recording:
        """Room for what the next step needs, and twice as much as so far."""
        fired = np.flatnonzero(self._state.fired)
        segments = self._rows.first_segment
        row = self.steps_done - 1 - full.start
        needed = fired.size, int((segments[fired + 1] - segments[fired]).sum()) + self._layout.first_slot.size
        used = full.first_spike[row], full.first_message[row]
        self._room = [max(int(u + n), 2 * room) for u, n, room in zip(used, needed, self._room, strict=True)]
        spikes = np.empty(self._room[0], np.int32)
        spikes[: used[0]] = full.spikes[: used[0]]
        messages = np.empty((full.messages.shape[0], self._room[1]), np.int32)
        messages[:, : used[1]] = full.messages[:, : used[1]]
        return full._replace(spikes=spikes, messages=messages)


def _chunk(recording: Recording, steps: int) -> StepChunk:
    counts, ends = recording.counts, (recording.first_spike[steps], recording.first_message[steps])
    by_name = {name: np.ascontiguousarray(counts[:, i]) for i, name in enumerate(COUNTS[:EAST])}
    messages = None
    if recording.messages.shape[0]:
        messages = Messages(recording.first_message, *(column[: ends[1]] for column in recording.messages))
    return StepChunk(
        start=recording.start,
        fired=by_name["fired"],
        inputs_fired=by_name["inputs_fired"],
        updated=by_name["updated"],
        synops=by_name["synops"],
        messages_sent=by_name["messages"],
        hops_by_direction=counts[:, EAST:],
        spike_start=recording.first_spike,
        spike_neuron=recording.spikes[: ends[0]],
        messages=messages,
        potentials=recording.potentials,
    )
