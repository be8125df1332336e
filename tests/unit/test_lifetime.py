"""How long cells last: the law, the distribution of their endurance, wear levelling, and writes counted in a run."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from accelsim.config.loader import load_document
from accelsim.cost.explain import explanation, well_founded
from accelsim.cost.histogram import Histogram
from accelsim.cost.lifetime import Endurance, failed_share, lifetime_s, lifetimes, periods_until, weakest_of
from accelsim.simulation.explained import reported
from accelsim.simulation.result import Result
from accelsim.simulation.run import simulate
from accelsim.technology.estimate import Estimate, Source

DAY = 86400.0
ENDURANCE = Endurance(
    Estimate(1e5, 1e6, 1e7, (Source("a survey", "verified"),), "endurance", "1"),
    Estimate(0.5, 0.75, 1.0, (Source("a textbook", "memory"),), "spread", "decade"),
)


def exact(sigma: float) -> Endurance:
    return Endurance(Estimate.exact(1e6), Estimate.exact(sigma))


def skewed() -> Histogram:
    """Nine hundred cells written once, a hundred of them a thousand times."""
    return Histogram.of(np.repeat([1, 1000], [900, 100]))


def test_the_worked_case() -> None:
    """20 samples a minute, one write per cell and sample, 1e6 writes of endurance; then 283 times fewer writes."""
    assert lifetime_s(1e6, 1.0, 20 / 60, 1.0, 1.0) / DAY == pytest.approx(34.7, abs=0.05)
    assert lifetime_s(1e6, 1.0, 20 / 60, 1.0, 1 / 283) / DAY / 365.25 == pytest.approx(26.9, abs=0.05)


def test_cells_alike_follow_the_law() -> None:
    """Half of the cells have failed when the mean is used up, and any spread moves the tails only."""
    minute = Histogram.even(20 * 500, 500)
    law = lifetime_s(1e6, 1.0, 20 / 60, 1.0, 1.0)
    assert failed_share(minute, 0.5, law / 60 / 1e6) == pytest.approx(0.5)
    alike = lifetimes(minute, 60.0, exact(1e-6))
    for time in (alike.first_failure_s, *alike.failed_s.values()):
        assert time is not None
        assert time.nominal == pytest.approx(law, rel=1e-4)


@pytest.mark.parametrize("sigma", [0.2, 0.75, 1.0])
@pytest.mark.parametrize("share", [0.001, 0.01, 0.2])
def test_the_time_until_a_share_has_failed_is_the_root(sigma: float, share: float) -> None:
    rng = np.random.default_rng(1)
    writes = rng.pareto(1.5, 3000).astype(int)
    periods = periods_until(Histogram.of(writes), sigma, share=share)
    assert periods is not None
    drawn = [NormalDist().cdf(math.log10(h * periods) / sigma) if h else 0.0 for h in writes]
    assert np.mean(drawn) == pytest.approx(share, rel=1e-6)


def test_shares_that_are_never_written_never_fail() -> None:
    writes = np.zeros(1000, int)
    writes[:5] = 7
    life = lifetimes(Histogram.of(writes), 1.0, exact(0.5))
    assert life.failed_s["01pct"] is not None
    assert life.failed_s["1pct"] is None
    assert lifetimes(Histogram.of(np.zeros(9)), 1.0, exact(0.5)).first_failure_s is None


@pytest.mark.parametrize("cells", [1, 2, 1000, 10**9])
def test_the_weakest_cell_is_the_median_of_minima(cells: int) -> None:
    """With that endurance the chance that no cell is weaker is one half."""
    weakest = weakest_of(cells, 0.75)
    none_weaker = (1 - NormalDist().cdf(math.log10(weakest) / 0.75)) ** cells
    assert weakest <= 1
    assert none_weaker == pytest.approx(0.5, rel=1e-4)


def test_the_first_failure_never_comes_later_than_the_mean_says() -> None:
    rng = np.random.default_rng(2)
    for scale in (0.1, 1.0, 3.0):
        writes = rng.lognormal(3, scale, 400).astype(int)
        for levelling in (0.0, 0.5, 1.0):
            life = lifetimes(Histogram.of(writes), 10.0, exact(0.75), levelling)
            assert life.first_failure_s is not None
            assert life.first_failure_s.nominal <= 1e6 * 10.0 / writes.mean() * (1 + 1e-12)


def test_hot_cells_fail_first() -> None:
    even = Histogram.even(skewed().mean * 1000, 1000)
    hot, spread = (lifetimes(histogram, 1.0, exact(0.3)) for histogram in (skewed(), even))
    for time in ("01pct", "1pct"):
        one, other = hot.failed_s[time], spread.failed_s[time]
        assert one is not None
        assert other is not None
        assert one.nominal < 0.3 * other.nominal


def test_wear_levelling_moves_cells_to_the_mean() -> None:
    bare, half, ideal = (skewed().levelled(efficiency) for efficiency in (0.0, 0.9, 1.0))
    assert bare == skewed()
    assert half.mean == pytest.approx(bare.mean)
    assert half.max == pytest.approx(bare.mean + 0.1 * (1000 - bare.mean))
    assert ideal.values == pytest.approx((bare.mean, bare.mean))
    # eta of the law is the mean over the most of the levelled writes
    law = lifetime_s(1e6, half.mean / half.max, 1.0, 1.0, bare.mean)
    life = lifetimes(Histogram.of([0, 1000]), 1.0, exact(1e-9), 0.9).first_failure_s
    assert life is not None
    assert life.nominal == pytest.approx(1e6 / (500 + 0.1 * 500))
    assert law == pytest.approx(1e6 / half.max)


def test_bands_come_from_endurance_and_spread() -> None:
    life = lifetimes(skewed(), 60.0, ENDURANCE).failed_s["1pct"]
    assert life is not None
    assert life.low < life.nominal / 10
    assert life.high > life.nominal * 10
    text = "\n".join(explanation("lifetime", life))
    assert "a survey" in text
    assert "a textbook" in text
    assert well_founded(life)


def test_pulses_shorten_the_life() -> None:
    once, thrice = (
        lifetimes(skewed(), 60.0, Endurance(ENDURANCE.writes, ENDURANCE.sigma_decades, pulses)).first_failure_s
        for pulses in (1.0, 3.0)
    )
    assert once is not None
    assert thrice is not None
    assert thrice.nominal == pytest.approx(once.nominal / 3)


def test_histograms_stay_small_and_keep_what_counts() -> None:
    writes = np.random.default_rng(3).integers(0, 100_000, (200, 300))
    histogram = Histogram.of(writes)
    assert len(histogram.values) <= 256
    assert histogram.number == writes.size
    assert histogram.mean == pytest.approx(writes.mean(), rel=1e-12)
    assert histogram.max == writes.max()
    assert histogram.quantile(0.9) == pytest.approx(np.quantile(writes, 0.9), rel=0.05)
    assert Histogram.of([3, 1, 3]) == Histogram((1.0, 3.0), (1, 2))
    assert Histogram.from_data(histogram.as_data()) == histogram


MATRICES = ("winp", "wrec", "wout")
SHORT = ("epochs=1", "training_samples=4", "test_samples=1", "network={input: 40, recurrent: 20, output: 2}")


def run(chip: str, *overrides: str, kind: str = "rram") -> Result:
    memory = {"kind": kind, "read_cycles": 1, "write_cycles": 1}
    settings = [f"core.memories.{name}.{key}={value}" for name in MATRICES for key, value in memory.items()]
    architecture = load_document(chip, "architecture", overrides=[*settings, *overrides])
    result = simulate(architecture, load_document("cue_accumulation", "workload", overrides=SHORT))
    assert isinstance(result, Result)
    return result


@pytest.fixture(scope="module")
def result() -> Result:
    return run("single_core")


def test_a_run_tells_which_cells_it_wrote(result: Result) -> None:
    rows = {row["memory"]: row for row in result.tables["wear"]}
    updates = result.table("epochs")
    for name in MATRICES:
        assert rows[name]["writes_known"] == "counted cell by cell"
        written = rows[name]["writes_mean"] * rows[name]["cells"]
        assert written == pytest.approx(updates[f"{name}_updates"].sum())
        assert rows[name]["writes_max"] > rows[name]["writes_mean"]
        assert rows[name]["lifetime_1pct_days"] > 0
    assert rows["neurons"]["lifetime_1pct_days"] is None
    assert "hidden" in rows["neurons"]["writes_known"]
    first = min(rows[name]["lifetime_first_failure_days"] for name in MATRICES)
    assert result.lifetime_first_failure_days == first
    assert result.lifetime_01pct_days_low < result.lifetime_01pct_days < result.lifetime_01pct_days_high


def test_learning_less_often_makes_cells_last(result: Result) -> None:
    sparse = run("single_core", "core.learn_every=8")
    assert sparse.writes_per_cell_mean < 0.3 * result.writes_per_cell_mean
    assert sparse.lifetime_1pct_days > 3 * result.lifetime_1pct_days


def test_lifetimes_of_another_kind_of_memory_need_no_run(result: Result) -> None:
    volatile = result.recost([f"core.memories.{name}.kind=sram" for name in MATRICES])
    assert volatile.lifetime_first_failure_days is None
    levelled = result.recost([f"core.memories.{name}.wear_levelling=ideal" for name in MATRICES])
    assert levelled.lifetime_first_failure_days > result.lifetime_first_failure_days
    assert levelled.writes_per_cell_max == result.writes_per_cell_max


def test_lifetimes_walk_to_their_sources(result: Result) -> None:
    known = reported(result)
    for name in ("lifetime_first_failure_days", "lifetime_1pct_days", "lifetime.wrec.01pct"):
        text = "\n".join(explanation(name, known[name]))
        assert "NVMExplorer" in text
        assert "time of the outside world" in text
        assert well_founded(known[name])


def test_reckon_counts_the_weights_it_changes() -> None:
    result = run("reckon", kind="sram")
    rows = {row["memory"]: row for row in result.tables["wear"]}
    updates = result.table("epochs")
    for name in MATRICES:  # an update that saturates changes nothing
        written = rows[name]["writes_mean"] * rows[name]["cells"]
        assert 0 < written <= updates[f"{name}_updates"].sum()
        assert rows[name]["lifetime_first_failure_days"] is None
