"""Figures of sweeps: what they show, whose names they write, and where."""

import itertools
import json
import re

import pytest
from matplotlib.figure import Figure
from report_data import save_sweep

from accelsim.cli.commands import parse_labels
from accelsim.config.errors import ConfigError
from accelsim.report import report
from accelsim.report.drawing import house_style
from accelsim.report.study.breakdown import largest_parts, load_breakdown, parts_of
from accelsim.report.study.composition import chosen_designs, mission_bounds, mission_figures
from accelsim.report.study.configurations import configurations, summaries
from accelsim.report.study.data import load_sweep
from accelsim.report.study.declared import _columns, declared_figures
from accelsim.report.study.figures import sweep_figures
from accelsim.report.study.limits import Bound
from accelsim.report.study.placing import place_names
from accelsim.report.study.plane import Plane
from accelsim.report.study.scales import keep_in_shares, numbers

LANES, WORD = "architecture.core.units.plasticity.lanes", "weight_word"
GOALS = [{"metric": "energy_training_uj", "direction": "min"}, {"metric": "area_mm2", "direction": "min"}]
PARTS = {"energy_pj": ("weights", "learn"), "area_um2": ("weights", "free of cells"), "busy_cycles": ("learn", "wait")}


def figure(name, **keys):
    empty = {"title": "", "kind": "line", "lines": None, "panels": None, "where": {}, "log": []}
    return {"name": name, **empty, **keys}


def points(mission=False):
    """A full grid of lanes, word and supply, two seeds; the largest word breaks a constraint."""
    head = [
        "id",
        LANES,
        WORD,
        "voltage",
        "seed",
        "status",
        "message",
        "energy_training_uj",
        "area_mm2",
        "accuracy_test",
    ]
    head += ["mass_g", "volume_mm3", "margin_mass", "limits_failed"] * mission
    rows = [",".join(head)]
    grid = itertools.product((4, 8, 16), ("64 b", "128 b"), ("0.5 V", "0.8 V"), (0, 1))
    for i, (lanes, word, voltage, seed) in enumerate(grid):
        area = 0.1 + lanes / 100 + (word == "128 b") / 10
        energy = 40 / lanes * (2.5 if voltage == "0.8 V" else 1) + seed / 10
        status, message = ("infeasible", "area") if area > 0.34 else ("ok", "")
        row = [i, lanes, word, voltage, seed, status, message, energy, area, 0.5 + lanes / 100]
        row += [2 + area, 100 * area, 1 - (2 + area) / 2.25, int(area > 0.25)] * mission
        rows.append(",".join(map(str, row)))
    return "\n".join(rows) + "\n"


@pytest.fixture
def folder(tmp_path):
    save(tmp_path)
    return tmp_path


def save(folder, mission=False, **changes):
    axes = [
        {"name": LANES, "values": [4, 8, 16, 32]},
        {"name": WORD, "values": ["64 b", "128 b"]},
        {"name": "voltage", "values": ["0.5 V", "0.8 V"]},
    ]
    save_sweep(
        folder, points(mission), **{"objectives": GOALS, "seeds": [0, 1], "axes": axes, "constraints": [], **changes}
    )
    rows = [f"{i},{kind},{part},{1 + n + i}" for i in range(24) for kind in PARTS for n, part in enumerate(PARTS[kind])]
    (folder / "breakdown.csv").write_text("id,kind,part,value\n" + "\n".join(rows) + "\n")


def texts(drawn):
    """What an SVG says, one text a line."""
    found = re.findall(r"<text[^>]*>([^<]*)</text>", drawn.file("svg").decode())
    return [text.replace("&lt;", "<").replace("&gt;", ">") for text in found]


def titles(drawn):
    return re.findall(r"<title>([^<]*)</title>", drawn.file("svg").decode())


def test_the_standard_figures_name_their_data(folder):
    save(folder, mission=True)
    drawn = {each.name: each for each in sweep_figures(load_sweep(folder))}
    assert list(drawn) == [
        *("pareto_1", "effects_1", "effects_2", "interactions", "tornado"),
        *("breakdown_energy", "breakdown_area", "breakdown_cycles", "energy_accuracy", "swap"),
    ]
    for name, each in drawn.items():
        assert each.source == ("breakdown.csv" if name.startswith("breakdown") else "points.csv",)
        assert "2 seeds" in each.caption, name
        assert "2 seeds" in each.footer
    for name in ("pareto_1", "effects_1", "energy_accuracy", "swap"):
        assert "95 % confidence intervals" in drawn[name].caption


def test_the_front_is_one_of_configurations_with_constraints_knee_and_labels(folder):
    save(folder, constraints=["area_mm2 < 0.34", "energy_training_uj < 1e9"], labels=[
        {"text": "as published", "axes": {LANES: "16", WORD: "64 b", "voltage": "0.8 V"}}
    ])  # fmt: skip
    pareto = sweep_figures(load_sweep(folder, {0: "mine"}))[0]
    shown = texts(pareto)
    for text in ("energy training [µJ]", "area [mm²]", "dominated", "infeasible", "constraint", "as published", "mine"):
        assert text in shown, text
    assert "of 12 designs on the front" in pareto.caption
    assert "beyond the axes: energy_training_uj < 1e+09" in pareto.caption
    assert "infeasible: 2" in pareto.caption
    assert any(
        title.startswith("#0 lanes=4, weight_word=64 b, voltage=0.5 V: energy training") for title in titles(pareto)
    )


def test_one_label_names_a_design_everywhere(folder):
    data = load_sweep(folder, {3: "as built"})
    assert next(iter(chosen_designs(data).values())) == "as built"
    drawn = {each.name: each for each in sweep_figures(data)}
    assert "leaves the design as built (lanes=4" in drawn["tornado"].caption
    assert "as built" in texts(drawn["breakdown_energy"])
    assert "as built" in texts(drawn["pareto_1"])


def test_a_mark_must_be_of_a_point_and_of_a_sweep(folder, tmp_path):
    with pytest.raises(ConfigError, match=r"--label: .* has no point 99"):
        report(folder, labels={99: "x"})
    (folder / "sweep.json").unlink()
    with pytest.raises(ConfigError, match="is no sweep, so it has no points to name"):
        report(folder, labels={9: "x"})


def test_labels_of_the_command_line():
    assert parse_labels(["12=as = built", "3", "4= "]) == {12: "as = built", 3: "#3", 4: "#4"}
    with pytest.raises(ConfigError, match="`x=1` does not begin with the id of a point"):
        parse_labels(["x=1"])


def test_lines_are_means_of_the_designs_that_are_asked_for(folder):
    chosen = figure("lines", x=LANES, y="energy_training_uj", lines=WORD, where={"voltage": ["0.5 V"]}, log=["x", "y"])
    save(folder, figures=[chosen])
    (drawn,) = declared_figures(load_sweep(folder))
    assert (drawn.name, drawn.title) == ("lines", "energy training against lanes")
    assert titles(drawn) == [
        f"lanes={lanes}, weight_word={word} b, voltage=0.5 V: energy training [µJ] {energy}"
        for word in (64, 128)
        for lanes, energy in ((4, "10.05"), (8, "5.050"), (16, "2.550"))
    ]
    assert {"4", "8", "16", "energy training [µJ]", "lanes", "weight_word", "64 b", "128 b"} <= set(texts(drawn))
    assert "6 designs; voltage is 0.5 V; means over 2 seeds with 95 % confidence intervals" in drawn.caption


def test_expressions_panels_bars_and_scatters(folder):
    ratio = "energy_training_uj / area_mm2"
    save(folder, figures=[
        figure("bars", kind="bar", x=WORD, y=ratio, lines=LANES, panels="voltage", title="Bars"),
        figure("cloud", kind="scatter", x="area_mm2", y="accuracy_test", lines=LANES, panels=WORD),
        figure("over", kind="scatter", x="voltage", y="area_mm2", log=["x"]),
    ])  # fmt: skip
    bars, cloud, over = declared_figures(load_sweep(folder))
    assert bars.title == "Bars"
    assert {ratio, "voltage 0.5 V", "voltage 0.8 V"} <= set(texts(bars))
    assert len(titles(bars)) == 12
    assert {"weight_word 64 b", "weight_word 128 b", "infeasible", "accuracy test [1]"} <= set(texts(cloud))
    assert "2 of them violate a constraint" in cloud.caption
    assert {"voltage [V]", "0.5", "0.8"} <= set(texts(over))


def test_constraints_are_lines_in_declared_figures(folder):
    near = figure("near", kind="bar", x=LANES, y="area_mm2", where={WORD: ["64 b"], "voltage": ["0.5 V"]})
    save(
        folder, constraints=["area_mm2 < 0.34"], figures=[near, {**near, "name": "share", "relative_to": {LANES: "4"}}]
    )
    bars, share = declared_figures(load_sweep(folder))
    assert "constraint" in texts(bars)
    assert "constraint" not in texts(share)  # of a share, not of the metric
    save(folder, constraints=["area_mm2 < 9"], figures=[near])
    (bars,) = declared_figures(load_sweep(folder))
    assert "beyond the axes: area_mm2 < 9" in bars.caption


def test_long_titles_take_several_lines(folder):
    words = "A title that is a good deal longer than the figure is wide and goes on"
    save(folder, figures=[figure("long", x=LANES, y="area_mm2", lines=WORD, panels="voltage", title=words)])
    (drawn,) = declared_figures(load_sweep(folder))
    assert words not in drawn.svg.decode()
    assert set(words.split()) <= set(" ".join(re.findall(r">([^<>]+)<", drawn.svg.decode())).split())


def test_stacks_are_means_of_parts(folder):
    save(
        folder,
        figures=[figure("parts", kind="stack", x=LANES, y="energy_pj", panels=WORD, where={"voltage": ["0.5 V"]})],
    )
    (drawn,) = declared_figures(load_sweep(folder))
    assert drawn.source == ("breakdown.csv",)
    # point 0 and 1: weights 1 and 2, learn 2 and 3
    assert {"lanes 4: weights 1.50 pJ", "lanes 4: learn 2.50 pJ"} <= set(titles(drawn))


def test_a_declared_figure_takes_the_place_of_a_standard_one(folder):
    save(folder, figures=[figure("tornado", kind="scatter", x="area_mm2", y="accuracy_test")])
    drawn = sweep_figures(load_sweep(folder))
    assert [each.source for each in drawn if each.name == "tornado"] == [("points.csv",)]
    assert drawn[0].title == "accuracy test against area"


def test_limits_of_a_mission_are_worked_out_from_what_is_left(folder):
    save(folder, mission=True)
    data = load_sweep(folder)
    (found,) = mission_bounds(data, ("mass_g", "volume_mm3"))
    assert (found.metric, found.comparison, found.value) == ("mass_g", "<=", pytest.approx(2.25))
    assert {"keeps to all limits", "breaks a limit", "constraint"} <= set(texts(sweep_figures(data)[-1]))
    assert mission_bounds(data, ("volume_mm3",)) == []
    assert isinstance(found, Bound)


def test_parts_are_read_and_added_up(folder):
    found = load_breakdown(folder)
    assert parts_of(found, "energy_pj", (0, 1, 99)) == {"weights": 1.5, "learn": 2.5}
    assert parts_of(found, "energy_pj", (99,)) == {}
    assert largest_parts([{"a": 1.0, "b": 5.0}, {"c": 3.0, "z": 0.0}], 2) == ["b", "c"]
    (folder / "breakdown.csv").write_text("id,kind,part,value\n1,energy_pj,x,much\n")
    with pytest.raises(ConfigError, match=r"breakdown.csv  is damaged"):
        load_breakdown(folder)
    (folder / "breakdown.csv").unlink()
    assert load_breakdown(folder) == {}


def test_damaged_declarations_are_told(folder):
    data = json.loads((folder / "sweep.json").read_text())
    (folder / "sweep.json").write_text(json.dumps({**data, "figures": [{"name": "x"}]}))
    with pytest.raises(ConfigError, match=r"sweep.json  is damaged"):
        load_sweep(folder)


def test_names_do_not_overlap_each_other():
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    with house_style():
        root = Figure(figsize=(4, 3.4), layout="constrained")
        axes = root.add_subfigure(root.add_gridspec()[0, 0]).add_subplot()
        marks = [(1 + i / 50, 1 + (i * 7 % 5) / 60) for i in range(40)]
        axes.plot(*zip(*marks, strict=True), linestyle="", marker="o")
        axes.set(xlim=(0, 4), ylim=(0, 4))
        found = place_names(axes, {mark: f"#{i} a name" for i, mark in enumerate(marks)}, marks)
        canvas = FigureCanvasAgg(root)
        canvas.draw()
        boxes = [Text.get_window_extent(text, canvas.get_renderer()) for text in axes.texts]  # without its line
    assert 4 <= len(found) <= 8
    assert len(boxes) == len(found)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_values_of_axes_as_numbers():
    assert numbers(["4", "8.5"]) == ([4.0, 8.5], "")
    assert numbers(["0.5 V", "0.8 V"]) == ([0.5, 0.8], "V")
    assert numbers(["0.5 V", "800 mV"]) is None
    assert numbers(["always", "4"]) is None
    assert numbers(["", "4"]) is None


def test_a_share_of_another_design_is_that_of_each_seed(folder):
    data = load_sweep(folder)
    shares = summaries(data, "energy_training_uj", {"voltage": "0.5 V"})
    of = {(each.axes[LANES], each.axes[WORD], each.axes["voltage"]): found for each, found in shares.items()}
    assert (of["8", "64 b", "0.5 V"].mean, of["8", "64 b", "0.5 V"].half_width) == (1.0, 0.0)
    expected = [(12.5 + seed) / (5 + seed) for seed in (0, 0.1)]
    assert of["8", "64 b", "0.8 V"].mean == pytest.approx(sum(expected) / 2)
    drawn = figure("share", x=LANES, y="energy_training_uj", lines=WORD, relative_to={"voltage": "0.5 V"})
    save(folder, figures=[{**drawn, "where": {"voltage": ["0.8 V"]}}])
    (share,) = declared_figures(load_sweep(folder))
    assert "energy training / that of 0.5 V" in share.svg.decode()
    assert "each seed over the same with voltage is 0.5 V" in share.caption


@pytest.mark.parametrize(("metric", "means", "ends"), [
    ("accuracy_test", [0.1, 0.9], (-0.02, 1.02)),
    ("accuracy_test", [0.1, 1.2], (-0.5, 1.75)),
    ("area_mm2", [0.1, 0.9], (-0.5, 1.75)),
])  # fmt: skip
def test_scales_of_shares_end_where_shares_do(metric, means, ends):
    axes = Figure().add_subplot()
    axes.set_ylim(-0.5, 1.75)
    keep_in_shares(axes, "y", metric, means)
    assert axes.get_ylim() == pytest.approx(ends)
    axes.set_ylim(0.3, 0.8)
    keep_in_shares(axes, "y", metric, means)
    assert axes.get_ylim() == pytest.approx((0.3, 0.8))


def test_values_that_differ_by_rounding_are_not_blown_up(folder):
    flat = points(mission=True).splitlines()
    at = flat[0].split(",").index("mass_g")
    rows = [line.split(",") for line in flat]
    for row in rows[1:]:
        row[at] = str(2 + 1e-5 * int(row[0]))
    save(folder, mission=True)
    (folder / "points.csv").write_text("\n".join(map(",".join, rows)) + "\n")
    data = load_sweep(folder)
    plane = Plane(data, "mass_g", "volume_mm3", Figure().add_subplot())
    plane.draw(configurations(data), "all", marker="o")
    plane.bound([])
    assert plane.axes.get_xlim() == pytest.approx((1.9, 2.1), rel=1e-3)
    for row in rows[1:]:
        row[at + 1] = "100"
    (folder / "points.csv").write_text("\n".join(map(",".join, rows)) + "\n")
    assert not mission_figures(load_sweep(folder))


def test_three_short_panels_stand_in_a_row(folder):
    figures = [
        figure("short", x="voltage", y="area_mm2", kind="bar", panels=LANES, where={WORD: ["64 b"]}),
        figure(
            "long", x="voltage", y="energy_training_uj / energy_training_uj / 2", kind="bar", panels=WORD, lines=LANES
        ),
    ]
    save(folder, figures=figures)
    data = load_sweep(folder)
    short, long = data.figures
    assert _columns(data, short, ["4", "8", "16"]) == 3
    assert _columns(data, short, ["4", "8", "a value with many characters"]) == 2
    assert _columns(data, long, ["64 b", "128 b"]) == 2
    assert {"lanes 4", "lanes 8", "lanes 16"} <= set(texts(sweep_figures(data)[0]))
