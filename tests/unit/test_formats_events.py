"""Files of event-based sensors, written byte by byte: N-MNIST, AEDAT 2.0 and 3.1, HDF5 spikes."""

import struct
import sys

import h5py
import numpy as np
import pytest

from accelsim.config.errors import ConfigError
from accelsim.formats.aedat import read_aedat
from accelsim.formats.nmnist import read_nmnist
from accelsim.formats.spike_hdf5 import read_spike_hdf5


def rows(events):
    columns = (events.x, events.y, events.on, events.time_us)
    return [tuple(row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def problem_of(read, path):
    with pytest.raises(ConfigError) as error:
        read(path)
    (problem,) = error.value.problems
    assert problem.file == str(path)
    return problem


def nmnist_event(x, y, on, time):
    return bytes([x, y, on << 7 | time >> 16, time >> 8 & 0xFF, time & 0xFF])


def test_nmnist_events_and_overflows_of_the_time(tmp_path):
    path = tmp_path / "00001.bin"
    events = [(3, 33, 1, 5), (0, 0, 0, 0x7FFFFF), (0, 240, 0, 0), (7, 8, 1, 6)]
    path.write_bytes(b"".join(nmnist_event(*event) for event in events))
    assert rows(read_nmnist(path)) == [(3, 33, True, 5), (0, 0, False, 0x7FFFFF), (7, 8, True, 6 + 8192)]


def test_nmnist_with_half_an_event(tmp_path):
    (tmp_path / "a.bin").write_bytes(nmnist_event(1, 2, 1, 3) + b"\x01\x02")
    problem = problem_of(read_nmnist, tmp_path / "a.bin")
    assert (problem.path, problem.message) == ("byte 5", "an event has 5 bytes, but the last one 2")


def test_aedat_2_of_a_dvs128(tmp_path):
    path = tmp_path / "a.aedat"
    addresses = [(5 << 1) | (9 << 8) | 1, (127 << 1) | (0 << 8), 1 << 15]  # the last one comes from outside
    body = b"".join(struct.pack(">II", address, 10 + i) for i, address in enumerate(addresses))
    path.write_bytes(b"#!AER-DAT2.0\r\n# Timestamps tick is 1 us\r\n" + body)
    assert rows(read_aedat(path)) == [(5, 9, True, 10), (127, 0, False, 11)]


def test_aedat_2_of_a_davis(tmp_path):
    path = tmp_path / "a.aedat"
    addresses = [(239 << 12) | (179 << 22) | 1 << 11, (1 << 12) | (2 << 22), 1 << 31 | 77, 1 << 10]
    body = b"".join(struct.pack(">II", address, 10 + i) for i, address in enumerate(addresses))
    path.write_bytes(b"#!AER-DAT2.0\r\n# AEChip: eu.seebetter.ini.chips.davis.DAVIS240C\r\n" + body)
    assert rows(read_aedat(path)) == [(239, 179, True, 10), (1, 2, False, 11)]


V3 = b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#!END-HEADER\r\n"


def packet(events, kind=1, overflow=0, size=8):
    header = struct.pack("<hhiiiiii", kind, 1, size, 4, overflow, len(events), len(events), len(events))
    return header + b"".join(struct.pack("<II", *event) for event in events)


def polarity(x, y, on, valid=1):
    return x << 17 | y << 2 | on << 1 | valid


def test_aedat_3_packets(tmp_path):
    path = tmp_path / "a.aedat"
    first = packet([(polarity(3, 4, 1), 100), (polarity(5, 6, 0), 101), (polarity(7, 7, 1, valid=0), 102)])
    special = packet([(0, 0), (0, 0)], kind=0)
    path.write_bytes(V3 + first + special + packet([(polarity(127, 126, 1), 35)], overflow=1))
    assert rows(read_aedat(path)) == [(3, 4, True, 100), (5, 6, False, 101), (127, 126, True, 2**31 + 35)]


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        (b"#!AER-DAT4.0\r\n", 0, "is no AEDAT file of version 2.0 or 3.1"),
        (b"", 0, "is no AEDAT file"),
        (b"#!AER-DAT2.0\r\n" + b"\0" * 11, 22, "the last one 3"),
        (b"#!AER-DAT3.1\r\n" + b"\0" * 40, 14, "has no line `#!END-HEADER`"),
        (V3 + b"\0" * 9, len(V3), "ends within the header of a packet"),
        (V3 + packet([(0, 0)])[:-1], len(V3), "goes beyond the end of the file"),
        (V3 + packet([(0, 0)], size=4) + b"\0" * 4, len(V3) + 4, "polarity events of 4 bytes"),
        (V3 + packet([(0, 0)], size=-8), len(V3), "a packet of 1 events of -8 bytes"),
    ],
)
def test_bad_aedat_files(tmp_path, content, place, message):
    (tmp_path / "a.aedat").write_bytes(content)
    problem = problem_of(read_aedat, tmp_path / "a.aedat")
    assert problem.path == f"byte {place}"
    assert message in problem.message


def write_spikes(path, times, units, labels):
    with h5py.File(path, "w") as file:
        for name, values, dtype in (("times", times, np.float16), ("units", units, np.uint16)):
            data = file.create_dataset(f"spikes/{name}", (len(values),), dtype=h5py.vlen_dtype(dtype))
            for i, value in enumerate(values):
                data[i] = np.array(value, dtype)
        file["labels"] = np.array(labels, np.uint16)


def test_spikes_in_hdf5(tmp_path):
    write_spikes(tmp_path / "a.h5", [[0.25, 0.5], [], [0.125]], [[3, 699], [], [0]], [4, 0, 19])
    spikes = read_spike_hdf5(tmp_path / "a.h5")
    assert spikes.time_s.tolist() == [0.25, 0.5, 0.125]
    assert spikes.unit.tolist() == [3, 699, 0]
    assert spikes.start.tolist() == [0, 2, 2, 3]
    assert spikes.label.tolist() == [4, 0, 19]


def test_bad_hdf5_files(tmp_path):
    path = tmp_path / "a.h5"
    assert "no such file" in problem_of(read_spike_hdf5, path).message
    path.write_bytes(b"no hdf5")
    assert "is no HDF5 file" in problem_of(read_spike_hdf5, path).message
    with h5py.File(path, "w") as file:
        file["labels"] = np.zeros(1, np.int32)
    assert problem_of(read_spike_hdf5, path).path == "spikes/times"
    write_spikes(path, [[0.1, 0.2]], [[3]], [0])
    assert problem_of(read_spike_hdf5, path).path == "spikes/units[0]"
    write_spikes(path, [[0.1], [np.nan]], [[3], [4]], [0, 1])
    assert problem_of(read_spike_hdf5, path).path == "spikes/times[1]"
    write_spikes(path, [[0.1]], [[3]], [0, 1])
    assert "has shape (1,), but there are 2 labels" in problem_of(read_spike_hdf5, path).message


def test_without_h5py(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    problem = problem_of(read_spike_hdf5, tmp_path / "a.h5")
    assert problem.message == "needs the package h5py: pip install 'accelsim[data]'"
