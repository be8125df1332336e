"""Variants of the ReckOn architecture by overrides alone, against counts written down from what the hardware does.

The expected numbers are worked out here from the stimulus, the recorded states and the weights before and after;
nothing of the engines takes part in them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from math import ceil

import numpy as np
import pytest

from accelsim.architecture.schema import Architecture
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.controllers.base import Request
from accelsim.controllers.initial import InitialWeights
from accelsim.controllers.reckon.controller import Reckon
from accelsim.controllers.reckon.settings import ReckonSettings
from accelsim.controllers.samples import Samples
from accelsim.engine.compiled import compiled_engine
from accelsim.engine.counts import count_engine
from accelsim.engine.program import lower
from accelsim.engine.reference import ReferenceEngine
from accelsim.mapping.placement import place

REGISTERS = {
    "DO_EPROP": 7, "EN_STOCH_ROUND": 1, "SINGLE_LABEL": 1, "SEND_LABEL_ONLY": 1, "KAPPA": 121, "FP_LOC_WINP": 3,
    "FP_LOC_WREC": 3, "FP_LOC_WOUT": 3, "FP_LOC_TINP": 3, "FP_LOC_TREC": 4, "FP_LOC_TOUT": 6, "LEARN_SIG_SCALE": 5,
    "THR_H_0": -200, "THR_H_1": -200, "THR_H_2": -200, "THR_H_3": -200, "H_4": 1, "LR_P_WINP": 14, "LR_P_WREC": 13,
    "LR_P_WOUT": 14,
}  # fmt: skip


@dataclass(frozen=True)
class Variant:
    """What the overrides mean, in numbers."""

    name: str
    overrides: tuple[str, ...] = ()
    network: tuple[int, int, int] = (20, 30, 2)
    lanes: int = 16
    per_word: int = 16
    """Weights in a word of the input and recurrent weights."""
    weights_overlap: bool = False
    """Reads and writes of these weights in the same cycle."""
    all_overlap: bool = False
    """The same for every memory."""
    changed_only: bool = False
    learn_every: int = 1
    registers: dict[str, int] = field(default_factory=dict)


def both(key, value):
    return f"core.memories.winp.{key}={value}", f"core.memories.wrec.{key}={value}"


def lanes(n):
    return (f"core.units.plasticity.lanes={n}",)


DOUBLE = tuple(f"core.memories.{name}.clock_ratio=2" for name in ("neurons", "winp", "wrec", "wout"))
LARGE = ("core.memories.neurons.words=500", "core.memories.wrec.size=1 MiB", "core.memories.wout.size=16 KiB")
VARIANTS = [
    Variant("shipped"),
    *(Variant(f"{n} lanes and weights", (*lanes(n), *both("bits", 8 * n)), lanes=n, per_word=n) for n in (4, 8)),
    *(Variant(f"{n} lanes", lanes(n), lanes=n) for n in (32, 64)),
    *(Variant(f"{bits}-bit weight words", both("bits", bits), per_word=bits // 8) for bits in (32, 64, 256)),
    Variant("4 lanes, wider words", lanes(4), lanes=4),
    Variant("dual-port weights", both("ports", "1R1W"), weights_overlap=True),
    Variant("only changed words written", both("write_back", "changed"), changed_only=True),
    Variant("memories at twice the clock", DOUBLE, weights_overlap=True, all_overlap=True),
    Variant("learns every second step", ("core.learn_every=2",), learn_every=2),
    Variant("1000 recurrent neurons", LARGE, network=(9, 1000, 3)),
    Variant("more inputs than recurrent neurons", network=(41, 17, 3)),
    Variant("odd sizes", network=(5, 7, 1)),
    Variant("one of each", network=(1, 1, 1)),
    Variant("outputs prevail", network=(2, 3, 11)),
    Variant("inputs alone learn", registers={"DO_EPROP": 1}),
    Variant("output weights alone learn", network=(12, 21, 2), registers={"DO_EPROP": 4}),
    Variant("odd tail stepped like the others", ("core.options.skip_odd_tail=false",), network=(3, 21, 2)),
    Variant(
        "32 lanes, dual-port 64-bit words, changed words only, every second step",
        (*lanes(32), *both("bits", 64), *both("ports", "1R1W"), *both("write_back", "changed"), "core.learn_every=2"),
        network=(33, 47, 5), lanes=32, per_word=8, weights_overlap=True, changed_only=True, learn_every=2,
    ),
    Variant(
        "8 lanes, 256-bit words, twice the clock",
        (*lanes(8), *both("bits", 256), *DOUBLE),
        network=(27, 19, 2), lanes=8, per_word=32, weights_overlap=True, all_overlap=True,
    ),
]  # fmt: skip


def stimulus(variant: Variant) -> Samples:
    """Three samples (one for a large network), each with one tick in which learning is possible."""
    inputs, recurrent, outputs = variant.network
    rng = np.random.default_rng(11)
    count, ticks = (1, 4) if recurrent > 500 else (3, 7)
    events = rng.random((count * ticks, inputs)) < 0.3
    tick, address = np.nonzero(events)
    valid = np.zeros((count, ticks), np.uint8)
    for sample, at in zip(range(count), (2, 3, 4), strict=False):
        valid[sample, at] = 1
    label_tick = np.array([-1, 2, -1], np.int32)[:count]
    return Samples(
        length=np.full(count, ticks, np.int32),
        event_tick=tick.astype(np.int64),
        event_address=address.astype(np.int32),
        label=np.array([0, outputs - 1, 0], np.int32)[:count],
        label_tick=label_tick,
        target_valid=valid.reshape(-1),
        infer=rng.integers(0, 2, count * ticks).astype(np.uint8),
        targets=np.zeros((0, 0), np.int32),
        training=np.ones(count, bool),
    )


class Expected:
    """Cycles and accesses of every tick of one sample."""

    def __init__(self, variant: Variant, samples: Samples, states, before, after) -> None:
        self.counts: dict[tuple[str, str, str], np.ndarray] = defaultdict(lambda: np.zeros(samples.ticks, np.int64))
        self.variant = variant
        self.samples = samples
        self.learning = variant.registers.get("DO_EPROP", REGISTERS["DO_EPROP"])
        for t in range(samples.ticks):
            self.tick = t
            self.one(states[t], before, after)

    def add(self, kind, target, phase, number) -> None:
        self.counts[kind, target, phase][self.tick] += number

    def overlapped(self, iterations: int, overlap: bool) -> int:
        """Cycles of read-then-write iterations: two each, or one each and one for the last write."""
        return iterations + 1 if overlap else 2 * iterations

    def one(self, states, before, after) -> None:
        v, s, t = self.variant, self.samples, self.tick
        inputs, recurrent, _ = v.network
        first, last = t == 0, t == s.ticks - 1
        events = np.unique(s.event_address[s.event_tick == t])
        pushed = int(s.label_tick[0] == t)
        pins = first or last or s.target_valid[t] != s.target_valid[t - 1] or s.infer[t] != s.infer[t - 1]
        messages = events.size + pushed
        self.add("cycles", "deliver", "deliver", 4 + 4 * pins + (1 + 6 * messages if messages else 0))
        reach = max(inputs, recurrent)
        if not first:
            stepped = max(v.network)
            words, whole = ceil(stepped / 2), stepped // 2
            cycles = self.overlapped(whole, v.all_overlap and whole > 0)
            if stepped % 2:  # the last word is read only, beside the write before it if the ports allow
                cycles += 0 if v.all_overlap and whole else 1
            self.add("cycles", "step", "step", cycles)
            self.add("read", "neurons", "step", words)
            self.add("write", "neurons", "step", whole)
            self.add("cycles", "classify", "classify", 1)
        if s.target_valid[t] and not first and not last and t % v.learn_every == 0:
            if s.label_tick[0] < 0:
                self.add("cycles", "request", "request", 4)
            if self.learning == 4:
                self.learn_output(states)
            else:
                self.learn(states, reach, before, after)
        if last:
            self.add("cycles", "send", "send", 4)
        else:
            self.propagate(states, events, reach)

    def learn(self, states, reach, before, after) -> None:
        v = self.variant
        inputs, recurrent, _ = v.network
        blocks = ceil(recurrent / v.lanes)
        row_words = max(1, v.lanes // v.per_word)
        post = self.overlapped(v.lanes, v.all_overlap)
        pre = self.overlapped(reach * row_words, v.weights_overlap)
        self.add("cycles", "learn", "learn", blocks * (post + pre))
        begun = sum(1 for lane in range(0, blocks * v.lanes, 2) if lane < reach)
        self.add("read", "neurons", "learn", begun + blocks * ceil(reach / 2))
        self.output_rows(states, "learn")
        for matrix, rows, bit, trace, shift in (("winp", inputs, 1, 1, 3), ("wrec", recurrent, 2, 2, 4)):
            if not self.learning & bit:
                continue
            self.add("read", matrix, "learn", blocks * row_words * rows)
            if v.changed_only:
                # Words of the memory; a row of one block takes `row_words` of them, or a part of one.
                width = min(v.per_word, v.lanes)
                differs = before[matrix] != after[matrix]
                differs = np.pad(differs, ((0, 0), (0, -differs.shape[1] % width)))
                written = differs.reshape(len(differs), -1, width).any(axis=2).sum()
            else:
                written = blocks * row_words * np.count_nonzero(states[trace][:rows] >> shift)
            self.add("write", matrix, "learn", written)

    def learn_output(self, states) -> None:
        recurrent = self.variant.network[1]
        self.add("cycles", "learn_output", "learn_output", self.overlapped(recurrent, self.variant.all_overlap))
        self.add("read", "neurons", "learn_output", ceil(recurrent / 2))
        self.output_rows(states, "learn_output")

    def output_rows(self, states, phase) -> None:
        recurrent = self.variant.network[1]
        traced = np.count_nonzero(states[3][:recurrent] >> REGISTERS["FP_LOC_TOUT"])
        self.add("read", "wout", phase, recurrent)
        self.add("write" if self.learning & 4 else "read", "wout", phase, traced)

    def propagate(self, states, events, reach) -> None:
        v = self.variant
        recurrent = v.network[1]
        spikes = np.flatnonzero(states[4][:reach]) if self.tick else np.zeros(0, int)
        swept = np.union1d(events, spikes).size
        late = np.count_nonzero(events >= recurrent) if self.learning & 1 else 0
        words = ceil(recurrent / 2)
        row = ceil(2 * words / v.per_word)
        self.add("cycles", "count", "propagate", reach)
        self.add("cycles", "sweep", "propagate", swept * self.overlapped(words, v.all_overlap))
        self.add("cycles", "supplement", "propagate", 2 * late)
        self.add("read", "neurons", "propagate", words * swept + late)
        self.add("write", "neurons", "propagate", words * swept + late)
        self.add("read", "winp", "propagate", row * events.size)
        self.add("read", "wrec", "propagate", row * spikes.size)
        self.add("read", "wout", "propagate", spikes.size)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_variant(variant):
    network = dict(zip(("input", "recurrent", "output"), variant.network, strict=True))
    document = load_document("reckon", "architecture", overrides=variant.overrides)
    architecture = validate(document, Architecture)
    spread = InitialWeights(law="normal", scale=60)
    settings = ReckonSettings(
        registers=REGISTERS | variant.registers, threshold=500, input_weights=spread, recurrent_weights=spread,
        output_weights=spread,
    )  # fmt: skip
    chip = Reckon.build(architecture.core, Request(network, "eprop", {}, settings, seed=5))
    placement = place(architecture, network, document)
    program = lower(architecture, placement, chip.vocabulary, document)
    counts = count_engine(program)
    compiled = compiled_engine(program)
    reference = ReferenceEngine(architecture, placement, chip.vocabulary)
    samples = stimulus(variant)
    moved = 0
    for i in range(len(samples)):
        part = samples.part(i, i + 1)
        before = {name: values.copy() for name, values in chip.weights().items()}
        outcome = chip.run(part, masks=range(part.ticks), states=True)
        after = chip.weights()
        moved += sum(np.count_nonzero(before[name] != after[name]) for name in before)
        expected = Expected(variant, part, outcome.record.states.step_states, before, after).counts
        table = counts.run(outcome.activity.counts)
        found = {
            (counter.kind, counter.target, counter.phase): table[:, column]
            for column, counter in enumerate(counts.counters)
            if counter.kind != "run"
        }
        for key in expected.keys() | found.keys():
            np.testing.assert_array_equal(found.get(key, 0), expected[key], err_msg=f"{key}")
        run = reference.run(outcome.activity)
        assert run.log.first_difference(compiled.run(outcome.activity)) is None
        np.testing.assert_array_equal(run.table(counts.counters), table)
    assert moved > 0 or sum(variant.network) < 20
