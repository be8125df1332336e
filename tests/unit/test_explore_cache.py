"""The folder of stage results."""

import os
import threading

import numpy as np
import pytest

from accelsim.explore.cache import StageCache

KEY = "ab" + "0" * 62


def fill(value):
    def write(writer):
        writer.json("data", {"value": value})
        writer.array("counts", np.arange(1000) * value)
        return value

    return write


def read(entry):
    return entry.json("data")["value"], int(entry.array("counts").sum())


@pytest.fixture
def cache(tmp_path):
    return StageCache(tmp_path / "cache")


def test_an_entry_is_read_as_it_was_written(cache):
    assert cache.read("timing", KEY, read) is None
    assert cache.write("timing", KEY, fill(3)) == 3
    assert cache.read("timing", KEY, read) == (3, 3 * 499500)
    assert cache.read("activity", KEY, read) is None
    assert [(each.stage, each.entries) for each in cache.usage()] == [("activity", 0), ("timing", 1)]
    assert cache.clear() == 1
    assert cache.read("timing", KEY, read) is None
    assert cache.notes == []


def test_equal_contents_are_equal_files(cache, tmp_path):
    other = StageCache(tmp_path / "other")
    contents = set()
    for each in (cache, other):
        each.write("timing", KEY, fill(3))
        [path] = each.folder.rglob("*.zip")
        contents.add(path.read_bytes())
    assert len(contents) == 1


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "foreign"])
def test_a_damaged_entry_is_removed_with_one_message(cache, damage):
    cache.write("timing", KEY, fill(3))
    [path] = cache.folder.rglob("*.zip")
    whole = path.read_bytes()
    middle = len(whole) // 3
    flipped = whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :]
    path.write_bytes({"flipped": flipped, "cut": whole[:-30], "empty": b"", "foreign": b"x" * 500}[damage])
    assert cache.read("timing", KEY, read) is None
    assert not path.exists()
    assert len(cache.notes) == 1
    assert "damaged" in cache.notes[0]
    assert "removed and computed again" in cache.notes[0]
    cache.write("timing", KEY, fill(3))
    assert cache.read("timing", KEY, read) == (3, 3 * 499500)


def test_what_cannot_be_kept_is_computed_all_the_same(tmp_path):
    (tmp_path / "file").write_text("")
    cache = StageCache(tmp_path / "file")  # a folder that cannot be made
    assert cache.write("timing", KEY, fill(3)) == 3
    assert cache.write("timing", KEY, fill(4)) == 4
    assert len(cache.notes) == 1
    assert "stage results are not kept: " in cache.notes[0]


def test_a_disk_that_fills_up_in_the_middle_leaves_nothing(cache, monkeypatch):
    def full(self, *arguments, **options):
        raise OSError(28, "No space left on device")

    def write(writer):
        writer.json("data", {"value": 1})
        monkeypatch.setattr("zipfile.ZipFile.writestr", full)
        writer.array("counts", np.arange(1000))
        writer.array("more", np.arange(1000))
        return 1

    assert cache.write("timing", KEY, write) == 1
    assert cache.notes == [f"{cache.folder}: stage results are not kept: no space left on device"]
    assert [path for path in cache.folder.rglob("*") if path.is_file()] == []


def test_an_error_while_computing_leaves_nothing(cache):
    def write(writer):
        writer.json("data", {"value": 1})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cache.write("timing", KEY, write)
    assert [path for path in cache.folder.rglob("*") if path.is_file()] == []


def test_concurrent_writers_and_readers_see_whole_entries(cache):
    found, stop = [], threading.Event()

    def reading():
        mine = StageCache(cache.folder)
        while not stop.is_set():
            found.append(mine.read("timing", KEY, read))
        found.extend(mine.notes)

    def writing():
        for _ in range(50):
            StageCache(cache.folder).write("timing", KEY, fill(3))

    readers = [threading.Thread(target=reading) for _ in range(2)]
    writers = [threading.Thread(target=writing) for _ in range(2)]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in readers:
        thread.join()
    assert set(found) <= {None, (3, 3 * 499500)}
    assert cache.read("timing", KEY, read) == (3, 3 * 499500)
    assert len(os.listdir(cache.folder / "timing" / KEY[:2])) == 1


def test_the_last_entries_stay_in_memory(cache):
    for number in range(20):
        cache.remember(str(number), number)
    assert cache.recall("0") is None
    assert cache.recall("19") == 19
