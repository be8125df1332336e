"""Samples of several streams as one stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.samples import Samples, join


def mixed(streams: Sequence[Iterable[Samples]], source: NDArray[np.int64], size: int) -> Iterator[Samples]:
    """Samples in turn from several streams, at most `size` at once.

    Parameters
    ----------
    streams
        Chunks of each stream; together they have one sample for each entry of `source`.
    source
        Number of the stream that each sample comes from.
    """
    singles = [_singles(stream) for stream in streams]
    for start in range(0, len(source), size):
        yield join([next(singles[i]) for i in source[start : start + size]])


def _singles(chunks: Iterable[Samples]) -> Iterator[Samples]:
    for samples in chunks:
        for i in range(len(samples)):
            yield samples.part(i, i + 1)
