"""FIFOs, routers and links as components: their account, without overhead."""

from __future__ import annotations

import pytest

from accelsim.config.errors import ConfigError
from accelsim.cost.account import OVERHEAD, account
from accelsim.cost.components import MemoryComponent, OperatingPoint, cost_components
from accelsim.cost.explain import well_founded
from accelsim.cost.interconnect import FifoComponent, LinkComponent, RouterComponent, side_m
from accelsim.technology.estimate import Estimate
from accelsim.technology.node import load_technology, technology_document, technology_of

POINT = OperatingPoint(load_technology("28nm-fdsoi"), 0.8, 100e6)
PARTS = [
    FifoComponent("queue", 8, 16, instances=3),
    RouterComponent("router", 5, 32, 4, virtual_channels=2),
    LinkComponent("wires", 32, Estimate.exact(1e-3, None, "length", "m"), handshake_wires=2),
    LinkComponent("memory", 64, off_chip="lpddr"),
]
COSTS = cost_components(PARTS, POINT)


def test_energies_are_counts_times_energies_without_overhead():
    counts = {("queue", "push"): 5, ("queue", "pop"): 4, ("router", "flit"): 3, ("wires", "packet"): 2}
    report = account(COSTS, counts, 0.0)
    each = {key: COSTS.components[key[0]].energy_j[key[1]].nominal for key in counts}
    expected = sum(count * each[key] for key, count in counts.items())
    assert report.energy_dynamic_j.nominal == pytest.approx(expected, rel=1e-9, abs=0)
    assert report.component_energy_j()[OVERHEAD].high == 0


def test_overhead_applies_to_memories_beside_them():
    costs = cost_components([*PARTS, MemoryComponent("words", 1024, 32)], POINT)
    alone, both = ({("words", "read"): 10}, {("words", "read"): 10, ("queue", "push"): 10})
    overheads = [account(costs, counts, 0.0).component_energy_j()[OVERHEAD] for counts in (alone, both)]
    assert overheads[0] == overheads[1]
    assert overheads[0].nominal > 0


def test_without_events_only_leakage_and_the_clock_remain():
    idle = account(COSTS, {}, 1.0)
    assert idle.energy_dynamic_j.high == 0
    leakage = sum(COSTS.components[name].leakage_w.nominal for name in ("queue", "router"))
    assert idle.energy_total_j.nominal == pytest.approx(leakage, rel=1e-9, abs=0)
    clocked = account(COSTS, {}, 1.0, 0.5)
    per_edge = sum(COSTS.components[name].energy_j["clock"].nominal for name in ("queue", "router"))
    assert clocked.energy_dynamic_j.nominal == pytest.approx(per_edge * 50e6, rel=1e-9, abs=0)


def test_instances_share_the_clock_and_multiply_area():
    one = cost_components([FifoComponent("queue", 8, 16)], POINT).components["queue"]
    three = COSTS.components["queue"]
    assert three.energy_j["push"] == one.energy_j["push"]
    for figure in (lambda part: part.area_m2, lambda part: part.leakage_w, lambda part: part.energy_j["clock"]):
        assert figure(three).nominal == pytest.approx(3 * figure(one).nominal, rel=1e-9, abs=0)


def test_a_handshake_is_four_transitions_of_two_wires():
    plain = LinkComponent("plain", 32, Estimate.exact(1e-3, None, "length", "m"))
    bits = cost_components([plain], POINT).components["plain"].energy_j["packet"].nominal
    whole = COSTS.components["wires"].energy_j["packet"].nominal
    assert whole - bits == pytest.approx(4 * 0.5 * 0.2e-12 * 0.8**2, rel=1e-9, abs=0)


def test_every_energy_leads_to_sources():
    for part in COSTS.components.values():
        for energy in part.energy_j.values():
            assert well_founded(energy)
            assert energy.unit == "J"


def test_a_link_leads_one_way():
    for link in (LinkComponent("none", 8), LinkComponent("both", 8, Estimate.exact(1e-3), "ddr3")):
        with pytest.raises(ConfigError, match="either a `length` or an `off_chip` interface"):
            cost_components([link], POINT)


def test_wires_are_as_long_as_their_area_is_wide():
    side = side_m(Estimate(1e-6, 4e-6, 9e-6))
    assert (side.low, side.nominal, side.high) == pytest.approx((1e-3, 2e-3, 3e-3))


def test_a_technology_file_replaces_the_constants(tmp_path):
    file = tmp_path / "own.yaml"
    lines = ["technology: own", "extends: 28nm-fdsoi", "title: ours", "constants:"]
    lines += [
        f"  {name}: {{value: 0, unit: {unit}, source: ours, verified: measured}}"
        for name, unit in (("fifo_push_base", "fJ"), ("fifo_push_bit", "fJ"), ("flip_flop_clock", "fJ"),
                           ("link_activity", '"1"'), ("off_chip_lpddr_bit", "pJ"))
    ]  # fmt: skip
    file.write_text("\n".join(lines), encoding="utf-8")
    own = OperatingPoint(technology_of(technology_document(str(file))), 0.8, 100e6)
    parts = cost_components([PARTS[0], PARTS[3]], own).components
    assert parts["queue"].energy_j["push"].high == parts["queue"].energy_j["clock"].high == 0
    assert parts["queue"].energy_j["pop"].low > 0
    assert parts["memory"].energy_j["packet"].high == 0
