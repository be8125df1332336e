"""Cores with slow memories: both engines agree, and the cycles are those counted by hand."""

from __future__ import annotations

import pytest

from accelsim.config.loader import load_document
from accelsim.engine.counts import Counter
from accelsim.simulation.run import run
from accelsim.simulation.setup import prepare

SHORT = ("epochs=1", "training_samples=2", "test_samples=1", "network.recurrent=20")
TRAINING_STEPS, ANSWERED_STEPS = 4500, 300
"""Time steps of two training samples, and those in which the answer is known."""
BLOCKS, LANES, ROWS = 2, 16, 40
"""20 neurons in blocks of 16; rows of 40 inputs, those of 20 neurons beside them."""


def finished(*overrides):
    chip = load_document("single_core", "architecture", overrides=overrides)
    workload = load_document("cue_accumulation", "workload", overrides=SHORT)
    return run(prepare(chip, workload, seed=0))


def cycles(result, phase):
    return result.counters[Counter("cycles", phase, phase)]


@pytest.fixture(scope="module")
def fast():
    return finished()


@pytest.mark.parametrize(("kind", "read", "write"), [("sram", 1, 1), ("rram", 1, 10), ("pcm", 2, 10)])
def test_cycles_are_those_counted_by_hand(fast, kind, read, write):
    slow = finished(f"core.memories.wrec.kind={kind}")
    assert slow.about["engines_agree"]  # in the window around the first learning step
    # A block loads its neurons, then reads and writes each row through one port; answers add a signal for each lane.
    sweep = LANES + ROWS * (read + write)
    answer = LANES + 1 + 1
    assert cycles(slow, "learn") == TRAINING_STEPS * BLOCKS * sweep + ANSWERED_STEPS * BLOCKS * answer
    # The two words of a spike's row: a read begins when the one before is over, the last sum is written after it.
    spikes = fast.counters[Counter("read", "wrec", "propagate")] // 2
    assert cycles(slow, "propagate") - cycles(fast, "propagate") == spikes * 2 * (read - 1)
    assert spikes > 0
    others = {counter for counter in fast.counters if counter.phase not in ("learn", "propagate")}
    others |= {counter for counter in fast.counters if counter.kind != "cycles"}
    assert all(slow.counters[counter] == fast.counters[counter] for counter in others)
