"""Time of barrier-synchronised cores: counted by hand, equal on both engines, and never impossible."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accelsim.config.errors import ConfigError
from accelsim.engine.noc.config import NocConfig
from accelsim.engine.noc.network import Network, Work
from accelsim.engine.stepped import ideal, reference, transaction
from accelsim.engine.stepped.bound import ActionEnergies, energies_pj
from accelsim.engine.stepped.costs import Grid, StepCosts
from accelsim.engine.stepped.cycle import CycleNetwork, packets_of, router_network
from accelsim.engine.stepped.flits import FlitNetwork, simple
from accelsim.engine.stepped.messages import TAIL, timed, timed_messages
from accelsim.engine.stepped.timing import RECEIVER, SENDER, StepTiming
from accelsim.validation.snn_steps import replay
from accelsim.validation.snn_times import time_checks

COSTS = StepCosts(
    access=60, update=37, spike=300, axon_out=51, axon_in=160, synapse=38, hop=(40, 50, 60, 70),
    barrier=((1, 6000), (2, 10000)), link=10,
)  # fmt: skip
CASE = Path(__file__).parents[1] / "golden" / "snn_steps" / "hotspot"
ROW = Grid(4, 1)
"""Four cores in a row."""


def rows(*steps):
    """Messages from rows (source, destination, gen, proc) of each step."""
    flat = np.array([row for step in steps for row in step], np.int64).reshape(-1, 4)
    return timed_messages(np.cumsum([0, *map(len, steps)]), *flat.T)


def times(messages, grid=ROW, costs=COSTS, **settings):
    return StepTiming(grid, costs, [0, 1], **settings).run_timed(messages, recorded=True)


@st.composite
def loads(draw):
    """A grid, costs, and messages of some steps."""
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    width, height, cores = (int(n) for n in random.integers(1, 4, 3))
    grid = Grid(width, height, cores, str(random.choice(["row", "column"])), draw(st.booleans()))
    costs = replace(
        COSTS, hop=tuple(int(t) for t in random.integers(0, 9, 4)), link=draw(st.integers(0, 2)),
        buffer=draw(st.integers(1, 3)), receive_queue=draw(st.integers(1, 3)),
    )  # fmt: skip
    target = draw(st.sampled_from([grid.cores, 1]))
    steps = []
    for _ in range(draw(st.integers(0, 3))):
        step = []
        for core in np.flatnonzero(random.random(grid.cores) < 0.8):
            count = random.integers(0, 10)
            step += [(core, random.integers(target), random.integers(8), random.integers(12)) for _ in range(count)]
            if random.random() < 0.5:
                step.append((core, TAIL, random.integers(8), 0))
        steps.append(step)
    return grid, costs, rows(*steps)


def assert_same(found, expected):
    for name, a, b in zip(found._fields, found, expected, strict=True):
        np.testing.assert_array_equal(a, b, err_msg=name)


PROPERTY = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@PROPERTY
@given(loads())
def test_both_engines_agree_message_by_message(load):
    grid, costs, messages = load
    assert_same(ideal.schedule(messages, grid, costs, True), reference.schedule(messages, grid, costs))
    found = transaction.schedule(messages, grid, costs, True)
    assert_same(found, reference.schedule(messages, grid, costs, reference.TransactionStep))
    counted = transaction.schedule(messages, grid, costs)
    np.testing.assert_array_equal(counted.ends, found.ends)
    assert counted.sent.size == 0


@settings(PROPERTY, max_examples=30)
@given(loads(), st.integers(1, 5))
def test_both_engines_agree_on_the_network_on_chip(load, clock):
    grid, costs, messages = load
    config = router_network(grid, costs, clock)
    found = CycleNetwork(config, clock).schedule(messages, grid, costs, True)
    assert_same(found, reference.cycle_schedule(messages, grid, costs, config, clock))


@PROPERTY
@given(loads(), st.sampled_from(["ideal", "transaction", "cycle"]))
def test_no_schedule_is_impossible(load, fidelity):
    grid, costs, messages = load
    timing = StepTiming(grid, costs, [0], fidelity=fidelity, clock=1)
    found = timing.run_timed(messages, recorded=True)
    schedule, sent = found.schedule, messages.destination != TAIL
    mesh = grid.mesh
    assert (found.time >= found.bound).all()
    assert (found.blocked >= 0).all()
    assert (schedule.arrived[sent] >= schedule.sent[sent]).all()
    assert (schedule.served[sent] >= schedule.arrived[sent] + messages.proc[sent]).all()
    if fidelity == "ideal" and not grid.torus:
        dx, dy = mesh.positions[:, messages.destination[sent]] - mesh.positions[:, messages.source[sent]]
        hops = np.stack([np.maximum(dx, 0), np.maximum(-dx, 0), np.maximum(dy, 0), np.maximum(-dy, 0)])
        np.testing.assert_array_equal((schedule.arrived - schedule.sent)[sent], np.array(costs.hop) @ hops)
    step = np.repeat(np.arange(messages.steps), np.diff(messages.step_start))
    for core in range(grid.cores):
        for number in range(messages.steps):
            own = np.flatnonzero((messages.destination == core) & (step == number))
            own = own[np.lexsort((schedule.served[own], schedule.served[own] - messages.proc[own]))]
            start = schedule.served[own] - messages.proc[own]
            assert (start[1:] >= schedule.served[own][:-1]).all()
            assert (np.diff(schedule.arrived[own]) >= 0).all()
            # Those that have come and are not being served fit the queue.
            for i, now in enumerate(start if fidelity == "transaction" else ()):
                assert (schedule.arrived[own][i + 1 :] < now).sum() <= costs.receive_queue
    flown = found.link_messages.sum(axis=1)
    assert (flown >= np.bincount(step[sent & (messages.source // grid.cores_per_router
            != messages.destination // grid.cores_per_router)], minlength=messages.steps)).all()  # fmt: skip


@pytest.mark.parametrize("seed", range(30))
def test_fast_network_is_the_general_one(seed):
    """Same cycles, whatever the delays, with buffers full and empty."""
    random = np.random.default_rng(seed)
    low, high = [1, 1, 1, 1, 1, 0, 1, 0, 0, 0], [5, 5, 4, 5, 5, 3, 3, 4, 4, 3]
    names = (
        "width", "height", "terminals", "buffer", "eject_buffer", "routing", "crossbar", "link_x", "link_y", "credit",
    )  # fmt: skip
    config = NocConfig(**{name: int(n) for name, n in zip(names, random.integers(low, high), strict=True)})
    counts = random.integers(0, 16, (3, config.cores))
    source = np.concatenate([np.repeat(np.arange(config.cores), count) for count in counts])
    start = np.concatenate([[0], np.cumsum(counts.sum(axis=1))])
    hot = random.random(source.size) < 0.5
    target = np.where(hot, random.integers(config.cores), random.integers(0, config.cores, source.size))
    gap = random.integers(0, random.integers(1, 30), source.size)
    service = random.integers(0, random.choice([1, 5, 40, 6000]), source.size)
    assert simple(config)
    found = FlitNetwork(config).run(start, source, target, gap, service)
    expected = Network(config).run(Work.of(start, source, target, gap, service))
    for a, b in zip(found, (expected.t_ready, expected.t_inject, expected.t_tail, expected.t_end), strict=True):
        np.testing.assert_array_equal(a, b)


def test_networks_beyond_the_fast_one():
    assert not simple(NocConfig(4, 4, vcs=2))
    assert not simple(NocConfig(4, 4, routing=2, pipelined=False))
    assert not simple(NocConfig(4, 4, networks=2))


def test_two_messages_by_hand():
    """Both reach core 3; the second waits for the receiver; the tail is done before."""
    messages = rows([(0, 3, 100, 500), (0, TAIL, 30, 0), (2, 3, 190, 20)])
    found = times(messages, fidelity="ideal")
    assert found.schedule.sent.tolist() == [100, 130, 190]
    assert found.schedule.arrived.tolist() == [100 + 3 * 40, -1, 190 + 40]
    assert found.schedule.served.tolist() == [720, -1, 740]
    assert found.time.tolist() == [740 + 10000]
    assert found.bound.tolist() == [520 + 10000]
    assert found.critical.tolist() == [[3, RECEIVER]]
    assert found.link_messages[0].reshape(4, 4)[:, 0].tolist() == [1, 1, 2, 0]
    assert found.work.send[0].tolist() == [130, 0, 190, 0]
    assert found.work.receive[0].tolist() == [0, 0, 0, 520]


def test_tail_last():
    """Work after the chip's last message: beside the network, or after it."""
    messages = rows([(0, 1, 100, 50), (0, TAIL, 500, 0)])
    for tails_last, time in ((False, 600), (True, 190 + 500)):
        found = times(messages, fidelity="transaction", tails_last=tails_last)
        assert found.time.tolist() == [time + 10000]
        assert found.critical.tolist() == [[0, SENDER]]


def test_full_queue_blocks_the_sender():
    """One place in the queue and one in the router: the third message leaves when the first is served."""
    costs = replace(COSTS, buffer=1, receive_queue=1, link=0)
    messages = rows([(0, 0, 10, 1000)] * 4)
    found = times(messages, costs=costs, fidelity="transaction")
    # 1 is served from 10, 2 waits in the queue, 3 in the router until 2 is taken at 1010, then 4 may leave.
    assert found.schedule.sent.tolist() == [10, 20, 30, 1010]
    assert found.blocked.tolist() == [[970, 0, 0, 0]]
    assert found.time.tolist() == [4010 + 10000]


def test_link_is_shared():
    """Two cores of a router send over the same link in the same tick."""
    grid = Grid(2, 1, 2)
    found = times(rows([(0, 2, 100, 0), (1, 3, 100, 0)]), grid, fidelity="transaction")
    assert found.schedule.arrived.tolist() == [140, 150]


def test_long_way_round_a_torus():
    found = times(rows([(0, 3, 100, 0), (0, 2, 100, 0)]), Grid(4, 1, torus=True), fidelity="ideal")
    assert found.schedule.arrived.tolist() == [150, 280]
    assert found.link_messages[0].reshape(4, 4)[:, 0].tolist() == [1, 1, 0, 0]
    assert found.link_messages[0].reshape(4, 4)[:, 1].tolist() == [1, 0, 0, 0]


def test_empty_steps():
    for fidelity in ("ideal", "transaction", "cycle"):
        found = times(rows([], [(1, TAIL, 70, 0)], []), fidelity=fidelity)
        assert found.time.tolist() == [10000, 10070, 10000]
        assert found.critical.tolist() == [[-1, -1], [1, SENDER], [-1, -1]]


def test_durations_from_counts():
    columns = {
        "step_start": [0, 2], "source_core": [0, 0], "destination_core": [1, TAIL], "synops": [3, 0],
        "neurons": [5, 2], "accesses": [4, 2], "updates": [2, 1], "spikes": [1, 0],
    }  # fmt: skip
    messages = SimpleNamespace(**{name: np.array(values) for name, values in columns.items()})
    found = timed(messages, COSTS)
    assert found.gen.tolist() == [4 * 60 + 2 * 37 + 300 + 51, 2 * 60 + 37]
    assert found.proc.tolist() == [160 + 3 * 38, 0]
    inside = timed(messages, replace(COSTS, dendrite=5, dendrite_in_sender=True))
    assert (inside.gen - found.gen).tolist() == [25, 10]
    assert (inside.proc - found.proc).tolist() == [15, 0]


def test_rounding_never_adds_up():
    """A thousand messages of 5.1 and 19.8 cycles."""
    messages = rows([(0, 1, 51, 198)] * 1000)
    _, _, _, gap, service = packets_of(messages, 4, 10)
    assert set(gap) == {5, 6}
    assert gap.sum() == 5100
    assert service.sum() == 19800


def test_steps_in_blocks(monkeypatch):
    """The blocks in which the network takes steps do not show."""
    random = np.random.default_rng(3)
    step = [(core, random.integers(4), random.integers(60), random.integers(300)) for core in (0, 0, 1, 1, 2, 3, 3)]
    messages = rows(step, [], step, step[:3], step)
    whole = times(messages).schedule
    monkeypatch.setattr("accelsim.engine.stepped.cycle.BLOCK", 8)
    assert_same(times(messages).schedule, whole)


def test_validation_of_totals():
    """A total that differs by more than the tolerance fails."""
    run = replay(CASE)
    chip, messages = run.case.architecture, run.timed()
    names = ["transaction against time_detailed", "cycle against time_detailed", "cycle against time_cycle"]
    for factor, wrong in (({}, [0, 0, 0]), ({"time_cycle": 1.02}, [0, 0, 1]), ({"time_detailed": 0.9}, [1, 1, 0])):
        expected = {name: values * factor.get(name, 1) for name, values in run.expected.items()}
        checks = [check for check, _ in time_checks(run.case.case, chip, messages, run.core, expected)]
        assert [check.what for check in checks] == names
        assert [check.mismatches for check in checks] == wrong


def test_barrier_table():
    assert [COSTS.barrier_ticks(tiles) for tiles in (0, 1, 2, 30)] == [6000, 6000, 10000, 10000]
    assert Grid(2, 2, 4).tiles([0, 1, 5, 15]) == 3


def test_energies_by_hand():
    chunk = SimpleNamespace(
        synops=np.array([7]), updated=np.array([4]), fired=np.array([3]), inputs_fired=np.array([1]),
        messages_sent=np.array([2]), hops_by_direction=np.array([[1, 2, 3, 4]]),
    )  # fmt: skip
    energies = ActionEnergies(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, True, (0.1, 0.2, 0.3, 0.4))
    found = energies_pj(chunk, energies, neurons=10, inputs=2)
    assert {name: round(float(part[0]), 9) for name, part in found.items()} == {
        "synapse": 42, "dendrite": 119, "soma": 8 + 6 + 6, "network": 18 + 3, "total": 202,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: replace(COSTS, buffer=0), "buffer: 0 is not from 1"),
        (lambda: replace(COSTS, access=-1), "access: -1 is not from 0"),
        (lambda: replace(COSTS, barrier=((2, 5),)), "barrier: has no entry for one tile"),
        (lambda: Grid(0, 4), "width: 0 is not > 0"),
        (lambda: Grid(256, 256), "cores_per_router: 65536 cores are not < 65536"),
    ],
)
def test_wrong_sizes(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
