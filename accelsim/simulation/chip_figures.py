"""What can be predicted of a chip that is described by its parts and events: area, leakage, energy, power.

Every figure is an `Estimate` in SI units whose operands lead back to the sources in the chip's description and to the
constants of its process.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from accelsim.architecture.profile import SYNAPTIC_OPERATION, Condition, Profile, Sourced
from accelsim.config.loader import load_document
from accelsim.cost.account import CostReport, core_area_m2
from accelsim.cost.components import ComponentCosts
from accelsim.cost.explain import part_figures
from accelsim.cost.profile import one_second, profile_costs, with_parts
from accelsim.technology.estimate import Estimate, Source, total
from accelsim.technology.node import Technology

WIDEST_BAND = {"area_mm2": 1.6, "energy_per_sop_pj": 3.0, "power_mw": 3.0, "synapse_density_per_mm2": 1.6}
"""Bands combine as if all errors were one, which they are not: a band of a whole chip ends at this ratio to nominal."""
LEAKAGE_BAND = 10.0
"""Leakage is known to its order of magnitude: its band is this ratio to nominal, no less and no more."""


@dataclass(frozen=True)
class ChipFigure:
    """One predicted figure of a chip: `metric`, the `condition` it holds at in words, and the band in SI units."""

    metric: str
    condition: str
    estimate: Estimate


def chip_costs(
    profile: Profile, condition: Condition | None = None, technology: Technology | None = None
) -> ComponentCosts:
    """Return the costs of all parts of a chip, those of its functional model among them, in one process."""
    own = profile_costs(profile, condition, technology)
    if profile.model is None or profile.workload is None:
        return own
    from accelsim.simulation.pricing import price
    from accelsim.simulation.setup import prepare

    point = own.point
    overrides = [
        f"voltage={point.voltage_v} V", f"clock={point.frequency_hz} Hz", f"temperature={point.temperature_k} K",
    ]  # fmt: skip
    chip = load_document(profile.model, "architecture", overrides=overrides)
    setup = prepare(chip, load_document(profile.workload, "workload"), seed=0)
    priced = price(setup.architecture, setup.placement, setup.controller.stages(), chip, point.technology)
    return with_parts(priced, own)


def chip_figures(profile: Profile, technology: Technology | None = None) -> list[ChipFigure]:
    """Return every figure that can be predicted of a chip, those of the first condition first.

    In the chip's own process unless one is given.
    """
    costs = chip_costs(profile, technology=technology)
    area = _area_m2(profile, costs)
    found = [_figure("area_mm2", area, "placed cells and macros over utilisation")]
    if profile.synapses is not None:
        synapses = Estimate.exact(profile.synapses, _cited(profile.inputs), "synapses", "1")
        density = area.inverse().in_unit("1/m2").scaled(synapses)
        found.append(_figure("synapse_density_per_mm2", density, f"{profile.synapses} synapses over the area"))
    leaking = total([*(part.leakage_w for part in costs.components.values()), *_given(profile, "leakage")], "leakages")
    found.append(_figure("leakage_uw", leaking, f"{profile.voltage:g} V, {profile.temperature:g} K"))
    for name, condition in profile.conditions.items():
        report = one_second(profile, condition, chip_costs(profile, condition, technology))
        text = f"{name}: {condition.source} [{condition.verified}]"
        found += [_figure(metric, _energy(profile, metric, condition, report), text) for metric in condition.predicts]
    return found


def explained_figures(profile: Profile, technology: Technology | None = None) -> dict[str, Estimate]:
    """Return every figure of a chip by name, for its derivation to be told.

    Predicted ones by their metric (of several conditions, the first) and by ``<metric>.<condition>``; then area and
    leakage of every part and the energy of its actions, as `accelsim.cost.explain.part_figures` names them.
    """
    found: dict[str, Estimate] = {}
    for figure in chip_figures(profile, technology):
        condition = figure.condition.partition(":")[0]
        found.setdefault(figure.metric, figure.estimate)
        if condition in profile.conditions:
            found[f"{figure.metric}.{condition}"] = figure.estimate
    return found | part_figures(chip_costs(profile, technology=technology))


def _figure(metric: str, estimate: Estimate, condition: str) -> ChipFigure:
    """Return a figure with the band that a whole chip deserves."""
    nominal = estimate.nominal
    if metric in WIDEST_BAND:
        widest = WIDEST_BAND[metric]
        low, high = max(estimate.low, nominal / widest), min(estimate.high, nominal * widest)
        text = f"no wider than a factor of {widest:g}"
    else:
        low, high = nominal / LEAKAGE_BAND, nominal * LEAKAGE_BAND
        text = "known to its order of magnitude"
    if (low, high) == (estimate.low, estimate.high):
        return ChipFigure(metric, condition, estimate)
    formula = f"{estimate.formula}; {text}"
    band = Estimate(low, nominal, high, estimate.sources, formula, estimate.unit, "from", (estimate,))
    return ChipFigure(metric, condition, band)


def _energy(profile: Profile, metric: str, condition: Condition, report: CostReport) -> Estimate:
    spent, text = report.energy_dynamic_j, "dynamic energy of a second"
    second = Estimate.exact(report.elapsed_s, None, "time that leaks", "s")
    if not condition.dynamic_only:
        others = [power.scaled(second).in_unit("J") for power in _given(profile, "leakage")]
        spent = total([spent, report.energy_leakage_j, *others], "")
        text = "dynamic + leakage energy of a second"
    spent = spent.described(text, "J")
    if metric == "power_mw":
        return spent.scaled(second.inverse()).described(text, "W")
    operations = Estimate.exact(
        condition.rates[SYNAPTIC_OPERATION], _cited(condition), "synaptic operations a second", "1"
    )
    return spent.scaled(operations.inverse()).described(f"{text} over synaptic operations", "J")


def _area_m2(profile: Profile, costs: ComponentCosts) -> Estimate:
    area = total([core_area_m2(costs), *_given(profile, "area")], "cores and other parts").in_unit("m2")
    if profile.ring is None:
        return area
    around = 2 * profile.ring.width
    low, nominal, high = ((math.sqrt(part) + around) ** 2 for part in (area.low, area.nominal, area.high))
    width = Estimate.exact(profile.ring.width, _cited(profile.ring), "width of the ring of pads", "m")
    text = f"{area.formula}, and a square ring around them"
    return Estimate(low, nominal, high, (*area.sources, *width.sources), text, "m2", "from", (area, width))


def _given(profile: Profile, quantity: str) -> list[Estimate]:
    """Return the area or the leakage of the parts that are given, not derived."""
    unit = {"area": "m2", "leakage": "W"}[quantity]
    return [
        Estimate.exact(getattr(part, quantity), _cited(part), f"{quantity} of {name}", unit)
        for name, part in profile.other.items()
        if getattr(part, quantity) is not None
    ]


def _cited(entry: Sourced) -> Source:
    return Source(entry.source, entry.verified)
