"""The parts of a chip with their costs, as `accelsim describe` shows them."""

from __future__ import annotations

from accelsim.architecture.schema import Architecture
from accelsim.config.document import Document
from accelsim.config.library import shipped
from accelsim.config.loader import load_document
from accelsim.config.quantity import format_quantity
from accelsim.cost.components import ComponentCosts
from accelsim.mapping.placement import Placement
from accelsim.simulation.pricing import price
from accelsim.simulation.setup import prepare
from accelsim.technology.estimate import Estimate


def part_costs(architecture: Architecture, document: Document) -> ComponentCosts:
    """Costs of the parts of a chip.

    Sizes that follow from a network, and the datapath of a rule, are those of the first shipped workload with
    settings for the chip's controller; if there is none, only memories and flip-flops are priced.
    """
    workload = _workload_for(architecture.core.controller)
    return _storage(architecture, document) if workload is None else prepare(document, workload, seed=0).costs


def priced_parts(costs: ComponentCosts) -> list[tuple[str, ...]]:
    """Rows (component, action, energy, leakage, area, sources) of a chip."""
    rows: list[tuple[str, ...]] = []
    for name, part in costs.components.items():
        for action, energy in part.energy_j.items():
            sources = "; ".join(dict.fromkeys(source.text for source in energy.sources))
            rows.append(
                (name, action, _band(energy, "J"), _band(part.leakage_w, "W"), _band(part.area_m2, "m2"), sources)
            )
    return rows


def _storage(architecture: Architecture, document: Document) -> ComponentCosts:
    """Costs of the memories and flip-flops alone."""
    core = architecture.core.model_copy(update={"units": {}})
    words = {name: memory.capacity_words or 0 for name, memory in core.memories.items()}
    return price(architecture.model_copy(update={"core": core}), Placement({}, {}, words, words), {}, document)


def _workload_for(controller: str) -> Document | None:
    for name in sorted(shipped("workload")):
        document = load_document(name, "workload")
        if controller in (document.data.get("settings") or {}):
            return document
    return None


def _band(estimate: Estimate, unit: str) -> str:
    low, nominal, high = (format_quantity(value, unit) for value in (estimate.low, estimate.nominal, estimate.high))
    return f"{nominal} ({low} .. {high})"
