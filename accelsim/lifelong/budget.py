"""A power budget: the chip meters its energy and waits, or runs slower, so that it does not exceed a power cap.

Energy is metered with the nominal energy of each action, operands being random words, and leakage. In any window of the
given length or longer the chip spends at most what the cap allows, and one event (a time step, or a job) more. A new
cap holds for what begins from then on.

* ``stall``: an event waits until it may begin;
* ``scale``: an event happens at the fastest operating point of the chip's `power.points`, its own being the first, at
  which the events of the window before would have kept to the cap; it waits besides where that is not enough. Changing
  the point takes no time and no energy (assumed).
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from accelsim.config.model import Model, PathError
from accelsim.config.quantity import Power, Time
from accelsim.lifelong.capability import Acts, Capability, Settings, Shown

MOST_ROWS = 256
"""Of the table of power over time."""
TOLERANCE = 1e-9
"""Of sums of energies."""


class Change(Model):
    """Another power cap from some time on."""

    task: int | None = Field(default=None, gt=0)
    """Tasks that have ended by then, or"""
    sample: int | None = Field(default=None, gt=0)
    """training samples that were shown; one of both is given."""
    power_cap: Annotated[Power, Field(gt=0)]
    """The cap from then on."""

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if (self.task is None) == (self.sample is None):
            raise PathError("task", "give either `task` or `sample`")
        return self


class BudgetSettings(Settings):
    """The power that a chip may draw, and what it does to keep to it."""

    power_cap: Annotated[Power, Field(gt=0)]
    """Mean power of any window."""
    window: Annotated[Time, Field(gt=0)] = 10e-3
    """Time over which the mean is taken."""
    mode: Literal["stall", "scale"] = "stall"
    """Wait, or run at a lower supply and clock."""
    changes: tuple[Change, ...] = ()
    """Other caps later in the stream."""

    @property
    def lowest(self) -> tuple[tuple[str | int, ...], float]:
        """The lowest of all caps, and where it is given."""
        caps: list[tuple[tuple[str | int, ...], float]] = [(("power_cap",), self.power_cap)]
        caps += [(("changes", i, "power_cap"), change.power_cap) for i, change in enumerate(self.changes)]
        return min(caps, key=lambda cap: cap[1])


class Budget(Capability):
    """The power cap while a stream runs, and what was metered."""

    name: ClassVar[str] = "budget"

    def __init__(self, settings: BudgetSettings) -> None:
        self.settings = settings
        self.cap_w = settings.power_cap
        self.past: dict[str, Any] = {}
        """Events that reach into the present window, see :class:`accelsim.engine.throttle.Events`; empty before any."""
        self.stalled = self.slowed = self.violations = 0
        self.peak_w = 0.0
        self._samples = self._tasks = 0
        self._each: int | None = None
        """Cycles of a row of the table."""
        self._rows = {name: np.zeros(MOST_ROWS) for name in ("cap_w", "peak_w", "stalled", "slowed")}

    def due(self) -> int | None:
        """Samples until the next change."""
        ahead = [change.sample - self._samples for change in self.settings.changes if change.sample is not None]
        return min((samples for samples in ahead if samples > 0), default=None)

    def trained(self, shown: Shown) -> Acts:
        """Change the cap when it is time."""
        before, self._samples = self._samples, self._samples + len(shown.samples)
        for change in self.settings.changes:
            if change.sample is not None and before < change.sample <= self._samples:
                self.cap_w = change.power_cap
        yield from ()

    def task_ended(self) -> Acts:
        """Change the cap when it is time."""
        self._tasks += 1
        for change in self.settings.changes:
            if change.task == self._tasks:
                self.cap_w = change.power_cap
        yield from ()

    def snapshot(self) -> dict[str, Any]:
        """What the cap depends on; time goes on."""
        return {name: vars(self)[name] for name in ("cap_w", "_samples", "_tasks")}

    def metered(
        self, start: NDArray[np.int64], power_w: NDArray[np.float64], stalled: NDArray[np.int64],
        slowed: NDArray[np.int64], over: int,
    ) -> None:  # fmt: skip
        """Note events: when they begin, power of the window that ends with each, cycles that they waited and took
        longer, and how many of the windows held more than the cap and one event allow."""
        self.stalled += int(stalled.sum())
        self.slowed += int(slowed.sum())
        self.violations += over
        self.peak_w = max(self.peak_w, float(power_w.max(initial=0.0)))
        if not len(start):
            return
        if self._each is None:
            self._each = max(1, round(self.settings.window * self.chip.clock))
        while start[-1] // self._each >= MOST_ROWS:
            self._merge()
        row = start // self._each
        np.add.at(self._rows["stalled"], row, stalled)
        np.add.at(self._rows["slowed"], row, slowed)
        np.maximum.at(self._rows["peak_w"], row, power_w)
        self._rows["cap_w"][row] = self.cap_w

    def figures(self) -> dict[str, float | int | None]:
        """Cycles waited and taken longer, most power of a window, windows with too much."""
        return {
            "stalled_cycles": self.stalled,
            "slowed_cycles": self.slowed,
            "power_window_max_uw": self.peak_w * 1e6,
            "budget_violations": self.violations,
        }

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Cap, most power of a window and time lost, over the time of the run."""
        each_s = (self._each or 0) / self.chip.clock
        rows = self._rows
        return {
            "power_cap": [
                {
                    "start_s": i * each_s,
                    "duration_s": each_s,
                    "power_cap_uw": float(rows["cap_w"][i]) * 1e6,
                    "power_window_max_uw": float(rows["peak_w"][i]) * 1e6,
                    "stalled_us": float(rows["stalled"][i]) / self.chip.clock * 1e6,
                    "slowed_us": float(rows["slowed"][i]) / self.chip.clock * 1e6,
                }
                for i in np.flatnonzero(rows["cap_w"]).tolist()
            ]
        }

    def _merge(self) -> None:
        """Make rows twice as long."""
        assert self._each is not None
        self._each *= 2
        half = MOST_ROWS // 2
        for name, values in self._rows.items():
            pairs = values.reshape(half, 2)
            last = np.where(pairs[:, 1] > 0, pairs[:, 1], pairs[:, 0])
            found = {"cap_w": last, "peak_w": pairs.max(axis=1)}.get(name, pairs.sum(axis=1))
            self._rows[name] = np.concatenate([found, np.zeros(half)])
