"""Pricing a finished run again: another process, supply or temperature, another kind of memory. Nothing is run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from pathlib import Path
from typing import Any

from accelsim.architecture.devices import synaptic_memories
from accelsim.architecture.roles import view
from accelsim.architecture.schema import Architecture
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem, check
from accelsim.config.model import validate
from accelsim.config.named import beside
from accelsim.formats.json_file import check_version, damaged, read_json
from accelsim.simulation.about import identity
from accelsim.simulation.accounts import Accounts
from accelsim.simulation.memories import memory_documents, technologies_of, with_access_cycles
from accelsim.simulation.mission import mission_of, mission_report
from accelsim.simulation.points import is_capped
from accelsim.simulation.pricing import placed
from accelsim.simulation.result import Result, cost_tables, lifelong_costs
from accelsim.technology.node import technology_document

PARTS = ("about", "metrics", "tables", "accounts")


def read_result(folder: Path | str) -> Result:
    """Return the result in a run directory, without its window, priced as it was.

    Raises
    ------
    ConfigError
        If there is none, it is damaged or of another version, or it is of a chip that states its energies itself.
    """
    path = Path(folder) / "result.json"
    if not path.is_file():
        raise ConfigError(Problem(str(folder), message=f"is no run directory; expected a folder with `{path.name}`"))
    data = read_json(path)
    try:
        about = data["about"]
        check_version(path, about["accelsim"])
        if about.get("kind") == "steps":
            message = "this chip's description states the energies of its actions: there is nothing to derive again"
            raise ConfigError(Problem(str(path), message=message))
        document = Document.of(about["architecture"]["resolved"], "architecture", about["architecture"]["file"] or "")
        accounts = Accounts.from_data(data["accounts"], document)
        metrics, tables = dict(data["metrics"]), {**data["tables"], "steps": []}
    except KeyError as error:
        raise damaged(path, f"`{error.args[0]}` is missing") from None
    except (AttributeError, TypeError, ValueError) as error:
        raise damaged(path, str(error)) from None
    return _priced(metrics, tables, about, accounts)


def recosted(result: Result, overrides: Iterable[str]) -> Result:
    """Return a result priced on a changed chip (see `Result.recost`)."""
    before = result.accounts
    document = before.document.with_overrides(overrides)
    changed = validate(document, Architecture)
    memories = _memory_technologies(before, document, changed)
    _check_unchanged(before, document, changed, memories)
    technology = before.technology
    if changed.technology != before.architecture.technology:
        with placed(changed, document):
            technology = technology_document(changed.technology, beside(before.document))
    accounts = before.with_documents(document, technology, memories)
    chip = result.about["architecture"]
    about = {
        **result.about,
        "architecture": {**chip, **identity(document), "file": chip["file"]},
        "technology": changed.technology,
        "voltage_v": changed.voltage,
    }
    return _priced(result.metrics, result.tables, about, accounts)


def _priced(
    metrics: Mapping[str, float | int | None],
    tables: Mapping[str, list[dict[str, Any]]],
    about: Mapping[str, Any],
    accounts: Accounts,
) -> Result:
    costs = accounts.costs()
    report = accounts.report(costs)
    metrics = {**metrics, **accounts.metrics(costs)}
    epochs = [{**row, **energy} for row, energy in zip(tables["epochs"], accounts.epoch_energies(costs), strict=True)]
    tables = {**tables, "epochs": epochs, **cost_tables(accounts, costs, report, metrics)}
    metrics, tables = lifelong_costs(metrics, tables, accounts, costs)
    warnings = list(report.warnings)
    if (mission := mission_report(mission_of(about), accounts, costs)) is not None:
        metrics, tables = {**metrics, **mission.metrics()}, {**tables, **mission.tables()}
        warnings += mission.warnings()
    return Result(metrics, tables, {**about, "warnings": warnings}, accounts, costs, report, None)


def _memory_technologies(before: Accounts, document: Document, changed: Architecture) -> dict[str, Document]:
    """Memory technologies of the changed chip: those of the run, and files for the names that are new."""
    new = {name: memory for name, memory in changed.core.memories.items() if memory.kind not in before.memories}
    core = changed.core.model_copy(update={"memories": new})
    found = memory_documents(changed.model_copy(update={"core": core}), document)
    return {**before.memory_technologies, **found}


def _check_unchanged(
    before: Accounts, document: Document, changed: Architecture, memories: Mapping[str, Document]
) -> None:
    """A setting must change only what things cost: the counts stand for one function and one timing."""
    original = validate(before.document, Architecture)
    technologies = technologies_of(memories)
    old, new = (
        {**view(with_access_cycles(chip, technologies), "functional", "timing"), "clock": chip.clock}
        for chip in (original, changed)
    )
    problems = [_changes(document, path, old, new) for path in _differences(old, new)]
    if is_capped(before.counters) and (paths := _differences(original.model_dump(), changed.model_dump())):
        message = "changes the energy that the power cap is compared with, and so the time: run it again"
        problems.append(document.problem(paths[0], message))
    problems += [
        document.problem(("core", "units", name, "stages"), f"`{stage}` was not traced in this run: run it again")
        for name, unit in changed.core.units.items()
        for stage in unit.stages
        if stage not in before.stages
    ]
    problems += [
        document.problem(("core", "memories", name, "kind"), "changes what its cells hold: run it again")
        for name in synaptic_memories(changed.core)
        if original.core.memories[name].kind != changed.core.memories[name].kind
    ]
    check(problems)


def _changes(document: Document, path: tuple[str, ...], old: Mapping[str, Any], new: Mapping[str, Any]) -> Problem:
    """Why a difference needs another run."""
    if path[:2] != ("core", "memories") or path[-1] not in ("read_cycles", "write_cycles"):
        return document.problem(path, "changes what the chip does or when: run it again")
    was, now = (reduce(lambda part, key: part[key], path, chip) for chip in (old, new))
    message = f"takes {now} memory clock cycles instead of {was}: run it again"
    return document.problem(path, message)


def _differences(old: Any, new: Any, at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = dict.fromkeys([*old, *new])
        return [path for key in keys for path in _differences(old.get(key), new.get(key), (*at, key))]
    return [] if old == new else [at]
