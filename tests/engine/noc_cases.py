"""Random networks and packets for the tests of networks on chip."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from accelsim.engine.noc.config import NocConfig
from accelsim.engine.noc.network import Work
from accelsim.engine.noc.packets import Packets


@st.composite
def configs(draw, **fixed):
    """Meshes and tori of up to 5 x 5 routers."""
    torus = draw(st.booleans())
    single_cycle = draw(st.booleans())
    choice = {
        "width": draw(st.integers(1, 5)), "height": draw(st.integers(1, 5)), "torus": torus,
        "terminals": draw(st.integers(1, 3)), "vcs": draw(st.integers(2 if torus else 1, 4)),
        "buffer": draw(st.integers(1, 6)), "routing": draw(st.integers(0, 3)),
        "crossbar": draw(st.integers(0 if single_cycle else 1, 3)), "link_x": draw(st.integers(0, 3)),
        "link_y": draw(st.integers(0, 3)), "credit": draw(st.integers(0, 2)),
        "eject_buffer": draw(st.sampled_from((None, 4, 9))), "pipelined": draw(st.booleans()),
        "single_cycle": single_cycle, "networks": draw(st.integers(1, 2)),
        "order": draw(st.sampled_from(("row", "column"))), "ties": draw(st.sampled_from(("positive", "random"))),
        "allocation": 1 if single_cycle else draw(st.integers(1, 3)),
    }  # fmt: skip
    return NocConfig(**choice | fixed)


@st.composite
def packet_lists(draw, config, longest=5, most=60, multicast=False):
    """Packets for a network, all within a few cycles; with `multicast`, some for several cores."""
    count = draw(st.integers(1, most))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    src = random.integers(0, config.cores, count)
    t_create = random.integers(0, draw(st.sampled_from((1, 30, 300))), count)
    size = random.integers(1, longest + 1, count)
    if not multicast:
        return Packets.of(src, random.integers(0, config.cores, count), size, t_create)
    fanout = random.integers(1, min(config.cores, 6) + 1, count)
    size[fanout > 1] = 1
    dst = np.concatenate([random.choice(config.cores, n, replace=False) for n in fanout])
    return Packets.of(src, dst, size, t_create, np.concatenate([[0], np.cumsum(fanout)]))


@st.composite
def work_lists(draw, config, most=60):
    """Steps of packets for cores that wait."""
    packets = draw(packet_lists(config, min(4, config.receive_buffer), most, draw(st.booleans())))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    cuts = np.sort(random.integers(0, len(packets) + 1, draw(st.integers(0, 3))))
    service = random.integers(0, draw(st.sampled_from((1, 4, 40))), len(packets.dst))
    gap = random.integers(0, draw(st.sampled_from((1, 10))), len(packets))
    return Work.of([0, *cuts, len(packets)], packets.src, packets.dst, gap, service, packets.size, packets.dst_start)
