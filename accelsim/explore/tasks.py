"""What a worker is sent for a design point, and the keys that say what was run before."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import accelsim
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, check, did_you_mean
from accelsim.config.library import find_shipped, shipped
from accelsim.config.loader import load_document
from accelsim.config.model import Model, validate
from accelsim.config.overrides import Override
from accelsim.engine.choice import Engine
from accelsim.explore.fingerprint import EVERYTHING, fingerprint
from accelsim.explore.keys import StageKeys, data_hash, digest, file_hash, stage_keys, technology_files, whole_key
from accelsim.explore.points import Point, axes, check_keys
from accelsim.explore.schema import KINDS, SweepDocument
from accelsim.simulation.kinds import architecture_model, described_for, workload_model
from accelsim.workload.schema import Workload


@dataclass(frozen=True)
class Base:
    """A document that many tasks change: one small packet of bytes, opened once in each process."""

    packed: bytes

    @classmethod
    def of(cls, document: Document) -> Base:
        """Pack a document."""
        return cls(pickle.dumps(document, pickle.HIGHEST_PROTOCOL))

    @property
    def document(self) -> Document:
        """What was packed."""
        return _unpacked(self.packed)


@lru_cache(64)
def _unpacked(packed: bytes) -> Document:
    found: Document = pickle.loads(packed)
    return found


@dataclass(frozen=True)
class Task:
    """A run: all that a worker on any machine with the same files needs to know.

    Attributes
    ----------
    bases : (Base, Base)
        Architecture and workload before what the point sets.
    settings : pair of tuple of Override
        What it sets in each.
    plugins : tuple of (path, hash)
    cache : str or None
        Folder of the stage cache; None for the worker's own default.
    """

    bases: tuple[Base, Base]
    settings: tuple[tuple[Override, ...], tuple[Override, ...]]
    seed: int
    engine: Engine
    plugins: tuple[tuple[str, str | None], ...] = ()
    cache: str | None = None

    @cached_property
    def architecture(self) -> Document:
        """The architecture of the point."""
        return self.bases[0].document.with_overrides(self.settings[0])

    @cached_property
    def workload(self) -> Document:
        """The workload of the point."""
        return self.bases[1].document.with_overrides(self.settings[1])


@dataclass(frozen=True)
class Inputs:
    """What a point is run with, as a record of it keeps.

    Attributes
    ----------
    key : str
        Hash of all that decides the result: resolved documents, data, plug-ins, seed, engine, version, sources.
    hashes : mapping of str to str
        Of the resolved architecture and workload.
    stages : StageKeys
    length : float
        How long it takes, about: neurons x time steps.
    """

    key: str
    hashes: dict[str, str]
    stages: StageKeys
    length: float


class Tasks:
    """Makes the runs of a sweep out of its documents.

    Parameters
    ----------
    plan, document
        The sweep.
    plugins
        Plug-in files of the user, loaded wherever a point is run.
    cache
        Folder of the stage cache.

    Raises
    ------
    ConfigError
        If a document cannot be loaded or an axis leads to no key of it.
    """

    def __init__(
        self,
        plan: SweepDocument,
        document: Document,
        plugins: Iterable[str | Path] = (),
        cache: Path | str | None = None,
    ) -> None:
        self.engine: Engine = plan.engine
        self.cache = None if cache is None else str(Path(cache).resolve())
        self.bases = _load(plan, document)
        works = plan.bases("workload")
        self._described = {
            (chip, work): described_for(self.bases["architecture", chip], self.bases["workload", work])
            for chip in plan.bases("architecture")
            for work in works
        }
        known = self.bases | {("architecture", chip): self._described[chip, works[0]] for chip, _ in self._described}
        check_keys(axes(plan, document), document, {at: (each, _model(at[0], each)) for at, each in known.items()})
        self._packed: dict[int, Base] = {}
        self.plugins = tuple((str(path), file_hash(path)) for path in (Path(each).resolve() for each in plugins))
        self.plugin_hashes = {Path(path).name: sha256 for path, sha256 in self.plugins}
        self._checked: dict[Any, tuple[Document, Model, str] | ConfigError] = {}

    def task(self, point: Point) -> Task:
        """The run of a point."""
        bases = tuple(self._pack(self._base(kind, point)) for kind in KINDS)
        settings = tuple(tuple(point.overrides(kind)) for kind in KINDS)
        return Task(bases, settings, point.seed, self.engine, self.plugins, self.cache)  # type: ignore[arg-type]

    def inputs(self, point: Point) -> Inputs:
        """What a point is run with.

        Raises
        ------
        ConfigError
            If a description is not valid; the problems of both are told.
        """
        found = [self._check(kind, point) for kind in KINDS]
        check(problem for error in found if isinstance(error, ConfigError) for problem in error.problems)
        (chip, architecture, first), (work, workload, second) = [
            each for each in found if not isinstance(each, ConfigError)
        ]
        documents, plugins = (chip, work), tuple(sorted(self.plugin_hashes.items()))
        parts = [accelsim.__version__, fingerprint(EVERYTHING), self.engine, point.seed, first, second, plugins]
        if isinstance(workload, Workload):
            stages = stage_keys(
                architecture,  # type: ignore[arg-type]
                workload,
                documents,
                seed=point.seed,
                engine=self.engine,
                plugins=plugins,
            )
        else:
            key = whole_key(documents, workload, seed=point.seed, engine=self.engine, plugins=plugins)
            stages = StageKeys(None, key)
        hashes = dict(zip(KINDS, (first, second), strict=True))
        return Inputs(digest(parts), hashes, stages, _length(workload))

    def _base(self, kind: str, point: Point) -> Document:
        """The document that a point changes; a chip may name another description for workloads that learn."""
        name, work = point.bases[kind], point.bases["workload"]
        return self._described[name, work] if kind == "architecture" else self.bases[kind, name]

    def _pack(self, document: Document) -> Base:
        if id(document) not in self._packed:
            self._packed[id(document)] = Base.of(document)
        return self._packed[id(document)]

    def key(self, point: Point) -> str:
        """Key of a point (see `Inputs`)."""
        return self.inputs(point).key

    def _check(self, kind: str, point: Point) -> tuple[Document, Model, str] | ConfigError:
        """A valid document, its model and its hash, remembered because the points of a grid share theirs."""
        overrides = point.overrides(kind)
        base = self._base(kind, point)
        at = id(base), tuple((each.path, repr(each.value)) for each in overrides)
        if at not in self._checked:
            try:
                document = base.with_overrides(overrides)
                model = validate(document, _model(kind, document))
                files = [data_hash(model, document), technology_files(document)]
                self._checked[at] = document, model, digest([document.data, files])
            except ConfigError as error:
                self._checked[at] = error
        return self._checked[at]


def _length(workload: Model) -> float:
    """Neurons x time steps of a workload, about."""
    if isinstance(workload, Workload):
        samples = workload.epochs * max(1, workload.training_samples + workload.test_samples)
        return float(samples * max(1, workload.longest_sample) * sum(workload.network.values()))
    return float(getattr(workload, "steps", 1))


def _model(kind: str, document: Document) -> type[Model]:
    return architecture_model(document) if kind == "architecture" else workload_model(document)


def document_hash(document: Document) -> str:
    """Hash of a resolved document."""
    return digest(document.data)


def _load(plan: SweepDocument, document: Document) -> dict[tuple[str, str], Document]:
    """The documents that a sweep names, beside its file or shipped, by kind and name."""
    found: dict[tuple[str, str], Document] = {}
    problems = []
    for kind in KINDS:
        for i, name in enumerate(plan.bases(kind)):
            beside = Path(document.file).parent / name
            if not beside.is_file() and find_shipped(name, kind) is None:
                hint = did_you_mean(name, shipped(kind))
                message = f"{name!r} is no file beside the sweep and no shipped {kind}{hint}"
                at = (kind,) if isinstance(getattr(plan, kind), str) else (kind, i)
                problems.append(document.problem(at, message))
                continue
            try:
                found[kind, name] = load_document(beside if beside.is_file() else name, kind)
            except ConfigError as error:
                problems.extend(error.problems)
    check(problems)
    return found
