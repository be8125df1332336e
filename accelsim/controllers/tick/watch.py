"""Float words of a tick-driven core that must stay finite (see :mod:`accelsim.controllers.watch`)."""

from __future__ import annotations

from collections.abc import Iterator

from accelsim.controllers.tick.datapath import Datapath
from accelsim.controllers.tick.state import State
from accelsim.controllers.watch import FloatWord

MATRICES = (("inp", "input synapses"), ("rec", "recurrent synapses"), ("out", "output synapses"))


def kept_words(path: Datapath, state: State) -> Iterator[FloatWord]:
    """Every word that is kept, neurons last."""
    for field, place in MATRICES:
        unit = path.output_rule if field == "out" else path.rule
        matrix = getattr(state, field)
        for word in (*unit.synapse_state, *unit.presynaptic_state, *unit.postsynaptic_state):
            if hasattr(matrix, word):
                yield FloatWord(word, place, unit.owner(word), getattr(matrix, word))
    for word in path.neuron.state:
        yield FloatWord(word, "neurons", path.neuron, getattr(state.neurons, word))
