"""Figures and labels that a sweep declares: what is told about mistakes, and that no point depends on them."""

import csv
import json
from concurrent.futures import Future
from textwrap import dedent

import pytest

from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.explore import sweep
from accelsim.explore.execute import Outcome
from accelsim.explore.figures import check_figures
from accelsim.explore.points import grid
from accelsim.explore.schema import SweepDocument
from accelsim.explore.tasks import Tasks
from accelsim.report import report

LANES = "architecture.core.units.plasticity.lanes"
HEAD = f"""\
sweep: s
architecture: reckon
workload: cue_accumulation
axes:
  {LANES}: [4, 8]
  word: {{linked: {{architecture.core.memories.winp.bits: [64, 128], architecture.core.memories.wrec.bits: [64, 128]}}}}
  architecture.voltage: [0.5 V, 0.8 V]
"""


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Write these lines after the head, and return the document and its plan; messages name the file `s.yaml`."""
    monkeypatch.chdir(tmp_path)

    def read(text):
        (tmp_path / "s.yaml").write_text(HEAD + dedent(text))
        return checked()

    return read


def checked():
    document = load_document("s.yaml", "sweep")
    plan = validate(document, SweepDocument)
    check_figures(plan, document)
    return document, plan


def message(call, *arguments, **options):
    with pytest.raises(ConfigError) as caught:
        call(*arguments, **options)
    return str(caught.value)


def test_figures_are_told_to_reports_with_every_key(read):
    _, plan = read(f"""\
        figures:
          - {{name: a, x: {LANES}, y: cycles, lines: word, where: {{architecture.voltage: 0.5 V}}, log: [y]}}
          - {{name: b, x: area_mm2, y: energy_total_pj / sop, where: {{{LANES}: [4, 8]}}}}
          - {{name: c, kind: stack, x: word, y: area_um2, panels: {LANES}, where: {{architecture.voltage: 0.5 V}}}}
        """)
    first, second, third = (figure.data(plan.names) for figure in plan.figures)
    assert first == {
        "name": "a",
        "title": "",
        "kind": "line",
        "x": LANES,
        "y": "cycles",
        "lines": "word",
        "panels": None,
        "where": {"architecture.voltage": ["0.5 V"]},
        "log": ["y"],
        "relative_to": {},
    }
    assert (second["kind"], second["where"]) == ("scatter", {LANES: ["4", "8"]})
    assert (third["kind"], third["panels"]) == ("stack", LANES)


def test_a_figure_may_be_relative_to_a_design_that_there_is(read):
    line = """\
        figures:
          - {{name: a, x: word, y: area_um2, where: {{architecture.voltage: 0.5 V}}, relative_to: {{{0}: {1}}}, {2}}}
        """
    _, plan = read(line.format(LANES, 4, f"lines: {LANES}"))
    assert plan.figures[0].data(plan.names)["relative_to"] == {LANES: "4"}
    told = message(read, line.format(LANES, 5, f"lines: {LANES}"))
    assert told.endswith(f"figures.0.relative_to.{LANES}: `{LANES}` has no value '5'; there are: 4, 8")
    told = message(read, line.format(LANES, 4, f"kind: stack, panels: {LANES}"))
    assert told.endswith("figures.0.relative_to: a `stack` shows parts themselves; leave it out")


def test_every_mistake_of_a_figure_is_told_at_its_place(read):
    text = f"""\
        figures:
          - {{name: a, kind: line, x: {LANES[:-1]}, y: energy_total_pj}}
          - {{name: a, x: {LANES}, y: energy_total_pj, where: {{architecture.voltage: 0.5 V}}}}
          - {{name: c, x: {LANES}, y: energy ** 2, lines: {LANES}, panels: wrd, where: {{word: "64, 6"}}}}
          - {{name: d, kind: stack, x: {LANES}, y: energy, lines: word, log: [y]}}
          - {{name: e, x: word, y: area_mm2, log: [x]}}
          - {{name: f, kind: bar, x: {LANES}, y: area_mm2, log: [x]}}
          - {{name: g, x: {LANES[:-1]}, y: area_mm2}}
        """
    assert [line.partition("  ")[2] for line in message(read, text).splitlines()] == [
        f"figures.0.x: `{LANES[:-1]}` is no axis (did you mean `{LANES}`?)",
        "figures.1: also varies: `word`; name it in `lines`, `panels` or `where`",
        "figures.1.name: 'a' is here twice",
        "figures.2.y: 'energy ** 2' is no metric: powers are not allowed; multiply instead",
        f"figures.2.lines: `{LANES}` is shown by `x` already",
        "figures.2.panels: `wrd` is no axis (did you mean `word`?)",
        "figures.2.where.word: `word` has no value '64, 6' (did you mean `64, 64`?)",
        "figures.3.y: 'energy' has no parts (did you mean `energy_pj`?)",
        "figures.3.lines: a `stack` has none; use `panels`",
        "figures.3.log: parts do not add up on a logarithmic scale",
        "figures.4.log: the values of `word` are not numbers > 0",
        "figures.5.log: bars stand side by side, not on a scale",
        f"figures.6.x: `{LANES[:-1]}` is no axis (did you mean `{LANES}`?)",
    ]
    assert message(read, text).splitlines()[0].startswith("s.yaml:9:27  ")


def test_an_axis_held_at_two_values_still_varies(read):
    text = "figures: [{name: a, x: word, y: cycles, lines: architecture.voltage, where: {%s: %s}}]\n"
    assert "also varies" in message(read, text % (LANES, "[4, 8]"))
    assert read(text % (LANES, "[4]"))[1].figures[0].held(LANES) == ("4",)


def test_a_label_is_of_exactly_one_design(read):
    text = f"""\
        labels:
          one: {{{LANES}: 4}}
          two: {{{LANES}: 5, wrd: 3}}
          good: {{{LANES}: 4, word: "64, 64", architecture.voltage: 0.5 V}}
        """
    assert message(read, text).splitlines() == [
        "s.yaml:9:3  labels.one: also varies: `word`; give its value",
        f"s.yaml:10:9  labels.two.{LANES}: `{LANES}` has no value '5'; there are: 4, 8",
        f"s.yaml:10:{9 + len(LANES) + 5}  labels.two.wrd: `wrd` is no axis (did you mean `word`?)",
    ]


def test_axes_that_do_not_apply_need_no_value_in_a_label(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = f"""\
sweep: s
architecture: reckon
workload: cue_accumulation
axes:
  ports: [{{name: one}}, {{name: two, architecture.core.memories.winp.ports: 2RW}}]
  {LANES}: {{values: [4, 8], when: {{ports: two}}}}
labels:
  plain: {{ports: one}}
  wide: {{ports: one, {LANES}: 4}}
  open: {{ports: two}}
"""
    (tmp_path / "s.yaml").write_text(text)
    found = message(checked).splitlines()
    assert [line.partition("  ")[2] for line in found] == [
        f"labels.wide.{LANES}: `{LANES}` does not apply to this design",
        f"labels.open: also varies: `{LANES}`; give its value",
    ]


def test_a_misspelt_axis_is_told_before_figures_that_spell_it_right(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(f"""\
sweep: s
architecture: reckon
workload: cue_accumulation
axes:
  {LANES.replace("lanes", "lains")}: [4, 8]
figures: [{{name: a, x: {LANES}, y: cycles}}]
labels: {{small: {{{LANES}: 4}}}}
""")
    found = message(sweep, "s.yaml", tmp_path / "out").splitlines()
    assert len(found) == 1
    assert "axes.architecture.core.units.plasticity.lains: " in found[0]
    assert found[0].endswith("has no `lains` (did you mean `lanes`?)")
    assert not (tmp_path / "out").exists()


def test_a_key_along_x_that_is_no_axis_is_taken_for_no_metric(read):
    found = message(read, "figures: [{name: a, x: architecture.voltag, y: cycles}]\n")
    assert found.endswith("figures.0.x: `architecture.voltag` is no axis (did you mean `architecture.voltage`?)")


FIGURE = f"figures: [{{name: a, x: {LANES}, y: cycles, lines: word, where: {{architecture.voltage: 0.5 V}}}}]\n"


def test_no_key_of_a_point_depends_on_figures(read):
    keys = []
    for text in ("", FIGURE, FIGURE.replace("cycles", "sop") + f"labels: {{x: {{{LANES}: 4, word: '64, 64', "
                 "architecture.voltage: 0.5 V}}\n"):  # fmt: skip
        document, plan = read(text)
        tasks = Tasks(plan, document)
        keys.append([tasks.key(point) for point in grid(plan, document)])
    assert keys[0] == keys[1] == keys[2]


class Counting:
    """An executor that counts how often it is asked; a point costs nothing."""

    def __init__(self):
        self.asked = 0

    def submit(self, function, task, /):
        self.asked += 1
        future = Future()
        parts = {"energy_pj": {"weights": 3.25, "traces, old": 0.5}}
        future.set_result(Outcome("ok", metrics={"cycles": 10, "sop": 4}, breakdown=parts))
        return future


def test_a_changed_figure_runs_nothing_again_and_parts_are_kept(read, tmp_path):
    document, _ = read(FIGURE)
    first, second = Counting(), Counting()
    sweep(document, tmp_path / "out", executor=first)
    table = (tmp_path / "out/breakdown.csv").read_text()
    assert table.splitlines()[:4] == [
        *("id,kind,part,value", "0,energy_pj,weights,3.25", '0,energy_pj,"traces, old",0.5', "1,energy_pj,weights,3.25")
    ]
    assert table.count("\n") == 1 + 2 * 8
    changed, _ = read(FIGURE.replace("name: a", "name: b"))
    sweep(changed, tmp_path / "out", executor=second, resume=True)
    assert (first.asked, second.asked) == (8, 0)
    assert (tmp_path / "out/breakdown.csv").read_text() == table
    summary = json.loads((tmp_path / "out/sweep.json").read_text())
    assert [figure["name"] for figure in summary["figures"]] == ["b"]
    assert summary["resolved"]["figures"][0]["name"] == "b"


def test_a_metric_that_no_run_has_is_told_after_the_first_one(read, tmp_path):
    document, _ = read(FIGURE.replace("y: cycles", "y: cycle / sop"))
    counting = Counting()
    assert message(sweep, document, tmp_path / "out", executor=counting, workers=1) == (
        "s.yaml:8:66  figures.0.y: `cycle` is no metric of a run (did you mean `cycles`?)"
    )
    assert counting.asked <= 2


def test_columns_are_tabled_beside_objectives(read, tmp_path):
    document, plan = read("""\
        objectives: [{metric: cycles, direction: min}]
        columns: [sop, {name: cycles_per_sop, metric: cycles / sop}]
        """)
    assert [column.column for column in plan.tabled] == ["cycles", "sop", "cycles_per_sop"]
    sweep(document, tmp_path / "out", executor=Counting(), workers=1)
    report(tmp_path / "out", formats=("svg",))
    head = (tmp_path / "out/configurations.md").read_text().splitlines()[4]
    assert head.endswith("| cycles [1] | sop [1] | cycles per sop [1] |")
    rows = list(csv.DictReader((tmp_path / "out/points.csv").open()))
    assert all(float(row["cycles_per_sop"]) == float(row["cycles"]) / float(row["sop"]) for row in rows)


def test_mistakes_in_columns_are_told_at_their_places(read, tmp_path):
    assert message(read, "columns: [sop, cycles ** 2, {name: sop, metric: cycles}]\n") == "\n".join(
        [
            "s.yaml:8:16  columns.1: 'cycles ** 2' is no metric: powers are not allowed; multiply instead",
            "s.yaml:8:41  columns.2.metric: `sop` is here twice",
        ]
    )
    document, _ = read("columns: [{name: a, metric: cycle}]\n")
    told = message(sweep, document, tmp_path / "out", executor=Counting(), workers=1)
    assert told == "s.yaml:8:21  columns.0.metric: `cycle` is no metric of a run (did you mean `cycles`?)"
