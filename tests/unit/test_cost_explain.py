"""Every number has a chain to its source: trees of operands that end at citations and add up again."""

from __future__ import annotations

import math

import numpy as np
import pytest

from accelsim.config.errors import ConfigError
from accelsim.cost.explain import explanation, leaves, well_founded
from accelsim.datapath.blocks import block
from accelsim.simulation.explained import explain_figure, figures_of
from accelsim.technology.edram import edram
from accelsim.technology.estimate import Estimate
from accelsim.technology.logic import datapath_cost
from accelsim.technology.memory import register_file
from accelsim.technology.node import Technology, load_technology, names
from accelsim.technology.operations import Operation, OperationGraph
from accelsim.technology.schedule import schedule
from accelsim.technology.sram import sram

KINDS = ("add", "sub", "mul", "compare", "select", "min", "clip", "xor", "shift_const", "div", "exp", "fadd", "fmul")
FIGURES = ("read_energy_j", "write_energy_j", "leakage_w", "area_m2", "access_time_s")


def recomputed(estimate: Estimate) -> float:
    """The nominal value again from the leaves, through sums and products; other laws are taken as they are."""
    parts = [recomputed(operand) for operand in estimate.operands]
    if estimate.operator == "sum":
        return math.fsum(parts)
    return math.prod(parts) if estimate.operator == "product" else estimate.nominal


def assert_founded(estimate: Estimate, what: str) -> None:
    assert well_founded(estimate), what
    assert any(leaf.sources for leaf in leaves(estimate)) or estimate.high == 0, what
    assert recomputed(estimate) == pytest.approx(estimate.nominal, rel=1e-9, abs=0), what
    cited = {source for leaf in leaves(estimate) for source in leaf.sources}
    assert cited == set(estimate.sources), what


def random_graph(random: np.random.Generator) -> OperationGraph:
    operations: list[Operation] = []
    for index in range(int(random.integers(1, 12))):
        kind, bits = str(random.choice(KINDS)), int(random.choice([8, 16, 32]))
        bits = 16 if kind.startswith("f") else bits
        count = {"select": 3, "clip": 1, "shift_const": 1, "exp": 1}.get(kind, 2)
        inputs = tuple(int(source) for source in random.integers(-2, max(index, 1), count) if source < index)
        widths = (1, bits, bits) if kind == "select" else (bits,) * count
        operations.append(Operation(kind, widths, bits, inputs=inputs))
    return OperationGraph(tuple(operations), (("a", 16), ("b", 16)), (len(operations) - 1,))


def technology_at(random: np.random.Generator) -> tuple[Technology, float]:
    technology = load_technology(str(random.choice(names())))
    supply = technology.supply_v
    return technology, float(random.uniform(max(supply.low, technology.threshold_v.high + 0.05), supply.high))


@pytest.mark.parametrize("seed", range(8))
def test_figures_of_random_memories(seed):
    random = np.random.default_rng(seed)
    technology, voltage = technology_at(random)
    words, bits = int(2 ** random.integers(3, 22)), int(random.integers(1, 300))
    ports = int(random.integers(1, 5))
    point = {"technology": technology, "voltage_v": voltage, "temperature_k": float(random.choice([250, 300, 345]))}
    device = str(random.choice(["lstp", "lop", "hp"]))
    banks = int(random.choice([1, 2, 8]))
    made = {
        "sram": sram(words, bits, readwrite_ports=ports, banks=banks, device=device, **point),
        "edram": edram(words, bits, banks=banks, **point),
        "register file": register_file(words, bits, read_ports=ports, **point),
    }
    for kind, cost in made.items():
        for figure in FIGURES:
            assert_founded(getattr(cost, figure), f"{figure} of {kind} {words} x {bits}")


@pytest.mark.parametrize("seed", range(12))
def test_figures_of_random_datapaths(seed):
    random = np.random.default_rng(seed)
    technology, voltage = technology_at(random)
    graph = random_graph(random)
    for basis in ("silicon", "netlist"):
        cost = datapath_cost(graph, technology, voltage_v=voltage, temperature_k=330.0, basis=basis)
        if cost.energy_j.nominal:
            for figure in ("energy_j", "area_m2", "leakage_w", "delay_s"):
                assert_founded(getattr(cost, figure), f"{figure} on {basis}")
    placed = schedule(graph, technology, 2e9, operators={"mul": 1}, voltage_v=voltage)
    if placed.energy_j.nominal:
        for figure in ("energy_j", "area_m2", "leakage_w", "critical_path_s"):
            assert_founded(getattr(placed, figure), figure)


def test_the_longest_path_is_the_sum_of_its_operations():
    graph = block("mac_W8_A24")
    cost = datapath_cost(graph, load_technology("28nm"))
    assert cost.delay_s.operator == "sum"
    assert cost.delay_s.nominal == pytest.approx(sum(cost.operation_delays_s), rel=1e-9)


@pytest.mark.parametrize("chip", ["chips/loihi", "chips/odin", "odin", "reckon"])
def test_figures_of_chips(chip):
    known = figures_of(chip)
    for name, figure in known.items():
        assert_founded(figure, name)
    lines = explanation("leakage", next(known[name] for name in known if name.startswith("leakage")))
    assert any("CACTI 7" in line for line in lines)


def test_a_predicted_figure_is_explained_by_rates_events_and_constants():
    text = "\n".join(explain_figure("energy_per_sop_pj", figures_of("architectures/chips/loihi.yaml")))
    for part in ("synapses at one synaptic_operation", "synaptic operations a second", "profile organisation"):
        assert part in text
    assert "] measured: CACTI 7 runs" in text


def test_what_is_neither_run_nor_chip_is_told(tmp_path):
    with pytest.raises(ConfigError, match="is neither the folder of a run nor an architecture"):
        figures_of("nothing")
    with pytest.raises(ConfigError, match="did you mean `chips/loihi`"):
        figures_of("chips/loihy")
    with pytest.raises(ConfigError, match="is no run directory"):
        figures_of(tmp_path)
    with pytest.raises(ConfigError, match="states the energies of its actions"):
        figures_of("loihi")
