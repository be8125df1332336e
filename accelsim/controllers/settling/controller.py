"""Settling core as a controller: dense layers of graded activities, any rule that learns at the end of settling.

A time step is a sample. Its values run forward through all layers and give the answer. A sample that is learnt from
then pulls the output towards its target, the activities of the layers settle for some iterations, all at once or one
layer after the other, and the weights change once; or errors are passed back once instead (back-propagation).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.layers import layered_name
from accelsim.architecture.schema import Core
from accelsim.config.errors import ConfigError, Problem
from accelsim.config.model import Model
from accelsim.controllers.activity import Activity
from accelsim.controllers.base import Controller, Outcome, Request
from accelsim.controllers.lasting import LearningBits
from accelsim.controllers.samples import Samples
from accelsim.controllers.settling.compose import learning_unit
from accelsim.controllers.settling.listening import Listener, plain_loop
from accelsim.controllers.settling.module import load_loop
from accelsim.controllers.settling.settings import SettlingOptions, SettlingSettings
from accelsim.controllers.settling.stages import settling_rule, stage_programs
from accelsim.controllers.settling.state import State, allocate_state, matrix_names
from accelsim.controllers.settling.vocabulary import VOCABULARY
from accelsim.controllers.settling.watch import kept_words
from accelsim.controllers.vocabulary import Vocabulary
from accelsim.controllers.watch import Watch
from accelsim.datapath.component import bits_of
from accelsim.datapath.kernels import tuple_type
from accelsim.datapath.probe import untouched
from accelsim.datapath.stages import Program
from accelsim.datapath.toggles import Operands
from accelsim.plasticity.settling import MATRIX, PRE, SETTLED, SETTLING
from accelsim.plasticity.unit import PlasticityUnit

_CONTROL = ("pulls", "pushes", "sequential", "backward", "softmax", "tolerance")
_STIMULUS = (
    *("event_start", "event_address", "event_value", "label"),
    *("learning", "update", "periodic", "ends", "plastic"),
)


class Settling(Controller):
    """A programmed settling core."""

    vocabulary: ClassVar[Vocabulary] = VOCABULARY
    options_model: ClassVar[type[Model]] = SettlingOptions
    settings_model: ClassVar[type[Model]] = SettlingSettings
    graded: ClassVar[bool] = True
    consolidates: ClassVar[bool] = True

    def __init__(self, core: Core, unit: PlasticityUnit | None, request: Request) -> None:
        self.unit = unit
        self.rule = settling_rule(unit)
        self.settings: SettlingSettings = request.settings
        self.names = list(request.populations)
        self.state: State = allocate_state(unit, self.settings, request)
        self.transposed = SettlingOptions(**core.options).transposed  # type: ignore[arg-type]
        self.array_per_layer = any(unit.per_layer and "mac" in unit.stages for unit in core.units.values())
        self._programs = stage_programs(unit, self.settings)
        self._loop = load_loop(self._programs, unit)

    @classmethod
    def build(cls, core: Core, request: Request) -> Self:
        """Program a core for a workload (see :class:`accelsim.controllers.base.Controller`)."""
        names = list(request.populations)
        if names[0] != "input" or names[-1] != "output":
            message = f"layers follow each other from `input` to `output`; found {', '.join(names)}"
            raise ConfigError(Problem(path="network", message=message))
        return cls(core, learning_unit(core, request), request)

    def run(self, samples: Samples, *, masks: range = range(0), states: bool = False) -> Outcome:
        """Process a chunk of samples (see :class:`accelsim.controllers.base.Controller`).

        With `states`, the record is the mean square of the errors that each iteration feeds back, (samples, iterations,
        layers), NaN where there was none.

        Raises
        ------
        ConfigError
            If a sample lasts longer than a time step, an event arrives on an input that the network does not have, or
            a float word becomes NaN or infinite.
        """
        self._check(samples)
        when = self._schedule(samples)
        watch = None
        if self.unit is not None and when["learning"].any():
            watch = Watch(self.state, kept_words(self.unit, self.names, self.state))
        iterations, answers, errors = self._advance(self._loop, samples, when, noted=states)
        if watch is not None:
            watch.check(samples, lambda ticks: self._again(samples, when, ticks.stop))
        self.state.samples[0] += len(samples)
        held = self._conditions(when)
        held |= {"deliveries": np.diff(samples.event_start), "iterations": iterations}
        shape = when["learning"].shape
        counts = np.stack([np.broadcast_to(held[name], shape) for name in VOCABULARY.columns], axis=1)
        return Outcome(Activity(counts.astype(np.int64), {}, masks), answers, errors if states else None)

    def operands(self, samples: Samples) -> Mapping[str, Operands]:
        """What every stage sees of a sample that ends a batch and a task; the same for the stages of every layer."""
        listener = Listener(self._programs)
        run_samples = plain_loop(self._programs, self.unit, listener)
        learning = samples.training & (self.rule is not None)
        with untouched(self.state):
            self._advance(run_samples, samples, dict.fromkeys(("learning", "update", "periodic", "ends"), learning))
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
        words = {} if self.unit is None else self.unit.synapse_state
        return {
            "weight": 32,
            "transposed_weight": 32 if self.transposed == "copy" else 0,
            "gradient": 32 if batched else 0,
            "synapse_trace": bits_of({name: word for name, word in words.items() if name not in ("w", "gradient_sum")}),
            "activity": 32,
            "matrix": 0 if self.rule is None else sum(word.bits for word in self.rule.matrix_state.values()),
        }

    def learning_bits(self) -> LearningBits | None:
        """What the words of the rule take; biases are synapses of an input that is always 1."""
        if self.unit is None or self.rule is None:
            return None
        synapses = sum(each.w.size for each in self.state.matrices)
        bits = self.state_bits()
        synaptic = synapses * (bits["weight"] + bits["transposed_weight"] + bits["gradient"] + bits["synapse_trace"])
        everything = synaptic + bits["matrix"] * len(self.state.matrices)
        return LearningBits(synapses, synapses * bits["weight"], synaptic, everything)

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

    def _schedule(self, samples: Samples) -> dict[str, NDArray[np.bool_]]:
        """Which samples are learnt from, complete a batch, complete the K-th of a consolidation, and end a task."""
        rule, position = self.rule, self.state.position
        learning = samples.training & (rule is not None)
        place = int(position[0]) + np.cumsum(learning)
        batch, period = (1, 1) if self.unit is None or rule is None else (rule.batch, self.unit.period or 1)
        update = learning & (place % batch == 0)
        turn = int(position[1]) + np.cumsum(update)
        periodic = update & (turn % period == 0) & self._has("periodic")
        if len(samples):
            position[:] = place[-1] % batch, turn[-1] % period
        return {
            "learning": learning, "update": update, "periodic": periodic, "ends": learning & (samples.ends_task != 0),
        }  # fmt: skip

    def _has(self, stage: str) -> bool:
        """Whether a consolidation has stages of its own on synapses."""
        return bool(self._programs[stage].writes)

    def _advance(
        self, run_samples: Callable[..., None], samples: Samples, when: Mapping[str, NDArray[np.bool_]],
        noted: bool = False,
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:  # fmt: skip
        """Run samples; returns settling iterations, answers, and errors if they are to be noted."""
        value = samples.event_value
        if value is None:
            value = np.ones(samples.event_address.size, np.float32)
        stimulus = tuple_type("Stimulus", _STIMULUS)(
            samples.event_start, samples.event_address, value, samples.label, when["learning"], when["update"],
            when["periodic"], when["ends"], samples.plasticity.astype(np.float32),
        )  # fmt: skip
        control, s = self._control(), self.state
        registers = {"none": 0.0} if self.unit is None else self.unit.registers
        parameters = tuple_type("Parameters", tuple(registers))(**registers)
        iterations = np.zeros(len(samples), np.int64)
        answers = np.full(len(samples), -1, np.int32)
        errors = np.full((len(samples) if noted else 0, control.pulls.size, len(s.matrices)), np.nan)
        run_samples(s.populations, s.matrices, s.top, parameters, control, stimulus, iterations, answers, errors)
        return iterations, answers, errors

    def _again(self, samples: Samples, when: Mapping[str, NDArray[np.bool_]], stop: int) -> None:
        """Run the first samples of a chunk; nothing is counted."""
        self._advance(self._loop, samples.part(0, stop), {name: held[:stop] for name, held in when.items()})

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

    def _conditions(self, when: Mapping[str, NDArray[np.bool_]]) -> dict[str, Any]:
        """Every condition by sample."""
        rule, learning, update = self.rule, when["learning"], when["update"]
        backward = rule is not None and rule.has("backpropagate")
        sequential = rule is not None and rule.schedule == "sequential"
        settling = learning & (not backward)
        held = {
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
            "consolidated": self.unit is not self.rule,
            "periodic": when["periodic"],
            "closes_sample": learning & self._has("close_sample"),
            "closes_task": when["ends"] & self._has("close_task"),
        }
        learnt = {"update": update, "periodic": when["periodic"], "close_sample": held["closes_sample"]}
        return held | self._accesses("learn", learnt) | self._accesses("end", {"close_task": held["closes_task"]})

    def _accesses(self, phase: str, stages: Mapping[str, Any]) -> dict[str, Any]:
        """Whether the stages of a phase, each where it runs, access weights and what else is kept per synapse."""
        found: dict[str, Any] = {}
        kept = set() if self.unit is None else set(self.unit.synapse_state) - {"w", "gradient_sum"}
        for suffix, words in (("", {"w"}), ("_traces", kept)):
            for does in ("reads", "writes"):
                where = [runs for name, runs in stages.items() if words & set(getattr(self._programs[name], does))]
                found[f"{phase}_{does}{suffix}"] = np.logical_or.reduce(where) if where else False
        return found
