"""Executors of clusters: an existing Dask cluster, and Slurm through submitit. Both packages are extras."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accelsim.config.errors import ConfigError, Problem

TIMEOUT = "10s"
"""Time in which a scheduler must answer."""
POLL_S = 1.0
"""Time between two looks at the jobs of a batch system."""
SLURM_JOBS = 100
"""Jobs submitted at once by default."""


@dataclass(frozen=True)
class Remote:
    """An executor somewhere else.

    Attributes
    ----------
    executor : object with ``submit(function, argument)``
    in_flight : int
        Points to give it at once.
    """

    executor: Any
    in_flight: int


@contextmanager
def dask_cluster(address: str) -> Iterator[Remote]:
    """A running Dask cluster; its workers need accelsim, and one thread each for the best speed.

    Raises
    ------
    ConfigError
        If no scheduler answers there, or the extra `dask` is missing.
    """
    try:
        from distributed import Client
    except ImportError:
        raise _missing("--scheduler", "dask") from None
    try:
        client = Client(address, timeout=TIMEOUT)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        message = f"no Dask scheduler answers at {address}: {reason}"
        raise ConfigError(Problem(path="--scheduler", message=message)) from None
    with client:
        threads = sum(client.nthreads().values())
        yield Remote(client.get_executor(pure=False), 2 * max(1, threads))


@contextmanager
def slurm_cluster(folder: Path, jobs: int | None = None, cluster: str | None = None) -> Iterator[Remote]:
    """Jobs of a batch system, one for each point.

    Parameters
    ----------
    folder : where submitit keeps what it sends and what comes back; all machines must see it.
    jobs : at once, by default `SLURM_JOBS`.
    cluster : ``local`` for processes of this machine; by default Slurm where there is one.

    Raises
    ------
    ConfigError
        If the extra `slurm` is missing.
    """
    try:
        import submitit
    except ImportError:
        raise _missing("--slurm", "slurm") from None
    executor = submitit.AutoExecutor(folder=folder, cluster=cluster)
    executor.update_parameters(name="accelsim", tasks_per_node=1, cpus_per_task=1, timeout_min=24 * 60)
    polled = _Polled(executor)
    try:
        yield Remote(polled, jobs or SLURM_JOBS)
    finally:
        polled.close()


class _Polled:
    """Futures that tell when they are done, of jobs that must be asked."""

    def __init__(self, executor: Any) -> None:
        self._executor = executor
        self._jobs: list[tuple[Any, Future[Any]]] = []
        self._change = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Return the future result of a call."""
        future: Future[Any] = Future()
        job = self._executor.submit(function, *arguments)
        with self._change:
            self._jobs.append((job, future))
        return future

    def close(self) -> None:
        """Cancel what has not ended."""
        self._closed.set()
        self._thread.join()
        for job, _ in self._jobs:
            job.cancel()

    def _poll(self) -> None:
        while not self._closed.wait(POLL_S):
            with self._change:
                jobs, self._jobs = self._jobs, []
            waiting = []
            for job, future in jobs:
                if not job.done():
                    waiting.append((job, future))
                elif (error := job.exception()) is not None:
                    future.set_exception(error)
                else:
                    future.set_result(job.result())
            with self._change:
                self._jobs += waiting


def _missing(option: str, extra: str) -> ConfigError:
    return ConfigError(Problem(path=option, message=f"needs the extra `{extra}`: pip install 'accelsim[{extra}]'"))
