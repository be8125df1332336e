import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from accelsim.config.errors import ConfigError
from accelsim.formats.npz import ArraySpec, read_arrays

SPECS = (
    ArraySpec("events", "int", ("n", 3), low=0, high=9),
    ArraySpec("labels", "int", ("n",)),
    ArraySpec("weights", "float", (2, "m"), low=-1.0, high=1.0),
    ArraySpec("mask", "bool", ("m",), required=False),
)
GOOD = {
    "events": np.arange(6).reshape(2, 3),
    "labels": np.array([1, 2], np.uint8),
    "weights": np.zeros((2, 4), np.float32),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def messages(**changed: Any) -> list[str]:
    arrays = {**GOOD, **changed}
    np.savez("a.npz", **{name: array for name, array in arrays.items() if array is not None})
    with pytest.raises(ConfigError) as caught:
        read_arrays("a.npz", SPECS)
    return str(caught.value).splitlines()


def at(array: np.ndarray, index: tuple[int, ...] | slice, value: Any) -> np.ndarray:
    array = array.copy()
    array[index] = value
    return array


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_are_read_and_others_left_alone(folder: Path, save: Any) -> None:
    save("a.npz", **GOOD, notes=np.array([object()], dtype=object))
    arrays = read_arrays("a.npz", SPECS)
    assert set(arrays) == {"events", "labels", "weights"}
    assert all(np.array_equal(arrays[name], GOOD[name]) for name in GOOD)
    assert arrays["labels"].dtype == np.uint8


def test_texts(folder: Path) -> None:
    np.savez("a.npz", mode=np.array(["hard", "soft"]), numbers=np.arange(2))
    assert read_arrays("a.npz", [ArraySpec("mode", "text", ("n",))])["mode"].tolist() == ["hard", "soft"]
    with pytest.raises(ConfigError, match="numbers: holds int64; expected texts"):
        read_arrays("a.npz", [ArraySpec("numbers", "text", ("n",))])


def test_empty_and_fortran_arrays(folder: Path) -> None:
    np.savez("a.npz", x=np.zeros((0, 3)), y=np.asfortranarray(np.arange(6.0).reshape(2, 3)), z=np.float64(3))
    specs = [ArraySpec("x", "float", ("n", 3)), ArraySpec("y", "float", (2, 3)), ArraySpec("z", "number", ())]
    arrays = read_arrays("a.npz", specs)
    assert arrays["x"].shape == (0, 3)
    assert arrays["y"][1, 0] == 3.0
    assert arrays["z"] == 3.0


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"labels": None}, "a.npz  labels: missing"),
        ({"labels": None, "label": np.zeros(2)}, "a.npz  labels: missing (did you mean `label`?)"),
        ({"labels": np.zeros(2)}, "a.npz  labels: holds float64; expected integers"),
        ({"mask": np.zeros(4)}, "a.npz  mask: holds float64; expected booleans"),
        ({"weights": np.zeros((2, 4), complex)}, "a.npz  weights: holds complex128; expected floats"),
        ({"labels": np.array(["a", "b"])}, "a.npz  labels: holds <U1; expected integers"),
        ({"labels": np.array([{}, 1])}, "a.npz  labels: holds Python objects; expected numbers"),
        ({"labels": np.zeros((2, 1), int)}, "a.npz  labels: has shape (2, 1); expected (n,)"),
        ({"weights": np.zeros((3, 4))}, "a.npz  weights: has shape (3, 4); expected (2, m)"),
        (
            {"labels": np.zeros(3, int)},
            "a.npz  labels: has 3 entries along axis 0 (n), but `events` has 2",
        ),
        (
            {"weights": at(GOOD["weights"], (1, 2), np.nan)},
            "a.npz  weights[1, 2]: nan is not a finite number",
        ),
        (
            {"weights": at(GOOD["weights"], (0, slice(1, 3)), -np.inf)},
            "a.npz  weights[0, 1]: -inf is not >= -1.0 (2 such values)\n"
            "a.npz  weights[0, 1]: -inf is not a finite number (2 such values)",
        ),
        ({"events": at(GOOD["events"], (1, 1), 10)}, "a.npz  events[1, 1]: 10 is not <= 9"),
        ({"events": at(GOOD["events"], (0, 2), -1)}, "a.npz  events[0, 2]: -1 is not >= 0"),
        ({"events": np.full((2, 3), 200, np.uint8)}, "a.npz  events[0, 0]: 200 is not <= 9 (6 such values)"),
    ],
)
def test_wrong_arrays(folder: Path, changed: dict[str, Any], expected: str) -> None:
    assert messages(**changed) == expected.splitlines()


def test_all_problems_of_a_file_at_once(folder: Path) -> None:
    assert messages(events=None, labels=np.zeros(2), weights=np.full((2, 4), 2.0)) == [
        "a.npz  events: missing",
        "a.npz  labels: holds float64; expected integers",
        "a.npz  weights[0, 0]: 2.0 is not <= 1.0 (8 such values)",
    ]


def message(path: str, **options: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        read_arrays(path, SPECS, **options)
    return str(caught.value)


def test_files_that_are_no_npz(folder: Path) -> None:
    assert message("none.npz") == "none.npz  cannot be read: no such file or directory"
    assert message(".") == ".  cannot be read: is a directory"
    np.save("a.npy", np.zeros(3))
    assert message("a.npy") == "a.npy  not an npz file, or a damaged one"
    Path("empty.npz").write_bytes(b"")
    assert message("empty.npz") == "empty.npz  not an npz file, or a damaged one"
    np.savez("cut.npz", **GOOD)
    Path("cut.npz").write_bytes(Path("cut.npz").read_bytes()[:-30])
    assert message("cut.npz") == "cut.npz  not an npz file, or a damaged one"


def test_a_flipped_bit_is_noticed(folder: Path) -> None:
    np.savez("a.npz", **GOOD)
    content = bytearray(Path("a.npz").read_bytes())
    content[content.index(GOOD["events"].tobytes()) + 8] ^= 4
    Path("a.npz").write_bytes(content)
    assert message("a.npz") == "a.npz  events: damaged: the checksum does not match"


def test_a_zip_bomb_is_not_unpacked(folder: Path) -> None:
    np.savez_compressed("a.npz", **{**GOOD, "events": np.zeros((200_000, 3), int)})
    assert Path("a.npz").stat().st_size < 50_000
    assert message("a.npz", max_bytes=10**6).startswith("a.npz  unpacks to 4800")
    assert message("a.npz", max_bytes=10**6).endswith(" bytes, more than the limit of 1000000")


def test_a_forged_header_allocates_nothing(folder: Path) -> None:
    header = io.BytesIO()
    description = {"descr": "<i8", "fortran_order": False, "shape": (2**40, 3)}
    np.lib.format.write_array_header_1_0(header, description)
    np.savez("a.npz", labels=GOOD["labels"], weights=GOOD["weights"])
    with zipfile.ZipFile("a.npz", "a") as archive:
        archive.writestr("events.npy", header.getvalue())
        archive.writestr("mask.npy", b"no array")
    assert message("a.npz").splitlines() == [
        "a.npz  events: damaged: shorter than its header says",
        "a.npz  mask: damaged, or not an array",
    ]
