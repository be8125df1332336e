"""Components, their costs, and figures given by the user."""

from dataclasses import replace

import pytest

from accelsim.config.errors import ConfigError
from accelsim.cost.components import (
    MEASURED_BY_USER,
    LogicComponent,
    MemoryComponent,
    OperatingPoint,
    RegisterComponent,
    cost_components,
)
from accelsim.cost.datapaths import datapath_rows
from accelsim.cost.profile import CLOCKLESS_HZ
from accelsim.datapath.blocks import block
from accelsim.technology.estimate import Estimate
from accelsim.technology.logic import datapath_cost, operation_cost
from accelsim.technology.node import load_technology
from accelsim.technology.operations import Operation, OperationGraph
from accelsim.technology.sram import sram

POINT = OperatingPoint(load_technology("28nm-fdsoi"), voltage_v=0.5, frequency_hz=13e6)
ADDER = OperationGraph((Operation("add", (8, 8), 9),))


def test_memory_costs_are_those_of_the_sram_model() -> None:
    costs = cost_components([MemoryComponent("weights", 4096, 128, instances=2)], POINT).components["weights"]
    model = sram(4096, 128, technology=POINT.technology, voltage_v=0.5)
    assert costs.energy_j == {"read": model.read_energy_j, "write": model.write_energy_j}
    assert costs.area_m2.nominal == pytest.approx(2 * model.area_m2.nominal, rel=1e-9, abs=1e-40)
    assert costs.leakage_w.nominal == pytest.approx(2 * model.leakage_w.nominal, rel=1e-9, abs=1e-40)
    assert costs.delay_s == model.access_time_s


def test_instances_multiply_area_and_leakage_but_not_energy_per_update() -> None:
    costs = cost_components([LogicComponent("soma", ADDER, instances=16)], POINT).components["soma"]
    one = datapath_cost(ADDER, POINT.technology, voltage_v=0.5)
    assert costs.energy_j["update"] == one.energy_j
    assert costs.area_m2.nominal == pytest.approx(16 * one.area_m2.nominal, rel=1e-9, abs=1e-40)


def test_a_fast_clock_puts_pipeline_registers_into_energy_area_and_leakage() -> None:
    graph = block("eprop")
    assert graph is not None
    fast = replace(POINT, frequency_hz=2e9)
    slow, pipelined = (
        cost_components([LogicComponent("plasticity", graph, 4)], point).components["plasticity"]
        for point in (POINT, fast)
    )
    bit = operation_cost(Operation("register", (1,), 1), POINT.technology, voltage_v=0.5)
    assert slow.schedule is not None
    assert pipelined.schedule is not None
    bits = pipelined.schedule.register_bits
    assert (slow.schedule.register_bits, slow.schedule.stages) == (0, 1)
    assert bits > 0
    for grown, before, each in (
        (pipelined.energy_j["update"], slow.energy_j["update"], bit.energy_j.nominal * bits),
        (pipelined.area_m2, slow.area_m2, bit.area_m2.nominal * bits * 4),
        (pipelined.leakage_w, slow.leakage_w, bit.leakage_w.nominal * bits * 4),
    ):
        assert grown.nominal == pytest.approx(before.nominal + each, rel=1e-9, abs=1e-40)


def test_without_a_clock_there_are_no_pipeline_registers() -> None:
    graph = block("eprop")
    assert graph is not None
    clockless = replace(POINT, frequency_hz=CLOCKLESS_HZ)
    part = cost_components([LogicComponent("plasticity", graph)], clockless).components["plasticity"]
    assert part.schedule is not None
    assert part.schedule.register_bits == 0
    assert part.energy_j["update"] == datapath_cost(graph, POINT.technology, voltage_v=0.5).energy_j


def test_datapaths_as_a_table() -> None:
    parts = [LogicComponent("soma", ADDER, 3, {"update_energy_j": 2e-12}), MemoryComponent("m", 1024, 32)]
    (row,) = datapath_rows(cost_components(parts, POINT))
    assert (row["component"], row["instances"], row["operations"], row["measured"]) == ("soma", 3, 1, True)
    assert (row["pipeline_stages"], row["initiation_interval_cycles"], row["register_bits"]) == (1, 1, 0)
    assert row["energy_per_update_pj"] == row["energy_per_update_pj_high"] == pytest.approx(2)
    assert row["critical_path_ns_low"] < row["critical_path_ns"] < row["critical_path_ns_high"]


def test_register_file_is_larger_than_sram_of_the_same_size() -> None:
    costs = cost_components(
        [MemoryComponent("a", 256, 32), MemoryComponent("b", 256, 32, technology_kind="registers")], POINT
    )
    assert costs.components["b"].area_m2.nominal > costs.components["a"].area_m2.nominal


def test_registers_leak_and_take_a_clock_energy_per_bit() -> None:
    costs = cost_components([RegisterComponent("one", 100), RegisterComponent("two", 200)], POINT).components
    assert costs["two"].energy_j["clock"].nominal == pytest.approx(
        2 * costs["one"].energy_j["clock"].nominal, rel=1e-9, abs=1e-40
    )
    assert costs["two"].leakage_w.nominal > costs["one"].leakage_w.nominal


def test_overrides_replace_derived_figures_and_say_so() -> None:
    band = Estimate(1e-12, 2e-12, 3e-12)
    part = MemoryComponent("m", 1024, 32, overrides={"read_energy_j": 5e-12, "write_energy_j": band})
    costs = cost_components([part], POINT).components["m"]
    assert costs.energy_j["read"].sources == (MEASURED_BY_USER,)
    assert costs.energy_j["read"].low == costs.energy_j["read"].high == 5e-12
    assert costs.energy_j["write"] is band
    assert costs.area_m2 == sram(1024, 32, technology=POINT.technology, voltage_v=0.5).area_m2


def test_all_mistakes_are_reported_at_once_with_the_component() -> None:
    parts = [
        MemoryComponent("empty", 0, 32),
        MemoryComponent("odd", 1024, 32, technology_kind="srm"),
        LogicComponent("soma", ADDER, overrides={"updte_energy_j": 1e-12}),
        RegisterComponent("state", 8, overrides={"area_m2": -1.0}),
        RegisterComponent("state", 8),
    ]
    with pytest.raises(ConfigError) as error:
        cost_components(parts, POINT)
    assert str(error.value).splitlines() == [
        "empty.words: 0 is not > 0",
        "odd.kind: unknown memory technology `srm` (did you mean `sram`?); known: edram, fefet, feram, flash, "
        "lpddr4, pcm, registers, rram, sot-mram, sram, stt-mram; or a memory technology file",
        "soma.updte_energy_j: no such figure (did you mean `update_energy_j`?); "
        "known: leakage_w, area_m2, update_energy_j",
        "state: 2 components have this name",
        "state.area_m2: -1 is not >= 0",
    ]


def test_voltage_outside_the_models_is_refused_unless_declared() -> None:
    low = OperatingPoint(POINT.technology, 0.45, 1e6)
    with pytest.raises(ConfigError, match="declare a lower `minimum_voltage`"):
        cost_components([], low)
    declared = OperatingPoint(POINT.technology, 0.45, 1e6, minimum_voltage_v=0.45)
    assert cost_components([MemoryComponent("m", 1024, 32)], declared).components


def test_warnings_name_their_component() -> None:
    costs = cost_components([MemoryComponent("tiny", 4, 4), MemoryComponent("fine", 1024, 32)], POINT)
    assert costs.warnings == ("tiny: 4 x 4 b is below the SRAM table: priced as flip-flops",)
