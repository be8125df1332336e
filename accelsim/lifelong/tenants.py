"""Tenants: several networks take turns on one chip, each with tasks, weights and state of its own.

Before samples of another tenant's task the words that the running network must not lose are moved to its place in a
memory, and the other's into the core. All tenants begin as the programmed network; that each has its place filled with
it is part of programming the chip.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from accelsim.architecture.schema import Core
from accelsim.config.model import PathError
from accelsim.controllers.lasting import Lasting
from accelsim.lifelong.capability import Acts, Capability, Chip, Settings
from accelsim.lifelong.checkpoint import state_arrays
from accelsim.lifelong.job import Job

Task = Annotated[int, Field(ge=0)]


class TenantSettings(Settings):
    """Which networks share the chip."""

    tasks: Annotated[tuple[Annotated[tuple[Task, ...], Field(min_length=1)], ...], Field(min_length=1)]
    """Tasks of the stream that each tenant learns."""
    memory: str = "tenants"
    """Memory of the core that holds the networks that do not run."""

    def mistakes(self, tasks: int | None) -> Iterator[PathError]:
        """Tasks that have no tenant, or two, or are not in the stream."""
        if tasks is None:
            yield PathError("tasks", "the workload has no `tasks` that they could share")
            return
        owners = Counter(task for group in self.tasks for task in group)
        for i, group in enumerate(self.tasks):
            for j, task in enumerate(group):
                if task >= tasks:
                    yield PathError(("tasks", i, j), f"there is no task {task}; tasks are 0 to {tasks - 1}")
                elif owners[task] > 1:
                    yield PathError(("tasks", i, j), f"task {task} has another tenant too")
        if missing := [str(task) for task in range(tasks) if task not in owners]:
            yield PathError("tasks", f"nobody learns task {', '.join(missing)}")


class Tenants(Capability):
    """Networks that take turns."""

    name: ClassVar[str] = "tenants"
    purposes: ClassVar[tuple[str, ...]] = ("moving",)

    def __init__(self, settings: TenantSettings) -> None:
        self.settings = settings
        self.running = 0
        self.parked: list[tuple[NDArray[Any], ...]] = []
        """Everything that the core keeps of each network, as it was when it last ran."""
        self._bits = 0
        """Of a network."""
        self._switches = self._words = self._cycles = 0

    def memories(self) -> dict[str, str]:
        """The one that holds the networks."""
        return {"memory": self.settings.memory}

    def reserve(self, lasting: Mapping[str, Lasting]) -> int:
        """Bits of a network."""
        self._bits = sum(each.bits for each in lasting.values())
        return self._bits

    def room(self, core: Core) -> dict[str, tuple[int, int]]:
        """A place for each."""
        memory = self.settings.memory
        return {memory: (-(-self._bits // core.memories[memory].bits), len(self.settings.tasks))}

    def contents(self) -> dict[str, tuple[int, Sequence[object]]]:
        """All networks, the running one as it was before."""
        return {self.settings.memory: (self._image, self.parked)}

    def moves(self, chip: Chip, others: Sequence[Capability]) -> Iterator[Job]:
        """Networks change places."""
        yield self._job(chip, 1)

    def _job(self, chip: Chip, image: int) -> Job:
        words = {name: chip.words[name] for name in chip.controller.lasting() if chip.words.get(name)}
        return Job("moving", {**words, self.settings.memory: image}, {**words, self.settings.memory: image})

    def attach(self, chip: Chip) -> None:
        """Every tenant begins with the programmed network."""
        super().attach(chip)
        self.parked = [self._state()] * len(self.settings.tasks)

    @property
    def owner(self) -> str:
        """The running tenant."""
        return f"tenant {self.running}"

    def coming(self, task: int | None) -> Acts:
        """Let the tenant of a task run."""
        coming = next(i for i, tasks in enumerate(self.settings.tasks) if task in tasks)
        if coming == self.running:
            return
        chip, job = self.chip, self._job(self.chip, self._image)
        took = yield job
        self.parked[self.running] = self._state()
        before = {name: weights.copy() for name, weights in chip.controller.weights().items()}
        for array, kept in zip(state_arrays(chip.controller), self.parked[coming], strict=True):
            array[...] = kept
        for name, writes in chip.controller.cell_writes().items():
            writes += before[name] != chip.controller.weights()[name]
        self.running = coming
        self._switches += 1
        self._words += job.words
        self._cycles += int(np.sum(took.cycles))

    def figures(self) -> dict[str, float | int | None]:
        """Tenants, how often another one ran, and what that took."""
        return {
            "tenants": len(self.settings.tasks),
            "switches": self._switches,
            "moved_words": self._words,
            "switch_time_us": self._cycles / self.chip.clock * 1e6,
        }

    def snapshot(self) -> dict[str, Any]:
        """As it is; the state of a parked network is never changed, only replaced."""
        return {**self.state(), "parked": list(self.parked)}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Go back to a snapshot."""
        vars(self).update(kept, parked=list(kept["parked"]))

    @property
    def _image(self) -> int:
        """Words of the memory that a network takes."""
        return self.chip.words_of(self.settings.memory, self._bits)

    def _state(self) -> tuple[NDArray[Any], ...]:
        return tuple(array.copy() for array in state_arrays(self.chip.controller))
