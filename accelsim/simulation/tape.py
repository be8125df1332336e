"""A stream of samples that can be wound back to a mark."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from accelsim.workload.stream import Chunk


class Tape:
    """The chunks of a stream one after the other.

    Parameters
    ----------
    stream : iterator of Chunk
    keeping : bool
        Whether the chunks since the last mark are kept, to be wound back.
    since : list of Chunk
        Chunks since the last mark that came before those of the stream.
    """

    def __init__(self, stream: Iterator[Chunk], keeping: bool, since: list[Chunk]) -> None:
        self._stream = stream
        self._keeping = keeping
        self._ahead: deque[Chunk] = deque()
        self.since = since

    def __iter__(self) -> Iterator[Chunk]:
        return self

    def __next__(self) -> Chunk:
        chunk = self._ahead.popleft() if self._ahead else next(self._stream)
        if self._keeping:
            self.since.append(chunk)
        return chunk

    def mark(self, left: Chunk | None) -> None:
        """Everything is done but what is left of the present chunk, and what follows."""
        self.since = [] if left is None or not self._keeping else [left]

    def rewind(self) -> None:
        """Go back to the last mark."""
        self._ahead.extendleft(reversed(self.since))
        self.since = []
