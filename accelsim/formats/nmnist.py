"""N-MNIST recordings: five bytes per event, column, row, then a bit of polarity and 23 bits of time in µs, big-endian.

G. Orchard, A. Jayawant, G. K. Cohen, N. Thakor, "Converting static image datasets to spiking neuromorphic datasets
using saccades", Frontiers in Neuroscience 9:437 (2015). An event of row 240 is none: it says that the time ran over by
8192 µs.
"""

from __future__ import annotations

import os

import numpy as np

from accelsim.formats.events import CameraEvents, bad_file, file_bytes

EVENT_BYTES = 5
OVERFLOW_ROW = 240
OVERFLOW_US = 2**13


def read_nmnist(path: str | os.PathLike[str]) -> CameraEvents:
    """Read a recording; ConfigError if it does not consist of whole events."""
    data = file_bytes(path)
    if len(data) % EVENT_BYTES:
        last = len(data) - len(data) % EVENT_BYTES
        raise bad_file(path, f"an event has {EVENT_BYTES} bytes, but the last one {len(data) - last}", last)
    column, row, high, middle, low = np.frombuffer(data, np.uint8).reshape(-1, EVENT_BYTES).T.astype(np.int64)
    time = (high & 0x7F) << 16 | middle << 8 | low
    overflow = row == OVERFLOW_ROW
    time += OVERFLOW_US * np.cumsum(overflow)
    seen = ~overflow
    return CameraEvents(column[seen], row[seen], (high >> 7)[seen] == 1, time[seen])
