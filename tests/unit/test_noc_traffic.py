"""Synthetic traffic, and latency-throughput curves of networks on chip."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from accelsim.config.errors import ConfigError
from accelsim.engine.noc.config import NocConfig
from accelsim.engine.noc.curve import ZERO_LOAD, Bench, Windows, find_saturation, measure_curve
from accelsim.engine.noc.traffic import CHUNK_CYCLES, HOTSPOT_WEIGHT, PATTERNS, Pattern, bernoulli
from accelsim.validation import noc_curves
from accelsim.validation.runner import Folder, Golden, validate_folder

MESH = NocConfig(4, 4)
GOLDEN = Path(__file__).parents[1] / "golden" / "noc"


def fixed(name, config):
    """Destinations of one packet from every core."""
    return Pattern(config, name).destinations(np.arange(config.cores), np.random.default_rng(0)).tolist()


def test_permutations_of_four_by_four():
    assert fixed("transpose", MESH) == [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15]
    assert fixed("bit-complement", MESH) == [15 - n for n in range(16)]
    assert fixed("neighbour", MESH) == [5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12, 1, 2, 3, 0]
    assert fixed("tornado", MESH) == fixed("neighbour", MESH)


def test_tornado_goes_almost_half_way_round():
    assert fixed("tornado", NocConfig(8, 1)) == [3, 4, 5, 6, 7, 0, 1, 2]
    assert fixed("tornado", NocConfig(5, 1)) == [2, 3, 4, 0, 1]


@pytest.mark.parametrize("name", ["transpose", "bit-complement", "tornado", "neighbour"])
@pytest.mark.parametrize("order", ["row", "column"])
def test_permutations_keep_the_terminal_and_do_not_depend_on_numbering(name, order):
    config = NocConfig(4, 4, terminals=3, order=order)
    goals = np.array(fixed(name, config))
    assert sorted(goals) == list(range(config.cores))
    assert (goals % 3).tolist() == (np.arange(config.cores) % 3).tolist()
    x, y = config.positions(goals)
    plain_x, plain_y = MESH.positions(fixed(name, MESH))
    home_x, home_y = config.positions(np.arange(config.cores))
    assert x.tolist() == plain_x[home_x + 4 * home_y].tolist()
    assert y.tolist() == plain_y[home_x + 4 * home_y].tolist()


def test_hotspot_prefers_the_middle():
    packets = bernoulli(Pattern(MESH, "hotspot"), 1.0, 1, 4000, 3)
    counts = np.bincount(packets.dst, minlength=16)
    middle = [5, 6, 9, 10]
    share = HOTSPOT_WEIGHT / (4 * HOTSPOT_WEIGHT + 12)
    expected = np.where(np.isin(np.arange(16), middle), share, share / HOTSPOT_WEIGHT) * len(packets)
    assert np.all(np.abs(counts - expected) < 5 * np.sqrt(expected))


def test_an_odd_network_has_one_middle():
    packets = bernoulli(Pattern(NocConfig(3, 3), "hotspot"), 1.0, 1, 2000, 3)
    assert np.argmax(np.bincount(packets.dst)) == 4


def test_uniform_reaches_all_the_own_core_included():
    packets = bernoulli(Pattern(MESH, "uniform"), 0.5, 1, 4000, 1)
    pairs = np.zeros((16, 16), int)
    np.add.at(pairs, (packets.src, packets.dst), 1)
    assert pairs.min() > 60
    assert pairs.max() < 200


def test_rate_and_size():
    packets = bernoulli(Pattern(MESH, "uniform"), 0.4, 4, 5000, 1)
    expected = 0.1 * 16 * 5000
    assert abs(len(packets) - expected) < 5 * np.sqrt(expected)
    assert set(packets.size.tolist()) == {4}
    assert np.all(np.diff(packets.t_create * 16 + packets.src) > 0)


def test_traffic_is_the_same_again_and_can_be_prolonged():
    pattern = Pattern(MESH, "uniform")
    first = bernoulli(pattern, 0.2, 1, CHUNK_CYCLES + 100, 7)
    longer = bernoulli(pattern, 0.2, 1, 3 * CHUNK_CYCLES, 7)
    assert first.t_create.max() == CHUNK_CYCLES + 99
    for name in ("src", "dst", "size", "t_create"):
        assert np.array_equal(getattr(first, name), getattr(longer, name)[: len(first)])
    other = bernoulli(pattern, 0.2, 1, CHUNK_CYCLES + 100, 8)
    assert other.src.tolist() != first.src.tolist()


def test_patterns_that_are_impossible():
    with pytest.raises(ConfigError, match="`swirl` is no pattern"):
        Pattern(MESH, "swirl")
    with pytest.raises(ConfigError, match="needs a square network, not 4 x 2 routers"):
        Pattern(NocConfig(4, 2), "transpose")
    assert set(PATTERNS) == {"uniform", "transpose", "bit-complement", "tornado", "neighbour", "hotspot"}


def test_latency_without_contention_is_the_formula():
    # All packets of the pattern go 1 x and 1 y on a torus, and never meet at so low a load.
    config = NocConfig(4, 4, torus=True, vcs=2)
    point = Bench(config, Pattern(config, "neighbour"), windows=Windows(100, 2000, 500)).measure(0.002)
    assert point.completed
    assert point.latency == point.p50 == point.maximum == config.latency(1, 1)
    assert point.routers == 3
    assert point.latency_sem == 0.0


def test_loads_are_counted_in_the_window():
    point = Bench(MESH, Pattern(MESH, "uniform"), size=2, windows=Windows(500, 2000, 1000)).measure(0.15)
    assert point.injected == pytest.approx(0.15, rel=0.03)
    assert point.accepted == pytest.approx(0.15, rel=0.03)
    assert point.latency > point.network_latency > 10
    assert point.p50 < point.latency * 1.1 < point.p95 < point.p99 <= point.maximum


def test_a_point_does_not_depend_on_how_far_traffic_goes_on():
    bench = Bench(MESH, Pattern(MESH, "uniform"), windows=Windows(200, 1000, 600))
    longer = Bench(MESH, Pattern(MESH, "uniform"), windows=Windows(200, 1000, 4000))
    assert bench.measure(0.2) == longer.measure(0.2)


def test_overload_does_not_drain():
    point = Bench(MESH, Pattern(MESH, "uniform"), windows=Windows(200, 1000, 100)).measure(0.9)
    assert not point.completed
    assert point.accepted < 0.35
    assert point.maximum < 1300


def test_saturation_of_one_fifo_is_a_third():
    # One virtual channel passes a packet of one flit every three cycles: routing, channel, crossbar.
    bench = Bench(MESH, Pattern(MESH, "neighbour"), windows=Windows(500, 2000, 2000))
    zero = bench.measure(ZERO_LOAD)
    found = find_saturation(bench, zero.latency)
    assert found.load == pytest.approx(1 / 3, rel=0.03)
    assert found.uncertainty <= 0.01 * found.load
    assert found.points[0].kind == "over"


def test_a_network_that_takes_everything():
    config = NocConfig(2, 2, vcs=4)
    bench = Bench(config, Pattern(config, "neighbour"), windows=Windows(200, 500, 1000))
    found = find_saturation(bench, bench.measure(ZERO_LOAD).latency)
    assert (found.load, found.uncertainty) == (1.0, None)


def test_curve_has_the_loads_that_were_asked_for():
    bench = Bench(NocConfig(2, 2), Pattern(NocConfig(2, 2), "uniform"), windows=Windows(100, 500, 500))
    told = []
    curve = measure_curve(bench, [0.1, 0.2], lambda: told.append(1))
    assert [point.offered for point in curve.points if point.kind == "grid"] == [0.1, 0.2]
    assert [point.offered for point in curve.points] == sorted(point.offered for point in curve.points)
    assert len(told) == len(curve.points)


def golden_curves():
    return noc_curves.read_curves(GOLDEN)


def test_curves_of_the_data_are_read():
    curves = golden_curves()
    with gzip.open(GOLDEN / "curves.csv.gz", "rt") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] in ("zero", "grid") and row["completed"] == "1"]
    assert sum(len(curve.points) for curve in curves) == len(rows)
    assert {curve.key.config for curve in curves} == {"A", "B", "C", "E", "G", "H"}
    assert [case.name for case in noc_curves.cases(Folder(GOLDEN, Golden(kind="noc-packets")))] == [
        f"curves-{letter}" for letter in "ABCEGH"
    ]


@pytest.mark.parametrize("config", ["A", "B", "C", "G", "H"])
def test_a_curve_agrees_with_the_data(config):
    key = noc_curves.Key("mesh", 8, "uniform", 1, config)
    (curve,) = [curve for curve in golden_curves() if curve.key == key]
    for point in (curve.points[0], curve.points[-1]):
        found = curve.bench(point.windows).measure(point.load)
        assert found.latency == pytest.approx(point.latency, abs=point.tolerance)


def test_curves_that_are_not_modelled_are_skipped():
    curves = [curve for curve in golden_curves() if curve.key.config == "A"][:1]
    assert "adaptive" in noc_curves._run("D", curves, "compiled").skipped
    assert "compiled engine only" in noc_curves._run("A", curves, "simpy").skipped


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("lat_mean", "soon", "curves.csv.gz:2:1  lat_mean: `soon` is no number"),
        ("topology", "ring", "curves.csv.gz:2:1  topology: `ring` is neither mesh nor torus"),
        ("warmup", "", "curves.csv.gz:2:1  warmup: missing"),
    ],
)
def test_broken_curves_are_located(tmp_path, column, value, message):
    with gzip.open(GOLDEN / "curves.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    with gzip.open(tmp_path / "curves.csv.gz", "wt") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerow(rows[0] | {column: value})
    with pytest.raises(ConfigError) as raised:
        noc_curves.read_curves(tmp_path)
    assert str(raised.value).endswith(message)


@pytest.mark.slow
@pytest.mark.parametrize("config", list(noc_curves.CONFIGURATIONS))
def test_all_curves_agree_with_the_data(config):
    (report,) = validate_folder(GOLDEN, pattern=f"curves-{config}")
    assert report.passed, report.line()
