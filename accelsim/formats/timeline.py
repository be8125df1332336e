"""A timeline as its writers see it: tracks with slices, instants, counters, and arrows between slices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter


@dataclass(frozen=True)
class Slice:
    """Something that lasts, on a track; times in cycles."""

    track: int
    name: str
    start: int
    length: int
    arguments: Mapping[str, int] = field(default_factory=dict)

    @property
    def stop(self) -> int:
        """First cycle after it."""
        return self.start + self.length


@dataclass(frozen=True)
class Timeline:
    """What a viewer shows.

    Attributes
    ----------
    tracks : sequence of str
        Names by number.
    slices : sequence of Slice
        Those of one track lie beside or inside each other.
    instants : sequence of (int, str)
        Cycle and name.
    counters : mapping of str to sequence of (int, int)
        Cycle and value from there on, in order of time.
    arrows : sequence of (int, int)
        Numbers of the slices at both ends.
    """

    tracks: Sequence[str]
    slices: Sequence[Slice] = ()
    instants: Sequence[tuple[int, str]] = ()
    counters: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    arrows: Sequence[tuple[int, int]] = ()

    def edges(self) -> Iterator[tuple[int, int, bool]]:
        """Cycle, slice and whether it begins, in order of time; on each track what began last ends first."""
        by_track: dict[int, list[int]] = {}
        for number, each in enumerate(self.slices):
            by_track.setdefault(each.track, []).append(number)
        found: list[tuple[int, int, bool]] = []
        for numbers in by_track.values():
            opened: list[int] = []
            for number in sorted(numbers, key=self._place):
                start = self.slices[number].start
                while opened and self.slices[opened[-1]].stop <= start:
                    found.append((self.slices[opened[-1]].stop, opened.pop(), False))
                found.append((start, number, True))
                opened.append(number)
            found += [(self.slices[number].stop, number, False) for number in reversed(opened)]
        yield from sorted(found, key=itemgetter(0))

    def _place(self, number: int) -> tuple[int, bool, int]:
        """Order of slices on a track: what lasts no time first, then what lasts longest."""
        each = self.slices[number]
        return each.start, each.length > 0, -each.length
