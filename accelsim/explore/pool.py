"""Worker processes that outlive each other: one that is killed takes nothing with it but the point it was at.

That point is run once more by a fresh worker, and has failed if that one dies too. The executor of the standard library
gives up all points in such a case.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

MOST_DEATHS = 2
"""Workers that a point may take with it."""
PATIENCE_S = 5.0
"""Time for a worker to end by itself before it is stopped."""


class WorkerDied(RuntimeError):
    """The workers that ran a point were killed."""


@dataclass
class _Job:
    future: Future[Any]
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    deaths: int = 0


class WorkerPool:
    """An executor of so many processes."""

    def __init__(self, workers: int) -> None:
        self._context = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
        self._jobs: deque[_Job | None] = deque()
        self._change = threading.Condition()
        self._stopping = False
        self._processes: dict[int, BaseProcess] = {}
        self._threads = [threading.Thread(target=self._tend, args=(i,), daemon=True) for i in range(workers)]
        for thread in self._threads:
            thread.start()

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Return the future result of a call in one of the processes."""
        job = _Job(Future(), function, arguments)
        with self._change:
            self._jobs.append(job)
            self._change.notify()
        return job.future

    @property
    def pids(self) -> list[int]:
        """Ids of the processes."""
        return [process.pid for process in list(self._processes.values()) if process.pid is not None]

    def shutdown(self, *, at_once: bool = False) -> None:
        """Take no more jobs; end the processes when they are idle, or at once, in the middle of what they do."""
        with self._change:
            self._stopping = True
            for job in self._jobs:
                if job is not None:
                    job.future.cancel()
            self._jobs.clear()
            self._change.notify_all()
        if at_once:
            for process in list(self._processes.values()):
                process.terminate()
        for thread in self._threads:
            thread.join()

    def _tend(self, number: int) -> None:
        """Give jobs to one process, and start another one when it dies."""
        process, pipe = None, None
        while (job := self._next()) is not None:
            if job.deaths == 0 and not job.future.set_running_or_notify_cancel():
                continue
            while True:
                if process is None or pipe is None or not process.is_alive():
                    process, pipe = self._started(number)
                try:
                    pipe.send((job.function, job.arguments))
                    break
                except OSError:  # it died while it was idle
                    process = None
                except Exception as error:  # what cannot be sent
                    job.future.set_exception(error)
                    break
            if job.future.done():
                continue
            answer = _answer(process, pipe)
            if answer is None:
                self._lost(job, process.exitcode)
                process = None
            elif isinstance(answer[1], BaseException):
                job.future.set_exception(answer[1])
            else:
                job.future.set_result(answer[0])
        if process is not None and pipe is not None:
            with suppress(OSError):
                pipe.send(None)
            process.join(PATIENCE_S)
            process.terminate()
            process.join()

    def _next(self) -> _Job | None:
        with self._change:
            while not self._jobs and not self._stopping:
                self._change.wait()
            return self._jobs.popleft() if self._jobs else None

    def _started(self, number: int) -> tuple[BaseProcess, Connection]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        self._processes[number] = process
        if self._stopping:
            process.terminate()
        return process, ours

    def _lost(self, job: _Job, code: int | None) -> None:
        job.deaths += 1
        if self._stopping:
            job.future.set_exception(WorkerDied("stopped"))
        elif job.deaths < MOST_DEATHS:
            with self._change:
                self._jobs.appendleft(job)
                self._change.notify()
        else:
            how = f"signal {-code}" if code is not None and code < 0 else f"exit status {code}"
            message = f"{job.deaths} worker processes died at this point (killed, or out of memory?): {how}"
            job.future.set_exception(WorkerDied(message))


def _answer(process: BaseProcess, pipe: Connection) -> tuple[Any, BaseException | None] | None:
    """What a process answers; None if it died."""
    wait([pipe, process.sentinel])
    try:
        found: tuple[Any, BaseException | None] = pipe.recv()
        return found
    except (EOFError, OSError):
        process.join()
        return None


@contextmanager
def process_pool(workers: int) -> Iterator[WorkerPool]:
    """A pool of processes; on an error or Ctrl-C they are stopped at once, in the middle of their points."""
    pool = WorkerPool(workers)
    try:
        yield pool
    except BaseException:
        pool.shutdown(at_once=True)
        raise
    pool.shutdown()


def _serve(pipe: Connection) -> None:
    """Answer calls until the parent says so, or is no more."""
    os.environ["NUMBA_NUM_THREADS"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while (call := _received(pipe)) is not None:
        function, arguments = call
        try:
            answer: tuple[Any, BaseException | None] = function(*arguments), None
        except Exception as error:
            answer = None, error
        try:
            pipe.send(answer)
        except OSError:
            return
        except Exception as error:  # what cannot be sent
            pipe.send((None, TypeError(f"{type(error).__name__}: {error}")))


def _received(pipe: Connection) -> Any:
    try:
        return pipe.recv()
    except (EOFError, OSError):
        return None


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
