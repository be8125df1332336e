"""Pages and the files of a report."""

import re
from html.parser import HTMLParser

import pytest
from report_data import POINTS, save_run, save_sweep, tiny_run

from accelsim.config.errors import ConfigError
from accelsim.report import report
from accelsim.report.load import RunData
from accelsim.report.page import run_page
from accelsim.report.study.data import Objective, load_sweep
from accelsim.report.study.front import front

VOID = {"meta", "link", "br", "img", "input"}


class Reader(HTMLParser):
    """Checks that tags are balanced; collects texts by tag, exact numbers, attributes and identifiers."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.numbers: dict[str, set[str]] = {}
        self.ids: list[str] = []
        self.references: list[str] = []
        self.links: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs) -> None:
        given = dict(attrs)
        self.ids += [given["id"]] if "id" in given else []
        self.references += re.findall(r"#([\w-]+)\)", " ".join(filter(None, given.values())))
        href = given.get("href", "")
        self.references += [href.removeprefix("#")] if href.startswith("#") else []
        self.links += [href] if href and not href.startswith("#") else []
        assert not {"src", "onload", "onclick"} & set(given)
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")
        if tag == "data":
            self.exact = given["value"]

    def handle_startendtag(self, tag, attrs) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag
        if tag == "data":
            self.numbers.setdefault(self.exact, set()).add(self.texts[tag][-1])

    def handle_data(self, data) -> None:
        for tag in set(self.open):
            self.texts[tag][-1] += data


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    save_run(folder, tiny_run())
    report(folder)
    return folder


@pytest.fixture(scope="module")
def page(run_folder) -> str:
    return (run_folder / "report.html").read_text(encoding="utf-8")


def test_the_page_stands_alone(page) -> None:
    reader = Reader(page)
    assert len(reader.ids) == len(set(reader.ids))
    assert set(reader.references) <= set(reader.ids)
    assert "script" not in reader.texts
    assert re.findall(r"https?://[^\s<]+", page) == ["https://example.org/paper"]
    assert not re.search(r"@import|url\((?!#)", page)
    assert "prefers-color-scheme: dark" in page
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page


def test_every_number_is_the_one_of_the_run(page) -> None:
    numbers = Reader(page).numbers
    run = tiny_run()
    assert numbers["12.7192"] == {"12.7 µW (2.9 - 83)"}
    assert numbers["0.3722"] == {"0.372 mm² (0.23 - 0.68)"}
    assert numbers["11.76"] == {"11.76"}
    exact = [run.metrics[name] for name in ("latency_inference_us_p99", "energy_total_pj", "accuracy_test")]
    exact += [
        row[name] for row in run.tables["epochs"] for name in ("samples", "cycles", "sample_cycles_max", "energy_uj")
    ]
    exact += [row["energy_pj"] for row in run.tables["energy"]] + [row["area_um2"] for row in run.tables["area"]]
    exact += [row[name] for row in run.tables["datapaths"] for name in ("critical_path_ns", "register_bits")]
    assert {repr(value) for value in exact} <= set(numbers)


def test_state_and_phase_of_one_name_are_said_once() -> None:
    run = tiny_run()
    steps = [{"tick": 3, "cycles_learn_learn": 2, "cycles_send_out_send_out": 1, "cycles_idle_wait": 25}]
    headings = Reader(run_page(RunData(run.metrics, {**run.tables, "steps": steps}, run.about), [])).texts["th"]
    assert headings[-4:] == ["time step", "learn", "send out", "idle wait"]


def test_texts_are_escaped_and_provenance_is_on_demand(page) -> None:
    reader = Reader(page)
    assert reader.texts["h1"] == ["tiny on toy & <b>task</b>"]
    assert "b" not in reader.texts
    assert "how9 x <table> | Smith [measured]" in reader.texts["details"]
    assert "Warning: 3 V is beyond the data" in reader.texts["p"]
    assert [title for title in reader.texts["h2"] if "published" in title] == ["Beside published figures"]
    assert "A paper, https://example.org/paper [verified]" in reader.texts["td"]
    assert "48" in reader.texts["td"]
    assert reader.texts["figcaption"][0].startswith("Share of samples that were answered right.\ntiny on toy")


def test_inline_figures_take_the_colours_of_the_page(page) -> None:
    svg = page[page.index("<svg") : page.index("</svg>")]
    assert "currentColor" in svg
    assert "#111112" not in svg
    assert "xmlns" not in svg
    assert "accuracy [%]" in svg


def test_files_of_a_run_and_the_same_bytes_again(run_folder) -> None:
    names = [
        f"figures/{name}.{end}"
        for name in ("accuracy", "cycles", "latency", "energy", "area", "published", "lifetimes", "power")
        for end in ("svg", "png", "pdf")
    ]
    before = {path: path.read_bytes() for path in run_folder.rglob("*") if path.is_file()}
    written = report(run_folder)
    assert [path.relative_to(run_folder).as_posix() for path in written] == [*names, "report.html"]
    assert {path: path.read_bytes() for path in run_folder.rglob("*") if path.is_file()} == before


def test_figures_link_to_their_data_and_files(page, run_folder) -> None:
    links = Reader(page).links
    assert set(links) >= {"epochs.csv", "energy.csv", "result.json", "figures/area.pdf"}
    files = [link for link in links if link.startswith("figures/")]
    assert len(files) == 8 * 3
    assert all((run_folder / link).is_file() for link in files)


def test_only_the_formats_that_were_asked_for(tmp_path) -> None:
    save_run(tmp_path, tiny_run())
    written = report(tmp_path, formats=["pdf", "pdf"])
    assert {path.suffix for path in written[:-1]} == {".pdf"}
    assert len(written) == 9
    links = Reader((tmp_path / "report.html").read_text()).links
    assert {link.rpartition(".")[2] for link in links if link.startswith("figures/")} == {"pdf"}
    with pytest.raises(ConfigError, match="`gif` is no format; expected one of svg, png, pdf"):
        report(tmp_path, formats=["gif"])


def test_a_sweep_shows_its_front(tmp_path) -> None:
    save_sweep(tmp_path)
    written = report(tmp_path)
    names = ("pareto_1", "effects_1", "effects_2", "tornado")
    files = [f"figures/{name}.{end}" for name in names for end in ("svg", "png", "pdf")]
    assert [path.relative_to(tmp_path).as_posix() for path in written] == [*files, "report.html"]
    svg = written[0].read_text(encoding="utf-8")
    for text in (
        "energy inference [µJ]",
        "accuracy test [1]",
        ">#0<",
        ">#1<",
        "#0 lanes=4; #1 lanes=8.",
        "left out for lack of a figure: 1",
        "points.csv",
    ):
        assert text in svg.replace("\n", " ")
    assert "#2 lanes" not in svg.partition("<title>")[0]
    assert (tmp_path / "configurations.md").read_text().splitlines()[2:] == [
        "One seed.",
        "",
        "| architecture.core.units.plasticity.lanes | energy inference [uJ] | accuracy test [1] | status |",
        "| --- | --- | --- | --- |",
        "| 4 | 2.00 | 0.800 | ok |",
        "| 8 | 3.00 | 0.900 | ok |",
        "| 16 | 3.50 | 0.850 | ok |",
        "| 32 | - | - | failed: lanes: 32 > 16 & <too many> |",
    ]


def test_the_front_leaves_out_what_is_dominated_or_incomplete(tmp_path) -> None:
    save_sweep(tmp_path)
    data = load_sweep(tmp_path)
    assert [point.axes["id"] for point in front(data.points, data.objectives)] == ["0", "1"]
    assert [p.axes["id"] for p in front(data.points, [Objective("energy_inference_uj", "max")])] == ["2"]
    twice = [data.points[0], data.points[0]]
    assert front(twice, data.objectives) == twice


def test_a_sweep_without_objectives_has_no_front(tmp_path) -> None:
    save_sweep(tmp_path, objectives=[])
    written = [path.name for path in report(tmp_path, formats=["svg"])]
    assert written == ["energy_accuracy.svg", "report.html"]
    assert not (tmp_path / "configurations.md").exists()


def message(folder) -> str:
    with pytest.raises(ConfigError) as caught:
        report(folder)
    return str(caught.value).replace(str(folder), "DIR")


def test_folders_that_are_neither(tmp_path) -> None:
    assert (
        message(tmp_path) == "DIR  is no run or sweep directory; expected a folder with `result.json` or `sweep.json`"
    )


def test_damaged_sweeps(tmp_path) -> None:
    save_sweep(tmp_path, objectives=[{"metric": "area_mm2", "direction": "up"}])
    expected = "DIR/sweep.json  is damaged: `objectives` is no list of metrics with direction `min` or `max`"
    assert message(tmp_path) == expected
    save_sweep(tmp_path, points=POINTS.replace("status", "state"))
    assert message(tmp_path) == "DIR/points.csv  is damaged: column `status` is missing"
    save_sweep(tmp_path, points=POINTS + "4,5\n")
    assert message(tmp_path) == "DIR/points.csv  is damaged: row 5 has not as many cells as the header"
    (tmp_path / "points.csv").unlink()
    assert message(tmp_path) == "DIR/points.csv  cannot be read: no such file or directory"
    (tmp_path / "sweep.json").write_text("{}")
    assert message(tmp_path) == "DIR/sweep.json  is damaged: `accelsim` is missing"


def test_figures_that_cannot_be_written(tmp_path) -> None:
    save_run(tmp_path, tiny_run())
    (tmp_path / "figures").write_text("in the way")
    assert message(tmp_path) == "DIR/figures  cannot be made: file exists"
    assert not (tmp_path / "report.html").exists()
