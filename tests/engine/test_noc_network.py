"""Networks between cores that are held back and take time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from noc_cases import configs, work_lists

from accelsim.config.errors import ConfigError
from accelsim.engine.noc import reference
from accelsim.engine.noc.config import NocConfig
from accelsim.engine.noc.network import Network, Work

FEW = settings(max_examples=40, deadline=None, derandomize=True)
RESULTS = ("t_ready", "t_inject", "t_head", "t_tail", "t_start", "t_end", "step_end")
LINE = NocConfig(4, 1, routing=0, buffer=2, eject_buffer=2)


@FEW
@given(st.data())
def test_both_engines_agree(data):
    config = data.draw(configs())
    work = data.draw(work_lists(config, most=30))
    found, expected = Network(config).run(work), reference.run(config, work)
    for name in RESULTS:
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), name)
    np.testing.assert_array_equal(found.traffic.flits, expected.traffic.flits)


@FEW
@given(st.data())
def test_steps_may_be_run_together_or_one_by_one(data):
    config = data.draw(configs(ties="positive"))
    work = data.draw(work_lists(config))
    together = Network(config).run(work)
    network, starts = Network(config), work.packets.starts
    parts = []
    for low, high in zip(work.step_start[:-1], work.step_start[1:], strict=True):
        first, last = starts[low], starts[high]
        one = Work(
            np.array([0, high - low]), work.src[low:high], work.dst[first:last], work.size[low:high],
            work.gap[low:high], work.service[first:last],
            None if work.dst_start is None else starts[low : high + 1] - first,
        )  # fmt: skip
        parts.append(network.run(one))
    for name in RESULTS:
        np.testing.assert_array_equal(np.concatenate([getattr(part, name) for part in parts]), getattr(together, name))


@FEW
@given(st.data())
def test_cores_keep_their_order_and_pace(data):
    config = data.draw(configs(networks=1))
    work = data.draw(work_lists(config))
    found = Network(config).run(work)
    step = np.repeat(np.arange(len(work.step_start) - 1), np.diff(work.step_start))
    for core in range(config.cores):
        for s in range(len(work.step_start) - 1):
            own = np.flatnonzero((work.src == core) & (step == s))
            before = np.concatenate([[0], found.t_inject[own][:-1]]) if own.size else own
            np.testing.assert_array_equal(found.t_ready[own], before + work.gap[own])
            received = np.flatnonzero((work.dst == core) & (step[work.packets.packet_of] == s))
            order = received[np.lexsort((found.t_end[received], found.t_start[received]))]
            assert (found.t_start[order][1:] >= found.t_end[order][:-1]).all()
    assert (found.t_inject >= found.t_ready).all()
    assert (found.t_start >= found.t_tail).all()
    np.testing.assert_array_equal(found.t_end - found.t_start, work.service)


def test_one_packet():
    found = Network(LINE).run(Work.of([0, 1], [0], [3], gap=10, service=5))
    assert found.t_ready.tolist() == found.t_inject.tolist() == [10]
    assert found.t_tail.tolist() == found.t_start.tolist() == [10 + LINE.latency(3, 0)]
    assert found.step_end.tolist() == [found.t_end[0]] == [found.t_start[0] + 5]


def test_a_slow_receiver_holds_the_sender_back():
    found = Network(LINE).run(Work.of([0, 20], [0] * 20, [3] * 20, gap=5, service=50))
    held_back = found.t_inject - found.t_ready
    assert not held_back[:8].any(), "receive queue and buffers take the first ones"
    assert np.diff(found.t_inject)[12:].tolist() == [50] * 7, "then the receiver sets the pace"
    assert np.diff(found.t_start).tolist() == [50] * 19


def test_a_step_starts_from_an_empty_network():
    work = Work.of([0, 3, 3, 6], [0, 1, 2] * 2, [3] * 6, gap=1, service=7)
    found = Network(LINE).run(work)
    for name in ("t_inject", "t_tail", "t_end"):
        np.testing.assert_array_equal(getattr(found, name)[:3], getattr(found, name)[3:])
    assert found.step_end.tolist() == [found.t_end[:3].max(), 0, found.t_end[3:].max()]


@pytest.mark.parametrize(
    ("work", "path"),
    [
        (Work.of([0, 1], [0], [3], 1, 1, size=3), "size[0]"),
        (Work.of([0, 2], [0], [3], 1, 1), "step_start"),
        (Work.of([0, 1], [0], [3], 1, -1), "service[0]"),
        (Work.of([0, 1], [0], [3], -1, 1), "t_create[0]"),
    ],
)
def test_impossible_work_is_told(work, path):
    with pytest.raises(ConfigError) as told:
        Network(LINE).run(work)
    assert [problem.path for problem in told.value.problems] == [path]
