"""A run through the stages activity, timing and cost, each taken from the cache if its inputs are those of before.

The costs of a run are always worked out from its kept counts, also when it has just been run: a row of a sweep does not
depend on what was cached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

from accelsim.architecture.schema import Architecture
from accelsim.config.document import Document
from accelsim.config.errors import check
from accelsim.config.model import validate
from accelsim.config.named import beside
from accelsim.controllers.base import Controller
from accelsim.engine.choice import Engine
from accelsim.explore.cache import DamagedEntry, Entry, EntryWriter, Reused, StageCache
from accelsim.explore.keys import StageKeys, stage_keys, whole_key
from accelsim.explore.tape import Player, Recorder
from accelsim.simulation.accounts import Accounts
from accelsim.simulation.breakdown import Breakdown, breakdown, breakdown_in_steps
from accelsim.simulation.kinds import described_for, runs_in_steps
from accelsim.simulation.memories import memory_documents
from accelsim.simulation.mission import mission_problems, mission_report
from accelsim.simulation.pricing import placed
from accelsim.simulation.result import Result, lifelong_costs
from accelsim.simulation.run import run, simulate
from accelsim.simulation.setup import Setup, prepare
from accelsim.technology.node import technology_document
from accelsim.workload.schema import Workload
from accelsim.workload.stepped import SteppedWorkload

Metrics = Mapping[str, float | int | None]


@dataclass(frozen=True)
class Staged:
    """What a run gave.

    Attributes
    ----------
    metrics : mapping of str to number or None
    reused : {"", "activity", "timing"}
    keys : StageKeys
    breakdown : parts of energy, area and busy cycles, by kind and part
    """

    metrics: Metrics
    reused: Reused
    keys: StageKeys
    breakdown: Breakdown


@dataclass(frozen=True)
class Timed:
    """A finished run before its costs: its other metrics, the tables that some costs need, and its counts."""

    metrics: Metrics
    tables: Mapping[str, list[dict[str, Any]]]
    accounts: Accounts


def run_stages(
    architecture: Document,
    workload: Document,
    cache: StageCache,
    *,
    engine: Engine = "compiled",
    seed: int = 0,
    plugins: tuple[tuple[str, str | None], ...] = (),
) -> Staged:
    """Run a workload on a chip, as far as the cache does not know it yet.

    Parameters
    ----------
    architecture, workload : Document
    cache : StageCache
    engine, seed : see `accelsim.simulation.simulate`
    plugins : names and hashes of the plug-in files in use.

    Raises
    ------
    ConfigError
        For anything wrong in the descriptions or the data they name.
    """
    documents = described_for(architecture, workload), workload
    if runs_in_steps(*documents):
        return _whole(documents, cache, engine, seed, plugins)
    chip, task = validate(documents[0], Architecture), validate(workload, Workload)
    keys = stage_keys(chip, task, documents, seed=seed, engine=engine, plugins=plugins)
    reused: Reused = "timing"
    timed = cache.recall(keys.timing) or cache.read("timing", keys.timing, partial(_timed_of, documents[0]))
    if timed is None:
        setup = prepare(*documents, seed)
        reused, result = _run(setup, cache, keys, engine)
        data = _timed_data(result)
        cache.write("timing", keys.timing, lambda writer: writer.json("timed", data))
        timed = _timed(data, documents[0])
    cache.remember(keys.timing, timed)
    metrics, parts = _priced(timed, chip, task, documents)
    return Staged(metrics, reused, keys, parts)


def _whole(documents: Any, cache: StageCache, engine: Engine, seed: int, plugins: Any) -> Staged:
    """A run of a chip that states its energies itself: it is kept as a whole."""
    key = whole_key(documents, validate(documents[1], SteppedWorkload), seed=seed, engine=engine, plugins=plugins)
    keys = StageKeys(None, key)
    found = cache.read("timing", key, lambda entry: (entry.json("metrics"), entry.json("breakdown")))
    if found is not None:
        return Staged(found[0], "timing", keys, found[1])
    result = simulate(*documents, engine=engine, seed=seed)
    metrics, parts = dict(result.metrics), breakdown_in_steps(result.metrics, result.tables)

    def fill(writer: EntryWriter) -> None:
        writer.json("metrics", metrics)
        writer.json("breakdown", parts)

    cache.write("timing", key, fill)
    return Staged(metrics, "", keys, parts)


def _run(setup: Setup, cache: StageCache, keys: StageKeys, engine: Engine) -> tuple[Reused, Result]:
    """Run a setup, fed with its recorded activity if there is a record; its mission is a matter of costs."""
    setup = replace(setup, workload=setup.workload.model_copy(update={"mission": None}))
    if keys.activity is None:
        return "", run(setup, engine=engine)
    assert isinstance(setup.controller, Controller)
    control: Controller = setup.controller

    def replayed(entry: Entry) -> Result:
        return run(replace(setup, controller=cast(Controller, Player(control, entry))), engine=engine)

    def recorded(writer: EntryWriter) -> Result:
        recorder = Recorder(control, writer)
        result = run(replace(setup, controller=cast(Controller, recorder)), engine=engine)
        recorder.close()
        return result

    found = cache.read("activity", keys.activity, replayed)
    if found is not None:
        return "activity", found
    return "", cache.write("activity", keys.activity, recorded)


def _priced(
    timed: Timed, chip: Architecture, task: Workload, documents: tuple[Document, Document]
) -> tuple[Metrics, Breakdown]:
    """All metrics of a run and what they are made of, its costs those of a chip on which it took the same time."""
    before, document = timed.accounts, documents[0]
    check(mission_problems(task.mission, chip.voltage, documents[1]))
    with placed(chip, document):
        technology = technology_document(chip.technology, beside(document))
    accounts = before.with_documents(document, technology, memory_documents(chip, document))
    costs = accounts.costs()
    metrics: Metrics = {**timed.metrics, "sop": accounts.sop_count, **accounts.metrics(costs)}
    tables = dict(timed.tables)
    if "epochs" in tables:
        energies = accounts.epoch_energies(costs)
        tables["epochs"] = [{**row, **energy} for row, energy in zip(tables["epochs"], energies, strict=True)]
    metrics, _ = lifelong_costs(metrics, tables, accounts, costs)
    if (mission := mission_report(task.mission, accounts, costs)) is not None:
        metrics = {**metrics, **mission.metrics()}
    return metrics, breakdown(accounts, costs)


def _timed_data(result: Result) -> dict[str, Any]:
    """What is kept of a run: metrics but those of costs, what costs follow from, and tables for costs of adapting."""
    priced = result.accounts.metrics(result.costs)
    metrics = {name: value for name, value in result.metrics.items() if name not in priced}
    needed = ("epochs", "learning_curve") if "learning_curve" in result.tables else ()
    tables = {name: result.tables[name] for name in needed}
    return {"metrics": metrics, "tables": tables, "accounts": result.accounts.as_data()}


def _timed_of(document: Document, entry: Entry) -> Timed:
    return _timed(entry.json("timed"), document)


def _timed(data: Any, document: Document) -> Timed:
    try:
        return Timed(data["metrics"], data["tables"], Accounts.from_data(data["accounts"], document))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise DamagedEntry(str(error)) from None
