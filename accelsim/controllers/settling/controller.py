"""Settling core as a controller: dense layers of graded activities, any rule that learns at the end of settling.

A time step is a sample. Its values run forward through all layers and give the answer. A sample that is learnt from
then pulls the output towards its target, the activities of the layers settle for some iterations, all at once or one
layer after the other, and the weights change once; or errors are passed back once instead (back-propagation).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from accelsim.architecture.layers import layered_name
from accelsim.architecture.schema import Core
from accelsim.config.errors import ConfigError, Problem, did_you_mean
from accelsim.config.messages import problems_of
from accelsim.config.model import Model
from accelsim.config.registry import RegistryError
from accelsim.controllers.activity import Activity
from accelsim.controllers.base import Controller, Outcome, Request
from accelsim.controllers.samples import Samples
from accelsim.controllers.settling.listening import Listener, plain_loop
from accelsim.controllers.settling.module import load_loop
from accelsim.controllers.settling.settings import SettlingOptions, SettlingSettings
from accelsim.controllers.settling.stages import stage_programs
from accelsim.controllers.settling.state import State, allocate_state, matrix_names
from accelsim.controllers.settling.vocabulary import VOCABULARY
from accelsim.controllers.vocabulary import Vocabulary
from accelsim.datapath.kernels import tuple_type
from accelsim.datapath.probe import untouched
from accelsim.datapath.stages import Program
from accelsim.datapath.toggles import Operands
from accelsim.plasticity.base import rules
from accelsim.plasticity.settling import MATRIX, PRE, SETTLED, SETTLING, SettlingRule

_CONTROL = ("pulls", "pushes", "sequential", "backward", "softmax", "tolerance")
_STIMULUS = ("event_start", "event_address", "event_value", "label", "learning", "update")


class Settling(Controller):
    """A programmed settling core."""

    vocabulary: ClassVar[Vocabulary] = VOCABULARY
    options_model: ClassVar[type[Model]] = SettlingOptions
    settings_model: ClassVar[type[Model]] = SettlingSettings
    graded: ClassVar[bool] = True

    def __init__(self, core: Core, rule: SettlingRule | None, request: Request) -> None:
        self.rule = rule
        self.settings: SettlingSettings = request.settings
        self.names = list(request.populations)
        self.state: State = allocate_state(rule, self.settings, request)
        self.transposed = SettlingOptions(**core.options).transposed  # type: ignore[arg-type]
        self.array_per_layer = any(unit.per_layer and "mac" in unit.stages for unit in core.units.values())
        self._programs = stage_programs(rule, self.settings)
        self._loop = load_loop(self._programs, rule)

    @classmethod
    def build(cls, core: Core, request: Request) -> Self:
        """Program a core for a workload (see :class:`accelsim.controllers.base.Controller`)."""
        names = list(request.populations)
        if names[0] != "input" or names[-1] != "output":
            message = f"layers follow each other from `input` to `output`; found {', '.join(names)}"
            raise ConfigError(Problem(path="network", message=message))
        return cls(core, None if request.rule is None else _rule(core, request), request)

    def run(self, samples: Samples, *, masks: range = range(0), states: bool = False) -> Outcome:
        """Process a chunk of samples (see :class:`accelsim.controllers.base.Controller`).

        With `states`, the record is the mean square of the errors that each iteration feeds back, (samples, iterations,
        layers), NaN where there was none.

        Raises
        ------
        ConfigError
            If a sample lasts longer than a time step, or an event arrives on an input that the network does not have.
        """
        self._check(samples)
        learning = samples.training & (self.rule is not None)
        batch = self.rule.batch if self.rule is not None else 1
        place = int(self.state.position[0]) + np.cumsum(learning)
        update = learning & (place % batch == 0)
        iterations, answers, errors = self._advance(self._loop, samples, learning, update, noted=states)
        self.state.position[0] = int(place[-1]) % batch if place.size else self.state.position[0]
        held = self._conditions(learning, update)
        held |= {"deliveries": np.diff(samples.event_start), "iterations": iterations}
        counts = np.stack([np.broadcast_to(held[name], learning.shape) for name in VOCABULARY.columns], axis=1)
        return Outcome(Activity(counts.astype(np.int64), {}, masks), answers, errors if states else None)

    def operands(self, samples: Samples) -> Mapping[str, Operands]:
        """What every stage sees of a sample whose batch it completes; the same for the stages of every layer."""
        listener = Listener(self._programs)
        run_samples = plain_loop(self._programs, self.rule, listener)
        learning = samples.training & (self.rule is not None)
        with untouched(self.state):
            self._advance(run_samples, samples, learning, learning)
        heard = listener.operands()
        return heard | {name: heard[stage] for stage in heard for name in self._of_layers(stage)}

    def programs(self) -> Mapping[str, Program]:
        """Programs of the datapath; each also as the stage of every layer."""
        every = {name: each for stage, each in self._programs.items() for name in self._of_layers(stage)}
        return {**self._programs, **every}

    def _of_layers(self, stage: str) -> list[str]:
        """Names of a stage in every layer."""
        return [layered_name(stage, m) for m in range(len(self.state.matrices))]

    def state_bits(self) -> Mapping[str, int]:
        """Bits of each part of the state."""
        batched = self.rule is not None and self.rule.batch > 1
        return {
            "weight": 32,
            "transposed_weight": 32 if self.transposed == "copy" else 0,
            "gradient": 32 if batched else 0,
            "activity": 32,
            "matrix": 0 if self.rule is None else sum(word.bits for word in self.rule.matrix_state.values()),
        }

    def weights(self) -> Mapping[str, NDArray[Any]]:
        """Present weights by their populations, (presynaptic and bias, postsynaptic)."""
        return {name: each.w for name, each in zip(matrix_names(self.names), self.state.matrices, strict=True)}

    def _check(self, samples: Samples) -> None:
        if (samples.length != 1).any():
            message = f"samples of up to {samples.length.max()} time steps; controller `settling` takes one a sample"
            raise ConfigError(Problem(path="task", message=f"{message} (digits: `coding: graded`)"))
        inputs = self.state.populations[0].activity.size
        if samples.event_address.size and not 0 <= samples.event_address.min() <= samples.event_address.max() < inputs:
            message = f"events on inputs up to {samples.event_address.max()}, but the network has {inputs}"
            raise ConfigError(Problem(path="network.input", message=message))

    def _advance(
        self,
        run_samples: Callable[..., None],
        samples: Samples,
        learning: NDArray[np.bool_],
        update: NDArray[np.bool_],
        noted: bool = False,
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
        """Run samples; returns settling iterations, answers, and errors if they are to be noted."""
        value = samples.event_value
        if value is None:
            value = np.ones(samples.event_address.size, np.float32)
        stimulus = tuple_type("Stimulus", _STIMULUS)(
            samples.event_start, samples.event_address, value, samples.label, learning, update
        )
        control, s = self._control(), self.state
        registers = {"none": 0.0} if self.rule is None else self.rule.registers
        parameters = tuple_type("Parameters", tuple(registers))(**registers)
        iterations = np.zeros(len(samples), np.int64)
        answers = np.full(len(samples), -1, np.int32)
        errors = np.full((len(samples) if noted else 0, control.pulls.size, len(s.matrices)), np.nan)
        run_samples(s.populations, s.matrices, s.top, parameters, control, stimulus, iterations, answers, errors)
        return iterations, answers, errors

    def _control(self) -> Any:
        rule = self.rule
        steps = np.zeros(0, np.float32) if rule is None else np.arange(rule.iterations, dtype=np.float32)
        decay = 1 + steps if rule is not None and rule.decaying else np.ones_like(steps)
        pull, push = (0.0, 0.0) if rule is None else (rule.pull, rule.push)
        return tuple_type("Control", _CONTROL)(
            (pull / decay).astype(np.float32),
            (push / decay).astype(np.float32),
            rule is not None and rule.schedule == "sequential",
            rule is not None and rule.has("backpropagate"),
            self.settings.output == "softmax",
            0.0 if rule is None else rule.tolerance,
        )

    def _conditions(self, learning: NDArray[np.bool_], update: NDArray[np.bool_]) -> dict[str, Any]:
        """Every condition by sample."""
        rule = self.rule
        backward = rule is not None and rule.has("backpropagate")
        sequential = rule is not None and rule.schedule == "sequential"
        settling = learning & (not backward)
        return {
            "learning": learning,
            "settling": settling,
            "sequential": settling & sequential,
            "simultaneous": settling & (not sequential),
            "backward": learning & backward,
            "shared_array": not self.array_per_layer,
            "array_per_layer": self.array_per_layer,
            "transposed_copy": self.transposed == "copy",
            "transposed_slow": self.transposed == "slow",
            "softmax": self.settings.output == "softmax",
            "blended": rule is not None and bool(rule.of_kind(SETTLING, MATRIX)),
            "senses": rule is not None and bool(rule.of_kind(SETTLED, PRE)),
            "batched": rule is not None and rule.batch > 1,
            "update": update,
        }


def _rule(core: Core, request: Request) -> SettlingRule:
    """The rule of a workload with its parameters."""
    name = request.rule
    assert name is not None
    if core.rules != "any" and name not in core.rules:
        known = ", ".join(f"`{each}`" for each in core.rules) or "nothing"
        message = f"this core learns with {known}, not with `{name}`{did_you_mean(name, list(core.rules))}"
        raise ConfigError(Problem(path="learning.rule", message=message))
    try:
        cls = rules.get(name)
    except RegistryError as error:
        raise ConfigError(Problem(path="learning.rule", message=str(error))) from None
    if not issubclass(cls, SettlingRule):
        message = f"rule `{name}` does not learn at the end of settling, as controller `settling` wants it"
        raise ConfigError(Problem(path="learning.rule", message=message))
    given = {**request.settings.rules.get(name, {}), **request.parameters}
    try:
        rule = cls.model_validate_json(json.dumps(given))
    except ValidationError as error:
        found = problems_of(error, cls, given)
    else:
        rule.check()
        return rule
    raise ConfigError(
        Problem(path=".".join(["learning.parameters", *map(str, at)]), message=text) for at, text in found
    )
