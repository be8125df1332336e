"""What every controller offers: the function of a core, fed with samples, telling activity and answers.

A controller is the sequencing of a core's function: in which order neurons, synapses and rules are visited and
which quirks that has.  It knows no time and no energy: the phase tables turn its activity into both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.schema import Core
from accelsim.config.errors import Problem, check
from accelsim.config.model import Model
from accelsim.controllers.activity import Activity
from accelsim.controllers.connections import Connections, Presence
from accelsim.controllers.lasting import Lasting, LearningBits
from accelsim.controllers.samples import Samples
from accelsim.controllers.vocabulary import Vocabulary
from accelsim.datapath.stages import Program
from accelsim.datapath.toggles import Operands
from accelsim.devices.cells import CellModel
from accelsim.devices.state import Cells
from accelsim.technology.operations import OperationGraph

SILENT = -2
"""Answer of a core that was asked and gave none: wrong."""


@dataclass(frozen=True)
class Request:
    """What a workload asks of a core.

    Attributes
    ----------
    populations : mapping of str to int
        Neurons of each population of the network.
    rule : str or None
        Plasticity rule; None for inference only.
    parameters : mapping of str to object
        Hyper-parameters of the rule.
    settings : Model
        The workload's settings for this controller (an instance of :attr:`Controller.settings_model`).
    seed : int
    consolidation : str or None
        What decides on top of the rule how plastic synapses are; None for nothing.
    consolidation_parameters : mapping of str to object
        Hyper-parameters of the consolidation.
    presence : Presence or None
        Which synapses are live, if they come and go.
    """

    populations: Mapping[str, int]
    rule: str | None
    parameters: Mapping[str, Any]
    settings: Any
    seed: int
    examples: Callable[[bool], tuple[NDArray[np.float64], NDArray[np.int32]]] | None = None
    """Inputs between 0 and 1, (examples, inputs), and classes of the training (True) or test part of a task that has
    such examples."""
    spikes_per_sample: float = 0.0
    """Spikes of an input of 1 in a sample, where the task has examples."""
    cells: Mapping[str, CellModel] = field(default_factory=dict)
    """Cells of the memories that are not ideal."""
    tick_s: float = 0.0
    """Time step of the outside world."""
    consolidation: str | None = None
    consolidation_parameters: Mapping[str, Any] = field(default_factory=dict)
    presence: Presence | None = None

    def generator(self, component: str) -> np.random.Generator:
        """The random stream of a component: independent of every other component's."""
        return np.random.default_rng(np.random.SeedSequence([self.seed, crc32(component.encode())]))


@dataclass(frozen=True)
class Outcome:
    """What a chunk of samples gave.

    Attributes
    ----------
    activity : Activity
        One row of counts per time step of the chunk; masks for the ticks asked for.
    answers : int32 array, shape (samples,)
        Class answered for each sample, -1 where none was asked for, :data:`SILENT` where none came.
    record : object
        The controller's own recordings, if asked for.
    errors : float64 array, shape (samples,), or None
        Of regressions: mean squared error of the outputs where they count, in units of an output; nan where none does.
    """

    activity: Activity
    answers: NDArray[np.int32]
    record: Any = None
    errors: NDArray[np.float64] | None = None


def check_populations(controller: str, wanted: Iterable[str], populations: Mapping[str, int]) -> None:
    """Raise `ConfigError` if a network lacks a population that a controller works on."""
    known = ", ".join(populations)
    check(
        Problem(path="network", message=f"controller `{controller}` needs a population `{name}`; there are: {known}")
        for name in wanted
        if name not in populations
    )


class Controller(ABC):
    """Function of a core for one network; keeps its state from chunk to chunk."""

    vocabulary: ClassVar[Vocabulary]
    options_model: ClassVar[type[Model]]
    """Schema of `core.options`."""
    settings_model: ClassVar[type[Model]]
    """Schema of the workload's `settings.<controller>`."""
    consolidates: ClassVar[bool] = False
    """Whether it runs a consolidation on top of a rule."""
    rewires: ClassVar[bool] = False
    """Whether its synapses can come and go."""
    graded: ClassVar[bool] = False
    """Whether events carry payloads, and a sample is one time step; otherwise they are spikes."""

    state: Any
    """Everything that the core keeps, as arrays in nested tuples or dataclasses."""

    @classmethod
    @abstractmethod
    def build(cls, core: Core, request: Request) -> Self:
        """A core programmed for a network, before its first sample.

        Raises
        ------
        ConfigError
            If the core cannot do what the workload asks; problem paths are `settings.<key>` or `core.<key>`.
        """

    @abstractmethod
    def run(self, samples: Samples, *, masks: range = range(0), states: bool = False) -> Outcome:
        """Process a chunk of samples.

        Parameters
        ----------
        samples : Samples
        masks : range
            Ticks of the chunk for which to record where each mask holds (needed to place events in time).
        states : bool
            Also record internal states, in the controller's own form.
        """

    @abstractmethod
    def operands(self, samples: Samples) -> Mapping[str, Operands]:
        """What the stages see in some time steps of a sample, from the present state on, which stays as it is.

        Parameters
        ----------
        samples : Samples
            One sample; where it is learnt from, time steps in which synapses change are among those chosen.

        Returns
        -------
        mapping of str to Operands
            Of the stages that run in these time steps.
        """

    @abstractmethod
    def programs(self) -> Mapping[str, Program]:
        """Program of every stage of the datapath, traced from the functions that run."""

    def stages(self) -> Mapping[str, OperationGraph]:
        """Operation graph of every stage of the datapath."""
        return {name: program.graph() for name, program in self.programs().items()}

    def state_bits(self) -> Mapping[str, int]:
        """Bits of each part of the state, by the names that `item_bits` of a memory may use."""
        return {}

    def sizes(self) -> Mapping[str, int]:
        """What memories hold beside populations of the network, by :data:`accelsim.architecture.indices.SIZES`."""
        return {}

    @abstractmethod
    def weights(self) -> Mapping[str, NDArray[Any]]:
        """Present weights by matrix name, presynaptic index first."""

    def cell_writes(self) -> Mapping[str, NDArray[np.uint32]]:
        """How often the value of each weight has changed since the core was built, as `weights`; where counted."""
        return {}

    def cells(self) -> Mapping[str, Cells]:
        """Cells of the synaptic memories."""
        return {}

    def connections(self) -> Mapping[str, Connections]:
        """Synapses that come and go, by matrix."""
        return {}

    def learning_bits(self) -> LearningBits | None:
        """What the words of the rules take; None if the core does not tell."""
        return None

    def lasting(self) -> Mapping[str, Lasting]:
        """What outlives a sample, by the memory that holds it; nothing if the core does not tell."""
        return {}
