"""The SRAM table and the memory cost made from it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accelsim.config.errors import ConfigError
from accelsim.technology.estimate import Estimate
from accelsim.technology.memory import MemoryCost, register_file
from accelsim.technology.node import load_technology, names
from accelsim.technology.sram import sram
from accelsim.technology.sram_table import QUANTITIES, family, outside, rows, shipped, sram_point

NODE_28 = load_technology("28nm-fdsoi")
NODE_45 = load_technology("45nm")
ESTIMATES = ("read_energy_j", "write_energy_j", "leakage_w", "area_m2", "access_time_s")


def test_a_tabulated_point_is_the_run_itself() -> None:
    for row in rows()[::400]:
        (predicted,) = shipped(family(row)).predict([row])
        assert predicted == pytest.approx([float(row[name]) for name in QUANTITIES], rel=1e-6, abs=1e-40)


def test_all_runs_lie_inside_the_range_of_the_table() -> None:
    for row in rows():
        numbers = {name: float(row[name]) for name in ("size_bytes", "word_bits", "node_nm", "banks", "temp_K")}
        assert not list(outside({**row, **numbers}))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size_bytes": 8 * 2**20}, "size_bytes: 8.38861e+06 is outside the table, 256 to 4.1943e+06"),
        ({"word_bits": 512}, "word_bits: 512 is outside the table, 8 to 256"),
        ({"node_nm": 14}, "node_nm: 14 is outside the table, 22 to 90"),
        ({"temp_K": 250.0}, "temp_K: 250 is outside the table, 300 to 380"),
        ({"banks": 3}, "banks: 3 is not in the table; there are: 1, 2, 4"),
        ({"ports": "2R1W"}, "ports: 2R1W is not in the table; there are: 1RW, 1R1W"),
        ({"size_bytes": 1024, "word_bits": 256, "banks": 4}, "size_bytes: 8 words per bank, fewer than 32"),
        ({"cell": "itrs-lst"}, "cell: no runs of `itrs-lst/itrs-lst` (did you mean `itrs-lstp/itrs-lstp`?)"),
        ({"periphery": "itrs-lop", "objective": "ed2"}, "objective: ed2 is not in the table; there are: energy"),
        ({"cell": "lp-dram", "periphery": "itrs-lop", "size_bytes": 2048},
         "size_bytes: 2048 is outside the table, 4096 to 4.1943e+06"),
    ],
)  # fmt: skip
def test_the_table_refuses_to_extrapolate(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        sram_point(**({"size_bytes": 32768, "word_bits": 32, "node_nm": 45} | wrong))
    assert str(error.value) == message


def test_point_between_nodes_lies_between_them() -> None:
    area = [sram_point(size_bytes=32768, word_bits=32, node_nm=node)["area_mm2"] for node in (22, 28, 32)]
    assert area == sorted(area)
    # ODIN's published 0.68 um2 per 4-bit synapse x 65,536 synapses at 28 nm.
    assert area[1] == pytest.approx(0.0446, rel=0.05, abs=1e-40)


@pytest.mark.parametrize(("kib", "picojoules"), [(8, 10.0), (32, 20.0), (1024, 100.0)])
def test_band_comes_near_the_published_45_nm_cache_energies(kib: int, picojoules: float) -> None:
    """Horowitz, ISSCC 2014: 64-bit cache reads at 0.9 V; the table is without tags and at 1.1 V."""
    read = sram(kib * 128, 64, technology=NODE_45, voltage_v=1.1).read_energy_j
    assert 0.55 < read.nominal / (picojoules * 1e-12) < 1.3


def test_estimate_walks_back_to_its_sources() -> None:
    cost = sram(4096, 128, technology=NODE_28, voltage_v=0.5)
    assert cost.warnings == ()
    text = cost.read_energy_j.provenance()
    assert "table(28 nm, 64 KiB x 128 b, 1RW, LSTP, ed2) x (0.5 V / 0.92 V)^2" in text
    assert "CACTI 7 runs" in text


@pytest.mark.parametrize(
    ("words", "bits", "warning"),
    [(16, 8, "priced as flip-flops"), (64, 16, "a macro of 128 x 16 b"), (65536, 4, "priced as 8 b words"),
     (1024, 512, "priced as 2 parallel macros"), (2**20, 64, "extended by power laws")],
)  # fmt: skip
def test_leaving_the_table_is_said(words: int, bits: int, warning: str) -> None:
    assert warning in " ".join(sram(words, bits, technology=NODE_28).warnings)


def test_leakage_follows_the_runs_in_temperature() -> None:
    leakage = [sram(8192, 32, technology=NODE_28, temperature_k=kelvin).leakage_w for kelvin in (300, 330, 360, 380)]
    assert [value.nominal for value in leakage] == sorted(value.nominal for value in leakage)
    assert 2 < leakage[2].nominal / leakage[0].nominal < 54
    hot = sram(8192, 32, technology=NODE_28, temperature_k=395)
    assert "395 K is outside the SRAM table: leakage scaled from 380 K" in hot.warnings
    assert hot.leakage_w.nominal > leakage[-1].nominal


def test_device_classes_trade_leakage() -> None:
    cost = {
        device: sram(8192, 32, technology=NODE_45, voltage_v=1.0, device=device) for device in ("lstp", "lop", "hp")
    }
    leakage = [value.leakage_w.nominal for value in cost.values()]
    assert leakage == sorted(leakage)
    assert leakage[2] > 1000 * leakage[0]
    with pytest.raises(ConfigError, match=r"device: unknown device class `hpp` \(did you mean `hp`\?\)"):
        sram(8192, 32, technology=NODE_45, device="hpp")  # type: ignore[arg-type]


@pytest.mark.parametrize(("words", "bits"), [(1024, 32), (16384, 64), (300, 24), (2**20, 128)])
def test_area_is_known_within_20_percent(words: int, bits: int) -> None:
    for technology in (NODE_28, NODE_45):
        area = sram(words, bits, technology=technology).area_m2
        assert area.low == pytest.approx(0.8 * area.nominal, rel=1e-9, abs=1e-40)
        assert area.high == pytest.approx(1.2 * area.nominal, rel=1e-9, abs=1e-40)


def test_odd_banks_ports_and_nodes_are_said() -> None:
    assert "priced as 2 macros of 4 banks" in sram(4096, 32, technology=NODE_28, banks=8).warnings[0]
    assert "extended from 1R1W" in sram(4096, 32, technology=NODE_28, read_ports=2, write_ports=1).warnings[0]
    assert "scaled from 22 nm" in sram(4096, 32, technology=load_technology("7nm")).warnings[0]


@pytest.mark.parametrize("name", names())
def test_every_process_gives_ordered_positive_bands(name: str) -> None:
    cost = sram(2048, 64, technology=load_technology(name))
    for quantity in ESTIMATES:
        value: Estimate = getattr(cost, quantity)
        assert 0 < value.low <= value.nominal <= value.high
        assert value.sources


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 2**17), st.integers(1, 512), st.sampled_from(["22nm", "28nm-fdsoi", "45nm", "65nm"]))
def test_twice_the_bits_never_take_less_area(words: int, bits: int, name: str) -> None:
    technology = load_technology(name)
    # The table comes from a discrete optimiser: the smallest macros differ by 0.3 % against the trend.
    area = 0.99 * sram(words, bits, technology=technology).area_m2.nominal
    assert sram(2 * words, bits, technology=technology).area_m2.nominal >= area
    assert sram(words, 2 * bits, technology=technology).area_m2.nominal >= area


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 65536), st.integers(1, 300), st.floats(0.5, 1.05))
def test_lower_voltage_never_costs_more_energy_or_leakage(words: int, bits: int, voltage: float) -> None:
    low, high = (sram(words, bits, technology=NODE_28, voltage_v=volts) for volts in (voltage, voltage + 0.05))
    for quantity in ("read_energy_j", "write_energy_j", "leakage_w"):
        assert getattr(low, quantity).nominal <= getattr(high, quantity).nominal
    assert low.access_time_s.nominal >= high.access_time_s.nominal


def test_measured_leakage_replaces_the_model() -> None:
    per_bit = Estimate.exact(20e-12)
    cost = sram(1024, 32, technology=NODE_28, leakage_w_per_bit=per_bit)
    assert cost.leakage_w.nominal == pytest.approx(20e-12 * 32768, rel=1e-9, abs=1e-40)


def test_more_ports_cost_more() -> None:
    single = sram(1024, 32, technology=NODE_28)
    double = sram(1024, 32, technology=NODE_28, read_ports=1, write_ports=1, readwrite_ports=0)
    triple = sram(1024, 32, technology=NODE_28, read_ports=2, write_ports=1, readwrite_ports=0)
    assert single.area_m2.nominal < double.area_m2.nominal < triple.area_m2.nominal


def test_impossible_memories_are_refused_with_every_problem() -> None:
    with pytest.raises(ConfigError) as error:
        sram(0, -1, technology=NODE_28)
    assert str(error.value) == "bits: -1 is not > 0\nwords: 0 is not > 0"
    with pytest.raises(ConfigError, match="ports: 0 is not > 0"):
        sram(16, 16, technology=NODE_28, readwrite_ports=0)
    with pytest.raises(ConfigError, match=r"voltage: 0\.3 V is outside"):
        sram(1024, 32, technology=NODE_28, voltage_v=0.3)


def test_register_file_matches_its_synthesis() -> None:
    """NanGate45, 16 x 16 b and 32 x 32 b, one write and two read ports."""
    for words, bits, square_um in ((16, 16, 2476), (32, 32, 9968)):
        cost: MemoryCost = register_file(
            words, bits, technology=NODE_45, voltage_v=1.1, read_ports=2, write_ports=1, readwrite_ports=0
        )
        assert cost.area_m2.high == pytest.approx(square_um * 1e-12, rel=0.05, abs=1e-40)
