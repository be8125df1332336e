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
"""

from pathlib import Path

from accelsim.datapath.plugins import load_plugin as _load_plugin
from accelsim.datapath.stages import stage
from accelsim.datapath.words import BIT, Float, Word
from accelsim.plasticity.base import EXECUTED_TRIGGERS, OFFERED, PlasticityRule, register, rules


def load_plugin(path: str | Path) -> list[str]:
    """Run a plug-in file named by the user; return the names of the rules it registered."""
    return _load_plugin(path, rules)


__all__ = [
    "BIT",
    "EXECUTED_TRIGGERS",
    "OFFERED",
    "Float",
    "PlasticityRule",
    "Word",
    "load_plugin",
    "register",
    "rules",
    "stage",
]
