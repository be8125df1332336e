"""IDX files: types, sizes, gzip, and where a bad file is wrong."""

import gzip
import struct

import numpy as np
import pytest

from accelsim.config.errors import ConfigError
from accelsim.formats.idx import read_idx

HEADER = struct.pack(">2xBBIII", 0x08, 3, 2, 3, 4)


def test_pictures_plain_and_gzipped(tmp_path):
    wanted = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    for name, content in (
        ("plain", HEADER + wanted.tobytes()),
        ("packed.gz", gzip.compress(HEADER + wanted.tobytes())),
    ):
        (tmp_path / name).write_bytes(content)
        np.testing.assert_array_equal(read_idx(tmp_path / name, 3), wanted)


@pytest.mark.parametrize(("code", "dtype"), [(0x09, "i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")])
def test_other_types(tmp_path, code, dtype):
    (tmp_path / "a").write_bytes(struct.pack(">2xBBI", code, 1, 3) + np.array([1, -2, 3], dtype).tobytes())
    assert read_idx(tmp_path / "a", 1).tolist() == [1, -2, 3]


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        (b"", "byte 0", "is no IDX file"),
        (b"\x01\x02\x08\x03", "byte 0", "is no IDX file"),
        (b"\0\0\x07\x03", "byte 2", "0x07 is no IDX type"),
        (b"\0\0\x08\x01\0\0\0\x01\x05", "byte 3", "has 1 dimensions; expected 3"),
        (HEADER[:9], "byte 9", "ends within its header"),
        (HEADER + b"\0" * 23, "byte 39", "has 39 bytes, but 2 x 3 x 4 elements need 40"),
        (HEADER + b"\0" * 25, "byte 40", "has 41 bytes"),
        (struct.pack(">2xBBIII", 8, 3, 2**32 - 1, 2**32 - 1, 2**32 - 1), "byte 16", "need"),
        (gzip.compress(HEADER + b"\0" * 24)[:-9], "byte", "ends too early"),
        (b"\x1f\x8b" + b"x" * 20, None, "is a damaged gzip file"),
    ],
)
def test_bad_files(tmp_path, content, place, message):
    path = tmp_path / "bad"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as error:
        read_idx(path, 3)
    (problem,) = error.value.problems
    assert problem.file == str(path)
    assert message in problem.message
    assert problem.path is None if place is None else problem.path.startswith(place)


def test_a_bomb_is_not_unpacked(tmp_path):
    (tmp_path / "bomb").write_bytes(gzip.compress(HEADER + b"\0" * 1_000_000))
    with pytest.raises(ConfigError, match="more than the limit of 1000 bytes"):
        read_idx(tmp_path / "bomb", 3, max_bytes=1000)


def test_a_missing_file(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: no such file"):
        read_idx(tmp_path / "none", 3)
