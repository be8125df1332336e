"""When something is to be recovered from: power that fails, and answers that have become worse."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from accelsim.config.errors import ConfigError, Problem
from accelsim.config.model import Model
from accelsim.lifelong.harvester import Harvester


class RandomCuts(Model):
    """Power that fails in random cycles."""

    count: int = Field(gt=0, le=1_000_000)
    """How often."""
    until: int = Field(gt=0)
    """Cycle of the run before which it does."""
    seed: int = 0
    """Of the cycles."""

    def cycles(self) -> list[int]:
        """In which cycles."""
        return sorted(np.random.default_rng([self.seed, 0xC07]).integers(0, self.until, self.count).tolist())


class Drift(Model):
    """When answers have become worse."""

    window: int = Field(default=20, gt=0)
    """Training samples over which right answers are counted."""
    drop: float = Field(default=0.3, gt=0, le=1)
    """How far their share must fall below the best since the last checkpoint or recovery."""


class Detector:
    """Tells from the answers to training samples when they have become worse."""

    def __init__(self, drift: Drift) -> None:
        self.drift = drift
        self.begin()

    def begin(self) -> None:
        """Forget all answers."""
        self._last: deque[bool] = deque(maxlen=self.drift.window)
        self._best = 0.0

    def rest(self) -> None:
        """The present share is the best so far: a checkpoint was taken."""
        self._best = self._share()

    def worse(self, answers: NDArray[np.int32], labels: NDArray[np.int32]) -> bool:
        """Whether after these answers, or some of them, the share of right ones has dropped; -1 was not asked."""
        dropped = False
        for answer, label in zip(answers.tolist(), labels.tolist(), strict=True):
            if answer == -1:
                continue
            self._last.append(answer == label)
            share = self._share()
            self._best = max(self._best, share)
            dropped |= self._best - share > self.drift.drop
        return dropped

    def _share(self) -> float:
        """Of right answers in a full window; 0 before."""
        return sum(self._last) / self.drift.window if len(self._last) == self.drift.window else 0.0


class Supply:
    """Power of a chip over the cycles in which it works.

    Parameters
    ----------
    cuts : sequence of int
        Cycles of the run in which power fails, or
    harvester : Harvester
        what it comes from.
    clock : float
        In Hz.
    """

    def __init__(self, cuts: Sequence[int], harvester: Harvester | None, clock: float) -> None:
        self.now = 0
        """Cycles the chip has worked."""
        self.failures = 0
        self.harvester = harvester
        self._cuts = deque(sorted(cuts))
        self._each: int | None = None
        if harvester is not None and harvester.on_s is not None:
            self._each = max(1, int(harvester.on_s * clock))
            self._cuts = deque([self._each])
        self._in_vain = 0

    def lasts(self, cycles: int) -> int | None:
        """Cycles of the next work until power fails; None if it is done before."""
        return None if not self._cuts or self._cuts[0] >= self.now + cycles else max(0, self._cuts[0] - self.now)

    def worked(self, cycles: int) -> None:
        """So many cycles of work were done."""
        self.now += cycles

    def fail(self) -> None:
        """Power fails now and comes back.

        Raises
        ------
        ConfigError
            If the chip can do nothing in the time that the harvester gives it, again and again.
        """
        self.failures += 1
        self._cuts.popleft()
        if self._each is not None:
            self._cuts.append(self.now + self._each)
            self._in_vain += 1
            if self._in_vain > 2:
                message = (
                    f"the chip works {self._each} cycles at a time, which do not reach from one checkpoint to the "
                    "next: take checkpoints more often, or give it more energy"
                )
                raise ConfigError(Problem(path="capabilities.checkpoint.harvester", message=message))

    def advanced(self) -> None:
        """A checkpoint was taken: the work before it is safe."""
        self._in_vain = 0

    def off_s(self) -> float:
        """How long the chip was without power."""
        return self.failures * self.harvester.off_s if self.harvester is not None else 0.0
