"""Labelled pictures from files: IDX (the format of MNIST and Fashion-MNIST) or `.npz`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from accelsim.config.model import PathError
from accelsim.formats.events import bad_file
from accelsim.formats.idx import read_idx
from accelsim.formats.npz import ArraySpec, read_arrays
from accelsim.workload.examples import Pictures, held_out_parts
from accelsim.workload.files import FromFiles

Brightness = NDArray[np.float64]
Labels = NDArray[np.int32]


class Images(Pictures, FromFiles):
    """Classification of pictures from files, a picture per sample, shown as digits are.

    The files are IDX files, plain or gzipped, or `.npz` files with an array `images` (pictures, rows, columns) and an
    array `labels` (pictures,). Bytes mean 0 to 255; floats are brightness from 0 to 1.
    """

    kind: Literal["images"]
    images: str
    """File of the pictures; relative to the workload's file."""
    labels: str | None = None
    """File of their classes; not for an `.npz` file."""
    test_images: str | None = None
    """File of pictures for the test."""
    test_labels: str | None = None
    """File of their classes."""
    held_out: int | None = Field(default=None, gt=0)
    """Without files for the test: pictures kept for it, drawn with the seed, classes in proportion."""
    size: tuple[int, int] = (28, 28)
    """Rows and columns of a picture."""
    classes: int = Field(default=10, ge=2, le=1000)
    """Number of classes."""

    paths: ClassVar[tuple[str, ...]] = ("images", "labels", "test_images", "test_labels")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if min(self.size) < 1:
            raise PathError("size", f"{list(self.size)} are no rows and columns")
        if (self.test_images is None) == (self.held_out is None):
            raise PathError("held_out", "give either `test_images` or `held_out`")
        for name, labels in (("images", "labels"), ("test_images", "test_labels")):
            file, needed = getattr(self, name), getattr(self, labels) is None
            if file is not None and needed != file.endswith(".npz"):
                raise PathError(labels, "missing" if needed else f"`{file}` has its own labels; remove this key")
        return self

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of a picture."""
        return self.size

    @property
    def outputs(self) -> int:
        """Number of classes."""
        return self.classes

    def features(self, seed: int, training: bool) -> tuple[Brightness, Labels]:
        """Brightness of the pixels, (pictures, pixels), and classes of one part of the set.

        Raises
        ------
        ConfigError
            If a file cannot be read or does not hold such pictures.
        """
        if self.test_images is not None:
            return _read(self, training, self.stamp())
        brightness, label = _read(self, True, self.stamp())
        assert self.held_out is not None
        if not self.classes <= self.held_out <= len(label) - self.classes:
            raise bad_file(self.images, f"has {len(label)} pictures; {self.held_out} cannot be held out of them")
        try:
            chosen = held_out_parts(label, self.held_out, seed)[0 if training else 1]
        except ValueError:
            raise bad_file(self.images, "has a class with a single picture, which cannot be held out") from None
        return brightness[chosen], label[chosen]


@lru_cache(maxsize=2)
def _read(task: Images, training: bool, stamp: tuple[int, ...]) -> tuple[Brightness, Labels]:
    """Brightness, (pictures, pixels), and classes of a pair of files."""
    images, labels = (task.images, task.labels) if training else (task.test_images, task.test_labels)
    assert images is not None
    pictures: NDArray[Any]
    if labels is None:
        specs = [
            ArraySpec("images", "number", ("pictures", *task.size), low=0, high=255),
            ArraySpec("labels", "int", ("pictures",), low=0, high=task.classes - 1),
        ]
        arrays = read_arrays(Path(images), specs)
        pictures, label, source = arrays["images"], arrays["labels"], images
        if pictures.dtype.kind == "f" and pictures.size and pictures.max() > 1:
            raise bad_file(images, "floats are brightness from 0 to 1", "images")
    else:
        pictures, label, source = read_idx(images, 3), read_idx(labels, 1), labels
        if pictures.dtype != np.uint8:
            raise bad_file(images, f"holds {pictures.dtype}; expected unsigned bytes", 2)
        if pictures.shape[1:] != task.size:
            rows, columns = pictures.shape[1:]
            raise bad_file(images, f"pictures of {rows} x {columns}; expected {task.size[0]} x {task.size[1]}", 8)
        if len(label) != len(pictures):
            raise bad_file(labels, f"{len(label)} labels for {len(pictures)} pictures", 4)
        if label.size and not 0 <= label.min() <= label.max() < task.classes:
            raise bad_file(labels, f"labels {label.min()} to {label.max()}; expected 0 to {task.classes - 1}")
    if not len(label):
        raise bad_file(source, "holds no pictures")
    scale = 255.0 if pictures.dtype.kind in "iu" else 1.0
    return pictures.reshape(len(pictures), -1) / scale, label.astype(np.int32)
