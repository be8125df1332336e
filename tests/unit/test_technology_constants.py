"""A constant in a user's technology file reaches every model that rests on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from accelsim.architecture.crossbar import ANALOG_STAGES, Crossbar
from accelsim.architecture.profile import Profile
from accelsim.architecture.schema import Architecture
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.cost.components import LogicComponent, MemoryComponent, OperatingPoint, cost_components
from accelsim.cost.crossbar import AnalogComponent
from accelsim.cost.power import wake_up_energy_j
from accelsim.cost.profile import profile_costs
from accelsim.datapath.blocks import block
from accelsim.simulation.chip_figures import chip_figures
from accelsim.simulation.power import PowerTrace
from accelsim.technology.constants import constant_names, data_file
from accelsim.technology.edram import edram
from accelsim.technology.estimate import Estimate
from accelsim.technology.fifo import fifo
from accelsim.technology.link import off_chip_energy, wire_energy
from accelsim.technology.logic import datapath_cost, operation_cost
from accelsim.technology.memory import register_file
from accelsim.technology.memory_technology import load_memory_technology
from accelsim.technology.node import Technology, load_technology
from accelsim.technology.nvm import cell_array
from accelsim.technology.operations import Operation
from accelsim.technology.router import router
from accelsim.technology.sram import sram

MORE = 1.25


def changed(folder: Path, base: str, name: str) -> Technology:
    entry = data_file("constants.yaml")[name]
    band = ", ".join(f"{key}: {entry[key] * MORE!r}" for key in ("low", "nominal", "high", "value") if key in entry)
    path = folder / "own.yaml"
    path.write_text(
        f"technology: own\nextends: {base}\nconstants:\n"
        f'  {name}: {{{band}, unit: "{entry["unit"]}", source: our test chip, verified: measured}}\n'
    )
    return load_technology(str(path))


def figures(technology: Technology) -> Iterator[Estimate]:
    """Every figure of memories, datapaths, links and a chip in a process."""
    voltage, warm = technology.supply_v.nominal * 0.95, 330.0
    at = {"technology": technology, "voltage_v": voltage, "temperature_k": warm}
    memories = [
        cell_array(load_memory_technology("rram"), 4096, 32, **at),
        sram(4096, 32, **at),
        sram(4096, 32, readwrite_ports=4, **at),
        sram(4096, 32, device="lop", **at),
        edram(4096, 32, **at),
        register_file(16, 16, **at),
    ]
    for memory in memories:
        yield from (memory.read_energy_j, memory.write_energy_j, memory.leakage_w, memory.area_m2, memory.access_time_s)
    for basis in ("silicon", "netlist"):
        for kind in ("add", "exp", "fmul"):
            cost = operation_cost(Operation(kind, (16, 16), 16), technology, voltage_v=voltage, basis=basis)
            yield from (cost.energy_j, cost.area_m2, cost.leakage_w, cost.delay_s)
    yield datapath_cost(block("lifm16"), technology, voltage_v=voltage).energy_j
    for buffer in (fifo(16, 32, **at), fifo(1024, 32, body="sram", **at)):
        yield from (buffer.push_energy_j, buffer.pop_energy_j, buffer.clock_energy_j, buffer.area_m2)
    node = router(5, 32, 4, **at)
    yield from (node.traversal_energy_j, node.area_m2)
    yield wire_energy(Estimate.exact(1e-3), technology=technology, voltage_v=voltage)
    yield from (off_chip_energy(interface, technology=technology) for interface in ("lpddr", "ddr3"))
    parts = [MemoryComponent("m", 4096, 32), LogicComponent("u", block("lif16"))]
    costs = cost_components(parts, OperatingPoint(technology, voltage, 1e8, warm))
    yield from (costs.overhead, costs.utilisation, wake_up_energy_j(costs, ["m", "u"]))
    yield profile_costs(chip("loihi"), technology=technology).overhead
    tiles = [
        AnalogComponent(stage, stage, Crossbar(matrices=("w",)), 1, load_memory_technology("rram"), 8)
        for stage in ANALOG_STAGES
    ]
    for part in cost_components(tiles, OperatingPoint(technology, voltage, 1e8, warm)).components.values():
        yield from (part.energy_j["update"], part.area_m2)
    yield from left_while_off(technology)


def left_while_off(technology: Technology) -> Iterator[Estimate]:
    """Shares of leakage left in a memory and a datapath that a run switches off."""
    own = "power.domains={core: {components: [synapses, soma]}}"
    document = load_document("odin", "architecture", overrides=[own])
    parts = [MemoryComponent("synapses", 4096, 32), LogicComponent("soma.update", block("lif16"))]
    costs = cost_components(parts, OperatingPoint(technology, technology.supply_v.nominal, 1e8))
    memories = {"sram": load_memory_technology("sram")}
    run = SimpleNamespace(architecture=validate(document, Architecture), document=document, memories=memories)
    for domain in PowerTrace(run, costs).domains:
        yield from domain.residual.values()


def chip(name: str) -> Profile:
    return validate(load_document(f"chips/{name}", "architecture"), Profile)


@pytest.fixture(scope="module")
def shipped() -> dict[str, list[Estimate]]:
    return {base: list(figures(load_technology(base))) for base in ("65nm", "28nm", "14nm")}


@pytest.mark.parametrize("name", constant_names())
def test_a_constant_of_a_technology_file_moves_a_figure(tmp_path, shipped, name):
    for base in ("28nm", "65nm", "14nm"):
        own = list(figures(changed(tmp_path, base, name)))
        moved = [
            after for before, after in zip(shipped[base], own, strict=True)
            if (after.low, after.nominal, after.high) != (before.low, before.nominal, before.high)
        ]  # fmt: skip
        if moved:
            assert any("our test chip" in {source.text for source in figure.sources} for figure in moved)
            return
    pytest.fail(f"no figure rests on {name}")


@pytest.mark.parametrize("name", ["system_overhead", "sram_leakage_nominal_over_lstp"])
@pytest.mark.parametrize("described", ["loihi", "odin"])
def test_a_constant_reaches_the_predictions_of_a_chip(tmp_path, name, described):
    profile = chip(described)
    own = chip_figures(profile, changed(tmp_path, profile.technology.replace(" ", ""), name))
    metric = {"system_overhead": "energy_per_sop_pj"}.get(name, "leakage_uw")
    before = next(figure for figure in chip_figures(profile) if figure.metric == metric)
    after = next(figure for figure in own if figure.metric == metric)
    assert after.estimate.nominal > 1.05 * before.estimate.nominal
