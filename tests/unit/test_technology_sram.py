"""The SRAM table and the memory cost made from it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accelsim.config.errors import ConfigError
from accelsim.technology.estimate import Estimate
from accelsim.technology.memory import MemoryCost, register_file
from accelsim.technology.node import load_technology, names
from accelsim.technology.sram import sram
from accelsim.technology.sram_table import QUANTITIES, SramTable, rows, shipped, sram_point

NODE_28 = load_technology("28nm-fdsoi")
NODE_45 = load_technology("45nm")
ESTIMATES = ("read_energy_j", "write_energy_j", "leakage_w", "area_m2", "access_time_s")


@pytest.fixture(scope="module")
def withheld() -> tuple[list[dict[str, str]], np.ndarray]:
    """A tenth of the SRAM runs, withheld, and the relative error of predicting them from the rest."""
    runs = [row for row in rows() if row["cell"] != "lp-dram"]
    hidden = np.random.default_rng(7).random(len(runs)) < 0.1
    table = SramTable([row for row, skip in zip(runs, hidden, strict=True) if not skip])
    tests = [row for row, skip in zip(runs, hidden, strict=True) if skip]
    truth = np.array([[float(row[name]) for name in QUANTITIES] for row in tests])
    found = np.array([list(table.predict(row).values()) for row in tests])
    return tests, np.abs(found / truth - 1)


@pytest.mark.parametrize(
    ("quantity", "median", "ninetieth"),
    [
        ("read_pJ", 0.10, 0.25),
        ("write_pJ", 0.12, 0.30),
        ("leak_mW_total", 0.10, 0.25),
        ("area_mm2", 0.10, 0.25),
    ],
)
def test_withheld_runs_are_predicted(
    withheld: tuple[list[dict[str, str]], np.ndarray], quantity: str, median: float, ninetieth: float
) -> None:
    error = withheld[1][:, QUANTITIES.index(quantity)]
    assert np.median(error) < median
    assert np.quantile(error, 0.9) < ninetieth


def test_withheld_access_times_are_predicted_under_ed2(
    withheld: tuple[list[dict[str, str]], np.ndarray],
) -> None:
    tests, errors = withheld
    chosen = [row["objective"] == "ed2" for row in tests]
    assert np.median(errors[chosen, QUANTITIES.index("access_ns")]) < 0.15


def test_a_tabulated_point_is_the_run_itself() -> None:
    for row in rows()[::400]:
        predicted = shipped().predict(row)
        for name in QUANTITIES:
            assert predicted[name] == pytest.approx(float(row[name]), rel=1e-4, abs=1e-40)


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
