"""Phase tables: a core's control as loop nests over index sets.

A *phase* runs once per time step if its conditions hold.  It is a nest of loops whose innermost part is a list
of *steps*; a step takes cycles, reads and writes memory words and runs stages of the datapath.  Conditions
(``when``) hold for a whole time step; masks hold or not for each iteration and are decided by what was computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from accelsim.architecture.roles import timing
from accelsim.config.model import Model, PathError

Layers = Literal["up", "down", "bottom", "top"]
"""Layers of synapses in order: from the first to the last, from the last to the second, the first or the last alone."""


class Access(Model):
    """Words of one memory that a step reads or writes."""

    memory: str = timing()
    """Name of the memory."""
    item: str | None = timing(None)
    """Index set whose items select the word: a word is accessed when an iteration first enters it. Without it,
    every iteration accesses one word."""
    within: dict[str, str] = timing(default_factory=dict)
    """Only while the items of a loop's index, e.g. `{pre: input}`, begin inside another set."""
    when: tuple[str, ...] = timing(())
    """Conditions of the time step that must hold; `not x` for its opposite."""
    mask: str | None = timing(None)
    """Per-iteration condition that must hold."""
    changed_mask: str | None = timing(None)
    """Replaces `mask` and `within` in a memory with `write_back: changed`."""
    layer: int = timing(0, ge=-1, le=1)
    """Inside `each`: words of the layer below (-1) or above (1); left out where there is none."""
    each: Layers | None = timing(None)
    """One such access for each of these layers, all at once."""

    def sparing(self, write_back: str) -> Access:
        """What is accessed in a memory with this `write_back`."""
        if self.changed_mask is None or write_back != "changed":
            return self
        return self.model_copy(update={"mask": self.changed_mask, "within": {}})


class StageRun(Model):
    """Work that a step gives to a unit."""

    stage: str = timing()
    """Stage of the neuron model, rule or controller."""
    per: str | tuple[str, ...] | None = timing(None)
    """A loop whose index says for how many items the stage runs in an iteration, or any other index set for all of
    its items; without it, once. Of several the product: the pairs of their items."""
    within: dict[str, str] = timing(default_factory=dict)
    """As of an access."""
    layer: int = timing(0, ge=-1, le=1)
    """As of an access."""
    each: Layers | None = timing(None)
    """As of an access."""
    mask: str | None = timing(None)
    """Runs only in iterations where this mask holds."""
    when: tuple[str, ...] = timing(())
    """As of an access."""

    @property
    def sets(self) -> tuple[str, ...]:
        """Index sets that say how often it runs."""
        if self.per is None:
            return ()
        return (self.per,) if isinstance(self.per, str) else self.per


class Step(Model):
    """One step of an iteration."""

    cycles: int = timing(1, ge=0, le=1_000_000)
    """Least number of cycles; it grows where the accesses need more port slots. 0: beside what follows, for a step
    without accesses."""
    first_cycles: int | None = timing(None, gt=0, le=1_000_000)
    """Cycles in the first iteration of the loop, where they differ: in a nest of one step that is not pipelined."""
    whole_words: bool = timing(False)
    """Skipped, at no time, in an iteration whose word is only half filled: for the last steps of a nest over one
    index set."""
    reads: tuple[str | Access, ...] = timing(())
    writes: tuple[str | Access, ...] = timing(())
    runs: tuple[str | StageRun, ...] = timing(())

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.cycles == 0 and (self.reads or self.writes):
            raise PathError("cycles", "0, but the step accesses a memory; a port takes a cycle")
        if self.whole_words and self.first_cycles is not None:
            raise PathError("first_cycles", "a step has either `first_cycles` or `whole_words`")
        return self


class Nest(Model):
    """A loop nest, or a sequence of nests, or plain steps."""

    loop: str | tuple[str, ...] | None = timing(None, alias="for")
    """Index sets iterated, outermost first; without it the content happens once."""
    repeat: str | None = timing(None)
    """Count of the time step that says how often the content happens (instead of `for`)."""
    each: Layers | None = timing(None)
    """Happens for each of these layers of synapses, one after the other."""
    when: tuple[str, ...] = timing(())
    """Conditions of the time step that must hold; `not x` for its opposite."""
    mask: str | None = timing(None)
    """Condition on the enclosing iteration: without it, none of this happens and no time passes."""
    state: str | None = timing(None)
    """Name under which the cycles are reported; default: that of the enclosing nest, or of the phase."""
    pipelined: bool = timing(False)
    """Iterations overlap as far as the memory ports allow."""
    steps: tuple[Step, ...] = timing(())
    """What an iteration does, one step after the other."""
    body: tuple[Nest, ...] = timing(())
    """Nests inside this one, one after the other."""

    @property
    def loops(self) -> tuple[str, ...]:
        """Index sets iterated, outermost first."""
        if self.loop is None:
            return ()
        return (self.loop,) if isinstance(self.loop, str) else self.loop

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if bool(self.steps) == bool(self.body):
            raise PathError((), "a nest has either `steps` or a `body`, not both and not neither")
        if self.pipelined and self.body:
            raise PathError(("pipelined",), "only a nest of steps can be pipelined")
        if self.repeat is not None and self.loop is not None:
            raise PathError(("repeat",), "a nest has `for` or `repeat`, not both")
        for i, step in enumerate(self.steps):
            if step.first_cycles is not None and (len(self.steps) > 1 or self.pipelined):
                raise PathError(("steps", i, "first_cycles"), "needs a nest of one step that is not pipelined")
            if step.whole_words and not all(later.whole_words for later in self.steps[i:]):
                raise PathError(("steps", i, "whole_words"), "every step after it must have it too")
            if step.whole_words and len(self.loops) != 1:
                raise PathError(("steps", i, "whole_words"), "needs a nest over one index set")
        return self


def stages_run(nest: Nest) -> Iterator[str]:
    """Stages that a nest runs, at any depth."""
    for step in nest.steps:
        for run in step.runs:
            yield run if isinstance(run, str) else run.stage
    for inner in nest.body:
        yield from stages_run(inner)


class Phase(Model):
    """What a core does in one of its states."""

    when: tuple[str, ...] = timing(())
    """Conditions of the time step under which the phase happens."""
    body: tuple[Nest, ...] = timing(min_length=1)
    """Its loop nests, one after the other."""
    acknowledge: bool = timing(False)
    """Event-driven control: serves the input event; its request is acknowledged when the phase ends."""
    then: str | None = timing(None)
    """Event-driven control: phase that follows without another decision."""
    until_free: bool = timing(False)
    """Event-driven control: lasts until the output link is free."""
    overhead: bool = timing(False)
    """Time spent on the outside world (deliveries), not counted as busy."""
    description: str = Field("")
    """For people."""


Nest.model_rebuild()
