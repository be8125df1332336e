"""The summary in the terminal."""

import io

from report_data import published, tiny_run
from rich.console import Console

from accelsim.report import facts
from accelsim.report.summary import SPARKS, Sparkline, print_summary, summary_lines


def line(lines: list[str], start: str) -> str:
    return " ".join(next(text for text in lines if text.strip().startswith(start)).split())


def test_every_figure_stands_beside_its_name() -> None:
    lines = summary_lines(tiny_run(), width=120)
    assert line(lines, "architecture") == "architecture tiny, file tiny.yaml, sha256 abababababab; 28nm, 0.5 V, 13 MHz"
    assert line(lines, "workload").endswith("16 samples, 160 time steps, 5,200 cycles")
    assert line(lines, "train ") == "train ▅█ 50.0 % 100.0 % 100.0 %"
    assert line(lines, "test ") == "test ▇ 75.0 % 75.0 % 75.0 %"
    assert line(lines, "idle") == "idle 2,000 62.5 % 2,000 100.0 %"
    assert line(lines, "learn") == "learn 1,200 37.5 % 0 0.0 %"
    assert line(lines, "total") == "total 3,200 100.0 % 2,000 100.0 %"
    assert line(lines, "latency, mean") == "latency, mean 76.9 us 123 us"
    assert line(lines, "power, real time") == "power, real time 12.7 uW (2.9 - 83)"
    assert line(lines, "power, accelerated") == "power, accelerated -"
    assert line(lines, "area") == "area 0.372 mm2 (0.23 - 0.68)"
    assert line(lines, "energy_per_sop_pj") == "energy_per_sop_pj 62.3 pJ (27 - 170) 5.3 pJ 11.76 outside"
    assert "engines agree event for event in time step 3; 123 million simulated cycles per CPU second" in lines
    assert "warning: 3 V is beyond the data" in lines
    assert not any("unused" in text for text in lines)


def test_names_are_no_markup_and_control_no_terminal() -> None:
    identity = {**tiny_run().about["architecture"], "name": "[red]x\x1b[2J"}
    text = "\n".join(summary_lines(tiny_run(architecture=identity)))
    assert "[red]x\\x1b[2J on toy" in text


def test_engines_that_disagree_are_told() -> None:
    lines = summary_lines(tiny_run(engines_agree=False, engines_difference="cycle 5: read weights"), width=120)
    assert any(text.startswith("engines DISAGREE: cycle 5: read weights; ") for text in lines)
    assert facts.engines_agree(tiny_run(engines_agree=None)) == "engines not compared"


def test_plain_consoles_get_plain_characters() -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    print_summary(tiny_run(), Console(file=file, width=100))
    file.flush()
    assert "=#" in file.buffer.getvalue().decode("ascii")  # type: ignore[attr-defined]


def test_long_series_are_averaged() -> None:
    spark = Sparkline([0.0] * 100 + [1.0] * 100)
    assert len(spark.shares) == SPARKS
    assert (spark.shares[0], spark.shares[-1]) == (0.0, 1.0)


def test_reasons_in_words() -> None:
    assert facts.reason(published()) == (
        "even the low end of the predicted band is 5.12 times what was published; published for: 0.5 V"
    )
    below = published(published_low=300.0, published_high=334.8)
    assert facts.reason(below).startswith("what was published is 1.79 times the high end of the predicted band; ")
    inside = published(published_low=50.0, published_high=50.0, inside=True, verified="memory")
    assert facts.reason(inside) == (
        "the published figure lies in the predicted band; published for: 0.5 V; source not checked (memory)"
    )
    overlap = published(published_low=10.0, published_high=50.0, inside=True)
    assert facts.reason(overlap).startswith("the published range overlaps the predicted band; ")
    assert facts.published(overlap) == "10 - 50 pJ"
