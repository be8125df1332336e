"""Arrays from untrusted ``.npz`` files: no pickles, declared shapes, types and ranges, bounded size."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from accelsim.config.errors import ConfigError, Problem, check, did_you_mean

MAX_BYTES = 2 * 1024**3
_KINDS = {"bool": "b", "int": "iu", "float": "f", "number": "iuf", "text": "U"}
_WORDS = {"bool": "booleans", "int": "integers", "float": "floats", "number": "numbers", "text": "texts"}


@dataclass(frozen=True)
class ArraySpec:
    """What an array of a file must be.

    Parameters
    ----------
    name
        Its name in the file.
    kind
        ``bool``, ``int`` (signed or unsigned), ``float``, ``number`` (int or float) or ``text``.
    shape
        One entry for each dimension: a length, or a name that stands for the same length throughout the file.
    required
        Whether the file must have it.
    low, high
        Inclusive range of every element. Floats must be finite in any case.
    """

    name: str
    kind: str
    shape: tuple[int | str, ...]
    required: bool = True
    low: float | None = None
    high: float | None = None


def read_arrays(
    path: str | os.PathLike[str], specs: Iterable[ArraySpec], *, max_bytes: int = MAX_BYTES
) -> dict[str, np.ndarray]:
    """Read and check the arrays of an ``.npz`` file; others in the file are left alone.

    Parameters
    ----------
    path
        The file.
    specs
        The arrays to read.
    max_bytes
        Largest unpacked size of all of them together, in bytes; checked before anything is unpacked.

    Returns
    -------
    dict
        The arrays by name; optional ones that are missing are left out.

    Raises
    ------
    ConfigError
        With every problem: ``file.npz  weights[3, 7]: nan is not a finite number``.
    """
    file, specs = os.fspath(path), tuple(specs)
    arrays: dict[str, np.ndarray] = {}
    problems: list[Problem] = []
    for spec, array, message in _members(file, specs, max_bytes):
        if array is None:
            problems.append(Problem(file, path=spec.name, message=message))
        else:
            arrays[spec.name] = array
    sizes: dict[str, tuple[int, str]] = {}
    for spec in specs:
        if spec.name in arrays:
            problems.extend(
                Problem(file, path=spec.name + index, message=message)
                for index, message in _mistakes(spec, arrays[spec.name], sizes)
            )
    check(problems)
    return arrays


def _members(
    file: str, specs: tuple[ArraySpec, ...], max_bytes: int
) -> Iterator[tuple[ArraySpec, np.ndarray | None, str]]:
    """Yield each array that is there, or None and the reason why it cannot be had."""
    try:
        with zipfile.ZipFile(file) as archive:
            packed = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            size = sum(packed[spec.name].file_size for spec in specs if spec.name in packed)
            if size > max_bytes:
                message = f"unpacks to {size} bytes, more than the limit of {max_bytes}"
                raise ConfigError(Problem(file, message=message))
            for spec in specs:
                if spec.name in packed:
                    array, message = _read(archive, packed[spec.name])
                    yield spec, array, message
                elif spec.required:
                    others = packed.keys() - {known.name for known in specs}
                    yield spec, None, f"missing{did_you_mean(spec.name, others)}"
    except (zipfile.BadZipFile, NotImplementedError):
        raise ConfigError(Problem(file, message="not an npz file, or a damaged one")) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(Problem(file, message=f"cannot be read: {reason}")) from None


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[np.ndarray | None, str]:
    try:
        with archive.open(info) as stream:
            # A forged header must not make numpy allocate more than the size that was checked.
            version = np.lib.format.read_magic(stream)
            shape, _, dtype = _HEADERS[version](stream)
        if dtype.hasobject:
            return None, "holds Python objects; expected numbers"
        if np.prod(shape, dtype=object) * dtype.itemsize > info.file_size:
            return None, "damaged: shorter than its header says"
        with archive.open(info) as stream:
            return np.lib.format.read_array(stream, allow_pickle=False), ""
    except zipfile.BadZipFile:
        return None, "damaged: the checksum does not match"
    except (ValueError, EOFError, KeyError, zlib.error, NotImplementedError, RuntimeError):
        return None, "damaged, or not an array"


_HEADERS: dict[tuple[int, int], Any] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def _mistakes(spec: ArraySpec, array: np.ndarray, sizes: dict[str, tuple[int, str]]) -> Iterator[tuple[str, str]]:
    """Yield (index, message) for what is wrong with an array; `sizes` collects the named dimensions."""
    if array.dtype.kind not in _KINDS[spec.kind]:
        yield "", f"holds {array.dtype}; expected {_WORDS[spec.kind]}"
        return
    shape = "(" + ", ".join(map(str, spec.shape)) + ("," if len(spec.shape) == 1 else "") + ")"
    if array.ndim != len(spec.shape):
        yield "", f"has shape {array.shape}; expected {shape}"
        return
    for axis, (length, wanted) in enumerate(zip(array.shape, spec.shape, strict=True)):
        if isinstance(wanted, str):
            known, owner = sizes.setdefault(wanted, (length, spec.name))
            if length != known:
                yield "", f"has {length} entries along axis {axis} ({wanted}), but `{owner}` has {known}"
        elif length != wanted:
            yield "", f"has shape {array.shape}; expected {shape}"
            return
    yield from _outliers(spec, array)


def _outliers(spec: ArraySpec, array: np.ndarray) -> Iterator[tuple[str, str]]:
    """Yield the first element of each sort that is not finite or out of range."""
    tests: list[tuple[np.ndarray, str]] = []
    if array.dtype.kind == "f":
        tests.append((~np.isfinite(array), "a finite number"))
    if spec.low is not None:
        tests.append((array < spec.low, f">= {spec.low}"))
    if spec.high is not None:
        tests.append((array > spec.high, f"<= {spec.high}"))
    for bad, wanted in tests:
        count = int(np.count_nonzero(bad))
        if count:
            first = tuple(int(axis) for axis in np.unravel_index(int(np.argmax(bad)), array.shape))
            more = f" ({count} such values)" if count > 1 else ""
            index = f"[{', '.join(map(str, first))}]" if first else ""
            yield index, f"{array[first]} is not {wanted}{more}"
