"""Switching activity: toggles of operands, and the energy of a datapath at them."""

import numpy as np
import pytest

from accelsim.datapath import blocks
from accelsim.datapath.evaluate import evaluate
from accelsim.datapath.intrinsics import clip, lookup, shift_round, where, wrap
from accelsim.datapath.stages import program_of
from accelsim.datapath.toggles import Operands, switching
from accelsim.datapath.trace import reachable, trace
from accelsim.datapath.words import Float, Word
from accelsim.technology.logic import datapath_cost
from accelsim.technology.node import load_technology
from accelsim.technology.schedule import schedule
from accelsim.technology.switching import LEAST, Switching

NODE = load_technology("45nm")
BLOCKS = ("lif8", "lif16", "lifm16", "sdsp", "stdp8", "eprop", "srupd", "metap")


def drawn(words, count=4000, seed=0):
    """Random words of every operand."""
    rng = np.random.default_rng(seed)
    return {name: rng.integers(word.low, word.high, count, endpoint=True) for name, word in words.items()}


def in_turn(words):
    return Operands(words, np.arange(next(iter(words.values())).size))


@pytest.mark.parametrize("name", BLOCKS)
def test_random_operands_have_an_activity_of_one(name):
    function, words = blocks.UPDATES[name]
    program = program_of(function, words)
    measured = switching(program, in_turn(drawn(words)))
    assert measured.inputs == pytest.approx(1.0, abs=0.03)
    for operation, activity in zip(program.graph().operations, measured.operations, strict=True):
        if operation.inputs and all(source < 0 for source in operation.inputs):
            assert activity == pytest.approx(1.0, abs=0.1)
        assert 0 <= activity <= 2


@pytest.mark.parametrize("name", BLOCKS)
def test_energy_with_random_operands_moves_little(name):
    function, words = blocks.UPDATES[name]
    program = program_of(function, words)
    measured = switching(program, in_turn(drawn(words)))
    plain, at_activity = (datapath_cost(program.graph(), NODE, switching=each) for each in (None, measured))
    assert at_activity.zero_delay_j == pytest.approx(plain.zero_delay_j, rel=0.17)
    assert at_activity.energy_j.low <= plain.energy_j.nominal


def test_activity_of_one_changes_nothing():
    graph = blocks.block("eprop")
    ones = Switching(256, 1.0, (1.0,) * len(graph.operations))
    plain, same = datapath_cost(graph, NODE), datapath_cost(graph, NODE, switching=ones)
    assert same == plain
    assert schedule(graph, NODE, 1e9, switching=ones) == schedule(graph, NODE, 1e9)


def test_energy_follows_the_activity():
    graph = trace(lambda a, b: a + b, {"a": Word(16), "b": Word(16)})
    plain = datapath_cost(graph, NODE)
    quiet, still, busy = (datapath_cost(graph, NODE, switching=Switching(256, a, (a,))) for a in (0.25, 0.0, 1.5))
    assert quiet.zero_delay_j == pytest.approx(0.25 * plain.zero_delay_j)
    assert quiet.energy_j.nominal == pytest.approx(0.25 * plain.energy_j.nominal)
    assert quiet.energy_j.nominal / quiet.energy_j.low > plain.energy_j.nominal / plain.energy_j.low
    assert quiet.area_m2 == plain.area_m2
    assert still.energy_j.nominal == pytest.approx(LEAST * plain.energy_j.nominal)
    assert busy.energy_j.nominal == pytest.approx(1.5 * plain.energy_j.nominal)
    assert busy.energy_j.low <= plain.energy_j.nominal
    assert any("Najm" in source.text for source in quiet.energy_j.sources)
    factor = next(x for x in quiet.energy_j.operands[0].operands if "256 evaluations" in x.formula)
    assert factor.nominal == 0.25


def test_words_that_stand_still_or_flip():
    program = program_of(lambda a, b: a + b, {"a": Word(8), "b": Word(8)})
    flips = np.tile([0, -1], 50)
    measured = switching(program, in_turn({"a": flips, "b": np.full(100, 3)}))
    assert measured == Switching(100, 1.0, (1.0,))  # all bits of one operand, none of the other
    assert switching(program, in_turn({"a": flips, "b": flips})).inputs == 2.0


def test_lanes_see_every_other_evaluation():
    program = program_of(lambda a: a + 1, {"a": Word(8)})
    flips = {"a": np.tile([0, -1], 50)}
    assert switching(program, in_turn(flips), lanes=1).inputs == 2.0
    assert switching(program, in_turn(flips), lanes=2).inputs == 0.0
    rows = Operands(flips, np.arange(100) % 5)  # each row begins on the first of four lanes
    assert 0.0 < switching(program, rows, lanes=4).inputs < 2.0
    assert switching(program, in_turn({"a": np.arange(8)}), lanes=4) is None


def test_float_words_toggle_the_bits_of_their_format():
    program = program_of(lambda a: a * a, {"a": Float(32)})
    measured = switching(program, in_turn({"a": np.tile(np.float32([1.0, -1.0]), 20)}))
    assert measured.inputs == pytest.approx(2 / 32, abs=1e-4)


def test_vectors_of_words_compute_what_the_function_does():
    def function(a, b, c):
        step = where(c, lookup((3, 1, 4, 1), a & 3), shift_round(b, 2))
        return clip(a * b - step, -100, 90), wrap(a + (b << 2), 6), abs(a) ^ b, (a < b) | (c != 0)

    words = {"a": Word(8), "b": Word(8), "c": Word(1, signed=False)}
    program, operands = program_of(function, words), drawn(words, 300)
    values = evaluate(reachable(program.writes.values()), operands)
    found = np.stack([values[result.index] for result in program.writes.values()], axis=1)
    expected = [[int(x) for x in function(*map(int, row))] for row in zip(*operands.values(), strict=True)]
    np.testing.assert_array_equal(found, expected)
