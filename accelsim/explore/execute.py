"""Running design points: in this process, in a pool of processes, or wherever an executor takes them.

An executor is anything whose ``submit(function, argument)`` returns a future with ``add_done_callback``, ``result``
and ``cancel``: those of `concurrent.futures`, and those of a cluster.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass, field
from functools import lru_cache
from math import isfinite
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal, Protocol, TypeVar

from accelsim.config.errors import ConfigError, DoesNotFit, Problem
from accelsim.explore.cache import Reused, StageCache, default_folder
from accelsim.explore.pool import WorkerDied
from accelsim.explore.schedule import Job, Schedule
from accelsim.explore.tasks import Task

Name = TypeVar("Name")
QUEUED_PER_WORKER = 2
"""Points submitted per worker: one that runs and one that waits, so that none is idle and few are lost."""


@dataclass(frozen=True)
class Outcome:
    """What became of a point.

    Attributes
    ----------
    status : {"ok", "failed"}
    message : str
        Why it failed, in one line; empty otherwise.
    metrics : mapping of str to number or None
    breakdown : mapping of str to mapping of str to number
        Parts of energy, area and busy cycles, by kind and part.
    wall_s : float or None
        Time it took.
    traceback : str or None
        Of an error that is not the description's.
    fits : bool
        Whether the chip has room for the network.
    reused : {"", "activity", "timing"}
        The latest stage that came from the cache.
    notes : tuple of str
        What went wrong on the way without consequences, such as a damaged cache entry.
    """

    status: Literal["ok", "failed"]
    message: str = ""
    metrics: Mapping[str, float | int | None] = field(default_factory=dict)
    wall_s: float | None = None
    traceback: str | None = None
    fits: bool = True
    reused: Reused = ""
    notes: tuple[str, ...] = ()
    breakdown: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """How far a sweep is.

    Attributes
    ----------
    done : int
        Finished points, failed ones and those of an earlier run included.
    failed, total : int
    rate_per_s : float or None
        Points finished per second in this run; None before the first.
    cached : int
        Of those of this run, how many were not run but only costed.
    best : str
        The best value of the first objective so far, `metric value`; empty without any.
    """

    done: int
    failed: int
    total: int
    rate_per_s: float | None
    cached: int = 0
    best: str = ""

    @property
    def left_s(self) -> float | None:
        """Time left at this rate; None before the first point."""
        return None if not self.rate_per_s else (self.total - self.done) / self.rate_per_s


class Executor(Protocol):
    """Takes work and promises a result."""

    def submit(self, function: Callable[[Task], Outcome], task: Task, /) -> Any:
        """Return a future."""


def run_task(task: Task) -> Outcome:
    """Run a point; whatever goes wrong is its message."""
    from accelsim.explore.stages import run_stages

    started = time.perf_counter()
    cache = _cache(task.cache or str(default_folder()))
    cache.notes.clear()
    try:
        load_plugins(path for path, _ in task.plugins)
        hashes = tuple(sorted((Path(path).name, sha256) for path, sha256 in task.plugins))
        staged = run_stages(task.architecture, task.workload, cache, engine=task.engine, seed=task.seed, plugins=hashes)
        metrics = staged.metrics
        infinite = [name for name, value in metrics.items() if isinstance(value, float) and not isfinite(value)]
        if infinite:
            raise ArithmeticError(f"not finite: {', '.join(infinite)}")
    except ConfigError as error:
        return failure(error)
    except Exception as error:  # one point must not end the others
        return failure(error, traceback.format_exc())
    taken = round(time.perf_counter() - started, 4)
    notes, parts = tuple(cache.notes), staged.breakdown
    return Outcome("ok", metrics=dict(metrics), wall_s=taken, reused=staged.reused, notes=notes, breakdown=parts)


@lru_cache(4)
def _cache(folder: str) -> StageCache:
    """One cache object of a process for each folder: it remembers what it read."""
    return StageCache(folder)


def failure(error: BaseException, trace: str | None = None) -> Outcome:
    """The outcome of a point that ended with an error."""
    text = str(error) if isinstance(error, ConfigError | WorkerDied) else f"{type(error).__name__}: {error}"
    return Outcome("failed", "; ".join(text.splitlines()), traceback=trace, fits=not isinstance(error, DoesNotFit))


def load_plugins(paths: Iterable[str | Path]) -> None:
    """Load plug-in files of the user; a file is run once in a process."""
    from accelsim.simulation.plugins import load_plugins as load

    load(paths)


def execute(
    schedule: Schedule[Name],
    task: Callable[[Name], Task],
    executor: Executor,
    in_flight: int,
    begun: Callable[[Name], None] = lambda name: None,
) -> Generator[tuple[Name, Outcome], None, None]:
    """Run jobs and yield their outcomes as they come.

    Parameters
    ----------
    schedule : Schedule
        Jobs by name, taken as places become free.
    task : callable
        The run of a job.
    executor : Executor
    in_flight : int
        Most tasks submitted at once.
    begun : callable
        Told of every job before it is submitted.

    Raises
    ------
    ConfigError
        If the executor broke down.
    """
    submitted: dict[Any, Job[Name]] = {}
    finished: SimpleQueue[Any] = SimpleQueue()
    try:
        while True:
            while len(submitted) < in_flight and (job := schedule.take()) is not None:
                begun(job.thing)
                future = executor.submit(run_task, task(job.thing))
                submitted[future] = job
                future.add_done_callback(finished.put)
            if not submitted:
                return
            future = finished.get()
            job = submitted.pop(future)
            schedule.finished(job)
            yield job.thing, _outcome(future)
    except BrokenExecutor:
        message = "a worker process died (killed, or out of memory?); finished points are kept, resume to go on"
        raise ConfigError(Problem(message=message)) from None
    finally:
        for future in submitted:
            future.cancel()


def _outcome(future: Any) -> Outcome:
    try:
        found: Outcome = future.result()
        return found
    except BrokenExecutor:
        raise
    except Exception as error:  # of the executor: the task could not be sent, or its machine went away
        return failure(error)


class InProcess:
    """An executor that runs each task at once, in this process."""

    def submit(self, function: Callable[[Task], Outcome], task: Task, /) -> Future[Outcome]:
        """Run the task and return its finished future."""
        future: Future[Outcome] = Future()
        future.set_result(function(task))
        return future
