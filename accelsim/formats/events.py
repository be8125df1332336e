"""Recordings of event-based sensors as arrays, and the errors of files that do not hold what they should."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelsim.config.errors import ConfigError, Problem


@dataclass(frozen=True, eq=False)
class CameraEvents:
    """Events of a camera whose pixels report changes of brightness.

    Attributes
    ----------
    x, y : int64 arrays, shape (events,)
        Column and row as the file has them, from 0.
    on : bool array, shape (events,)
        Whether the pixel became brighter.
    time_us : int64 array, shape (events,)
    """

    x: NDArray[np.int64]
    y: NDArray[np.int64]
    on: NDArray[np.bool_]
    time_us: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class UnitEvents:
    """Spikes of numbered units, a recording per sample.

    Attributes
    ----------
    time_s : float32 array, shape (spikes,)
    unit : int32 array, shape (spikes,)
    start : int64 array, shape (samples + 1,)
        Spikes of sample i are ``start[i]`` up to ``start[i + 1]``.
    label : int32 array, shape (samples,)
    """

    time_s: NDArray[np.float32]
    unit: NDArray[np.int32]
    start: NDArray[np.int64]
    label: NDArray[np.int32]


def file_bytes(path: str | os.PathLike[str]) -> bytes:
    """Content of a file; ConfigError if it cannot be read."""
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise bad_file(path, f"cannot be read: {(error.strerror or str(error)).lower()}") from None


def bad_file(path: str | os.PathLike[str], message: str, where: str | int | None = None) -> ConfigError:
    """Return the error to raise for a data file: `where` is a field, or the offset of a byte."""
    place = f"byte {where}" if isinstance(where, int) else where
    return ConfigError(Problem(os.fspath(path), path=place, message=message))
