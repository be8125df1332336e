"""The order in which points are run: what others wait for first, then the longest.

Points that share a stage would compute it at the same time. Of those that share an activity one goes first, then one of
each timing, then the rest.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Job(Generic[T]):
    """A point to be run.

    Attributes
    ----------
    thing : what is run.
    activity, timing : str or None
        Keys of its stages; None for one that is shared with no other point.
    length : float
        How long it takes, in any unit.
    """

    thing: T
    activity: str | None = None
    timing: str | None = None
    length: float = 0.0


class Schedule(Generic[T]):
    """Jobs that are ready, and jobs that wait for another one."""

    def __init__(self, jobs: Iterable[Job[T]] = ()) -> None:
        self._ready: list[tuple[float, int, Job[T]]] = []
        self._for_activity: dict[str, deque[Job[T]]] = {}
        self._for_timing: dict[str, deque[Job[T]]] = {}
        self._known: set[str] = set()
        self._number = 0
        self._waiting = 0
        self.add(jobs)

    def __len__(self) -> int:
        """Jobs that have not been taken."""
        return len(self._ready) + self._waiting

    def add(self, jobs: Iterable[Job[T]]) -> None:
        """Add jobs."""
        for job in jobs:
            if job.timing in self._for_timing:
                self._wait(self._for_timing[str(job.timing)], job)
            elif job.activity in self._for_activity:
                self._wait(self._for_activity[str(job.activity)], job)
            else:
                self._lead(job)

    def take(self) -> Job[T] | None:
        """The next job, or None if all that are left wait for one that was taken."""
        return heapq.heappop(self._ready)[2] if self._ready else None

    def finished(self, job: Job[T]) -> None:
        """Release what waited for a job."""
        self._known |= {key for key in (job.activity, job.timing) if key is not None}
        for key, queues in ((job.timing, self._for_timing), (job.activity, self._for_activity)):
            released = queues.pop(key, None) if key is not None else None
            for other in released or ():
                self._waiting -= 1
                if queues is self._for_timing:
                    self._push(other)
                else:
                    self.add([other])

    def _lead(self, job: Job[T]) -> None:
        for key, queues in ((job.timing, self._for_timing), (job.activity, self._for_activity)):
            if key is not None and key not in self._known:
                queues[key] = deque()
        self._push(job)

    def _wait(self, queue: deque[Job[T]], job: Job[T]) -> None:
        queue.append(job)
        self._waiting += 1

    def _push(self, job: Job[T]) -> None:
        heapq.heappush(self._ready, (-job.length, self._number, job))
        self._number += 1
