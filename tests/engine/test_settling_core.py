"""An array of multipliers for layers that settle: cycles and accesses counted by hand, depth, and both engines."""

from itertools import pairwise
from math import ceil
from pathlib import Path

import numpy as np
import pytest

from accelsim.architecture.layers import with_layers
from accelsim.architecture.schema import Architecture
from accelsim.architecture.widths import with_state_bits
from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.controllers.activity import Activity
from accelsim.controllers.settling import controller
from accelsim.controllers.settling.listening import plain_loop
from accelsim.controllers.settling.vocabulary import VOCABULARY
from accelsim.engine.compiled import compiled_engine
from accelsim.engine.counts import Counter, count_engine
from accelsim.engine.program import lower
from accelsim.engine.reference import ReferenceEngine
from accelsim.mapping.placement import place
from accelsim.simulation.run import simulate

FOLDER = Path(__file__).parents[2]
BITS = {"weight": 32, "activity": 32, "transposed_weight": 32, "gradient": 32, "synapse_trace": 96}
SIDE = 8
"""Rows and columns of the array."""


def chip(name, sizes, overrides=()):
    """A chip with its table written out for layers of these sizes, and its program."""
    document = load_document(FOLDER / "architectures" / f"{name}.yaml", "architecture", overrides=overrides)
    architecture = validate(document, Architecture)
    middle = [f"hidden{i}" for i in range(1, len(sizes) - 1)]
    populations = dict(zip(["input", *middle, "output"], sizes, strict=True))
    core = with_layers(with_state_bits(architecture.core, BITS), populations)
    architecture = architecture.model_copy(update={"core": core})
    placement = place(architecture, populations)
    return architecture, placement, lower(architecture, placement, VOCABULARY)


def sample(**held):
    """Activity of a sample in which these conditions and counts hold."""
    counts = [[int(held.get(name, 0)) for name in VOCABULARY.columns]]
    return Activity(np.array(counts, np.int64), {}, range(1))


def counted(program, activity):
    """Counters of a sample that are not zero."""
    engine = count_engine(program)
    (row,) = engine.run(activity.counts)
    return {counter: int(count) for counter, count in zip(engine.counters, row, strict=True) if count}


def cycles(program, activity, *states):
    """Cycles of a sample in some states, or in all but the delivery of its inputs."""
    return sum(
        count
        for counter, count in counted(program, activity).items()
        if counter.kind == "cycles" and (counter.target in states if states else counter.target != "deliver")
    )


UPDATE = {"update": 1, "learn_reads": 1, "learn_writes": 1}
SEQUENTIAL = {"learning": 1, "settling": 1, "sequential": 1, "softmax": 1, **UPDATE}
SIMULTANEOUS = {"learning": 1, "settling": 1, "simultaneous": 1, "softmax": 1, **UPDATE}
SHARED, PER_LAYER = {"shared_array": 1}, {"array_per_layer": 1}
SIZES = (20, 17, 9, 5)


def _blocks(size):
    return ceil(size / SIDE)


def _matvec(rows, columns, reads_bias):
    """Cycles: of each block of results a bias, tiles in a pipeline of 6 or 5 stages, and the write."""
    depth = 6 if reads_bias else 5
    return _blocks(columns) * (reads_bias + _blocks(rows) - 1 + depth + 1)


def test_cycles_and_accesses_of_an_inference():
    _, _, program = chip("mac_array", SIZES)
    found = counted(program, sample(**SHARED, softmax=1, deliveries=20))
    layers = list(pairwise(SIZES))
    tiles = sum(_blocks(pre) * _blocks(post) for pre, post in layers)
    assert found[Counter("read", "weights", "forward")] == tiles
    assert found[Counter("run", "mac", "forward")] == tiles * SIDE**2
    assert found[Counter("cycles", "deliver", "deliver")] == 20
    copied = sum(_blocks(post) + 1 for _, post in layers)
    largest = SIZES[-1] + 1
    expected = sum(_matvec(pre, post, True) for pre, post in layers) + copied + largest
    assert found[Counter("cycles", "forward", "forward")] == expected
    assert not [counter for counter in found if counter.kind == "write" and counter.target == "weights"]


@pytest.mark.parametrize("iterations", [0, 1, 4])
def test_accesses_of_a_sample_that_settles(iterations):
    _, _, program = chip("mac_array", SIZES)
    layers = list(pairwise(SIZES))
    tiles = [_blocks(pre) * _blocks(post) for pre, post in layers]
    inner = list(range(1, len(layers)))
    for schedule in (SEQUENTIAL, SIMULTANEOUS):
        found = counted(program, sample(**SHARED, **schedule, iterations=iterations))
        transposed = found.get(Counter("run", "transposed_mac", "settle"), 0)
        assert transposed == iterations * sum(tiles[m] for m in inner) * SIDE**2
        # L forward products in an iteration: 2 (L - 1) + 1 with the transposed ones
        assert found.get(Counter("run", "mac", "settle"), 0) == iterations * sum(tiles) * SIDE**2
        assert (
            found.get(Counter("read", "weights", "settle"), 0) * SIDE**2
            == transposed + iterations * sum(tiles) * SIDE**2
        )
        assert found[Counter("write", "weights", "learn")] == sum(tiles)
        biases = sum(_blocks(post) * SIDE for _, post in layers)
        assert found[Counter("run", "update", "learn")] == sum(tiles) * SIDE**2 + biases
        again = found.get(Counter("run", "mac", "finish"), 0)
        assert again == (sum(tiles[:-1]) * SIDE**2 if schedule is SEQUENTIAL else 0)


def test_cycles_of_a_sequential_iteration():
    _, _, program = chip("mac_array", SIZES)
    one, two = (sample(**SHARED, **SEQUENTIAL, iterations=n) for n in (1, 2))
    found = cycles(program, two, "settle_layer") - cycles(program, one, "settle_layer")
    expected = 0
    for m in (2, 1):
        fed_back = _matvec(SIZES[m + 1], SIZES[m], False)
        relaxed = 12 + _blocks(SIZES[m]) - 1
        expected += fed_back + _matvec(SIZES[m - 1], SIZES[m], True) + relaxed
    assert found == expected
    assert cycles(program, sample(**SHARED, **SIMULTANEOUS, iterations=2), "settle_layer") > 0


def _iteration(name, depth, schedule, arrays):
    _, _, program = chip(name, (24,) * (depth + 1))
    one, two = (sample(**arrays, **schedule, iterations=n) for n in (1, 2))
    return cycles(program, two) - cycles(program, one)


def test_an_iteration_grows_with_depth_in_sequence_and_stays_flat_with_an_array_per_layer():
    sequential = [_iteration("mac_array_per_layer", depth, SEQUENTIAL, PER_LAYER) for depth in (2, 4, 6, 8)]
    assert len(set(np.diff(sequential))) == 1
    assert sequential[1] > sequential[0]
    assert sequential == [_iteration("mac_array", depth, SEQUENTIAL, SHARED) for depth in (2, 4, 6, 8)]
    simultaneous = [_iteration("mac_array_per_layer", depth, SIMULTANEOUS, PER_LAYER) for depth in (2, 4, 6, 8)]
    assert len(set(simultaneous)) == 1
    shared = [_iteration("mac_array", depth, SIMULTANEOUS, SHARED) for depth in (2, 4, 6, 8)]
    assert len(set(np.diff(shared))) == 1
    assert shared[1] > shared[0] > simultaneous[0]


@pytest.mark.parametrize("name", ["mac_array", "mac_array_per_layer"])
@pytest.mark.parametrize(
    "schedule", [SEQUENTIAL, SIMULTANEOUS, {"learning": 1, "backward": 1, "softmax": 1}, "at a boundary"]
)
@pytest.mark.parametrize(
    "also", [{"transposed_slow": 1}, {"transposed_copy": 1, "batched": 1}, {"blended": 1, "senses": 1}]
)
def test_the_engines_agree(name, schedule, also):
    arrays = SHARED if name == "mac_array" else PER_LAYER
    architecture, placement, program = chip(name, SIZES)
    if schedule == "at a boundary":
        schedule = {**CONSOLIDATED, **BOUNDARY, "closes_sample": 1, "periodic": 1, "end_writes": 1}
    activity = sample(**{**arrays, **schedule, **also, "iterations": 2, "deliveries": 3})
    compiled = compiled_engine(program).run(activity)
    reference = ReferenceEngine(architecture, placement, VOCABULARY).run(activity)
    assert reference.log.first_difference(compiled) is None
    engine = count_engine(program)
    np.testing.assert_array_equal(reference.table(engine.counters), engine.run(activity.counts))


CONSOLIDATED = {
    "learning": 1, "backward": 1, "softmax": 1, **UPDATE, "consolidated": 1, "learn_reads_traces": 1,
    "learn_writes_traces": 1,
}  # fmt: skip
BOUNDARY = {"closes_task": 1, "end_reads": 1, "end_reads_traces": 1, "end_writes_traces": 1}


def test_the_words_of_a_consolidation_pass_with_the_weights():
    _, placement, program = chip("mac_array", SIZES)
    tiles = [_blocks(pre) * _blocks(post) for pre, post in pairwise(SIZES)]
    assert placement.words["synapse_traces"] == sum(tiles)
    found = counted(program, sample(**SHARED, **CONSOLIDATED, closes_sample=1))
    for kind, memory in (("read", "synapse_traces"), ("write", "synapse_traces"), ("read", "weights")):
        assert found[Counter(kind, memory, "learn")] == sum(tiles)
    biases = sum(_blocks(post) for _, post in pairwise(SIZES))
    assert found[Counter("write", "bias_traces", "learn")] == biases
    assert found[Counter("run", "close_sample", "learn")] == sum(tiles) * SIDE**2 + biases * SIDE
    assert not [counter for counter in found if counter.phase == "consolidate"]


def test_a_task_boundary_is_a_sweep_over_the_synapses_of_every_layer():
    _, _, program = chip("mac_array", SIZES)
    alone, ending = (sample(**SHARED, **CONSOLIDATED, **also) for also in ({}, BOUNDARY))
    layers = list(pairwise(SIZES))
    tiles = sum(_blocks(pre) * _blocks(post) for pre, post in layers)
    biases = sum(_blocks(post) for _, post in layers)
    found = counted(program, ending)
    assert found[Counter("read", "weights", "consolidate")] == tiles
    assert found[Counter("write", "synapse_traces", "consolidate")] == tiles
    assert found[Counter("write", "bias_traces", "consolidate")] == biases
    assert found[Counter("run", "close_task", "consolidate")] == tiles * SIDE**2 + biases * SIDE
    assert Counter("write", "weights", "consolidate") not in found
    # a pipeline of 26 stages for each layer and for its biases
    assert cycles(program, ending) - cycles(program, alone) == tiles + biases + 2 * len(layers) * 25
    _, _, apart = chip("mac_array_per_layer", SIZES)
    widest = max(_blocks(pre) for pre, _ in layers) * max(_blocks(post) for _, post in layers)
    alone, ending = (sample(**PER_LAYER, **CONSOLIDATED, **also) for also in ({}, BOUNDARY))
    assert cycles(apart, ending) - cycles(apart, alone) == widest + 25 + biases + len(layers) * 25


def test_slow_transposed_reads_cost_time_and_a_copy_costs_memory_and_writes():
    _, _, program = chip("mac_array", SIZES)
    free, slow, copy = (
        sample(**SHARED, **SEQUENTIAL, iterations=3, **also)
        for also in ({}, {"transposed_slow": 1}, {"transposed_copy": 1})
    )
    assert cycles(program, slow) > cycles(program, free) == cycles(program, copy)
    written = counted(program, copy)
    assert written[Counter("write", "transposed", "learn")] == written[Counter("write", "weights", "learn")]
    back = 3 * sum(_blocks(pre) * _blocks(post) for pre, post in pairwise(SIZES[1:]))
    assert written[Counter("read", "transposed", "settle")] == back
    in_place = counted(program, free)[Counter("read", "weights", "settle")]
    assert written[Counter("read", "weights", "settle")] == in_place - back


def test_memories_hold_a_slice_for_each_layer_or_are_many():
    _, shared, _ = chip("mac_array", SIZES)
    architecture, apart, _ = chip("mac_array_per_layer", SIZES)
    tiles = [_blocks(pre) * _blocks(post) for pre, post in pairwise(SIZES)]
    assert shared.words["weights"] == sum(tiles)
    assert [apart.words[f"weights[{m}]"] for m in range(3)] == tiles
    assert "feedbacks[0]" not in apart.words
    assert architecture.core.units["array[2]"].stages[0] == "mac[2]"
    assert architecture.core.sop[:3] == ("mac[0]", "mac[1]", "mac[2]")


@pytest.mark.parametrize("name", ["mac_array", "mac_array_per_layer"])
def test_a_network_may_have_no_hidden_layer(name):
    architecture, placement, program = chip(name, (20, 5))
    arrays = SHARED if name == "mac_array" else PER_LAYER
    activity = sample(**arrays, **SIMULTANEOUS, iterations=2)
    compiled = compiled_engine(program).run(activity)
    assert ReferenceEngine(architecture, placement, VOCABULARY).run(activity).log.first_difference(compiled) is None
    assert Counter("run", "transposed_mac", "settle") not in counted(program, activity)


def test_a_word_must_be_a_tile_of_the_array():
    with pytest.raises(
        ConfigError, match="tiles of 8 x 8 items, but no unit is an array of this shape; there are: 4 x 16"
    ):
        chip("mac_array", SIZES, ["core.units.array.columns=16"])


def test_what_is_of_a_layer_needs_to_be_told_which():
    overrides = [
        "core.phases.deliver.body=[{repeat: deliveries, steps: [{writes: [{memory: activities, item: pre}]}]}]"
    ]
    with pytest.raises(ConfigError):
        chip("mac_array_per_layer", SIZES, overrides)
    overrides = ["core.phases.deliver.body=[{for: pre, steps: [{writes: [activities]}]}]"]
    with pytest.raises(ConfigError, match="`pre` is of a layer; say of which with an enclosing `each`"):
        chip("mac_array", SIZES, overrides)


def test_a_run_reports_every_part_of_every_layer(monkeypatch):
    monkeypatch.setattr(controller, "load_loop", plain_loop)  # interpreted: a few samples are not worth compiling for
    workload = load_document("il_prox_digits", "workload", overrides=[
        "training_samples=12", "test_samples=4", "network.hidden1=12", "network.hidden2=9", "learning.rule=backprop",
        "learning.parameters.rate=0.1",
    ])  # fmt: skip
    result = simulate("mac_array_per_layer", workload, window=(3, 5))
    assert result.about["engines_agree"]
    energy, area = ({row["component"] for row in result.tables[name]} for name in ("energy", "area"))
    assert {"weights[0]", "weights[1]", "weights[2]", "array[1].mac[1]", "output.exponential"} <= energy & area
    assert result.metrics["energy_training_uj"] > result.metrics["energy_inference_uj"] > 0
    again = result.recost(["voltage=0.9 V"])
    assert again.metrics["energy_total_pj"] > result.metrics["energy_total_pj"]
    assert {row["stage"] for row in result.tables["activity"] if row["evaluations"]} >= {"mac[0]", "update[2]"}
