"""Figures: what is drawn equals the data, axes carry units, bytes never change."""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure
from report_data import tiny_run

from accelsim.report import bars, cost_figures, figures, time_figures
from accelsim.report.drawing import render
from accelsim.report.load import RunData

NAMES = ["accuracy", "cycles", "latency", "energy", "area", "published", "lifetimes", "power"]


def drawn(draw) -> tuple[Figure, str]:
    figure = Figure()
    return figure, draw(tiny_run(), figure)


def texts(svg: bytes) -> list[str]:
    return [
        "".join(node.itertext()).strip()
        for node in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    ]


def test_accuracy_in_per_cent_per_epoch() -> None:
    figure, _ = drawn(figures.accuracy)
    train, test = figure.axes[0].lines
    assert train.get_xydata().tolist() == [[0, 50], [1, 100]]
    assert test.get_xydata().tolist() == [[0, 75]]
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("epoch [1]", "accuracy [%]")


def test_cycles_stack_up_to_all_cycles_in_the_same_colours() -> None:
    figure, _ = drawn(time_figures.cycles)
    training, inference = figure.axes
    assert [bar.get_height() for bar in training.patches] == pytest.approx([1e-3, 1e-3, 6e-4, 6e-4])
    assert training.patches[2].get_y() == pytest.approx(1e-3)
    assert [bar.get_facecolor() for bar in training.patches] == [bar.get_facecolor() for bar in inference.patches]
    assert training.get_ylabel() == "cycles [10⁶]"


def test_latency_is_the_mean_by_state_with_its_tail() -> None:
    figure, _ = drawn(time_figures.latency)
    (axes,) = figure.axes
    assert axes.get_xlabel() == "latency of a sample [µs]"
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([2000 / 13 / 8, 2000 / 13 / 8, 1200 / 13 / 8, 0])
    assert [mark.get_xdata()[0] for mark in axes.lines] == pytest.approx([130.25, 80.5])


def test_energy_is_stacked_by_action_with_the_band_of_the_component() -> None:
    figure, caption = drawn(cost_figures.energy)
    (axes,) = figure.axes
    assert axes.get_xlabel() == "energy of the run [µJ]"
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["weights", "soma.leak"]
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([6, 0, 6, 0, 0, 1])
    (band,) = axes.collections
    assert [segment[:, 0].tolist() for segment in band.get_segments()] == [
        pytest.approx([6.0, 24.0]),
        pytest.approx([0.5, 3.0]),
    ]
    assert caption == f"{bars.BAND} Whole run: 10.0 uJ (4.0 - 25)."


def test_area_with_bands() -> None:
    figure, caption = drawn(cost_figures.area)
    (axes,) = figure.axes
    assert axes.get_xlabel() == "area [mm²]"
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([0.08, 0.002])
    assert "0.372 mm2 (0.23 - 0.68)" in caption


def test_small_components_and_states_are_summed_not_lost() -> None:
    row = tiny_run().tables["area"][0]
    rows = [{**row, "component": f"c{i}", "area_um2": 100.0 - i} for i in range(30)]
    shown = bars.largest(rows, "area_um2")
    assert len(shown) == bars.MOST_BARS
    assert shown[-1]["label"] == "other (7)"
    assert sum(bar["area_um2"] for bar in shown) == sum(r["area_um2"] for r in rows)
    few = bars.few({f"s{i}": [1.0, float(i)] for i in range(9)})
    assert list(few)[-1] == "other (2)"
    assert few["other (2)"] == [2.0, 15.0]


def test_files_hold_title_caption_and_source_and_never_change() -> None:
    first, again = figures.run_figures(tiny_run()), figures.run_figures(tiny_run())
    assert [figure.name for figure in first] == NAMES
    assert first == again
    shown = " ".join(texts(first[3].svg))
    for text in (
        "Energy by component and action",
        "energy of the run [µJ]",
        "1 seed (7)",
        "source: energy.csv",
        "weights",
    ):
        assert text in shown
    for figure in first:
        assert figure.file("png").startswith(b"\x89PNG")
        assert not re.search(rb"\d{4}-\d\d-\d\d", figure.svg)


def test_the_users_own_settings_change_nothing() -> None:
    import matplotlib

    plain = render("a", "A", "footer", lambda figure: cost_figures.area(tiny_run(), figure))
    with matplotlib.rc_context({"font.size": 30, "svg.fonttype": "path", "axes.grid": True}):
        assert render("a", "A", "footer", lambda figure: cost_figures.area(tiny_run(), figure)) == plain
        assert matplotlib.rcParams["font.size"] == 30


def test_names_are_no_formulas() -> None:
    run = tiny_run()
    rows = [{**row, "component": "$\\frac$ & <c>\x07"} for row in run.tables["area"][:1]]
    (figure,) = [
        f
        for f in figures.run_figures(RunData(run.metrics, {**run.tables, "area": rows}, run.about))
        if f.name == "area"
    ]
    assert "$\\frac$ & <c>\\x07" in texts(figure.svg)


def test_what_a_run_lacks_is_not_drawn() -> None:
    run = tiny_run()
    epochs = [{**row, "accuracy": None} for row in run.tables["epochs"]]
    bare = RunData(run.metrics, {**run.tables, "epochs": epochs, "area": []}, run.about)
    expected = [name for name in NAMES if name not in ("accuracy", "area")]
    assert [figure.name for figure in figures.run_figures(bare)] == expected


def test_a_pdf_has_its_fonts_and_the_same_bytes_in_every_process() -> None:
    script = (
        "import hashlib, sys; sys.path.insert(0, sys.argv[1]); from report_data import tiny_run\n"
        "from accelsim.report.figures import run_figures\n"
        "(area,) = [figure for figure in run_figures(tiny_run()) if figure.name == 'area']\n"
        "print(*(hashlib.sha256(area.file(ending)).hexdigest() for ending in ('svg', 'png', 'pdf')))\n"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", script, str(Path(__file__).parent)],
            env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(told) == 1
    (area,) = [figure for figure in figures.run_figures(tiny_run()) if figure.name == "area"]
    pdf = area.file("pdf")
    assert pdf.startswith(b"%PDF")
    assert b"/FontFile2" in pdf  # TrueType, which publishers take; not type 3
    assert b"/Type3" not in pdf
    assert b"CreationDate" not in pdf


def test_the_inline_figure_is_the_whole_one_without_its_frame() -> None:
    (area,) = [figure for figure in figures.run_figures(tiny_run()) if figure.name == "area"]
    inline = area.inline()
    root = ElementTree.fromstring(inline)
    _, top, width, height = map(float, root.get("viewBox", "").split())
    assert width == 288
    assert 0 < top < 30 < height < 200
    shown = texts(inline.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).encode())
    assert "area [mm²]" in shown
    assert not any("Area by component" in text or "seed" in text for text in shown)
    places = [float(y) for y in re.findall(r'<text[^>]*? y="([\d.]+)"', inline)]
    assert places
    assert all(top <= place <= top + height for place in places)
