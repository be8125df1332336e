"""A run that was interrupted goes on later: everything that it was is written to a file between two chunks of samples.

The file holds pickled data behind a line of JSON with their hash and that of the inputs. Only data of the classes that
runs are made of are read; a file of another run, or one that was changed, is refused.
"""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from accelsim.config.errors import ConfigError, Problem
from accelsim.controllers.base import Controller
from accelsim.controllers.samples import Samples
from accelsim.formats.atomic import write_bytes_atomic
from accelsim.simulation.about import identity, versions
from accelsim.simulation.setup import Setup
from accelsim.workload.stream import Chunk

FILE = "resume.bin"
EVERY_S = 60.0
"""Seconds between two writes."""
_ALLOWED = {
    "builtins": {"set", "frozenset", "complex", "slice", "range", "bytearray"},
    "collections": {"deque", "Counter", "OrderedDict", "defaultdict"},
    "copyreg": {"_reconstructor"},
    "numpy": {"ndarray", "dtype"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.numeric": {"_frombuffer"},
    "numpy.core.multiarray": {"_reconstruct", "scalar"},
    "numpy.core.numeric": {"_frombuffer"},
    "numpy.random._pickle": {"__generator_ctor", "__bit_generator_ctor"},
    "numpy.random._pcg64": {"PCG64"},
    "numpy.random.bit_generator": {"SeedSequence", "__pyx_unpickle_SeedSequence"},
}
"""What a file may name besides this package's own classes."""


class Interrupted(Exception):
    """A run was asked to stop, and can be resumed."""


class Keeper:
    """Writes what a run needs to go on, every so often and when it is asked to stop.

    Parameters
    ----------
    folder : Path
        Where the file is.
    every_s : float
        Seconds between two writes.
    resume : bool
        Whether to go on from the file.
    """

    def __init__(self, folder: Path, *, every_s: float = EVERY_S, resume: bool = False) -> None:
        self.path = Path(folder) / FILE
        self.every_s = every_s
        self.resume = resume
        self._asked = False
        self._inputs = ""
        self._first = 0
        self._seen = ""

    def stop(self) -> None:
        """Ask the run to stop after the present chunk of samples."""
        self._asked = True

    def load(self, setup: Setup, engine: str, window: tuple[int, int] | None) -> dict[str, Any] | None:
        """Begin a run; what it was when it was interrupted, if it is to be resumed.

        Raises
        ------
        ConfigError
            If there is nothing to resume, or it was a run of other inputs.
        """
        self._inputs = _inputs(setup, engine, window)
        if not self.resume:
            return None
        header, payload = self._read()
        if header.get("inputs") != self._inputs:
            raise self._problem("is of a run of other inputs, settings, seed or versions; run again without --resume")
        try:
            state: dict[str, Any] = _Reader(io.BytesIO(payload)).load()
        except Exception as error:
            raise self._problem(f"cannot be read: {error}") from None
        self._first, self._seen = header["chunks"], header["seen"]
        return state

    def watch(self, stream: Iterator[Chunk], state: Callable[[], dict[str, Any]]) -> Iterator[Chunk]:
        """The chunks of a stream that are still to be run.

        Raises
        ------
        Interrupted
            If it was asked to stop; the file is written.
        """
        written = time.monotonic()
        for number, chunk in enumerate(stream):
            if number == 0:
                self._check(_digest(chunk.samples))
            if number < self._first:
                continue
            due = time.monotonic() - written >= self.every_s
            if (number > self._first and due) or self._asked:
                self._write(number, state())
                written = time.monotonic()
            if self._asked:
                raise Interrupted
            yield chunk

    def finish(self) -> None:
        """The run is complete: there is nothing to resume."""
        self.path.unlink(missing_ok=True)

    def _check(self, seen: str) -> None:
        if self._seen not in ("", seen):
            raise self._problem("is of a run of other data; run again without --resume")
        self._seen = seen

    def _write(self, chunks: int, state: dict[str, Any]) -> None:
        payload = pickle.dumps(state, protocol=5)
        header = {
            "chunks": chunks,
            "inputs": self._inputs,
            "seen": self._seen,
            "sha256": hashlib.sha256(payload).hexdigest(),
        }
        write_bytes_atomic(self.path, json.dumps(header).encode() + b"\n" + payload)

    def _read(self) -> tuple[dict[str, Any], bytes]:
        try:
            line, _, payload = self.path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            raise self.missing() from None
        try:
            header = json.loads(line)
            whole = header["sha256"] == hashlib.sha256(payload).hexdigest()
        except (ValueError, KeyError, TypeError):
            whole = False
        if not whole:
            raise self._problem("is damaged; run again without --resume")
        return header, payload

    def missing(self) -> ConfigError:
        """There is nothing to resume."""
        return self._problem("no such file: there is no interrupted run to go on with")

    def _problem(self, message: str) -> ConfigError:
        return ConfigError(Problem(str(self.path), message=message))


class _Reader(pickle.Unpickler):
    """Reads plain data, arrays, and instances of this package's classes."""

    def find_class(self, module: str, name: str) -> Any:
        if name in _ALLOWED.get(module, ()):
            return super().find_class(module, name)
        if module.startswith("accelsim."):
            found = super().find_class(module, name)
            if isinstance(found, type):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is nothing that runs are made of")


def resumable(setup: Setup) -> bool:
    """Whether a run can be; queues of event-driven cores are not written."""
    return isinstance(setup.controller, Controller)


def _inputs(setup: Setup, engine: str, window: tuple[int, int] | None) -> str:
    documents = [identity(document)["sha256"] for document in (setup.architecture_document, setup.workload_document)]
    text = json.dumps([documents, versions(), setup.seed, engine, window])
    return hashlib.sha256(text.encode()).hexdigest()


def _digest(samples: Samples) -> str:
    found = hashlib.sha256()
    for array in (samples.length, samples.event_tick, samples.event_address, samples.label, samples.targets):
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()
