"""Reading run directories back, and what is said about those that cannot be read."""

import json

import pytest
from report_data import save_run, tiny_run

import accelsim
from accelsim.config.errors import ConfigError
from accelsim.report import load_run


def message(folder) -> str:
    with pytest.raises(ConfigError) as caught:
        load_run(folder)
    return str(caught.value).replace(str(folder), "RUN")


def test_a_saved_run_comes_back(tmp_path) -> None:
    save_run(tmp_path, tiny_run())
    assert load_run(tmp_path) == tiny_run()


def test_a_run_without_a_window_has_no_steps(tmp_path) -> None:
    save_run(tmp_path, tiny_run())
    (tmp_path / "steps.csv").unlink()
    assert load_run(tmp_path).tables["steps"] == []


def test_no_run(tmp_path) -> None:
    assert message(tmp_path) == "RUN  is no run directory; expected a folder with `result.json`"
    assert message(tmp_path / "absent") == "RUN  is no run directory; expected a folder with `result.json`"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"about": ', "RUN/result.json:1:11  is damaged: Expecting value"),
        ("[1]", "RUN/result.json  is damaged: it holds no JSON object"),
        ('{"about": NaN}', "RUN/result.json  is damaged: NaN is no JSON number"),
        ("{}", "RUN/result.json  is damaged: `about` is missing"),
        ('{"about": {}}', "RUN/result.json  is damaged: `about.accelsim` is missing"),
    ],
)
def test_damaged_json(tmp_path, text, expected) -> None:
    (tmp_path / "result.json").write_text(text)
    assert message(tmp_path) == expected


def test_json_nested_without_end(tmp_path) -> None:
    (tmp_path / "result.json").write_text("[" * 100_000)
    assert message(tmp_path).startswith("RUN/result.json  is damaged: ")


def test_bytes_that_are_no_text(tmp_path) -> None:
    (tmp_path / "result.json").write_bytes(b"\xff\xfe")
    assert "RUN/result.json  is damaged: 'utf-8' codec can't decode" in message(tmp_path)


def change(folder, edit) -> None:
    save_run(folder, tiny_run())
    data = json.loads((folder / "result.json").read_text())
    edit(data)
    (folder / "result.json").write_text(json.dumps(data))


def test_missing_columns_and_wrong_types_are_named(tmp_path) -> None:
    change(tmp_path, lambda data: data["tables"]["energy"][1].pop("provenance"))
    assert message(tmp_path) == "RUN/result.json  is damaged: `tables.energy[1].provenance` is missing"
    change(tmp_path, lambda data: data["tables"].update(area=3))
    assert message(tmp_path) == "RUN/result.json  is damaged: `tables.area` is no list"
    change(tmp_path, lambda data: data["metrics"].update(cycles="many"))
    assert message(tmp_path) == "RUN/result.json  is damaged: metrics.cycles is no number"


def test_other_versions_are_refused_and_patches_accepted(tmp_path) -> None:
    save_run(tmp_path, tiny_run(accelsim="9.8.7"))
    assert message(tmp_path) == (
        f"RUN/result.json  was written by accelsim 9.8.7; this is accelsim {accelsim.__version__}: run it again"
    )
    major, minor, _ = accelsim.__version__.split(".")
    save_run(tmp_path, tiny_run(accelsim=f"{major}.{minor}.99"))
    assert load_run(tmp_path).about["accelsim"].endswith(".99")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tick,cycles\n1\n", "RUN/steps.csv  is damaged: row 1 has not as many cells as the header"),
        ("tick,cycles\n1,2,3\n", "RUN/steps.csv  is damaged: row 1 has not as many cells as the header"),
        ("tick\nx\n", "RUN/steps.csv  is damaged: invalid literal for int() with base 10: 'x'"),
    ],
)
def test_damaged_steps(tmp_path, text, expected) -> None:
    save_run(tmp_path, tiny_run())
    (tmp_path / "steps.csv").write_text(text)
    assert message(tmp_path) == expected
