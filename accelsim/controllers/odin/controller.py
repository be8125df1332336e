"""ODIN as a controller: a layer of output neurons that learns by spike-driven plasticity.

The rows of the inputs come first on the crossbar, the output neurons behind them; every other neuron's output is
disabled, though each event visits them all. Only the synapses from inputs to outputs are mapped, so only they learn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.schema import Core
from accelsim.config.errors import Problem, check, choose_from
from accelsim.config.model import Model
from accelsim.controllers.base import Request
from accelsim.controllers.event_driven import EventController, answer_by_count, paced
from accelsim.controllers.odin import codes
from accelsim.controllers.odin.events import PHASES
from accelsim.controllers.odin.settings import OdinOptions, OdinSettings
from accelsim.controllers.odin.stages import stage_programs, stage_taps
from accelsim.controllers.odin.state import OPEN_LOOP, allocate
from accelsim.controllers.samples import Samples
from accelsim.controllers.synapses import pack_rows, unpack_rows
from accelsim.datapath.fields import halves, pack
from accelsim.datapath.probe import Taps
from accelsim.datapath.stages import Program
from accelsim.datapath.words import Word
from accelsim.devices.draw import allocate_cells
from accelsim.devices.kernels import age_items
from accelsim.devices.state import ON, Cells
from accelsim.neurons.odin_lif import LIF

RULE = "sdsp"
MEMORY = "synapses"


class Odin(EventController):
    """A programmed ODIN core."""

    chip: ClassVar[str] = "accelsim.controllers.odin.events"
    phases: ClassVar[tuple[str, ...]] = PHASES
    learning_phases: ClassVar[tuple[str, ...]] = ("pop_neuron",)
    options_model: ClassVar[type[Model]] = OdinOptions
    settings_model: ClassVar[type[Model]] = OdinSettings

    def __init__(self, core: Core, request: Request, neurons: int) -> None:
        self.settings: OdinSettings = request.settings
        self.handshake = self.settings.handshake.cycles
        self.inputs, self.outputs = request.populations["input"], request.populations["output"]
        self.first_output = self.inputs
        self.state = allocate(core, neurons)
        self.trained_samples = 0
        self._learning: bool | None = None

    @classmethod
    def build(cls, core: Core, request: Request) -> Self:
        """Program the core with random weights (see `EventController`)."""
        check(_problems(core, request))
        memory = core.memories["neurons"]
        built = cls(core, request, (memory.capacity_words or 0) * memory.items_per_word)
        built._program(request.generator("synapses"))
        if MEMORY in request.cells:
            built._put_in_cells(request)
        return built

    def _put_in_cells(self, request: Request) -> None:
        """Hold the weights of mapped synapses in cells that are not ideal."""
        shape = self.state.shape
        synapses = unpack_rows(self.state.synapses, shape.neurons, shape.item_bits, shape.items)
        mapped = synapses >> (shape.item_bits - 1)
        weights = synapses & ((1 << (shape.item_bits - 1)) - 1)
        cells = allocate_cells(
            request.cells[MEMORY], weights, Word(shape.item_bits - 1, signed=False),
            request.generator(f"core.{MEMORY}.cells"), tick_s=request.tick_s, used=mapped != 0,
        )  # fmt: skip
        self.state.synapses[:] = pack_rows(mapped << (shape.item_bits - 1) | weights, shape.item_bits, shape.items)
        self.state = self.state._replace(cells=cells)

    def _program(self, rng: np.random.Generator) -> None:
        """Draw weights, map the synapses, switch every other neuron off."""
        shape, settings = self.state.shape, self.settings
        mapped = 1 << (shape.item_bits - 1)
        low, high = settings.initial_weights
        matrix = np.zeros((shape.neurons, shape.neurons), np.int64)
        outputs = slice(self.first_output, self.first_output + self.outputs)
        matrix[: self.inputs, outputs] = rng.integers(low, high + 1, (self.inputs, self.outputs)) | mapped
        if settings.inhibition:
            matrix[outputs, outputs] = (settings.inhibition | mapped) * (1 - np.eye(self.outputs, dtype=np.int64))
            self.state.sign[outputs] = 1
        self.state.synapses[:] = pack_rows(matrix, shape.item_bits, shape.items)
        self.state.config[OPEN_LOOP] = settings.open_loop
        idle = halves(pack(LIF, {"lif": 1, "thr": 255, "disable": 1}))
        self.state.low[:], self.state.high[:] = idle
        self.set_learning(False)

    @property
    def populations(self) -> Mapping[str, int]:
        """All neurons of the crossbar: an event visits each of them."""
        return {"recurrent": self.state.shape.neurons}

    def set_learning(self, on: bool) -> None:
        """Program threshold and calcium of the output neurons; without calcium nothing is learnt."""
        if on:
            self.trained_samples += 1
        if on == self._learning:
            return
        self._learning = on
        fields = self.settings.neuron.model_dump()
        inference = fields.pop("thr_inference")
        fields |= {"lif": 1, "leak_en": 1, "ca_en": int(on), "thr": fields["thr"] if on else inference}
        low, high = halves(pack(LIF, fields))
        outputs = slice(self.first_output, self.first_output + self.outputs)
        self.state.low[outputs], self.state.high[outputs] = low, high

    def stimulus(self, samples: Samples, i: int, period: int) -> NDArray[np.int64]:
        """Time references and drift, then the spikes of the inputs with the teacher's events among them."""
        shape, settings = self.state.shape, self.settings
        tick, address = samples.events_of(i)
        begin = np.full(settings.resets, codes.time_reference(shape))
        due = samples.training[i] and settings.drift_every and self.trained_samples % settings.drift_every == 0
        if due:
            begin = np.append(begin, codes.bistability(shape))
        words = codes.neuron_event(shape, address)
        if samples.training[i] and len(words) > settings.teacher.after_events:
            at, target = settings.teacher.after_events, self.first_output + int(samples.label[i])
            signal = np.full(settings.teacher.events, codes.virtual_event(shape, target, settings.teacher.weight))
            words = np.concatenate([words[:at], signal, words[at:]])
            tick = np.concatenate([tick[:at], np.full(len(signal), tick[at]), tick[at:]])
        return paced(np.concatenate([begin, words]), np.concatenate([np.zeros_like(begin), tick]), period)

    def answer(self, spikes: NDArray[np.int64]) -> int:
        """The output neuron with most spikes."""
        return answer_by_count(spikes[self.first_output : self.first_output + self.outputs])

    def programs(self) -> Mapping[str, Program]:
        """Programs of both neuron models and of the plasticity."""
        return stage_programs(self.state.shape.item_bits - 1)

    def taps(self) -> Taps:
        """Where their operands come by."""
        return stage_taps()

    def cells(self) -> Mapping[str, Cells]:
        """Cells of the mapped synapses, if they are not ideal."""
        return {MEMORY: self.state.cells} if self.state.cells.law[ON] else {}

    def age(self, ticks: int) -> None:
        """Bring the weights up to date after some time steps."""
        shape = self.state.shape
        age_items(self.state.cells, self.state.synapses, shape.words, shape.item_bits, shape.items, ticks)

    def weights(self) -> Mapping[str, NDArray[Any]]:
        """Weights from inputs to outputs."""
        shape = self.state.shape
        items = unpack_rows(self.state.synapses, shape.neurons, shape.item_bits, shape.items)
        weights = items & ((1 << (shape.item_bits - 1)) - 1)
        return {"w": weights[: self.inputs, self.first_output : self.first_output + self.outputs]}


def _problems(core: Core, request: Request) -> list[Problem]:
    """What keeps a network from being programmed."""
    problems = []
    populations = request.populations
    for name in populations:
        if name not in ("input", "output"):
            message = f"controller `odin` has a layer of outputs only{choose_from(name, ('input', 'output'))}"
            problems.append(Problem(path=f"network.{name}", message=message))
    if request.rule not in (None, RULE):
        message = f"controller `odin` learns by `{RULE}` only, not by `{request.rule}`"
        problems.append(Problem(path="learning.rule", message=message))
    if request.parameters:
        message = "the rule's parameters are those of the neurons: `settings.odin.neuron`"
        problems.append(Problem(path="learning.parameters", message=message))
    neurons, synapses = core.memories.get("neurons"), core.memories.get("synapses")
    if neurons is not None:
        held = (neurons.capacity_words or 0) * neurons.items_per_word
        wanted = populations["input"] + populations["output"]
        if wanted > held:
            message = f"{wanted} neurons, inputs included, are {wanted - held} more than the core's {held}"
            problems.append(Problem(path="network", message=message))
    if synapses is not None and isinstance(synapses.holds.item_bits, int):
        largest = (1 << (synapses.item_bits - 1)) - 1
        asked = {"initial_weights": request.settings.initial_weights[1], "inhibition": request.settings.inhibition}
        for key, weight in asked.items():
            if weight > largest:
                message = f"{weight} does not fit the {synapses.item_bits - 1} bits of a weight, 0 to {largest}"
                problems.append(Problem(path=f"settings.odin.{key}", message=message))
    return problems
