"""What the stages of a tick-driven core see: its generated module interpreted, each kernel telling what it reads.

The words are read just before a kernel runs: where triggers coincide at a synapse, a stage is shown the words as they
were before the stages of the other triggers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.tick.datapath import (
    SAMPLE,
    SIGNAL,
    STEP,
    TASK,
    Datapath,
    ending_triggers,
    situation_triggers,
    triggers_of,
)
from accelsim.controllers.tick.offers import REWARD_PLACES, rewarded
from accelsim.controllers.tick.stages import MATRICES, ON_ROWS, PER_NEURON, rule_of, stage_programs
from accelsim.controllers.tick.state import State
from accelsim.datapath.probe import EVALUATIONS, Probe
from accelsim.datapath.toggles import Operands
from accelsim.neurons.base import RANDOM_STATE

SYNAPTIC = {"total": "lane", "signal_sum": "lane", "error": "row", "w": "synapse", "feedback": "synapse"}
"""Where words of the stages per synapse between neurons and rules live."""
PER_LANE = {
    "soma": "soma", "leak_output": "leak_output", "output_error": "output_error", "narrow_signal": "learning_signal",
    "present_surrogate": "present_surrogate", "present_potential": "present_potential",
}  # fmt: skip
"""Stage of each kernel that maps over neurons or outputs."""

Words = dict[str, NDArray[Any]]
Hook = Callable[..., bool]


class Listener:
    """Runs the loop of a datapath interpreted, and keeps the operands of every stage.

    Parameters
    ----------
    path : Datapath
    state : State
        That of the core.
    run_ticks : its compiled loop
    """

    def __init__(self, path: Datapath, state: State, run_ticks: Any) -> None:
        self.path = path
        self.programs = stage_programs(path)
        self.matrices = tuple(zip(MATRICES, (state.inp, state.rec, state.out), strict=True))
        self.heard: dict[str, list[Words]] = {}
        self.counted: dict[str, int] = dict.fromkeys(self.programs, 0)
        self._loop = run_ticks
        module = sys.modules[run_ticks.py_func.__module__]
        self._probe = Probe({}, hooks=dict(self._hooks(module)))

    def run_ticks(self, *arguments: Any) -> None:
        """:func:`accelsim.controllers.tick.loop.run_ticks`."""
        self._probe.run(self._loop, *arguments)

    def operands(self) -> dict[str, Operands]:
        """What was heard of each stage; lanes begin anew with each row."""
        return {
            stage: Operands(
                {name: np.concatenate([words[name] for words in calls]) for name in calls[0]},
                np.concatenate([np.arange(_lanes(words)) for words in calls]),
            )
            for stage, calls in self.heard.items()
        }

    def _hooks(self, module: ModuleType) -> list[tuple[Any, Hook]]:
        """A hook for every kernel of the module that is a stage; an empty one goes by another name."""
        hooks: dict[str, Hook] = {kernel: self._map(stage) for kernel, stage in PER_LANE.items()}
        hooks["feed_back"] = self._row("feed_back", SYNAPTIC)
        for rule, stage, merge in (
            (self.path.rule, "integrate", "merge"),
            (self.path.output_rule, "accumulate_output", "merge_output"),
        ):
            grid = self.path.grid(rule)
            hooks |= {stage: self._row(stage, SYNAPTIC)} if grid is None else {merge: self._row(stage, grid.places())}
        for prefix in ("", "output_"):
            for side in ("presynaptic", "postsynaptic"):
                for trigger, verb in ((STEP, "step"), (SIGNAL, "learn"), (SAMPLE, "finish"), (TASK, "conclude")):
                    hooks[f"{prefix}{verb}_{side}"] = self._neurons(side, trigger)
        hooks |= dict.fromkeys(("visit", "visit_output"), self._visit)
        hooks |= dict.fromkeys(("learn_rows", "learn_output_rows"), self._learn_rows)
        hooks |= dict.fromkeys(("finish", "finish_output"), self._finish)
        hooks |= dict.fromkeys(("finish_rows", "finish_output_rows"), self._finish_rows)
        hooks["gather_writes"] = lambda *_: False  # nobody counts here, and matrices are large
        for word in list(rewarded(self.path))[:1]:
            hooks |= {f"{verb}_{word}": self._map(verb, REWARD_PLACES) for verb in ("judge", "deviate")}
        kernels = {name: getattr(module, name, None) for name in hooks}
        return [
            (kernel, hooks[name])
            for name, kernel in kernels.items()
            if kernel is not None and kernel.py_func.__name__ == name
        ]

    def _map(self, stage: str, known: Mapping[str, str] | None = None) -> Hook:
        program = self.programs[stage]

        def hook(state: Any, parameters: Any) -> bool:
            places = known or {name: "lane" if hasattr(state, name) else "parameter" for name in program.reads}
            self._hear(stage, places, state, parameters)
            return True

        return hook

    def _row(self, stage: str, places: Mapping[str, str]) -> Hook:
        def hook(i: int, state: Any, parameters: Any) -> bool:
            own = dict.fromkeys(self.programs[stage].reads, "parameter") | dict(places)
            self._hear(stage, own, state, parameters, i)
            return True

        return hook

    def _neurons(self, side: str, trigger: str) -> Hook:
        """Words per neuron on one side. The stage is that of all triggers, heard on the first that it has."""
        per = f"{side} neuron"

        def hook(state: Any, parameters: Any) -> bool:
            matrix = self._name(state)
            rule = rule_of(self.path, matrix)
            verb, together = next(item for item in PER_NEURON.items() if trigger in item[1])
            if trigger == next((each for each in together if each in triggers_of(rule, per)), None):
                stage = f"{verb}filter_{matrix}"
                if side == "postsynaptic":
                    stage = f"{verb}postsynaptic_output" if matrix == "output" else f"{verb}postsynaptic"
                places = {word: "lane" if place == "row" else place for word, place in rule.places().items()}
                self._hear(stage, places, state, parameters, generators=f"{side}_{RANDOM_STATE}")
            return True

        return hook

    def _visit(self, situation: int, i: int, state: Any, parameters: Any) -> bool:
        """What happens to a row of synapses in a time step."""
        rule = rule_of(self.path, self._name(state))
        return self._triggered(situation_triggers(rule, situation), i, state, parameters)

    def _finish(self, ends: int, i: int, state: Any, parameters: Any) -> bool:
        """What happens to it at the end of a sample or task."""
        rule = rule_of(self.path, self._name(state))
        return self._triggered(ending_triggers(rule, "synapse", ends), i, state, parameters)

    def _triggered(self, triggers: list[str], i: int, state: Any, parameters: Any) -> bool:
        """Stages of a row of synapses; rows of which enough was heard are left as they are."""
        matrix = self._name(state)
        rule = rule_of(self.path, matrix)
        stages = [f"{ON_ROWS[trigger]}_{matrix}" for trigger in triggers if trigger in ON_ROWS]
        more = any(self._wanted(stage) for stage in stages)
        for stage in stages:
            self._hear(stage, rule.places(), state, parameters, i)
        return more

    def _learn_rows(self, matrix: Any, *_: Any) -> bool:
        """Whether there is more to hear of the rows of a matrix in a time step."""
        return self._more_rows(matrix, [verb for trigger, verb in ON_ROWS.items() if trigger not in (SAMPLE, TASK)])

    def _finish_rows(self, matrix: Any, *_: Any) -> bool:
        """The same at the end of a sample or task."""
        return self._more_rows(matrix, [ON_ROWS[SAMPLE], ON_ROWS[TASK]])

    def _more_rows(self, matrix: Any, verbs: list[str]) -> bool:
        name = self._name(matrix)
        known = [stage for stage in (f"{verb}_{name}" for verb in verbs) if stage in self.heard]
        return not known or any(self._wanted(stage) for stage in known)

    def _name(self, opened: Any) -> str:
        """Name of a matrix by its weights."""
        return next(name for name, matrix in self.matrices if matrix.w is opened.w.array)

    def _wanted(self, stage: str) -> bool:
        return self.counted[stage] < EVALUATIONS

    def _hear(
        self, stage: str, places: Mapping[str, str], state: Any, parameters: Any, i: int = 0,
        generators: str = RANDOM_STATE,
    ) -> None:  # fmt: skip
        """Keep the operands of a row, a vector of lanes each, if there are not enough yet."""
        program = self.programs[stage]
        if not program.reads or not self._wanted(stage):
            return
        found: dict[str, Any] = {}
        for name, symbol in program.reads.items():
            if name == "random":
                found[name] = _drawn(getattr(state, generators).array, symbol.value.bits)
            elif places[name] == "parameter":
                found[name] = np.asarray(getattr(parameters, name))
            else:
                array = getattr(state, name).array
                found[name] = {"synapse": array[i : i + 1], "row": array[i : i + 1], "whole": array[:1]}.get(
                    places[name], array
                )
        lanes = max(np.size(values) for values in found.values())
        words = {name: np.resize(_wide(values), lanes) for name, values in found.items()}
        self.heard.setdefault(stage, []).append(words)
        self.counted[stage] += lanes


def _wide(values: NDArray[Any]) -> NDArray[Any]:
    return values.astype(np.int64 if values.dtype.kind in "iub" else values.dtype)


def _drawn(generators: NDArray[np.uint32], bits: int) -> NDArray[np.int64]:
    """The word that every lane's xorshift generator gives next (see `accelsim.datapath.kernels.kernel_source`)."""
    g = generators ^ (generators << np.uint32(13))
    g ^= g >> np.uint32(17)
    g ^= g << np.uint32(5)
    return (g >> np.uint32(32 - bits)).astype(np.int64)


def _lanes(words: Words) -> int:
    return int(next(iter(words.values())).size)
