"""Polarity events of AEDAT files, versions 2.0 and 3.1, as iniVation's documents of these formats describe them.

2.0: events of a 32-bit address and a 32-bit time in µs, big-endian. What the address means depends on the camera: that
of a DAVIS if the header's `AEChip` line names one, else a DVS128. 3.1: packets of events, little-endian; those that are
not polarity events, and events that are marked invalid, are left out.
"""

from __future__ import annotations

import os
import struct

import numpy as np
from numpy.typing import NDArray

from accelsim.formats.events import CameraEvents, bad_file, file_bytes

PACKET = struct.Struct("<hhiiiiii")
"""Type, source, size of an event, offset of its time, overflows of the time, capacity, number, valid ones."""
POLARITY = 1
END = b"#!END-HEADER"


def read_aedat(path: str | os.PathLike[str]) -> CameraEvents:
    """Read the polarity events of a file.

    Raises
    ------
    ConfigError
        For other versions and damaged files, with the offset of the byte.
    """
    data = file_bytes(path)
    version = data[:20].split(b"\n")[0].strip()
    if version == b"#!AER-DAT2.0":
        return _version_2(path, data)
    if version == b"#!AER-DAT3.1":
        return _version_3(path, data)
    raise bad_file(path, "is no AEDAT file of version 2.0 or 3.1: these begin with `#!AER-DAT2.0` or `#!AER-DAT3.1`", 0)


def _header(path: str | os.PathLike[str], data: bytes, end: bytes) -> tuple[list[bytes], int]:
    """Lines of the header, and where the events begin."""
    lines, at = [], 0
    while data[at : at + 1] == b"#":
        stop = data.find(b"\n", at)
        if stop < 0:
            raise bad_file(path, "ends within its header", len(data))
        lines.append(data[at:stop].strip())
        at = stop + 1
        if end and lines[-1] == end:
            return lines, at
    if end:
        raise bad_file(path, f"has no line `{end.decode()}`", at)
    return lines, at


def _version_2(path: str | os.PathLike[str], data: bytes) -> CameraEvents:
    lines, start = _header(path, data, b"")
    if (len(data) - start) % 8:
        last = len(data) - (len(data) - start) % 8
        raise bad_file(path, f"an event has 8 bytes, but the last one {len(data) - last}", last)
    words = np.frombuffer(data, ">u4", offset=start).reshape(-1, 2).astype(np.int64)
    address, time = words.T
    if any(b"AEChip" in line and b"davis" in line.lower() for line in lines):
        seen = (address >> 31 == 0) & (address >> 10 & 1 == 0)  # neither samples of pixels nor external events
        x, y, on = address >> 12 & 0x3FF, address >> 22 & 0x1FF, address >> 11 & 1
    else:
        seen = address >> 15 & 1 == 0
        x, y, on = address >> 1 & 0x7F, address >> 8 & 0x7F, address & 1
    return CameraEvents(x[seen], y[seen], on[seen] == 1, time[seen])


def _version_3(path: str | os.PathLike[str], data: bytes) -> CameraEvents:
    at = _header(path, data, END)[1]
    words, overflows = [np.zeros((0, 2), np.int64)], [np.zeros(0, np.int64)]
    while at < len(data):
        if len(data) - at < PACKET.size:
            raise bad_file(path, f"ends within the header of a packet, which has {PACKET.size} bytes", at)
        kind, _, size, _, overflow, _, number, _ = PACKET.unpack_from(data, at)
        if size <= 0 or number < 0:
            raise bad_file(path, f"a packet of {number} events of {size} bytes", at)
        body = at + PACKET.size
        if size * number > len(data) - body:
            raise bad_file(path, f"a packet of {number} events of {size} bytes goes beyond the end of the file", at)
        if kind == POLARITY:
            if size != 8:
                raise bad_file(path, f"polarity events of {size} bytes; expected 8", at + 4)
            words.append(np.frombuffer(data, "<u4", 2 * number, body).reshape(-1, 2).astype(np.int64))
            overflows.append(np.full(number, overflow, np.int64))
        at = body + size * number
    return _polarity(np.concatenate(words), np.concatenate(overflows))


def _polarity(words: NDArray[np.int64], overflow: NDArray[np.int64]) -> CameraEvents:
    """Valid events: bit 0 valid, bit 1 brighter, then 15 bits of row and 15 of column."""
    address, time = words.T
    seen = address & 1 == 1
    return CameraEvents(
        (address >> 17)[seen],
        (address >> 2 & 0x7FFF)[seen],
        (address >> 1 & 1)[seen] == 1,
        (overflow << 31 | time)[seen],
    )
