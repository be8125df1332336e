"""Replay of the CACTI runs: what the memory table says of runs that it has not seen."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
from pathlib import Path

import numpy as np
import pytest

from accelsim.config.errors import ConfigError
from accelsim.technology.sram_table import QUANTITIES, rows
from accelsim.validation import validate_folder
from accelsim.validation.sram_table import LIMITS, predict_unseen

FOLDER = Path(__file__).parent / "energy"


@pytest.fixture(scope="module")
def reports():
    return {report.name: report for report in validate_folder(FOLDER)}


def test_every_slice_is_replayed(reports):
    runs = [row["slice"] for row in rows()]
    assert list(reports) == ["all", *sorted(set(runs))]
    assert reports["all"].checks[0].values == len(runs)
    for report in reports.values():
        assert report.passed, report.line()


def test_what_was_seen_is_said(reports):
    assert "0 runs new to the shipped table, 4054 withheld from it by fifths" in reports["all"].line()
    assert "the shipped table itself reproduces its runs within" in reports["all"].line()


@pytest.mark.parametrize("seed", [11, 12])
def test_a_random_fifth_is_predicted_from_the_rest(seed):
    """As a set of new runs would be: from a table that holds none of them."""
    hidden = np.random.default_rng(seed).random(len(rows())) < 0.2
    table = [row for row, skip in zip(rows(), hidden, strict=True) if not skip]
    tests = [row for row, skip in zip(rows(), hidden, strict=True) if skip]
    truth = np.array([[float(row[name]) for name in QUANTITIES] for row in tests])
    errors = np.abs(predict_unseen(tests, table) / truth - 1)
    for quantity, limit in LIMITS.items():
        error = errors[[limit.only(row) for row in tests], QUANTITIES.index(quantity)]
        assert np.median(error) < limit.median
        assert limit.ninetieth is None or np.quantile(error, 0.9) < limit.ninetieth


@pytest.fixture
def copy(tmp_path):
    """A folder with some of the runs, which a test may change."""

    def make(change):
        with gzip.open(FOLDER / "cacti_sram.csv.gz", "rt") as file:
            runs = list(csv.DictReader(file))[::40]
        change(runs)
        text = io.StringIO()
        writer = csv.DictWriter(text, list(runs[0]))
        writer.writeheader()
        writer.writerows(runs)
        shutil.copy(FOLDER / "golden.yaml", tmp_path)
        (tmp_path / "cacti_sram.csv.gz").write_bytes(gzip.compress(text.getvalue().encode()))
        return tmp_path

    return make


def test_wrong_energies_are_found(copy):
    def change(runs):
        for run in runs:
            run["read_pJ"] = str(2 * float(run["read_pJ"]))

    (report,) = validate_folder(copy(change), pattern="all")
    assert not report.passed
    assert "read energy" in report.line()
    assert [check.what for check in report.checks if check.mismatches] == ["read energy"]


def test_new_runs_are_predicted_by_the_whole_table(copy):
    def change(runs):
        for run in runs:
            run["size_bytes"] = str(int(float(run["size_bytes"]) * 1.01) if int(run["size_bytes"]) < 4e6 else 4e6)

    (report,) = validate_folder(copy(change), pattern="all")
    assert report.passed, report.line()
    assert "102 runs new to the shipped table, 0 withheld" in report.line()


def test_bad_rows_are_named(copy):
    def change(runs):
        runs[0]["read_pJ"] = "much"
        runs[1]["node_nm"] = "16"
        runs[2]["area_mm2"] = "-1"

    with pytest.raises(ConfigError) as error:
        list(validate_folder(copy(change)))
    lines = [line.split("cacti_sram.csv.gz")[1] for line in str(error.value).splitlines()]
    assert lines == [
        ":2  read_pJ: `much` is no number",
        ":3  node_nm: 16 is outside the table, 22 to 90",
        ":4  area_mm2: -1 is not > 0 and finite",
    ]


def test_missing_columns_are_named(copy):
    def change(runs):
        for run in runs:
            del run["leak_mW_total"]

    with pytest.raises(ConfigError, match="leak_mW_total: no such column"):
        list(validate_folder(copy(change)))
