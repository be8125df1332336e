"""The page of a sweep in a browser: it follows its filters, tells what it shows, and fits its screen."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from study_data import AXES, FAILED, LABEL, save_study

from accelsim.report import report
from accelsim.report.study.configurations import configurations
from accelsim.report.study.data import load_sweep
from accelsim.report.study.front import front
from accelsim.report.study.knee import knee
from accelsim.report.study.page import sweep_page

pytestmark = pytest.mark.slow

DESIGNS = 24
MARKS = "document.querySelector('#pareto-chart').data"


def page_of(folder: Path, **options) -> Path:
    save_study(folder, **options)
    file = folder / "report.html"
    file.write_text(sweep_page(load_sweep(folder), []), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    save_study(folder)
    return report(folder, formats=("svg",))[-1]


@pytest.fixture
def opened(file, browser_page):
    found = browser_page(file)
    yield found
    found.assert_quiet(file)


def count(opened) -> str:
    return opened.page.inner_text("#count")


def rows(opened) -> list[str]:
    return opened.page.locator("#design-table tbody tr").evaluate_all("rows => rows.map(row => row.dataset.design)")


def drawn(opened) -> int:
    """Designs in the trade-off chart, those with several marks once."""
    return opened.evaluate(f"() => new Set({MARKS}.flatMap((trace) => trace.customdata)).size")


def chip(opened, text: str) -> None:
    opened.page.locator(".chip", has_text=text).first.click()
    opened.settle()


def test_a_chip_filters_counts_table_and_charts(opened) -> None:
    assert count(opened) == f"{DESIGNS} of {DESIGNS} designs"
    assert len(rows(opened)) == DESIGNS
    assert drawn(opened) == DESIGNS - 1  # one has no numbers
    faint = (
        "() => document.querySelector('#parallel-chart').data[0].customdata.filter((design) => design !== null).length"
    )
    assert opened.evaluate(faint) == 0
    chip(opened, "256 b")
    assert count(opened) == f"8 of {DESIGNS} designs"
    assert len(rows(opened)) == 8
    assert drawn(opened) == 7
    means = "() => document.querySelector('#main-effects').data.map((trace) => trace.name)"
    assert "designs shown" in opened.evaluate(means)
    columns = len(AXES) + 3
    assert opened.evaluate(faint) == (DESIGNS - 8) * columns
    opened.page.click("#reset")
    opened.settle()
    assert count(opened) == f"{DESIGNS} of {DESIGNS} designs"
    assert not opened.page.locator(".chip input:checked").count()


def test_chips_of_an_axis_add_up_and_axes_narrow_each_other(opened) -> None:
    chip(opened, "64 b")
    chip(opened, "128 b")
    assert count(opened).startswith("16 of")
    chip(opened, "0.8 V")
    assert count(opened).startswith("8 of")


def test_least_and_most_of_an_objective(opened) -> None:
    opened.page.get_by_label("most energy training [µJ]").fill("25")
    opened.settle()
    shown = opened.page.locator("#design-table tbody tr").all_inner_texts()
    assert 0 < len(shown) < DESIGNS
    assert all(float(text.split("\t")[5].split()[0]) <= 25 for text in shown)


def test_the_pointer_tells_the_whole_configuration_with_units(opened) -> None:
    opened.page.locator("#pareto-chart .scatterlayer .point").last.hover(force=True)
    opened.settle()
    text = opened.page.locator("#pareto-chart .hoverlayer").text_content()
    for part in (LABEL, "lanes = 4", "weight_word = 64 b", "voltage = 0.5 V", "µJ", "±", "ms", "accuracy test: 0."):
        assert part in text


def test_a_click_picks_a_design_and_another_lets_it_go(opened) -> None:
    mark = opened.page.locator("#pareto-chart .scatterlayer .point").last
    mark.click(force=True)
    opened.settle()
    assert rows(opened) == ["0"]
    assert opened.page.locator("tr.picked").count() == 1
    opened.page.wait_for_function("() => document.querySelector('#designs').getBoundingClientRect().top < innerHeight")
    opened.page.click("tr.picked th button")
    opened.settle()
    assert len(rows(opened)) == DESIGNS


def test_a_box_picks_several(opened) -> None:
    box = opened.page.locator("#pareto-chart .nsewdrag").first.bounding_box()
    opened.page.mouse.move(box["x"] + 2, box["y"] + 2)
    opened.page.mouse.down()
    opened.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
    opened.page.mouse.up()
    opened.settle()
    picked = rows(opened)
    assert 1 < len(picked) < DESIGNS
    opened.page.click("text=Show all again")
    opened.settle()
    assert len(rows(opened)) == DESIGNS


def test_headings_sort_and_turn(opened) -> None:
    heading = opened.page.locator("#design-table thead button", has_text="energy training")
    for expected, order in (("ascending", 1), ("descending", -1)):
        heading.click()
        opened.settle()
        assert opened.page.locator("th[aria-sort]:not([aria-sort=none])").get_attribute("aria-sort") == expected
        texts = opened.page.locator("#design-table tbody tr").all_inner_texts()
        values = [text.split("\t")[6].split()[0] for text in texts]
        numbers = [order * float(value) for value in values if value != "-"]
        assert numbers == sorted(numbers)
        assert values[-1] == "-"


def test_a_third_metric_colours_and_counts(opened) -> None:
    flat = len(opened.evaluate(f"() => {MARKS}.find((trace) => trace.name === 'front').x"))
    opened.page.get_by_label("colour").select_option(label="accuracy test [1]")
    opened.settle()
    found = opened.evaluate(f"() => {MARKS}.find((trace) => trace.name === 'front')")
    assert len(found["x"]) > flat
    assert found["marker"]["showscale"]
    assert found["mode"] == "markers"
    assert "accuracy test [1]" in opened.page.locator("#pareto-chart .infolayer").text_content()


def test_directions_and_scales_turn(opened) -> None:
    opened.page.get_by_label("better").first.select_option("max")
    opened.page.get_by_label("log").first.check()
    opened.settle()
    assert opened.evaluate("() => document.querySelector('#pareto-chart').layout.xaxis.type") == "log"
    assert "max energy training" in opened.page.locator("#pareto .caption").inner_text()


def test_columns_are_added_and_saved(opened, tmp_path) -> None:
    opened.page.get_by_label("add a column").select_option(label="area [mm²]")
    chip(opened, "0.8 V")
    with opened.page.expect_download() as waiting:
        opened.page.click("#download")
    waiting.value.save_as(tmp_path / "designs.csv")
    with (tmp_path / "designs.csv").open(newline="") as lines:
        saved = list(csv.DictReader(lines))
    assert [row["id"] for row in saved] == rows(opened)
    assert {row["architecture.voltage"] for row in saved} == {"0.8 V"}
    assert 0.3 <= float(saved[0]["area [mm²]"]) <= 0.8


def test_parts_are_those_of_the_designs_picked(opened) -> None:
    opened.page.locator("#design-table tbody th button").nth(3).click()
    opened.settle()
    bars = opened.evaluate("() => document.querySelector('#breakdown-chart').data[0].y")
    assert bars == ["#9"]
    opened.page.get_by_label("of", exact=True).select_option("Area")
    opened.settle()
    assert "area [mm²]" in opened.page.locator("#breakdown-chart .infolayer").text_content()


def test_the_keyboard_reaches_chips_and_rows(opened) -> None:
    opened.page.locator(".chip input").first.focus()
    opened.page.keyboard.press("Space")
    opened.settle()
    assert count(opened).startswith("6 of")
    opened.page.locator("#design-table tbody th button").first.focus()
    opened.page.keyboard.press("Enter")
    opened.settle()
    assert rows(opened) == ["0"]
    opened.page.keyboard.press("Enter")
    opened.settle()
    assert len(rows(opened)) == 6
    opened.page.locator("#pareto select").first.focus()
    opened.page.keyboard.press("ArrowDown")
    opened.settle()
    assert opened.page.locator("#pareto select").first.evaluate("list => list === document.activeElement")


def test_failed_designs_are_named_and_infeasible_ones_crossed(opened) -> None:
    failed = opened.page.locator(f"tr[data-design='{3 * FAILED}']").inner_text()
    assert "weights: 256 b > 64 b & <too wide>" in failed
    opened.page.get_by_label("infeasible designs").uncheck()
    opened.settle()
    assert "infeasible" not in opened.evaluate(f"() => {MARKS}.map((trace) => trace.name)")


def test_light_becomes_dark_while_it_is_open(opened) -> None:
    colour = "() => document.querySelector('#pareto-chart').layout.font.color"
    light = opened.evaluate(colour)
    opened.page.emulate_media(color_scheme="dark")
    opened.settle()
    assert opened.evaluate(colour) != light


OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
SIZES = """() => [...document.querySelectorAll(".chart text")].filter((text) => text.textContent.trim())
  .map((text) => parseFloat(getComputedStyle(text).fontSize))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_it_fits_and_can_be_read(file, browser_page, contrasts, width, scheme) -> None:
    opened = browser_page(file, width, scheme)
    if width == 400:
        opened.page.click("#filters summary")
    opened.page.click(".files summary")
    opened.settle()
    assert opened.evaluate(OVERFLOW) == 0
    assert min(opened.evaluate(SIZES)) >= 11
    least, text = opened.evaluate(contrasts)[0]
    assert least >= 4.5, text
    opened.assert_quiet(file)


def test_links_lead_to_files(opened, file) -> None:
    links = opened.evaluate("() => [...document.querySelectorAll('a')].map((link) => link.getAttribute('href'))")
    assert "figures/energy.svg" in links
    assert [link for link in links if not (file.parent / link).is_file()] == []


def test_front_and_knee_are_those_of_the_figures(tmp_path, browser_page) -> None:
    names = ["extra_0_pj", "extra_1_pj", "extra_2_pj"]
    axes = {"weight_word": ("64 b", "128 b"), "ports": ("1RW",), "lanes": tuple(map(str, range(60)))}
    file = page_of(tmp_path, axes=axes, seeds=1, more_metrics=3, objectives=[(name, "min") for name in names])
    data = load_sweep(tmp_path)
    opened = browser_page(file)
    for count in (2, 3):
        if count == 3:
            opened.page.get_by_label("colour").select_option(label="extra 2 [pJ]")
            opened.settle()
        goals = data.objectives[:count]
        best = front(configurations(data), goals)
        bend = knee(best, goals)
        expected = {"front": sorted(each.ids[0] for each in best), "knee": [bend.ids[0]] if bend else []}
        assert len(expected["front"]) > 3
        found = opened.evaluate(f"() => Object.fromEntries({MARKS}.map((trace) => [trace.name, trace.customdata]))")
        assert {"front": sorted(found["front"]), "knee": found.get("knee", [])} == expected


def test_a_thousand_designs_open(tmp_path, browser_page) -> None:
    axes = {
        "lanes": tuple(map(str, range(1, 21))),
        "weight_word": ("64 b", "128 b", "256 b", "512 b", "1024 b"),
        "voltage": ("0.5 V", "0.8 V"),
        "ports": ("1RW", "1R1W", "2RW", "2R2W", "4RW"),
    }
    file = page_of(tmp_path, axes=axes, seeds=1, more_metrics=50)
    assert file.stat().st_size < 8e6
    opened = browser_page(file)
    assert count(opened) == "1000 of 1000 designs"
    assert len(rows(opened)) == 100
    opened.page.get_by_label("lanes", exact=True).select_option(["3", "4"])
    opened.settle()
    assert count(opened) == "100 of 1000 designs"
    opened.assert_quiet(file)


def test_a_sweep_without_objectives_or_a_single_point(tmp_path, browser_page) -> None:
    for name, options in (("none", {"objectives": ()}), ("one", {"axes": {"lanes": ("4",)}, "seeds": 1})):
        (tmp_path / name).mkdir()
        file = page_of(tmp_path / name, **options)
        opened = browser_page(file)
        assert "designs" in count(opened)
        assert rows(opened)
        opened.assert_quiet(file)
