"""Costs of non-volatile memories against the sources and against an SRAM of the same capacity."""

import pytest

from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.cost.components import MemoryComponent, OperatingPoint, cost_components
from accelsim.simulation.setup import prepare
from accelsim.technology.memory_technology import load_memory_technology
from accelsim.technology.node import load_technology
from accelsim.technology.nvm import cell_array
from accelsim.technology.sram import sram

NODE_28, NODE_40 = load_technology("28nm"), load_technology("40nm")
WORDS, BITS = 8192, 32
CELLS = ("rram", "pcm", "stt-mram", "sot-mram", "fefet", "feram", "flash")


def priced(name, words=WORDS, bits=BITS, technology=NODE_28, **options):
    return cell_array(load_memory_technology(name), words, bits, technology=technology, **options)


def test_the_figures_of_a_foundry_macro():
    """CHIMERA: 8 pJ per byte at 40 nm, cells of 53 F2."""
    cost = priced("rram", bits=8, technology=NODE_40)
    assert cost.read_energy_j.nominal == pytest.approx(8e-12)
    assert cost.area_m2.nominal * 0.5 == pytest.approx(53 * 40e-9**2 * WORDS * 8)
    assert cost.access_time_s.nominal == pytest.approx(9.8e-9)
    assert cost.warnings == ()


def test_rram_beside_sram():
    """32 KiB at 28 nm."""
    cells, static = priced("rram"), sram(WORDS, BITS, technology=NODE_28)
    assert cells.area_m2.nominal < 0.6 * static.area_m2.nominal
    assert cells.leakage_w.nominal < 0.2 * static.leakage_w.nominal
    assert cells.access_time_s.nominal > 2 * static.access_time_s.nominal
    assert cells.write_energy_j.low > static.write_energy_j.high
    assert cells.write_energy_j.nominal == pytest.approx(320e-12)


@pytest.mark.parametrize("name", CELLS)
def test_writes_against_reads(name):
    """A write costs more than a read, but where a field or a small current switches the cell."""
    cost = priced(name)
    switched_cheaply = {"fefet", "sot-mram", "feram"}
    assert (cost.write_energy_j.nominal > cost.read_energy_j.nominal) == (name not in switched_cheaply)


def test_a_write_does_not_depend_on_the_logic_supply():
    low, high = (priced("rram", voltage_v=voltage) for voltage in (0.6, 0.9))
    assert low.write_energy_j == high.write_energy_j
    assert "does not scale with the logic supply" in low.write_energy_j.formula
    assert low.read_energy_j.nominal == pytest.approx(high.read_energy_j.nominal * (0.6 / 0.9) ** 2)


def test_capacity_and_bits_per_cell():
    one, two, double = priced("rram"), priced("rram", bits_per_cell=2), priced("rram", words=2 * WORDS)
    assert double.area_m2.nominal == pytest.approx(2 * one.area_m2.nominal)
    assert two.area_m2.nominal == pytest.approx(one.area_m2.nominal / 2)
    assert two.access_time_s.nominal == pytest.approx(2 * one.access_time_s.nominal)
    assert two.write_energy_j.nominal == one.write_energy_j.nominal
    assert two.warnings == ()
    assert "more than usual" in priced("rram", bits_per_cell=3).warnings[0]
    assert priced("rram", bits=31, bits_per_cell=2).area_m2 == priced("rram", bits_per_cell=2).area_m2.described(
        priced("rram", bits=31, bits_per_cell=2).area_m2.formula
    )


@pytest.mark.parametrize(
    ("name", "node", "message"),
    [
        ("rram", "7nm", "7 nm is outside 22 to 130 nm"),
        ("rram", "180nm", "180 nm is outside 22 to 130 nm"),
        ("rram", "22nm", None),
        ("rram", "130nm", None),
        ("feram", "28nm", "28 nm is outside 90 to 350 nm"),
    ],
)
def test_nodes_without_sources_are_told(name, node, message):
    own = [text for text in priced(name, technology=load_technology(node)).warnings if "behind the figures" in text]
    assert [message in text for text in own] == ([True] if message else [])


def test_flash_says_that_erasing_is_not_counted():
    assert any("erasing is not counted" in text and "1.25 ms" in text for text in priced("flash").warnings)


def test_a_memory_of_a_chip():
    point = OperatingPoint(NODE_28, 0.9, 1e8)
    parts = [MemoryComponent("w", WORDS, BITS, technology_kind="rram", instances=3)]
    cost = cost_components(parts, point).components["w"]
    assert cost.energy_j["write"] == priced("rram", voltage_v=0.9).write_energy_j
    assert cost.area_m2.nominal == pytest.approx(3 * priced("rram").area_m2.nominal)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["wrec.kind=rram", "wrec.ports=1R1W"], "core.memories.wrec.ports: a memory of rram has one port that reads"),
        (["wrec.kind=stt-mram", "wrec.bits_per_cell=2"], "bits_per_cell: a cell of stt-mram has at most 2 levels"),
        (["wrec.bits_per_cell=2"], "core.memories.wrec.bits_per_cell: a cell of sram holds one bit"),
    ],
)
def test_mistakes_are_told_at_their_place(settings, message):
    overrides = [f"core.memories.{setting}" for setting in settings]
    chip = load_document("single_core", "architecture", overrides=overrides)
    with pytest.raises(ConfigError, match=message):
        prepare(chip, load_document("cue_accumulation", "workload"), 0)
