"""Kinds of streams of tasks: what changes from one task to the next."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal, Self
from zlib import crc32

import numpy as np
from pydantic import Field, model_validator

from accelsim.config.model import PathError
from accelsim.controllers.samples import Samples
from accelsim.workload.cue_accumulation import CueAccumulation, Rule
from accelsim.workload.examples import ExamplePool, Pictures, Pool, pool_batches
from accelsim.workload.manifolds import Manifolds
from accelsim.workload.pattern_generation import PatternGeneration
from accelsim.workload.tasks import MAX_TASKS, Draw, TaskStream

Count = Annotated[int, Field(gt=0, le=MAX_TASKS)]
Class = Annotated[int, Field(ge=0)]


class _Pooled(TaskStream):
    """Tasks made of labelled examples."""

    @abstractmethod
    def pool(self, task: Any, number: int, seed: int, training: bool) -> Pool:
        """Examples of a task."""

    def available(self, task: Any, number: int, seed: int, training: bool) -> int:
        """Examples of a task."""
        return len(self.pool(task, number, seed, training).label)

    def batches(self, task: Any, number: int, draw: Draw, samples: int, count: int, size: int) -> Iterator[Samples]:
        """Examples of a task; for training in random order, each once before any comes again."""
        training = draw.split != "test"
        pool = self.pool(task, number, draw.seed, training)
        first = pool.only(np.arange(samples), pool.label[:samples])
        return pool_batches(first, (draw.rng("trials"), draw.rng("order")), count, training, size)


class _Drawn(TaskStream):
    """Tasks whose samples are drawn; every pass through a task draws the same ones."""

    @abstractmethod
    def draw(self, task: Any, number: int, draw: Draw, count: int, size: int) -> Iterator[Samples]:
        """The first samples of a task."""

    def available(self, task: Any, number: int, seed: int, training: bool) -> None:
        """As many samples as one likes."""
        return

    def batches(self, task: Any, number: int, draw: Draw, samples: int, count: int, size: int) -> Iterator[Samples]:
        """Samples of a task, the same ones again and again."""
        for start in range(0, count, samples):
            yield from self.draw(task, number, draw, min(samples, count - start), size)


class Split(_Pooled):
    """Each task has its own classes: class-incremental, or domain-incremental with `relabel`."""

    kind: Literal["split"]
    groups: Annotated[tuple[Annotated[tuple[Class, ...], Field(min_length=1)], ...], Field(min_length=1)]
    """Classes of each task."""
    relabel: bool = False
    """Whether the label of a class is its place in its group, all tasks sharing a few outputs."""

    @model_validator(mode="after")
    def _different_classes(self) -> Self:
        for i, group in enumerate(self.groups):
            if len(set(group)) < len(group):
                raise PathError(("groups", i), f"{list(group)} has a class twice")
        return self

    @property
    def tasks(self) -> int:
        """One for each group."""
        return len(self.groups)

    def outputs(self, task: Any) -> int:
        """All classes, or those of the largest group."""
        return max(map(len, self.groups)) if self.relabel else int(task.outputs)

    def mistakes(self, task: Any) -> Iterator[PathError]:
        """Data without classes, or without one of these."""
        if not hasattr(task, "pool"):
            yield _unfit(self, task, "sets of labelled examples")
            return
        for i, group in enumerate(self.groups):
            for j, number in enumerate(group):
                if task.outputs is not None and number >= task.outputs:
                    yield PathError(
                        ("groups", i, j), f"there is no class {number}; classes are 0 to {task.outputs - 1}"
                    )

    def pool(self, task: Any, number: int, seed: int, training: bool) -> Pool:
        """Examples of a group's classes."""
        pool: Pool = task.pool(seed, training)
        group = np.array(self.groups[number])
        chosen = np.flatnonzero(np.isin(pool.label, group))
        label = pool.label[chosen]
        if self.relabel:
            label = (label[:, None] == group).argmax(axis=1).astype(np.int32)
        return pool.only(chosen, label)


class Permuted(_Pooled):
    """Each task permutes the inputs in its own way, the first not at all: domain-incremental."""

    kind: Literal["permuted"]
    count: Count
    """Number of tasks."""

    @property
    def tasks(self) -> int:
        """As many as asked for."""
        return self.count

    def mistakes(self, task: Any) -> Iterator[PathError]:
        """Data that are not a set of examples."""
        if not hasattr(task, "pool"):
            yield _unfit(self, task, "sets of labelled examples")

    def pool(self, task: Any, number: int, seed: int, training: bool) -> Pool:
        """All examples with permuted inputs."""
        pool: Pool = task.pool(seed, training)
        if number == 0:
            return pool
        return pool.permuted(np.random.default_rng([seed, crc32(b"tasks.permutation"), number]))


class Rotated(_Pooled):
    """Each task turns the pictures by its own angle: domain-incremental."""

    kind: Literal["rotated"]
    degrees: Annotated[tuple[Annotated[float, Field(ge=-360, le=360)], ...], Field(min_length=1, max_length=MAX_TASKS)]
    """Angle of each task, counter-clockwise; pixels are interpolated bilinearly."""

    @property
    def tasks(self) -> int:
        """One for each angle."""
        return len(self.degrees)

    def mistakes(self, task: Any) -> Iterator[PathError]:
        """Data that are no pictures."""
        if not isinstance(task, Pictures):
            yield _unfit(self, task, "pictures")

    def pool(self, task: Pictures, number: int, seed: int, training: bool) -> ExamplePool:
        """All pictures, turned."""
        degrees = self.degrees[number]
        pool = task.pool(seed, training)
        return replace(pool, change=partial(task.rotated, degrees=degrees)) if degrees else pool


class NewManifolds(_Pooled):
    """Each task has manifolds of its own for the same classes: domain-incremental."""

    kind: Literal["manifolds"]
    count: Count
    """Number of tasks."""

    @property
    def tasks(self) -> int:
        """As many as asked for."""
        return self.count

    def mistakes(self, task: Any) -> Iterator[PathError]:
        """Data that are no manifolds."""
        if not isinstance(task, Manifolds):
            yield _unfit(self, task, "manifolds")

    def pool(self, task: Manifolds, number: int, seed: int, training: bool) -> ExamplePool:
        """Points on the manifolds of a task."""
        return task.numbered(seed, training, number)


class Rules(_Drawn):
    """Each task asks something else about the same kind of cues."""

    kind: Literal["rules"]
    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=MAX_TASKS)]
    """Which side is right in each task."""

    @property
    def tasks(self) -> int:
        """One for each rule."""
        return len(self.rules)

    def mistakes(self, task: Any) -> Iterator[PathError]:
        """Data that are no cues."""
        if not isinstance(task, CueAccumulation):
            yield _unfit(self, task, "cue-accumulation")

    def draw(self, task: CueAccumulation, number: int, draw: Draw, count: int, size: int) -> Iterator[Samples]:
        """Cues under the rule of a task."""
        rng, training = draw.rng("trials"), draw.split != "test"
        for start in range(0, count, size):
            yield task.generate(rng, min(size, count - start), training, self.rules[number])


class Targets(_Drawn):
    """Each task has targets of its own for the same input spikes."""

    kind: Literal["targets"]
    count: Count
    """Number of tasks."""

    @property
    def tasks(self) -> int:
        """As many as asked for."""
        return self.count

    def mistakes(self, task: Any) -> Iterator[PathError]:
        """Data that are no patterns."""
        if not isinstance(task, PatternGeneration):
            yield _unfit(self, task, "pattern-generation")

    def draw(self, task: PatternGeneration, number: int, draw: Draw, count: int, size: int) -> Iterator[Samples]:
        """The pattern of a task."""
        return task.repeated(count, draw.split != "test", draw.seed, size, number)


def _unfit(stream: TaskStream, task: Any, wanted: str) -> PathError:
    return PathError("kind", f"`{stream.kind}` is for {wanted}, but the task is `{task.kind}`")


Tasks = Split | Permuted | Rotated | NewManifolds | Rules | Targets
