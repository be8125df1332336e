"""The interface of neuron models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

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
    and leave in ``surrogate`` the derivative of the spike with respect to the potential that learning uses.
    """

    @property
    def state(self) -> Mapping[str, Format]:
        """Words kept per neuron between time steps."""
        return {"potential": Float(32)}

    @property
    def current(self) -> Format:
        """Format of the summed synaptic input."""
        return Float(32)

    @property
    def surrogate(self) -> Format:
        """Format of the surrogate derivative."""
        return Float(32)

    def words(self) -> dict[str, Format]:
        """Every word of a neuron: its state, its input and its outputs."""
        return {**self.state, "current": self.current, "spike": BIT, "surrogate": self.surrogate}

    def program(self) -> Program:
        """What happens to one neuron in a time step.

        Raises
        ------
        ConfigError
            If a stage is wrong.
        """
        words: dict[str, Any] = {**self.words(), "random": Word(16, signed=False)}
        words |= self.parameter_words(words.values())
        return chain(self.stages, words, stored={*self.state, "spike", "surrogate"})

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
        """A namedtuple of zeroed arrays with every word, and seeded generators."""
        arrays = {name: np.zeros(neurons, format.dtype) for name, format in self.words().items()}
        arrays[RANDOM_STATE] = np.random.default_rng(seed).integers(1, 2**32, neurons, np.uint32)
        return tuple_type("State", tuple(arrays))(**arrays)

    def parameters(self) -> Any:
        """A namedtuple of the model's registers."""
        return tuple_type("Parameters", tuple(self.registers))(**self.registers)

    def describe(self) -> str:
        """The state it keeps, its parameters, and the operations of a time step."""
        summary = (type(self).__doc__ or "").strip().splitlines()[0]
        lines = [f"neuron model {self.name}: {summary}", describe_state("neuron", self.state)]
        lines.append("parameters: " + ", ".join(f"{name} = {value}" for name, value in self))
        return "\n".join(lines + describe_program("per neuron on time step", self.program()))

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
    builtin={"lif": "accelsim.neurons.lif:LIF", "lif-fixed": "accelsim.neurons.lif_fixed:LIFFixed"},
)
"""Every neuron model by name."""


def register(name: str) -> Callable[[C], C]:
    """Register a model under `name`; one that cannot be run with its default parameters is refused."""
    return register_component(models, name, NeuronModel)
