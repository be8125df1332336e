"""Technology files: a user's own process wherever the name of one may stand."""

from pathlib import Path

import numpy as np
import pytest

from accelsim.architecture.schema import Architecture
from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.simulation.pricing import operating_point
from accelsim.technology.logic import operation_cost
from accelsim.technology.node import describe_technology, load_technology, names
from accelsim.technology.operations import Operation
from accelsim.technology.sram import sram

OWN = """
technology: own
extends: 28nm
title: our process
supply: {low: 0.6, nominal: 0.8, high: 1.0, unit: V, source: our data sheet, verified: verified}
constants:
  capacitance_exponent: {value: 0.7, unit: "1", source: ring oscillators, verified: measured}
"""


def written(folder: Path, text: str = OWN) -> Path:
    path = folder / "own.yaml"
    path.write_text(text)
    return path


def test_a_file_changes_what_it_gives_and_keeps_the_rest(tmp_path: Path) -> None:
    own, base = load_technology(str(written(tmp_path))), load_technology("28nm")
    assert (own.name, own.title, own.supply_v.low) == ("own", "our process", 0.6)
    assert own.threshold_v == base.threshold_v.described(own.threshold_v.formula)
    assert own.energy_factor(1.0, 1.0).nominal == pytest.approx((28 / 45) ** 0.7)
    assert base.energy_factor(1.0, 1.0).nominal == pytest.approx((28 / 45) ** 0.6)
    rows = {row[0]: row for row in describe_technology(own)}
    assert rows["capacitance exponent"][5:] == ("ring oscillators", "measured")
    assert rows["supply voltage"][4:] == ("V", "our data sheet", "verified")


@pytest.mark.parametrize("name", ["own", "own.yaml", "./own.yaml"])
def test_a_file_beside_the_architecture_is_found(tmp_path: Path, name: str) -> None:
    written(tmp_path)
    chip = tmp_path / "chip.yaml"
    chip.write_text(f"architecture: chip\nextends: reckon\ntechnology: {name}\nvoltage: 0.7 V\nminimum_voltage: null\n")
    document = load_document(chip, "architecture")
    assert operating_point(validate(document, Architecture), document).technology.name == "own"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("extends: 28nm", "extends: 27nm", r"own.yaml:3:1  extends: no such file or shipped technology"),
        ("capacitance_exponent", "capacitance_exponnt", "no such constant.*did you mean `capacitance_exponent`"),
        ("unit: V", "unit: fJ", r"supply.unit: `fJ` does not measure this; expected V"),
        ('unit: "1"', "unit: furlong", "`furlong` is no unit of technology data"),
        ("low: 0.6", "low: 0.9", "0.9, 0.8, 1 are not in order"),
        ("low: 0.6", "low: 0.3", "must be above the threshold"),
        ("{value: 0.7", "{low: 0.7", "give either `value` or all of `low`, `nominal` and `high`"),
        (", source: ring oscillators", "", "constants.capacitance_exponent.source: missing"),
        ("title: our process", "node_nm: 3", "node_nm"),
    ],
)
def test_mistakes_are_told_where_they_are(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in OWN
    with pytest.raises(ConfigError, match=message):
        load_technology(str(written(tmp_path, OWN.replace(old, new))))


def test_a_missing_file_is_told() -> None:
    with pytest.raises(ConfigError, match=r"technology: there is no file `nowhere\.yaml`"):
        load_technology("nowhere.yaml")


def test_shipped_processes_span_180_to_7_nm() -> None:
    found = [load_technology(name) for name in names()]
    assert [found[0].node_nm, found[-1].node_nm] == [180, 7]
    assert all(technology.name == name for technology, name in zip(found, names(), strict=True))


@pytest.mark.parametrize("name", names())
def test_more_bits_never_cost_less_area(name: str) -> None:
    technology = load_technology(name)
    for kind in ("add", "mul", "compare", "clip", "max", "xor"):
        bits = range(2, 33)
        areas = [operation_cost(Operation(kind, (n, n), n), technology).area_m2 for n in bits]
        for end in ("low", "nominal", "high"):
            found = [getattr(area, end) for area in areas]
            assert found == sorted(found), kind


@pytest.mark.parametrize("name", names())
def test_lower_voltage_never_costs_more_energy(name: str) -> None:
    technology = load_technology(name)
    voltages = np.linspace(technology.supply_v.low, technology.supply_v.high, 9).tolist()
    adds = [operation_cost(Operation("add", (8, 8), 8), technology, voltage_v=v).energy_j for v in voltages]
    reads = [sram(1024, 32, technology=technology, voltage_v=v).read_energy_j for v in voltages]
    for energies in (adds, reads):
        for end in ("low", "nominal", "high"):
            found = [getattr(energy, end) for energy in energies]
            assert found == sorted(found)
