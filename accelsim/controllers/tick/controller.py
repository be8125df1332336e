"""Tick-driven core as a controller: any neuron model, any plasticity rule, event by event in each time step.

In a time step the input events and the spikes of the step before are added up, the neurons leak, integrate and
fire, the outputs leak and add up the new spikes, and then what the rule does on its triggers happens: words per
neuron in every step, synapses in every `learn_every`-th one, of which each K-th is that of ``every K steps``. Errors
of the outputs reach the neurons through the readout's own weights or fixed random ones. At the end of a sample
everything but the weights returns to zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.schema import Core
from accelsim.architecture.widths import with_state_bits
from accelsim.config.errors import ConfigError, Problem
from accelsim.config.model import Model
from accelsim.controllers.activity import Activity
from accelsim.controllers.base import Controller, Outcome, Request
from accelsim.controllers.samples import Samples
from accelsim.controllers.tick.compose import datapath_of
from accelsim.controllers.tick.datapath import PERIOD, SIGNAL, SPIKE, STEP, Datapath, triggers_of
from accelsim.controllers.tick.module import load_loop
from accelsim.controllers.tick.settings import TickOptions, TickSettings
from accelsim.controllers.tick.stages import stage_graphs
from accelsim.controllers.tick.state import Shape, State, allocate_state, core_shape, situations
from accelsim.controllers.tick.vocabulary import (
    COUNTS,
    MASKS,
    MATRICES,
    TALLIES,
    VOCABULARY,
    gather_masks,
    tally_columns,
)
from accelsim.controllers.vocabulary import Vocabulary
from accelsim.datapath.kernels import tuple_type
from accelsim.technology.operations import OperationGraph

_STIMULUS = (
    "event_start", "event_address", "training", "learning", "target", "occasion", "output_occasion", "targets",
    "infer", "last", "sample",
)  # fmt: skip
_CORE = ("situations", "output_situations", "lanes", "width", "words", "output_width", "output_words")
_RECORD = ("first", "events", "rows", "changed")


class Tick(Controller):
    """A programmed tick-driven core."""

    vocabulary: ClassVar[Vocabulary] = VOCABULARY
    options_model: ClassVar[type[Model]] = TickOptions
    settings_model: ClassVar[type[Model]] = TickSettings

    def __init__(self, path: Datapath, settings: TickSettings, shape: Shape, state: State, learn_every: int) -> None:
        self.path = path
        self.settings = settings
        self.shape = shape
        self.state = state
        self.learn_every = learn_every
        self._loop = load_loop(path)

    @classmethod
    def build(cls, core: Core, request: Request) -> Self:
        """Program a core for a workload (see :class:`accelsim.controllers.base.Controller`)."""
        missing = [name for name in ("input", "recurrent", "output") if name not in request.populations]
        if missing:
            listed = ", ".join(f"`{name}`" for name in missing)
            raise ConfigError(Problem(path="network", message=f"controller `tick` also needs population {listed}"))
        settings: TickSettings = request.settings
        path = datapath_of(core, request)
        shape = core_shape(
            with_state_bits(core, path.state_bits()), request.populations["recurrent"], request.populations["output"]
        )
        threshold = getattr(path.neuron, "threshold", 1.0)
        return cls(path, settings, shape, allocate_state(path, settings, request, threshold), core.learn_every)

    def run(self, samples: Samples, *, masks: range = range(0), states: bool = False) -> Outcome:
        """Process a chunk of samples (see :class:`accelsim.controllers.base.Controller`).

        Raises
        ------
        ConfigError
            If an event arrives on an input that the network does not have.
        """
        inputs = self.state.inp.w.shape[0]
        if samples.event_address.size and not 0 <= samples.event_address.min() <= samples.event_address.max() < inputs:
            message = f"events on inputs up to {samples.event_address.max()}, but the network has {inputs}"
            raise ConfigError(Problem(path="network.input", message=message))
        held = self._conditions(samples)
        stimulus = tuple_type("Stimulus", _STIMULUS)(
            samples.event_start,
            samples.event_address,
            held["training"],
            held["learning"],
            held["target"],
            2 * held["on_signal"] + 4 * held["on_period"],
            2 * held["output_on_signal"] + 4 * held["output_on_period"],
            self._targets(samples),
            samples.infer,
            samples.last,
            samples.sample_of_tick,
        )
        s, shape = self.state, self.shape
        core = tuple_type("Core", _CORE)(
            situations(self.path.rule), situations(self.path.output_rule), shape.lanes, shape.width, shape.words,
            shape.output_width, shape.output_words,
        )  # fmt: skip
        record = self._empty_record(masks)
        tallies = np.zeros((samples.ticks, TALLIES), np.int64)
        answers = np.full(len(samples), -1, np.int32)
        score = np.zeros(s.out.w.shape[1])
        self._loop(s.neurons, s.inp, s.rec, s.out, s.back, s.registers, core, stimulus, tallies, score, answers, record)
        counts = np.zeros((samples.ticks, len(VOCABULARY.columns)), np.int64)
        for name, values in held.items():
            counts[:, VOCABULARY.column(name)] = values
        columns = tally_columns(shape.blocks)
        for name in (*MASKS, *COUNTS):
            if name in columns:
                column, factor = columns[name]
                counts[:, VOCABULARY.column(name)] = tallies[:, column] * factor
        delivered = np.diff(samples.event_start)
        counts[:, VOCABULARY.column("input_events")] = delivered
        counts[:, VOCABULARY.column("deliveries")] = 0 if samples.overlapped else delivered
        return Outcome(Activity(counts, self._masks(record) if masks else {}, masks), answers)

    def stages(self) -> Mapping[str, OperationGraph]:
        """Operation graphs of the datapath."""
        return stage_graphs(self.path)

    def weights(self) -> Mapping[str, NDArray[Any]]:
        """Present weights as they are stored, (presynaptic, postsynaptic)."""
        return {"winp": self.state.inp.w, "wrec": self.state.rec.w, "wout": self.state.out.w}

    def state_bits(self) -> Mapping[str, int]:
        """Bits of each part of the state."""
        return self.path.state_bits()

    def _conditions(self, samples: Samples) -> dict[str, NDArray[np.uint8]]:
        """Every condition by time step."""
        training = samples.training[samples.sample_of_tick] & bool(self.path.rule.stages)
        turn, off_turn = np.divmod(samples.tick_index, self.learn_every)
        learning = training & (off_turn == 0)
        target = learning & (samples.target_valid != 0)
        held: dict[str, Any] = {"training": training, "learning": learning, "target": target}
        for prefix, rule in (("", self.path.rule), ("output_", self.path.output_rule)):
            triggers = triggers_of(rule, "synapse")
            on_step, on_spike = learning & (STEP in triggers), learning & (SPIKE in triggers)
            on_signal = target & (SIGNAL in triggers)
            on_period = learning & (PERIOD in triggers) & bool(rule.period) & ((turn + 1) % (rule.period or 1) == 0)
            held |= {
                f"{prefix}on_time_step": on_step,
                f"{prefix}on_spike": on_spike,
                f"{prefix}on_signal": on_signal,
                f"{prefix}on_period": on_period,
                f"{prefix}sweep_rows": on_step | on_signal | on_period,
                f"{prefix}spike_rows": on_spike & ~(on_step | on_signal | on_period),
                f"{prefix}keeps_synaptic": training & (len(rule.synapse_state) > 1),
                f"{prefix}keeps_presynaptic": training & bool(rule.presynaptic_state),
                f"{prefix}keeps_postsynaptic": training & bool(rule.postsynaptic_state),
            }
        held["symmetric"] = np.full(samples.ticks, self.path.options.feedback == "symmetric")
        held["last"] = samples.last
        return {name: np.asarray(values).astype(np.uint8) for name, values in held.items()}

    def _targets(self, samples: Samples) -> NDArray[Any]:
        """(ticks, outputs) targets in the format of the outputs."""
        outputs = self.state.out.w.shape[1]
        if samples.targets.size:
            return self.path.output.encode(samples.targets * self.settings.target_unit)
        right = samples.label[samples.sample_of_tick][:, None] == np.arange(outputs)
        return self.path.output.encode(right * self.settings.target)

    def _empty_record(self, masks: range) -> Any:
        """Room for the marks of some time steps."""
        s, shape = self.state, self.shape
        inputs, recurrent = s.inp.w.shape

        def marks(*size: int) -> NDArray[np.uint8]:
            return np.zeros((len(masks), *size), np.uint8)

        rows = (marks(inputs), marks(recurrent), marks(recurrent))
        words = (shape.words, shape.words, shape.output_words)
        changed = tuple(marks(mask.shape[1], width) for mask, width in zip(rows, words, strict=True))
        return tuple_type("Record", _RECORD)(masks.start, marks(max(inputs, recurrent)), rows, changed)

    def _masks(self, record: Any) -> dict[str, NDArray[np.uint8]]:
        rows, changed = (dict(zip(MATRICES, marks, strict=True)) for marks in (record.rows, record.changed))
        return gather_masks(record.events, rows, changed, self.shape.blocks)
