"""Components, their costs, and figures given by the user."""

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
from accelsim.technology.estimate import Estimate
from accelsim.technology.logic import datapath_cost
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


def test_register_file_is_larger_than_sram_of_the_same_size() -> None:
    costs = cost_components(
        [MemoryComponent("a", 256, 32), MemoryComponent("b", 256, 32, technology_kind="register-file")], POINT
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
        "odd.technology: unknown memory technology `srm` (did you mean `sram`?); known: sram, edram, register-file",
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
