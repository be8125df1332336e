"""Synthesised datapaths against the cost model, and where the operators' power laws come from."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from accelsim.config.errors import ConfigError
from accelsim.technology.constants import data_file
from accelsim.validation import validate_folder

FOLDER = Path(__file__).parent / "logic"
ROWS = {
    row["op"]: row
    for row in csv.DictReader((FOLDER / "logic_gate_level.csv").open())
    if row["library"].startswith("NanGate45")
}
REPORTS = {report.name: report for report in validate_folder(FOLDER)}
COMPOSITE = {"lif8", "lif16", "lifm16", "sdsp", "stdp8", "eprop", "srupd", "metap"}


@pytest.mark.parametrize("name", REPORTS)
def test_block(name: str) -> None:
    report = REPORTS[name]
    assert report.passed, report.line()


def test_every_datapath_is_compared() -> None:
    """All rows but storage, crossbar and arbiter."""
    assert set(ROWS) - set(REPORTS) == {
        "arb_N8", "arb_N32", "fifo_W16_D8_L3", "fifo_W32_D16_L4", "fifo_W32_D4_L2",
        "regen_W8", "regen_W32", "rf_W16_D16_L4", "rf_W32_D32_L5", "xbar5_W32",
    }  # fmt: skip
    assert {name for name, report in REPORTS.items() if report.engine == "predicted"} == COMPOSITE


OPERATORS = {
    "add": ("add_W{}", (4, 8, 12, 16, 24, 32), lambda bits: bits),
    "multiply": ("mul_W{}", (4, 8, 16, 24, 32), lambda bits: bits**2),
    "shift": ("shl_W{}", ("8_S3", "16_S4", "32_S5"), lambda text: np.prod([float(x) for x in text.split("_S")])),
    "compare": ("cmp_W{}", (8, 16, 32), lambda bits: bits),
    "multiplex": ("mux2_W{}", (8, 32), lambda bits: bits),
    "register": ("regp_W{}", (8, 32), lambda bits: bits),
    "lfsr": ("lfsr_W{}", (8, 16, 32), lambda bits: bits),
    "float_add": ("fpadd_E{}", ("5_M10", "8_M23"), {"5_M10": 16, "8_M23": 32}.get),
    "float_multiply": ("fpmul{}", (16, 32), lambda bits: bits),
}


def fitted(sizes: list[float], values: list[float], at: float) -> tuple[float, float]:
    exponent, offset = np.polyfit(np.log(np.array(sizes) / at), np.log(values), 1)
    return float(np.exp(offset)), float(exponent)


@pytest.mark.parametrize("operator", OPERATORS)
def test_power_laws_are_fits_of_single_operators(operator: str) -> None:
    pattern, widths, size_of = OPERATORS[operator]
    assert_fit(operator, [ROWS[pattern.format(width)] for width in widths], [size_of(width) for width in widths])


def assert_fit(operator: str, rows: list[dict[str, str]], sizes: list[float]) -> None:
    quantities: dict[str, Callable[[dict[str, str]], float]] = {
        "energy": lambda row: float(row["E_low_fJ"]),
        "area": lambda row: float(row["area_um2"]),
        "glitch": lambda row: float(row["E_high_fJ"]) / float(row["E_low_fJ"]),
    }
    for quantity, read in quantities.items():
        at, value, exponent = data_file("operators.yaml")["operators"][operator][quantity]
        fit = fitted(sizes, [read(row) for row in rows], at)
        assert fit == pytest.approx((value, exponent), rel=0.01, abs=0.006), quantity


def test_saturation_is_what_a_saturating_adder_costs_more() -> None:
    for quantity, column in (("energy", "E_low_fJ"), ("area", "area_um2")):
        at, value, exponent = data_file("operators.yaml")["operators"]["saturate"][quantity]
        more = [float(ROWS[f"satadd_W{bits}"][column]) - float(ROWS[f"add_W{bits}"][column]) for bits in (8, 16)]
        assert fitted([8, 16], more, at) == pytest.approx((value, exponent), rel=0.01)


@pytest.fixture
def copy(tmp_path: Path) -> Callable[[str, str], Path]:
    """A folder with two blocks, in which a text was replaced."""

    def make(old: str, new: str) -> Path:
        lines = (FOLDER / "logic_gate_level.csv").read_text().splitlines()
        kept = [lines[0], *(line for line in lines if line.startswith(('add_W8,"Nan', 'mul_W8,"Nan')))]
        assert old in "\n".join(kept)
        (tmp_path / "logic_gate_level.csv").write_text("\n".join(kept).replace(old, new) + "\n")
        (tmp_path / "golden.yaml").write_text((FOLDER / "golden.yaml").read_text())
        return tmp_path

    return make


def test_what_is_missed_is_told(copy: Callable[[str, str], Path]) -> None:
    reports = {report.name: report for report in validate_folder(copy("90.6,106.2", "900,1000"))}
    assert not reports["add_W8"].passed
    assert "energy 0.10 times, limit 1.6" in reports["add_W8"].line()
    assert reports["mul_W8"].passed
    reports = {report.name: report for report in validate_folder(copy(",44.954,", ",4495.4,"))}
    assert "area add_W8 and mul_W8" in reports["order"].line()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("E_low_fJ", "E_fJ", "E_low_fJ: no such column"),
        ("90.6,106.2", "90.6,wrong", "could not convert string to float: 'wrong'"),
        ("90.6,106.2", "-90.6,106.2", "must be positive"),
    ],
)
def test_a_malformed_table_is_told(copy: Callable[[str, str], Path], old: str, new: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        list(validate_folder(copy(old, new)))
    assert told in str(error.value)
    assert "logic_gate_level.csv:2" in str(error.value)
