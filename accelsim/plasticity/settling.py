"""Rules of networks of graded activities that settle before they learn: what they may declare.

A sample runs forward, the output is pulled towards its target, activities settle for some iterations, and then the
weights change once. With the activity h_l of layer l, the rate f(h_l) that it sends on, its prediction
p_l = W_(l-1) f(h_(l-1)) and its error e_l = h_l - p_l, a rule is made of stages of these kinds:

====================  ======================  ============================================================
on                    per                     what it does
====================  ======================  ============================================================
settling iteration    postsynaptic neuron     `compare`, `compare_output`, `relax`, `clamp` replace the stages
                                              below; `backpropagate` asks for a backward pass before learning
settling iteration    presynaptic neuron      reductions over the layer before the output, into words of the output
settling iteration    weight matrix           computes ``share``, how far the output is pulled to its target
end of settling       presynaptic neuron      reductions into words of the matrix
end of settling       weight matrix           words of the matrix: before the synapses if one of their stages reads
                                              what it writes, else after them
end of settling       synapse                 ``change`` of the weight from ``gradient`` = error x rate, and reductions
====================  ======================  ============================================================

With `batch` > 1 the gradients of the samples of a batch are added up in a word per synapse.

A consolidation modulates ``change`` as on any rule, in the same pass over the synapses. Of its stages on triggers,
*end of sample* belongs to every sample that is learnt from, *every K steps* counts updates, and *task boundary* is a
sweep over the synapses of all layers. With batches, what it sees of a sample is its batch: squared gradients are those
of the mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import Field

from accelsim.datapath.component import describe_program, describe_state
from accelsim.datapath.intrinsics import absolute, maximum
from accelsim.datapath.stages import Program, Stage, chain, stage
from accelsim.datapath.words import Float, Format
from accelsim.plasticity.base import PlasticityRule
from accelsim.plasticity.unit import HANDED_ON, PlasticityUnit

SETTLING, SETTLED = "settling iteration", "end of settling"
NEURON, PRE, SYNAPSE, MATRIX = "postsynaptic neuron", "presynaptic neuron", "synapse", "weight matrix"
KINDS = ((SETTLING, NEURON), (SETTLING, PRE), (SETTLING, MATRIX), (SETTLED, PRE), (SETTLED, MATRIX), (SETTLED, SYNAPSE))
"""Triggers and index sets of stages."""
REAL = Float(32)

OF_NEURON = ("activity", "prediction", "error", "feedback", "slope", "target", "probability")
"""Words of a neuron: h, p, e, what comes back through the transposed weights, f'(h); of an output its target and its
answer softmax(p)."""
OF_PACE = ("pull_step", "push_step", "share", "movement")
"""One word for all neurons: steps of an iteration, how far the output is pulled to its target, and the largest change
of an activity."""
OF_SYNAPSE = ("pre_rate", "error", "gradient")
"""What a synapse sees: f(h) before it, e behind it, and the gradient of the (mean) energy."""


class SettlingRule(PlasticityRule):
    """Base of rules that learn at the end of settling; see `accelsim.plasticity.settling` for its stages."""

    schedule: Literal["simultaneous", "sequential"] = "simultaneous"
    """Whether all layers settle at once, or one after the other from the output down."""
    iterations: int = Field(default=20, ge=0, le=10_000)
    """Settling iterations of a sample, at most."""
    tolerance: float = Field(default=0.0, ge=0)
    """Settling ends when no activity changes by more; 0: after all iterations."""
    pull: float = Field(default=0.05, ge=0)
    """Step along what comes back through the weights."""
    push: float = Field(default=0.05, ge=0)
    """Step against a layer's own error."""
    decaying: bool = False
    """Whether both steps are divided by 1 + t in iteration t."""
    nudge: float = Field(default=1.0, ge=0, le=1)
    """Share of the target in the clamped output, where the rule does not compute it."""
    output_gain: float = Field(default=1.0, gt=0)
    """Factor of the error of the output."""
    batch: int = Field(default=1, gt=0, le=65_536)
    """Samples whose mean gradient changes the weights."""

    @property
    def synapse_state(self) -> Mapping[str, Format]:
        """The weight; with batches the sum of gradients."""
        return {"w": REAL, "gradient_sum": REAL} if self.batch > 1 else {"w": REAL}

    @property
    def matrix_state(self) -> Mapping[str, Format]:
        """Words kept per weight matrix."""
        return {}

    @property
    def output_state(self) -> Mapping[str, Format]:
        """Words kept once, at the output, that stages on `settling iteration` use to compute ``share``."""
        return {}

    @property
    def initial(self) -> Mapping[str, float]:
        """Start values of words per matrix, 0 if not named."""
        return {}

    @property
    def derived(self) -> Mapping[str, float]:
        """1 / samples of a batch."""
        return {"inverse_batch": 1.0 / self.batch}

    @stage(on=SETTLING, per=NEURON, writes=("error",))
    def compare(activity: Any, prediction: Any) -> Any:
        """e = h - p."""
        return activity - prediction

    @stage(on=SETTLING, per=NEURON, writes=("error",))
    def compare_output(activity: Any, probability: Any, output_gain: Any) -> Any:
        """e = g (h - softmax(p))."""
        return output_gain * (activity - probability)

    @stage(on=SETTLING, per=NEURON, writes=("activity",))
    def relax(activity: Any, prediction: Any, feedback: Any, slope: Any, pull_step: Any, push_step: Any) -> Any:
        """h <- h + pull f'(h) (W^T e) - push (h - p)."""
        return activity + pull_step * (feedback * slope) - push_step * (activity - prediction)

    @stage(on=SETTLING, per=NEURON, writes=("activity",))
    def clamp(target: Any, probability: Any, share: Any) -> Any:
        """h = share target + (1 - share) softmax(p)."""
        return share * target + (1.0 - share) * probability

    def has(self, name: str) -> bool:
        """Whether there is a stage of this name."""
        return any(each.name == name for each in self.stages)

    def of_kind(self, on: str, per: str) -> list[Stage]:
        """Stages of a kind in order."""
        return [each for each in self.stages if (each.on, each.per) == (on, per)]

    def matrix_stages(self, after: bool) -> list[Stage]:
        """Stages per matrix at the end of settling, before or after the synapses."""
        needed = {word for each in self.of_kind(SETTLED, SYNAPSE) if not each.reduces for word in each.reads}
        return [each for each in self.of_kind(SETTLED, MATRIX) if needed.isdisjoint(each.writes) == after]

    def neuron_program(self, name: str) -> Program:
        """One of the stages per postsynaptic neuron; without operations if there is none."""
        chosen = [each for each in self.of_kind(SETTLING, NEURON) if each.name == name]
        if name == "relax" and self.tolerance:
            keep = Stage(_keep, SETTLING, NEURON, ("before",))
            chosen = [keep, *chosen, Stage(_move, SETTLING, NEURON, ("movement",), reduces=True)]
        words = (*OF_NEURON, *OF_PACE, "before")
        return self._chained(chosen, words, stored=("activity", "error", "movement"), passed=("before",))

    def output_program(self, per: str) -> Program:
        """The reductions over the layer before the output, or what follows from them."""
        words = ("pre_rate",) if per == PRE else ()
        return self._chained(self.of_kind(SETTLING, per), words, stored=(*self.output_state, "share"))

    def pre_program(self) -> Program:
        """Reductions over presynaptic neurons at the end of settling."""
        return self._chained(self.of_kind(SETTLED, PRE), ("pre_rate",), stored=self.matrix_state)

    def matrix_program(self, after: bool) -> Program:
        """What happens to the words of a matrix before or after its synapses."""
        return self._chained(self.matrix_stages(after), ("inverse_synapses",), stored=self.matrix_state)

    def accumulate_program(self) -> Program:
        """What happens to a synapse in a sample whose batch goes on."""
        chosen = [Stage(_add_gradient, SETTLED, SYNAPSE, ("gradient_sum",))] if self.batch > 1 else []
        return self._chained(chosen, OF_SYNAPSE, stored=self.synapse_state)

    def update_program(self, unit: PlasticityUnit | None = None) -> Program:
        """What happens to a synapse at the end of a batch: gradient, change, reductions, commit.

        `unit` is this rule with what works on top of it, if anything does.
        """
        unit = unit or self
        stages = [Stage(_gradient, SETTLED, SYNAPSE, ("gradient",))]
        if self.batch > 1:
            stages = [
                Stage(_add_gradient, SETTLED, SYNAPSE, ("gradient_sum",)),
                Stage(_mean_gradient, SETTLED, SYNAPSE, ("gradient", "gradient_sum")),
            ]
        _, stages = unit.with_commit([*stages, *self.of_kind(SETTLED, SYNAPSE)])
        words: dict[str, Any] = dict.fromkeys(OF_SYNAPSE, REAL) | unit.words() | dict(self.matrix_state)
        numbers = {name: x for name, x in unit.numbers(words).items() if name not in words}
        stored = (*unit.synapse_state, *self.matrix_state)
        return chain(stages, words | numbers, stored, passed=("gradient", *HANDED_ON))

    def _chained(
        self, stages: list[Stage], offered: Iterable[str], stored: Iterable[str], passed: Iterable[str] = ()
    ) -> Program:
        words: dict[str, Any] = dict.fromkeys(offered, REAL) | dict.fromkeys(stored, REAL)
        words |= dict(self.matrix_state) | dict(self.output_state)
        registers = {name: x for name, x in self.parameter_words(words.values()).items() if name not in words}
        return chain(stages, words | registers, stored, passed)

    def programs(self) -> dict[str, Program]:
        """Its datapaths, each under the name of where and when it runs."""
        neuron = ("compare", "compare_output", "relax", "clamp", "backpropagate")
        found = {f"{name} per {NEURON} on {SETTLING}": self.neuron_program(name) for name in neuron}
        found |= {f"per {per} on {SETTLING}": self.output_program(per) for per in (PRE, MATRIX)}
        found |= {
            f"per {PRE} on {SETTLED}": self.pre_program(),
            f"per {MATRIX} on {SETTLED}, before synapses": self.matrix_program(after=False),
            f"accumulation per {SYNAPSE} on {SETTLED}": self.accumulate_program(),
            f"update per {SYNAPSE} on {SETTLED}": self.update_program(),
            f"per {MATRIX} on {SETTLED}, after synapses": self.matrix_program(after=True),
        }
        return {name: program for name, program in found.items() if program.writes}

    def description(self) -> tuple[list[str], list[str]]:
        """Lines about the state it keeps, and about the operations of its stages."""
        kept = {SYNAPSE: self.synapse_state, MATRIX: self.matrix_state, "output": self.output_state}
        states = [describe_state(owner, words) for owner, words in kept.items()]
        return states, [line for title, each in self.programs().items() for line in describe_program(title, each)]

    def check(self) -> None:
        """Raise `ConfigError` if it cannot be run."""
        for each in self.stages:
            if (each.on, each.per) not in KINDS:
                known = "; ".join(f"{on!r} per {per}" for on, per in KINDS)
                raise each.problem(f"a rule that settles has no stages on {each.on!r} per {each.per}; it has: {known}")
        named = {"compare", "compare_output", "relax", "clamp", "backpropagate"}
        for each in self.of_kind(SETTLING, NEURON):
            if each.name not in named:
                raise each.problem(f"is called when? Stages per neuron are: {', '.join(sorted(named))}")
        offered = {*OF_NEURON, *OF_PACE, *OF_SYNAPSE, *self.synapse_state, "inverse_synapses", "change"}
        for word in self.parameter_words(()):
            if word in offered | {*self.matrix_state, *self.output_state}:
                raise self.problem(f"`{word}` names two things among words, parameters and what the core offers")
        self.programs()


def _keep(activity: Any) -> Any:
    return activity


def _move(movement: Any, activity: Any, before: Any) -> Any:
    return maximum(movement, absolute(activity - before))


def _gradient(pre_rate: Any, error: Any) -> Any:
    return error * pre_rate


def _add_gradient(gradient_sum: Any, pre_rate: Any, error: Any) -> Any:
    return gradient_sum + error * pre_rate


def _mean_gradient(gradient_sum: Any, inverse_batch: Any) -> Any:
    return gradient_sum * inverse_batch, 0.0
