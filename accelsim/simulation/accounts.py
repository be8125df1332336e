"""What a finished run is costed from: how often everything happened, and what the chip is made of.

It is plain data beside the results, so that another technology or voltage is priced without running anything again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple, dataclass, replace
from functools import cached_property
from typing import Any

from accelsim.architecture.schema import Architecture
from accelsim.architecture.widths import with_state_bits
from accelsim.config.document import Document
from accelsim.config.model import validate
from accelsim.cost.account import CostReport, account, each, in_unit
from accelsim.cost.components import ComponentCosts
from accelsim.engine.counts import Counter
from accelsim.mapping.placement import Placement
from accelsim.simulation.pricing import actions, is_sop, price, sops
from accelsim.technology.estimate import Estimate
from accelsim.technology.node import KIND, technology_of
from accelsim.technology.operations import Operation, OperationGraph

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
    words, state_bits : mapping of str to int
        Words of each memory as placed, and widths that follow from the workload.
    stages : mapping of str to OperationGraph
        Traced datapath of each stage.
    tick_s : float
        Time step of the outside world.
    learning_phases : tuple of str
        Phases in which synapses learn, of event-driven cores.
    """

    document: Document
    technology: Document
    words: Mapping[str, int]
    state_bits: Mapping[str, int]
    stages: Mapping[str, OperationGraph]
    tick_s: float
    learning_phases: tuple[str, ...]
    counters: tuple[Counter, ...]
    splits: tuple[SplitCounts, ...]

    @cached_property
    def architecture(self) -> Architecture:
        """The chip, every width a number."""
        architecture = validate(self.document, Architecture)
        return architecture.model_copy(update={"core": with_state_bits(architecture.core, self.state_bits)})

    def costs(self) -> ComponentCosts:
        """Energy per action, leakage and area of every component."""
        placement = Placement({}, {}, dict(self.words), dict(self.words))
        return price(self.architecture, placement, self.stages, self.document, technology_of(self.technology))

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
        """Cycles of some splits but those spent on the outside world.

        These are in phases that say so, and in states that are no phase of the table.
        """
        chosen, phases = tuple(chosen), self.architecture.core.phases
        return sum(split.cycles for split in chosen) - sum(
            count
            for counter, count in self.summed(chosen).items()
            if counter.kind == "cycles" and (counter.phase not in phases or phases[counter.phase].overhead)
        )

    def report(self, costs: ComponentCosts, chosen: Iterable[SplitCounts] | None = None) -> CostReport:
        """Energy of some splits, of the whole run by default."""
        chosen, clock = self.splits if chosen is None else tuple(chosen), self.architecture.clock
        cycles = sum(split.cycles for split in chosen)
        counted = actions(self.architecture, self.summed(chosen))
        return account(costs, counted, cycles / clock, self.busy_cycles(chosen) / clock)

    def estimates(self, costs: ComponentCosts) -> Banded:
        """Every figure of energy, power and area of the run."""
        return {
            **self.report(costs).estimates(self.sop_count),
            "power_real_time_uw": (self._real_time_power(costs), 1e6),
            "energy_inference_uj": (self._energy_per_sample(costs, "test"), 1e6),
            "energy_training_uj": (self._energy_per_sample(costs, "train"), 1e6),
            "energy_per_sop_incremental_pj": (self._incremental_sop(costs), 1e12),
            **self._learning(costs),
        }

    def metrics(self, costs: ComponentCosts) -> dict[str, float | None]:
        """:meth:`estimates` as `<what>_<unit>`, with `_low` and `_high` beside each; None where undefined."""
        found = self.estimates(costs).items()
        return {key: number for name, (value, factor) in found for key, number in in_unit(name, value, factor).items()}

    def epoch_energies(self, costs: ComponentCosts) -> list[dict[str, float | None]]:
        """Energy of each split in the order of the table of epochs."""
        return [in_unit("energy_uj", self.report(costs, [split]).energy_total_j, 1e6) for split in self.splits]

    def _real_time_power(self, costs: ComponentCosts) -> Estimate | None:
        """Power when time steps come at the pace of the real world; the clock is gated between them (assumed)."""
        elapsed = sum(split.ticks for split in self.splits) * self.tick_s
        busy = self.busy_cycles(self.splits) / self.architecture.clock
        if busy > elapsed:
            return None
        return account(costs, actions(self.architecture, self.counted), elapsed, busy).power_average_w

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

    def with_documents(self, document: Document, technology: Document) -> Accounts:
        """The same counts on a changed chip."""
        return replace(self, document=document, technology=technology)

    def as_data(self) -> dict[str, Any]:
        """Everything but the architecture as plain data."""
        return {
            "technology": self.technology.data,
            "words": dict(self.words),
            "state_bits": dict(self.state_bits),
            "stages": {name: _graph_data(graph) for name, graph in self.stages.items()},
            "tick_s": self.tick_s,
            "learning_phases": list(self.learning_phases),
            "counters": [astuple(counter) for counter in self.counters],
            "splits": [asdict(split) for split in self.splits],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any], document: Document) -> Accounts:
        """Read what :meth:`as_data` wrote; KeyError, TypeError or ValueError if it is something else."""
        return cls(
            document,
            Document.of(data["technology"], KIND),
            data["words"],
            data["state_bits"],
            {name: _graph_of(graph) for name, graph in data["stages"].items()},
            data["tick_s"],
            tuple(data["learning_phases"]),
            tuple(Counter(*counter) for counter in data["counters"]),
            tuple(SplitCounts(**{**split, "counted": tuple(split["counted"])}) for split in data["splits"]),
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
