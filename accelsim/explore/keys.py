"""Keys of the stages of a run: each a hash of exactly what the stage follows from.

Every field of an architecture is functional, timing, cost or a note (`accelsim.architecture.roles`). The activity
follows from the functional ones, the timing from those and the timing ones; beside them count

* for the activity, how many items share a word of a synaptic memory, and the index sets: the function is the same
  whatever they are, but it counts words;
* for the timing, the clock, as real time passes beside it and latencies are kept in microseconds; the cycles and the
  cells that follow from the kind of a memory; and the stages of a unit, whose operands are listened to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from accelsim.architecture.roles import plain, view
from accelsim.architecture.schema import Architecture, Core
from accelsim.config.document import Document
from accelsim.config.library import SUFFIXES, shipped
from accelsim.config.model import Model
from accelsim.config.named import beside
from accelsim.controllers.base import Controller
from accelsim.controllers.registry import controllers
from accelsim.explore.fingerprint import ACTIVITY, EVERYTHING, PRICING, TIMING, fingerprint
from accelsim.simulation.devices import cell_models
from accelsim.simulation.memories import memory_technologies, with_access_cycles
from accelsim.technology.memory_technology import KIND, MemoryTechnology, load_memory_technology
from accelsim.workload.schema import Recorded, Workload
from accelsim.workload.stepped import FromFile, SteppedWorkload

NOTES = ("workload", "description", "mission")
"""Keys of a workload that change nothing of a run: a mission is worked out of its result."""


@dataclass(frozen=True)
class StageKeys:
    """Keys of a run.

    Attributes
    ----------
    activity : str or None
        None where function and timing are one: chips that decide by events, whose cores exchange packets while they
        compute, whose learner acts by the time that things took, which do not let the world wait, or the
        reference engine.
    timing : str
    """

    activity: str | None
    timing: str


def stage_keys(
    architecture: Architecture,
    workload: Workload,
    documents: tuple[Document, Document],
    *,
    seed: int,
    engine: str,
    plugins: tuple[tuple[str, str | None], ...] = (),
) -> StageKeys:
    """Keys of the stages of a run.

    Parameters
    ----------
    architecture, workload : the validated descriptions.
    documents : where they stand, for files that they name.
    plugins : names and hashes of the plug-in files in use.

    Raises
    ------
    ConfigError
        If a memory technology is unknown.
    """
    memories = technologies(architecture, documents[0])
    cells = {name: asdict(model) for name, model in cell_models(architecture, memories).items()}
    task = {name: value for name, value in plain(workload).items() if name not in NOTES}
    stimulus = [task, data_hash(workload, documents[1]), seed, plugins]
    function = [view(architecture, "functional"), words_of(architecture.core), cells, stimulus]
    activity = digest(["activity", fingerprint(ACTIVITY), function])
    timed = with_access_cycles(architecture, memories)
    control = [view(timed, "timing"), timed.clock, [list(unit.stages) for unit in timed.core.units.values()]]
    if (capabilities := workload.capabilities) and capabilities.budget is not None and capabilities.budget.on:
        control += [documents[0].data, technology_files(documents[0]), fingerprint(EVERYTHING)]  # time follows energy
    timing = digest(["timing", fingerprint(TIMING, PRICING), engine, function, control])
    return StageKeys(activity if separable(architecture, workload, engine) else None, timing)


def separable(architecture: Architecture, workload: Workload, engine: str) -> bool:
    """Whether what a network does is computed without its timing, and can be replayed."""
    kind = controllers.get(architecture.core.controller)
    alone = architecture.partition is None and workload.capabilities is None and workload.real_time is None
    return engine == "compiled" and issubclass(kind, Controller) and alone


def words_of(core: Core) -> dict[str, Any]:
    """What a function counts by: items of each word of synapses, arrays per layer, and index sets."""
    widths = {
        name: [memory.items_per_word if memory.known_items else memory.word_bits, plain(memory.holds)]
        for name, memory in core.memories.items()
        if memory.holds.rows is not None
    }
    layers = [name for name, unit in core.units.items() if unit.per_layer]
    return {"words": widths, "layers": layers, "sets": plain(core.index_sets)}


def whole_key(
    documents: tuple[Document, Document],
    model: Model,
    *,
    seed: int,
    engine: str,
    plugins: tuple[tuple[str, str | None], ...] = (),
) -> str:
    """Key of a run whose costs are not worked out apart; `model` is its workload."""
    data = [each.data for each in documents]
    files = [data_hash(model, documents[1]), technology_files(documents[0])]
    return digest(["whole", fingerprint(EVERYTHING), engine, seed, data, files, plugins])


def data_hash(workload: Model, document: Document) -> str | None:
    """Hash of the recording or network that a workload names; None without one, or if it cannot be read."""
    if isinstance(workload, Workload) and isinstance(workload.task, Recorded):
        return file_hash(Path(document.file).parent / workload.task.path)
    if isinstance(workload, SteppedWorkload) and isinstance(workload.network, FromFile):
        return file_hash(workload.network.file(document))
    return None


def file_hash(path: Path) -> str | None:
    """Hash of a file's content; None if it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def digest(data: Any) -> str:
    """Hash of plain data."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, default=str).encode()).hexdigest()


def technologies(architecture: Architecture, document: Document) -> dict[str, MemoryTechnology]:
    """Memory technologies of a chip by the names that its memories use."""
    memories = architecture.core.memories.values()
    if all(memory.kind in shipped(KIND) for memory in memories):
        return {memory.kind: load_memory_technology(memory.kind) for memory in memories}
    return memory_technologies(architecture, document)


def technology_files(document: Document) -> list[str | None]:
    """Hashes of technology files of the user's own that a chip names; values that name none are passed over."""
    named = sorted({text for text in _texts(document.data) if text.endswith(SUFFIXES)})
    folders = (Path(), *beside(document))
    return [file_hash(folder / text) for text in named for folder in folders]


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value)
