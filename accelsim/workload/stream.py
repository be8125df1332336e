"""The stream of samples of a workload, in chunks of bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem
from accelsim.controllers.samples import Samples
from accelsim.workload.images import Images
from accelsim.workload.recorded import read_recorded
from accelsim.workload.recordings import Events
from accelsim.workload.schema import Recorded, Workload
from accelsim.workload.tasks import Block

CHUNK_TICKS = 20_000
"""Time steps processed at once; bounds the memory of a run whatever its length."""


@dataclass(frozen=True)
class Chunk:
    """Some samples of one epoch and split."""

    epoch: int
    """In a stream of tasks the number of the experience, from 1, and 0 for the tests before any training."""
    split: str
    """`train` or `test`."""
    samples: Samples
    task: int | None = None
    """Trained or tested, in a stream of tasks."""
    block: int = 0
    """Number of the uninterrupted run of samples of one epoch, split and task that it belongs to."""


def recording_of(workload: Workload, document: Document | None = None) -> Samples | None:
    """The recording that a workload names, or None if its task draws its samples.

    Raises
    ------
    ConfigError
        If it cannot be read or does not fit the network.
    """
    task = workload.task
    return read_recorded(task, workload.network, document) if isinstance(task, Recorded) else None


def data_problems(workload: Workload, document: Document, seed: int) -> Iterator[Problem]:
    """What is wrong with the files that a workload's samples come from, or lacks for its tasks."""
    task, found = workload.task, 0
    if isinstance(task, Events | Images):
        for training in (True, False):
            try:
                task.pool(seed, training)
            except ConfigError as error:
                found += 1
                yield from error.problems
    if workload.tasks is not None and not found:
        for shortage in workload.tasks.shortages(task, seed):
            yield document.problem(("tasks", *shortage.path), str(shortage))


def chunks(workload: Workload, seed: int, recording: Samples | None = None) -> Iterator[Chunk]:
    """All samples of a run in order: per epoch the training samples, then the test samples.

    The samples of an epoch and split depend on the seed, the epoch and the split only, not on the chunks. Streams of
    tasks have an order of their own (see :mod:`accelsim.workload.tasks`).
    """
    task, stream = workload.task, workload.tasks
    if isinstance(task, Recorded):
        assert recording is not None
        yield from _recorded_chunks(workload, recording)
        return
    if stream is not None:
        for block in stream.blocks(task, seed):
            size = max(1, CHUNK_TICKS // task.ticks(block.split == "train"))
            for samples in stream.stream(task, block, seed, size):
                yield Chunk(block.epoch, block.split, samples, block.task, block.number)
        return
    for epoch in range(workload.epochs):
        for place, split, count in ((0, "train", workload.training_samples), (1, "test", workload.test_samples)):
            rng = np.random.default_rng(np.random.SeedSequence([seed, crc32(f"task.{split}".encode()), epoch]))
            training = split == "train"
            for samples in task.batches(rng, count, training, seed, max(1, CHUNK_TICKS // task.ticks(training))):
                yield Chunk(epoch, split, samples, block=2 * epoch + place)


def _recorded_chunks(workload: Workload, recorded: Samples) -> Iterator[Chunk]:
    """A recording, repeated every epoch; runs of samples with learning on or off are one split."""
    block, before = -1, None
    for epoch in range(workload.epochs):
        for start, stop in _groups(recorded):
            split = "train" if recorded.training[start] else "test"
            block, before = block + ((epoch, split) != before), (epoch, split)
            yield Chunk(epoch, split, recorded.part(start, stop), block=block)


def _groups(recorded: Samples) -> Iterator[tuple[int, int]]:
    start = 0
    for i in range(1, len(recorded) + 1):
        full = i < len(recorded) and recorded.length[start : i + 1].sum() > CHUNK_TICKS
        if i == len(recorded) or full or recorded.training[i] != recorded.training[start]:
            yield start, i
            start = i


def total_samples(workload: Workload, recording: Samples | None, seed: int) -> int:
    """Samples of a whole run."""
    if workload.tasks is not None:
        return sum(block.samples for block in workload.tasks.blocks(workload.task, seed))
    per_epoch = workload.training_samples + workload.test_samples if recording is None else len(recording)
    return workload.epochs * per_epoch


def middle_sample(workload: Workload, recording: Samples | None, seed: int) -> int:
    """Number in the run of the middle sample of the middle epoch, of those that are learnt from if there are any."""
    if workload.tasks is not None:
        return _middle_of_stream(list(workload.tasks.blocks(workload.task, seed)))
    epoch = workload.epochs // 2
    if recording is None:
        training, test = workload.training_samples, workload.test_samples
        return epoch * (training + test) + (training or test) // 2
    learnt = np.flatnonzero(recording.training)
    inside = int(learnt[learnt.size // 2]) if learnt.size else len(recording) // 2
    return epoch * len(recording) + inside


def _middle_of_stream(blocks: list[Block]) -> int:
    """Number of the middle sample of the middle training block."""
    trained = [block for block in blocks if block.split == "train"]
    middle = trained[len(trained) // 2]
    return sum(block.samples for block in blocks[: middle.number]) + middle.samples // 2


def total_ticks(workload: Workload, recording: Samples | None, seed: int) -> int:
    """Time steps of a whole run."""
    task = workload.task
    if isinstance(task, Recorded):
        assert recording is not None
        return workload.epochs * recording.ticks
    if workload.tasks is not None:
        blocks = workload.tasks.blocks(task, seed)
        return sum(block.samples * task.ticks(block.split == "train") for block in blocks)
    per_epoch = workload.training_samples * task.ticks(True) + workload.test_samples * task.ticks(False)
    return workload.epochs * per_epoch
