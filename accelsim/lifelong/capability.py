"""What every capability of a lifelong learner offers: it watches the stream and acts between samples."""

from __future__ import annotations

from abc import ABC
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.schema import Core, Memory
from accelsim.config.model import Model
from accelsim.controllers.base import Controller
from accelsim.controllers.samples import Samples
from accelsim.lifelong.job import Job


class Settings(Model):
    """Settings of a capability."""

    on: bool = True
    """Whether the chip has it."""


@dataclass(frozen=True)
class Chip:
    """The learning chip that capabilities act on.

    Attributes
    ----------
    controller : Controller
        Its function; `controller.state` holds everything it keeps.
    memories : mapping of str to Memory
        Every width a number.
    words : mapping of str to int
        Words in use of each memory, of all cores together.
    cores : int
    clock : float
        In Hz.
    tick_s : float
        Time step of the outside world.
    seed : int
    """

    controller: Controller
    memories: Mapping[str, Memory]
    words: Mapping[str, int]
    cores: int
    clock: float
    tick_s: float
    seed: int

    def words_of(self, memory: str, bits: int) -> int:
        """Words of a memory that so many bits take."""
        return -(-bits // self.memories[memory].bits)


@dataclass(frozen=True)
class Presented:
    """Samples that the chip is shown beside the stream.

    Attributes
    ----------
    samples : Samples
    split : str
        Under which they are counted: ``replay`` or ``recovery``.
    """

    samples: Samples
    split: str


@dataclass(frozen=True)
class Shown:
    """What the chip answered to samples.

    Attributes
    ----------
    samples : Samples
    answers : int32 array, shape (samples,)
    cycles : int64 array, shape (samples,)
        That each took.
    """

    samples: Samples
    answers: NDArray[np.int32]
    cycles: NDArray[np.int64]


@dataclass(frozen=True)
class Done:
    """A job is done.

    Attributes
    ----------
    cycles : int
        That it took.
    """

    cycles: int


Acts = Generator[Job | Presented, Shown | Done, None]
"""What a capability does next, one thing after the other; it is sent what each gave."""


class Capability(ABC):
    """A capability while a stream runs; it keeps its own state, all of it in attributes that `copy.deepcopy` copies."""

    name: ClassVar[str]
    """Under which it is switched and reported."""
    purposes: ClassVar[tuple[str, ...]] = ()
    """Of the jobs it gives; the core needs a phase of upkeep for each."""
    outside: ClassVar[tuple[str, ...]] = ("chip", "settings")
    """Attributes that are no state of its own."""

    def memories(self) -> Mapping[str, str]:
        """Memories of the core that it uses, by the setting that names each."""
        return {}

    def lacks(self, core: Core, volatile: Collection[str]) -> Iterator[tuple[str, str]]:
        """What is missing in a core, some of whose memories are volatile: setting, and message."""
        yield from ()

    def room(self, core: Core) -> Mapping[str, tuple[int, int]]:
        """What its `contents` may grow to: by memory, words of a slot, and slots."""
        return {}

    def moves(self, chip: Chip, others: Sequence[Capability]) -> Iterator[Job]:
        """Jobs with at least a word of each memory that its own, among other capabilities, may read and write."""
        yield from ()

    def attach(self, chip: Chip) -> None:
        """Prepare for a programmed chip, before its first sample."""
        self.chip = chip

    def due(self) -> int | None:
        """Training samples of the stream, at least one, after which it wants to act; None if it need not be asked."""
        return None

    def coming(self, task: int | None) -> Acts:
        """Act before samples of a task, be they learnt from or not."""
        yield from ()

    def trained(self, shown: Shown) -> Acts:
        """Act after training samples of the stream, at most as many as were due."""
        yield from ()

    def task_ended(self) -> Acts:
        """Act after the last training sample of a task."""
        yield from ()

    def figures(self) -> Mapping[str, float | int | None]:
        """Metrics of its own, `<what>_<unit>`."""
        return {}

    def rows(self) -> Mapping[str, list[dict[str, Any]]]:
        """Tables of its own."""
        return {}

    def contents(self) -> Mapping[str, tuple[int, Sequence[object]]]:
        """What it keeps in memories besides the core: by memory, words of a slot, and what is in the slots in use."""
        return {}

    def holdings(self) -> Mapping[str, tuple[int, int]]:
        """How much it holds, and may hold at most, by resource; of memories by `words.<memory>`."""
        kept = self.contents().items()
        return {f"words.{memory}": (words * len(things), self.chip.words[memory]) for memory, (words, things) in kept}

    @property
    def owner(self) -> str | None:
        """To whom the core and its words belong now, if it decides that."""
        return None

    def state(self) -> dict[str, Any]:
        """Everything it is made of, but for what it was made from."""
        return {name: value for name, value in vars(self).items() if name not in self.outside}

    def snapshot(self) -> dict[str, Any]:
        """Copies of everything that it must find again to go on alike."""
        return deepcopy(self.state())

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Go back to a snapshot."""
        vars(self).update(deepcopy(dict(kept)))
