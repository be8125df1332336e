"""Cost of word operations and datapaths."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accelsim.technology.logic import datapath_cost, operation_cost
from accelsim.technology.node import load_technology
from accelsim.technology.operations import KINDS, Operation, OperationGraph

NODE_45 = load_technology("45nm")
NODE_28 = load_technology("28nm-fdsoi")


def operation(kind: str, bits: int) -> Operation:
    if kind == "select":
        return Operation(kind, (1, bits, bits), bits)
    if kind == "mac":
        return Operation(kind, (bits, bits, 3 * bits), 3 * bits)
    if kind == "lookup":
        return Operation(kind, (min(bits, 12),), bits)
    return Operation(kind, (bits, bits), bits)


@pytest.mark.parametrize(
    ("kind", "bits", "picojoules"),
    [("add", 8, 0.03), ("add", 16, 0.05), ("add", 32, 0.1), ("mul", 8, 0.2), ("mul", 32, 3.1),
     ("fadd", 16, 0.4), ("fadd", 32, 0.9), ("fmul", 16, 1.1), ("fmul", 32, 3.7)],
)  # fmt: skip
def test_low_end_reproduces_the_published_45_nm_energies(kind: str, bits: int, picojoules: float) -> None:
    cost = operation_cost(operation(kind, bits), NODE_45, voltage_v=0.9)
    assert cost.energy_j.low == pytest.approx(picojoules * 1e-12, rel=0.1, abs=1e-40)


@pytest.mark.parametrize(
    ("kind", "bits", "femtojoules", "square_um"),
    [("compare", 16, 129.68, 60.6), ("compare", 32, 271.45, 132.2), ("max", 16, 185.52, 95.5),
     ("select", 32, 103.55, 59.6), ("random_bits", 32, 491.12, 183.0), ("register", 32, 428.18, 144.7)],
)  # fmt: skip
def test_high_end_reproduces_synthesis(kind: str, bits: int, femtojoules: float, square_um: float) -> None:
    """NanGate45 at 1.1 V, gate-level toggles."""
    cost = operation_cost(operation(kind, bits), NODE_45, voltage_v=1.1)
    assert cost.energy_j.high == pytest.approx(femtojoules * 1e-15, rel=0.15, abs=1e-40)
    assert cost.area_m2.high == pytest.approx(square_um * 1e-12, rel=0.15, abs=1e-40)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_cost_with_sources(kind: str) -> None:
    cost = operation_cost(operation(kind, 16), NODE_28, voltage_v=0.5)
    if kind == "shift_const":
        assert cost.energy_j.high == cost.area_m2.high == cost.delay_s.high == 0
        return
    for value in (cost.energy_j, cost.area_m2, cost.leakage_w, cost.delay_s):
        assert 0 < value.low <= value.nominal <= value.high
        assert value.sources


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(set(KINDS) - {"shift_const"})), st.integers(2, 32), st.floats(0.5, 1.0))
def test_wider_and_higher_voltage_never_cost_less(kind: str, bits: int, voltage: float) -> None:
    narrow = operation_cost(operation(kind, bits), NODE_28, voltage_v=voltage)
    wide = operation_cost(operation(kind, bits + 1), NODE_28, voltage_v=voltage)
    faster = operation_cost(operation(kind, bits), NODE_28, voltage_v=voltage + 0.05)
    assert wide.area_m2.nominal >= narrow.area_m2.nominal
    assert wide.energy_j.nominal >= narrow.energy_j.nominal
    assert faster.energy_j.nominal >= narrow.energy_j.nominal
    assert faster.delay_s.nominal <= narrow.delay_s.nominal


def test_datapath_sums_operations_and_follows_the_longest_path() -> None:
    add, multiply = Operation("add", (8, 8), 9, inputs=(-1, -2)), Operation("mul", (9, 8), 17, inputs=(0, -2))
    aside = Operation("xor", (8, 8), 8, inputs=(-1, -2))
    graph = OperationGraph((add, multiply, aside), (("x", 8), ("y", 8)), (1, 2))
    whole = datapath_cost(graph, NODE_28)
    parts = [operation_cost(part, NODE_28) for part in graph.operations]
    assert whole.energy_j.nominal == pytest.approx(sum(part.energy_j.nominal for part in parts), rel=1e-9, abs=1e-40)
    assert whole.area_m2.high == pytest.approx(sum(part.area_m2.high for part in parts), rel=1e-9, abs=1e-40)
    assert whole.delay_s.nominal == pytest.approx(
        parts[0].delay_s.nominal + parts[1].delay_s.nominal, rel=1e-9, abs=1e-40
    )
    assert whole.operation_delays_s == tuple(part.delay_s.nominal for part in parts)
    assert whole.energy_j.formula == "sum over 1 add, 1 mul, 1 xor"


def test_leaky_integrate_and_fire_neuron_matches_its_synthesis() -> None:
    """16-bit shift-decay LIF on NanGate45, 1.1 V: 0.83 pJ zero-delay, 2.7 pJ unit-delay toggles, 425 um2."""
    ops = (
        Operation("shift_var", (16, 4), 16, inputs=(-1, -2)),
        Operation("sub", (16, 16), 17, inputs=(-1, 0)),
        Operation("add", (17, 16), 18, inputs=(1, -3)),
        Operation("clip", (18,), 16, inputs=(2,)),
        Operation("compare", (16, 16), 1, inputs=(3, -4)),
        Operation("sub", (16, 16), 16, inputs=(3, -4)),
        Operation("select", (1, 16, 16), 16, inputs=(4, 5, 3)),
    )
    graph = OperationGraph(ops, (("v", 16), ("k", 4), ("i", 16), ("threshold", 16)), (4, 6))
    cost = datapath_cost(graph, NODE_45, voltage_v=1.1)
    assert cost.energy_j.low < 0.83e-12 < cost.energy_j.high
    assert cost.area_m2.low < 425e-12 < cost.area_m2.high


def test_malformed_operations_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown operation kind 'plus'"):
        Operation("plus", (8, 8), 8)
    with pytest.raises(ValueError, match="at least 1 bit"):
        Operation("add", (8, 0), 8)
    with pytest.raises(ValueError, match="not before it"):
        OperationGraph((Operation("not", (8,), 8, inputs=(0,)),))
    with pytest.raises(ValueError, match="output 1 names no operation"):
        OperationGraph((Operation("not", (8,), 8),), outputs=(1,))
