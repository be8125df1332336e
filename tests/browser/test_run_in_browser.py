"""The page of a run in a browser: it needs nothing else, fits its screen, and its marks tell their values."""

from __future__ import annotations

from pathlib import Path

import pytest

from accelsim.cli import main

pytestmark = pytest.mark.slow

RUNS = {
    "stream": (
        *("single_core", "lifelong_digits"),
        *("workload.tasks.training_samples=12", "workload.tasks.test_samples=5", "workload.network.recurrent=16"),
    ),
    "mission": ("reckon", "wearable_keyword", "workload.training_samples=6", "workload.test_samples=4"),
    "mesh": ("loihi", "ring_32k", "workload.steps=4"),
}
"""Architecture, workload and what makes the run short."""
FIGURES = {
    "stream": {
        "accuracy",
        "learning_curves",
        "task_matrix",
        "energy_accuracy",
        "energy_splits",
        "roofline",
        "lifetimes",
    },
    "mission": {"cycles", "latency", "energy", "area", "published", "limits", "writes", "power"},
    "mesh": {"tiles", "timeline", "energy"},
}
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
SIZES = """
() => [...document.querySelectorAll("figure svg text")].map((text) => {
  const { a, b } = text.getScreenCTM();
  return [parseFloat(getComputedStyle(text).fontSize) * Math.hypot(a, b), text.textContent];
}).sort((one, other) => one[0] - other[0])
"""
"""Height in pixels and content of every text in the figures, the smallest first."""
CELLS = """
() => document.querySelectorAll("figure svg text").forEach((text) => {
  if (/#ffffff|#000001/.test(text.getAttribute("style"))) text.remove();
})
"""
"""Take away numbers that stand on the cells of a heat map: their colours follow the cell, not the page."""
TOLD = """
() => [...document.querySelectorAll("figure")].map((figure) => {
  const titles = [...figure.querySelectorAll("svg title")];
  const shown = titles.filter((title) => {
    const { width, height } = title.parentElement.getBoundingClientRect();
    return width + height > 0;
  });
  return [figure.querySelector("h3").id.replace("-title", ""), titles.length, shown.length];
})
"""
"""Of each figure: its name, how many titles it has, and how many belong to something that shows."""
WIDEST = """
() => {
  const bars = [...document.querySelectorAll("figure:has(#energy-title) svg g:has(> title)")];
  const width = (bar) => bar.getBoundingClientRect().width;
  const widest = bars.reduce((one, other) => (width(other) > width(one) ? other : one));
  widest.scrollIntoView({ block: "center" });
  const { x, y, width: across, height } = widest.getBoundingClientRect();
  return document.elementFromPoint(x + across / 2, y + 0.3 * height).closest("g").querySelector("title").textContent;
}
"""
"""What the pointer is told over the widest bar of the energies."""


@pytest.fixture(scope="module", params=RUNS)
def drawn(request, tmp_path_factory) -> tuple[str, Path]:
    architecture, workload, *settings = RUNS[request.param]
    folder = tmp_path_factory.mktemp(request.param) / "run"
    changes = [part for setting in settings for part in ("--set", setting)]
    with pytest.raises(SystemExit) as ended:
        main(["run", architecture, workload, "--out", str(folder), *changes])
    assert not ended.value.code
    return request.param, folder / "report.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_it_fits_and_can_be_read(drawn, browser_page, contrasts, width, scheme) -> None:
    _, file = drawn
    opened = browser_page(file, width, scheme)
    opened.evaluate("() => document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    opened.settle()
    assert opened.evaluate(OVERFLOW) == 0
    smallest, text = opened.evaluate(SIZES)[0]
    assert smallest >= 11, text
    opened.evaluate(CELLS)
    least, text = opened.evaluate(contrasts)[0]
    assert least >= 4.5, text
    opened.assert_quiet(file)


def test_marks_tell_their_values(drawn, browser_page) -> None:
    name, file = drawn
    told = {figure: (titles, shown) for figure, titles, shown in browser_page(file).evaluate(TOLD)}
    assert set(told) >= FIGURES[name]
    silent = {figure for figure, (titles, _) in told.items() if not titles}
    assert silent <= {"ledger", "power_cap"}
    assert all(shown for titles, shown in told.values() if titles)


def test_the_pointer_finds_the_title_of_a_bar(drawn, browser_page) -> None:
    _, file = drawn
    opened = browser_page(file)
    found = opened.evaluate(WIDEST)
    assert found.rpartition(":")[2].strip().split()[1] in ("pJ", "nJ", "µJ", "mJ", "J")


def test_links_lead_to_files(drawn, browser_page) -> None:
    _, file = drawn
    script = "() => [...document.querySelectorAll('a')].map((link) => link.getAttribute('href'))"
    links = browser_page(file).evaluate(script)
    assert {"figures/energy.svg", "figures/energy.png", "figures/energy.pdf", "energy.csv"} <= set(links)
    assert [link for link in links if not (file.parent / link).is_file()] == []
