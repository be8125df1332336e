"""Linked event-driven cores: cycles counted by hand, and the same on both engines."""

from __future__ import annotations

import numpy as np
import pytest
import simpy
from event_cores import assert_same, make, odin_words, random_odin, stimulus_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accelsim.architecture.schema import Architecture, Link
from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.controllers.odin.events import POP_NEURON, PUSH, TREF_ALL
from accelsim.engine.event_links import LinkedCores, LinkedReference

ALWAYS_SPIKES, NEVER_SPIKES = 1, 1 | 255 << 9
"""Integrate-and-fire words with threshold 0 and 255."""
TREF = 0x7F
DELIVERY = 6 + 3
"""Cycles from a receiver's acknowledge until the sender's link is free: 3 for its own delay, 6 for the link."""


def link(source, target):
    return Link.model_validate({"from": source, "to": target, "shift": 8, "add": 7})


def run(cores, links, stimuli, horizon):
    """Timelines of linked cores, the same on both engines, and the same counts."""
    env = simpy.Environment()
    references = [core.reference(env) for core in cores]
    expected = LinkedReference(env, references, links).run(stimuli, horizon)
    engines = [core.compiled() for core in cores]
    timelines = LinkedCores(engines, links).run(stimuli, horizon, rows=4 * horizon)
    for timeline, other, engine, reference in zip(timelines, expected, engines, references, strict=True):
        assert_same(timeline, other)
        assert engine.counted == reference.counted
    return timelines


def crossbar(neurons, word, **settings):
    """An ODIN core with the same word for every neuron, in open loop."""
    core = make("odin", neurons, **settings)
    core.state.low[:] = word
    core.state.config[0] = 1
    return core


def events(*pairs):
    return np.array(pairs, np.int64).reshape(-1, 2)


def test_two_packets_by_hand():
    cores = [crossbar(256, ALWAYS_SPIKES), crossbar(256, NEVER_SPIKES)]
    first, second = run(cores, [link(0, 1)], [events((10, 5 << 8 | 0xFF), (11, 9 << 8 | 0xFF)), events()], 1500)
    # Request 10, seen 12, phase in 13 and 14: neuron 5 spikes in 14; the packet's request is up in 15.
    # Seen 17, pushed in 18, acknowledged in 19, request low in 22, acknowledge low in 25.
    assert first.outputs[0].tolist() == [15, 5]
    assert second.inputs[0].tolist()[:6] == [15, 19, 22, 25, 18, 1]
    free = 19 + DELIVERY
    # The delays of the receiver are 4 and 3 cycles; a packet raised in cycle c keeps the link busy 6 cycles more.
    assert free == 14 + 6 + (19 - 15) + 3 + 1 == 28
    # The second request is up long before (acknowledge low in 15 + 1 + 3, and the gap), yet waits for the link.
    assert first.inputs[1, 0] == 15 + 1 + 3 + 1
    assert first.inputs[1, 4] == free + 1
    assert first.outputs[1].tolist() == [free + 3, 9]
    # The receiver works on the first event: popped in the first waiting cycle, 512 cycles.
    pop = second.segments[second.segments[:, 1] == POP_NEURON]
    assert pop[:, [0, 2]].tolist() == [[26, 512], [26 + 512 + 1 + 1 + 6 + 1, 512]]
    assert second.inputs[1].tolist()[:6] == [31, 540, 543, 546, 539, 1]
    assert first.segments[:, 3].sum() == (28 - 15) + (540 + DELIVERY - 31)


@pytest.mark.parametrize("depth", [1, 32])
def test_back_pressure_by_hand(depth):
    """Each spike is held until the receiver has swept its neurons for the one before."""
    cores = [crossbar(8, ALWAYS_SPIKES), crossbar(8, NEVER_SPIKES, changes=[f"core.queues.main.depth={depth}"])]
    first, second = run(cores, [link(0, 1)], [events((10, TREF)), events()], 1000)
    raised, acknowledged = [15], [19]
    for _ in range(7):
        # Free, then write, then request; meanwhile request falling, a decision, the sweep, a decision, a push.
        raised.append(acknowledged[-1] + DELIVERY + 1 + 1)
        acknowledged.append(acknowledged[-1] + 6 + 1 + 16 + 1 + 1)
    assert first.outputs[:, 0].tolist() == raised
    assert second.inputs[:, 1].tolist() == acknowledged
    served = first.segments[first.segments[:, 1] == TREF_ALL]
    assert served[0, 2] == raised[-1] - 13
    reads = 8 + sum(a + DELIVERY - r for r, a in zip(raised[:7], acknowledged[:7], strict=True))
    assert served[0, 5] == reads
    assert (second.segments[:, 1] == PUSH).sum() == 8


def test_turns_at_an_input():
    """An outside sender and two links: first come, first served, and the outside first if they come together."""
    cores = [crossbar(8, ALWAYS_SPIKES), crossbar(8, NEVER_SPIKES), crossbar(8, ALWAYS_SPIKES)]
    one = events((10, 5 << 8 | 0xFF))
    outside = events((15, 3 << 8 | 7), (16, 4 << 8 | 7))
    _, target, _ = run(cores, [link(0, 1), link(2, 1)], [one, outside, one], 500)
    assert target.fifo[target.fifo[:, 1] == 0, 2].tolist() == [3, 5, 5, 4]
    first = 15 + 2 + 1
    assert target.inputs[0, :4].tolist() == [15, first + 1, first + 2, first + 5]
    assert target.inputs[1, 0] == first + 5 + 1


def test_ring_that_waits_for_itself():
    """Both cores sweep and raise a packet; neither can serve the other's."""
    cores = [crossbar(8, ALWAYS_SPIKES), crossbar(8, ALWAYS_SPIKES)]
    stimuli = [events((10, TREF)), events((10, TREF))]
    for timeline in run(cores, [link(0, 1), link(1, 0)], stimuli, 700):
        assert timeline.outputs.tolist() == [[15, 0]]
        assert timeline.segments[-1, [0, 1, 2]].tolist() == [13, TREF_ALL, 700 - 13]
        assert len(timeline.inputs) == 0


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 2**32 - 1), depths=st.tuples(*[st.sampled_from([1, 2, 32])] * 3),
    topology=st.sampled_from(
        [[(0, 1)], [(0, 1), (1, 0)], [(0, 1), (1, 2)], [(0, 2), (1, 2)], [(0, 1), (1, 2), (2, 0)]]
    ),
    spread=st.sampled_from([1, 4, 60]), monitor=st.booleans(), open_loop=st.booleans(), gap=st.integers(1, 5),
    cycles=st.integers(1, 8), synchroniser=st.integers(0, 3),
)  # fmt: skip
def test_random(seed, depths, topology, spread, monitor, open_loop, gap, cycles, synchroniser):
    rng = np.random.default_rng(seed)
    cores, stimuli = [], []
    for i in range(1 + max(max(ends) for ends in topology)):
        neurons = int(rng.choice([8, 16]))
        config = [open_loop, 0, int(rng.integers(0, 2)), monitor, *rng.integers(0, 8, 2), *rng.integers(0, 2, 3), 0, 0]
        changes = [f"core.queues.main.depth={depths[i]}", f"core.links.output_cycles={cycles}",
                   f"core.links.synchroniser={synchroniser}"]  # fmt: skip
        cores.append(random_odin(rng, neurons, changes, (2, gap, 1, 3), config))
        stimuli.append(stimulus_of(rng, 6, odin_words(rng, 6, neurons), spread))
    # Every packet must name a neuron of its receiver.
    plain = not monitor and len({core.state.low.size for core in cores}) == 1
    form = {"shift": 8, "add": 7} if plain else {"shift": 0, "add": 0x107}
    links = [Link.model_validate({"from": source, "to": target, **form}) for source, target in topology]
    run(cores, links, stimuli, 2500)


def problems(*changes):
    with pytest.raises(ConfigError) as raised:
        validate(load_document("odin", "architecture", overrides=list(changes)), Architecture)
    return [(problem.path, problem.message) for problem in raised.value.problems]


def test_links_that_cannot_be():
    assert problems("interconnect.links=[{from: 0, to: 1}]") == [
        ("interconnect", "one core has nothing to connect; set `cores`")
    ]
    found = problems("cores=2", "interconnect.links=[{from: 0, to: 1}, {from: 0, to: 0}, {from: 1, to: 2}]")
    assert found == [
        ("interconnect.links.1.from", "core 0 has an outgoing link already: number 0 of the list"),
        ("interconnect.links.1.to", "core 0 cannot be linked to itself"),
        ("interconnect.links.2.to", "there is no core 2; they are numbered 0 to 1"),
    ]


def test_described_links():
    changes = ["cores=2", "interconnect={topology: direct, links: [{from: 0, to: 1, shift: 8, add: 7}]}"]
    architecture = validate(load_document("odin", "architecture", overrides=changes), Architecture)
    assert architecture.interconnect.links[0].target == 1
