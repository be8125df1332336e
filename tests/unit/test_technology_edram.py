"""The cost of an embedded DRAM."""

import pytest

from accelsim.config.errors import ConfigError
from accelsim.cost.components import MemoryComponent, OperatingPoint, cost_components
from accelsim.technology.edram import edram
from accelsim.technology.node import load_technology
from accelsim.technology.sram import sram
from accelsim.technology.sram_table import sram_point

NODE_45 = load_technology("45nm")


def test_low_energy_is_the_run_and_a_write_costs_a_read_and_its_restore() -> None:
    cost = edram(8192, 32, technology=NODE_45, voltage_v=0.7)
    run = sram_point(size_bytes=32768, word_bits=32, node_nm=45, cell="lp-dram", periphery="itrs-lop")
    assert cost.warnings == ()
    assert cost.read_energy_j.low == pytest.approx(run["read_pJ"] * 1e-12, rel=1e-9, abs=1e-40)
    assert cost.write_energy_j.nominal == pytest.approx(1.2 * cost.read_energy_j.nominal, rel=1e-9, abs=1e-40)
    assert cost.area_m2.nominal == pytest.approx(run["area_mm2"] * 1e-6, rel=1e-9, abs=1e-40)


def test_refresh_reads_every_word_within_the_retention_time() -> None:
    cost = edram(65536, 32, technology=NODE_45)
    assert cost.leakage_w.nominal > 65536 * cost.read_energy_j.nominal / 100e-6


def test_it_is_denser_than_sram() -> None:
    dynamic, static = edram(65536, 64, technology=NODE_45), sram(65536, 64, technology=NODE_45)
    assert dynamic.area_m2.nominal < static.area_m2.nominal / 2


@pytest.mark.parametrize(
    ("words", "bits", "options", "warning"),
    [
        (64, 32, {}, "64 x 32 b is below the eDRAM table: priced as a macro of 1024 x 32 b"),
        (65536, 16, {}, "16 b words are below the eDRAM table: priced as 32 b words of the same capacity"),
        (65536, 32, {"banks": 4}, "4 banks are not in the eDRAM table: priced as 4 macros of 1 banks"),
        (2**20, 64, {}, "1048576 x 64 b exceeds the eDRAM table (4 MiB): extended by power laws"),
        (65536, 32, {"temperature_k": 330.0}, "the eDRAM table is at 300 K: leakage scaled to 330 K, retention not"),
        (65536, 32, {"technology": load_technology("28nm")}, "28 nm is outside the eDRAM table: scaled from 32 nm"),
    ],
)
def test_leaving_the_table_is_said(words: int, bits: int, options: dict, warning: str) -> None:
    cost = edram(words, bits, **{"technology": NODE_45, **options})
    assert cost.warnings == (warning,)
    for value in (cost.read_energy_j, cost.write_energy_j, cost.leakage_w, cost.area_m2, cost.access_time_s):
        assert 0 < value.low <= value.nominal <= value.high
        assert value.sources


def test_it_is_a_memory_of_a_chip() -> None:
    point = OperatingPoint(NODE_45, 1.0, 100e6)
    costs = cost_components([MemoryComponent("weights", 8192, 32, technology_kind="edram")], point)
    assert (
        costs.components["weights"].energy_j["read"] == edram(8192, 32, technology=NODE_45, voltage_v=1.0).read_energy_j
    )
    with pytest.raises(ConfigError, match=r"weights\.ports: an embedded DRAM has one port that reads and writes"):
        cost_components([MemoryComponent("weights", 8192, 32, 1, 1, 0, technology_kind="edram")], point)
