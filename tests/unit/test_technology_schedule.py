"""Datapaths on the cycles of a clock."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accelsim.config.errors import ConfigError
from accelsim.datapath.blocks import block
from accelsim.technology.logic import datapath_cost, operation_cost
from accelsim.technology.node import load_technology
from accelsim.technology.operations import Operation, OperationGraph
from accelsim.technology.schedule import schedule

NODE = load_technology("28nm-fdsoi")
SLOW_HZ = 1e6
CHAIN = OperationGraph(
    (
        Operation("add", (16, 16), 16, inputs=(-1, -2)),
        Operation("add", (16, 16), 16, inputs=(0, -2)),
        Operation("add", (16, 16), 16, inputs=(1, -2)),
    ),
    (("x", 16), ("y", 16)),
    (2,),
)
ADDER_S = operation_cost(CHAIN.operations[0], NODE).delay_s.nominal
BIT = operation_cost(Operation("register", (1,), 1), NODE)


def test_a_slow_clock_needs_no_registers() -> None:
    placed, cost = schedule(CHAIN, NODE, SLOW_HZ), datapath_cost(CHAIN, NODE)
    assert (placed.stages, placed.initiation_interval, placed.register_bits) == (1, 1, 0)
    assert (placed.energy_j, placed.area_m2, placed.leakage_w) == (cost.energy_j, cost.area_m2, cost.leakage_w)
    assert placed.critical_path_s == cost.delay_s


def test_one_adder_a_cycle() -> None:
    """The sum and the second operand cross from each stage to the next."""
    placed, cost = schedule(CHAIN, NODE, 1 / (1.1 * ADDER_S)), datapath_cost(CHAIN, NODE)
    assert placed.starts == (0, 1, 2)
    assert (placed.stages, placed.initiation_interval, placed.register_bits) == (3, 1, 2 * 16 + 2 * 16)
    energy = cost.energy_j.nominal + 64 * BIT.energy_j.nominal
    assert placed.energy_j.nominal == pytest.approx(energy, rel=1e-9, abs=1e-40)
    assert placed.area_m2.nominal == pytest.approx(cost.area_m2.nominal + 64 * BIT.area_m2.nominal, rel=1e-9, abs=1e-40)


def test_an_operator_longer_than_a_cycle_is_pipelined_inside() -> None:
    placed = schedule(CHAIN, NODE, 1 / (0.55 * ADDER_S))
    assert placed.starts == (0, 2, 4)
    assert placed.stages == 6
    assert placed.initiation_interval == 1


def test_one_adder_takes_turns() -> None:
    placed, full = schedule(CHAIN, NODE, SLOW_HZ, operators={"add": 1}), schedule(CHAIN, NODE, SLOW_HZ)
    assert (placed.stages, placed.initiation_interval, placed.starts) == (3, 3, (0, 1, 2))
    adder = operation_cost(CHAIN.operations[0], NODE)
    expected = adder.area_m2.nominal + placed.register_bits * BIT.area_m2.nominal
    assert placed.area_m2.nominal == pytest.approx(expected, rel=1e-9, abs=1e-40)
    assert placed.area_m2.nominal < full.area_m2.nominal + placed.register_bits * BIT.area_m2.nominal


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["lif8", "lif16", "lifm16", "sdsp", "stdp8", "eprop", "mac_W8_A24"]),
    st.floats(1e6, 3e9),
    st.dictionaries(st.sampled_from(["add", "sub", "mul", "compare", "select"]), st.integers(1, 3), max_size=3),
)
def test_operands_are_there_and_operators_free(name: str, frequency: float, operators: dict[str, int]) -> None:
    graph = block(name)
    assert graph is not None
    placed = schedule(graph, NODE, frequency, operators=operators)
    for start, operation in zip(placed.starts, graph.operations, strict=True):
        assert all(placed.starts[source] <= start for source in operation.inputs if source >= 0)
    for kind, count in operators.items():
        slots = [
            start % placed.initiation_interval
            for start, operation in zip(placed.starts, graph.operations, strict=True)
            if operation.kind == kind
        ]
        assert max(map(slots.count, slots), default=0) <= count
    assert schedule(graph, NODE, frequency / 2).stages <= schedule(graph, NODE, frequency).stages
    assert placed.energy_j.low <= placed.energy_j.nominal <= placed.energy_j.high


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="frequency: 0 is not > 0"):
        schedule(CHAIN, NODE, 0)
    with pytest.raises(ConfigError, match=r"operators\.add: 0 is not > 0"):
        schedule(CHAIN, NODE, SLOW_HZ, operators={"add": 0})
    with pytest.raises(ConfigError, match=r"operators\.adder: there is no operator `adder` \(did you mean `add`\?\)"):
        schedule(CHAIN, NODE, SLOW_HZ, operators={"adder": 1})


def test_nothing_takes_one_cycle() -> None:
    placed = schedule(OperationGraph((), (("x", 8),), (-1,)), NODE, SLOW_HZ)
    assert (placed.stages, placed.register_bits, placed.energy_j.high) == (1, 0, 0)


def chain(kinds: tuple[str, ...], bits: int) -> OperationGraph:
    """Operations one after the other, each with the result of the one before and a second operand."""
    operations = [Operation(kind, (bits, bits), bits, inputs=(i - 1, -2)) for i, kind in enumerate(kinds)]
    return OperationGraph(tuple(operations), (("x", bits), ("y", bits)), (len(kinds) - 1,))


chains = st.lists(st.sampled_from(["add", "sub", "mul", "min", "xor"]), min_size=1, max_size=6).map(tuple)
frequencies = st.floats(1e7, 1e10)


@settings(max_examples=60, deadline=None)
@given(chains, st.integers(2, 40), st.integers(1, 24), frequencies)
def test_more_bits_never_cost_less(kinds: tuple[str, ...], bits: int, more: int, frequency: float) -> None:
    narrow, wide = (schedule(chain(kinds, width), NODE, frequency) for width in (bits, bits + more))
    assert wide.area_m2.nominal > narrow.area_m2.nominal
    assert wide.stages >= narrow.stages
    assert wide.register_bits >= narrow.register_bits


@settings(max_examples=60, deadline=None)
@given(chains, st.integers(2, 40), frequencies, st.floats(1, 10))
def test_a_slower_clock_never_needs_more_registers(
    kinds: tuple[str, ...], bits: int, frequency: float, slower: float
) -> None:
    fast, slow = (schedule(chain(kinds, bits), NODE, f) for f in (frequency, frequency / slower))
    assert slow.register_bits <= fast.register_bits
    assert slow.area_m2.nominal <= fast.area_m2.nominal


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["lif8", "lif16", "lifm16", "sdsp", "stdp8", "eprop", "mac_W8_A24"]), frequencies)
def test_the_critical_path_fits_the_pipeline(name: str, frequency: float) -> None:
    graph = block(name)
    assert graph is not None
    placed, halved = schedule(graph, NODE, frequency), schedule(graph, NODE, frequency / 2)
    path = placed.critical_path_s.nominal
    assert placed.stages / frequency >= path * (1 - 1e-9)
    assert (placed.register_bits == 0) == (placed.stages == 1) == (path <= 1 / frequency * (1 + 1e-9))
    assert halved.stages <= placed.stages
    assert halved.register_bits <= placed.register_bits


def test_a_register_keeps_its_word_until_the_next_update() -> None:
    """The second operand is used in all of three cycles; the next one comes after three, so it need not move on."""
    placed = schedule(CHAIN, NODE, SLOW_HZ, operators={"add": 1})
    assert placed.register_bits == 16 + 16 + 16


def test_sharing_what_a_datapath_has_enough_of_changes_nothing() -> None:
    """Comparisons that a subtraction gives for free stay free."""
    graph = block("lif16")
    assert graph is not None
    shared, own = schedule(graph, NODE, SLOW_HZ, operators={"add": 99}), schedule(graph, NODE, SLOW_HZ)
    assert shared.area_m2.nominal == pytest.approx(own.area_m2.nominal, rel=1e-9, abs=1e-40)
