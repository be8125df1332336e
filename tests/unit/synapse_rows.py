"""Synapses of a learning unit as vectors: its programs, recorded once, are evaluated on all of them at once."""

from functools import cache

import numpy as np

from accelsim.datapath.evaluate import evaluate
from accelsim.datapath.symbols import Symbol
from accelsim.datapath.trace import reachable
from accelsim.datapath.words import Float, Word
from accelsim.plasticity import LearningUnit, PlasticityRule, consolidations, stage


class Descent(PlasticityRule):
    """Gradient descent on what comes as the learning signal."""

    rate: float = 0.125
    float_bits: int = 64

    @property
    def synapse_state(self):
        return {"w": Float(self.float_bits)}

    @property
    def quantities(self):
        return {"learning_signal": Float(self.float_bits)}

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose(learning_signal, rate):
        return -rate * learning_signal


class DescentFixed(PlasticityRule):
    """The same on weights of 8 bits, with a rate of 1/8."""

    synapse_state = {"w": Word(8, fraction=6)}  # noqa: RUF012
    quantities = {"learning_signal": Word(12, fraction=8), "random": Word(8, signed=False)}  # noqa: RUF012
    change = Word(13, fraction=11)

    @property
    def learning_rate(self):
        return 0.125

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose(learning_signal):
        return -learning_signal


class Rows:
    """`count` synapses, each with neurons of its own; words are read and set as real numbers."""

    def __init__(self, unit, count, weights=0.0, seed=0):
        self.unit, self.count, self.generator = unit, count, np.random.default_rng(seed)
        self.formats = unit.words()
        self.words = {name: np.zeros(count, format.dtype) for name, format in self.formats.items()}
        self["plastic"] = 1.0
        for name in ("w", *unit.weight_copies):
            self[name] = weights
        self.program = cache(unit.program)

    def __getitem__(self, name):
        return self.formats[name].decode(self.words[name])

    def __setitem__(self, name, values):
        self.words[name] = np.broadcast_to(self.formats[name].encode(values), self.count).copy()

    def fire(self, *triggers, per="synapse", **offered):
        """One pass of the plasticity unit over all of them; returns itself."""
        for name, values in offered.items():
            self[name] = values
        if "random" not in offered:
            bits = self.formats["random"].bits
            self.words["random"] = self.generator.integers(0, 1 << bits, self.count)
        program = self.program(per, triggers)
        words = self.words | {x: np.full(self.count, value) for x, value in self.unit.registers.items()}
        given = {name: words[name].astype(_lane(symbol)) for name, symbol in program.reads.items()}
        values = evaluate(reachable(program.writes.values()), given)
        for name, result in program.writes.items():
            new = values[result.index] if isinstance(result, Symbol) else result
            self.words[name] = np.broadcast_to(np.asarray(new, self.formats[name].dtype), self.count).copy()
        return self


def _lane(symbol):
    return symbol.value.dtype if isinstance(symbol.value, Float) else np.int64


def rows(name, count, rule=None, weights=0.0, seed=0, **parameters):
    """Synapses of a rule with a consolidation of the given name."""
    unit = LearningUnit(rule or Descent(), consolidations.get(name)(**parameters))
    unit.check()
    return Rows(unit, count, weights, seed)


def tasks(synapses, tasks=2, samples=4, steps=3, seed=1):
    """Drive synapses through tasks of random gradients; returns the weights after each step."""
    generator, history = np.random.default_rng(seed), []
    for _ in range(tasks):
        for _ in range(samples):
            for _ in range(steps):
                synapses.fire("learning signal", learning_signal=generator.normal(0, 1, synapses.count))
                synapses.fire("every K steps")
                history.append(synapses["w"])
            synapses.fire("end of sample")
        synapses.fire("task boundary", per="postsynaptic neuron").fire("task boundary")
    return np.array(history)
