"""The interface of neuron models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from accelsim.config.registry import Registry
from accelsim.datapath.component import C, Component, describe_program, describe_state, register_component
from accelsim.datapath.kernels import kernel_source, load_kernels, tuple_type
from accelsim.datapath.stages import Program, chain
from accelsim.datapath.words import BIT, Float, Format, Word

RANDOM_STATE = "random_state"
"""The field that holds one xorshift generator per neuron; see `accelsim.datapath.kernels.kernel_source`."""


class NeuronModel(Component):
    """Base of every neuron model: words per neuron and stages that run once per neuron and time step.

    In a time step the synapses have summed ``current``; the stages leak, integrate, set ``spike`` (0 or 1)
    and leave in ``surrogate`` the derivative of the spike with respect to the potential that learning uses. What a
    stage leaves in ``distance``, the potential above the threshold, later stages may read.
    """

    graded: ClassVar[bool] = False
    """Whether it sends its word ``activity`` instead of spikes."""

    @property
    def state(self) -> Mapping[str, Format]:
        """Words kept per neuron between time steps."""
        return {"potential": Float(32)}

    @property
    def configuration(self) -> Mapping[str, Format]:
        """Words per neuron that are programmed once and stay."""
        return {}

    def configured(self, neurons: int) -> Mapping[str, NDArray[Any]]:
        """What the words of `configuration` are programmed to."""
        return {}

    @property
    def current(self) -> Format:
        """Format of the summed synaptic input."""
        return Float(32)

    @property
    def surrogate(self) -> Format:
        """Format of the surrogate derivative."""
        return Float(32)

    @property
    def distance(self) -> Format:
        """Format of the potential above the threshold."""
        return self.state.get("potential", Float(32))

    def words(self) -> dict[str, Format]:
        """Every word of a neuron: its state, its configuration, its input and its outputs."""
        kept = {**self.state, **self.configuration}
        return {**kept, "current": self.current, "spike": BIT, "surrogate": self.surrogate}

    def program(self) -> Program:
        """What happens to one neuron in a time step.

        Raises
        ------
        ConfigError
            If a stage is wrong.
        """
        words: dict[str, Any] = {**self.words(), "random": Word(16, signed=False), "distance": self.distance}
        words |= self.parameter_words(words.values())
        return chain(self.stages, words, stored={*self.state, "spike", "surrogate"}, passed=("distance",))

    def source(self, name: str = "neuron_step") -> str:
        """Source of ``name(state, parameters)``: a time step of all neurons.

        `state` has a one-dimensional array for each word, and `RANDOM_STATE` if the model draws random
        numbers; `parameters` has the model's registers. To be put below `accelsim.datapath.emit.PRELUDE`.
        """
        places = {**dict.fromkeys(self.words(), "lane"), **dict.fromkeys(self.registers, "parameter")}
        return kernel_source(name, self.program(), places, random=RANDOM_STATE)

    def build(self) -> Callable[..., Any]:
        """The compiled kernel of `source`."""
        return load_kernels("neurons", self.source()).neuron_step

    def allocate(self, neurons: int, seed: int = 0) -> Any:
        """A namedtuple of arrays with every word, zero but for its configuration, and seeded generators."""
        arrays = {name: np.zeros(neurons, format.dtype) for name, format in self.words().items()}
        arrays |= self.configured(neurons)
        arrays[RANDOM_STATE] = np.random.default_rng(seed).integers(1, 2**32, neurons, np.uint32)
        return tuple_type("State", tuple(arrays))(**arrays)

    def parameters(self) -> Any:
        """A namedtuple of the model's registers."""
        return tuple_type("Parameters", tuple(self.registers))(**self.registers)

    def programs(self) -> dict[str, Program]:
        """Its datapath, under the name of where and when it runs."""
        return {"per neuron on time step": self.program()}

    def describe(self) -> str:
        """The state it keeps, its parameters, and the operations of a time step."""
        summary = (type(self).__doc__ or "").strip().splitlines()[0]
        kept = {**self.state, **self.configuration}
        lines = [f"neuron model {self.name}: {summary}", describe_state("neuron", kept)]
        lines.append("parameters: " + ", ".join(f"{name} = {value}" for name, value in self))
        for title, program in self.programs().items():
            lines += describe_program(title, program)
        return "\n".join(lines)

    def check(self) -> None:
        """Raise `ConfigError` if it cannot be run."""
        for each in self.stages:
            if (each.on, each.per) != ("time step", "neuron"):
                found = f"not on {each.on!r} per {each.per!r}"
                raise each.problem(f"a neuron model's stages run on 'time step' per 'neuron', {found}")
        self.program()


models: Registry[type[NeuronModel]] = Registry(
    "neuron model",
    entry_point_group="accelsim.neurons",
    builtin={
        "alif": "accelsim.neurons.alif:ALIF",
        "alif-fixed": "accelsim.neurons.alif_fixed:ALIFFixed",
        "alpha-lif": "accelsim.neurons.current_lif:AlphaLIF",
        "current-lif": "accelsim.neurons.current_lif:CurrentLIF",
        "integrator": "accelsim.neurons.graded:Integrator",
        "lif": "accelsim.neurons.lif:LIF",
        "lif-fixed": "accelsim.neurons.lif_fixed:LIFFixed",
        "relu": "accelsim.neurons.graded:ReLU",
        "sigmoid": "accelsim.neurons.graded:Sigmoid",
        "stepped-lif": "accelsim.neurons.stepped_lif:SteppedLIF",
        "stochastic": "accelsim.neurons.stochastic:Stochastic",
        "truenorth": "accelsim.neurons.truenorth:TrueNorth",
    },
)
"""Every neuron model by name."""


def register(name: str) -> Callable[[C], C]:
    """Register a model under `name`; one that cannot be run with its default parameters is refused."""
    return register_component(models, name, NeuronModel)
