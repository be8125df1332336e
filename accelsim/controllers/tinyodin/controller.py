"""tinyODIN as a controller: a network trained off-line, its layers side by side on the crossbar.

Hidden and output neurons come first, so that only they are visited by an event; the rows of the inputs are the last
ones of the crossbar. Spikes of hidden neurons re-enter through the scheduler; an output neuron's row is empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.schema import Core
from accelsim.config.errors import ConfigError, Problem
from accelsim.config.model import Model
from accelsim.controllers.base import Request
from accelsim.controllers.event_driven import EventController, answer_by_count, paced
from accelsim.controllers.samples import Samples
from accelsim.controllers.synapses import pack_rows
from accelsim.controllers.tinyodin import codes
from accelsim.controllers.tinyodin.events import PHASES
from accelsim.controllers.tinyodin.settings import TinyOdinOptions, TinyOdinSettings
from accelsim.controllers.tinyodin.stages import stage_programs, stage_taps
from accelsim.controllers.tinyodin.state import OPEN_LOOP, allocate
from accelsim.datapath.fields import pack
from accelsim.datapath.probe import Taps
from accelsim.datapath.stages import Program
from accelsim.neurons.tinyodin_lif import LIF
from accelsim.plasticity.offline import Quantised, accuracy, activities, train_quantised

THRESHOLD_MAX = 2047
"""Highest threshold that a potential can reach."""


class TinyOdin(EventController):
    """A programmed tinyODIN core."""

    chip: ClassVar[str] = "accelsim.controllers.tinyodin.events"
    phases: ClassVar[tuple[str, ...]] = PHASES
    options_model: ClassVar[type[Model]] = TinyOdinOptions
    settings_model: ClassVar[type[Model]] = TinyOdinSettings

    def __init__(self, core: Core, request: Request, network: Quantised, float_accuracy: float) -> None:
        settings: TinyOdinSettings = request.settings
        self.settings = settings
        self.handshake = settings.handshake.cycles
        self.float_accuracy = float_accuracy
        self.sizes = [matrix.shape[1] for matrix in network.codes]
        self.inputs = network.codes[0].shape[0]
        self.state = allocate(core, sum(self.sizes))
        self.first_input = len(self.state.neurons) - self.inputs
        self.network = network

    @classmethod
    def build(cls, core: Core, request: Request) -> Self:
        """Train the network, and program the core with it (see `EventController`)."""
        populations = dict(request.populations)
        if request.rule is not None:
            raise ConfigError(Problem(path="learning", message="this core only infers; remove `learning`"))
        if request.examples is None:
            raise ConfigError(
                Problem(path="task", message="controller `tinyodin` needs a task with examples to train on")
            )
        middle = [name for name in populations if name not in ("input", "output")]
        sizes = [populations["input"], *(populations[name] for name in middle), populations["output"]]
        held = (core.memories["neurons"].capacity_words or 0) * core.memories["neurons"].items_per_word
        if sum(sizes) > held:
            message = f"{sum(sizes)} neurons, inputs included, are {sum(sizes) - held} more than the core's {held}"
            raise ConfigError(Problem(path="network", message=message))
        settings: TinyOdinSettings = request.settings
        inputs, label = request.examples(True)
        network = train_quantised(
            inputs, label, sizes, core.memories["synapses"].item_bits, request.generator("network.offline"),
            epochs=settings.epochs, rate=settings.rate, clip=settings.clip,
        )  # fmt: skip
        built = cls(core, request, network, accuracy(*request.examples(False), network.weights))
        built._program(inputs, request.spikes_per_sample)
        return built

    def _program(self, inputs: NDArray[np.float64], spikes_per_sample: float) -> None:
        """Fill in weights, thresholds and registers."""
        shape = self.state.shape
        matrix = np.zeros((len(self.state.neurons), shape.words * shape.items), np.int64)
        first, rows = 0, slice(self.first_input, self.first_input + self.inputs)
        for code in self.network.codes:
            columns = slice(first, first + code.shape[1])
            matrix[rows, columns] = code
            first, rows = columns.stop, columns
        self.state.synapses[:] = pack_rows(matrix, shape.item_bits, shape.items)
        thresholds = np.repeat(self._thresholds(inputs, spikes_per_sample), self.sizes)
        for n, threshold in enumerate(thresholds):
            self.state.neurons[n] = pack(LIF, {"thr": int(threshold), "leak_str": self.settings.leak})
        self.state.config[OPEN_LOOP] = self.settings.open_loop

    def _thresholds(self, inputs: NDArray[np.float64], spikes_per_sample: float) -> list[int]:
        """Threshold of every layer: a hidden one's from the input that its very active neurons get in a sample."""
        drive = activities(inputs, [code.astype(np.float64) for code in self.network.codes])
        thresholds: list[int] = []
        spikes = spikes_per_sample  # of a neuron of the layer before whose activity is 1
        for layer in range(1, len(self.sizes)):
            active = drive[layer][drive[layer] > 0]
            typical = float(np.percentile(active, 99)) if active.size else 1.0
            thresholds.append(int(np.clip(typical * spikes / self.settings.hidden_spikes, 1, THRESHOLD_MAX)))
            spikes /= thresholds[-1]
        return [*thresholds, self.settings.output_threshold]

    @property
    def populations(self) -> Mapping[str, int]:
        """Neurons that an event visits."""
        return {"recurrent": sum(self.sizes)}

    def set_learning(self, on: bool) -> None:
        """Nothing to do: the core only infers."""

    def stimulus(self, samples: Samples, i: int, period: int) -> NDArray[np.int64]:
        """Time references that clear the potentials, then the spikes of the inputs."""
        tick, address = samples.events_of(i)
        reset = np.full(self.settings.resets, codes.time_reference(self.state.shape))
        spikes = codes.neuron_event(self.state.shape, self.first_input + address)
        return paced(np.concatenate([reset, spikes]), np.concatenate([np.zeros_like(reset), tick]), period)

    def answer(self, spikes: NDArray[np.int64]) -> int:
        """The output neuron with most spikes."""
        return answer_by_count(spikes[sum(self.sizes[:-1]) : sum(self.sizes)])

    def programs(self) -> Mapping[str, Program]:
        """Program of the neuron."""
        return stage_programs(self.state.shape.item_bits)

    def taps(self) -> Taps:
        """Where their operands come by."""
        return stage_taps()

    def metrics(self) -> Mapping[str, float]:
        """Accuracy of the float network on the test examples."""
        return {"accuracy_float": self.float_accuracy}

    def weights(self) -> Mapping[str, NDArray[Any]]:
        """Codes of every layer."""
        return {f"w{layer}": code for layer, code in enumerate(self.network.codes)}
