"""Figures of a run that stand beside others: their numbers are those of the tables, and they say them."""

import re

import pytest
from matplotlib.figure import Figure
from report_data import band, published, tiny_run

from accelsim.report import cost_figures, lifelong_figures, mission_figure, published_figure, roofline, wear_figures
from accelsim.report.bars import shortened
from accelsim.report.drawing import PALETTE, render
from accelsim.report.heat import ink_on
from accelsim.report.load import RunData


def run_with(**tables) -> RunData:
    run = tiny_run()
    return RunData(run.metrics, {**run.tables, **tables}, run.about)


def told(figure: Figure) -> list[str]:
    """What the artists of a figure tell."""
    gids = [artist.get_gid() or "" for artist in figure.findobj()]
    return [text for gid in gids if gid.startswith("tell-") for text in gid.partition(":")[2].split("\x1f")]


ROOFLINE = {
    "roofline": [
        {"of": "split", "name": "train", "operations": 8e6, "bytes_moved": 4e6, "time_us": 1e6},
        {"of": "split", "name": "test", "operations": 1e6, "bytes_moved": 4e6, "time_us": 5e5},
        {"of": "phase", "name": "learn", "operations": 6e6, "bytes_moved": 1e6, "time_us": 2e5},
    ],
    "ceilings": [
        {"component": "plasticity.update", "kind": "datapath", "peak_per_s": 30e6},
        {"component": "soma.leak", "kind": "datapath", "peak_per_s": 10e6},
        {"component": "weights", "kind": "memory", "peak_per_s": 20e6},
    ],
}


def test_roofline_has_its_ridge_where_the_roofs_meet() -> None:
    run, figure = run_with(**ROOFLINE), Figure()
    assert roofline.possible(run)
    roofline.draw(run, figure)
    axes = figure.axes[0]
    roof, *marks = axes.lines
    (low, first), (ridge, top), (_, last) = roof.get_xydata().tolist()
    assert (ridge, top, last) == (2.0, 40.0, 40.0)  # 40 Mop/s over 20 MB/s
    assert first == pytest.approx(20 * low)
    placed = {mark.get_label(): mark.get_xydata().tolist()[0] for mark in marks}
    assert placed == {"learn": [6.0, 30.0], "training": [2.0, 8.0], "inference": [0.25, 2.0]}
    assert axes.get_ylabel() == "operations [Mop/s]"
    assert "training: 8.00 Mop/s at 2.00 operations per byte" in told(figure)


def test_no_roofline_without_counters_or_ceilings() -> None:
    assert not roofline.possible(tiny_run())
    assert not roofline.possible(run_with(roofline=ROOFLINE["roofline"], ceilings=ROOFLINE["ceilings"][:2]))


def split_row(split: str, component: str, samples: int, energy: float) -> dict:
    return {"split": split, "component": component, "samples": samples, **band("energy_pj", energy)}


def test_energy_of_a_sample_is_stacked_by_component() -> None:
    rows = [split_row("train", f"c{i}", 4, 8e6 * (10 - i)) for i in range(10)]
    rows += [split_row("test", "c0", 2, 4e6), split_row("upkeep", "c0", 0, 1e6)]
    run, figure = run_with(energy_splits=rows), Figure()
    cost_figures.energy_splits(run, figure)
    (axes,) = figure.axes
    assert axes.get_xlabel() == "energy of a sample [µJ]"
    widths = [bar.get_width() for bar in axes.patches]
    assert widths[0::2] == pytest.approx([20, 18, 16, 14, 12, 10, 8, 6 + 4 + 2])
    assert widths[1::2] == pytest.approx([2, 0, 0, 0, 0, 0, 0, 0])
    colours = [bar.get_facecolor() for bar in axes.patches[::2]]
    assert len(set(colours)) == len(PALETTE) + 1
    assert [line.get_xdata() for line in axes.lines] == [pytest.approx([55, 220]), pytest.approx([1, 4])]
    assert "training, c0: 20.0 µJ, 18.2 %" in told(figure)


def test_published_figures_as_ratios_with_bands() -> None:
    ranged = published(published_low=20.0, published_high=80.0, predicted_low=10.0, predicted=20.0, predicted_high=90.0,
                       inside=True, metric="power_real_time_uw", unit="uW")  # fmt: skip
    assert published_figure.ratios(ranged) == pytest.approx((0.25, 0.5, 2.25, 0.5, 2.0))
    run, figure = run_with(published=[published(), ranged, published(predicted=None)]), Figure()
    published_figure.draw(run, figure)
    (axes,) = figure.axes
    assert axes.get_xscale() == "log"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["energy per sop", "power real time"]
    dots = [line for line in axes.lines if line.get_marker() in ("o", "D")]
    assert [dot.get_xdata()[0] for dot in dots] == pytest.approx([62.33 / 5.3, 0.5])
    assert [dot.get_marker() for dot in dots] == ["D", "o"]
    assert "power_real_time_uw: predicted 20.0 µW (10 - 90), published 20 - 80 µW, 0.50 times" in told(figure)


def limit(name: str, sense: str, wanted: float, found: float, zero: float = 0.0, *, nominal: bool, worst: bool) -> dict:
    left = (wanted - found) * (1 if sense == "max" else -1)
    return {
        "limit": name, "sense": sense, "unit": "g", "wanted": wanted, **band("found", found),
        "margin_percent": 100 * left / (wanted - zero),
        "pass_nominal": nominal, "pass_worst": worst, "source": "a standard",
    }  # fmt: skip


def test_shares_of_limits() -> None:
    mass = limit("mass", "max", 50.0, 20.0, nominal=True, worst=True)
    time = limit("mission_time", "min", 24.0, 30.0, nominal=True, worst=False)
    heat = limit("skin_temperature", "max", 5.0, 40.0, nominal=False, worst=False)
    assert mission_figure.used(mass) == pytest.approx((0.4, 0.2, 0.8))
    assert mission_figure.used(time) == pytest.approx((0.8, 0.4, 1.6))
    warm = limit("skin_temperature", "max", 40.0, 36.0, 35.0, nominal=True, worst=False)
    assert warm["margin_percent"] == pytest.approx(80)
    assert mission_figure.used(warm) == pytest.approx((0.2, -3.4, 7.4))  # of the rise over the ambient of 35
    reached = limit("mass", "max", 50.0, 50.0, nominal=True, worst=False)
    assert mission_figure.used(reached) == pytest.approx((1.0, 0.5, 2.0))
    run, figure = run_with(limits=[mass, time, heat]), Figure()
    mission_figure.draw(run, figure)
    (axes,) = figure.axes
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([40, 80, 200])  # the last one is cut
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["40.0 %", "80.0 %, pass, not at worst", "→ 800.0 %, FAIL"]
    assert any(list(line.get_xdata()) == [100, 100] for line in axes.lines)


def test_lifetimes_with_bands_on_a_logarithmic_axis() -> None:
    run, figure = tiny_run(), Figure()
    wear_figures.lifetimes(run, figure)
    (axes,) = figure.axes
    assert (axes.get_xscale(), axes.get_xlabel()) == ("log", "lifetime [days]")
    drawn = {line.get_label(): list(line.get_xdata()) for line in axes.lines}
    assert drawn["first failure"] == [34.7]
    assert drawn["0.1 % failed"] == [2000.0]
    assert "1 % failed" not in drawn
    assert [17.35, 69.4] in [pytest.approx(list(line.get_xdata())) for line in axes.lines]
    assert "weights, first failure: 34.7 days (17 - 69)" in told(figure)


def test_no_lifetime_where_nothing_wears() -> None:
    row = {**tiny_run().tables["wear"][0], "lifetime_first_failure_days": None, "lifetime_01pct_days": None}
    assert not wear_figures.wears_out(run_with(wear=[row]))


def test_energy_spent_before_each_test() -> None:
    run = tiny_run()
    assert not lifelong_figures.has_path(run)  # tested once
    rows = [{**row, "accuracy": row["accuracy"] or 0.9} for row in run.tables["epochs"]]
    run = run_with(epochs=rows)
    assert lifelong_figures.path(run) == [
        (0, pytest.approx(2.5e-6), pytest.approx(1.25e-6), pytest.approx(5.125e-6), 0.75),
        (1, pytest.approx(5e-6), pytest.approx(2.5e-6), pytest.approx(10.25e-6), 0.9),
    ]
    figure = Figure()
    caption = lifelong_figures.energy_accuracy(run, figure)
    (line,) = figure.axes[0].lines
    assert line.get_xydata().tolist() == [pytest.approx([2.5, 75]), pytest.approx([5, 90])]
    assert "5.00 uJ (2.5 - 10)" in caption
    assert told(figure) == ["epoch 0: 75.0 % after 2.50 µJ (1.2 - 5.1)", "epoch 1: 90.0 % after 5.00 µJ (2.5 - 10)"]


def test_numbers_in_a_heat_map_are_legible_on_every_colour() -> None:
    run = run_with(
        task_matrix=[{"trained": None, "task_0": 0.0, "task_1": 0.5}, {"trained": 0, "task_0": 1.0, "task_1": None}]
    )
    figure = render("m", "M", "", lambda figure: lifelong_figures.matrix(run, figure))
    svg = figure.svg.decode()
    assert "<image" not in svg  # a page may not load pictures
    assert "trained last: task 0, tested: task 0: 100.0 %" in svg
    assert len(re.findall(r"trained last: ", svg)) == 3

    def luminance(colour) -> float:
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))

    for step in range(101):
        grey = (step / 100,) * 3
        ink = tuple(int(ink_on(grey)[i : i + 2], 16) / 255 for i in (1, 3, 5))
        low, high = sorted((luminance(grey), luminance(ink)))
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_long_names_keep_both_ends() -> None:
    assert shortened("soma.leak") == "soma.leak"
    short = shortened("output_plasticity.update_output")
    assert (len(short), short[:6], short[-6:]) == (24, "output", "output")
