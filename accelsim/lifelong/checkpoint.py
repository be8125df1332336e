"""Checkpoints: what must not be lost is copied, and put back when power failed or learning went wrong.

* ``full``: everything is copied, in turn to one of two places, so that one copy is always whole;
* ``delta``: everything is compared with the copy; words that differ are written with their addresses to a journal, then
  into the copy, so that copy and journal together are always whole;
* ``shadow``: everything is copied to one place, from which it is put back when learning went wrong. Power must not fail
  meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from accelsim.architecture.schema import Core
from accelsim.config.model import PathError
from accelsim.controllers.base import Controller
from accelsim.controllers.lasting import Lasting
from accelsim.datapath.probe import arrays_of
from accelsim.lifelong.capability import Acts, Capability, Chip, Settings, Shown
from accelsim.lifelong.harvester import Harvester
from accelsim.lifelong.job import Job
from accelsim.lifelong.recovery import Detector, Drift, RandomCuts, Supply


class CheckpointSettings(Settings):
    """What is saved where and when, and what is recovered from."""

    every: int | Literal["task"] = "task"
    """Samples after which a checkpoint is taken, or at the end of each task. Those of tests count if power may fail."""
    kind: Literal["full", "delta", "shadow"] = "full"
    """What is copied (see :mod:`accelsim.lifelong.checkpoint`)."""
    memory: str = "checkpoint"
    """Memory of the core that takes it."""
    drift: Drift | None = None
    """Go back to the last checkpoint when answers become worse."""
    power_cuts: tuple[int, ...] | RandomCuts | None = None
    """Cycles of the run in which power fails."""
    harvester: Harvester | None = None
    """Power comes and goes."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.every != "task" and self.every < 1:
            raise PathError("every", f"{self.every} is not > 0")
        if self.power_cuts is not None and self.harvester is not None:
            raise PathError("harvester", "give either `power_cuts` or `harvester`, not both")
        if self.power_may_fail and self.kind == "shadow":
            raise PathError("kind", "`shadow` is no copy to rely on when power fails; use `full` or `delta`")
        return self

    @property
    def power_may_fail(self) -> bool:
        """Whether it does in this run."""
        return self.power_cuts is not None or self.harvester is not None

    def supply(self, clock: float) -> Supply | None:
        """Power of the chip, if it may fail."""
        if not self.power_may_fail:
            return None
        cuts = self.power_cuts.cycles() if isinstance(self.power_cuts, RandomCuts) else self.power_cuts
        return Supply(cuts or (), self.harvester, clock)


@dataclass(frozen=True)
class Saved:
    """What a checkpoint holds.

    Attributes
    ----------
    arrays : list of arrays
        Of the controller's state.
    capabilities : list of mappings
        Snapshots.
    lasting : mapping of str to tuple of arrays
        What outlives a sample, by memory.
    contents : mapping of str to list
        What capabilities keep, by memory.
    """

    arrays: list[NDArray[Any]]
    capabilities: list[dict[str, Any]]
    lasting: Mapping[str, Sequence[NDArray[Any]]]
    contents: Mapping[str, list[object]]


class Checkpoint(Capability):
    """Takes checkpoints and goes back to them."""

    name: ClassVar[str] = "checkpoint"
    purposes: ClassVar[tuple[str, ...]] = ("saving", "restoring")
    outside: ClassVar[tuple[str, ...]] = ("chip", "settings", "_others")

    def __init__(self, settings: CheckpointSettings) -> None:
        self.settings = settings
        self.supply: Supply | None = None
        self.begun = False
        """Whether the first checkpoint was taken, of the programmed chip."""
        self.saved = 0
        self.lost_cycles = 0
        self._detector = Detector(settings.drift) if settings.drift is not None else None
        self._waited = self._samples = 0
        self._dropped = self._ended = False
        self._bits = 0
        self._written_words = self._saving_cycles = 0
        self._recoveries: list[dict[str, Any]] = []
        self._last: Saved | None = None
        self._others: Sequence[Capability] = ()

    def memories(self) -> dict[str, str]:
        """The one that takes the copies."""
        return {"memory": self.settings.memory}

    def lacks(self, core: Core, volatile: Collection[str]) -> Iterator[tuple[str, str]]:
        """A memory that keeps its content without power, if that may fail."""
        if self.settings.power_may_fail and self.settings.memory in volatile:
            kind = core.memories[self.settings.memory].kind
            message = f"`{self.settings.memory}` is {kind} and forgets when power fails; set its `kind`, e.g. stt-mram"
            yield "memory", message

    def reserve(self, core: Core, lasting: Mapping[str, Lasting], others: Iterable[Capability]) -> int:
        """Bits of memory that its copies take."""
        words = {name: each.words(_items(core.memories, name)) for name, each in lasting.items()}
        bits = sum(each.bits for each in lasting.values())
        journal = sum(words[name] * _items(core.memories, name) * each.item_bits for name, each in lasting.items())
        number = sum(words.values())
        for capability in others:
            for memory, (slot, slots) in capability.room(core).items():
                bits += slot * slots * core.memories[memory].bits
                journal += slot * slots * core.memories[memory].bits
                number += slot * slots
        self._bits = bits
        match self.settings.kind:
            case "full":
                return 2 * bits
            case "delta":
                return bits + journal + number * _address_bits(number)
            case "shadow":
                return bits

    def moves(self, chip: Chip, others: Sequence[Capability]) -> Iterator[Job]:
        """What the core and other capabilities keep is copied, and comes back."""
        copy = self.settings.memory
        state = {memory: 1 for memory in chip.controller.lasting() if chip.words.get(memory)}
        state |= {memory: 1 for each in others if each is not self for memory in each.memories().values()}
        yield Job("saving", state | ({copy: 1} if self.settings.kind == "delta" else {}), {copy: 1})
        yield Job("restoring", {copy: 1}, state)

    def attach(self, chip: Chip) -> None:
        """Note how power comes."""
        super().attach(chip)
        self.supply = self.settings.supply(chip.clock)

    def protect(self, others: Sequence[Capability]) -> None:
        """What it saves besides the core; the programmed chip can always be had again."""
        self._others = others
        self._last = self._now()

    def holdings(self) -> dict[str, tuple[int, int]]:
        """Words of its copies; a journal is empty between two checkpoints."""
        memory = self.settings.memory
        copies = min(self.saved, 2 if self.settings.kind == "full" else 1)
        bits = copies * self._image_bits(self._last.contents) if self._last is not None else 0
        return {f"words.{memory}": (self.chip.words_of(memory, bits), self.chip.words[memory])}

    def due(self) -> int | None:
        """Every so many samples."""
        return None if self.settings.every == "task" else max(1, self.settings.every - self._waited)

    def trained(self, shown: Shown) -> Acts:
        """Watch the answers."""
        if self._detector is not None:
            self._dropped |= self._detector.worse(shown.answers, shown.samples.label)
        self.passed(len(shown.samples))
        yield from ()

    def task_ended(self) -> Acts:
        """Note it."""
        self._ended = True
        yield from ()

    def passed(self, samples: int) -> None:
        """Samples were shown."""
        self._samples += samples
        self._waited += samples

    def begin(self) -> Acts:
        """Save the programmed chip before its first sample."""
        yield from self._save()
        self.begun = True

    def settle(self) -> Acts:
        """After all that samples have caused: go back if learning went wrong, or save if it is time."""
        if self._dropped:
            assert self._detector is not None
            self._dropped = False
            self._detector.begin()
            yield from self.recover("drift", 0)
            return
        if self._ended if self.settings.every == "task" else self._waited >= self.settings.every:
            yield from self._save()

    def recover(self, why: str, again: int) -> Acts:
        """Go back to the last checkpoint; so many samples since are shown again."""
        assert self._last is not None
        for array, kept in zip(self._arrays(), self._last.arrays, strict=True):
            array[...] = kept
        for capability, state in zip(self._others, self._last.capabilities, strict=True):
            if why != "drift" or capability is not self:
                capability.restore(state)
        job = self._restoring(self._last)
        row: dict[str, Any] = {
            "sample": self._samples, "cause": why, "words": job.words, "time_us": 0.0, "samples_again": again,
        }  # fmt: skip
        self._recoveries.append(row)
        took = yield job
        self.spent_again(int(np.sum(took.cycles)))

    def spent_again(self, cycles: int) -> None:
        """Cycles of the last recovery, until everything is as it was."""
        self._recoveries[-1]["time_us"] += cycles / self.chip.clock * 1e6

    def snapshot(self) -> dict[str, Any]:
        """What the next decisions depend on; what has been counted stays counted."""
        names = ("_waited", "_samples", "_detector", "_dropped", "_ended")
        return deepcopy({name: vars(self)[name] for name in names})

    def figures(self) -> dict[str, float | int | None]:
        """Checkpoints taken, recoveries, and the time for them."""
        found: dict[str, float | int | None] = {
            "checkpoint_bits": self._bits,
            "checkpoints": self.saved,
            "checkpoint_written_words": self._written_words,
            "checkpoint_time_us": self._saving_cycles / self.chip.clock * 1e6,
            "recoveries": len(self._recoveries),
            "recovery_time_us": sum(row["time_us"] for row in self._recoveries),
        }
        if self.supply is not None:
            found["power_failures"] = self.supply.failures
            found["lost_time_us"] = self.lost_cycles / self.chip.clock * 1e6
            found["off_time_s"] = self.supply.off_s() if self.supply.harvester is not None else None
        return found

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """What each recovery took."""
        return {"recoveries": self._recoveries} if self._recoveries else {}

    def _save(self) -> Acts:
        self._waited, self._ended = 0, False
        if self._detector is not None:
            self._detector.rest()
        now = self._now()
        job = self._saving(now)
        took = yield job
        self._last = now
        self.saved += 1
        self._written_words += sum(job.writes.values())
        self._saving_cycles += int(np.sum(took.cycles))
        if self.supply is not None:
            self.supply.advanced()

    def _now(self) -> Saved:
        lasting = {name: each.copies() for name, each in self.chip.controller.lasting().items()}
        contents = {memory: list(things) for memory, (_, things) in self._contents().items()}
        return Saved(
            [array.copy() for array in self._arrays()],
            [capability.snapshot() for capability in self._others],
            lasting if self.settings.kind == "delta" else {},
            contents,
        )

    def _arrays(self) -> Iterator[NDArray[Any]]:
        return state_arrays(self.chip.controller)

    def _contents(self) -> dict[str, tuple[int, Sequence[object]]]:
        return {memory: kept for each in self._others for memory, kept in each.contents().items()}

    def _state_words(self, contents: Mapping[str, Sequence[object]]) -> Counter[str]:
        """Words of each memory of the core that hold what is saved."""
        words: Counter[str] = Counter()
        for memory in self.chip.controller.lasting():
            words[memory] += self.chip.words.get(memory, 0)
        slots = self._contents()
        for memory, things in contents.items():
            words[memory] += slots[memory][0] * len(things)
        return +words

    def _image_bits(self, contents: Mapping[str, Sequence[object]]) -> int:
        bits = sum(each.bits for each in self.chip.controller.lasting().values())
        slots = self._contents()
        return bits + sum(
            slots[memory][0] * len(things) * self.chip.memories[memory].bits for memory, things in contents.items()
        )

    def _saving(self, now: Saved) -> Job:
        copy, reads = self.settings.memory, self._state_words(now.contents)
        image = self.chip.words_of(copy, self._image_bits(now.contents))
        if self.settings.kind != "delta" or not self.saved:
            return Job("saving", dict(reads), {copy: image})
        assert self._last is not None
        address = _address_bits(sum(reads.values()))
        width = self.chip.memories[copy].bits
        journal = in_place = 0
        changes = [*self._changed_words(self._last), *self._changed_slots(self._last, now)]
        for words, bits in changes:
            journal += words * (bits + address)
            in_place += words * -(-bits // width)
        reads[copy] += image
        return Job("saving", dict(reads), {copy: -(-journal // width) + in_place} if journal else {})

    def _changed_words(self, last: Saved) -> Iterator[tuple[int, int]]:
        """Words of the core's memories that have changed, and the bits of such words."""
        for name, each in self.chip.controller.lasting().items():
            items = _items(self.chip.memories, name)
            yield each.changed(last.lasting[name], items), items * each.item_bits

    def _changed_slots(self, last: Saved, now: Saved) -> Iterator[tuple[int, int]]:
        """The same of what capabilities keep."""
        for memory, (words, _) in self._contents().items():
            before, things = last.contents.get(memory, []), now.contents[memory]
            new = sum(i >= len(before) or thing is not before[i] for i, thing in enumerate(things))
            yield new * words, self.chip.memories[memory].bits

    def _restoring(self, last: Saved) -> Job:
        copy = self.settings.memory
        image = self.chip.words_of(copy, self._image_bits(last.contents))
        return Job("restoring", {copy: image}, dict(self._state_words(last.contents)))


def state_arrays(controller: Controller) -> Iterator[NDArray[Any]]:
    """Everything that a core keeps; not how often its cells were written, which cannot be undone."""
    counted = {id(array) for array in controller.cell_writes().values()}
    return (array for array in arrays_of(controller.state) if id(array) not in counted)


def _items(memories: Mapping[str, Any], name: str) -> int:
    """Items that share a word of a memory; 1 of what is in none."""
    return memories[name].items_per_word if name in memories else 1


def _address_bits(words: int) -> int:
    return max(1, (words - 1).bit_length())
