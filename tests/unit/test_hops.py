"""Hops of chips of many cores: given energies stay, others follow from routers and links."""

from __future__ import annotations

import pytest

from accelsim.architecture.many_core import ManyCore
from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.cost.explain import well_founded
from accelsim.simulation.explained import explain_figure, figures_of
from accelsim.simulation.hops import DIRECTIONS, hop_energies, hop_process, unpriced
from accelsim.simulation.run import simulate


def hops(name, *overrides):
    document = load_document(name, "architecture", overrides=overrides)
    chip = validate(document, ManyCore)
    process = hop_process(chip, document)
    return hop_energies(chip, process), unpriced(chip, process)


def test_given_energies_stay_as_they_are():
    found, warnings = hops("loihi", "technology=14nm")
    assert [found[way].nominal for way in DIRECTIONS] == [3.0e-12, 3.0e-12, 4.2e-12, 4.2e-12]
    assert all(found[way].low == found[way].high for way in DIRECTIONS)
    assert not warnings


def test_a_hop_without_an_energy_is_a_router_and_a_link():
    found, warnings = hops("mesh_derived_hops")
    assert not warnings
    for energy in found.values():
        assert energy.low < energy.nominal < energy.high
        assert well_founded(energy)
        assert len(energy.sources) > 5


def test_one_direction_may_be_given():
    found, _ = hops("mesh_derived_hops", "hop.east.energy=2 pJ")
    assert found["east"].nominal == 2e-12
    assert found["east"] != found["west"] == found["north"]


@pytest.mark.parametrize(
    "more",
    ["interconnect.router.flit_bits=64", "interconnect.router.buffer_flits=32", "interconnect.cores_per_router=4",
     "area=60 mm2", "voltage=0.8 V", "technology=28nm"],
)  # fmt: skip
def test_larger_routers_longer_links_and_higher_supplies_cost_more(more):
    base = hops("mesh_derived_hops")[0]["east"]
    assert hops("mesh_derived_hops", more)[0]["east"].nominal > base.nominal


@pytest.mark.parametrize(
    ("setting", "why"),
    [("area=null", "`area` missing"), ("voltage=null", "`voltage` missing"), ("technology=a fine one", "names none")],
)
def test_what_cannot_be_derived_is_told(setting, why):
    found, (warning,) = hops("mesh_derived_hops", setting)
    assert found["east"].high == 0
    assert why in warning


def test_a_technology_file_beside_the_chip(tmp_path):
    (tmp_path / "own.yaml").write_text(
        "technology: own\nextends: 14nm\ntitle: ours\nconstants:\n"
        '  link_activity: {value: 0, unit: "1", source: ours, verified: measured}\n'
    )
    (tmp_path / "chip.yaml").write_text("architecture: chip\nextends: mesh_derived_hops.yaml\ntechnology: own.yaml\n")
    document = load_document(tmp_path / "chip.yaml", "architecture")
    chip = validate(document, ManyCore)
    own = hop_energies(chip, hop_process(chip, document))["east"]
    assert own.nominal < hops("mesh_derived_hops")[0]["east"].nominal
    (tmp_path / "own.yaml").unlink()
    with pytest.raises(ConfigError, match=r"there is no file `own\.yaml`"):
        hop_process(chip, document)


def test_the_process_must_cover_the_supply():
    with pytest.raises(ConfigError, match="3 V is outside"):
        simulate(load_document("mesh_derived_hops", "architecture", overrides=["voltage=3 V"]), workload())


def workload():
    return load_document("recurrent_1k", "workload", overrides=["steps=2"])


def test_a_run_charges_and_explains_them(tmp_path):
    result = simulate(load_document("mesh_derived_hops", "architecture"), workload())
    rows = {row["action"]: row for row in result.tables["energy"] if row["component"] == "network"}
    each = hops("mesh_derived_hops")[0]["east"]
    east = rows["hop_east"]
    assert east["energy_pj"] == pytest.approx(east["count"] * each.nominal * 1e12)
    assert result.energy_total_pj_low < result.energy_total_pj < result.energy_total_pj_high
    result.save(tmp_path / "run")
    known = figures_of(tmp_path / "run")
    assert known["energy_total_pj"].nominal * 1e12 == pytest.approx(result.energy_total_pj)
    told = "\n".join(explain_figure("energy.network.hop_east", known))
    assert "area of the chip" in told
    assert "crossbar bit" in told
