"""Labelled recordings of events from files: spikes of a cochlea, cameras of events, time series by delta modulation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from accelsim.config.model import PathError
from accelsim.config.quantity import Time
from accelsim.controllers.samples import Samples
from accelsim.formats.aedat import read_aedat
from accelsim.formats.events import CameraEvents, bad_file
from accelsim.formats.nmnist import read_nmnist
from accelsim.formats.npz import ArraySpec, read_arrays
from accelsim.formats.spike_hdf5 import read_spike_hdf5
from accelsim.workload import encoders
from accelsim.workload.examples import Chosen, Labels, held_out_parts, pool_batches
from accelsim.workload.files import FromFiles

Side = Annotated[int, Field(gt=0, le=4096)]
CAMERAS: dict[str, tuple[str, Callable[[Path], CameraEvents]]] = {
    "nmnist": (".bin", read_nmnist),
    "aedat": (".aedat", read_aedat),
}
"""Ending and reader of the files of a format, one recording each."""


@dataclass(frozen=True, eq=False)
class EventPool:
    """Recordings cut into time steps (see :class:`accelsim.workload.examples.Pool`).

    Attributes
    ----------
    tick, address : int32 arrays, shape (events,)
        Of all recordings; sorted by time step within each.
    span : int64 array, shape (recordings, 2)
        First event of each recording of the pool, and the one after its last.
    label : int32 array, shape (recordings,)
    length : int
        Time steps of a recording.
    moved : int32 array, shape (inputs,), or None
        Where the events of each address arrive.
    """

    tick: NDArray[np.int32]
    address: NDArray[np.int32]
    span: NDArray[np.int64]
    label: Labels
    length: int
    moved: NDArray[np.int32] | None = None
    inputs: int = 0

    def samples(
        self, chosen: Chosen, training: bool, rng: np.random.Generator, order_rng: np.random.Generator
    ) -> Samples:
        """Some recordings; nothing is random about them."""
        del rng, order_rng
        first, stop = self.span[chosen].T
        which = np.repeat(np.arange(len(chosen)), stop - first)
        events = np.arange(len(which)) - np.repeat(np.cumsum(stop - first) - stop, stop - first)
        address = self.address[events]
        asked = np.ones(len(chosen) * self.length, np.uint8)
        return Samples(
            length=np.full(len(chosen), self.length, np.int32),
            event_tick=which * self.length + self.tick[events].astype(np.int64),
            event_address=address if self.moved is None else self.moved[address],
            label=self.label[chosen],
            label_tick=np.full(len(chosen), 0 if training else -1, np.int32),
            target_valid=asked if training else np.zeros_like(asked),
            infer=asked,
            targets=np.zeros((0, 0), np.int32),
            training=np.full(len(chosen), training),
        )

    def only(self, chosen: Chosen, label: Labels) -> Self:
        return replace(self, span=self.span[chosen], label=label)

    def permuted(self, rng: np.random.Generator) -> Self:
        return replace(self, moved=rng.permutation(self.inputs).astype(np.int32))


class Events(FromFiles):
    """Classification of recordings, one per sample.

    ======== ======================================================== ==============================================
    format   `path`                                                   inputs
    ======== ======================================================== ==============================================
    shd      HDF5 file as of the Heidelberg data sets                 units, `pooling` neighbours as one
    nmnist   folder of folders `0`, `1`, ... of `.bin` recordings     pixels, `pooling` x `pooling` as one
    aedat    folder of folders `0`, `1`, ... of `.aedat` recordings   pixels, `pooling` x `pooling` as one
    npz      file with `signals` (recordings, steps, channels) and    rises, then falls of each channel
             `labels`
    ======== ======================================================== ==============================================

    An input spikes at most once in a time step. What comes after `length` time steps is cut off. The answer counts all
    the time.
    """

    kind: Literal["events"]
    format: Literal["shd", "nmnist", "aedat", "npz"]
    """Of the files."""
    path: str
    """Where the recordings are; relative to the workload's file."""
    test_path: str | None = None
    """Where those for the test are."""
    held_out: int | None = Field(default=None, gt=0)
    """Without `test_path`: recordings kept for the test, drawn with the seed, classes in proportion."""
    classes: int = Field(default=10, ge=2, le=1000)
    """Number of classes."""
    tick: Time = Field(default=1e-3, gt=0)
    """Time step; of a time series, from one of its values to the next."""
    length: int = Field(default=100, gt=0, le=100_000)
    """Time steps of a sample."""
    units: Side = 700
    """Inputs of a cochlea."""
    sensor: tuple[Side, Side] = (34, 34)
    """Columns and rows of a camera."""
    polarities: bool = True
    """Whether pixels that become brighter and darker have inputs of their own."""
    pooling: Side = 1
    """Neighbours that share an input."""
    channels: Side = 1
    """Of a time series."""
    threshold: float = Field(default=0.1, gt=0)
    """Change of a time series that gives a spike, in its units."""

    paths: ClassVar[tuple[str, ...]] = ("path", "test_path")

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        if (self.test_path is None) == (self.held_out is None):
            raise PathError("held_out", "give either `test_path` or `held_out`")
        return self

    @property
    def inputs(self) -> int:
        """Number of input addresses."""
        if self.format == "shd":
            return -(-self.units // self.pooling)
        if self.format == "npz":
            return 2 * self.channels
        return self._pixels * (1 + self.polarities)

    @property
    def _pixels(self) -> int:
        return (-(-self.sensor[0] // self.pooling)) * (-(-self.sensor[1] // self.pooling))

    @property
    def outputs(self) -> int:
        """Number of classes."""
        return self.classes

    def ticks(self, training: bool) -> int:
        """Time steps of a sample."""
        return self.length

    def batches(self, rng: np.random.Generator, count: int, training: bool, seed: int, size: int) -> Iterator[Samples]:
        """Recordings, at most `size` at once; for training in random order, each once before any comes again."""
        return pool_batches(self.pool(seed, training), (rng, rng), count, training, size)

    def pool(self, seed: int, training: bool) -> EventPool:
        """One part of the recordings.

        Raises
        ------
        ConfigError
            If a file cannot be read or does not hold such recordings.
        """
        if self.test_path is not None:
            return _read(self, self.path if training else self.test_path, self.stamp())
        whole = _read(self, self.path, self.stamp())
        assert self.held_out is not None
        if not self.classes <= self.held_out <= len(whole.label) - self.classes:
            message = f"has {len(whole.label)} recordings; {self.held_out} cannot be held out of them"
            raise bad_file(self.path, message)
        try:
            chosen = held_out_parts(whole.label, self.held_out, seed)[0 if training else 1]
        except ValueError:
            raise bad_file(self.path, "has a class with a single recording, which cannot be held out") from None
        return whole.only(chosen, whole.label[chosen])


@lru_cache(maxsize=2)
def _read(task: Events, path: str, stamp: tuple[int, ...]) -> EventPool:
    """All recordings of a path."""
    if task.format == "shd":
        return _cochlea(task, path)
    return _series(task, path) if task.format == "npz" else _camera(task, path)


def _cochlea(task: Events, path: str) -> EventPool:
    spikes = read_spike_hdf5(path)
    if spikes.unit.max(initial=0) >= task.units:
        raise bad_file(path, f"unit {spikes.unit.max()} of {task.units}", "spikes/units")
    _check_labels(task, path, spikes.label)
    tick = np.floor(spikes.time_s / task.tick + 1e-6).astype(np.int64)
    sample = np.repeat(np.arange(spikes.label.size), np.diff(spikes.start))
    return _pool(task, sample, tick, spikes.unit.astype(np.int64) // task.pooling, spikes.label)


def _series(task: Events, path: str) -> EventPool:
    specs = [
        ArraySpec("signals", "number", ("recordings", "steps", task.channels)),
        ArraySpec("labels", "int", ("recordings",), low=0, high=task.classes - 1),
    ]
    arrays = read_arrays(Path(path), specs)
    signals = arrays["signals"][:, : task.length].astype(np.float64)
    if not signals.size:
        raise bad_file(path, "holds no values", "signals")
    sample, tick, address = np.nonzero(encoders.delta(signals, task.threshold))
    return _pool(task, sample, tick, address, arrays["labels"].astype(np.int32))


def _camera(task: Events, path: str) -> EventPool:
    ending, read = CAMERAS[task.format]
    label, parts = [], []
    for number in range(task.classes):
        for file in sorted((Path(path) / str(number)).glob(f"*{ending}")):
            parts.append(np.stack(_binned(task, file, read(file))))
            label.append(number)
    if not label:
        raise bad_file(path, f"no recordings `<class>/*{ending}` with classes 0 to {task.classes - 1}")
    sample = np.repeat(np.arange(len(parts)), [part.shape[1] for part in parts])
    tick, address = np.concatenate(parts, axis=1)
    return _pool(task, sample, tick, address, np.array(label, np.int32))


def _binned(task: Events, file: Path, events: CameraEvents) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Time steps and addresses of the events of one recording that are not cut off."""
    columns, rows = task.sensor
    outside = (events.x >= columns) | (events.y >= rows)
    if outside.any():
        i = int(np.argmax(outside))
        raise bad_file(file, f"event {i} at column {events.x[i]}, row {events.y[i]} of a sensor of {columns} x {rows}")
    begin = events.time_us.min(initial=np.iinfo(np.int64).max)
    tick = (events.time_us - begin) // max(1, round(task.tick * 1e6))
    across = -(-columns // task.pooling)
    address = events.y // task.pooling * across + events.x // task.pooling
    if task.polarities:
        address = address + task._pixels * ~events.on
    kept = tick < task.length
    return tick[kept], address[kept]


def _pool(
    task: Events, sample: NDArray[np.int64], tick: NDArray[np.int64], address: NDArray[np.int64], label: Labels
) -> EventPool:
    """Recordings whose events come in any order, each event once per time step and address."""
    kept = tick < task.length
    key = np.unique((sample[kept] * task.length + tick[kept]) * task.inputs + address[kept])
    step, address = np.divmod(key, task.inputs)
    bound = np.searchsorted(step, np.arange(label.size + 1) * task.length)
    span = np.stack([bound[:-1], bound[1:]], axis=1)
    return EventPool(
        (step % task.length).astype(np.int32), address.astype(np.int32), span, label, task.length, inputs=task.inputs
    )


def _check_labels(task: Events, path: str, label: Labels) -> None:
    if not label.size:
        raise bad_file(path, "holds no recordings", "labels")
    if label.max() >= task.classes:
        raise bad_file(path, f"class {label.max()}; expected 0 to {task.classes - 1}", "labels")
