"""What every plasticity rule and consolidation costs on a core, as a page of Markdown tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from accelsim.config.document import Document
from accelsim.config.quantity import format_quantity
from accelsim.config.registry import Registry
from accelsim.controllers.tick.stages import ON_ROWS
from accelsim.cost.components import LogicComponent, OperatingPoint, cost_components
from accelsim.datapath.component import bits_of
from accelsim.datapath.words import Format
from accelsim.plasticity.base import rules
from accelsim.plasticity.composition import LearningUnit
from accelsim.plasticity.consolidation import consolidations
from accelsim.plasticity.eprop_fixed import EPropFixed
from accelsim.plasticity.unit import PlasticityUnit
from accelsim.simulation.pacing import paces
from accelsim.simulation.pricing import operating_point
from accelsim.simulation.setup import Setup, prepare
from accelsim.technology.estimate import Estimate

SYNAPSES = 1000
PER_SYNAPSE = "per synapse on "
"""What the titles of programs per synapse end with, before the trigger."""
SWITCHED_ON: Mapping[str, Mapping[str, float]] = {"l2-anchor": {"strength": 0.1}}
"""Parameters of consolidations that leave a rule as it is by default."""
COLUMNS = (
    "rule", "per synapse", "per presynaptic neuron", "per postsynaptic neuron", "on", "operations",
    "energy per update [pJ]", "area of a lane [um2]", f"cycles per {SYNAPSES} synapses",
)  # fmt: skip

_TEXT = """\
# Plasticity rules

Every rule and consolidation with its default parameters, unless others are told; they set the widths of its words.
Written by `accelsim describe rules > docs/rules.md`; `accelsim describe rule NAME` shows the operations of one.

Words of state are told as number and bits, per synapse with the weight. An update is one synapse on one trigger, its
commit included; accesses to memories are not. It is priced for `{chip}`, {technology}, {voltage}, {clock}, with
random operands; the band stands in brackets. Cycles are those in which the synapses go by the {lanes} lanes of that
core, as its phase table has it: memories with one port are read and written in turn. On spikes only the rows of
neurons that spike go by, or the words of those that fire. Rules that learn at the end of settling run on other chips.

## Rules

"""


def rule_table(architecture: Document, workload: Document) -> str:
    """Return the page.

    Parameters
    ----------
    architecture : of a tick-driven core that takes any rule.
    workload : any that the core can run; what it learns does not matter.
    """
    setup = prepare(architecture, workload, seed=0)
    point = operating_point(setup.architecture, architecture)
    cycles = _cycles(setup)
    base = EPropFixed()
    alone = {f"`{name}`": cls() for name, cls in _shipped(rules)}
    combined = {}
    for name, cls in _shipped(consolidations):
        given = SWITCHED_ON.get(name, {})
        title = ", ".join([f"`{name}`", *(f"{key} {value:g}" for key, value in given.items())])
        combined[title] = LearningUnit(base, cls(**given))
    stage = f"{ON_ROWS['time step']}_input"
    text = _TEXT.format(
        chip=setup.architecture.architecture,
        technology=setup.architecture.technology,
        voltage=format_quantity(point.voltage_v, "V"),
        clock=format_quantity(point.frequency_hz, "Hz"),
        lanes=next(unit.lanes for unit in setup.architecture.core.units.values() if stage in unit.stages),
    )
    heading = f"\n## Consolidations, each on `{base.name}`\n\n"
    return text + _table(alone, point, cycles) + heading + _table(combined, point, cycles)


def _shipped(registry: Registry[Any]) -> Iterator[tuple[str, Any]]:
    """Components by name, without those of plug-ins."""
    for name in registry.names():
        component = registry.get(name)
        if component.__module__.split(".")[0] == __name__.split(".")[0]:
            yield name, component


def _cycles(setup: Setup) -> dict[str, float]:
    """Cycles per synapse by trigger, as the phases of the core have them."""
    units = {stage: (name, unit.lanes) for name, unit in setup.architecture.core.units.items() for stage in unit.stages}
    found = {}
    for trigger, verb in ON_ROWS.items():
        stage = f"{verb}_input"
        unit, lanes = units[stage]
        asked = [pace for pace in paces(setup.program) if pace.component == f"{unit}.{stage}"]
        found[trigger] = max(pace.every_cycles / (pace.starts * lanes) for pace in asked)
    return found


def _table(units: Mapping[str, PlasticityUnit], point: OperatingPoint, cycles: Mapping[str, float]) -> str:
    rows: list[tuple[str, ...]] = [COLUMNS, ("---",) * len(COLUMNS)]
    for name, unit in units.items():
        rows += _rows(name, unit, point, cycles)
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _rows(
    name: str, unit: PlasticityUnit, point: OperatingPoint, cycles: Mapping[str, float]
) -> Iterator[tuple[str, ...]]:
    """One row for each trigger; the words of state stand in the first."""
    states = (unit.synapse_state, unit.presynaptic_state, unit.postsynaptic_state)
    first = (name, *map(_words, states))
    for title, program in unit.programs().items():
        _, found, trigger = title.partition(PER_SYNAPSE)
        if not found:
            continue
        part = cost_components([LogicComponent(name, program.graph())], point).components[name]
        assert part.schedule is not None
        passing = f"{cycles[trigger] * SYNAPSES:.0f}" if trigger in cycles else "-"
        energy, area = _band(part.energy_j["update"], 1e12), _band(part.area_m2, 1e12)
        yield (*first, trigger, str(len(part.schedule.starts)), energy, area, passing)
        first = ("",) * len(first)


def _words(state: Mapping[str, Format]) -> str:
    return f"{len(state)}: {bits_of(state)} b" if state else "-"


def _band(estimate: Estimate, factor: float) -> str:
    """Nominal value, low and high."""
    nominal, low, high = (_short(bound * factor) for bound in (estimate.nominal, estimate.low, estimate.high))
    return f"{nominal} ({low} to {high})"


def _short(value: float) -> str:
    """Two significant digits, in full."""
    return f"{float(f'{value:.2g}'):g}"
