"""The one function that runs a sweep: points -> tasks -> outcomes -> table."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem, did_you_mean
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.explore.execute import (
    QUEUED_PER_WORKER,
    Executor,
    InProcess,
    Outcome,
    Progress,
    execute,
    failure,
    load_plugins,
    process_pool,
)
from accelsim.explore.points import Point, axes, grid
from accelsim.explore.schema import KINDS, SweepDocument
from accelsim.explore.store import Store, row
from accelsim.explore.tasks import Tasks, document_hash
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
        One per point in grid order: `id`, the axes, `seed`, `status` (`ok`, `infeasible` or `failed`), `message`,
        the metrics.
    """

    folder: Path
    plan: SweepDocument
    rows: list[dict[str, Any]]

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
) -> Sweep:
    """Run every point of a sweep.

    A point whose description is invalid, does not fit or ends in an error is a failed point with its message. Results
    depend on neither the number of workers nor the order in which they finish. Ctrl-C ends the sweep with what has
    finished in `out`; a later call with `resume` does the rest.

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

    Raises
    ------
    ConfigError
        If the sweep is not valid, no point can be run, an objective or a constraint is about no metric, or `out`
        cannot be used.
    """
    document = description if isinstance(description, Document) else load_document(description, "sweep")
    plan = validate(document, SweepDocument)
    workers = _processors() if workers is None else workers
    if workers < 1:
        raise ConfigError(Problem(path="--workers", message=f"{workers} is not > 0"))
    plugins = tuple(plugins)
    load_plugins(plugins)
    tasks = Tasks(plan, document, plugins)
    points = grid(plan, document)
    keys, outcomes = _checked(points, tasks)
    with Store(out, resume=resume) as store:
        known = store.begin(_summary(plan, document, tasks, len(points)))
        outcomes |= {i: known[key] for i, key in keys.items() if key in known and known[key].status == "ok"}
        pending = [point for point in points if point.id not in outcomes]
        try:
            with _executor(executor, min(workers, len(pending))) as chosen:
                work = ((point, tasks.task(point)) for point in pending)
                tell = _Teller(progress, outcomes, len(points))
                with closing(execute(work, chosen, QUEUED_PER_WORKER * workers)) as finished:
                    for point, outcome in finished:
                        outcomes[point.id] = outcome  # first: Ctrl-C may come in between
                        store.append(point, keys[point.id], outcome)
                        _check_objectives(plan, document, outcome)
                        tell.add(outcome)
        finally:
            constraints = plan.constraint_list()
            rows = [row(point, outcomes[point.id], constraints) for point in points if point.id in outcomes]
            store.write_table(rows, plan.axes)
    if all(outcome.status == "failed" for outcome in outcomes.values()):
        raise ConfigError(Problem(document.file, message=f"no point could be run; the first: {rows[0]['message']}"))
    return Sweep(store.folder, plan, rows)


def _processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _executor(given: Executor | None, workers: int) -> Any:
    """A context with the executor to use."""
    if given is not None:
        return nullcontext(given)
    return process_pool(workers) if workers > 1 else nullcontext(InProcess())


def _checked(points: list[Point], tasks: Tasks) -> tuple[dict[int, str], dict[int, Outcome]]:
    """Keys of the points with valid descriptions, and failures of the others, by id.

    Raises
    ------
    ConfigError
        If no point is valid: with each problem once, where it is first met.
    """
    keys: dict[int, str] = {}
    failures: dict[int, Outcome] = {}
    problems: dict[tuple[str | None, str], Problem] = {}
    for point in points:
        try:
            keys[point.id] = tasks.key(point)
        except ConfigError as error:
            failures[point.id] = failure(error)
            for problem in error.problems:
                problems.setdefault((problem.path, problem.message), problem)
    if not keys:
        raise ConfigError(problems.values())
    return keys, failures


def _check_objectives(plan: SweepDocument, document: Document, outcome: Outcome) -> None:
    """An objective or constraint that no run can give is told after the first run, not after the last."""
    if outcome.status == "ok":
        unknown = [
            document.problem(
                ("objectives", i, "metric"),
                f"`{goal.metric}` is no metric of a run{did_you_mean(goal.metric, outcome.metrics)}",
            )
            for i, goal in enumerate(plan.objectives)
            if goal.metric not in outcome.metrics
        ]
        unknown += [
            document.problem(("constraints", i), message)
            for i, constraint in enumerate(plan.constraint_list())
            if (message := constraint.unknown(outcome.metrics)) is not None
        ]
        if unknown:
            raise ConfigError(unknown)


class _Teller:
    """Tells the caller how far the sweep is."""

    def __init__(
        self, progress: Callable[[Progress], None] | None, outcomes: Mapping[int, Outcome], total: int
    ) -> None:
        self.progress, self.outcomes, self.total = progress, outcomes, total
        self.before, self.started = len(outcomes), time.perf_counter()
        self.failed = sum(outcome.status == "failed" for outcome in outcomes.values())
        self._tell()

    def add(self, outcome: Outcome) -> None:
        """Count a finished point."""
        self.failed += outcome.status == "failed"
        self._tell()

    def _tell(self) -> None:
        if self.progress is None:
            return
        done, seconds = len(self.outcomes), time.perf_counter() - self.started
        rate = (done - self.before) / seconds if done > self.before else None
        self.progress(Progress(done, self.failed, self.total, rate))


def _summary(plan: SweepDocument, document: Document, tasks: Tasks, points: int) -> dict[str, Any]:
    """Contents of `sweep.json`."""
    return {
        "sweep": plan.sweep,
        "description": plan.description,
        "file": Path(document.file).name or None,
        **versions(),
        "engine": plan.engine,
        "points": points,
        "axes": [
            {
                "name": axis.name,
                "values": [choice.label for choice in axis.choices],
                "settings": [
                    {key: override.value for key, override in choice.settings.items()} for choice in axis.choices
                ],
            }
            for axis in axes(plan, document)
        ],
        "seeds": list(plan.seed_list()),
        "objectives": [goal.model_dump() for goal in plan.objectives],
        "constraints": list(plan.constraints),
        **{kind: _identity(tasks.bases[kind]) for kind in KINDS},
        "plugins": tasks.plugin_hashes,
        "resolved": document.data,
    }


def _identity(document: Document) -> dict[str, Any]:
    return {
        "name": document.name,
        "file": Path(document.file).name or None,
        "sha256": document_hash(document),
        "resolved": document.data,
    }
