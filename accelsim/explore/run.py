"""The one function that runs a sweep: designs -> points -> tasks -> outcomes -> table."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.explore.cluster import Remote, dask_cluster, slurm_cluster
from accelsim.explore.constraints import unknown_metric
from accelsim.explore.execute import (
    QUEUED_PER_WORKER,
    Executor,
    InProcess,
    Outcome,
    Progress,
    execute,
    failure,
    load_plugins,
)
from accelsim.explore.figures import check_figures, label_text
from accelsim.explore.points import Design, Point, Space
from accelsim.explore.pool import process_pool
from accelsim.explore.schedule import Job, Schedule
from accelsim.explore.schema import KINDS, SweepDocument
from accelsim.explore.search import Score, Scores, batches
from accelsim.explore.store import Store, row
from accelsim.explore.tasks import Inputs, Tasks, document_hash
from accelsim.simulation.about import versions

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Sweep:
    """A finished sweep.

    Attributes
    ----------
    folder : Path
        Its directory.
    plan : SweepDocument
    rows : list of mapping
        One per point in grid order, or in the order of a search: `id`, the axes, `seed`, `status` (`ok`, `infeasible`
        or `failed`), `message`, the objectives that are expressions, the metrics.
    notes : tuple of str
        What went wrong without consequences, such as a damaged cache entry.
    """

    folder: Path
    plan: SweepDocument
    rows: list[dict[str, Any]]
    notes: tuple[str, ...] = ()

    def frame(self) -> pd.DataFrame:
        """The rows as a DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.rows)


def sweep(
    description: Document | str | Path,
    out: Path | str,
    *,
    workers: int | None = None,
    resume: bool = False,
    progress: Callable[[Progress], None] | None = None,
    plugins: Iterable[str | Path] = (),
    executor: Executor | None = None,
    scheduler: str | None = None,
    slurm: bool = False,
    cache: Path | str | None = None,
) -> Sweep:
    """Run the points of a sweep.

    A point whose description is invalid, does not fit or ends in an error is a failed point with its message. Results
    depend on neither the number of workers nor the order in which they finish, nor on what the stage cache holds.
    Ctrl-C ends the sweep with what has finished in `out`; a later call with `resume` does the rest.

    Parameters
    ----------
    description : Document, or path of a sweep document
    out : path
        Directory of the sweep (see `accelsim.explore.store`).
    workers : int, optional
        Processes; 1 runs in this one, by default as many as there are processors. With several, a script must
        guard its own code with ``if __name__ == "__main__":``, as worker processes import it.
    resume : bool
        Go on with the sweep in `out`: points that are done there are skipped, failed ones are run again.
    progress : callable, optional
        Told at the beginning and after every point.
    plugins : paths
        Files that register plasticity rules or neuron models; naming them is the consent to run them, here and
        in every worker.
    executor : Executor, optional
        Where to run points instead of own processes; `workers` then bounds how many it is given at once.
    scheduler : str, optional
        Address of a Dask cluster to run points on.
    slurm : bool
        Run points as jobs of Slurm; `workers` then bounds how many at once.
    cache : path, optional
        Folder of the stage cache, by default that of the machine (see `accelsim.explore.cache`).

    Raises
    ------
    ConfigError
        If the sweep is not valid, no point can be run, an objective or a constraint is about no metric, or `out`
        cannot be used.
    """
    document = description if isinstance(description, Document) else load_document(description, "sweep")
    plan = validate(document, SweepDocument)
    if workers is not None and workers < 1:
        raise ConfigError(Problem(path="--workers", message=f"{workers} is not > 0"))
    plugins = tuple(plugins)
    load_plugins(plugins)
    tasks = Tasks(plan, document, plugins, cache)
    check_figures(plan, document)  # after the keys of the axes: one that is misspelt must not put others in doubt
    study = _Study(plan, document, tasks, progress)
    # Before anything is written: a sweep without a valid point is told at once.
    search = batches(plan, study.space)
    designs = next(search, [])
    planned = study.planned(designs, first=True)
    with Store(out, resume=resume) as store:
        study.known = store.begin(_summary(plan, document, tasks, study.space, study.total))
        try:
            with _executor(executor, scheduler, slurm, workers, len(planned), store.folder) as remote, closing(search):
                while True:
                    study.run(planned, store, remote)
                    try:
                        planned = study.planned(search.send(study.scores(planned)))
                    except StopIteration:
                        break
        finally:
            rows = study.rows()
            store.write_table(rows, plan.names)
            store.write_breakdown(study.outcomes)
    if all(outcome.status == "failed" for outcome in study.outcomes.values()):
        raise ConfigError(Problem(document.file, message=f"no point could be run; the first: {rows[0]['message']}"))
    return Sweep(store.folder, plan, rows, tuple(study.notes))


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _executor(
    given: Executor | None, scheduler: str | None, slurm: bool, workers: int | None, points: int, folder: Path
) -> AbstractContextManager[Remote]:
    """A context with the executor to use."""
    if scheduler is not None:
        return dask_cluster(scheduler)
    if slurm:
        return slurm_cluster(folder / "slurm", workers)
    number = processors() if workers is None else workers
    if given is not None:
        return nullcontext(Remote(given, QUEUED_PER_WORKER * number))
    if min(number, points) > 1:
        return _Pool(number)
    return nullcontext(Remote(InProcess(), 1))


class _Pool(AbstractContextManager[Remote]):
    """Own processes."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool = process_pool(workers)

    def __enter__(self) -> Remote:
        return Remote(self._pool.__enter__(), QUEUED_PER_WORKER * self._workers)

    def __exit__(self, *error: Any) -> bool | None:
        return self._pool.__exit__(*error)


@dataclass(frozen=True)
class _Planned:
    """A point that is to be run."""

    point: Point
    design: Design
    inputs: Inputs | None
    failed: Outcome | None


class _Study:
    """Points of a sweep and what became of them."""

    def __init__(
        self, plan: SweepDocument, document: Document, tasks: Tasks, progress: Callable[[Progress], None] | None
    ) -> None:
        self.plan, self.document, self.tasks = plan, document, tasks
        self.space = Space(plan, document)
        self.points: list[Point] = []
        self.outcomes: dict[int, Outcome] = {}
        self.known: Mapping[str, Outcome] = {}
        self.notes: dict[str, None] = {}
        self._constraints = plan.constraint_list()
        self._sound = False
        self._teller = _Teller(progress, plan)

    @property
    def total(self) -> int:
        """Points in all; of a search, at most."""
        searched = self.plan.search.points * len(self.plan.seed_list())
        return max(len(self.points), 0 if self.plan.method in ("grid", "random", "latin-hypercube") else searched)

    def planned(self, designs: Sequence[Design], *, first: bool = False) -> list[_Planned]:
        """Number and check the points of some designs.

        Raises
        ------
        ConfigError
            If these are the first and none is valid: with each problem once, where it is first met.
        """
        seeds = len(self.plan.seed_list())
        points = self.space.points(designs, len(self.points))
        self.points += points
        found: list[_Planned] = []
        problems: dict[tuple[str | None, str], Problem] = {}
        for i, point in enumerate(points):
            try:
                found.append(_Planned(point, designs[i // seeds], self.tasks.inputs(point), None))
            except ConfigError as error:
                found.append(_Planned(point, designs[i // seeds], None, failure(error)))
                for problem in error.problems:
                    problems.setdefault((problem.path, problem.message), problem)
        if first and points and all(each.failed for each in found):
            raise ConfigError(problems.values())
        return found

    def run(self, planned: Sequence[_Planned], store: Store, remote: Remote) -> None:
        """Run points, but those that are known or cannot be run."""
        rows, jobs = [], []
        for each in planned:
            outcome = each.failed or (self.known.get(each.inputs.key) if each.inputs is not None else None)
            rows.append((each.point, each.inputs, outcome))
            if outcome is not None:
                self.outcomes[each.point.id] = outcome
            elif each.inputs is not None:
                stages = each.inputs.stages
                jobs.append(Job(each.point, stages.activity, stages.timing, each.inputs.length))
        store.plan(rows)
        self._teller.begin(self.outcomes, self.total, [self._row(point) for point, _, found in rows if found])
        running = execute(Schedule(jobs), self.tasks.task, remote.executor, remote.in_flight, store.begun)
        with closing(running) as finished:
            for point, outcome in finished:
                self.outcomes[point.id] = outcome  # first: Ctrl-C may come in between
                store.finished(point, outcome)
                self.notes |= dict.fromkeys(outcome.notes)
                self._check_metrics(outcome)
                self._teller.add(outcome, self._row(point), len(self.outcomes))

    def scores(self, planned: Sequence[_Planned]) -> Scores:
        """What a search is told of its designs: means over their seeds."""
        by_design: dict[Design, list[Outcome]] = {}
        for each in planned:
            by_design.setdefault(each.design, []).append(self.outcomes[each.point.id])
        return {design: self._score(outcomes) for design, outcomes in by_design.items()}

    def rows(self) -> list[dict[str, Any]]:
        """The table of the points that have finished."""
        return [self._row(point) for point in self.points if point.id in self.outcomes]

    def _row(self, point: Point) -> dict[str, Any]:
        outcome = self.outcomes[point.id]
        return row(point, outcome, self._constraints, self.plan.tabled, must_fit=self.plan.must_fit)

    def _score(self, outcomes: Sequence[Outcome]) -> Score | None:
        if any(outcome.status != "ok" for outcome in outcomes):
            return None
        values = [[goal.expression.value(outcome.metrics) for outcome in outcomes] for goal in self.plan.objectives]
        if any(value is None for each in values for value in each):
            return None
        means = tuple(sum(value for value in each if value is not None) / len(each) for each in values)
        excess = tuple(max(limit.excess(each.metrics) for each in outcomes) for limit in self._constraints)
        return Score(means, excess)

    def _check_metrics(self, outcome: Outcome) -> None:
        """An objective or constraint that no run can give is told after the first run, not after the last."""
        if self._sound or outcome.status != "ok":
            return
        unknown = [self.document.problem(at, message) for at, message in self.plan.unknown_columns(outcome.metrics)]
        unknown += [
            self.document.problem(("constraints", i), message)
            for i, constraint in enumerate(self._constraints)
            if (message := constraint.unknown(outcome.metrics)) is not None
        ]
        # A figure may also show a named expression.
        known = {**outcome.metrics, **dict.fromkeys(column.column for column in self.plan.tabled)}
        unknown += [
            self.document.problem(("figures", i, key), message)
            for i, figure in enumerate(self.plan.figures)
            for key, names in figure.metrics(self.plan.names).items()
            if (message := unknown_metric(names, known)) is not None
        ]
        if unknown:
            raise ConfigError(unknown)
        self._sound = len(self.tasks.bases) == len(KINDS)  # other chips and workloads may have other metrics


class _Teller:
    """Tells the caller how far the sweep is."""

    def __init__(self, progress: Callable[[Progress], None] | None, plan: SweepDocument) -> None:
        self._progress = progress
        self._goal = plan.objectives[0] if plan.objectives else None
        self._started = time.perf_counter()
        self._finished = self._cached = self._failed = self._total = 0
        self._best: float | int | None = None

    def begin(self, outcomes: Mapping[int, Outcome], total: int, rows: Iterable[Mapping[str, Any]]) -> None:
        """Points that are known already."""
        self._total = total
        self._failed = sum(outcome.status == "failed" for outcome in outcomes.values())
        for each in rows:
            self._compare(each)
        self._tell(len(outcomes))

    def add(self, outcome: Outcome, found: Mapping[str, Any], done: int) -> None:
        """Count a finished point."""
        self._finished += 1
        self._failed += outcome.status == "failed"
        self._cached += outcome.reused == "timing"
        self._compare(found)
        self._tell(done)

    def _compare(self, found: Mapping[str, Any]) -> None:
        goal = self._goal
        value = found.get(goal.column) if goal is not None and found["status"] == "ok" else None
        if goal is not None and value is not None:
            better = min if goal.direction == "min" else max
            self._best = value if self._best is None else better(self._best, value)

    def _tell(self, done: int) -> None:
        if self._progress is None:
            return
        seconds = time.perf_counter() - self._started
        rate = self._finished / seconds if self._finished else None
        best = "" if self._best is None or self._goal is None else f"{self._goal.column} {self._best:.4g}"
        self._progress(Progress(done, self._failed, self._total, rate, self._cached, best))


def _summary(plan: SweepDocument, document: Document, tasks: Tasks, space: Space, points: int) -> dict[str, Any]:
    """Contents of `sweep.json`."""
    return {
        "sweep": plan.sweep,
        "description": plan.description,
        "file": Path(document.file).name or None,
        **versions(),
        "engine": plan.engine,
        "method": plan.method,
        "points": points,
        "axes": [
            {
                "name": axis.name,
                "values": [choice.label for choice in axis.choices],
                "settings": [
                    {key: override.value for key, override in choice.settings.items()} for choice in axis.choices
                ],
            }
            for axis in space.axes
        ],
        "seeds": list(plan.seed_list()),
        "objectives": [
            {"metric": goal.column, "direction": goal.direction, "expression": goal.metric} for goal in plan.objectives
        ],
        "columns": [
            {"metric": column.column, "expression": column.metric} for column in plan.tabled[len(plan.objectives) :]
        ],
        "constraints": list(plan.constraints),
        "figures": [figure.data(plan.names) for figure in plan.figures],
        "labels": [
            {"text": text, "axes": {axis: label_text(label) for axis, label in given.items()}}
            for text, given in plan.labels.items()
        ],
        **{kind: _identities(tasks, plan, kind) for kind in KINDS},
        "plugins": tasks.plugin_hashes,
        "resolved": document.data,
    }


def _identities(tasks: Tasks, plan: SweepDocument, kind: str) -> Any:
    """What a sweep is based on; a list where there are several."""
    found = [_identity(tasks.bases[kind, name]) for name in plan.bases(kind)]
    return found[0] if isinstance(getattr(plan, kind), str) else found


def _identity(document: Document) -> dict[str, Any]:
    return {
        "name": document.name,
        "file": Path(document.file).name or None,
        "sha256": document_hash(document),
        "resolved": document.data,
    }
