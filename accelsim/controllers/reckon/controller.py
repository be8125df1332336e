"""ReckOn as a controller: program it, feed it samples, get activity and learning results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.schema import Core
from accelsim.config.errors import ConfigError, Problem, did_you_mean
from accelsim.config.model import Model
from accelsim.controllers.activity import Activity
from accelsim.controllers.base import Controller, Outcome, Request, check_populations
from accelsim.controllers.probing import middle
from accelsim.controllers.reckon.registers import DEFAULTS, WIDTHS, Registers
from accelsim.controllers.reckon.settings import ReckonOptions, ReckonSettings
from accelsim.controllers.reckon.stages import OF_OUTPUTS, SPARES, stage_programs, stage_taps
from accelsim.controllers.reckon.state import Quirks, Shape, State, allocate, decode_registers
from accelsim.controllers.reckon.ticks import VOCABULARY, Record, Ticks, run_ticks
from accelsim.controllers.samples import Samples
from accelsim.controllers.vocabulary import Vocabulary
from accelsim.datapath.probe import Probe, untouched
from accelsim.datapath.stages import Program
from accelsim.datapath.toggles import Operands
from accelsim.datapath.words import Word
from accelsim.devices.draw import allocate_cells
from accelsim.devices.state import ON, Cells, Sums

Item = TypeVar("Item", bound=np.generic)
POTENTIAL = Word(16)
"""Of neurons and outputs."""
NEEDS = {"memories": ("winp", "neurons"), "units": ("plasticity", "output_plasticity")}
"""Parts of the core by which its lanes and words are known."""


@dataclass(frozen=True)
class Recording:
    """Record and output bytes of a chunk."""

    states: Record
    sent: NDArray[np.uint8]


class Reckon(Controller):
    """A programmed ReckOn core."""

    vocabulary: ClassVar[Vocabulary] = VOCABULARY
    options_model: ClassVar[type[Model]] = ReckonOptions
    settings_model: ClassVar[type[Model]] = ReckonSettings

    def __init__(self, shape: Shape, quirks: Quirks, registers: Registers, state: State) -> None:
        self.shape = shape
        self.quirks = quirks
        self.registers = registers
        self.state = state

    @classmethod
    def build(cls, core: Core, request: Request) -> Self:
        """Program a core for a workload (see :class:`accelsim.controllers.base.Controller`)."""
        settings: ReckonSettings = request.settings
        check_populations("reckon", ("input", "recurrent", "output"), request.populations)
        if request.rule is not None and core.rules != "any" and request.rule not in core.rules:
            known = ", ".join(f"`{name}`" for name in core.rules)
            raise ConfigError(
                Problem(
                    path="learning.rule",
                    message=f"this core learns with {known}, not with `{request.rule}`"
                    f"{did_you_mean(request.rule, list(core.rules))}",
                )
            )
        if request.parameters:
            raise ConfigError(
                Problem(
                    path="learning.parameters", message="the rule of this core is set by `settings.reckon.registers`"
                )
            )
        shape = core_shape(core, request.populations)
        values = dict.fromkeys(WIDTHS, 0) | DEFAULTS
        random = request.generator("core.random_sources")
        values |= {
            name: int(random.integers(1, 1 << WIDTHS[name])) for name in sorted(WIDTHS) if name.startswith("SEED")
        }
        values |= {name: value & ((1 << WIDTHS[name]) - 1) for name, value in settings.registers.items()}
        if request.rule is None:
            values["DO_EPROP"] = 0
        registers = decode_registers(values)
        words = np.ones(max(shape.inputs, shape.recurrent, shape.outputs), np.int64)

        def draw(name: str, pre: int, post: int) -> NDArray[np.int8]:
            law = getattr(settings, f"{name}_weights")
            weights: NDArray[np.int8] = law.draw(request.generator(f"core.weights.{name}"), pre, post)
            return weights

        state = allocate(
            shape,
            registers,
            settings.threshold * words,
            settings.alpha_lsb * words,
            draw("input", shape.inputs, shape.recurrent),
            draw("recurrent", shape.recurrent, shape.recurrent),
            draw("output", shape.recurrent, shape.outputs),
        )
        if request.cells:
            state = with_cells(state, shape, registers, request)
        return cls(shape, core_quirks(core), registers, state)

    def run(self, samples: Samples, *, masks: range = range(0), states: bool = False) -> Outcome:
        """Process a chunk of samples: learning in training samples, inference in the others."""
        do = np.where(samples.training, self.registers.do_eprop, 0)
        return self.run_with(samples, do, masks=masks, states=states)

    def run_with(
        self, samples: Samples, do_eprop: NDArray[np.integer], *, masks: range = range(0), states: bool = False
    ) -> Outcome:
        """Process a chunk of samples with a DO_EPROP value for each."""
        ticks = self._ticks(samples, do_eprop)
        record = self._empty_record(samples.ticks, masks, states)
        counts = np.zeros((samples.ticks, len(VOCABULARY.columns)), np.int64)
        sent = self._room(samples)
        n_sent = run_ticks(self.state, self.registers, self.shape, self.quirks, ticks, counts, sent, record)
        activity = Activity(counts, self._masks(record) if masks else {}, masks)
        return Outcome(activity, self._answers(samples, counts, sent), Recording(record, sent[:n_sent]))

    def programs(self) -> Mapping[str, Program]:
        """Programs of the datapath."""
        return stage_programs()

    def operands(self, samples: Samples) -> Mapping[str, Operands]:
        """What every stage sees in the middle of a sample, or of its learning."""
        learns = samples.target_valid & samples.training[samples.sample_of_tick]
        due = samples.tick_index % self.shape.learn_every == 0
        ticks = self._ticks(samples, np.where(samples.training, self.registers.do_eprop, 0))
        heard = middle(learns & due & (samples.first == 0) & (samples.last == 0))
        counts = np.zeros((samples.ticks, len(VOCABULARY.columns)), np.int64)
        fixed = self.registers, self.shape, self.quirks
        probe = Probe(stage_taps(), SPARES, dict.fromkeys(OF_OUTPUTS, self.shape.outputs))
        record = self._empty_record(0, range(0), False)
        with untouched(self.state):
            before = range(heard.start)
            run_ticks(self.state, *fixed, ticks.part(before), counts[: len(before)], self._room(samples), record)
            part = ticks.part(heard)
            probe.run(run_ticks, self.state, *fixed, part, counts[: len(heard)], self._room(samples), record)
        return probe.operands()

    def _room(self, samples: Samples) -> NDArray[np.uint8]:
        """Room for the output bytes of samples."""
        sends = samples.ticks if self.registers.send_per_timestep else len(samples)
        return np.zeros(sends * 2 * self.shape.outputs, np.uint8)

    @staticmethod
    def _ticks(samples: Samples, do_eprop: NDArray[np.integer]) -> Ticks:
        """Samples as the compiled loop takes them."""
        of_tick = samples.sample_of_tick
        return Ticks(
            event_start=samples.event_start,
            event_address=samples.event_address,
            first=samples.first,
            last=samples.last,
            index=samples.tick_index,
            target_valid=samples.target_valid,
            infer=samples.infer,
            do_eprop=do_eprop[of_tick].astype(np.uint8),
            label=samples.label[of_tick],
            label_pushed=(samples.label_tick[of_tick] == samples.tick_index).astype(np.uint8),
            targets=samples.targets,
            overlapped=samples.overlapped,
        )

    def weights(self) -> Mapping[str, NDArray[Any]]:
        """Present weights, (presynaptic, postsynaptic), int8."""
        s = self.state
        return self._used(s.winp, s.wrec, s.wout)

    def cell_writes(self) -> Mapping[str, NDArray[np.uint32]]:
        """How often the value of each weight has changed."""
        s = self.state
        return self._used(s.winp_writes, s.wrec_writes, s.wout_writes)

    def cells(self) -> Mapping[str, Cells]:
        """Cells of the memories that are not ideal."""
        s = self.state
        cells = {"winp": s.winp_cells, "wrec": s.wrec_cells, "wout": s.wout_cells}
        return {name: each for name, each in cells.items() if each is not None and each.law[ON]}

    def _used(self, winp: NDArray[Item], wrec: NDArray[Item], wout: NDArray[Item]) -> dict[str, NDArray[Item]]:
        """The part of matrices that the network occupies."""
        d = self.shape
        return {
            "winp": winp[: d.inputs, : d.recurrent],
            "wrec": wrec[: d.recurrent, : d.recurrent],
            "wout": wout[: d.recurrent, : d.outputs],
        }

    def _answers(self, samples: Samples, counts: NDArray[np.int64], sent: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Class sent at the end of each sample; -1 if potentials are sent instead of labels."""
        labels = VOCABULARY.column("send_label")
        if not self.registers.send_label_only:
            return np.full(len(samples), -1, np.int32)
        sent_by = np.cumsum(counts[:, labels])[samples.start + samples.length - 1]
        answered = counts[samples.start + samples.length - 1, labels] > 0
        return np.where(answered, sent[np.maximum(sent_by - 1, 0)].astype(np.int32), -1).astype(np.int32)

    def _empty_record(self, ticks: int, masks: range, states: bool) -> Record:
        d = self.shape
        neurons = self.state.u.size
        reach = max(d.inputs, d.recurrent)
        blocks = -(-d.recurrent // d.lanes)

        def rows(kept: bool, *shape: int, dtype: Any = np.int32) -> NDArray[Any]:
            return np.zeros((ticks if kept else 0, *shape), dtype)

        def flags(*shape: int) -> NDArray[np.uint8]:
            return np.zeros((len(masks), *shape), np.uint8)

        return Record(
            step_states=rows(states, 5, neurons),
            prop_states=rows(states, 4, neurons),
            y_step=rows(states, d.outputs),
            y_prop=rows(states, d.outputs),
            error=rows(states, d.outputs),
            eprop=rows(states, 3, d.recurrent),
            lfsr=rows(states, 10, dtype=np.uint32),
            first_masked=masks.start,
            events=flags(reach),
            rows=flags(2, blocks, reach),
            changed=flags(2, blocks, reach, d.row_words),
            output_rows=flags(blocks * d.lanes),
        )

    def _masks(self, record: Record) -> dict[str, NDArray[np.uint8]]:
        d = self.shape
        ticks = record.events.shape[0]
        return {
            "event": record.events & np.uint8(1),
            "input_event": (record.events >> np.uint8(1)) & np.uint8(1),
            "spike": (record.events >> np.uint8(2)) & np.uint8(1),
            "supplementary": (record.events >> np.uint8(3)) & np.uint8(1),
            "output_row": record.output_rows.reshape(ticks, -1, d.lanes),
            "lone_output_row": record.output_rows[:, : d.recurrent],
            "winp_row": record.rows[:, 0],
            "wrec_row": record.rows[:, 1],
            "winp_changed": record.changed[:, 0],
            "wrec_changed": record.changed[:, 1],
        }


def with_cells(state: State, d: Shape, registers: Registers, request: Request) -> State:
    """A core whose weights are held by cells that are not ideal."""
    shifts = {"winp": registers.fp_loc_winp, "wrec": registers.fp_loc_wrec, "wout": registers.fp_loc_wout}
    sizes = {"winp": (d.inputs, d.recurrent), "wrec": (d.recurrent, d.recurrent), "wout": (d.recurrent, d.outputs)}
    cells: dict[str, Any] = {}
    for name, (pre, post) in sizes.items():
        weights: NDArray[np.int8] = getattr(state, name)
        used = np.zeros(weights.shape, np.bool_)
        used[:pre, :post] = ~np.eye(pre, post, dtype=np.bool_) if name == "wrec" else True
        cells[f"{name}_cells"] = allocate_cells(
            request.cells.get(name), weights, Word(8), request.generator(f"core.{name}.cells"), tick_s=request.tick_s,
            used=used, sums=Sums(float(1 << shifts[name]), POTENTIAL.low, POTENTIAL.high, whole=True),
        )  # fmt: skip
    return state._replace(**cells)


def core_shape(core: Core, populations: Mapping[str, int]) -> Shape:
    """Sizes of the update hardware of a core, and of the network on it.

    Raises
    ------
    ConfigError
        If the core lacks a part that this controller works with.
    """
    problems = [
        Problem(path=f"core.{kind}", message=f"controller `reckon` needs `{name}` here")
        for kind, names in NEEDS.items()
        for name in names
        if name not in getattr(core, kind)
    ]
    if problems:
        raise ConfigError(problems)
    lanes = core.units["plasticity"].lanes
    word_weights = core.memories["winp"].items_per_word
    outputs, output_lanes = populations["output"], core.units["output_plasticity"].lanes
    if outputs > output_lanes:
        message = f"{outputs} outputs need as many lanes of unit `output_plasticity`, which has {output_lanes}"
        raise ConfigError(Problem(path="network.output", message=message))
    return Shape(
        inputs=populations["input"],
        recurrent=populations["recurrent"],
        outputs=outputs,
        lanes=lanes,
        output_lanes=output_lanes,
        row_words=max(1, lanes // word_weights),
        word_weights=min(word_weights, lanes),
        learn_every=core.learn_every,
    )


def core_quirks(core: Core) -> Quirks:
    """Oddities switched on in the options of a core."""
    options = ReckonOptions(**core.options)  # type: ignore[arg-type]
    return Quirks(int(options.skip_odd_tail), int(options.stale_neuron_word), int(options.overflow_update))
