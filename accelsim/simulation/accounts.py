"""What a finished run is costed from: how often everything happened, and what the chip is made of.

It is plain data beside the results, so that another technology or voltage is priced without running anything again.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple, dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from accelsim.architecture.devices import memories_of_synapses
from accelsim.architecture.layers import with_layers
from accelsim.architecture.schema import Architecture
from accelsim.architecture.widths import with_state_bits
from accelsim.config.document import Document
from accelsim.config.model import validate
from accelsim.config.quantity import exact_quantity
from accelsim.cost.account import CostReport, account, each, in_unit
from accelsim.cost.components import ComponentCosts
from accelsim.cost.histogram import Histogram
from accelsim.engine.counts import Counter
from accelsim.mapping.placement import Placement
from accelsim.simulation.memories import technologies_of
from accelsim.simulation.pacing import Pace
from accelsim.simulation.points import clocked_elsewhere, point_domains, point_times, points_of, priced_at, with_points
from accelsim.simulation.power import PowerTrace, operating_points
from accelsim.simulation.pricing import actions, is_sop, price, sops
from accelsim.simulation.wear import Wear, lifetime_estimates, wear_metrics
from accelsim.simulation.windows import Windows, not_busy
from accelsim.technology.estimate import Estimate
from accelsim.technology.memory_technology import KIND as MEMORY_KIND
from accelsim.technology.memory_technology import MemoryTechnology
from accelsim.technology.node import KIND, technology_of
from accelsim.technology.operations import Operation, OperationGraph
from accelsim.technology.switching import Switching

Banded = dict[str, tuple[Estimate | None, float]]
"""Estimates by name, each with the factor from SI to the unit in the name."""


@dataclass(frozen=True)
class SplitCounts:
    """Counts of the samples of one epoch and split; `counted` in the order of `Accounts.counters`."""

    epoch: int
    split: str
    samples: int
    ticks: int
    cycles: int
    learning_events: int
    counted: tuple[int, ...]


@dataclass(frozen=True)
class Accounts:
    """Counts of a run, and the chip they happened on.

    Attributes
    ----------
    document, technology : Document
        The architecture and its process, as they were resolved.
    memory_technologies : mapping of str to Document
        Its memory technologies by the names that its memories use.
    words, state_bits : mapping of str to int
        Words of each memory as placed, and widths that follow from the workload.
    stages : mapping of str to OperationGraph
        Traced datapath of each stage.
    tick_s : float
        Time step of the outside world.
    learning_phases : tuple of str
        Phases in which synapses learn, of event-driven cores.
    tiles : mapping of str to int
        Crossbar tiles of each matrix.
    switching : mapping of str to Switching
        How often the operands of the stages toggled, of those that were listened to.
    wear : mapping of str to Wear
        Writes of the cells of each memory.
    windows : Windows
        The counts over time.
    paces : tuple of Pace
        What the control asked of the datapaths.
    populations : tuple of str
        Of the network, from the input to the output.
    """

    document: Document
    technology: Document
    memory_technologies: Mapping[str, Document]
    words: Mapping[str, int]
    state_bits: Mapping[str, int]
    stages: Mapping[str, OperationGraph]
    tick_s: float
    learning_phases: tuple[str, ...]
    counters: tuple[Counter, ...]
    splits: tuple[SplitCounts, ...]
    paces: tuple[Pace, ...]
    switching: Mapping[str, Switching] = field(default_factory=dict)
    wear: Mapping[str, Wear] = field(default_factory=dict)
    windows: Windows = field(default_factory=Windows.empty)
    populations: tuple[str, ...] = ()
    tiles: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def architecture(self) -> Architecture:
        """The chip, every width a number."""
        architecture = validate(self.document, Architecture)
        core = with_layers(with_state_bits(architecture.core, self.state_bits), self.populations)
        return architecture.model_copy(update={"core": core})

    def costs(self) -> ComponentCosts:
        """Energy per action, leakage and area of every component, and energies at other operating points used."""
        return with_points(self._silicon(), self.points)

    @cached_property
    def points(self) -> dict[str, ComponentCosts]:
        """The chip at the other operating points that it was at."""
        chip, names = self.architecture, points_of(self.counters)
        if not names:
            return {}
        own = self._silicon()

        def priced(voltage: float, clock: float) -> ComponentCosts:
            settings = [f"voltage={exact_quantity(voltage, 'V')}", f"clock={exact_quantity(clock, 'Hz')}"]
            return replace(self, document=self.document.with_overrides(settings))._silicon()

        return {name: priced_at(chip.power.points[name], chip, own, priced) for name in names}

    def _silicon(self) -> ComponentCosts:
        """Energy per action, leakage and area of every component."""
        placement = Placement({}, {}, dict(self.words), dict(self.words), dict(self.tiles))
        return price(
            self.architecture,
            placement,
            self.stages,
            self.document,
            technology_of(self.technology),
            self.paces,
            self.switching,
            self.memories,
        )

    @cached_property
    def memories(self) -> dict[str, MemoryTechnology]:
        """Memory technologies by the names that memories use."""
        return technologies_of(self.memory_technologies)

    @cached_property
    def counted(self) -> dict[Counter, int]:
        """Counters of the whole run."""
        return self.summed(self.splits)

    @property
    def sop_count(self) -> int:
        """Synaptic operations of the whole run."""
        return sops(self.architecture, self.counted)

    def summed(self, chosen: Iterable[SplitCounts]) -> dict[Counter, int]:
        """Counters of some splits."""
        none = (0,) * len(self.counters)
        columns = zip(none, *(split.counted for split in chosen), strict=True)
        return dict(zip(self.counters, (sum(column) for column in columns), strict=True))

    def busy_cycles(self, chosen: Iterable[SplitCounts]) -> int:
        """Cycles of some splits but those spent on the outside world (see `not_busy`)."""
        chosen = tuple(chosen)
        outside = not_busy(self.counters, self.architecture.core.phases)
        counted = self.summed(chosen).values()
        return sum(split.cycles for split in chosen) - sum(itertools.compress(counted, outside))

    def report(self, costs: ComponentCosts, chosen: Iterable[SplitCounts] | None = None) -> CostReport:
        """Energy of some splits, of the whole run by default."""
        chosen, clock = self.splits if chosen is None else tuple(chosen), self.architecture.clock
        cycles = sum(split.cycles for split in chosen)
        summed = self.summed(chosen)
        row = np.array([list(summed.values())], np.int64)
        elsewhere = int(clocked_elsewhere(self.counters, row, self.architecture.core.phases)[0])
        times = {name: float(at_s[0]) for name, at_s in point_times(self.counters, row, self.points).items()}
        asleep = [
            domain.sleep(np.array([times[name]]), np.zeros(1, np.int64))
            for name, domain in point_domains(costs, self.points).items()
        ]
        busy = self.busy_cycles(chosen) - elsewhere
        return account(costs, actions(self.architecture, summed), cycles / clock, busy / clock, asleep)

    def estimates(self, costs: ComponentCosts) -> Banded:
        """Every figure of energy, power and area of the run."""
        return {
            **self.report(costs).estimates(self.sop_count),
            **self._power(costs),
            "energy_inference_uj": (self._energy_per_sample(costs, "test"), 1e6),
            "energy_training_uj": (self._energy_per_sample(costs, "train"), 1e6),
            "energy_per_sop_incremental_pj": (self._incremental_sop(costs), 1e12),
            "energy_write_word_pj": (self._write_of_synapses(costs), 1e12),
            **self._learning(costs),
            **lifetime_estimates(self),
        }

    def _write_of_synapses(self, costs: ComponentCosts) -> Estimate | None:
        """Energy of writing one word of the largest memory of synapses."""
        memories = self.architecture.core.memories
        synaptic = [name for name in memories_of_synapses(self.architecture.core) if name in costs.components]
        largest = max(synaptic, key=lambda name: self.words[name] * memories[name].bits, default=None)
        return None if largest is None else costs.components[largest].energy_j["write"]

    def metrics(self, costs: ComponentCosts) -> dict[str, float | None]:
        """:meth:`estimates` as `<what>_<unit>`, with `_low` and `_high` beside each; None where undefined."""
        found = self.estimates(costs).items()
        bands = (in_unit(name, value, factor) for name, (value, factor) in found)
        return {key: number for band in bands for key, number in band.items()} | wear_metrics(self)

    def epoch_energies(self, costs: ComponentCosts) -> list[dict[str, float | None]]:
        """Energy of each split in the order of the table of epochs."""
        return [in_unit("energy_uj", self.report(costs, [split]).energy_total_j, 1e6) for split in self.splits]

    def _power(self, costs: ComponentCosts) -> Banded:
        """Power when time steps come at the pace of the outside world; None if the chip does not keep pace."""
        trace = PowerTrace(self, costs)
        average, peak = (trace.whole.power_average_w, trace.peak) if trace.real_time else (None, None)
        return {"power_real_time_uw": (average, 1e6), "power_peak_uw": (peak, 1e6)}

    def power_tables(self, costs: ComponentCosts) -> dict[str, list[dict[str, Any]]]:
        """Tables of power: by component, over time, of power domains and of other operating points."""
        trace = PowerTrace(self, costs)
        return {
            "power": trace.rows(),
            "power_trace": trace.trace_rows(),
            "power_domains": trace.domain_rows(),
            "operating_points": operating_points(self),
        }

    def _energy_per_sample(self, costs: ComponentCosts, name: str) -> Estimate | None:
        """Energy of one inference or of one training sample."""
        chosen = [split for split in self.splits if split.split == name]
        samples = sum(split.samples for split in chosen)
        return each(self.report(costs, chosen).energy_total_j, samples, "samples")

    def _incremental_sop(self, costs: ComponentCosts) -> Estimate | None:
        """Dynamic energy that one more synaptic operation costs: that of the phases that do them, over their number."""
        phases = {counter.phase for counter in self.counters if is_sop(self.architecture, counter)}
        return self._dynamic(costs, self.counted, phases, self.sop_count, "synaptic operations")

    def _learning(self, costs: ComponentCosts) -> Banded:
        """Dynamic energy of the learning phases of training over the number of learning events."""
        if not self.learning_phases:
            return {}
        training = [split for split in self.splits if split.split == "train"]
        events = sum(split.learning_events for split in training)
        phases = set(self.learning_phases)
        energy = self._dynamic(costs, self.summed(training), phases, events, "learning events") if events else None
        return {"energy_per_learning_event_pj": (energy, 1e12)}

    def _dynamic(
        self, costs: ComponentCosts, counted: Mapping[Counter, int], phases: set[str], number: int, what: str
    ) -> Estimate | None:
        inside = {counter: count for counter, count in counted.items() if counter.phase in phases}
        report = account(costs, actions(self.architecture, inside), 0.0)
        return each(report.energy_dynamic_j, number, what)

    def with_documents(
        self, document: Document, technology: Document, memory_technologies: Mapping[str, Document]
    ) -> Accounts:
        """The same counts on a changed chip."""
        return replace(self, document=document, technology=technology, memory_technologies=memory_technologies)

    def as_data(self) -> dict[str, Any]:
        """Everything but the architecture as plain data."""
        return {
            "technology": self.technology.data,
            "memory_technologies": {name: file.data for name, file in self.memory_technologies.items()},
            "words": dict(self.words),
            "tiles": dict(self.tiles),
            "state_bits": dict(self.state_bits),
            "stages": {name: _graph_data(graph) for name, graph in self.stages.items()},
            "tick_s": self.tick_s,
            "learning_phases": list(self.learning_phases),
            "counters": [astuple(counter) for counter in self.counters],
            "splits": [asdict(split) for split in self.splits],
            "paces": [asdict(pace) for pace in self.paces],
            "switching": {stage: asdict(each) for stage, each in self.switching.items()},
            "wear": {name: {"how": each.how, **each.histogram.as_data()} for name, each in self.wear.items()},
            "windows": self.windows.as_data(),
            "populations": list(self.populations),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any], document: Document) -> Accounts:
        """Read what :meth:`as_data` wrote; KeyError, TypeError or ValueError if it is something else."""
        return cls(
            document,
            Document.of(data["technology"], KIND),
            {name: Document.of(file, MEMORY_KIND) for name, file in data["memory_technologies"].items()},
            data["words"],
            data["state_bits"],
            {name: _graph_of(graph) for name, graph in data["stages"].items()},
            data["tick_s"],
            tuple(data["learning_phases"]),
            tuple(Counter(*counter) for counter in data["counters"]),
            tuple(SplitCounts(**{**split, "counted": tuple(split["counted"])}) for split in data["splits"]),
            tuple(Pace(**{**pace, "phases": tuple(pace["phases"])}) for pace in data["paces"]),
            {
                stage: Switching(**{**each, "operations": tuple(each["operations"])})
                for stage, each in data["switching"].items()
            },
            {name: Wear(Histogram.from_data(each), each["how"]) for name, each in data["wear"].items()},
            Windows.from_data(data["windows"], len(data["counters"])),
            tuple(data["populations"]),
            tiles=data["tiles"],
        )


def _graph_data(graph: OperationGraph) -> dict[str, Any]:
    return {
        "operations": [astuple(operation) for operation in graph.operations],
        "inputs": graph.inputs,
        "outputs": graph.outputs,
    }


def _graph_of(data: Mapping[str, Any]) -> OperationGraph:
    return OperationGraph(
        tuple(
            Operation(kind, tuple(bits_in), bits_out, signed, tuple(inputs))
            for kind, bits_in, bits_out, signed, inputs in data["operations"]
        ),
        tuple((name, bits) for name, bits in data["inputs"]),
        tuple(data["outputs"]),
    )
