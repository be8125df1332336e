"""The SDSP core and variants of it by overrides alone: weights and counts against a model of neurons and rule.

The model below knows the equations of the neuron and of the rule; from what it computes (which inputs spiked, which
neurons fired, which weights changed) every cycle and every access follows from what the hardware does. Neither the
controller nor the engines take part in the expected numbers.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from math import ceil

import numpy as np
import pytest

from accelsim.architecture.schema import Architecture
from accelsim.architecture.widths import with_state_bits
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.controllers.base import Request
from accelsim.controllers.samples import Samples
from accelsim.controllers.tick.controller import Tick
from accelsim.controllers.tick.settings import TickSettings
from accelsim.engine.compiled import compiled_engine
from accelsim.engine.counts import count_engine
from accelsim.engine.program import lower
from accelsim.engine.reference import ReferenceEngine
from accelsim.mapping.placement import place

TICKS, TRAINED, IDLE = 16, 2, 1
LEAK = 243  # of 256
FRACTION = 6  # of a weight; potentials have 10
ONE = 1 << 10
HIGHEST = 7
LEVEL, CALCIUM_LOW, CALCIUM_DOWN, CALCIUM_UP, CALCIUM_PERIOD = ONE // 2, 1, 3, 5, 6


@dataclass(frozen=True)
class Variant:
    """What the overrides mean, in numbers."""

    name: str
    overrides: tuple[str, ...] = ()
    network: tuple[int, int, int] = (24, 40, 2)
    lanes: int = 16
    per_word: int = 16
    """Synapses in a word."""
    dual_port: bool = True
    changed_only: bool = True
    learn_every: int = 1
    drift: int = 7
    """Learning steps from one drift to the next."""


def both(key, value):
    return f"core.memories.winp.{key}={value}", f"core.memories.wrec.{key}={value}"


def lanes(n):
    return (f"core.units.plasticity.lanes={n}",)


SINGLE, ALWAYS = both("ports", "1RW"), both("write_back", "always")
VARIANTS = [
    Variant("shipped"),
    Variant("single-port synapses", SINGLE, dual_port=False),
    Variant("every word written", ALWAYS, changed_only=False),
    *(Variant(f"{n} lanes", lanes(n), lanes=n) for n in (4, 8, 32)),
    *(Variant(f"{n} synapses a word", both("items", n), per_word=n) for n in (4, 8, 32)),
    Variant("24-bit words", (*both("items", "null"), *both("bits", 24)), per_word=8),
    Variant("32 lanes and synapses a word", (*lanes(32), *both("items", 32)), lanes=32, per_word=32),
    Variant("learns every second step", ("core.learn_every=2",), learn_every=2, drift=5),
    Variant("no drift", drift=0),
    Variant("drift in every step", drift=1),
    Variant("300 recurrent neurons", network=(24, 300, 3)),
    Variant("one word of flags", network=(30, 12, 2)),
    Variant("more inputs than neurons", network=(50, 17, 5)),
    Variant(
        "single port, 32 lanes, 32 synapses a word, every word written, every second step",
        (*SINGLE, *ALWAYS, *lanes(32), *both("items", 32), "core.learn_every=2"),
        network=(33, 47, 3), lanes=32, per_word=32, dual_port=False, changed_only=False, learn_every=2, drift=3,
    ),
    Variant(
        "300 neurons, 8 lanes, 4 synapses a word, single port",
        (*SINGLE, *lanes(8), *both("items", 4)),
        network=(20, 300, 2), lanes=8, per_word=4, dual_port=False,
    ),
]  # fmt: skip


def stimulus(variant: Variant) -> Samples:
    """Samples to learn from, then one only to answer; a target in the last third of each of the former."""
    inputs, _, outputs = variant.network
    rng = np.random.default_rng(5)
    count = TRAINED + IDLE
    tick, address = np.nonzero(rng.random((count * TICKS, inputs)) < 0.25)
    due = np.tile(np.arange(TICKS) >= 2 * TICKS // 3, count).astype(np.uint8)
    training = np.arange(count) < TRAINED
    return Samples(
        length=np.full(count, TICKS, np.int32),
        event_tick=tick.astype(np.int64),
        event_address=address.astype(np.int32),
        label=rng.integers(0, outputs, count).astype(np.int32),
        label_tick=np.full(count, -1, np.int32),
        target_valid=due * np.repeat(training, TICKS).astype(np.uint8),
        infer=due,
        targets=np.zeros((0, 0), np.int32),
        training=training,
    )


@dataclass
class Step:
    """What happens in one time step, as far as counts depend on it."""

    inputs: np.ndarray
    """Inputs that spike."""
    spikes: np.ndarray
    """Neurons that fired in the step before."""
    fired: np.ndarray
    training: bool = False
    learning: bool = False
    drifts: bool = False
    target: bool = False
    last: bool = False
    changed: dict[str, np.ndarray] = field(default_factory=dict)
    """By matrix, (presynaptic, postsynaptic) weights that differ after the step."""


class Network:
    """Integrate-and-fire neurons with SDSP in whole numbers."""

    def __init__(self, variant: Variant, weights) -> None:
        self.variant = variant
        self.weights = {name: weights[name].astype(np.int64) for name in ("winp", "wrec")}

    def run(self, samples: Samples) -> list[Step]:
        """Process samples; afterwards the weights are the ones learnt."""
        steps = []
        for s in range(len(samples)):
            n = self.variant.network[1]
            self.potential, self.spike, self.calcium, self.count = (np.zeros(n, np.int64) for _ in range(4))
            for t in range(TICKS):
                at = s * TICKS + t
                inputs = samples.event_address[samples.event_tick == at]
                step = self.neurons(inputs)
                step.last = t == TICKS - 1
                step.training = bool(samples.training[s])
                step.learning = step.training and t % self.variant.learn_every == 0
                step.target = step.learning and bool(samples.target_valid[at])
                turns = t // self.variant.learn_every + 1
                step.drifts = step.learning and self.variant.drift > 0 and turns % self.variant.drift == 0
                if step.training:
                    self.rule(step)
                steps.append(step)
        return steps

    def neurons(self, inputs) -> Step:
        spikes = np.flatnonzero(self.spike)
        total = self.weights["winp"][inputs].sum(axis=0) + self.weights["wrec"][spikes].sum(axis=0)
        kept = (self.potential * LEAK + 128) // 256
        current = np.minimum(total * (ONE >> FRACTION), (1 << 15) - 1)
        self.potential = np.clip(kept + current - self.spike * ONE, -(1 << 15), (1 << 15) - 1)
        self.spike = (self.potential > ONE).astype(np.int64)
        return Step(inputs, spikes, np.flatnonzero(self.spike))

    def rule(self, step: Step) -> None:
        self.count += 1
        leaks = self.count == CALCIUM_PERIOD
        self.count[leaks] = 0
        rises, falls = (self.spike == 1) & ~leaks, (self.spike == 0) & leaks
        self.calcium = np.clip(self.calcium + rises - falls, 0, 7)
        above, learns = self.potential >= LEVEL, self.calcium >= CALCIUM_LOW
        up = learns & above & (self.calcium < CALCIUM_UP)
        down = learns & ~above & (self.calcium < CALCIUM_DOWN)
        if not step.learning:
            return
        for name, rows in (("winp", step.inputs), ("wrec", step.spikes)):
            before = self.weights[name]
            after = before.copy()
            after[rows] = np.clip(after[rows] + up - down, 0, HIGHEST)
            if step.drifts:
                after = np.clip(after + np.where(after > HIGHEST // 2, 1, -1), 0, HIGHEST)
            if name == "wrec":
                np.fill_diagonal(after, 0)  # no neuron has a synapse onto itself
            step.changed[name] = before != after
            self.weights[name] = after


class Expected:
    """Cycles, accesses and stage runs of every time step."""

    def __init__(self, variant: Variant, steps: list[Step]) -> None:
        self.variant = variant
        self.counts: dict[tuple[str, str, str], np.ndarray] = defaultdict(lambda: np.zeros(len(steps), np.int64))
        for self.tick, step in enumerate(steps):
            self.one(step)

    def add(self, kind, target, phase, number) -> None:
        self.counts[kind, target, phase][self.tick] += number

    def one(self, step: Step) -> None:
        _, n, outputs = self.variant.network
        self.add("cycles", "deliver", "deliver", step.inputs.size)
        self.propagate(step)
        neuron_words, bank = ceil(n / 4), ceil(n / 16)
        self.add("cycles", "fire", "fire", neuron_words + 1)
        for kind in ("read", "write"):
            self.add(kind, "neurons", "fire", neuron_words)
            self.add(kind, "currents", "fire", bank)
        self.add("run", "soma", "fire", 4 * neuron_words)
        if step.training:
            self.add("write", "flags", "fire", bank)
            self.add("run", "present_potential", "fire", 4 * neuron_words)
            self.add("run", "postsynaptic", "fire", 4 * neuron_words)
        self.read_out(step)
        if step.learning:
            self.learn(step)
        if step.target:
            words = n * ceil(outputs / 2)
            self.add("cycles", "learn_output", "learn_output", outputs + words + 1)
            self.add("read", "outputs", "learn_output", outputs)
            self.add("run", "output_error", "learn_output", outputs)
            self.add("read", "wout", "learn_output", words)
            self.add("read", "output_traces", "learn_output", neuron_words)
            self.add("write", "wout", "learn_output", words)
            self.add("run", "update_output", "learn_output", 2 * words)
        if step.last:
            self.add("cycles", "clear", "clear", neuron_words * (1 + step.training) + outputs)
            self.add("write", "neurons", "clear", neuron_words)
            self.add("write", "outputs", "clear", outputs)
            self.add("write", "output_traces", "clear", neuron_words * step.training)

    def propagate(self, step: Step) -> None:
        """Each row word by word; while one is read the sums of the one before are written back."""
        n, per_word = self.variant.network[1], self.variant.per_word
        words = ceil(n / per_word)
        ports = max(1, per_word // 16)  # words of sums that a word of synapses takes
        rows = step.inputs.size + step.spikes.size
        self.add("cycles", "propagate", "propagate", rows * (words + 1) * ports)
        self.add("read", "winp", "propagate", words * step.inputs.size)
        self.add("read", "wrec", "propagate", words * step.spikes.size)
        for kind in ("read", "write"):
            self.add(kind, "currents", "propagate", rows * ceil(words * per_word / 16))
        self.add("run", "integrate", "propagate", rows * words * per_word)

    def read_out(self, step: Step) -> None:
        _, n, outputs = self.variant.network
        words, ports, trace_words = ceil(outputs / 2), 2, ceil(n / 4)
        self.add("cycles", "read_out", "read_out", outputs + 1 + step.fired.size * (words + 1) * ports)
        self.add("run", "leak_output", "read_out", outputs)
        self.add("read", "wout", "read_out", step.fired.size * words)
        for kind in ("read", "write"):
            self.add(kind, "outputs", "read_out", outputs + step.fired.size * words * ports)
        self.add("run", "accumulate_output", "read_out", step.fired.size * words * 2)
        if step.training:
            self.add("cycles", "read_out", "read_out", trace_words + 1)
            self.add("read", "output_traces", "read_out", trace_words)
            self.add("write", "output_traces", "read_out", trace_words)
            self.add("run", "filter_output", "read_out", 4 * trace_words)

    def learn(self, step: Step) -> None:
        v = self.variant
        inputs, n, _ = v.network
        width = min(v.lanes, v.per_word)
        words = ceil(n / v.lanes) * max(1, v.lanes // v.per_word)  # visited in a row, whole blocks of lanes
        flag_words = max(1, width // 16)  # read side by side
        interval = flag_words + (not v.dual_port)
        either = np.union1d(step.inputs, step.spikes).size
        if step.drifts:  # one walk through all rows
            rows = {"winp": inputs, "wrec": n}
            self.add("cycles", "learn", "learn", (max(inputs, n) * words - 1) * interval + flag_words + 1)
            walk = list(range(words * width)) * max(inputs, n)
            self.add("run", "periodic_input", "learn", inputs * words * width)
            self.add("run", "periodic_recurrent", "learn", n * words * width)
        else:  # one walk a row
            rows = {"winp": step.inputs.size, "wrec": step.spikes.size}
            self.add("cycles", "learn", "learn", either * ((words - 1) * interval + flag_words + 1))
            walk = list(range(words * width))
        entered = np.count_nonzero(np.diff([position // 16 for position in walk])) + 1
        self.add("read", "flags", "learn", entered * (1 if step.drifts else either))
        self.add("run", "spike_input", "learn", step.inputs.size * words * width)
        self.add("run", "spike_recurrent", "learn", step.spikes.size * words * width)
        for name, visited in rows.items():
            self.add("read", name, "learn", visited * words)
            differs = np.pad(step.changed[name], ((0, 0), (0, -n % width)))
            changed = differs.reshape(len(differs), -1, width).any(axis=2).sum()
            self.add("write", name, "learn", changed if v.changed_only else visited * words)


def build(variant: Variant):
    """A programmed chip, its architecture and the placement of the network."""
    network = dict(zip(("input", "recurrent", "output"), variant.network, strict=True))
    document = load_document("sdsp_ticks", "architecture", overrides=variant.overrides)
    architecture = validate(document, Architecture)
    parameters = {
        "weight_fraction": FRACTION, "potential_threshold": LEVEL / ONE, "calcium_low": CALCIUM_LOW,
        "calcium_down": CALCIUM_DOWN, "calcium_up": CALCIUM_UP, "calcium_period": CALCIUM_PERIOD,
        "drift_period": variant.drift,
    }  # fmt: skip
    inputs, recurrent, _ = variant.network
    settings = TickSettings.model_validate({
        "neuron": {"decay": LEAK / 256},
        "input_weights": {"scale": 3 * inputs**0.5 / 2**FRACTION},
        "recurrent_weights": {"scale": min(3, 60 / recurrent) * recurrent**0.5 / 2**FRACTION},
    })  # fmt: skip
    chip = Tick.build(architecture.core, Request(network, "sdsp", parameters, settings, seed=2))
    core = with_state_bits(architecture.core, chip.state_bits())
    architecture = architecture.model_copy(update={"core": core})
    return chip, architecture, place(architecture, network, document)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_variant(variant):
    chip, architecture, placement = build(variant)
    samples = stimulus(variant)
    model = Network(variant, chip.weights())
    initial = {name: weights.copy() for name, weights in model.weights.items()}
    steps = model.run(samples)
    activity = chip.run(samples, masks=range(samples.ticks)).activity

    learnt = chip.weights()
    for name, weights in model.weights.items():
        np.testing.assert_array_equal(learnt[name], weights, err_msg=name)
    moved = {name: weights - initial[name] for name, weights in model.weights.items()}
    assert moved["winp"].min() < 0 < moved["winp"].max()
    assert moved["wrec"].any()

    expected = Expected(variant, steps).counts
    program = lower(architecture, placement, chip.vocabulary)
    engine = count_engine(program)
    table = engine.run(activity.counts)
    found = {
        (counter.kind, counter.target, counter.phase): table[:, column]
        for column, counter in enumerate(engine.counters)
    }
    for key in expected.keys() | found.keys():
        np.testing.assert_array_equal(found.get(key, 0), expected[key], err_msg=f"{key}")

    reference = ReferenceEngine(architecture, placement, chip.vocabulary).run(activity)
    log = compiled_engine(program).run(activity)
    assert reference.log.first_difference(log) is None
    np.testing.assert_array_equal(reference.table(engine.counters), table)


def test_drift_visits_every_row_and_spikes_only_theirs():
    variant = VARIANTS[0]
    chip, *_ = build(variant)
    counts = chip.run(stimulus(variant)).activity.counts
    column = {name: counts[:, i].reshape(-1, TICKS) for i, name in enumerate(chip.vocabulary.columns)}
    inputs, recurrent, _ = variant.network
    blocks = ceil(recurrent / variant.lanes)
    periods = np.arange(TICKS) % variant.drift == variant.drift - 1
    assert np.array_equal(column["on_period"], np.outer([1] * TRAINED + [0] * IDLE, periods))
    for matrix, events, rows in (("winp", "input_event", inputs), ("wrec", "spike", recurrent)):
        visited = np.where(periods, rows, column[events][:TRAINED]) * blocks
        assert np.array_equal(column[f"{matrix}_visited"][:TRAINED], visited)
        assert not column[f"{matrix}_visited"][TRAINED:].any()


def test_one_compact_state_per_neuron():
    chip, architecture, placement = build(VARIANTS[0])
    bits = chip.state_bits()
    assert (bits["weight"], bits["synapse_trace"]) == (3, 0)
    assert bits["neuron"] == 16 + 1 + 3 + 5 + 2  # potential, spike, calcium, its counter, flags
    assert architecture.core.memories["winp"].bits == 48
    assert placement.words["winp"] == 24 * ceil(40 / 16)
