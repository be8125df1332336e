import errno
import os
import stat
from pathlib import Path

import pytest

from accelsim.config.errors import ConfigError
from accelsim.formats.atomic import (
    atomic_write,
    check_writable,
    prepare_output_directory,
    write_bytes_atomic,
    write_text_atomic,
)


def test_writes_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text_atomic(path, "één\r\n")
    assert path.read_bytes() == "één\r\n".encode()
    path.chmod(0o640)
    write_bytes_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_new_file_has_ordinary_permissions(tmp_path: Path) -> None:
    write_text_atomic(tmp_path / "a", "")
    (tmp_path / "b").write_text("")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_an_error_in_the_block_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(TypeError), atomic_write(path, "w") as file:
        file.writelines(["new", None])
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "no space left on device"),
        (errno.EROFS, "read-only file system"),
        (errno.EACCES, "permission denied"),
    ],
)
def test_what_the_system_refuses_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, reason: str
) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    path = tmp_path / "a.txt"
    with pytest.raises(ConfigError) as caught:
        write_text_atomic(path, "x")
    assert str(caught.value) == f"cannot write {path}: {reason}"
    assert os.listdir(tmp_path) == []


def test_impossible_places(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path, reason in [
        (tmp_path / "file" / "x", "not a directory"),
        (tmp_path / "none" / "x", "no such file or directory"),
    ]:
        for attempt in (lambda path=path: write_text_atomic(path, "x"), lambda path=path: check_writable(path)):
            with pytest.raises(ConfigError) as caught:
                attempt()
            assert str(caught.value) == f"cannot write {path}: {reason}"


def test_only_regular_files_are_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    kinds = {tmp_path: "a directory", tmp_path / "pipe": "no regular file", tmp_path / "dangling": "no regular file"}
    for path, what in kinds.items():
        for attempt in (lambda path=path: write_text_atomic(path, "x"), lambda path=path: check_writable(path)):
            with pytest.raises(ConfigError) as caught:
                attempt()
            assert str(caught.value) == f"{path}  is {what}; expected a file to write"


def test_a_place_that_can_be_written_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    for name in ("old", "new"):
        check_writable(tmp_path / name)
    assert os.listdir(tmp_path) == ["old"]
    assert (tmp_path / "old").read_text() == "old"


def prepare(path: Path, overwrite: bool = False) -> Path:
    return prepare_output_directory(path, marker="result.json", overwrite=overwrite)


def test_output_directories(tmp_path: Path) -> None:
    new = prepare(tmp_path / "a" / "b")
    assert new.is_dir()
    assert prepare(new) == new
    assert os.listdir(new) == []
    (new / "result.json").write_text("{}")
    with pytest.raises(ConfigError) as caught:
        prepare(new)
    assert str(caught.value) == f"{new}  holds earlier results, which would be overwritten"
    assert prepare(new, overwrite=True) == new


def test_a_foreign_directory_is_refused_even_to_overwrite(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(ConfigError) as caught:
        prepare(tmp_path, overwrite=True)
    assert str(caught.value) == (
        f"{tmp_path}  holds other files and no `result.json`; expected a new or empty directory, or earlier results"
    )


def test_output_directories_that_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(ConfigError) as caught:
        prepare(file)
    assert str(caught.value) == f"{file}  is a file; expected a directory for results"
    with pytest.raises(ConfigError) as caught:
        prepare(file / "x")
    assert str(caught.value) == f"cannot write to {file / 'x'}: not a directory"

    def refuse(**_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("accelsim.formats.atomic.tempfile.TemporaryFile", refuse)
    with pytest.raises(ConfigError) as caught:
        prepare(tmp_path / "shut")
    assert str(caught.value) == f"cannot write to {tmp_path / 'shut'}: permission denied"
