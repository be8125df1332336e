"""Tick-driven core as a controller: any neuron model, any plasticity rule, event by event in each time step.

In a time step the input events and the spikes of the step before are added up, the neurons leak, integrate and
fire, the outputs leak and add up the new spikes, and then what the rule does on its triggers happens: words per
neuron in every step, synapses in every `learn_every`-th one, of which each K-th is that of ``every K steps``. Errors
of the outputs reach the neurons through the readout's own weights or fixed random ones. At the end of a sample
everything but the weights returns to zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.schema import Core
from accelsim.architecture.widths import with_state_bits
from accelsim.config.errors import ConfigError, Problem
from accelsim.config.model import Model
from accelsim.controllers.activity import Activity
from accelsim.controllers.base import Controller, Outcome, Request
from accelsim.controllers.connections import Connections
from accelsim.controllers.lasting import Lasting, LearningBits
from accelsim.controllers.probing import middle
from accelsim.controllers.samples import Samples
from accelsim.controllers.tick.compose import datapath_of, row_budgets
from accelsim.controllers.tick.datapath import PERIOD, POST, SAMPLE, SIGNAL, SPIKE, STEP, TASK, Datapath, triggers_of
from accelsim.controllers.tick.lasting import lasting_words, learning_bits
from accelsim.controllers.tick.listening import Listener
from accelsim.controllers.tick.module import load_loop
from accelsim.controllers.tick.offers import rewarded
from accelsim.controllers.tick.settings import TickOptions, TickSettings
from accelsim.controllers.tick.shape import Shape, core_shape
from accelsim.controllers.tick.stages import stage_programs
from accelsim.controllers.tick.state import State, accesses, allocate_state, situations
from accelsim.controllers.tick.vocabulary import (
    CHANGED,
    COUNTS,
    MASKS,
    MATRICES,
    TALLIES,
    VOCABULARY,
    gather_masks,
    gather_tile_masks,
    tally_columns,
)
from accelsim.controllers.tick.watch import kept_words
from accelsim.controllers.vocabulary import Vocabulary
from accelsim.controllers.watch import Watch
from accelsim.datapath.kernels import tuple_type
from accelsim.datapath.probe import untouched
from accelsim.datapath.stages import Program
from accelsim.datapath.toggles import Operands
from accelsim.devices.state import ON, Cells
from accelsim.plasticity.unit import OWNERS, PlasticityUnit

_STIMULUS = (
    "event_start", "event_address", "training", "learning", "target", "occasion", "output_occasion", "targets",
    "infer", "last", "sample", "ends", "output_ends", "plastic", "output_plastic", "squared",
)  # fmt: skip
_EVENTS = ("event_start", "event_address", "squared")
"""What is not by time step."""
_CORE = (
    "situations", "output_situations", "lanes", "width", "words", "output_width", "output_words", "on_firing",
    "regression",
)  # fmt: skip
ACCESSES = ("reads", "writes", "reads_traces", "writes_traces")
_SIDES = {
    "winp": ("input", "recurrent", "input_traces", "neurons"),
    "wrec": ("recurrent", "recurrent", "recurrent_traces", "neurons"),
    "wout": ("recurrent", "output", "output_traces", "outputs"),
}
"""Populations on both sides of a matrix, and the memories of the words per neuron."""
_RECORD = ("first", "events", "rows", *CHANGED, "tiles", "programmed")


class Tick(Controller):
    """A programmed tick-driven core."""

    vocabulary: ClassVar[Vocabulary] = VOCABULARY
    options_model: ClassVar[type[Model]] = TickOptions
    settings_model: ClassVar[type[Model]] = TickSettings
    consolidates: ClassVar[bool] = True
    rewires: ClassVar[bool] = True

    def __init__(self, path: Datapath, settings: TickSettings, shape: Shape, state: State, learn_every: int) -> None:
        self.path = path
        self.settings = settings
        self.shape = shape
        self.state = state
        self.learn_every = learn_every
        self._situations = situations(path.rule), situations(path.output_rule)
        self._loop = load_loop(path, devices=hasattr(state.inp, "cells"))

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
        state = allocate_state(path, settings, request, threshold)
        if budgets := row_budgets(core, path, request):
            from accelsim.controllers.tick.sparse import SparseTick

            return SparseTick(path, settings, shape, state, core.learn_every, budgets)  # type: ignore[return-value]
        return cls(path, settings, shape, state, core.learn_every)

    def run(self, samples: Samples, *, masks: range = range(0), states: bool = False) -> Outcome:
        """Process a chunk of samples (see :class:`accelsim.controllers.base.Controller`).

        Raises
        ------
        ConfigError
            If an event arrives on an input that the network does not have, or a float word becomes NaN or infinite.
        """
        inputs = self.state.inp.w.shape[0]
        if samples.event_address.size and not 0 <= samples.event_address.min() <= samples.event_address.max() < inputs:
            message = f"events on inputs up to {samples.event_address.max()}, but the network has {inputs}"
            raise ConfigError(Problem(path="network.input", message=message))
        held, stimulus = self._conditions(samples), self._stimulus(samples)
        s, shape, core = self.state, self.shape, self._core(samples)
        record = self._empty_record(masks, self._heard(samples, masks))
        tallies = np.zeros((samples.ticks, TALLIES), np.int64)
        answers = np.full(len(samples), -1, np.int32)
        score = np.zeros(s.out.w.shape[1])
        watch = Watch(s, kept_words(self.path, s)) if held["training"].any() else None
        self._loop(s.neurons, s.inp, s.rec, s.out, s.back, s.registers, core, stimulus, tallies, score, answers, record)
        if watch is not None:
            watch.check(samples, lambda ticks: self._advance(self._loop, stimulus, ticks, samples))
        s.samples[0] += len(samples)
        counts = np.zeros((samples.ticks, len(self.vocabulary.columns)), np.int64)
        for name, values in held.items():
            counts[:, self.vocabulary.column(name)] = values
        columns = tally_columns(shape.blocks)
        for name in (*MASKS, *COUNTS):
            if name in columns:
                column, factor = columns[name]
                counts[:, self.vocabulary.column(name)] = tallies[:, column] * factor
        delivered = np.diff(samples.event_start)
        counts[:, self.vocabulary.column("input_events")] = delivered
        counts[:, self.vocabulary.column("deliveries")] = 0 if samples.overlapped else delivered
        record = self._take_rows(counts, record, masks, held, stimulus)
        on_firing = held["on_firing"][masks.start : masks.stop]
        activity = Activity(counts, self._masks(record, on_firing) if masks else {}, masks)
        return Outcome(activity, answers, errors=self._errors(samples, stimulus.squared))

    def programs(self) -> Mapping[str, Program]:
        """Programs of the datapath."""
        return stage_programs(self.path)

    def operands(self, samples: Samples) -> Mapping[str, Operands]:
        """What every stage sees in the middle of a sample, or of its learning, in a step of ``every K steps``, and at
        the end of the sample."""
        held, stimulus = self._conditions(samples), self._stimulus(samples)
        often = held["target"] | held["on_spike"] | held["on_firing"]
        seldom = (held["on_period"] | held["output_on_period"], stimulus.ends | stimulus.output_ends)
        listener = Listener(self.path, self.state, self._loop)
        for heard in (middle(often), *map(_one, seldom)):
            with untouched(self.state):
                self._advance(self._loop, stimulus, range(heard.start), samples)
                self._advance(listener.run_ticks, stimulus, heard, samples)
        return listener.operands()

    def _advance(self, run_ticks: Callable[..., None], stimulus: Any, ticks: range, samples: Samples) -> None:
        """Run some time steps of a stimulus; nothing is counted."""
        s = self.state
        cut = {name: getattr(stimulus, name)[ticks.start : ticks.stop] for name in _STIMULUS if name not in _EVENTS}
        cut["event_start"] = stimulus.event_start[ticks.start : ticks.stop + 1]
        tallies, answers = np.zeros((len(ticks), TALLIES), np.int64), np.zeros(len(samples), np.int32)
        run_ticks(
            s.neurons, s.inp, s.rec, s.out, s.back, s.registers, self._core(samples), stimulus._replace(**cut), tallies,
            np.zeros(s.out.w.shape[1]), answers, self._empty_record(range(0), range(0)),
        )  # fmt: skip

    def weights(self) -> Mapping[str, NDArray[Any]]:
        """Present weights as they are stored, (presynaptic, postsynaptic)."""
        return {"winp": self.state.inp.w, "wrec": self.state.rec.w, "wout": self.state.out.w}

    def cell_writes(self) -> Mapping[str, NDArray[np.uint32]]:
        """How often the value of each weight has changed."""
        return {"winp": self.state.inp.writes, "wrec": self.state.rec.writes, "wout": self.state.out.writes}

    def cells(self) -> Mapping[str, Cells]:
        """Cells of the memories that are not ideal."""
        s = self.state
        arrays = zip(MATRICES, (s.inp, s.rec, s.out), strict=True)
        return {name: each.cells for name, each in arrays if hasattr(each, "cells") and each.cells.law[ON]}

    def connections(self) -> Mapping[str, Connections]:
        """Synapses that come and go."""
        s, found = self.state, {}
        for name, matrix in zip(MATRICES, (s.inp, s.rec, s.out), strict=True):
            if not hasattr(matrix, "present"):
                continue
            rule, (pre, post, pre_memory, post_memory) = self.path.rule, _SIDES[name]
            if name == "wout":
                rule = self.path.output_rule
            kept = (set(rule.synapse_state) & rule.lasting()) - {"w", "present"}
            found[name] = Connections(
                matrix.w,
                matrix.present,
                tuple(getattr(matrix, word) for word in sorted(kept) if hasattr(matrix, word)),
                matrix.writes,
                name != "wrec",
                pre,
                post,
                getattr(matrix, "pre_activity", None),
                getattr(matrix, "post_activity", None),
                {"weights": name, "present": self.path.traces(name), "pre": pre_memory, "post": post_memory},
            )
        return found

    def state_bits(self) -> Mapping[str, int]:
        """Bits of each part of the state."""
        return self.path.state_bits()

    def lasting(self) -> Mapping[str, Lasting]:
        """Weights, words per synapse and neuron that last, adapting feedback, random-number generators."""
        return lasting_words(self.path, self.state)

    def learning_bits(self) -> LearningBits:
        """What the words of both rules take."""
        return learning_bits(self.path, self.state)

    def _core(self, samples: Samples) -> Any:
        """Tables and sizes, as the loop takes them."""
        shape = self.shape
        return tuple_type("Core", _CORE)(
            *self._situations, shape.lanes, shape.width, shape.words,
            shape.output_width, shape.output_words, POST in triggers_of(self.path.rule, "synapse"),
            samples.targets.size > 0,
        )  # fmt: skip

    def _stimulus(self, samples: Samples) -> Any:
        """Samples as the loop takes them."""
        held = self._conditions(samples)
        return tuple_type("Stimulus", _STIMULUS)(
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
            held["ends_sample"] + 2 * held["ends_task"],
            held["output_ends_sample"] + 2 * held["output_ends_task"],
            *(rule.offered()["plastic"].encode(samples.plasticity) for rule in (self.path.rule, self.path.output_rule)),
            np.zeros(len(samples)),
        )

    def _conditions(self, samples: Samples) -> dict[str, NDArray[np.uint8]]:
        """Every condition by time step."""
        training = samples.training[samples.sample_of_tick] & bool(self.path.rule.stages)
        turn, off_turn = np.divmod(samples.tick_index, self.learn_every)
        learning = training & (off_turn == 0)
        target = learning & (samples.target_valid != 0)
        held: dict[str, Any] = {"training": training, "learning": learning, "target": target}
        ends = {SAMPLE: training & (samples.last != 0), TASK: training & (samples.ends_task != 0)}
        for prefix, rule in (("", self.path.rule), ("output_", self.path.output_rule)):
            triggers = triggers_of(rule, "synapse")
            cleared = set(rule.synapse_state) - rule.lasting()
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
                f"{prefix}clears_synaptic": training & bool(cleared),
                f"{prefix}lasts_synaptic": training & (len(rule.synapse_state) > len(cleared) + 1),
                f"{prefix}keeps_presynaptic": training & bool(rule.presynaptic_state),
                f"{prefix}keeps_postsynaptic": training & bool(rule.postsynaptic_state),
            }
            held |= {f"{prefix}{name}": values for name, values in self._endings(rule, ends).items()}
        held |= self._columns(learning, held)
        asked = bool(rewarded(self.path))
        held["judged"] = target & asked & (samples.targets.size == 0)
        held["deviated"] = target & asked & (samples.targets.size > 0)
        held["adaptive"] = np.full(samples.ticks, self.path.options.feedback == "adaptive")
        held["symmetric"] = np.full(samples.ticks, self.path.options.feedback == "symmetric")
        crossbar = self.path.crossbar
        held["outer_product"] = np.full(samples.ticks, crossbar is not None and crossbar.update == "outer-product")
        held["last"] = samples.last
        return {name: np.asarray(values).astype(np.uint8) for name, values in held.items()}

    def _endings(self, rule: PlasticityUnit, ends: Mapping[str, NDArray[np.bool_]]) -> dict[str, NDArray[np.bool_]]:
        """When all synapses of a rule are visited at the end of a sample or task, and with which accesses."""
        everywhere = set().union(*(triggers_of(rule, owner) for owner in OWNERS))
        happens = {trigger: when & (trigger in everywhere) for trigger, when in ends.items()}
        held = {"ends_sample": happens[SAMPLE], "ends_task": happens[TASK]}
        for k, name in enumerate(ACCESSES):
            held[f"end_{name}"] = np.zeros_like(ends[SAMPLE])
            for trigger in sorted(triggers_of(rule, "synapse") & {SAMPLE, TASK}):
                held[f"end_{name}"] |= happens[trigger] & accesses(rule, [trigger])[k]
        return held

    def _columns(self, learning: NDArray[np.bool_], held: Mapping[str, Any]) -> dict[str, NDArray[np.bool_]]:
        """When something happens to the synapses of neurons that fire, apart from rows or with them."""
        rule = self.path.rule
        on_firing = learning & (POST in triggers_of(rule, "synapse"))
        apart = on_firing & ~held["sweep_rows"]
        done = zip(ACCESSES, accesses(rule, [POST]), strict=True)
        columns = {f"column_{name}": apart & happens for name, happens in done}
        return {"on_firing": on_firing, "visits_columns": apart, **columns}

    def _errors(self, samples: Samples, squared: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Mean squared error of each sample of a regression in which outputs count."""
        if not samples.targets.size:
            return None
        counted = np.add.reduceat(samples.infer.astype(np.float64), samples.start) * samples.targets.shape[1]
        unit = float(self.path.output.decode(1))
        return np.asarray(np.where(counted > 0, squared * unit**2 / np.maximum(counted, 1), np.nan), np.float64)

    def _targets(self, samples: Samples) -> NDArray[Any]:
        """(ticks, outputs) targets in the format of the outputs."""
        outputs = self.state.out.w.shape[1]
        if samples.targets.size:
            return self.path.output.encode(samples.targets * self.settings.target_unit)
        right = samples.label[samples.sample_of_tick][:, None] == np.arange(outputs)
        return self.path.output.encode(right * self.settings.target)

    def _heard(self, samples: Samples, masks: range) -> range:
        """Time steps of which events are marked."""
        return masks

    def _take_rows(
        self, counts: NDArray[np.int64], record: Any, masks: range, held: Mapping[str, NDArray[np.uint8]], stimulus: Any
    ) -> Any:
        """Count what else follows from the events marked; the record of `masks` alone."""
        return record

    def _empty_record(self, masks: range, heard: range) -> Any:
        """Room for the marks of some time steps, among those of which events are marked."""
        s, shape = self.state, self.shape
        inputs, recurrent = s.inp.w.shape

        def marks(*size: int) -> NDArray[np.uint8]:
            return np.zeros((masks.stop - heard.start if masks else 0, *size), np.uint8)

        rows = (marks(inputs), marks(recurrent), marks(recurrent))
        words = (shape.words, shape.words, shape.output_words)
        changed = [tuple(marks(mask.shape[1], size) for mask, size in zip(rows, words, strict=True)) for _ in CHANGED]
        tiled = (s.inp, s.rec, s.out) if self.path.crossbar is not None else ()
        tiles = tuple(marks(matrix.active.size) for matrix in tiled)
        programmed = tuple(marks(matrix.programmed.size) for matrix in tiled)
        events = np.zeros((len(heard), max(inputs, recurrent)), np.uint8)
        return tuple_type("Record", _RECORD)(heard.start, events, rows, *changed, tiles, programmed)

    def _masks(self, record: Any, on_firing: NDArray[np.uint8]) -> dict[str, NDArray[np.uint8]]:
        rows = dict(zip(MATRICES, record.rows, strict=True))
        changed = {what: dict(zip(MATRICES, getattr(record, what), strict=True)) for what in CHANGED}
        masks = gather_masks(record.events, rows, changed, self.shape, on_firing)
        if self.path.crossbar is None:
            return masks
        tiles, programmed = (dict(zip(MATRICES, marks, strict=True)) for marks in (record.tiles, record.programmed))
        return masks | gather_tile_masks(tiles, programmed)


def _one(held: NDArray[np.uint8]) -> range:
    """The middle one of the time steps that hold, if there is any."""
    steps = np.flatnonzero(held)
    at = int(steps[steps.size // 2]) if steps.size else 0
    return range(at, at + min(steps.size, 1))
