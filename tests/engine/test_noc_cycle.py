"""Networks on chip: both engines alike, and what holds of any network."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from noc_cases import configs, packet_lists

from accelsim.config.errors import ConfigError
from accelsim.engine.noc import cycle, reference
from accelsim.engine.noc.config import LOCAL, NocConfig
from accelsim.engine.noc.jobs import complete, job_of
from accelsim.engine.noc.layout import allocate
from accelsim.engine.noc.packets import Packets

FEW = settings(max_examples=40, deadline=None, derandomize=True)
MANY = settings(max_examples=150, deadline=None, derandomize=True)
TIMES = ("t_inject", "t_head", "t_tail")


@FEW
@given(st.data())
def test_both_engines_agree(data):
    config = data.draw(configs())
    packets = data.draw(packet_lists(config, most=30, multicast=data.draw(st.booleans())))
    found, expected = cycle.replay(config, packets), reference.replay(config, packets)
    for name in (*TIMES, "injected"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), name)
    np.testing.assert_array_equal(found.traffic.flits, expected.traffic.flits)
    np.testing.assert_array_equal(found.traffic.heads, expected.traffic.heads)


@MANY
@given(st.data())
def test_every_packet_arrives_once(data):
    config = data.draw(configs())
    packets = data.draw(packet_lists(config, longest=9, most=200))
    found = cycle.replay(config, packets)
    assert (found.t_inject >= packets.t_create).all()
    assert (found.t_tail - found.t_head >= packets.size - 1).all()
    assert found.flit_hops == (packets.size * found.routers).sum()
    assert found.traffic.heads.sum() == found.routers.sum()
    assert found.injected.sum() == packets.size.sum()
    assert found.buffer_writes() == found.flit_hops
    ejected = found.traffic.flits[..., LOCAL:].sum(axis=0).reshape(-1)
    np.testing.assert_array_equal(ejected, np.bincount(packets.dst, packets.size, config.cores))


@MANY
@given(st.data())
def test_credits_and_buffers_are_whole_again(data):
    config = data.draw(configs())
    packets = data.draw(packet_lists(config, most=100, multicast=data.draw(st.booleans())))
    shape, net = allocate(config)
    full = net.credits.copy()
    complete(shape, net, job_of(config, shape, net, packets, [0, len(packets)]))
    np.testing.assert_array_equal(net.credits + net.returning, full)
    assert not net.fill.any()
    assert not net.busy.any()
    assert not net.waiting.any()
    assert not net.ready.any()
    assert not net.pending.any()
    assert (net.owner == -1).all()
    assert (net.free == (1 << config.vcs) - 1).all()


@MANY
@given(st.data())
def test_multicast_reaches_the_set_with_no_more_traffic_than_unicasts(data):
    config = data.draw(configs(ties="positive"))
    packets = data.draw(packet_lists(config, longest=1, most=100, multicast=True))
    found = cycle.replay(config, packets)
    assert (found.t_tail >= 0).all()
    ejected = found.traffic.flits[..., LOCAL:].sum(axis=0).reshape(-1)
    np.testing.assert_array_equal(ejected, np.bincount(packets.dst, minlength=config.cores))
    of = packets.packet_of
    apart = cycle.replay(config, Packets.of(packets.src[of], packets.dst, 1, packets.t_create[of]))
    assert (found.traffic.flits <= apart.traffic.flits).all()
    assert found.injected.sum() == len(packets)


@FEW
@given(configs(networks=1, buffer=32, pipelined=True), st.data())
def test_latency_of_an_empty_network(config, data):
    src, dst = (data.draw(st.integers(0, config.cores - 1)) for _ in range(2))
    size = data.draw(st.integers(1, 3))
    if config.routing == 0 or size == 1:
        found = cycle.replay(config, Packets.of([src], [dst], size, 7))
        (x, to_x), (y, to_y) = config.positions([src, dst])
        dx, dy = abs(to_x - x), abs(to_y - y)
        if config.torus:
            dx, dy = min(dx, config.width - dx), min(dy, config.height - dy)
        assert found.t_tail[0] - 7 == config.latency(int(dx), int(dy), size)


def test_a_full_broadcast_takes_a_link_once():
    config = NocConfig(4, 4)
    found = cycle.replay(config, Packets.of([5], np.arange(16), dst_start=[0, 16]))
    assert found.flit_hops == 15 + 16
    assert found.traffic.flits.max() == 1


def test_a_spike_router_passes_a_flit_every_cycle():
    config = NocConfig(6, 1, routing=0, crossbar=0, single_cycle=True, buffer=8)
    found = cycle.replay(config, Packets.of([0] * 20, [5] * 20))
    np.testing.assert_array_equal(np.diff(found.t_tail), 1)
    assert found.t_tail[0] == 4 + 5 * 2


def test_the_second_network_carries_the_packets_of_odd_cores():
    config = NocConfig(2, 2, networks=2)
    found = cycle.replay(config, Packets.of([0, 1, 1], [3, 2, 2]))
    assert found.traffic.flits[0].sum() == 3
    assert found.traffic.flits[1].sum() == 6


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"width": 0}, "width"),
        ({"torus": True}, "vcs"),
        ({"terminals": 59}, "vcs"),
        ({"crossbar": 0}, "crossbar"),
        ({"eject_buffer": 0}, "eject_buffer"),
    ],
)
def test_an_impossible_network_is_told(changes, path):
    with pytest.raises(ConfigError) as told:
        NocConfig(**{"width": 4, "height": 4} | changes)
    assert [problem.path for problem in told.value.problems] == [path]


@pytest.mark.parametrize(
    ("packets", "path"),
    [
        (Packets.of([4], [0]), "src[0]"),
        (Packets.of([0, 0], [0, -1]), "dst[1]"),
        (Packets.of([0], [1], 0), "size[0]"),
        (Packets.of([0], [1], 1, -1), "t_create[0]"),
        (Packets.of([0], [1, 2], 2, 0, [0, 2]), "size[0]"),
        (Packets.of([0], [1, 1], 1, 0, [0, 2]), "dst"),
        (Packets.of([0], [1, 2], 1, 0), "dst_start"),
        (Packets.of([0, 1], [1, 2], 1, 0, [0, 0, 2]), "dst_start"),
    ],
)
def test_impossible_packets_are_told(packets, path):
    with pytest.raises(ConfigError) as told:
        cycle.replay(NocConfig(2, 2), packets)
    assert [problem.path for problem in told.value.problems] == [path]


def test_no_packets_take_no_time():
    found = cycle.replay(NocConfig(2, 2), Packets.of([], []))
    assert found.flit_hops == 0
    assert len(found.t_tail) == 0
