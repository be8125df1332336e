"""The stream of samples of a workload, in chunks of bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from accelsim.config.document import Document
from accelsim.controllers.samples import Samples
from accelsim.workload.recorded import read_recorded
from accelsim.workload.schema import Recorded, Workload

CHUNK_TICKS = 20_000
"""Time steps processed at once; bounds the memory of a run whatever its length."""


@dataclass(frozen=True)
class Chunk:
    """Some samples of one epoch and split."""

    epoch: int
    split: str
    """`train` or `test`."""
    samples: Samples


def recording_of(workload: Workload, document: Document | None = None) -> Samples | None:
    """The recording that a workload names, or None if its task draws its samples.

    Raises
    ------
    ConfigError
        If it cannot be read or does not fit the network.
    """
    task = workload.task
    return read_recorded(task, workload.network, document) if isinstance(task, Recorded) else None


def chunks(workload: Workload, seed: int, recording: Samples | None = None) -> Iterator[Chunk]:
    """All samples of a run in order: per epoch the training samples, then the test samples.

    The samples of an epoch and split depend on the seed, the epoch and the split only, not on the chunks.
    """
    task = workload.task
    if isinstance(task, Recorded):
        assert recording is not None
        yield from _recorded_chunks(workload, recording)
        return
    for epoch in range(workload.epochs):
        for split, count in (("train", workload.training_samples), ("test", workload.test_samples)):
            rng = np.random.default_rng(np.random.SeedSequence([seed, crc32(f"task.{split}".encode()), epoch]))
            training = split == "train"
            for samples in task.batches(rng, count, training, seed, max(1, CHUNK_TICKS // task.ticks(training))):
                yield Chunk(epoch, split, samples)


def _recorded_chunks(workload: Workload, recorded: Samples) -> Iterator[Chunk]:
    """A recording, repeated every epoch; runs of samples with learning on or off are one split."""
    for epoch in range(workload.epochs):
        for start, stop in _groups(recorded):
            split = "train" if recorded.training[start] else "test"
            yield Chunk(epoch, split, recorded.part(start, stop))


def _groups(recorded: Samples) -> Iterator[tuple[int, int]]:
    start = 0
    for i in range(1, len(recorded) + 1):
        full = i < len(recorded) and recorded.length[start : i + 1].sum() > CHUNK_TICKS
        if i == len(recorded) or full or recorded.training[i] != recorded.training[start]:
            yield start, i
            start = i


def total_samples(workload: Workload, recording: Samples | None = None) -> int:
    """Samples of a whole run."""
    per_epoch = workload.training_samples + workload.test_samples if recording is None else len(recording)
    return workload.epochs * per_epoch


def middle_sample(workload: Workload, recording: Samples | None = None) -> int:
    """Number in the run of the middle sample of the middle epoch, of those that are learnt from if there are any."""
    epoch = workload.epochs // 2
    if recording is None:
        training, test = workload.training_samples, workload.test_samples
        return epoch * (training + test) + (training or test) // 2
    learnt = np.flatnonzero(recording.training)
    inside = int(learnt[learnt.size // 2]) if learnt.size else len(recording) // 2
    return epoch * len(recording) + inside


def total_ticks(workload: Workload, recording: Samples | None = None) -> int:
    """Time steps of a whole run."""
    if isinstance(workload.task, Recorded):
        assert recording is not None
        return workload.epochs * recording.ticks
    task = workload.task
    per_epoch = workload.training_samples * task.ticks(True) + workload.test_samples * task.ticks(False)
    return workload.epochs * per_epoch
