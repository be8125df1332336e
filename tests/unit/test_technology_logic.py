"""Cost of word operations and datapaths."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accelsim.technology.estimate import total
from accelsim.technology.glitches import operand_glitches
from accelsim.technology.logic import Basis, datapath_cost, operation_cost
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
def test_band_holds_the_published_45_nm_energies(kind: str, bits: int, picojoules: float) -> None:
    """Horowitz, ISSCC 2014."""
    energy = operation_cost(operation(kind, bits), NODE_45, voltage_v=0.9).energy_j
    assert energy.low <= picojoules * 1e-12 <= energy.high


@pytest.mark.parametrize(
    ("kind", "bits", "femtojoules", "square_um"),
    [("compare", 16, 129.68, 60.6), ("compare", 32, 271.45, 132.2), ("max", 16, 185.52, 95.5),
     ("select", 32, 103.55, 59.6), ("random_bits", 32, 491.12, 183.0), ("register", 32, 428.18, 144.7)],
)  # fmt: skip
def test_high_end_of_silicon_is_the_synthesised_netlist(
    kind: str, bits: int, femtojoules: float, square_um: float
) -> None:
    """NanGate45 at 1.1 V, gate-level toggles without glitches."""
    cost = operation_cost(operation(kind, bits), NODE_45, voltage_v=1.1)
    assert cost.energy_j.high == pytest.approx(femtojoules * 1e-15, rel=0.15, abs=1e-40)
    assert cost.area_m2.high == pytest.approx(square_um * 1e-12, rel=0.15, abs=1e-40)
    assert cost.zero_delay_j == pytest.approx(cost.energy_j.high, rel=1e-9, abs=1e-40)
    netlist = operation_cost(operation(kind, bits), NODE_45, voltage_v=1.1, basis="netlist")
    assert netlist.zero_delay_j == cost.zero_delay_j
    assert netlist.energy_j.nominal >= cost.zero_delay_j
    assert netlist.area_m2.nominal == pytest.approx(cost.area_m2.high, rel=1e-9, abs=1e-40)


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
    nominal = sum(part.energy_j.nominal for part in parts)
    assert whole.energy_j.nominal == pytest.approx(nominal, rel=1e-9, abs=1e-40)
    assert whole.zero_delay_j == pytest.approx(sum(part.zero_delay_j for part in parts), rel=1e-9, abs=1e-40)
    assert whole.area_m2.high == pytest.approx(sum(part.area_m2.high for part in parts), rel=1e-9, abs=1e-40)
    assert whole.delay_s.nominal == pytest.approx(
        parts[0].delay_s.nominal + parts[1].delay_s.nominal, rel=1e-9, abs=1e-40
    )
    assert whole.operation_delays_s == tuple(part.delay_s.nominal for part in parts)
    assert whole.energy_j.formula == "sum over 1 add, 1 mul, 1 xor"


def test_glitches_of_operands_raise_the_high_end_only() -> None:
    """The product's operand comes out of an adder, so it changes more than once."""
    add, multiply = Operation("add", (8, 8), 9, inputs=(-1, -2)), Operation("mul", (9, 8), 17, inputs=(0, -2))
    graph = OperationGraph((add, multiply), (("x", 8), ("y", 8)), (1,))
    assert operand_glitches(graph)[0] == 1.0
    assert operand_glitches(graph)[1] > 1.5
    chained = datapath_cost(graph, NODE_45).energy_j
    alone = total((operation_cost(part, NODE_45).energy_j for part in graph.operations), "")
    assert (chained.low, chained.nominal) == pytest.approx((alone.low, alone.nominal), rel=1e-9, abs=1e-40)
    assert alone.high < chained.high < 1.9 * alone.high


def test_glitches_grow_along_a_chain() -> None:
    chain = [Operation("add", (16, 16), 16, inputs=(-1, -2))]
    chain += [Operation("add", (16, 16), 16, inputs=(index, -2)) for index in range(3)]
    seen = operand_glitches(OperationGraph(tuple(chain), (("x", 16), ("y", 16)), (3,)))
    assert list(seen) == sorted(set(seen))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(["add", "sub", "mul", "max", "xor", "clip", "select", "shift_var", "fadd"]), max_size=9),
    st.sampled_from(["180nm", "45nm", "28nm-fdsoi", "7nm"]),
    st.sampled_from(["silicon", "netlist"]),
)
def test_energy_is_known_to_a_factor_of_three(kinds: list[str], node: str, basis: Basis) -> None:
    operations = [Operation("mul", (16, 16), 16, inputs=(-1, -2))]
    operations += [
        Operation(kind, (16, 16), 16, inputs=(index, -2)) if kind != "select" else
        Operation(kind, (1, 16, 16), 16, inputs=(-3, index, -2))
        for index, kind in enumerate(kinds)
    ]  # fmt: skip
    graph = OperationGraph(tuple(operations), (("x", 16), ("y", 16), ("c", 1)), (len(kinds),))
    energy = datapath_cost(graph, load_technology(node), basis=basis).energy_j
    assert energy.nominal / 3.0001 < energy.low <= energy.nominal <= energy.high < energy.nominal * 3.0001
    assert energy.sources


def test_comparisons_that_other_operations_imply_are_free() -> None:
    less, more = Operation("compare", (8, 8), 1, inputs=(-1, -2)), Operation("compare", (8, 8), 1, inputs=(-2, -1))
    difference = Operation("sub", (8, 8), 9, inputs=(-1, -2))
    inputs = (("x", 8), ("y", 8))

    def energy(*operations: Operation) -> float:
        return datapath_cost(OperationGraph(operations, inputs, (0,)), NODE_45).energy_j.nominal

    assert energy(less, difference) == energy(difference) > 0
    assert energy(less, more) == energy(less) > 0


def test_constant_operands_make_operations_cheaper() -> None:
    for kind, widths in (("add", (8, 8)), ("max", (8, 8)), ("select", (1, 8, 8))):
        words = tuple(-1 - index for index in range(len(widths)))
        variable, fixed = (Operation(kind, widths, 8, inputs=given) for given in (words, words[:-1]))
        assert operation_cost(fixed, NODE_45).energy_j.nominal < operation_cost(variable, NODE_45).energy_j.nominal
        assert operation_cost(fixed, NODE_45).area_m2.nominal < operation_cost(variable, NODE_45).area_m2.nominal


def test_malformed_operations_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown operation kind 'plus'"):
        Operation("plus", (8, 8), 8)
    with pytest.raises(ValueError, match="at least 1 bit"):
        Operation("add", (8, 0), 8)
    with pytest.raises(ValueError, match="not before it"):
        OperationGraph((Operation("not", (8,), 8, inputs=(0,)),))
    with pytest.raises(ValueError, match="output 1 names no operation"):
        OperationGraph((Operation("not", (8,), 8),), outputs=(1,))
