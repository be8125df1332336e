"""A shared bus: both engines alike, one packet at a time, turns in a circle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from noc_cases import packet_lists

from accelsim.architecture.interconnect import Interconnect
from accelsim.config.errors import ConfigError
from accelsim.engine.noc.bus import BusConfig, bus_config, reference, replay
from accelsim.engine.noc.config import NocConfig
from accelsim.engine.noc.packets import Packets


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.data())
def test_both_engines_agree_and_packets_never_overlap(data):
    config = BusConfig(data.draw(st.integers(1, 9)), data.draw(st.integers(0, 3)), data.draw(st.integers(1, 3)))
    packets = data.draw(packet_lists(NocConfig(config.cores, 1), multicast=data.draw(st.booleans())))
    found, expected = replay(config, packets), reference(config, packets)
    for name in ("t_grant", "t_inject", "t_head", "t_tail"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert (found.t_grant >= packets.t_create).all()
    order = np.argsort(found.t_grant)
    ends = found.t_inject + packets.size * config.flit
    assert (found.t_grant[order][1:] >= ends[order][:-1]).all()


def test_cores_take_turns():
    found = replay(BusConfig(4, arbitration=1), Packets.of([2, 2, 0, 3], [1] * 4, size=[3, 1, 1, 1]))
    assert found.t_grant.tolist() == [2, 8, 0, 6]
    assert found.t_tail.tolist() == [6, 10, 2, 8]
    assert found.busy_cycles == 6


def test_a_packet_for_all_is_sent_once():
    found = replay(BusConfig(4), Packets.of([0], [1, 2, 3], 2, 5, [0, 3]))
    assert found.t_tail.tolist() == [8, 8, 8]
    assert found.busy_cycles == 2


def test_of_an_architecture():
    bus = {"arbitration_cycles": 2, "flit_cycles": 4}
    assert bus_config(Interconnect(topology="bus", bus=bus), 8) == BusConfig(8, 2, 4)


def test_mistakes_are_told():
    with pytest.raises(ConfigError, match="flit: 0 is not from 1"):
        BusConfig(4, 1, 0)
    with pytest.raises(ConfigError, match=r"dst\[0\]: 4 is not from 0 to 3"):
        replay(BusConfig(4), Packets.of([0], [4]))
