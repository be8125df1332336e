"""Event-driven cores: both engines give the same timeline, row for row, on random configurations."""

from __future__ import annotations

import copy

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accelsim.architecture.schema import Architecture
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.controllers.odin import events as odin
from accelsim.controllers.tinyodin import events as tinyodin
from accelsim.controllers.vocabulary import Vocabulary
from accelsim.engine.event_driven import EventDrivenEngine, phase_table
from accelsim.engine.event_reference import EventDrivenReference
from accelsim.engine.program import lower
from accelsim.mapping.placement import place

RECORDS = ("segments", "inputs", "fifo", "spikes", "outputs", "writes")


def timelines(name, chip, overrides, neurons, state, handshake, stimulus, horizon):
    """Timelines of both engines from copies of one state."""
    document = load_document(name, "architecture", overrides=overrides)
    architecture = validate(document, Architecture)
    placement = place(architecture, {"recurrent": neurons}, document)
    table = phase_table(lower(architecture, placement, Vocabulary((), {}, ()), document), chip.PHASES)
    compiled = EventDrivenEngine(architecture.core, table, chip.__name__, copy.deepcopy(state), handshake)
    reference = EventDrivenReference(architecture, placement, chip.PHASES, chip, copy.deepcopy(state), handshake)
    return compiled.run(stimulus, horizon, rows=horizon), reference.run(stimulus, horizon)


def assert_same(first, second):
    for record in RECORDS:
        np.testing.assert_array_equal(getattr(first, record), getattr(second, record), err_msg=record)


handshakes = st.tuples(st.integers(1, 5), st.integers(1, 9), st.integers(1, 4), st.integers(1, 4))


def stimulus_of(rng, events, words, spread):
    times = np.sort(rng.integers(0, max(1, events * spread), events))
    return np.stack([times, words], axis=1).astype(np.int64)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 2**32 - 1), neurons=st.integers(1, 40), depth=st.sampled_from([1, 2, 7, 128]),
    handshake=handshakes, spread=st.sampled_from([1, 40, 400]), open_loop=st.booleans(), source=st.booleans(),
    synchroniser=st.integers(0, 3), link=st.integers(1, 9),
)  # fmt: skip
def test_tinyodin(seed, neurons, depth, handshake, spread, open_loop, source, synchroniser, link):
    rng = np.random.default_rng(seed)
    words = (rng.integers(1, 12, 256) << 12 | rng.integers(0, 4, 256) << 24).astype(np.uint32)
    state = tinyodin.State(
        neurons=words,
        synapses=rng.integers(0, 2**32, 8192, dtype=np.uint32),
        config=np.array([open_loop, source, 32], np.int64),
        swept=np.array([neurons], np.int64),
    )
    kinds = rng.integers(0, 4, 30)
    address = rng.integers(0, neurons, 30)
    codes = np.choose(kinds, [address, 0x100 | address, np.full(30, 0x1FF), 0x200 | (address & 15)])
    changes = [f"core.queues.main.depth={depth}", f"core.links.synchroniser={synchroniser}",
               f"core.links.output_cycles={link}"]  # fmt: skip
    stimulus = stimulus_of(rng, 30, codes, spread)
    assert_same(*timelines("tinyodin", tinyodin, changes, neurons, state, handshake, stimulus, 6000))


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 2**32 - 1), depth=st.sampled_from([1, 3, 32, 1024]), handshake=handshakes,
    spread=st.sampled_from([20, 600]), burst=st.sampled_from([0, 0, 90, 700]), open_loop=st.booleans(),
    monitor=st.booleans(), source=st.booleans(),
)  # fmt: skip
def test_odin(seed, depth, handshake, spread, burst, open_loop, monitor, source):
    rng = np.random.default_rng(seed)
    config = [open_loop, burst, source, monitor, *rng.integers(0, 256, 2), *rng.integers(0, 2, 3), 5, 3]
    state = odin.State(
        low=rng.integers(0, 2**63, 256, dtype=np.uint64) | rng.integers(0, 2, 256, dtype=np.uint64),
        high=rng.integers(0, 2**63, 256, dtype=np.uint64),
        synapses=rng.integers(0, 2**32, 8192, dtype=np.uint32),
        up=rng.integers(0, 2, 256, dtype=np.uint8),
        down=rng.integers(0, 2, 256, dtype=np.uint8),
        sign=rng.integers(0, 2, 256, dtype=np.uint8),
        config=np.array(config, np.int64),
    )
    address, post = rng.integers(0, 256, (2, 12))
    codes = np.choose(
        rng.integers(0, 6, 12),
        [1 << 16 | address << 8 | post, address << 8 | 0xFF, np.full(12, 0x7F), address << 8 | 0x80,
         address << 8 | 0x07, address << 8 | (post | 1) & 0xFD],
    )  # fmt: skip
    stimulus = stimulus_of(rng, 12, codes, spread)
    changes = [f"core.queues.main.depth={depth}"]
    assert_same(*timelines("odin", odin, changes, 256, state, handshake, stimulus, 9000))


def test_idle_time_costs_nothing():
    state = tinyodin.State(
        np.full(256, 0x7FF << 12, np.uint32), np.zeros(8192, np.uint32), np.array([1, 0, 32]), np.array([4])
    )
    stimulus = np.array([[10**9 * (i + 1), 3] for i in range(5)], np.int64)
    document = load_document("tinyodin", "architecture")
    architecture = validate(document, Architecture)
    table = phase_table(
        lower(architecture, place(architecture, {"recurrent": 4}, document), Vocabulary((), {}, ()), document),
        tinyodin.PHASES,
    )
    engine = EventDrivenEngine(architecture.core, table, tinyodin.__name__, state, (1, 1, 1, 1))
    timeline = engine.run(stimulus, 6 * 10**9, rows=200)
    assert len(timeline.inputs) == 5
    assert timeline.segments[:, 2].sum() == 6 * 10**9
