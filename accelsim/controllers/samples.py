"""Stimulus of a spiking workload: a chunk of samples as flat arrays over its time steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Samples:
    """Consecutive samples of a spiking workload.

    S samples follow each other without a gap; together they have K ticks (time steps), numbered from 0.

    Parameters
    ----------
    length : (S,) int32
        Ticks of each sample, at least 1.
    event_tick : (n,) int64
        Tick of each input event, sorted.
    event_address : (n,) int32
        Input that each event arrives on.
    label : (S,) int32
        Class of each sample.
    label_tick : (S,) int32
        Tick of the sample before which its label is handed over; -1 if only on request.
    target_valid : (K,) uint8
        Whether the target may be learnt from in each tick.
    infer : (K,) uint8
        Whether the readout of each tick counts towards the answer.
    targets : (K, outputs) int32
        Regression targets, or (0, 0); float64 for cores that take them as they are.
    training : (S,) bool
        Whether learning is on during each sample.
    task_end : (S,) bool, optional
        Whether a task ends with each sample.
    plastic : (K,) float64, optional
        Factor that makes the whole core plastic in each tick, for rules that ask for it; 1 without.
    overlapped
        Whether the events of the next tick arrive while the current one is processed.
    event_value : (n,) float32, optional
        Payload of each event, where events are graded.
    """

    length: NDArray[np.int32]
    event_tick: NDArray[np.int64]
    event_address: NDArray[np.int32]
    label: NDArray[np.int32]
    label_tick: NDArray[np.int32]
    target_valid: NDArray[np.uint8]
    infer: NDArray[np.uint8]
    targets: NDArray[np.int32]
    training: NDArray[np.bool_]
    overlapped: bool = False
    event_value: NDArray[np.float32] | None = None
    task_end: NDArray[np.bool_] | None = None
    plastic: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return self.length.size

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # nobody changes samples

    @property
    def ticks(self) -> int:
        """Ticks of all samples together (K)."""
        return self.target_valid.size

    @cached_property
    def start(self) -> NDArray[np.int64]:
        """(S,) first tick of each sample."""
        return np.cumsum(self.length, dtype=np.int64) - self.length

    @cached_property
    def sample_of_tick(self) -> NDArray[np.int64]:
        """(K,) sample that each tick belongs to."""
        return np.repeat(np.arange(len(self)), self.length)

    @cached_property
    def tick_index(self) -> NDArray[np.int32]:
        """(K,) position of each tick in its sample."""
        return (np.arange(self.ticks) - self.start[self.sample_of_tick]).astype(np.int32)

    @cached_property
    def first(self) -> NDArray[np.uint8]:
        """(K,) 1 in the first tick of each sample."""
        return (self.tick_index == 0).astype(np.uint8)

    @cached_property
    def last(self) -> NDArray[np.uint8]:
        """(K,) 1 in the last tick of each sample."""
        return (self.tick_index == self.length[self.sample_of_tick] - 1).astype(np.uint8)

    @cached_property
    def ends_task(self) -> NDArray[np.uint8]:
        """(K,) 1 in the last tick of each sample with which a task ends."""
        if self.task_end is None:
            return np.zeros(self.ticks, np.uint8)
        return self.last * self.task_end[self.sample_of_tick].astype(np.uint8)

    @cached_property
    def plasticity(self) -> NDArray[np.float64]:
        """(K,) factor that makes the whole core plastic."""
        return np.ones(self.ticks) if self.plastic is None else self.plastic

    @cached_property
    def event_start(self) -> NDArray[np.int64]:
        """(K + 1,) events of tick t are ``event_start[t]`` up to ``event_start[t + 1]``."""
        return np.searchsorted(self.event_tick, np.arange(self.ticks + 1)).astype(np.int64)

    def events_of(self, i: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Tick in the sample and address of every event of sample `i`, in order."""
        first = int(self.start[i])
        events = slice(*np.searchsorted(self.event_tick, (first, first + int(self.length[i]))))
        return self.event_tick[events] - first, self.event_address[events].astype(np.int64)

    def inferred(self) -> Samples:
        """The same samples, not learnt from."""
        return replace(self, training=np.zeros_like(self.training))

    def without(self, lost: NDArray[np.int64]) -> Samples:
        """The same samples without the last `lost` events of each tick, (K,)."""
        if not lost.any():
            return self
        kept = np.arange(self.event_tick.size) < (self.event_start[1:] - lost)[self.event_tick]
        return replace(
            self,
            event_tick=self.event_tick[kept],
            event_address=self.event_address[kept],
            event_value=None if self.event_value is None else self.event_value[kept],
        )

    def part(self, start: int, stop: int) -> Samples:
        """Samples `start` up to `stop` as a chunk of their own."""
        first = int(self.start[start])
        end = first + int(self.length[start:stop].sum())
        events = slice(*np.searchsorted(self.event_tick, (first, end)))
        return Samples(
            length=self.length[start:stop],
            event_tick=self.event_tick[events] - first,
            event_address=self.event_address[events],
            label=self.label[start:stop],
            label_tick=self.label_tick[start:stop],
            target_valid=self.target_valid[first:end],
            infer=self.infer[first:end],
            targets=self.targets[first:end],
            training=self.training[start:stop],
            overlapped=self.overlapped,
            event_value=None if self.event_value is None else self.event_value[events],
            task_end=None if self.task_end is None else self.task_end[start:stop],
            plastic=None if self.plastic is None else self.plastic[first:end],
        )


def join(parts: Sequence[Samples]) -> Samples:
    """Samples of several chunks, one after the other; all have the same optional arrays."""
    first = parts[0]
    offsets = np.cumsum([0, *(part.ticks for part in parts[:-1])])

    def joined(name: str) -> Any:
        return None if getattr(first, name) is None else np.concatenate([getattr(part, name) for part in parts])

    names = [field.name for field in fields(Samples) if field.name not in ("overlapped", "event_tick")]
    ticks = [part.event_tick + offset for part, offset in zip(parts, offsets, strict=True)]
    return Samples(
        event_tick=np.concatenate(ticks), overlapped=first.overlapped, **{name: joined(name) for name in names}
    )
