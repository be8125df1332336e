"""Accounting: energies add up, and move the right way."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accelsim.config.errors import ConfigError
from accelsim.cost.account import OVERHEAD, CostReport, account, core_area_m2
from accelsim.cost.components import (
    ComponentCosts,
    LogicComponent,
    MemoryComponent,
    OperatingPoint,
    RegisterComponent,
    cost_components,
)
from accelsim.technology.estimate import ONE, Estimate
from accelsim.technology.node import load_technology
from accelsim.technology.operations import Operation, OperationGraph

PARTS = [
    MemoryComponent("weights", 4096, 128),
    MemoryComponent("neurons", 128, 128),
    LogicComponent("soma", OperationGraph((Operation("add", (16, 16), 17),)), instances=2),
    RegisterComponent("state", 500),
]
ACTIONS = [
    ("weights", "read"), ("weights", "write"), ("neurons", "read"), ("neurons", "write"), ("soma", "update")
]  # fmt: skip


def costs_at(voltage_v: float, frequency_hz: float = 13e6) -> ComponentCosts:
    return cost_components(PARTS, OperatingPoint(load_technology("28nm-fdsoi"), voltage_v, frequency_hz))


COSTS = costs_at(0.5)
counts = st.dictionaries(st.sampled_from(ACTIONS), st.integers(0, 10**9))
times = st.floats(0, 1e3)


def values(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.low, estimate.nominal, estimate.high


@given(counts, counts, times, times)
def test_energy_adds_over_windows(first: dict, second: dict, first_s: float, second_s: float) -> None:
    both = {action: first.get(action, 0) + second.get(action, 0) for action in first | second}
    whole = account(COSTS, both, first_s + second_s, first_s + second_s)
    parts = [account(COSTS, first, first_s, first_s), account(COSTS, second, second_s, second_s)]
    for end in range(3):
        added = sum(values(part.energy_total_j)[end] for part in parts)
        assert values(whole.energy_total_j)[end] == pytest.approx(added, rel=1e-9, abs=1e-40)


@given(counts, times, times)
def test_total_is_the_sum_of_its_components_and_rows(found: dict, elapsed_s: float, clocked_s: float) -> None:
    report = account(COSTS, found, elapsed_s, clocked_s)
    for end, suffix in enumerate(("_low", "", "_high")):
        whole = values(report.energy_total_j)[end]
        by_component = sum(values(part)[end] for part in report.component_energy_j().values())
        by_row = sum(row["energy_pj" + suffix] for row in report.rows()) * 1e-12
        assert whole == pytest.approx(by_component, rel=1e-9, abs=1e-40)
        assert whole == pytest.approx(by_row, rel=1e-9, abs=1e-40)


@given(counts, times)
def test_bands_are_ordered(found: dict, elapsed_s: float) -> None:
    report = account(COSTS, found, elapsed_s, elapsed_s)
    for name, (estimate, _) in report.estimates(sop_count=10).items():
        if estimate is not None:
            assert estimate.low <= estimate.nominal <= estimate.high, name


@given(st.floats(1e-9, 1e3))
def test_without_events_only_leakage_remains(elapsed_s: float) -> None:
    report = account(COSTS, {}, elapsed_s)
    assert report.energy_dynamic_j.high == 0
    leakage = sum(part.leakage_w.nominal for part in COSTS.components.values())
    assert report.power_average_w is not None
    assert report.power_average_w.nominal == pytest.approx(leakage, rel=1e-9, abs=1e-40)


@settings(max_examples=20, deadline=None)
@given(counts, st.floats(0.5, 1.0), st.floats(0.0, 0.1))
def test_lower_voltage_never_costs_more_dynamic_energy(found: dict, voltage: float, step: float) -> None:
    low, high = (account(costs_at(volts), found, 0.0) for volts in (voltage, voltage + step))
    for end in range(3):
        assert values(low.energy_dynamic_j)[end] <= values(high.energy_dynamic_j)[end] * (1 + 1e-12)


def test_dynamic_energy_of_actions_does_not_depend_on_the_clock() -> None:
    found = {("weights", "read"): 1000}
    slow, fast = (account(costs_at(0.5, hertz), found, 1.0) for hertz in (1e6, 100e6))
    assert slow.energy_dynamic_j == fast.energy_dynamic_j


def test_registers_are_clocked_only_while_the_clock_runs() -> None:
    report = account(COSTS, {}, elapsed_s=1.0, clocked_s=0.25)
    per_edge = COSTS.components["state"].energy_j["clock"].nominal
    assert report.energy_dynamic_j.nominal == pytest.approx(per_edge * 13e6 * 0.25, rel=1e-9, abs=1e-40)


def test_overhead_is_a_component_on_top_of_memory_and_datapath_energy() -> None:
    report = account(COSTS, {("weights", "read"): 10, ("soma", "update"): 10}, 0.0)
    by_component = report.component_energy_j()
    switched = by_component["weights"].nominal + by_component["soma"].nominal
    assert by_component[OVERHEAD].nominal == pytest.approx((COSTS.overhead.nominal - 1) * switched, rel=1e-9, abs=1e-40)
    assert report.energy_dynamic_j.low == pytest.approx(
        COSTS.overhead.low * (by_component["weights"].low + by_component["soma"].low), rel=1e-9, abs=1e-40
    )


def test_measured_overhead_and_utilisation_replace_the_shipped_ones() -> None:
    costs = cost_components(PARTS[:1], COSTS.point, overhead=ONE, utilisation=ONE)
    report = account(costs, {("weights", "read"): 10}, 0.0)
    assert report.component_energy_j()[OVERHEAD].high == 0
    assert report.area_m2.nominal == costs.components["weights"].area_m2.nominal


def test_core_area_is_component_area_over_utilisation() -> None:
    placed = sum(part.area_m2.nominal for part in COSTS.components.values())
    assert core_area_m2(COSTS).nominal == pytest.approx(placed / 0.7, rel=1e-9, abs=1e-40)
    assert account(COSTS, {}, 1.0).metrics()["area_mm2"] == pytest.approx(placed / 0.7 * 1e6, rel=1e-9, abs=1e-40)


def test_energy_per_synaptic_operation_includes_leakage() -> None:
    report = account(COSTS, {("weights", "read"): 1000}, 1e-3)
    metrics = report.metrics(sop_count=16000)
    assert metrics["energy_per_sop_pj"] == pytest.approx(
        report.energy_total_j.nominal * 1e12 / 16000, rel=1e-9, abs=1e-40
    )
    assert metrics["energy_per_sop_dynamic_pj"] < metrics["energy_per_sop_pj"]  # type: ignore[operator]


def test_what_is_undefined_is_missing_not_zero() -> None:
    metrics = account(COSTS, {}, 0.0).metrics()
    assert metrics["power_average_uw"] is metrics["energy_per_sop_pj"] is None


def test_rows_carry_their_provenance() -> None:
    report: CostReport = account(COSTS, {("weights", "read"): 5}, 1.0)
    row = next(row for row in report.rows() if row["action"] == "read")
    assert row["count"] == 5
    assert "CACTI 7 runs" in str(row["provenance"])


def test_unknown_components_and_actions_are_refused_with_the_nearest_name() -> None:
    found = {("weigths", "read"): 1, ("soma", "read"): 1, ("state", "clock"): 1}
    with pytest.raises(ConfigError) as error:
        account(COSTS, found, 1.0)
    assert str(error.value).splitlines() == [
        "soma.read: no such action; known: update",
        "state.clock: the clock is charged by clocked time, not counted",
        "weigths.read: no such component (did you mean `weights`?)",
    ]
    with pytest.raises(ValueError, match="must not be negative"):
        account(COSTS, {}, -1.0)
