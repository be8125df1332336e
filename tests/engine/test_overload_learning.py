"""Cores that work in time steps while the outside world goes on: what waits, what is lost, what it does to learning."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.controllers.base import Controller
from accelsim.explore.keys import separable
from accelsim.simulation.mesh_run import MeshRun
from accelsim.simulation.overload import Overload
from accelsim.simulation.real_time import Lateness, OutsideWorld
from accelsim.simulation.resume import Interrupted, Keeper
from accelsim.simulation.run import run
from accelsim.simulation.setup import prepare
from accelsim.simulation.tick_run import TickRun
from accelsim.workload.stream import chunks

SHORT = (
    "task.cues=3", "task.cue_duration=10 ms", "task.cue_spacing=12 ms", "task.delay=8 ms", "task.recall_duration=10 ms",
    "epochs=1", "training_samples=4", "test_samples=2",
)  # fmt: skip
MESH = ("cores=4", "interconnect.width=2", "interconnect.height=2")
CHIPS = {"reckon": (), "single_core": (), "learning_mesh": MESH}
SMALL = {"reckon": (), "single_core": ("network.recurrent=30",), "learning_mesh": ("network.recurrent=30",)}
BUSY = {"reckon": 30, "single_core": 450, "learning_mesh": 500}
"""Rates at which these cores are too slow now and then."""


def programmed(chip, overload=None, *workload, chip_settings=(), seed=1):
    own = {change.split("=")[0] for change in workload}
    changes = [change for change in (*SHORT, *SMALL[chip]) if change.split("=")[0] not in own]
    changes += [*workload, *(() if overload is None else (f"overload={overload}",))]
    return prepare(
        load_document(chip, "architecture", overrides=[*CHIPS[chip], *chip_settings]),
        load_document("cue_accumulation", "workload", overrides=changes),
        seed=seed,
    )


def weights(setup):
    return {name: values.copy() for name, values in setup.controller.weights().items()}


def same_weights(one, other):
    return all(np.array_equal(values, other[name]) for name, values in one.items())


def delivered_by(setup, result):
    """Input events that the core counted."""
    return sum(row["input_events"] for row in result.tables["epochs"])


# The outside world, by hand and by brute force


def test_events_wait_and_are_lost_as_worked_out_by_hand():
    world = OutsideWorld(period=10, depth=2)
    cycles, events = np.array([5, 25, 5, 5]), np.array([3, 1, 3, 2])
    starts = world.starts(cycles)
    assert starts.tolist() == [0, 10, 35, 40]  # the second step ends in 35, those of 20 and 30 wait
    waited, lost, waiting = world.queued(starts, events)
    assert waited.tolist() == [0, 0, 2, 0]  # of three events in 20 two find room; those in 30 none
    assert lost.tolist() == [0, 0, 1, 2]
    assert world.pass_by(starts, cycles, waiting).tolist() == [-5, 15, 10, 5]
    assert (world.ticks, world.free, world.now) == (4, 45, 40)
    assert not world.waiting or all(start > 30 for start, _ in world.waiting)
    later = world.starts(np.array([1, 1]))
    assert later.tolist() == [45, 50]
    assert world.queued(later, np.array([2, 9]))[0].tolist() == [
        2,
        0,
    ]  # the queue is empty in 40; the core is free in 50


def brute_force(period, depth, cycles, events):
    """One cycle after the other: the core takes a step if it is free, then events come in."""
    lost, queue, done, free, now = [0] * len(cycles), 0, 0, 0, 0
    held = [0] * len(cycles)
    ends = []
    while done < len(cycles):
        arrived = now // period
        if now >= free and done <= arrived and done < len(cycles):
            queue -= held[done]
            free = now + cycles[done]
            ends.append(free)
            done += 1
        if now % period == 0 and arrived < len(cycles) and arrived >= done:
            held[arrived] = min(events[arrived], depth - queue)
            queue += held[arrived]
            lost[arrived] = events[arrived] - held[arrived]
        now += 1
    return lost, ends


@given(
    period=st.integers(1, 12),
    depth=st.integers(0, 9),
    steps=st.lists(st.tuples(st.integers(1, 30), st.integers(0, 6)), min_size=1, max_size=40),
    cut=st.integers(0, 40),
)
@settings(max_examples=150, deadline=None)
def test_schedule_is_that_of_cycle_after_cycle(period, depth, steps, cut):
    cycles, events = (np.array(column) for column in zip(*steps, strict=True))
    expected, ends = brute_force(period, depth, cycles.tolist(), events.tolist())
    world, lost, done = OutsideWorld(period, depth), [], []
    for part in (slice(0, cut), slice(cut, None)):  # however the run is cut
        starts = world.starts(cycles[part])
        _, found, waiting = world.queued(starts, events[part])
        late = world.pass_by(starts, cycles[part], waiting)
        lost += found.tolist()
        done += (starts + cycles[part]).tolist()
        assert len(late) == len(starts)
        assert sum(number for _, number in world.waiting) <= depth
    assert lost == expected
    assert done == ends


@given(st.lists(st.integers(-5, 3_000_000), min_size=1, max_size=60), st.integers(1, 59))
@settings(max_examples=100, deadline=None)
def test_lateness_is_kept_in_few_classes(late, cut):
    lateness = Lateness()
    for part in (late[:cut], late[cut:]):
        lateness.add(np.array(part, np.int64))
    positive = np.maximum(late, 0)
    assert lateness.late == (positive > 0).sum()
    assert lateness.most == positive.max()
    assert lateness.mean == pytest.approx(positive.mean())
    for share in (0.5, 0.99):
        exact = np.sort(positive)[int(np.ceil(share * len(late))) - 1]
        assert exact <= lateness.quantile(share) <= exact * 1.001


# Cores


@pytest.fixture(scope="module", params=CHIPS)
def alone(request):
    """A chip, and a run of it in a world that waits."""
    setup = programmed(request.param)
    return request.param, run(setup), weights(setup)


@pytest.mark.parametrize("policy", ["stall", "drop"])
def test_at_low_rates_nothing_changes(alone, policy):
    chip, plain, learnt = alone
    setup = programmed(chip, policy)
    found = run(setup)
    assert same_weights(learnt, weights(setup))
    assert {name: found.metrics[name] for name in plain.metrics} == dict(plain.metrics)
    assert found.tables["counters"] == plain.tables["counters"]
    assert (found.events_dropped, found.late_ticks, found.lateness_us_max, found.backlog_us) == (0, 0, 0, 0)
    assert found.events_offered == delivered_by(setup, plain) > 0
    assert found.about["warnings"] == plain.about["warnings"]


def test_nothing_is_told_of_a_world_that_waits(alone):
    chip, plain, learnt = alone
    setup = programmed(chip, "{policy: none, rate: 1000, queue: 1}")
    found = run(setup)
    assert dict(found.metrics) == dict(plain.metrics)
    assert same_weights(learnt, weights(setup))
    assert "events_dropped" not in plain.metrics


def test_a_stalled_core_learns_the_same_but_late(alone):
    chip, plain, learnt = alone
    setup = programmed(chip, "{policy: stall, rate: 100000}")
    found = run(setup)
    assert same_weights(learnt, weights(setup))
    for name in ("accuracy_test", "accuracy_train_last", "cycles", "busy_cycles", "energy_total_pj"):
        assert found.metrics[name] == plain.metrics[name], name
    period = max(1, round(1e-3 / 100000 * setup.architecture.clock))
    assert found.utilisation == plain.cycles / (plain.ticks * period)
    assert found.events_dropped == 0
    assert found.late_ticks >= plain.ticks - 1
    assert found.backlog_us == pytest.approx((plain.cycles - plain.ticks * period) / setup.architecture.clock * 1e6)
    assert any("falls behind without end" in warning for warning in found.about["warnings"])


def test_a_dropping_core_does_not_learn_the_same(alone):
    chip, plain, learnt = alone
    setup = programmed(chip, f"{{policy: drop, rate: {BUSY[chip]}, queue: 2}}")
    found = run(setup)
    assert 0 < found.events_dropped < found.events_offered == delivered_by(setup, plain)
    assert delivered_by(setup, found) == found.events_offered - found.events_dropped
    assert not same_weights(learnt, weights(setup))
    assert any("input events were lost" in warning for warning in found.about["warnings"])
    assert found.ticks == plain.ticks


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("engine", ["compiled", "simpy"])
def test_drops_of_a_hopeless_core_are_known(chip, engine):
    """The whole stream comes while the core works on its first time step: that, and what the queue holds, is all."""
    rate, depth = 1e9, 3  # a cycle a time step
    setup = programmed(
        chip, f"{{policy: drop, rate: {rate:.0f}, queue: {depth}}}", "training_samples=1", "test_samples=0"
    )
    samples = next(chunks(setup.workload, setup.seed)).samples
    first = int(np.diff(samples.event_start)[0])
    runner = Overload(
        TickRun(setup, engine) if setup.mesh is None else MeshRun(setup, engine), setup, setup.workload.real_time
    )
    chunk = next(chunks(setup.workload, setup.seed))
    part = runner.run(chunk, range(0), 0)
    assert part.pieces.cycles[0] > samples.ticks
    assert runner.offered == samples.event_tick.size
    assert runner.dropped == samples.event_tick.size - first - depth
    assert np.array_equal(part.delivered.event_tick, samples.event_tick[: first + depth])
    assert np.array_equal(part.delivered.event_address, samples.event_address[: first + depth])


@pytest.mark.parametrize("chip", CHIPS)
def test_function_and_timing_are_in_lockstep(chip):
    """What was lost is what a core loses that is told of it beforehand, event after event."""
    wanted = f"{{policy: drop, rate: {BUSY[chip]}, queue: 2}}"
    setup, other = programmed(chip, wanted), programmed(chip)
    runner = Overload(_runner(setup), setup, setup.workload.real_time)
    plain, period = _runner(other), runner.world.period
    cycles, events, lost = [], [], []
    for chunk in chunks(setup.workload, setup.seed):
        for i in range(len(chunk.samples)):
            alone = replace(chunk, samples=chunk.samples.part(i, i + 1))
            part = runner.run(alone, range(0), 0)
            again = plain.run(replace(alone, samples=part.delivered), range(0), 0)
            assert np.array_equal(part.pieces.counted, again.pieces.counted)
            cycles += again.pieces.cycles.tolist()
            offered = np.diff(alone.samples.event_start)
            events += offered.tolist()
            lost += (offered - np.diff(part.delivered.event_start)).tolist()
    assert brute_force(period, 2, cycles, events)[0] == lost
    assert runner.repeated > 0
    assert same_weights(weights(setup), weights(other))
    if isinstance(plain, MeshRun):  # what was run again is counted once
        assert runner.runner.totals.metrics() == plain.totals.metrics()


def _runner(setup):
    assert isinstance(setup.controller, Controller)
    return TickRun(setup, "compiled") if setup.mesh is None else MeshRun(setup, "compiled")


def test_samples_run_together_lose_the_same():
    wanted = "{policy: drop, rate: 40, queue: 2}"
    lost = []
    for together in (True, False):
        setup = programmed("reckon", wanted)
        runner = Overload(_runner(setup), setup, setup.workload.real_time)
        for chunk in chunks(setup.workload, setup.seed):
            of = len(chunk.samples)
            cuts = [(0, of)] if together else [(i, i + 1) for i in range(of)]
            for start, stop in cuts:
                runner.run(replace(chunk, samples=chunk.samples.part(start, stop)), range(0), 0)
        lost.append((runner.dropped, runner.lateness.total, runner.world.free))
    assert lost[0] == lost[1]
    assert lost[0][0] > 0


@pytest.mark.parametrize("chip", ["reckon", "single_core", pytest.param("learning_mesh", marks=pytest.mark.slow)])
def test_both_engines_lose_the_same(chip):
    few = ("task.cues=1", "training_samples=1", "test_samples=1")
    wanted = f"{{policy: drop, rate: {BUSY[chip]}, queue: 1}}"
    found = [run(programmed(chip, wanted, *few), engine=engine) for engine in ("compiled", "simpy")]
    assert found[0].events_dropped > 0
    for name, value in found[0].metrics.items():
        assert found[1].metrics[name] == value, name
    assert found[0].tables["counters"] == found[1].tables["counters"]


def test_a_queue_of_the_core_is_used_and_paid_for(tmp_path):
    queue = ("core.queues={input: {depth: 2, bits: 8}}",)
    own = programmed("reckon", "{policy: drop, rate: 40}", chip_settings=queue)
    given = run(programmed("reckon", "{policy: drop, rate: 40, queue: 2}"))
    found = run(own)
    assert found.events_dropped == given.events_dropped > 0
    charged = {(row["component"], row["action"]): row for row in found.tables["energy"]}
    assert charged["input", "push"]["count"] == charged["input", "pop"]["count"] > 0
    assert charged["input", "push"]["energy_pj"] > 0
    total = sum(row["energy_pj"] for row in found.tables["energy"])
    assert found.energy_total_pj == pytest.approx(total, rel=1e-9)


def test_replay_takes_the_time_of_the_core():
    replay = "capabilities={replay: {capacity: 3, every: 2, samples: 1}}"
    setup = programmed("single_core", "{policy: drop, rate: 450, queue: 2}", replay)
    found = run(setup)
    world = sum(row["ticks"] for row in found.tables["epochs"] if row["split"] in ("train", "test"))
    period = round(1e-3 / 450 * setup.architecture.clock)
    assert found.utilisation == found.cycles / (world * period)
    assert {row["split"] for row in found.tables["epochs"]} >= {"train", "replay", "upkeep"}
    streamed = sum(row["input_events"] for row in found.tables["epochs"] if row["split"] in ("train", "test"))
    assert streamed == found.events_offered - found.events_dropped
    alone = run(programmed("single_core", "{policy: drop, rate: 450, queue: 2}"))
    assert found.events_dropped > alone.events_dropped > 0


def test_power_in_real_time_is_that_of_the_offered_rate(alone):
    chip, plain, _ = alone
    found = run(programmed(chip, "{policy: stall, rate: 2}"))
    assert found.power_real_time_uw > plain.power_real_time_uw
    assert found.input_rate_hz == pytest.approx(found.events_offered / (found.ticks * 0.5e-3), rel=1e-3)


def test_an_interrupted_run_goes_on(tmp_path, monkeypatch):
    wanted = "{policy: drop, rate: 40, queue: 2}"
    whole = run(programmed("reckon", wanted))
    keeper = Keeper(tmp_path)
    seen = keeper.watch

    def watch(stream, state):
        for number, chunk in enumerate(seen(stream, state)):
            if number == 0:
                keeper.stop()
            yield chunk

    monkeypatch.setattr(keeper, "watch", watch)
    with pytest.raises(Interrupted):
        run(programmed("reckon", wanted), keeper=keeper)
    found = run(programmed("reckon", wanted), keeper=Keeper(tmp_path, resume=True))
    assert dict(found.metrics) == dict(whole.metrics)


# What cannot be


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("overload=late", "overload"),
        ("overload={policy: drop, rate: 0}", "0 is not > 0"),
        ("overload={policy: drop, depth: 3}", "depth"),
        ("overload={policy: drop, queue: -1}", "-1 is not >= 0"),
    ],
)
def test_wrong_settings_are_told(setting, message):
    with pytest.raises(ConfigError, match=message):
        programmed("reckon", None, setting)


def test_a_core_driven_by_events_is_in_real_time_anyway():
    digits = load_document("odin_digits", "workload", overrides=["overload=drop"])
    with pytest.raises(ConfigError, match="driven by events"):
        prepare(load_document("odin", "architecture"), digits, 0)


def test_a_core_has_one_queue():
    with pytest.raises(ConfigError, match="queue `input` of its own"):
        programmed("reckon", "{policy: drop, queue: 3}", chip_settings=("core.queues={input: {depth: 2, bits: 8}}",))


def test_the_world_does_not_go_back_where_power_fails():
    failing = "capabilities={checkpoint: {every: 2, power_cuts: [1000]}}"
    with pytest.raises(ConfigError, match="outside world must wait"):
        programmed("single_core", "stall", failing)


def test_a_core_does_not_wait_for_power_in_real_time():
    with pytest.raises(ConfigError, match="waits for power"):
        programmed("single_core", "drop", "capabilities={budget: {power_cap: 1 W}}")


def test_a_core_that_loses_events_is_not_replayed_from_its_activity():
    for policy, replayable in (("none", True), ("drop", False)):
        setup = programmed("reckon", policy)
        assert separable(setup.architecture, setup.workload, "compiled") is replayable
