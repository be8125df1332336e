"""Logs of the L2M programme: round trips, and what is said of broken ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from accelsim.config.errors import ConfigError
from accelsim.formats.l2m_log import COLUMNS, Experience, L2MLog, read_log, write_log

SCENARIO = {"author": "me", "complexity": "1-low", "difficulty": "2-medium", "scenario_type": "custom", "seeds": [1]}
ROWS = (
    Experience(0, 0, "test", "a_v0", (0.1, None), 0),
    Experience(0, 1, "test", "B_v0", (1 / 3, 2.0), 1, worker="w-1", status="incomplete"),
    Experience(1, 2, "train", "a_v0", (0.5, 3.0), 86_399_999_999, worker="w-1", subtype="sleep", params=""),
    Experience(1, 2, "train", "a_v0", (1e-300, -4.0), 3_600_000_000, params='{"x": "tab\\tand \\"quote\\""}'),
    Experience(12, 9, "test", "a_v0", (0.5, 3.0), 10**15),
)
LOG = L2MLog("ll-x", ("accuracy", "loss"), ROWS, SCENARIO)


def tables(folder: Path) -> list[Path]:
    return sorted(folder.rglob("data-log.tsv"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_log(tmp_path / "ll-x", LOG)
    return tmp_path / "ll-x"


def test_round_trip(folder: Path, tmp_path: Path) -> None:
    assert read_log(folder) == LOG
    write_log(tmp_path / "again" / "ll-x", read_log(folder))
    for path in (path for path in folder.rglob("*") if path.is_file()):
        assert (tmp_path / "again" / "ll-x" / path.relative_to(folder)).read_bytes() == path.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "ll-x"]


def test_files(folder: Path) -> None:
    assert json.loads((folder / "logger_info.json").read_text()) == {
        "metrics_columns": ["accuracy", "loss"], "log_format_version": "1.1",
    }  # fmt: skip
    assert json.loads((folder / "scenario_info.json").read_text()) == SCENARIO
    assert [str(path.relative_to(folder).parent) for path in tables(folder)] == [
        "w-1/0-test", "w-1/1-train", "worker-default/0-test", "worker-default/1-train", "worker-default/12-test",
    ]  # fmt: skip
    assert (folder / "worker-default" / "0-test" / "data-log.tsv").read_text() == (
        "\t".join((*COLUMNS, "accuracy", "loss"))
        + "\n0\t0\tworker-default\ttest\twake\ta_v0\t{}\tcomplete\t19700101T000000.000000\t0.1\tnan\n"
    )


def test_further_columns_are_kept(tmp_path: Path) -> None:
    rows = (Experience(0, 0, "train", "a_v0", (0.5,), 0, extra=("7", "x y")),)
    log = L2MLog("ll-y", ("accuracy",), rows, {}, ("note", "steps"))
    write_log(tmp_path / "ll-y", log)
    assert read_log(tmp_path / "ll-y") == log


def test_an_earlier_log_is_replaced_and_nothing_else(folder: Path) -> None:
    write_log(folder, L2MLog("ll-x", LOG.measures, ROWS[:1], {}))
    assert len(tables(folder)) == 1
    assert [path.name for path in folder.parent.iterdir()] == ["ll-x"]
    (folder / "logger_info.json").unlink()
    with pytest.raises(ConfigError, match="holds something else than a log"):
        write_log(folder, LOG)
    with pytest.raises(ConfigError, match="holds something else than a log"):
        write_log(folder / "scenario_info.json", LOG)
    with pytest.raises(ConfigError, match="cannot be written: file exists"):
        write_log(folder / "scenario_info.json" / "ll-x", LOG)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (ROWS[1::-1], "experience 0 of block 0 is out of order"),
        ((ROWS[4], Experience(2, 10, "test", "a_v0", (0.0, 0.0), 0)), "experience 10 of block 2 is out of order"),
        ((Experience(0, 0, "test", "a_v0", (0.1,), 0),), "does not have the log's columns"),
    ],
)
def test_experiences_that_cannot_be_written(rows: tuple[Experience, ...], told: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=told):
        write_log(tmp_path / "ll-x", L2MLog("ll-x", LOG.measures, rows, {}))
    assert list(tmp_path.iterdir()) == []


HEADER = "\t".join((*COLUMNS, "accuracy"))
ROW = "0\t3\tw\ttrain\twake\ta_v0\t{}\tcomplete\t20261121T000000.500000\t0.5"
TABLE = "ll-z/w/0-train/data-log.tsv"


def broken(table: str | bytes, logger: str = "", scenario: str = "{}") -> str:
    """What is said of a log of one table, in the current folder."""
    path = Path(TABLE)
    path.parent.mkdir(parents=True)
    path.write_bytes(table if isinstance(table, bytes) else table.encode())
    version = '{"metrics_columns": ["accuracy"], "log_format_version": "1.1"}'
    Path("ll-z/logger_info.json").write_text(logger or version)
    Path("ll-z/scenario_info.json").write_text(scenario)
    with pytest.raises(ConfigError) as error:
        read_log(Path("ll-z"))
    return str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("task_name", "task", "1  task_name: no such column (did you mean `task`?)"),
        ("accuracy", "loss", "1  accuracy: no such column"),
        ("worker_id", "timestamp", "1  worker_id: no such column"),
        ("\n0\t3", "\n0\t2", "3  exp_num: 2 follows 3; it must not decrease"),
        ("\n0\t", "\n1\t", "3  block_num: block 1-train in the folder of `0-train`"),
        ("\n0\t", "\n-1\t", "3  block_num: `-1` is no whole number from 0 on"),
        ("\t3\t", "\t3.5\t", "2  exp_num: `3.5` is no whole number from 0 on"),
        ("train", "test", "2  block_num: block 0-test in the folder of `0-train`"),
        ("train", "learn", "2  block_type: `learn` is neither train nor test"),
        ("wake", "awake", "2  block_subtype: `awake` is neither wake nor sleep"),
        ("complete", "done", "2  exp_status: `done` is neither complete nor incomplete"),
        ("a_v0", "", "2  task_name: no name"),
        ("{}", "{", "2  task_params: `{` is not JSON"),
        ("\tw\t", "\tv\t", "2  worker_id: `v` in the folder of `w`"),
        ("20261121T", "20261321T", "2  timestamp: `20261321T000000.500000` is no time like 19700101T000000.000000"),
        ("20261121T", "", "2  timestamp: `000000.500000` is no time like 19700101T000000.000000"),
        ("0.5\n", "half\n", "2  accuracy: `half` is no finite number"),
        ("0.5\n", "inf\n", "2  accuracy: `inf` is no finite number"),
        ("0.5\n", "1_0\n", "2  accuracy: `1_0` is no finite number"),
        ("\t0.5\n", "\n", "2  has 9 cells; the header has 10"),
        ("0.5\n", "0.5\t1\n", "2  has 11 cells; the header has 10"),
        ("{}", '"{}"x', "2  is no table of tab-separated values"),
        ("accuracy", "accuracy\taccuracy", "1  accuracy: stands twice"),
    ],
)
def test_a_table_that_is_broken(old: str, new: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`old` is replaced where it is first found in the lines that `told` does not skip."""
    monkeypatch.chdir(tmp_path)
    table = "\n".join((HEADER, ROW, ROW, ""))
    line = int(told.split()[0])
    start = sum(len(text) + 1 for text in table.split("\n")[: line - 1]) - (1 if old.startswith("\n") else 0)
    assert f"{TABLE}:{told}" in broken(table[:start] + table[start:].replace(old, new, 1))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"table": ""}, f"{TABLE}:1  block_num: no such column"),
        ({"table": b"\xff\xfe"}, f"{TABLE}  is no UTF-8 text"),
        (
            {"logger": '{"metrics_columns": ["accuracy"], "log_format_version": "1.0"}'},
            'll-z/logger_info.json  log_format_version: "1.0" is not "1.1"',
        ),
        ({"logger": '{"metrics_columns": ["accuracy"]}'}, 'log_format_version: null is not "1.1"'),
        ({"logger": '{"metrics_columns": "accuracy", "log_format_version": "1.1"}'}, "expected a list of names"),
        (
            {"logger": '{"metrics_columns": ["timestamp"], "log_format_version": "1.1"}'},
            "a name stands twice, or is that of a standard column",
        ),
        ({"logger": "{"}, "ll-z/logger_info.json:1:2  is damaged"),
        (
            {"scenario": '{"complexity": "low"}'},
            'scenario_info.json  complexity: "low" is none of 1-low, 2-intermediate, 3-high',
        ),
    ],
)
def test_files_that_are_broken(
    arguments: dict[str, str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert told in broken(**{"table": f"{HEADER}\n{ROW}\n", **arguments})


def test_files_that_are_missing(folder: Path) -> None:
    for path in tables(folder):
        path.unlink()
    with pytest.raises(ConfigError, match="no tables `<worker>"):
        read_log(folder)
    (folder / "scenario_info.json").unlink()
    with pytest.raises(ConfigError, match=r"scenario_info.json  cannot be read: no such file"):
        read_log(folder)


def test_blocks_that_decrease_from_table_to_table(folder: Path) -> None:
    table = folder / "worker-default" / "12-test" / "data-log.tsv"
    table.parent.rename(table.parent.with_name("0-test-"))
    table.parent.with_name("0-test-").rename(folder / "worker-default" / "2-test")
    table = folder / "worker-default" / "2-test" / "data-log.tsv"
    table.write_text(table.read_text().replace("\n12\t9", "\n2\t1"))
    with pytest.raises(ConfigError) as error:
        read_log(folder)
    assert str(error.value).endswith(
        "1-train/data-log.tsv:2  block_num: 1 follows block 2; block numbers must not decrease"
    )


def test_tables_with_different_columns(folder: Path) -> None:
    table = folder / "worker-default" / "1-train" / "data-log.tsv"
    lines = table.read_text().splitlines()
    table.write_text(f"{lines[0]}\tnote\n{lines[1]}\tx\n")
    with pytest.raises(ConfigError, match="has the further columns"):
        read_log(folder)
