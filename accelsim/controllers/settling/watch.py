"""Float words of a settling core that must stay finite (see :mod:`accelsim.controllers.watch`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from accelsim.controllers.settling.stages import settling_rule
from accelsim.controllers.settling.state import State, matrix_names
from accelsim.controllers.watch import FloatWord
from accelsim.plasticity.unit import PlasticityUnit

_NEURON = ("activity", "prediction", "error")


def kept_words(unit: PlasticityUnit, names: Sequence[str], state: State) -> Iterator[FloatWord]:
    """Words of synapses and matrices, then of neurons, of populations of these names."""
    rule = settling_rule(unit)
    assert rule is not None
    for name, matrix in zip(matrix_names(names), state.matrices, strict=True):
        for word in (*unit.synapse_state, *rule.matrix_state):
            yield FloatWord(word, f"synapses `{name}`", unit.owner(word), getattr(matrix, word))
    for word in rule.output_state:
        yield FloatWord(word, "output", rule, getattr(state.top, word))
    for name, population in zip(names, state.populations, strict=True):
        for word in _NEURON:
            yield FloatWord(word, f"neurons `{name}`", rule, getattr(population, word))
