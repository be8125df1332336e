"""Plasticity rules: how synapses change, one file per rule.

A rule of your own is one class in a file that you name with ``--plugin``::

    from accelsim.plasticity import Float, PlasticityRule, register, stage

    @register("three-factor")
    class ThreeFactor(PlasticityRule):
        '''Three-factor rule: eligibility trace times a broadcast learning signal.'''

        rate: float = 1e-3                                   # validated parameters
        decay: float = 0.95
        synapse_state = {"w": Float(32), "trace": Float(32)}

        @stage(on="time step", per="synapse", writes=("trace",))
        def remember(trace, pre_spike, decay):               # arguments: the words it reads
            return decay * trace + pre_spike

        @stage(on="learning signal", per="synapse", writes=("change",))
        def propose(trace, learning_signal, rate):           # the change of the weight w
            return rate * learning_signal * trace

A stage is plain arithmetic on single words, written once: it is compiled into the kernel that runs it and
traced into the operations that price it. Integer words are exact integers; a result that may not fit its
word must be narrowed with `saturate`, `wrap` or `shift_round` of `accelsim.datapath.intrinsics`.

A consolidation decides how plastic a synapse still is, on top of whatever rule a workload names
(``learning: {rule: eprop, consolidation: importance, consolidation_parameters: {strength: 0.1}}``)::

    from accelsim.plasticity import Consolidation, register_consolidation, stage, word_like
    from accelsim.datapath.intrinsics import absolute

    @register_consolidation("importance")
    class Importance(Consolidation):
        '''Pulls weights back to the last task, each as hard as it moved since it started.'''

        strength: float = 0.0                                # 0 must leave the rule as it is, bit for bit
        weight_copies = ("w_ref",)                           # starts as the initial weight, other words at 0

        def synapse_words(self, weight):                     # its words, on weights of a format
            return {"w_ref": weight, "moved": word_like(weight, bits=8, fraction=6, signed=False)}

        @stage(on="modulate", per="synapse", writes=("change",))
        def pull(change, w, w_ref, moved, learning_rate, strength):
            return change - learning_rate * strength * moved * (w - w_ref)

        @stage(on="after commit", per="synapse", writes=("moved",))
        def count(moved, w, w_before):                       # also to be read: proposed, change
            return moved + absolute(w - w_before)

        @stage(on="task boundary", per="synapse", writes=("w_ref",))
        def remember(w):
            return w

Here formulas are in real numbers and serve float and fixed-point weights: on the latter, sums and products are exact,
what is written is rounded and saturated, and `narrow(x, bits, fraction)` shortens an intermediate result. A stage on
``transmit`` that writes ``transmitted`` from ``w`` says what the synapse transmits instead of its weight. See
`accelsim.plasticity.consolidation` for the moves and `accelsim.plasticity.unit` for their order.
"""

from pathlib import Path

from accelsim.datapath.fixed_point import narrow
from accelsim.datapath.plugins import load_plugin as _load_plugin
from accelsim.datapath.stages import stage
from accelsim.datapath.words import BIT, Float, Word
from accelsim.plasticity.base import PlasticityRule, register, rules
from accelsim.plasticity.composition import LearningUnit
from accelsim.plasticity.consolidation import Consolidation, consolidations, register_consolidation, word_like
from accelsim.plasticity.unit import EXECUTED_TRIGGERS, OFFERED


def load_plugin(path: str | Path) -> list[str]:
    """Run a plug-in file named by the user; return the names of the rules and consolidations it registered."""
    return _load_plugin(path, rules, consolidations)


__all__ = [
    "BIT",
    "EXECUTED_TRIGGERS",
    "OFFERED",
    "Consolidation",
    "Float",
    "LearningUnit",
    "PlasticityRule",
    "Word",
    "consolidations",
    "load_plugin",
    "narrow",
    "register",
    "register_consolidation",
    "rules",
    "stage",
    "word_like",
]
