"""Stage results on disk under the hash of exactly what they follow from.

An entry is a zip archive of JSON and arrays, whose members carry checksums. It is written beside its place and renamed
into it, so that any number of processes and sweeps may share a folder: who reads sees a whole entry or none, and two
who write the same entry write the same content. A damaged one is removed and computed again.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from accelsim.datapath.generate import cache_root

Stage = Literal["activity", "timing"]
STAGES: tuple[Stage, ...] = ("activity", "timing")
Reused = Literal["", "activity", "timing"]
"""The latest stage of a run that came from the cache."""
SUFFIX = ".zip"
MOST_RECENT = 16
"""Entries that a process keeps in memory."""
_DATE = (1980, 1, 1, 0, 0, 0)
"""Of every member: equal content gives equal files."""

T = TypeVar("T")


class DamagedEntry(Exception):
    """An entry that does not hold what was written."""


def default_folder() -> Path:
    """Where stage results are kept: beside the generated kernels, in the user's cache or `ACCELSIM_CACHE_DIR`."""
    return cache_root() / "stages"


class EntryWriter:
    """An entry being written beside its place.

    A full or read-only disk does not stop what is being computed: nothing more is written then, and `failed` says why.
    """

    def __init__(self, path: Path) -> None:
        self.failed: OSError | None = None
        self._path = path
        self._part = Path()
        self._archive: zipfile.ZipFile | None = None
        with self._trying():
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem[:16]}.", suffix=".part")
            self._part = Path(part)
            self._file = os.fdopen(descriptor, "wb")
            self._archive = zipfile.ZipFile(self._file, "w")

    def json(self, name: str, data: Any) -> None:
        """Add plain data."""
        self._add(f"{name}.json", json.dumps(data, allow_nan=False).encode())

    def array(self, name: str, values: NDArray[Any]) -> None:
        """Add an array."""
        buffer = io.BytesIO()
        np.save(buffer, values, allow_pickle=False)
        self._add(f"{name}.npy", buffer.getbuffer())

    def commit(self) -> None:
        """Put the whole entry into its place."""
        if self.failed is None and self._archive is not None:
            with self._trying():
                self._archive.close()
                self._file.close()
                os.replace(self._part, self._path)
        if self.failed is not None:
            self.discard()

    def discard(self) -> None:
        """Leave nothing behind."""
        if self._archive is not None:
            for part in (self._archive, self._file):
                with suppress(OSError, ValueError):
                    part.close()
        with suppress(OSError):
            self._part.unlink()

    def _add(self, name: str, content: Any) -> None:
        info = zipfile.ZipInfo(name, _DATE)
        info.compress_type = zipfile.ZIP_DEFLATED
        if self.failed is None and self._archive is not None:
            with self._trying():
                self._archive.writestr(info, content, compresslevel=1)

    @contextmanager
    def _trying(self) -> Iterator[None]:
        """What fails for lack of space or permission is remembered."""
        try:
            yield
        except OSError as error:
            self.failed = self.failed or error


class Entry:
    """An entry that is read piece by piece; every access may raise `DamagedEntry`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def json(self, name: str) -> Any:
        """Plain data."""
        return _intact(lambda: json.loads(self._archive.read(f"{name}.json")))

    def array(self, name: str) -> NDArray[Any]:
        """An array."""
        return _intact(lambda: np.load(io.BytesIO(self._archive.read(f"{name}.npy")), allow_pickle=False))


def _intact(read: Callable[[], T]) -> T:
    try:
        return read()
    except (OSError, ValueError, LookupError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DamagedEntry(str(error)) from None


@dataclass(frozen=True)
class Usage:
    """What a stage keeps."""

    stage: Stage
    entries: int
    size_bytes: int


class StageCache:
    """A folder of entries by stage and key.

    Parameters
    ----------
    folder : path, optional
        By default `default_folder()`.

    Attributes
    ----------
    notes : list of str
        What went wrong so far without stopping anything: entries that were damaged, or could not be written.
    """

    def __init__(self, folder: Path | str | None = None) -> None:
        self.folder = Path(folder) if folder is not None else default_folder()
        self.notes: list[str] = []
        self._recent: dict[str, Any] = {}

    def recall(self, key: str) -> Any:
        """What this process remembers of an entry it used lately; None if it does not."""
        return self._recent.get(key)

    def remember(self, key: str, thing: Any) -> None:
        """Keep what an entry holds in memory; the last few are."""
        self._recent.pop(key, None)
        self._recent[key] = thing
        if len(self._recent) > MOST_RECENT:
            del self._recent[next(iter(self._recent))]

    def read(self, stage: Stage, key: str, use: Callable[[Entry], T]) -> T | None:
        """What `use` makes of an entry; None if there is none, or it was damaged and is now removed."""
        path = self._path(stage, key)
        try:
            with path.open("rb") as file, _intact(lambda: zipfile.ZipFile(file)) as archive:
                return use(Entry(archive))
        except DamagedEntry as error:
            with suppress(OSError):
                path.unlink()
            self._note(f"{path}: damaged ({error or 'no archive'}); removed and computed again")
        except FileNotFoundError:
            pass
        except OSError as error:
            self._note(f"{path}: cannot be read ({(error.strerror or str(error)).lower()}); computed again")
        return None

    def write(self, stage: Stage, key: str, fill: Callable[[EntryWriter], T]) -> T:
        """Write an entry with what `fill` puts into it, and return what that gives, whether or not it can be kept."""
        writer = EntryWriter(self._path(stage, key))
        try:
            found = fill(writer)
        except BaseException:
            writer.discard()
            raise
        writer.commit()
        if writer.failed is not None:
            reason = (writer.failed.strerror or str(writer.failed)).lower()
            self._note(f"{self.folder}: stage results are not kept: {reason}")
        return found

    def usage(self) -> list[Usage]:
        """Entries and bytes of each stage."""
        return [
            Usage(stage, len(sizes), sum(sizes))
            for stage in STAGES
            for sizes in [[path.stat().st_size for path in self._files(stage)]]
        ]

    def clear(self) -> int:
        """Remove every entry; returns how many there were."""
        count = sum(1 for stage in STAGES for _ in self._files(stage))
        for stage in STAGES:
            shutil.rmtree(self.folder / stage, ignore_errors=True)
        return count

    def _files(self, stage: Stage) -> Iterator[Path]:
        return (self.folder / stage).glob(f"*/*{SUFFIX}")

    def _path(self, stage: Stage, key: str) -> Path:
        return self.folder / stage / key[:2] / (key + SUFFIX)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)
