"""What a worker is sent for a design point, and the key that says whether it was run before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import accelsim
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, check, did_you_mean
from accelsim.config.library import find_shipped, shipped
from accelsim.config.loader import load_document
from accelsim.config.model import Model, validate
from accelsim.config.overrides import Override
from accelsim.explore.points import Point, axes, check_keys
from accelsim.explore.schema import KINDS, SweepDocument
from accelsim.simulation.kinds import architecture_model, workload_model
from accelsim.workload.schema import Recorded, Workload
from accelsim.workload.stepped import FromFile, SteppedWorkload


@dataclass(frozen=True)
class Task:
    """A run: all that a worker on any machine with the same files needs to know."""

    architecture: Document
    workload: Document
    seed: int
    engine: Literal["compiled", "simpy"]
    plugins: tuple[str, ...] = ()


class Tasks:
    """Makes the runs of a sweep out of its two documents.

    Parameters
    ----------
    plan, document
        The sweep.
    plugins
        Plug-in files of the user, loaded wherever a point is run.

    Raises
    ------
    ConfigError
        If a document cannot be loaded or an axis leads to no key of it.
    """

    def __init__(self, plan: SweepDocument, document: Document, plugins: Iterable[str | Path] = ()) -> None:
        self.engine = plan.engine
        self.bases = _load(plan, document)
        check_keys(
            axes(plan, document), document, {kind: (self.bases[kind], _model(kind, self.bases[kind])) for kind in KINDS}
        )
        self.plugins = tuple(str(Path(path).resolve()) for path in plugins)
        self.plugin_hashes = {Path(path).name: file_hash(Path(path)) for path in self.plugins}
        self._digests: dict[tuple[str, str], str | ConfigError] = {}

    def task(self, point: Point) -> Task:
        """The run of a point."""
        architecture, workload = (self.bases[kind].with_overrides(point.overrides(kind)) for kind in KINDS)
        return Task(architecture, workload, point.seed, self.engine, self.plugins)

    def key(self, point: Point) -> str:
        """Hash of all that decides the result: resolved documents, data, plug-ins, seed, engine and version.

        Raises
        ------
        ConfigError
            If a description is not valid; the problems of both are told.
        """
        found = [self._digest(kind, point.overrides(kind)) for kind in KINDS]
        check(problem for error in found if isinstance(error, ConfigError) for problem in error.problems)
        parts = [accelsim.__version__, self.engine, point.seed, *found, sorted(self.plugin_hashes.items())]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def _digest(self, kind: str, overrides: list[Override]) -> str | ConfigError:
        """Hash of a valid document, remembered because the points of a grid share theirs."""
        name = kind, json.dumps([(override.path, override.value) for override in overrides])
        if name not in self._digests:
            try:
                document = self.bases[kind].with_overrides(overrides)
                model = validate(document, _model(kind, document))
                self._digests[name] = document_hash(document) + _data_hash(model, document)
            except ConfigError as error:
                self._digests[name] = error
        return self._digests[name]


def _model(kind: str, document: Document) -> type[Model]:
    return architecture_model(document) if kind == "architecture" else workload_model(document)


def document_hash(document: Document) -> str:
    """Hash of a resolved document."""
    return hashlib.sha256(json.dumps(document.data, sort_keys=True).encode()).hexdigest()


def file_hash(path: Path) -> str | None:
    """Hash of a file's content; None if it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _data_hash(model: Model, document: Document) -> str:
    """Hash of the recording or network that a workload names."""
    if isinstance(model, Workload) and isinstance(model.task, Recorded):
        return file_hash(Path(document.file).parent / model.task.path) or ""
    if isinstance(model, SteppedWorkload) and isinstance(model.network, FromFile):
        return file_hash(model.network.file(document)) or ""
    return ""


def _load(plan: SweepDocument, document: Document) -> dict[str, Document]:
    """The two documents that a sweep names, beside its file or shipped."""
    found, problems = {}, []
    for kind, name in zip(KINDS, (plan.architecture, plan.workload), strict=True):
        beside = Path(document.file).parent / name
        if not beside.is_file() and find_shipped(name, kind) is None:
            message = f"{name!r} is no file beside the sweep and no shipped {kind}{did_you_mean(name, shipped(kind))}"
            problems.append(document.problem((kind,), message))
            continue
        try:
            found[kind] = load_document(beside if beside.is_file() else name, kind)
        except ConfigError as error:
            problems.extend(error.problems)
    check(problems)
    return found
