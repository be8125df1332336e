"""Running design points: in this process, in a pool of processes, or wherever an executor takes them.

An executor is anything whose ``submit(function, argument)`` returns a future with ``add_done_callback``, ``result``
and ``cancel``: those of `concurrent.futures`, and those of a cluster.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import isfinite
from multiprocessing.connection import wait
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal, Protocol, TypeVar

from accelsim.config.errors import ConfigError, Problem
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
    wall_s : float or None
        Time it took.
    traceback : str or None
        Of an error that is not the description's.
    """

    status: Literal["ok", "failed"]
    message: str = ""
    metrics: Mapping[str, float | int | None] = field(default_factory=dict)
    wall_s: float | None = None
    traceback: str | None = None


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
    """

    done: int
    failed: int
    total: int
    rate_per_s: float | None


class Executor(Protocol):
    """Takes work and promises a result."""

    def submit(self, function: Callable[[Task], Outcome], task: Task, /) -> Any:
        """Return a future."""


def run_task(task: Task) -> Outcome:
    """Run a point; whatever goes wrong is its message."""
    from accelsim.simulation import simulate

    started = time.perf_counter()
    try:
        load_plugins(task.plugins)
        metrics = simulate(task.architecture, task.workload, engine=task.engine, seed=task.seed).metrics
        infinite = [name for name, value in metrics.items() if isinstance(value, float) and not isfinite(value)]
        if infinite:
            raise ArithmeticError(f"not finite: {', '.join(infinite)}")
    except ConfigError as error:
        return failure(error)
    except Exception as error:  # one point must not end the others
        return failure(error, traceback.format_exc())
    return Outcome("ok", metrics=dict(metrics), wall_s=round(time.perf_counter() - started, 4))


def failure(error: BaseException, trace: str | None = None) -> Outcome:
    """The outcome of a point that ended with an error."""
    text = str(error) if isinstance(error, ConfigError) else f"{type(error).__name__}: {error}"
    return Outcome("failed", "; ".join(text.splitlines()), traceback=trace)


def load_plugins(paths: Iterable[str | Path]) -> None:
    """Load plug-in files of the user; a file is run once in a process."""
    from accelsim.simulation.plugins import load_plugins as load

    load(paths)


def execute(
    tasks: Iterable[tuple[Name, Task]], executor: Executor, in_flight: int
) -> Generator[tuple[Name, Outcome], None, None]:
    """Run tasks and yield their outcomes as they come.

    Parameters
    ----------
    tasks : iterable of (name, Task)
        Taken one by one as places become free, so that a search may decide late what to try next.
    executor : Executor
    in_flight : int
        Most tasks submitted at once.

    Raises
    ------
    ConfigError
        If the executor broke down.
    """
    waiting = iter(tasks)
    submitted: dict[Any, Name] = {}
    finished: SimpleQueue[Any] = SimpleQueue()
    try:
        while True:
            while len(submitted) < in_flight and (following := next(waiting, None)) is not None:
                name, task = following
                future = executor.submit(run_task, task)
                submitted[future] = name
                future.add_done_callback(finished.put)
            if not submitted:
                return
            future = finished.get()
            yield submitted.pop(future), _outcome(future)
    except BrokenExecutor:
        message = "a worker process died (killed, or out of memory?); finished points are kept, resume to go on"
        raise ConfigError(Problem(message=message)) from None
    finally:
        for future in submitted:
            future.cancel()


def _outcome(future: Any) -> Outcome:
    try:
        return future.result()
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


@contextmanager
def process_pool(workers: int) -> Iterator[Executor]:
    """A pool of processes; on an error or Ctrl-C they are stopped at once, in the middle of their points."""
    context = _Context()
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)
    try:
        yield pool
    except BaseException:
        for process in context.started:
            if process.is_alive():
                process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


class _Context(SpawnContext):
    """Starts fresh interpreters, as forks of a process with threads may hang, and remembers them."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[SpawnProcess] = []

    def Process(self, *args: Any, **options: Any) -> SpawnProcess:  # type: ignore[override]
        process = SpawnProcess(*args, **options)
        self.started.append(process)
        return process


def _start_worker() -> None:
    """Prepare a worker: one thread, no answer to Ctrl-C (the parent's business), no life without the parent."""
    os.environ["NUMBA_NUM_THREADS"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
