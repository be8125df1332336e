"""Streams of tasks that are learnt one after the other: what a task is, and in which order they come.

A run tests every task before any training, then trains one task after the other and tests all of them after each: with
N experiences and T tasks, row 0 of the accuracy matrix before, and row i after experience i.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from accelsim.config.model import Model, PathError
from accelsim.controllers.samples import Samples
from accelsim.workload.mixing import mixed

MAX_TASKS = 1000


@dataclass(frozen=True)
class Block:
    """Samples of one task, trained or tested without interruption."""

    number: int
    """In the run, from 0."""
    epoch: int
    """Of the experience, from 1; 0 before any training."""
    task: int
    split: str
    """`train` or `test`."""
    samples: int


@dataclass(frozen=True)
class Draw:
    """Random streams of a block: those of a test are the same whenever its task is tested."""

    seed: int
    split: str
    index: int

    def rng(self, name: str) -> np.random.Generator:
        """The random stream of a name."""
        return np.random.default_rng([self.seed, crc32(f"tasks.{self.split}.{name}".encode()), self.index])


class TaskStream(Model):
    """Tasks made of one kind of data, and their order."""

    kind: str
    order: Annotated[tuple[int, ...], Field(min_length=1, max_length=MAX_TASKS)] | None = None
    """Tasks in the order in which they are trained, from 0; a task may come again. Each once if not given."""
    passes: int = Field(default=1, gt=0)
    """How often the training samples of a task are gone through."""
    training_samples: int | None = Field(default=None, gt=0)
    """Per task and pass; all that there are if not given."""
    test_samples: int | None = Field(default=None, gt=0)
    """Per task and test; all that there are if not given."""
    drift: float = Field(default=0.0, ge=0, le=1)
    """Share of the training of a task, at its end, in which ever more samples come from the next one."""

    @property
    @abstractmethod
    def tasks(self) -> int:
        """Number of tasks."""

    @abstractmethod
    def mistakes(self, task: Any) -> Iterator[PathError]:
        """What is wrong with these tasks for some data."""

    @abstractmethod
    def available(self, task: Any, number: int, seed: int, training: bool) -> int | None:
        """Samples that there are of a task; None for as many as one likes."""

    @abstractmethod
    def batches(self, task: Any, number: int, draw: Draw, samples: int, count: int, size: int) -> Iterator[Samples]:
        """`count` samples of a task out of its first `samples` ones, at most `size` at once."""

    def outputs(self, task: Any) -> int:
        """Number of outputs that the tasks need."""
        return int(task.outputs)

    @property
    def experiences(self) -> tuple[int, ...]:
        """Tasks in the order in which they are trained."""
        return tuple(range(self.tasks)) if self.order is None else self.order

    @model_validator(mode="after")
    def _order_of_tasks(self) -> Self:
        for i, number in enumerate(self.order or ()):
            if not 0 <= number < self.tasks:
                raise PathError(("order", i), f"there is no task {number}; tasks are 0 to {self.tasks - 1}")
        return self

    def samples(self, task: Any, number: int, seed: int, training: bool) -> int:
        """Samples of one pass through a task."""
        wanted = self.training_samples if training else self.test_samples
        there = self.available(task, number, seed, training)
        return (wanted or 0) if there is None else min(there, wanted or there)

    def shortages(self, task: Any, seed: int) -> Iterator[PathError]:
        """What the data lack of the samples asked for."""
        for name, training in (("training_samples", True), ("test_samples", False)):
            wanted = getattr(self, name)
            for number in range(self.tasks):
                there = self.available(task, number, seed, training)
                if there is None and wanted is None:
                    yield PathError(name, "missing: samples are drawn, as many as one likes")
                elif there is not None and there < (wanted or 1):
                    yield PathError(name, f"{wanted or 'all'}, but of task {number} there are {there}")
                else:
                    continue
                break

    def blocks(self, task: Any, seed: int) -> Iterator[Block]:
        """The run: tests before any training, then training and tests of each experience."""
        count = {
            training: [self.samples(task, number, seed, training) for number in range(self.tasks)]
            for training in (True, False)
        }
        block = 0
        for epoch, trained in enumerate((None, *self.experiences)):
            if trained is not None:
                yield Block(block, epoch, trained, "train", count[True][trained] * self.passes)
                block += 1
            for number in range(self.tasks):
                yield Block(block, epoch, number, "test", count[False][number])
                block += 1

    def stream(self, task: Any, block: Block, seed: int, size: int) -> Iterator[Samples]:
        """Samples of a block, at most `size` at once; the last one of a training block ends the task."""
        training = block.split == "train"
        draw = Draw(seed, block.split, block.epoch if training else block.task)

        def of(number: int, draw: Draw, count: int) -> Iterator[Samples]:
            return self.batches(task, number, draw, self.samples(task, number, seed, training), count, size)

        if not training:
            return of(block.task, draw, block.samples)
        drifting = self._drifting(block, draw)
        coming = int(drifting.sum())
        own = of(block.task, draw, block.samples - coming)
        if coming:
            following = of(self.experiences[block.epoch], Draw(seed, "drift", block.epoch), coming)
            own = mixed((own, following), drifting.astype(np.int64), size)
        return _ending(own, block.samples)

    def _drifting(self, block: Block, draw: Draw) -> NDArray[np.bool_]:
        """(samples,) whether each sample of a training block is one of the next task."""
        count = block.samples
        drifting = round(self.drift * count) if block.epoch < len(self.experiences) else 0
        probability = (np.arange(1, count + 1) - (count - drifting)) / (drifting + 1)
        return draw.rng("drift").random(count) < probability


def _ending(batches: Iterator[Samples], count: int) -> Iterator[Samples]:
    """Samples of which the last ends a task."""
    for samples in batches:
        count -= len(samples)
        last = np.arange(len(samples)) == len(samples) - 1
        yield replace(samples, task_end=last & (count == 0))
