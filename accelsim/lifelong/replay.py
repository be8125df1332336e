"""Replay memory: samples of the stream are kept and shown again, between new ones or when there is time.

The buffer is filled by reservoir sampling (J. S. Vitter, ACM Trans. Math. Software 11, 37-57, 1985), by a reservoir for
each class as soon as the class is full (A. Chrysakis, M.-F. Moens, ICML 2020), or as a ring of the last samples.
A sample is kept as the spikes of its inputs, a bit for each time step and input, or as the number of spikes of each
input in few bits, from which spikes at regular intervals are made again; with the number of its class, or its targets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from accelsim.architecture.schema import Core
from accelsim.controllers.samples import Samples, join
from accelsim.lifelong.capability import Acts, Capability, Chip, Done, Presented, Settings, Shown
from accelsim.lifelong.job import Job

TARGET_BITS = 16
"""Of a target of a regression, for each output and time step (assumed: what the targets of the tasks need)."""


class ReplaySettings(Settings):
    """How samples are kept and replayed."""

    capacity: int = Field(default=50, gt=0, le=1 << 20)
    """Samples that the buffer holds."""
    policy: Literal["reservoir", "balanced", "fifo"] = "reservoir"
    """Which samples it holds: any of the stream alike, as many of each class, or the last."""
    every: int = Field(default=5, gt=0)
    """Samples of the stream after which some are replayed."""
    samples: int = Field(default=5, gt=0)
    """How many, at most."""
    when: Literal["interleaved", "idle"] = "interleaved"
    """Always that many, while the stream waits, or only as many as fit into the time that the chip had nothing to do
    since the last replay: the duration of the samples in the outside world less the cycles spent on them."""
    bits: int | None = Field(default=None, gt=0, le=16)
    """Bits of the number of spikes of an input, in place of every spike; larger numbers are cut off."""
    memory: str = "replay"
    """Memory of the core that holds them."""

    def sample_bits(self, inputs: int, ticks: int, outputs: int, regression: bool) -> int:
        """Bits of a kept sample."""
        answer = outputs * ticks * TARGET_BITS if regression else max(1, (outputs - 1).bit_length())
        return inputs * (self.bits or ticks) + answer


class Replay(Capability):
    """A buffer of samples in a memory of the chip."""

    name: ClassVar[str] = "replay"
    purposes: ClassVar[tuple[str, ...]] = ("storing", "recalling")

    def __init__(self, settings: ReplaySettings, bits: int, seed: int) -> None:
        self.settings = settings
        self.bits = bits
        """Of a sample."""
        self.kept: list[Samples] = []
        self.seen: Counter[int] = Counter()
        """Samples of each class so far."""
        self._full: set[int] = set()
        self._waited = 0
        self._rng = np.random.default_rng(np.random.SeedSequence([seed, 0x5E7]))
        self._next = 0
        self.stored = self.replayed = 0
        self._idle = self._unused = 0

    def memories(self) -> dict[str, str]:
        """The one that holds the samples."""
        return {"memory": self.settings.memory}

    def moves(self, chip: Chip, others: Sequence[Capability]) -> Iterator[Job]:
        """Samples go in and out."""
        yield Job("storing", writes={self.settings.memory: 1})
        yield Job("recalling", reads={self.settings.memory: 1})

    def room(self, core: Core) -> dict[str, tuple[int, int]]:
        """Its capacity."""
        memory = self.settings.memory
        return {memory: (-(-self.bits // core.memories[memory].bits), self.settings.capacity)}

    def contents(self) -> dict[str, tuple[int, Sequence[object]]]:
        """The samples."""
        return {self.settings.memory: (self._words(), self.kept)}

    def holdings(self) -> dict[str, tuple[int, int]]:
        """Slots, and the words of their samples."""
        return {**super().holdings(), "replay_slots": (len(self.kept), self.settings.capacity)}

    def due(self) -> int:
        """Every so many samples."""
        return self.settings.every - self._waited

    def trained(self, shown: Shown) -> Acts:
        """Keep the new samples, then replay some."""
        there = shown.samples.length * (self.chip.tick_s * self.chip.clock)
        self._idle += int(np.maximum(there.astype(np.int64) - shown.cycles, 0).sum())
        kept = sum(self.offer(shown.samples.part(i, i + 1)) for i in range(len(shown.samples)))
        if kept:
            self.stored += kept
            took = yield Job("storing", writes={self.settings.memory: kept * self._words()})
            self._idle -= _cycles(took)
        self._waited += len(shown.samples)
        if self._waited < self.settings.every:
            return
        self._waited = 0
        number = min(self.settings.samples, len(self.kept))
        chosen = self._rng.choice(len(self.kept), number, replace=False)
        if self.settings.when == "interleaved":
            if number:
                yield from self._replay([self.kept[i] for i in chosen])
            return
        each = int(shown.cycles.max())  # a sample takes no longer than the longest of the last ones (assumed)
        for i in chosen:
            if self._idle < each + self._words():
                break
            yield from self._replay([self.kept[i]])
        self._unused += max(self._idle, 0)
        self._idle = min(self._idle, 0)

    def figures(self) -> dict[str, float | int | None]:
        """Samples stored and replayed, bits of each; time left over by replay in idle time."""
        found: dict[str, float | int | None] = {
            "replay_stored_samples": self.stored,
            "replay_replayed_samples": self.replayed,
            "replay_sample_bits": self.bits,
        }
        if self.settings.when == "idle":
            found["replay_unused_us"] = self._unused / self.chip.clock * 1e6
        return found

    def offer(self, sample: Samples) -> bool:
        """Whether a sample is kept."""
        label = int(sample.label[0])
        self.seen[label] += 1
        place = self._place(label)
        if place is None:
            return False
        kept = replace(_own(sample), task_end=None)  # a task does not end again
        if self.settings.bits is not None:
            kept = regular(kept, (1 << self.settings.bits) - 1)
        if place == len(self.kept):
            self.kept.append(kept)
        else:
            self.kept[place] = kept
        return True

    def _words(self) -> int:
        """Of a sample."""
        return self.chip.words_of(self.settings.memory, self.bits)

    def _replay(self, samples: list[Samples]) -> Acts:
        took = yield Job("recalling", reads={self.settings.memory: len(samples) * self._words()})
        self._idle -= _cycles(took)
        self.replayed += len(samples)
        took = yield Presented(join(samples), "replay")
        self._idle -= _cycles(took)

    def _place(self, label: int) -> int | None:
        """Slot of a new sample of a class; None if it is not kept."""
        capacity = self.settings.capacity
        if len(self.kept) < capacity:
            return len(self.kept)
        if self.settings.policy == "fifo":
            self._next = (self._next + 1) % capacity
            return (self._next - 1) % capacity
        if self.settings.policy == "reservoir":
            place = int(self._rng.integers(self.seen.total()))
            return place if place < capacity else None
        labels = np.array([int(sample.label[0]) for sample in self.kept])
        classes, counts = np.unique(labels, return_counts=True)
        most = classes[counts == counts.max()]
        self._full.update(most.tolist())
        if label not in self._full:
            return int(self._rng.choice(np.flatnonzero(labels == self._rng.choice(most))))
        own = np.flatnonzero(labels == label)
        place = int(self._rng.integers(self.seen[label]))
        return int(own[place]) if place < own.size else None


def regular(sample: Samples, most: int) -> Samples:
    """A sample whose inputs spike as often as before, at most `most` times, at regular intervals."""
    ticks = sample.ticks
    inputs, numbers = np.unique(sample.event_address, return_counts=True)
    numbers = np.minimum(numbers, most)
    address = np.repeat(inputs, numbers)
    first = np.repeat(np.cumsum(numbers) - numbers, numbers)
    tick = (2 * (np.arange(address.size) - first) + 1) * ticks // (2 * np.repeat(numbers, numbers))
    order = np.lexsort((address, tick))
    return replace(
        sample,
        event_tick=tick[order].astype(np.int64),
        event_address=address[order].astype(np.int32),
        event_value=None,
    )


def _own(sample: Samples) -> Samples:
    """A sample that keeps no other arrays in memory, of which its own are views."""
    values = {field.name: getattr(sample, field.name) for field in fields(Samples)}
    arrays: dict[str, Any] = {name: value.copy() for name, value in values.items() if isinstance(value, np.ndarray)}
    return replace(sample, **arrays)


def _cycles(given: Shown | Done) -> int:
    cycles: NDArray[np.int64] | int = given.cycles
    return int(np.sum(cycles))
