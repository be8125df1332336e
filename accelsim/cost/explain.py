"""From a reported number back to its sources: the derivation of an `Estimate` as lines of text.

An estimate remembers what it was computed from (`Estimate.operands`).  Walking down from a figure ends at numbers that
carry a citation, or the word ``assumed``, and at exact ones: counts of the run, times, conversions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from accelsim.config.errors import ConfigError, Problem, choose_from
from accelsim.config.quantity import format_quantity
from accelsim.cost.account import LEAKAGE, CostReport, core_area_m2
from accelsim.cost.components import ComponentCosts
from accelsim.technology.estimate import Estimate, Source

SHOWN_UNITS = ("J", "W", "V", "s", "m", "m2")
INDENT = "  "
WORDS = {"sum": "the sum of", "product": "the product of", "from": "which follows from"}


def figures(costs: ComponentCosts, report: CostReport) -> dict[str, Estimate]:
    """Return every figure of the tables by name, with its unit.

    `energy`, `energy.<component>` and `energy.<component>.<action>` of the run; `area` and `area.<component>`;
    `leakage.<component>`, a power; `delay.<component>`, access time or longest path; `energy_of.<component>.<action>`,
    of one action.
    """
    energies = {"energy": report.energy_total_j}
    energies |= {f"energy.{name}": energy for name, energy in report.component_energy_j().items()}
    energies |= {f"energy.{entry.component}.{entry.action}": entry.energy_j for entry in report.entries}
    energies |= {f"energy.{name}.{LEAKAGE}": energy for name, energy in report.leakage_j.items()}
    return {name: energy.in_unit("J") for name, energy in energies.items()} | part_figures(costs)


def part_figures(costs: ComponentCosts) -> dict[str, Estimate]:
    """Return the figures of `figures` that need no run: `area`, `area.`, `leakage.` and `energy_of.` of the parts."""
    areas, powers = {"area": core_area_m2(costs)}, {}
    delays: dict[str, Estimate] = {}
    energies: dict[str, Estimate] = {}
    for name, part in costs.components.items():
        areas[f"area.{name}"] = part.area_m2
        powers[f"leakage.{name}"] = part.leakage_w
        delays |= {f"delay.{name}": part.delay_s} if part.delay_s.high > 0 else {}
        energies |= {f"energy_of.{name}.{action}": energy for action, energy in part.energy_j.items()}
    units = (("m2", areas), ("W", powers), ("s", delays), ("J", energies))
    return {name: value.in_unit(unit) for unit, values in units for name, value in values.items()}


def find(name: str, known: Mapping[str, Estimate]) -> Estimate:
    """Return the figure `name`, or raise `ConfigError` naming the nearest."""
    if name not in known:
        inside = [other for other in known if other.startswith(f"{name}.")]
        hint = f"; it has: {', '.join(inside)}" if inside else choose_from(name, known)
        raise ConfigError(Problem(path=name, message=f"there is no such figure{hint}"))
    return known[name]


def explanation(name: str, estimate: Estimate) -> list[str]:
    """Return the derivation of a figure, one line for each step, the deeper the further back; then its sources.

    What was explained once is referred to; equal terms of a sum are told once with their number.
    """
    sources = {source: number for number, source in enumerate(estimate.sources, start=1)}
    lines = list(_lines(estimate, estimate.unit, 0, f"{name} = ", {}, sources))
    return [*lines, *(f"[{number}] {source.verified}: {source.text}" for source, number in sources.items())]


def leaves(estimate: Estimate) -> Iterator[Estimate]:
    """Yield the numbers that an estimate rests on: those that were not computed from others."""
    if not estimate.operands:
        yield estimate
    for operand in estimate.operands:
        yield from leaves(operand)


def well_founded(estimate: Estimate) -> bool:
    """Return whether every number that an estimate rests on has a source or is exact."""
    return all(leaf.sources or leaf.low == leaf.high for leaf in leaves(estimate))


def _lines(
    estimate: Estimate,
    unit: str,
    depth: int,
    prefix: str,
    told: dict[tuple[Estimate, tuple[Estimate, ...]], None],
    sources: dict[Source, int],
) -> Iterator[str]:
    text = f"{INDENT * depth}{prefix}{_band(estimate, unit)}"
    operands = estimate.operands
    if estimate.formula and not _repeats(estimate):
        text += f"  {_shortened(estimate.formula)}"
    if not operands:
        cited = "".join(f" [{sources.setdefault(source, len(sources) + 1)}]" for source in estimate.sources)
        yield text + cited
        return
    if (estimate, operands) in told:
        yield f"{text}: see above"
        return
    told[estimate, operands] = None
    yield f"{text}: {WORDS[estimate.operator]}"
    if estimate.operator == "sum":
        for term, times in Counter(operands).items():
            if term.high > 0:
                yield from _lines(term, unit, depth + 1, f"{times} x " if times > 1 else "", told, sources)
        return
    unknown = [operand for operand in operands if operand.unit != "1"]
    for operand in operands:  # what is multiplied by plain numbers has the unit of the product
        inherited = unit if estimate.operator == "product" and len(unknown) == 1 else ""
        yield from _lines(operand, operand.unit or inherited, depth + 1, "", told, sources)


def _repeats(estimate: Estimate) -> bool:
    """Whether the formula says no more than those of the operands."""
    formulas = [operand.formula for operand in estimate.operands if operand.formula]
    return estimate.operator == "product" and any(formula in estimate.formula for formula in formulas)


def _band(estimate: Estimate, unit: str) -> str:
    shown = [_number(value, unit) for value in (estimate.low, estimate.nominal, estimate.high)]
    return shown[1] if estimate.low == estimate.high else f"{shown[1]} ({shown[0]} .. {shown[2]})"


def _number(value: float, unit: str) -> str:
    if unit in SHOWN_UNITS:
        return format_quantity(value, unit)
    return f"{value:.5g}" if unit in ("", "1") else f"{value:.5g} {unit}"


def _shortened(formula: str, most: int = 120) -> str:
    return formula if len(formula) <= most else f"{formula[: most - 3]}..."
