"""Event-driven cores: both engines give the same timeline and counts on random configurations, in every mode."""

from __future__ import annotations

import numpy as np
from event_cores import assert_same, make, odin_words, random_odin, stimulus_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accelsim.engine.event_layout import FALLING, WAITING

handshakes = st.tuples(st.integers(1, 5), st.integers(1, 9), st.integers(1, 4), st.integers(1, 4))
quick = settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def random_tinyodin(rng, neurons, changes, handshake, open_loop, source):
    core = make("tinyodin", neurons, changes, handshake)
    core.state.neurons[:] = rng.integers(1, 12, core.state.neurons.size) << 12
    core.state.neurons[:] |= (rng.integers(0, 4, core.state.neurons.size) << 24).astype(core.state.neurons.dtype)
    core.state.synapses[:] = rng.integers(0, 2**32, core.state.synapses.size, dtype=np.uint64)
    core.state.config[:] = [open_loop, source]
    return core


def slow(rng):
    """Cycles of the accesses of both memories, half of the time more than one."""
    return [
        f"core.memories.{memory}.{kind}_cycles={1 if rng.random() < 0.5 else int(rng.integers(2, 9))}"
        for memory in ("neurons", "synapses")
        for kind in ("read", "write")
    ]


def tinyodin_words(rng, events, neurons):
    address = rng.integers(0, neurons, events)
    return np.choose(
        rng.integers(0, 4, events), [address, 0x100 | address, np.full(events, 0x1FF), 0x200 | (address & 15)]
    )


def agree(core, stimulus, horizon):
    """Every engine and mode on one core: timelines, counts, and counts as the timeline tells them."""
    reference = core.reference()
    expected = reference.run(stimulus, horizon)
    for recorded, sweeps in ((True, True), (True, False), (False, True)):
        engine = core.compiled(recorded, sweeps)
        timeline = engine.run(stimulus, horizon, rows=4 * horizon)
        if recorded:
            assert_same(timeline, expected)
        assert engine.counted == reference.counted, difference(engine.counted, reference.counted)
    agree_with_timeline(reference.counted, expected, core)


def difference(first, second):
    return [name for name in vars(first) if not np.array_equal(getattr(first, name), getattr(second, name))]


def agree_with_timeline(counts, timeline, core):
    segments, fifo = timeline.segments, timeline.fifo
    phases = len(core.table.names)
    for row, phase in enumerate([*range(phases), WAITING, FALLING]):
        assert counts.cycles[row] == segments[segments[:, 1] == phase, 2].sum()
    for phase in range(phases):
        own = segments[segments[:, 1] == phase]
        assert counts.executions[phase] == len(own)
        np.testing.assert_array_equal(counts.reads[phase], own[:, 5::2].sum(axis=0))
        np.testing.assert_array_equal(counts.writes[phase], own[:, 6::2].sum(axis=0))
    operations = np.bincount(fifo[:, 1], minlength=7)
    assert operations[4] == counts.pops[:, 0].sum()
    assert operations[5] == counts.other_pushes >= counts.pushes[:, 1:].sum()
    assert operations[6] == counts.pops[:, 1:].sum()
    assert operations[:2].sum() == counts.pushes[:, 0].sum()
    pushes = (counts.accepted_external, counts.accepted_internal, counts.dropped_external, counts.dropped_internal)
    assert tuple(operations[:4]) == pushes
    assert counts.packets.sum() == len(timeline.outputs)
    assert counts.link_busy_cycles == segments[:, 3].sum()
    np.testing.assert_array_equal(counts.spikes, np.bincount(timeline.spikes[:, 1], minlength=counts.spikes.size))
    np.testing.assert_array_equal(counts.changed, np.bincount(timeline.writes[:, 1], minlength=counts.changed.size))
    assert counts.events == len(timeline.inputs)


@quick
@given(
    seed=st.integers(0, 2**32 - 1), neurons=st.integers(1, 40), depth=st.sampled_from([1, 2, 7, 128]),
    handshake=handshakes, spread=st.sampled_from([1, 40, 400]), open_loop=st.booleans(), source=st.booleans(),
    synchroniser=st.integers(0, 3), link=st.integers(1, 9),
)  # fmt: skip
def test_tinyodin(seed, neurons, depth, handshake, spread, open_loop, source, synchroniser, link):
    rng = np.random.default_rng(seed)
    changes = [f"core.queues.main.depth={depth}", f"core.links.synchroniser={synchroniser}",
               f"core.links.output_cycles={link}", *slow(rng)]  # fmt: skip
    core = random_tinyodin(rng, neurons, changes, handshake, open_loop, source)
    agree(core, stimulus_of(rng, 30, tinyodin_words(rng, 30, neurons), spread), 4000)


@quick
@given(
    seed=st.integers(0, 2**32 - 1), neurons=st.sampled_from([8, 24, 64, 256]), lanes=st.sampled_from([1, 1, 2, 8]),
    depth=st.sampled_from([1, 3, 32, 1024]), handshake=handshakes, spread=st.sampled_from([20, 200]),
    burst=st.sampled_from([0, 0, 90, 700]), open_loop=st.booleans(), monitor=st.booleans(), source=st.booleans(),
    lif=st.booleans(),
)  # fmt: skip
def test_odin(seed, neurons, lanes, depth, handshake, spread, burst, open_loop, monitor, source, lif):
    rng = np.random.default_rng(seed)
    config = [open_loop, burst, source, monitor, *rng.integers(0, neurons, 2), *rng.integers(0, 2, 3), 5, 3]
    changes = [f"core.queues.main.depth={depth}", f"core.units.soma.lanes={lanes}", *slow(rng)]
    core = random_odin(rng, neurons, changes, handshake, config, lif)
    agree(core, stimulus_of(rng, 12, odin_words(rng, 12, neurons), spread), 4000)


@quick
@given(
    seed=st.integers(0, 2**32 - 1), neurons=st.sampled_from([8, 32]), depth=st.sampled_from([1, 32]),
    handshake=handshakes, spread=st.sampled_from([5, 100]), period=st.sampled_from([150, 700]), lif=st.booleans(),
)  # fmt: skip
def test_advance(seed, neurons, depth, handshake, spread, period, lif):
    """Call by call, in every mode; together as one run where the sender withdraws nothing."""
    rng = np.random.default_rng(seed)
    config = [0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0]
    core = random_odin(rng, neurons, [f"core.queues.main.depth={depth}"], handshake, config, lif)
    engines = [core.compiled(False), core.compiled(True), core.compiled(False, False), core.reference()]
    served = offered = withdrawn = 0
    for call in range(5):
        stimulus = stimulus_of(rng, 6, odin_words(rng, 6, neurons), spread)
        stimulus[:, 0] += call * period
        counts = [engine.advance(stimulus, (call + 1) * period) for engine in engines]
        for other in counts[1:]:
            assert counts[0] == other, difference(counts[0], other)
        offered += len(stimulus)
        served += counts[0].events
        withdrawn += counts[0].withdrawn
    assert offered - served - withdrawn in (0, 1)


def test_advance_until_equals_run():
    """Where time is ample, calls one after the other are one run."""
    rng = np.random.default_rng(5)
    core = random_odin(rng, 16, handshake=(2, 3, 1, 1), settings=[1, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0])
    stimulus = stimulus_of(rng, 40, rng.integers(0, 16, 40) << 8 | 7, 100)
    whole = core.compiled()
    whole.run(stimulus, 20_000, rows=40_000)
    parts = core.compiled(recorded=False)
    counts = [parts.advance(stimulus[i : i + 10], int(stimulus[i + 10 : i + 11, 0].sum()) or 20_000)
              for i in range(0, 40, 10)]  # fmt: skip
    assert sum(part.events for part in counts) == whole.counted.events == 40
    assert sum(part.cycles.sum() for part in counts) == 20_000
    np.testing.assert_array_equal(sum(part.spikes for part in counts), whole.counted.spikes)


def test_idle_time_costs_nothing():
    core = make("tinyodin", 4)
    core.state.neurons[:] = 0x7FF << 12
    core.state.config[0] = 1
    stimulus = np.array([[10**9 * (i + 1), 3] for i in range(5)], np.int64)
    timeline = core.compiled().run(stimulus, 6 * 10**9, rows=200)
    assert len(timeline.inputs) == 5
    assert timeline.segments[:, 2].sum() == 6 * 10**9
