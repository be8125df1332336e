"""A ledger of what a chip has to give and who holds it: neurons, words of memories, slots of samples, live synapses.

Every change is an entry. Of each resource and owner the entries are kept in a bounded number of rows, however many
there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

MOST_ROWS = 64
"""Of each resource and owner."""


class OverAllocatedError(ValueError):
    """More is asked for than there is."""


@dataclass(frozen=True)
class Entry:
    """Changes of what an owner holds of a resource.

    Attributes
    ----------
    sample : int
        Samples of the stream before the first of them.
    changes : int
        How many.
    allocated, allocated_most : int
        What the owner holds after the last of them, and most that it held after any.
    total, capacity : int
        What all owners hold then, and what there is.
    """

    sample: int
    changes: int
    allocated: int
    allocated_most: int
    total: int
    capacity: int

    def merged(self, later: Entry) -> Entry:
        """Both as one."""
        most = max(self.allocated_most, later.allocated_most)
        return replace(later, sample=self.sample, changes=self.changes + later.changes, allocated_most=most)


@dataclass
class Series:
    """Entries in a bounded number of rows of as many changes each, but for the last."""

    each: int = 1
    entries: list[Entry] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """Add the entry of a change."""
        if self.entries and self.entries[-1].changes < self.each:
            self.entries[-1] = self.entries[-1].merged(entry)
            return
        self.entries.append(entry)
        if len(self.entries) > MOST_ROWS:
            pairs = zip(self.entries[0:-1:2], self.entries[1:-1:2], strict=True)
            self.entries = [*(first.merged(second) for first, second in pairs), self.entries[-1]]
            self.each *= 2


class Ledger:
    """What there is of every resource, and who holds how much of it: together at most what there is."""

    def __init__(self) -> None:
        self.capacity: dict[str, int] = {}
        self.held: dict[str, dict[str, int]] = {}
        """By resource and owner."""
        self._series: dict[tuple[str, str], Series] = {}

    def declare(self, resource: str, capacity: int) -> None:
        """Say what there is of a resource.

        Raises
        ------
        OverAllocatedError
            If more of it is allocated.
        """
        if self.allocated(resource) > capacity:
            raise OverAllocatedError(f"{self.allocated(resource)} of {resource} are allocated, not {capacity} at most")
        self.capacity[resource] = capacity
        self.held.setdefault(resource, {})

    def allocated(self, resource: str) -> int:
        """What all owners hold."""
        return sum(self.held.get(resource, {}).values())

    def free(self, resource: str) -> int:
        """What is left."""
        return self.capacity[resource] - self.allocated(resource)

    def set(self, sample: int, resource: str, owner: str, amount: int) -> None:
        """An owner holds so much of a resource after so many samples; no entry if it held that before.

        Raises
        ------
        OverAllocatedError
            If there is not so much left, or it is negative; nothing changes then.
        """
        held = self.held[resource]
        change = amount - held.get(owner, 0)
        if amount < 0 or change > self.free(resource):
            message = f"{owner} holds {held.get(owner, 0)} of {resource} and wants {amount}: {self.free(resource)} free"
            raise OverAllocatedError(message)
        if not change:
            return
        held[owner] = amount
        total = self.allocated(resource)
        entry = Entry(sample, 1, amount, amount, total, self.capacity[resource])
        self._series.setdefault((resource, owner), Series()).add(entry)

    def hand_over(self, sample: int, resource: str, owner: str, other: str) -> None:
        """Everything that one owner holds of a resource is another's from now on."""
        amount = self.held[resource].get(owner, 0)
        self.set(sample, resource, owner, 0)
        self.set(sample, resource, other, self.held[resource].get(other, 0) + amount)

    def observe(self, sample: int, owner: str, holdings: Mapping[str, tuple[int, int]]) -> None:
        """What an owner holds, and what there is, by resource.

        Raises
        ------
        OverAllocatedError
            If it is more than there is.
        """
        for resource, (amount, capacity) in holdings.items():
            if self.capacity.get(resource) != capacity:
                self.declare(resource, capacity)
            self.set(sample, resource, owner, amount)

    def rows(self) -> list[dict[str, Any]]:
        """A row for each entry or some that follow each other, by resource and owner."""
        return [
            {
                "resource": resource,
                "owner": owner,
                "sample": entry.sample,
                "changes": entry.changes,
                "allocated": entry.allocated,
                "allocated_most": entry.allocated_most,
                "capacity": entry.capacity,
                "free": entry.capacity - entry.total,
            }
            for (resource, owner), series in self._series.items()
            for entry in series.entries
        ]
