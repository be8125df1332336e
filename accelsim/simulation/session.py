"""A stream of samples on a chip that does more than its time steps: capabilities act between samples.

When power fails everything since the last checkpoint is lost: the chip goes back to it and is shown the samples since
then again. What it does a second time is of the split ``recovery``; ``lost`` is what it did not complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from accelsim.controllers.base import Controller
from accelsim.controllers.samples import Samples, join
from accelsim.lifelong.capability import Acts, Capability, Done, Presented, Shown
from accelsim.lifelong.checkpoint import Checkpoint
from accelsim.lifelong.job import Job
from accelsim.lifelong.ledger import Ledger
from accelsim.lifelong.recovery import Supply
from accelsim.simulation.part import Part
from accelsim.simulation.setup import Setup
from accelsim.simulation.tape import Tape
from accelsim.workload.stream import Chunk

UPKEEP = "upkeep"
"""Split of jobs."""
RECOVERY = "recovery"
"""Split of what was done before and is done again."""
LOST = "lost"
"""Split of what was begun when power failed."""
STREAM = ("train", "test")
"""Splits of the workload's own samples."""


@dataclass(frozen=True)
class Work:
    """A job, and where in the stream it is done."""

    epoch: int
    task: int | None
    job: Job
    split: str = UPKEEP


NETWORK = "network"
"""Owner of the core where it is not shared."""


class PowerFailed(Exception):
    """Everything since the last checkpoint is lost."""


class Session:
    """Turns the chunks of a stream into what the chip does, one thing after the other.

    Whoever iterates over :meth:`steps` runs each and tells what it gave by :meth:`took` before asking for the next.
    """

    def __init__(self, setup: Setup) -> None:
        self.capabilities: list[Capability] = setup.wanted.capabilities
        self.learning = setup.learning_on
        self.guard: Checkpoint | None = None
        self.supply: Supply | None = None
        """Power of the chip, if it may fail."""
        self._parts: Sequence[Part] = ()
        self._done = self._reached = self._shown_samples = 0
        """Samples and jobs since the last checkpoint: done, done before power failed; samples of the stream done."""
        self._since: list[Chunk] = []
        self._tape = Tape(iter(()), False, [])
        self.ledger = Ledger()
        """Who holds what of the chip."""
        self._trained = 0
        """Samples of the stream that were learnt from."""
        if not isinstance(setup.controller, Controller):
            return
        chip = setup.chip
        for capability in self.capabilities:
            capability.attach(chip)
            if isinstance(capability, Checkpoint):
                self.guard, self.supply = capability, capability.supply
        if self.guard is not None:
            self.guard.protect(self.capabilities)
        self._core = _core_holdings(setup, self.capabilities)
        self._observe()

    def took(self, parts: Sequence[Part]) -> None:
        """Tell what the last step gave, in one part or several, of which the last may not be whole."""
        self._parts = parts

    def state(self) -> dict[str, Any]:
        """Where in the stream it is, between two chunks of it, and the state of its capabilities."""
        return {
            "progress": (self._done, self._reached, self._shown_samples, self._trained),
            "ledger": self.ledger,
            "since": self._tape.since,
            "capabilities": [capability.state() for capability in self.capabilities],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self._done, self._reached, self._shown_samples, self._trained = state["progress"]
        self.ledger = state["ledger"]
        self._since = state["since"]
        for capability, kept in zip(self.capabilities, state["capabilities"], strict=True):
            vars(capability).update(kept)
        self.supply = self.guard.supply if self.guard is not None else None

    def steps(self, stream: Iterator[Chunk]) -> Iterator[Chunk | Work]:
        """Everything that the chip does."""
        self._tape = Tape(stream, self.supply is not None, self._since)
        while True:
            try:
                for chunk in self._tape:
                    self._chunk = chunk
                    yield from self._chunk_steps(chunk)
                return
            except PowerFailed:
                yield from self._recover()

    def _chunk_steps(self, chunk: Chunk) -> Iterator[Chunk | Work]:
        if self.guard is not None and not self.guard.begun:
            yield from self._acts(self.guard.begin(), chunk)
            self._mark(chunk)
        for capability in self.capabilities:
            yield from self._acts(capability.coming(chunk.task), chunk)
        if not self.learning:
            yield from self._do(replace(chunk, samples=chunk.samples.inferred()))
        elif chunk.split == "train" and self.capabilities:
            yield from self._training(chunk)
        elif self.supply is not None:
            yield from self._testing(chunk)
        else:
            yield from self._do(chunk)

    def _training(self, chunk: Chunk) -> Iterator[Chunk | Work]:
        start, of = 0, len(chunk.samples)
        while start < of:
            dues = [due for capability in self.capabilities if (due := capability.due()) is not None]
            stop = min([of, *(start + due for due in dues)])
            samples = chunk.samples.part(start, stop)
            yield from self._do(replace(chunk, samples=samples))
            shown = self._shown(samples)
            self._trained += len(samples)
            ends = samples.task_end is not None and bool(samples.task_end[-1])
            for capability in self.capabilities:
                yield from self._acts(capability.trained(shown), chunk)
            if ends:
                for capability in self.capabilities:
                    yield from self._acts(capability.task_ended(), chunk)
                self._observe()
            start = stop
            yield from self._settle(chunk, start)

    def _testing(self, chunk: Chunk) -> Iterator[Chunk | Work]:
        """Tests while power may fail: checkpoints are taken in between too."""
        assert self.guard is not None
        start, of = 0, len(chunk.samples)
        while start < of:
            due = self.guard.due()
            stop = of if due is None else min(of, start + due)
            yield from self._do(replace(chunk, samples=chunk.samples.part(start, stop)))
            self.guard.passed(stop - start)
            start = stop
            yield from self._settle(chunk, start)

    def _settle(self, chunk: Chunk, stop: int) -> Iterator[Chunk | Work]:
        """Let the guard save or go back after samples up to `stop` of a chunk."""
        if self.guard is None:
            return
        before = self.guard.saved
        yield from self._acts(self.guard.settle(), chunk)
        if self.guard.saved > before:
            of = len(chunk.samples)
            self._mark(replace(chunk, samples=chunk.samples.part(stop, of)) if stop < of else None)

    def _mark(self, left: Chunk | None) -> None:
        """Everything so far is safe."""
        self._tape.mark(left)
        self._reached = max(0, self._reached - self._done)
        self._done = self._shown_samples = 0

    def _recover(self) -> Iterator[Work]:
        """Power is back: go to the last checkpoint."""
        assert self.guard is not None
        assert self.supply is not None
        self.supply.fail()
        self._tape.rewind()
        self._reached = max(self._reached, self._done)
        again, self._done, self._shown_samples = self._shown_samples, 0, 0
        while True:
            acts = self.guard.recover("power", again)
            job = next(acts)
            assert isinstance(job, Job)
            yield Work(self._chunk.epoch, self._chunk.task, job, RECOVERY)
            whole = all(part.whole for part in self._parts)
            _sent(acts, Done(self._cycles()))
            if whole:
                return
            self._lose()
            self.supply.fail()

    def _acts(self, acts: Acts, chunk: Chunk) -> Iterator[Chunk | Work]:
        """What a capability does, each act followed by what it gave."""
        act = next(acts, None)
        while act is not None:
            if isinstance(act, Presented):
                yield from self._do(replace(chunk, samples=act.samples, split=act.split))
                act = _sent(acts, self._shown(act.samples))
            else:
                yield from self._do(Work(chunk.epoch, chunk.task, act))
                act = _sent(acts, Done(self._cycles()))
            self._observe()

    def _observe(self) -> None:
        """Enter what everybody holds into the ledger."""
        owner = next((each.owner for each in self.capabilities if each.owner is not None), NETWORK)
        for resource, (amount, capacity) in self._core.items():
            for other in [name for name, held in self.ledger.held.get(resource, {}).items() if held and name != owner]:
                self.ledger.hand_over(self._trained, resource, other, owner)
            self.ledger.observe(self._trained, owner, {resource: (amount, capacity)})
        for capability in self.capabilities:
            self.ledger.observe(self._trained, capability.name, capability.holdings())

    def _do(self, step: Chunk | Work) -> Iterator[Chunk | Work]:
        """Do something, as far as power lasts; where it was done before, it is recovery."""
        if self.supply is None:
            yield step
            return
        parts: list[Part] = []
        for piece in self._pieces(step):
            yield piece
            parts += self._parts
            whole = all(part.whole for part in self._parts)
            done = sum(len(part.answers) for part in self._parts) if isinstance(piece, Chunk) else int(whole)
            self._done += done
            self._shown_samples += done if isinstance(step, Chunk) and step.split in STREAM else 0
            if piece.split == RECOVERY and self.guard is not None:
                self.guard.spent_again(self._cycles())
            if not whole:
                self._lose()
                raise PowerFailed
        self._parts = parts

    def _lose(self) -> None:
        assert self.guard is not None
        self.guard.lost_cycles += self._parts[-1].cycles

    def _pieces(self, step: Chunk | Work) -> Iterator[Chunk | Work]:
        """A step in what was done before and what was not."""
        before = self._reached - self._done
        if before <= 0:
            yield step
        elif isinstance(step, Work) or before >= len(step.samples):
            yield replace(step, split=RECOVERY)
        else:
            yield replace(step, samples=step.samples.part(0, before), split=RECOVERY)
            yield replace(step, samples=step.samples.part(before, len(step.samples)))

    def _cycles(self) -> int:
        return sum(part.cycles for part in self._parts)

    def _shown(self, samples: Samples) -> Shown:
        if all(part.delivered is not None for part in self._parts):
            samples = join([part.delivered for part in self._parts if part.delivered is not None])
        answers = np.concatenate([part.answers for part in self._parts])
        return Shown(samples, answers, np.concatenate([part.latency_cycles for part in self._parts]))


def _core_holdings(setup: Setup, capabilities: Sequence[Capability]) -> dict[str, tuple[int, int]]:
    """Neurons, and words of each memory, that the network holds, and that there are; not what capabilities tell of."""
    size = sum(neurons for name, neurons in setup.workload.network.items() if name != "input")
    found = {"neurons": (size, size)}
    for name, used in setup.used_words.items():
        found[f"words.{name}"] = used, setup.cores * setup.placement.words[name]
    told = {resource for capability in capabilities for resource in capability.holdings()}
    return {resource: held for resource, held in found.items() if resource not in told and held[1]}


def _sent(acts: Acts, given: Shown | Done) -> Job | Presented | None:
    """The next act after one is done; None if there is none."""
    try:
        return acts.send(given)
    except StopIteration:
        return None
