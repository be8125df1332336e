"""Variants of the event-driven chips by overrides alone, against a plain model of what the hardware does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from event_cores import assert_same, make
from event_model import Model, Neuron, Sizes

from accelsim.config.errors import ConfigError
from accelsim.controllers.odin import codes
from accelsim.controllers.odin.state import (
    OPEN_LOOP,
    PROPAGATE_UNMAPPED,
    SDSP_ON_SYNAPSE,
    UPDATE_UNMAPPED,
)
from accelsim.controllers.tinyodin import codes as tiny_codes
from accelsim.datapath.fields import halves, pack, unpack, whole
from accelsim.neurons.odin_lif import LIF
from accelsim.neurons.tinyodin_lif import LIF as TINY


@dataclass(frozen=True)
class Variant:
    """Overrides, and what they mean in numbers."""

    name: str
    sizes: Sizes
    overrides: tuple[str, ...] = ()
    events: int = 40
    spread: int = 600
    """Cycles between two events, on average."""
    simpy: bool = True


def neuron_words(words, bits, ports="1RW"):
    return tuple(f"core.memories.neurons.{key}={value}" for key, value in
                 (("words", words), ("bits", bits), ("ports", ports)))  # fmt: skip


def synapse_words(bits, item_bits, size):
    return (f"core.memories.synapses.bits={bits}", f"core.memories.synapses.holds.item_bits={item_bits}",
            f"core.memories.synapses.size={size}")  # fmt: skip


def cycles(memory, read, write):
    return (f"core.memories.{memory}.read_cycles={read}", f"core.memories.{memory}.write_cycles={write}")


def lanes(n):
    return (f"core.units.soma.lanes={n}",)


def depth(n):
    return (f"core.queues.main.depth={n}",)


NO_BURSTS = ("core.queues.burst=null",)
THOUSAND = ("core.memories.neurons.words=1024", "core.memories.synapses.size=512 KiB")
FOUR_THOUSAND = ("core.memories.neurons.words=4096", "core.memories.synapses.size=8 MiB")
VARIANTS = [
    Variant("shipped", Sizes()),
    Variant("64 neurons", Sizes(64)),
    Variant("1024 neurons", Sizes(1024), THOUSAND, 8, 3000),
    Variant("4096 neurons", Sizes(4096, depth=3), FOUR_THOUSAND + depth(3), 6, 9000, simpy=False),
    Variant("8-bit weights", Sizes(item_bits=8, items=4), synapse_words(32, 8, "64 KiB")),
    Variant("16-bit words", Sizes(items=4), synapse_words(16, 4, "32 KiB")),
    Variant("64-bit words of 16-bit weights", Sizes(64, item_bits=16, items=4), synapse_words(64, 16, "8 KiB")),
    Variant("2-bit synapses", Sizes(64, item_bits=2, items=32), synapse_words(64, 2, "8 KiB")),
    Variant("5-bit synapses, odd words", Sizes(60, item_bits=5, items=6), synapse_words(32, 5, "8 KiB")),
    Variant("2 lanes", Sizes(lanes=2, per_neuron_word=2), lanes(2) + neuron_words(128, 256)),
    Variant("2 lanes, one neuron a word", Sizes(lanes=2), lanes(2)),
    Variant("8 lanes", Sizes(lanes=8, per_neuron_word=8), lanes(8) + neuron_words(32, 1024)),
    Variant("4 lanes, two ports", Sizes(lanes=4, neuron_ports=2), lanes(4) + neuron_words(256, 128, "2RW")),
    Variant("2 lanes, wider words", Sizes(lanes=2, per_neuron_word=8), lanes(2) + neuron_words(32, 1024)),
    Variant(
        "16 lanes, 64-bit words",
        Sizes(lanes=16, per_neuron_word=8, items=16),
        lanes(16) + neuron_words(32, 1024) + synapse_words(64, 4, "32 KiB"),
    ),
    Variant(
        "16 lanes, four weights a word",
        Sizes(lanes=16, per_neuron_word=16, item_bits=8, items=4),
        lanes(16) + neuron_words(16, 2048) + synapse_words(32, 8, "64 KiB"),
    ),
    Variant("slow synapse writes", Sizes(64, synapse_cycles=(1, 9)), cycles("synapses", 1, 9)),
    Variant(
        "slow reads and writes",
        Sizes(64, neuron_cycles=(3, 2), synapse_cycles=(2, 5)),
        cycles("neurons", 3, 2) + cycles("synapses", 2, 5),
    ),
    Variant(
        "slow neurons, 4 lanes, two ports",
        Sizes(lanes=4, neuron_ports=2, neuron_cycles=(2, 3)),
        lanes(4) + neuron_words(256, 128, "2RW") + cycles("neurons", 2, 3),
    ),
    *(Variant(f"queue of {n}", Sizes(64, depth=n), depth(n), spread=150) for n in (1, 2, 1024)),
    Variant("no bursts", Sizes(64), NO_BURSTS),
    Variant(
        "slow synchroniser, fast link",
        Sizes(64, synchroniser=5, output_cycles=1),
        ("core.links.synchroniser=5", "core.links.output_cycles=1"),
    ),
    Variant(
        "1024 neurons, 8-bit weights, 8 lanes, no bursts, queue of 1",
        Sizes(1024, lanes=8, per_neuron_word=8, item_bits=8, items=4, depth=1),
        (*NO_BURSTS, *depth(1), *lanes(8), *neuron_words(128, 1024), *synapse_words(32, 8, "1 MiB")),
        12,
        1500,
    ),
]


def random_model(rng, sizes, handshake):
    """A network in which some neurons, many of them neighbours, are about to spike, and whose activity dies out."""
    n = sizes.neurons
    highest = min((1 << sizes.item_bits - 1) - 1, 7)
    density = min(0.5, 80 / (n * (highest + 1) / 2))
    ready = sorted({*range(n // 3, n // 3 + 12), *rng.integers(0, n, 12).tolist()})
    mapped = (rng.random((n, n)) < density).astype(int)
    w = rng.integers(0, highest + 1, (n, n))
    mapped[:, ready] = rng.random((n, len(ready))) < 0.7
    w[:, ready] |= 1
    neurons = []
    for i in range(n):
        thr = int(rng.integers(180, 256))
        core = thr - int(rng.integers(1, 3)) if i in ready else int(rng.integers(0, thr - 40))
        neurons.append(Neuron(
            leak_str=int(rng.integers(0, 30)), leak_en=int(i not in ready), thr=thr, ca_en=int(rng.random() < 0.8),
            thetamem=int(rng.integers(0, 140)), theta1=int(rng.integers(0, 2)), theta2=int(rng.integers(2, 7)),
            theta3=int(rng.integers(3, 8)), caleak=int(rng.integers(0, 3)), core=core,
            calcium=int(rng.integers(0, 7)), caleak_cnt=0, disable=int(rng.random() < 0.05),
            up=int(rng.integers(0, 2)), down=int(rng.integers(0, 2)),
        ))  # fmt: skip
    update, propagate, learn = (int(x) for x in rng.random(3) < (0.3, 0.1 if n < 100 else 0, 0.7))
    sign = [0, *(rng.random(n - 1) < 0.25).astype(int).tolist()]
    return Model(sizes, neurons, mapped.tolist(), w.tolist(), sign, 0, update, propagate, learn, handshake)


def program(core, model):
    """The model's contents in the memories of a core."""
    state, sizes = core.state, model.sizes
    names = [name for name in LIF._fields if name != "lif"]
    for n, neuron in enumerate(model.neurons):
        word = pack(LIF, {"lif": 1, **{name: getattr(neuron, name) for name in names}})
        state.low[n], state.high[n] = halves(word)
        state.up[n], state.down[n], state.sign[n] = neuron.up, neuron.down, model.sign[n]
    state.synapses[:] = packed(model)
    state.config[[OPEN_LOOP, UPDATE_UNMAPPED, PROPAGATE_UNMAPPED, SDSP_ON_SYNAPSE]] = (
        model.open_loop, model.update_unmapped, model.propagate_unmapped, model.sdsp_on_synapse)  # fmt: skip
    assert state.shape.neurons == sizes.neurons


def packed(model):
    """Synapse words of the model."""
    bits, items = model.sizes.item_bits, model.sizes.items
    synapses = np.array(model.mapped, np.uint64) << np.uint64(bits - 1) | np.array(model.w, np.uint64)
    shifts = np.arange(items, dtype=np.uint64) * np.uint64(bits)
    return np.bitwise_or.reduce(synapses.reshape(-1, items) << shifts, axis=1)


def stimulus_for(rng, shape, variant):
    """Events of every kind; bistability of the whole crossbar only where it is small."""
    events = [(0, codes.neuron_event(shape, 0))]
    time = variant.spread
    for _ in range(variant.events):
        pre, post = (int(x) for x in rng.integers(0, shape.neurons, 2))
        kind = rng.choice([0, 0, 0, 0, 1, 2, 3, 4, 5, 6 if shape.neurons <= 64 else 5])
        events.append((time, (
            codes.neuron_event(shape, pre),
            codes.virtual_event(shape, pre, int(rng.integers(1, 8)), int(rng.integers(0, 2)), int(rng.integers(0, 2))),
            codes.time_reference(shape),
            codes.time_reference(shape, pre),
            codes.synapse_event(shape, pre, post),
            codes.bistability(shape, pre),
            codes.bistability(shape),
        )[kind]))  # fmt: skip
        time += int(rng.integers(0, 2 * variant.spread))
    return events


@pytest.mark.parametrize(
    "variant",
    [
        pytest.param(variant, id=variant.name, marks=[] if variant.sizes.neurons < 1024 else pytest.mark.slow)
        for variant in VARIANTS
    ],
)
def test_odin(variant):
    rng = np.random.default_rng(len(variant.name))
    handshake = tuple(int(x) for x in rng.integers(1, 5, 4))
    core = make("odin", variant.sizes.neurons, variant.overrides, handshake)
    model = random_model(rng, variant.sizes, handshake)
    program(core, model)
    events = stimulus_for(rng, core.state.shape, variant)
    stimulus = np.array(events, np.int64)
    horizon = 3_000_000
    engine = core.compiled()
    timeline = engine.run(stimulus, horizon, rows=100_000)
    model.run(events, horizon)

    def same(found, expected):
        expected = np.array(expected, np.int64).reshape(-1, found.shape[1])
        np.testing.assert_array_equal(found, expected)

    assert len(model.spikes) > 8
    same(timeline.segments[:, [0, 1, 2, 5, 6, 7, 8]], model.segments)
    same(timeline.inputs[:, :6], model.inputs)
    same(timeline.spikes, model.spikes)
    same(timeline.outputs, model.packets)
    assert sorted(map(tuple, timeline.writes[:, :3].tolist())) == sorted(model.changes)
    assert (timeline.fifo[:, 1] // 2 == 1).sum() == model.dropped
    for n, neuron in enumerate(model.neurons):
        held = unpack(LIF, whole(engine.state.low[n], engine.state.high[n]))
        assert held == {"lif": 1, **{name: getattr(neuron, name) for name in held if name != "lif"}}
        assert (engine.state.up[n], engine.state.down[n]) == (neuron.up, neuron.down)
    np.testing.assert_array_equal(engine.state.synapses, packed(model))

    one_by_one = core.compiled(sweeps=False)
    assert_same(timeline, one_by_one.run(stimulus, horizon, rows=100_000))
    for name in ("low", "high", "synapses", "up", "down"):
        np.testing.assert_array_equal(getattr(engine.state, name), getattr(one_by_one.state, name))
    counted = core.compiled(recorded=False)
    counted.run(stimulus, horizon, rows=0)
    assert counted.counted == engine.counted == one_by_one.counted
    if variant.simpy:
        assert_same(timeline, core.reference().run(stimulus, horizon))


def test_queues_overflow_somewhere():
    """The variants with short queues lose entries, as they should."""
    rng = np.random.default_rng(1)
    sizes = Sizes(64, depth=1)
    core = make("odin", 64, depth(1))
    model = random_model(rng, sizes, (1, 1, 1, 1))
    for neuron in model.neurons[:9]:
        neuron.thr = 0
    program(core, model)
    events = [(0, codes.time_reference(core.state.shape))]
    engine = core.compiled()
    engine.run(np.array(events), 2000, rows=2000)
    assert engine.counted.dropped_internal >= 8 - sum(neuron.disable for neuron in model.neurons[:9])


def test_codes_of_the_released_design():
    shape = make("odin", 256).state.shape
    assert shape.address_bits == 8
    assert codes.neuron_event(shape, 0xAB) == 0xAB07
    assert codes.virtual_event(shape, 0xAB, 5, 1, 0) == 0xABB1
    assert [codes.time_reference(shape), codes.time_reference(shape, 3)] == [0x7F, 0x3FF]
    assert [codes.bistability(shape), codes.bistability(shape, 3)] == [0, 0x380]
    assert codes.synapse_event(shape, 0xAB, 0xCD) == 0x1ABCD
    tiny = make("tinyodin", 9).state.shape
    assert [tiny_codes.neuron_event(tiny, 7), tiny_codes.virtual_event(tiny, 5, -1)] == [7, 0x2F5]
    assert [tiny_codes.time_reference(tiny), tiny_codes.time_reference(tiny, 3)] == [0x1FF, 0x103]


@pytest.mark.parametrize(
    ("overrides", "neurons", "message"),
    [
        (("core.units.soma.lanes=3",), 256, "256 neurons are no multiple of the 3 lanes of `soma`"),
        ((), 60, "60 neurons are no multiple of the 8 synapses of a word"),
        (synapse_words(128, 4, "32 KiB"), 64, "a synapse word has at most 64 bits, not 128"),
        (synapse_words(32, 32, "256 KiB"), 64, "a synapse has 2 to 16 bits, not 32"),
        (("core.memories.synapses.write_back=changed",), 256, "writes every word that it visits"),
        (lanes(128), 256, "at most 64 lanes, not 128"),
    ],
)
def test_cores_that_cannot_be_built(overrides, neurons, message):
    with pytest.raises(ConfigError) as refused:
        make("odin", neurons, overrides)
    assert message in str(refused.value)


TINY_VARIANTS = {
    "shipped": (256, 1, 1, 4, 8, ()),
    "few take part": (37, 1, 1, 4, 8, ()),
    "8-bit weights": (256, 1, 1, 8, 4, synapse_words(32, 8, "64 KiB")),
    "1024 neurons": (1024, 1, 1, 4, 8, THOUSAND),
    "4 lanes, 101 neurons": (101, 4, 4, 4, 8, lanes(4) + neuron_words(64, 128)),
    "8 lanes, one neuron a word": (64, 8, 1, 4, 8, lanes(8)),
    "1024 neurons, 16-bit weights, 2 lanes": (
        1000, 2, 2, 16, 4, (*lanes(2), *neuron_words(512, 64), *synapse_words(64, 16, "2 MiB"))),
}  # fmt: skip


@pytest.mark.parametrize("name", TINY_VARIANTS)
def test_tinyodin(name):
    """Open loop: potentials and spikes by whole arrays, cycles and accesses by arithmetic."""
    neurons, n_lanes, per_word, bits, items, overrides = TINY_VARIANTS[name]
    rng = np.random.default_rng(neurons)
    core = make("tinyodin", neurons, overrides)
    state, shape = core.state, core.state.shape
    held = state.neurons.size
    low, high = -(1 << bits - 1), 1 << bits - 1
    weights = rng.integers(low, high, (held, held))
    shifts = np.arange(items, dtype=np.uint64) * np.uint64(bits)
    raw = (weights & (1 << bits) - 1).astype(np.uint64).reshape(-1, items)
    state.synapses[:] = np.bitwise_or.reduce(raw << shifts, axis=1)
    potential, threshold = rng.integers(-20, 20, held), rng.integers(20, 60, held)
    leak = rng.integers(0, 5, held)
    for n in range(held):
        state.neurons[n] = pack(TINY, {"core": potential[n], "thr": threshold[n], "leak_str": leak[n]})
    state.config[0] = 1
    tref = tiny_codes.time_reference(shape)
    events = [*(tiny_codes.neuron_event(shape, int(n)) for n in rng.integers(0, held, 6)), tref, 1]
    stimulus = np.array([(i * 40_000, word) for i, word in enumerate(events)])
    engine = core.compiled()
    horizon = 40_000 * len(events)
    timeline = engine.run(stimulus, horizon, rows=100_000)
    spikes = []
    blocks = -(-neurons // n_lanes)
    step = max(1, n_lanes // per_word, n_lanes // items)
    busy = 8
    served = iter(timeline.segments[(timeline.segments[:, 1] == 0) | (timeline.segments[:, 1] == 3)])
    for word in events:
        moved = np.where(potential < 0, np.minimum(potential + leak, 0), np.maximum(potential - leak, 0))
        v = moved if word == tref else np.clip(potential + weights[word], -2048, 2047)
        fired = (v >= 0) & (v >= threshold)
        fired[neurons:] = False
        potential[:neurons] = np.where(fired, 0, v)[:neurons]
        spikes += np.flatnonzero(fired).tolist()
        groups = np.bincount(np.flatnonzero(fired) // n_lanes, minlength=blocks)
        held_cycles = np.maximum(groups[:-1] * (busy + 1) - step, 0) * (groups[:-1] > 0)
        _, phase, length, _, _, *accesses = next(served).tolist()
        assert phase == (0 if word == tref else 3)
        assert length == 2 * step * blocks + held_cycles.sum()
        words = -(-neurons // per_word)
        rows = -(-neurons // items)
        enters = np.array([sum(n % items == 0 for n in range(b * n_lanes, (b + 1) * n_lanes)) for b in range(blocks)])
        repeated = (held_cycles * np.minimum(enters[1:], 1)).sum()  # one port: one read in a cycle
        synapse_reads = 0 if word == tref else 2 * rows + repeated
        assert accesses == [words + held_cycles.sum(), words, synapse_reads, 0]
    np.testing.assert_array_equal(timeline.spikes[:, 1], spikes)
    assert [unpack(TINY, int(word))["core"] for word in engine.state.neurons] == potential.tolist()
    one_by_one = core.compiled(sweeps=False)
    assert_same(timeline, one_by_one.run(stimulus, horizon, rows=100_000))
    np.testing.assert_array_equal(engine.state.neurons, one_by_one.state.neurons)
    if neurons <= 256:
        assert_same(timeline, core.reference().run(stimulus, horizon))
