"""The page of a sweep as a document: its data, that nothing in it can break out, and that it fetches nothing."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from study_data import AXES, FAILED, LABEL, NAME, OBJECTIVES, save_study

from accelsim.report.study.configurations import configurations
from accelsim.report.study.data import load_sweep
from accelsim.report.study.effects import base_design, main_effects
from accelsim.report.study.page import SCRIPTS, script_json, sweep_page
from accelsim.report.study.page_data import page_data
from accelsim.report.study.page_metrics import Scale, rounded

SEEDS = 3


class Reader(HTMLParser):
    """Collects scripts by their attributes, texts of headings, links and policies."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.heading = ""
        self.links: list[str | None] = []
        self.policy = ""
        self.attributes: set[str] = set()
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        given = dict(attrs)
        self._open.append(tag)
        self.attributes |= set(given)
        if tag == "script":
            self.scripts.append((given, ""))
        if tag == "a":
            self.links.append(given["href"])
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""

    def handle_endtag(self, tag) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data) -> None:
        if self._open[-1:] == ["script"]:
            attributes, text = self.scripts[-1]
            self.scripts[-1] = attributes, text + data
        if self._open[-1:] == ["h1"]:
            self.heading += data


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    save_study(folder, seeds=SEEDS)
    return load_sweep(folder)


@pytest.fixture(scope="module")
def reader(study) -> Reader:
    return Reader(sweep_page(study, []))


@pytest.fixture(scope="module")
def data(study):
    return page_data(study)


def metric(data, name):
    return next(each for each in data["metrics"] if each["name"] == name)


def test_nothing_is_fetched_and_only_its_own_scripts_run(reader) -> None:
    assert reader.policy == (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:"
    )
    assert not {"src", "srcset", "onclick", "onload"} & reader.attributes
    assert all("/" not in (link or "") for link in reader.links)
    assert {"points.csv", "breakdown.csv", "configurations.md", "sweep.json"} <= set(reader.links)


def test_a_hostile_name_stays_text(reader, data) -> None:
    assert reader.heading == f"sweep {NAME}"
    kinds = [attributes.get("type") for attributes, _ in reader.scripts]
    assert kinds == ["application/json", None, None]
    assert json.loads(reader.scripts[0][1]) == json.loads(json.dumps(data))
    assert "alert(1)" not in reader.scripts[2][1]
    assert script_json({"a": "</script><!--"}) == '{"a":"\\u003c/script>\\u003c!--"}'


def test_every_script_is_in_the_page_once(reader) -> None:
    own = reader.scripts[2][1]
    assert own.count("/* ") >= len(SCRIPTS)
    assert not re.search(r"innerHTML|document\.write|eval\(|new Function|https?:", own)


def test_designs_are_configurations_over_seeds(data, study) -> None:
    designs = data["designs"]
    assert data["seeds"] == SEEDS
    assert designs["ids"][1] == (3, 4, 5)
    assert len(designs["ids"]) == 24 == len(configurations(study))
    assert [axis["short"] for axis in data["axes"]] == ["lanes", "weight_word", "voltage"]
    assert [tuple(axis["levels"]) for axis in data["axes"]] == list(AXES.values())
    assert [levels[FAILED] for levels in designs["levels"]] == [0, 2, 1]
    assert designs["status"][FAILED] == "failed"
    assert designs["message"][FAILED] == "weights: 256 b > 64 b & <too wide>"
    assert designs["labels"][0] == LABEL
    assert set(designs["labels"][1:]) == {None}


def test_metrics_are_in_units_that_fit(data, study) -> None:
    latency = metric(data, "latency_training_us")
    assert (latency["label"], latency["unit"], latency["words"]) == ("latency training [ms]", "ms", "latency training")
    assert latency["values"][0] == 12
    assert latency["values"][FAILED] is None
    assert latency["half"] is None
    energy = metric(data, "energy_training_uj")
    summary = configurations(study)[0].metrics["energy_training_uj"]
    assert energy["values"][0] == pytest.approx(summary.mean, rel=1e-5)
    assert energy["half"][0] == pytest.approx(summary.half_width, rel=1e-5)
    assert metric(data, "area_mm2")["label"] == "area [mm²]"


def test_bounds_keep_the_unit_of_their_estimate(tmp_path) -> None:
    save_study(tmp_path, {"lanes": ("4", "8")}, seeds=1)
    text = (tmp_path / "points.csv").read_text().replace("energy_training_uj", "energy_training_pj")
    (tmp_path / "points.csv").write_text(text)
    designs = configurations(load_sweep(tmp_path))
    scales = [Scale(f"energy_training_pj{end}", designs) for end in ("_low", "", "_high")]
    assert {(scale.unit, scale.factor) for scale in scales} == {("pJ", 1.0)}


def test_objectives_say_what_is_better_and_names_the_rest(data) -> None:
    chosen = [data["metrics"][number] for number in data["objectives"]]
    assert [(each["name"], each["better"]) for each in chosen] == list(OBJECTIVES)
    assert {each["group"] for each in chosen} == {"objective"}
    assert metric(data, "energy_training_uj_low")["group"] == "bound"
    assert metric(data, "mission_time_h")["better"] == "max"
    assert metric(data, "mass_g")["better"] == "min"


def test_shares_and_the_base_of_swings_are_known(data, study) -> None:
    assert [each["name"] for each in data["metrics"] if each["share"]] == ["accuracy_test"]
    for effects in data["effects"]:
        base = base_design(study, data["metrics"][effects["metric"]]["name"])
        assert data["designs"]["ids"][effects["base"]] == base.ids


def test_constraints_are_bounds_in_the_unit_of_the_chart(data) -> None:
    area, energy = data["constraints"]
    assert data["metrics"][area["metric"]]["name"] == "area_mm2"
    assert (area["bound"], area["text"]) == (0.6, "area < 0.6 mm²")
    assert (energy["bound"], energy["text"]) == (60, "energy training < 60 µJ")


def test_effects_are_those_of_the_analyses(data, study) -> None:
    assert [effect["metric"] for effect in data["effects"]] == data["objectives"]
    first = data["effects"][0]["main"][0]
    expected = main_effects(study, "energy_training_uj")[0]
    assert first["axis"] == expected.axis
    assert [level["mean"] for level in first["levels"]] == [rounded(level.mean) for level in expected.levels]
    swing = data["effects"][1]["swings"][0]
    assert (swing["base"], swing["low"], swing["low_label"]) == (12, 3, "32")
    assert {len(row) for pair in data["effects"][0]["interactions"] for row in pair["cells"]} <= {2, 3, 4}


def test_parts_are_means_that_add_up_to_the_metric(data) -> None:
    energy, area = data["breakdown"]
    assert (energy["title"], energy["label"]) == ("Energy", "energy [µJ]")
    assert area["unit"] == "mm²"
    assert sum(energy["rows"][1]) == pytest.approx(metric(data, "energy_training_uj")["values"][1], rel=1e-5)
    assert energy["rows"][FAILED] is None


@pytest.mark.parametrize(
    ("value", "short"), [(0.1234567, 0.123457), (12.0, 12), (1.5e-9, 1.5e-9), (123456789, 123457000)]
)
def test_numbers_have_six_digits(value, short) -> None:
    assert rounded(value) == short


def test_a_sweep_without_points(tmp_path) -> None:
    save_study(tmp_path, objectives=[])
    header = (tmp_path / "points.csv").read_text().splitlines()[0]
    (tmp_path / "points.csv").write_text(header + "\n")
    (tmp_path / "breakdown.csv").unlink()
    page = Reader(sweep_page(load_sweep(tmp_path), []))
    found = json.loads(page.scripts[0][1])
    assert (found["designs"]["ids"], found["metrics"], found["effects"]) == ([], [], [])
    assert not {"breakdown.csv", "configurations.md"} & set(page.links)
