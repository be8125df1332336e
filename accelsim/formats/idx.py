"""IDX files, the format of MNIST: two zero bytes, type, number of dimensions, their sizes, elements; all big-endian.

Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits". A file that begins as gzip does is
unpacked.
"""

from __future__ import annotations

import os
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.formats.events import bad_file, file_bytes

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MAX_BYTES = 2 * 1024**3
_GZIP = b"\x1f\x8b"


def read_idx(path: str | os.PathLike[str], dimensions: int, *, max_bytes: int = MAX_BYTES) -> NDArray[Any]:
    """Read the array of an IDX file, plain or gzipped.

    Parameters
    ----------
    path
        The file.
    dimensions
        How many it must have: 1 for labels, 3 for pictures.
    max_bytes
        Largest unpacked size.

    Raises
    ------
    ConfigError
        With the offset of the first byte that is wrong.
    """
    data = file_bytes(path)
    if data[:2] == _GZIP:
        data = _unpacked(path, data, max_bytes)
    if len(data) < 4 or data[:2] != b"\0\0":
        raise bad_file(path, "is no IDX file: it begins with two zero bytes, a type and a number of dimensions", 0)
    if data[2] not in TYPES:
        raise bad_file(path, f"0x{data[2]:02x} is no IDX type; there are: {', '.join(f'0x{t:02x}' for t in TYPES)}", 2)
    if data[3] != dimensions:
        raise bad_file(path, f"has {data[3]} dimensions; expected {dimensions}", 3)
    header = 4 + 4 * dimensions
    if len(data) < header:
        raise bad_file(path, "ends within its header", len(data))
    shape = tuple(np.frombuffer(data, ">u4", dimensions, 4).tolist())
    dtype = np.dtype(TYPES[data[2]])
    wanted = header + int(np.prod(shape, dtype=object)) * dtype.itemsize
    if len(data) != wanted:
        sizes = " x ".join(map(str, shape))
        raise bad_file(path, f"has {len(data)} bytes, but {sizes} elements need {wanted}", min(len(data), wanted))
    return np.frombuffer(data, dtype, offset=header).reshape(shape)


def _unpacked(path: str | os.PathLike[str], data: bytes, max_bytes: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        found = unpacker.decompress(data, max_bytes + 1)
    except zlib.error:
        raise bad_file(path, "is a damaged gzip file") from None
    if len(found) > max_bytes:
        raise bad_file(path, f"unpacks to more than the limit of {max_bytes} bytes")
    if not unpacker.eof:
        raise bad_file(path, "is a damaged gzip file: it ends too early", len(data))
    return found
