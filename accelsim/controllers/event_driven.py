"""What every controller of an event-driven core offers: a programmed core, and samples as events on its input link.

What such a core computes depends on the order in which it serves its events, so function and timing advance together:
the event engines call the chip's own functions (:attr:`EventController.chip`) on the state that is programmed here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.schema import Core
from accelsim.config.model import Model
from accelsim.controllers.base import SILENT, Request
from accelsim.controllers.samples import Samples
from accelsim.controllers.vocabulary import Vocabulary
from accelsim.datapath.probe import Taps
from accelsim.datapath.stages import Program
from accelsim.devices.state import Cells
from accelsim.technology.operations import OperationGraph


class EventController(ABC):
    """An event-driven core programmed for a network."""

    vocabulary: ClassVar[Vocabulary] = Vocabulary((), {}, ())
    """Its phase tables know no conditions or masks: what happens is decided event by event."""
    chip: ClassVar[str]
    """Module with the functions that the event engines call: `decide`, `wake`, `begin`, `work`, `licensed`, `sweep`."""
    phases: ClassVar[tuple[str, ...]]
    """Phases of the table by number."""
    learning_phases: ClassVar[tuple[str, ...]] = ()
    """Phases in which synapses learn, when learning is on; each execution is a learning event."""
    options_model: ClassVar[type[Model]]
    """Schema of `core.options`."""
    settings_model: ClassVar[type[Model]]
    consolidates: ClassVar[bool] = False
    """Schema of the workload's `settings.<controller>`."""

    state: Any
    """Memories and configuration, as the chip's functions take them."""
    handshake: tuple[int, int, int, int]
    """Delays of the outside world in cycles: sender lowers its request, waits before the next one; receiver raises and
    lowers its acknowledge."""

    @classmethod
    @abstractmethod
    def build(cls, core: Core, request: Request) -> Self:
        """A core programmed for a network, before its first sample.

        Raises
        ------
        ConfigError
            If the core cannot do what the workload asks; problem paths are `settings.<key>` or `core.<key>`.
        """

    @property
    @abstractmethod
    def populations(self) -> Mapping[str, int]:
        """Sizes of the populations over which the phase tables loop."""

    @abstractmethod
    def set_learning(self, on: bool) -> None:
        """Program the core for training or for inference, between two samples."""

    @abstractmethod
    def stimulus(self, samples: Samples, i: int, period: int) -> NDArray[np.int64]:
        """Everything that is sent to the core for sample `i`.

        Parameters
        ----------
        samples : Samples
        i : int
        period : int
            Clock cycles of a time step.

        Returns
        -------
        int64 array, shape (events, 2)
            Earliest cycle, counted from the beginning of the sample, and input word; in order.
        """

    @abstractmethod
    def answer(self, spikes: NDArray[np.int64]) -> int:
        """Class answered, from the spikes of every neuron during a sample; `SILENT` for none."""

    @abstractmethod
    def programs(self) -> Mapping[str, Program]:
        """Program of every stage of the datapath, traced from the functions that run."""

    def stages(self) -> Mapping[str, OperationGraph]:
        """Operation graph of every stage of the datapath."""
        return {name: program.graph() for name, program in self.programs().items()}

    @abstractmethod
    def taps(self) -> Taps:
        """Where the operands of every stage come by in the chip's kernels."""

    def state_bits(self) -> Mapping[str, int]:
        """Bits of each part of the state, by the names that `item_bits` of a memory may use."""
        return {}

    def metrics(self) -> Mapping[str, float]:
        """Figures that are known before the run, e.g. the accuracy of what the network was made from."""
        return {}

    @abstractmethod
    def weights(self) -> Mapping[str, NDArray[Any]]:
        """Present weights by matrix name, presynaptic index first."""

    def cells(self) -> Mapping[str, Cells]:
        """Cells of the synaptic memories."""
        return {}

    def age(self, ticks: int) -> None:
        """Bring what the cells hold up to date after some time steps; called at the end of every sample."""
        return


def answer_by_count(spikes: NDArray[np.int64]) -> int:
    """The neuron with most spikes, the first of equals; `SILENT` if none spiked."""
    return int(spikes.argmax()) if spikes.any() else SILENT


def paced(words: NDArray[np.int64], tick: NDArray[np.int64], period: int) -> NDArray[np.int64]:
    """Events of a sample spaced evenly within their time steps.

    Parameters
    ----------
    words : int64 array, (events,), in order
    tick : int64 array, (events,): time step of each, ascending
    period : int
        Cycles of a time step.
    """
    first = np.searchsorted(tick, tick, side="left")
    count = np.searchsorted(tick, tick, side="right") - first
    place = np.arange(len(tick)) - first
    return np.stack([tick * period + place * period // count, words], axis=1).astype(np.int64)
