"""Structural plasticity: synapses, and neurons, are pruned and others grown in their place, within a budget.

Which go: the weakest (D. C. Mocanu et al., Nature Communications 9:2383, 2018), those whose weight crosses zero, at
once (G. Bellec et al., ICLR 2018), or those between the least active neurons. Which come: any, or those between active
neurons. A new synapse has weight 0. Silent neurons give up all their synapses, and spare ones take their place, with
copies of other synapses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from accelsim.config.model import Model, PathError
from accelsim.controllers.connections import Connections, Presence
from accelsim.lifelong.capability import Acts, Capability, Chip, Settings, Shown
from accelsim.lifelong.connectivity import AddressTable
from accelsim.lifelong.job import Job

NEURONS = "recurrent"
"""Population whose neurons are freed and taken in."""


class NeuronSettings(Model):
    """How neurons are exchanged."""

    spare: int = Field(default=0, ge=0)
    """Neurons without synapses in the beginning."""
    every: int = Field(default=1, gt=0)
    """Exchanges of synapses with each of which neurons that did not spike since the last are exchanged too."""


class StructureSettings(Settings):
    """Which synapses are live, and how they are exchanged."""

    matrices: tuple[str, ...] = Field(default=("winp", "wrec"), min_length=1)
    """Whose synapses come and go."""
    density: float | None = Field(default=None, gt=0, le=1)
    """Share of live synapses, or"""
    budget: int | None = Field(default=None, gt=0)
    """their number, of all these matrices; one of both is given."""
    every: int | Literal["task"] = 10
    """Samples of the stream after which synapses are exchanged, or at the end of each task."""
    fraction: float = Field(default=0.1, ge=0, le=1)
    """Of the live synapses that are pruned each time; not with `prune: sign`."""
    prune: Literal["magnitude", "sign", "activity"] = "magnitude"
    """Those with the smallest weights, those whose weight has crossed zero, or the least active ones."""
    grow: Literal["random", "activity"] = "random"
    """Any, or more likely between neurons that spiked more."""
    neurons: NeuronSettings | None = None
    """Silent neurons are exchanged too."""

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if (self.density is None) == (self.budget is None):
            raise PathError("density", "give either `density` or `budget`")
        if self.every != "task" and self.every < 1:
            raise PathError("every", f"{self.every} is not > 0")
        return self

    @property
    def counts(self) -> bool:
        """Whether spikes of neurons are counted."""
        return "activity" in (self.prune, self.grow) or self.neurons is not None

    def presence(self) -> Presence:
        """What it asks of the core."""
        spare = self.neurons.spare if self.neurons is not None else 0
        return Presence(self.matrices, self.density, self.budget, spare, self.prune == "sign", self.counts)


class Structure(Capability):
    """Synapses that come and go."""

    name: ClassVar[str] = "structure"
    purposes: ClassVar[tuple[str, ...]] = ("rewiring",)

    def __init__(self, settings: StructureSettings, seed: int) -> None:
        self.settings = settings
        self.pruned = self.grown = self.freed = 0
        self.budgets: dict[str, int] = {}
        self.free: list[int] = []
        """Neurons without synapses, the one that is taken in next first."""
        self.tables: dict[str, AddressTable] = {}
        """Of matrices whose live synapses alone are kept."""
        self._rng = np.random.default_rng(np.random.SeedSequence([seed, 0x57C]))
        self._was: dict[str, NDArray[np.bool_]] = {}
        """Live synapses after the last exchange."""
        self._rows: list[dict[str, Any]] = []
        self._waited = self._samples = self._tasks = 0

    def moves(self, chip: Chip, others: Sequence[Capability]) -> Iterator[Job]:
        """Synapses, their tables, and counters of spikes are looked at and changed."""
        words: set[str] = set()
        for each in self._matrices(chip).values():
            weights = each.memories["weights"]
            words |= {weights, each.memories["present"]}
            if f"{weights}_addresses" in chip.memories:
                words |= {f"{weights}_{table}" for table in ("addresses", "links", "rows")}
            for side, counted in (("pre", each.pre_activity), ("post", each.post_activity)):
                words |= {each.memories[side]} if counted is not None else set()
        ones = dict.fromkeys(sorted(words), 1)
        yield Job("rewiring", ones, ones)

    def attach(self, chip: Chip) -> None:
        """Note what is live in the beginning."""
        super().attach(chip)
        connections = self._connections()
        presence = self.settings.presence()
        self.budgets = presence.budgets({name: int(each.allowed.sum()) for name, each in connections.items()})
        self._was = {name: each.present != 0 for name, each in connections.items()}
        for name, each in connections.items():
            weights = each.memories["weights"]
            if f"{weights}_addresses" in chip.memories:
                words = chip.words[f"{weights}_links"]
                self.tables[name] = AddressTable.encode(each.present, chip.memories[weights].items_per_word, words)
        size = next((each.present.shape[1] for each in connections.values() if each.post == NEURONS), 0)
        self.free = list(range(size - presence.spare, size))

    @property
    def live(self) -> dict[str, int]:
        """Live synapses by matrix."""
        return {name: int(each.present.sum()) for name, each in self._connections().items()}

    def holdings(self) -> dict[str, tuple[int, int]]:
        """Live synapses within their budget."""
        return {**super().holdings(), "synapses": (sum(self.live.values()), sum(self.budgets.values()))}

    def due(self) -> int | None:
        """Every so many samples."""
        return None if self.settings.every == "task" else self.settings.every - self._waited

    def trained(self, shown: Shown) -> Acts:
        """Exchange synapses when it is time."""
        self._samples += len(shown.samples)
        self._waited += len(shown.samples)
        if self.settings.every != "task" and self._waited >= self.settings.every:
            yield self._exchange()

    def task_ended(self) -> Acts:
        """Exchange synapses at the end of a task."""
        if self.settings.every == "task":
            yield self._exchange()
        self._tasks += 1

    def figures(self) -> dict[str, float | int | None]:
        """Synapses live, pruned and grown, neurons freed."""
        found: dict[str, float | int | None] = {"synapses_live": sum(self.live.values())}
        found |= {"synapses_pruned": self.pruned, "synapses_grown": self.grown}
        return found | ({"neurons_freed": self.freed} if self.settings.neurons is not None else {})

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """What each exchange did."""
        return {"structure": self._rows}

    def _connections(self) -> dict[str, Connections]:
        """The synapses of the matrices chosen; never kept, since they are arrays of the core."""
        return self._matrices(self.chip)

    def _matrices(self, chip: Chip) -> dict[str, Connections]:
        found = chip.controller.connections()
        return {name: found[name] for name in self.settings.matrices if name in found}

    def _exchange(self) -> Job:
        """Prune and grow synapses; the job moves the words for that."""
        self._waited = 0
        connections = self._connections()
        before = {name: self._was[name] for name in connections}
        reads, writes = self._looked_at(connections)
        freed = self._freed(connections)
        for name, each in connections.items():
            self._prune(name, each)
        taken = self._taken(connections, freed, reads)
        pruned = grown = 0
        for name, each in connections.items():
            gone = before[name] & (each.present == 0)
            self._grow(name, each, ~gone)
            now = each.present != 0
            pruned += int((before[name] & ~now).sum())
            grown += int((now & ~before[name]).sum())
            for memory, words in self._rewritten(name, each, before[name], now):
                reads[memory] += words
                writes[memory] += words
            self._was[name] = now
        for each in connections.values():
            for counted in (each.pre_activity, each.post_activity):
                if counted is not None:
                    counted[:] = 0
        self.pruned += pruned
        self.grown += grown
        self.freed += len(freed)
        row = {"samples": self._samples, "task": self._tasks, "live": sum(self.live.values())}
        row |= {"pruned": pruned, "grown": grown, "freed": len(freed), "taken": len(taken)}
        self._rows.append(row)
        return Job("rewiring", {k: v for k, v in reads.items() if v}, {k: v for k, v in writes.items() if v})

    def _prune(self, name: str, each: Connections) -> None:
        """Prune synapses of a matrix; what has crossed zero is gone already."""
        if self.settings.prune == "sign":
            return
        live = np.flatnonzero(each.present)
        number = int(self.settings.fraction * live.size)
        if self.settings.prune == "magnitude":
            worth = np.abs(each.weights.flat[live].astype(np.float64))
        else:
            worth = _activity(each).flat[live]
        _remove(each, live[np.argsort(worth, kind="stable")[:number]])

    def _grow(self, name: str, each: Connections, wanted: NDArray[np.bool_]) -> None:
        """Grow synapses up to the budget where they are wanted and neurons are in use."""
        number = self.budgets[name] - int(each.present.sum())
        places = np.flatnonzero(each.allowed & wanted & (each.present == 0) & self._used(each))
        number = min(number, places.size)
        if number <= 0:
            return
        odds = None
        if self.settings.grow == "activity":
            activity = _activity(each).flat[places]
            if np.count_nonzero(activity) >= number:
                odds = activity / activity.sum()
        each.present.flat[self._rng.choice(places, number, replace=False, p=odds)] = 1

    def _copy(self, each: Connections, places: NDArray[np.int64], reads: Counter[str]) -> None:
        """Grow synapses by their flat places as copies of live ones, which are read."""
        live = np.flatnonzero(each.present)
        if live.size:
            drawn = self._rng.choice(live, places.size)
            for words in (each.weights, *each.words):
                words.flat[places] = words.flat[drawn]
            each.writes.flat[places] += each.weights.flat[places] != 0
            for memory in sorted({each.memories["weights"], each.memories["present"]}):
                reads[memory] += places.size
        each.present.flat[places] = 1

    def _freed(self, connections: Mapping[str, Connections]) -> list[int]:
        """Free the neurons that have been silent."""
        neurons = self.settings.neurons
        if neurons is None or (len(self._rows) + 1) % neurons.every:
            return []
        spikes = next((each.post_activity for each in connections.values() if each.post_activity is not None), None)
        if spikes is None:
            return []
        silent = [j for j in np.flatnonzero(spikes == 0).tolist() if j not in self.free]
        for each in connections.values():
            gone = np.zeros(each.present.shape, np.bool_)
            if each.pre == NEURONS:
                gone[silent] = True
            if each.post == NEURONS:
                gone[:, silent] = True
            _remove(each, np.flatnonzero(gone & (each.present != 0)))
        self.free += silent
        return silent

    def _taken(self, connections: Mapping[str, Connections], freed: list[int], reads: Counter[str]) -> list[int]:
        """Take in as many neurons as were freed, with inputs as many and as strong as those of others."""
        taken, self.free = self.free[: len(freed)], self.free[len(freed) :]
        for name, each in connections.items():
            if each.post != NEURONS:
                continue
            fan_in = int(each.present.sum()) // max(each.present.shape[1] - len(self.free) - len(taken), 1)
            for j in taken:
                places = np.flatnonzero((each.allowed & self._used(each) & (each.present == 0))[:, j])
                number = min(fan_in, places.size, self.budgets[name] - int(each.present.sum()))
                if number > 0:
                    rows = self._rng.choice(places, number, replace=False)
                    self._copy(each, rows * each.present.shape[1] + j, reads)
        return taken

    def _used(self, each: Connections) -> NDArray[np.bool_]:
        """(pre, post): whether the neurons on both sides are in use."""
        used = np.ones(each.present.shape, np.bool_)
        if each.pre == NEURONS:
            used[self.free] = False
        if each.post == NEURONS:
            used[:, self.free] = False
        return used

    def _looked_at(self, connections: Mapping[str, Connections]) -> tuple[Counter[str], Counter[str]]:
        """Words read and written by memory before anything is exchanged; counters begin again."""
        reads: Counter[str] = Counter()
        writes: Counter[str] = Counter()
        for name, each in connections.items():
            weights, present = each.memories["weights"], each.memories["present"]
            if name in self.tables:
                table = self.tables[name]
                reads[f"{weights}_addresses"] += table.used
                reads[f"{weights}_links"] += table.used
                reads[f"{weights}_rows"] += table.shape[0]
                reads[weights] += table.used if self.settings.prune == "magnitude" else 0
                reads[present] += table.used if self.settings.prune == "sign" else 0
                continue
            reads[present] += self.chip.words[present]
            if self.settings.prune == "magnitude" and weights != present:
                reads[weights] += self.chip.words[weights]
        counters = {each.memories["pre"] for each in connections.values() if each.pre_activity is not None}
        counters |= {each.memories["post"] for each in connections.values() if each.post_activity is not None}
        for memory in sorted(counters):
            reads[memory] += self.chip.words[memory]
            writes[memory] += self.chip.words[memory]
        return reads, writes

    def _rewritten(
        self, name: str, each: Connections, before: NDArray[np.bool_], now: NDArray[np.bool_]
    ) -> list[tuple[str, int]]:
        """Memories of a matrix, and their words that are read and written for an exchange."""
        weights, present = each.memories["weights"], each.memories["present"]
        if name not in self.tables:
            width = self.chip.memories[weights].items_per_word
            starts = np.arange(0, now.shape[1], width)
            changed = np.add.reduceat(before != now, starts, axis=1, dtype=np.int64) > 0
            return list(dict.fromkeys((weights, present), int(changed.sum())).items())
        table = self.tables[name]
        for i, j in np.argwhere(before & ~now).tolist():
            table.prune(i, j)
        for i, j in np.argwhere(now & ~before).tolist():
            table.grow(i, j)
        words, links, rows = table.touched()
        moved = dict.fromkeys((weights, present, f"{weights}_addresses"), words)
        return list((moved | {f"{weights}_links": links, f"{weights}_rows": rows}).items())


def _remove(each: Connections, places: NDArray[np.int64]) -> None:
    """Prune synapses by their flat places: everything that is kept of them returns to zero."""
    each.present.flat[places] = 0
    each.writes.flat[places] += each.weights.flat[places] != 0
    for words in (each.weights, *each.words):
        words.flat[places] = 0


def _activity(each: Connections) -> NDArray[np.float64]:
    """(pre, post): how active the neurons on both sides were together."""
    pre, post = (
        np.ones(number) if counted is None else counted.astype(np.float64)
        for counted, number in zip((each.pre_activity, each.post_activity), each.present.shape, strict=True)
    )
    return np.outer(pre, post)
