"""Rules of spike timing against direct sums over spikes."""

import numpy as np
import pytest
from pydantic import ValidationError
from rule_runs import random_trains, run_rule

from accelsim.datapath.words import Word
from accelsim.plasticity.reward_stdp import RewardSTDP
from accelsim.plasticity.stdp import STDP
from accelsim.plasticity.stdp_fixed import STDPFixed
from accelsim.plasticity.triplet_stdp import TripletSTDP

TAU, STEPS = 10, 24
DECAY = 1 - 1 / TAU
PLAIN = {"float_bits": 64, "rate": 0.01, "pre_decay": DECAY, "post_decay": DECAY, "weight_limit": 10.0}


def _pair(rule, difference, weight=5.0):
    """Change of a weight by one spike on either side, the postsynaptic one `difference` steps later."""
    pre, post = np.zeros((2, STEPS, 1), bool)
    middle = STEPS // 2
    pre[middle], post[middle + difference] = True, True
    return run_rule(rule, pre, post, weight)[0, 0] - weight


def test_window_of_a_pair():
    rule = STDP(**PLAIN, potentiation=2.0, depression=3.0)
    for difference in range(1, 8):
        assert _pair(rule, difference) == pytest.approx(0.02 * DECAY**difference, rel=1e-12)
        assert _pair(rule, -difference) == pytest.approx(-0.03 * DECAY**difference, rel=1e-12)
    assert _pair(rule, 0) == pytest.approx(0.02 - 0.03, rel=1e-12)  # coincident spikes take part in both terms


@pytest.mark.parametrize("excitatory", [True, False])
@pytest.mark.parametrize("soft", [True, False])
def test_all_pairs_within_bounds(soft, excitatory):
    """Step by step: potentiation, then depression, each from the weight before it."""
    pre, post = random_trains(60, 4, 3)
    options = PLAIN | {"weight_limit": 0.5, "rate": 0.1, "excitatory": excitatory, "soft_bounds": soft}
    start = np.linspace(-0.4, 0.4, 12).reshape(4, 3)
    w, x, y = start.copy(), np.zeros(4), np.zeros(3)
    for t in range(60):
        x, y = DECAY * x + 0.1 * pre[t], DECAY * y + 0.12 * post[t]
        up = x[:, None] * (0.5 - w if soft else 1.0)
        w = np.where(post[t], np.minimum(w + up, 0.5), w)
        room = np.maximum(w, 0) if excitatory else w + 0.5
        down = y * room if soft else np.minimum(y, room)
        w = np.where(pre[t][:, None], w - down, w)
    found = run_rule(STDP(**options, depression=1.2), pre, post, start)
    np.testing.assert_allclose(found, w, rtol=1e-12, atol=1e-15)
    assert found.max() <= 0.5
    assert excitatory == (found.min() > -0.41) or soft


def test_integers_follow_real_numbers():
    """Hard bounds, no rounding of the weight: only the traces, which decay by whole numbers, differ."""
    pre, post = random_trains(40, 5, 4, rate=0.1)
    fine = STDPFixed(
        weight_bits=16, weight_fraction=16, trace_bits=16, trace_fraction=12, up_shift=6, down_shift=7,
        pre_shift=3, post_shift=4,
    )  # fmt: skip
    real = STDP(
        float_bits=64, weight_limit=1.0, rate=1.0, potentiation=2.0**-6, depression=2.0**-7,
        pre_decay=1 - 1 / 8, post_decay=1 - 1 / 16,
    )  # fmt: skip
    found, expected = (run_rule(rule, pre, post, 0.4) for rule in (fine, real))
    assert np.ptp(expected) > 0.05
    np.testing.assert_allclose(found, expected, atol=2e-4)


def test_integer_traces_decay_to_zero_and_weights_saturate():
    rule = STDPFixed(up_shift=0, down_shift=0, trace_fraction=5)
    assert STDPFixed.filter_presynaptic(1, 0, 4, 8, 5) == 0
    assert STDPFixed.filter_presynaptic(250, 1, 4, 8, 5) == 255
    assert STDPFixed.filter_presynaptic(32, 0, 4, 8, 5) == 30
    assert rule.synapse_state["w"] == Word(8, signed=False, fraction=8)
    early = np.array([[1], [0]], bool)
    assert run_rule(rule, early, ~early, 0.5)[0, 0] == 255 / 256
    assert run_rule(rule, ~early, early, 0.5)[0, 0] == 0
    assert run_rule(STDPFixed(up_shift=0, weight_limit=0.75), early, ~early, 0.5)[0, 0] == 0.75


@pytest.mark.parametrize("soft", [True, False])
def test_integer_changes_are_rounded_stochastically_if_asked(soft):
    """A quarter of the weight's last bit: never rounded up to nearest, in a quarter of the synapses by chance."""
    shift = 4 if soft else 5
    options = {"trace_fraction": 5, "up_shift": shift + 5, "weight_fraction": 8, "pre_shift": 4, "soft_bounds": soft}
    pre, post = np.ones((1, 1), bool), np.ones((1, 4096), bool)
    lsb = 2.0**-8
    start = (256 - 128) * lsb
    exact = (255 * lsb - start if soft else 1.0) * 2.0 ** -(shift + 5) / lsb
    quiet = options | {"down_shift": 16, "trace_bits": 8}
    nearest = run_rule(STDPFixed(**quiet), pre, post, start)
    drawn = run_rule(STDPFixed(**quiet, rounding="stochastic"), pre, post, start)
    assert np.all(nearest == start)
    down = (start if soft else 1.0) * 2.0**-16 / lsb
    assert (drawn - start).mean() / lsb == pytest.approx(exact - down, abs=0.03)
    assert set(np.unique(np.round((drawn - start) / lsb))) <= {-1.0, 0.0, 1.0}


def _triplets(rule, pre, post, i, j):
    """The rule as a sum over pairs and triplets of spike times (Pfister, Gerstner 2006, equations 2 to 4)."""
    before, after = np.flatnonzero(pre[:, i]), np.flatnonzero(post[:, j])
    total = 0.0
    for t in after:
        r1 = sum(rule.pre_decay ** (t - s) for s in before if s <= t)
        o2 = sum(rule.post_slow_decay ** (t - s) for s in after if s < t)
        total += r1 * (rule.pair_potentiation + rule.triplet_potentiation * o2)
    for t in before:
        o1 = sum(rule.post_decay ** (t - s) for s in after if s <= t)
        r2 = sum(rule.pre_slow_decay ** (t - s) for s in before if s < t)
        total -= o1 * (rule.pair_depression + rule.triplet_depression * r2)
    return total


@pytest.mark.parametrize("depression", [2.3e-3, 0.0])
def test_triplets_are_those_of_the_sum(depression):
    pre, post = random_trains(60, 3, 2, seed=4)
    rule = TripletSTDP(float_bits=64, weight_limit=100.0, pair_potentiation=1e-3, triplet_depression=depression)
    found = run_rule(rule, pre, post, 50.0) - 50.0
    expected = [[_triplets(rule, pre, post, i, j) for j in range(2)] for i in range(3)]
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert len(rule.presynaptic_state) == (3 if depression else 1)


def test_triplets_without_triplets_are_pairs():
    pre, post = random_trains(50, 3, 3)
    pairs = {"pair_potentiation": 0.01, "pair_depression": 0.012, "triplet_potentiation": 0.0}
    shared = {"float_bits": 64, "pre_decay": 0.9, "post_decay": 0.8}
    triplet = TripletSTDP(**shared, **pairs, triplet_depression=0.0)
    pair = STDP(**shared, rate=0.01, potentiation=1.0, depression=1.2)
    np.testing.assert_allclose(*(run_rule(rule, pre, post, 0.5) for rule in (triplet, pair)), rtol=1e-9)


def test_reward_decides_the_sign():
    steps = 50
    pre, post = random_trains(steps, 4, 3)
    rule = RewardSTDP(
        float_bits=64, rate=0.3, pre_decay=0.9, post_decay=0.8, eligibility_decay=0.95, potentiation=1.1, depression=0.7
    )
    rng = np.random.default_rng(5)
    reward = np.where(rng.random(steps) < 0.5, rng.normal(size=steps), 0.0)
    e, x, y, w = np.zeros((4, 3)), np.zeros(4), np.zeros(3), np.zeros((4, 3))
    for t in range(steps):
        x, y = 0.9 * x + 1.1 * pre[t], 0.8 * y + 0.7 * post[t]
        e = 0.95 * e + np.outer(x, post[t]) - np.outer(pre[t], y)
        w += 0.3 * reward[t] * e
    found = run_rule(rule, pre, post, reward=reward)
    np.testing.assert_allclose(found, w, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(run_rule(rule, pre, post, reward=-reward), -found)
    assert not run_rule(rule, pre, post, reward=np.zeros(steps)).any()


@pytest.mark.parametrize("rule", [STDP, TripletSTDP])
def test_without_a_learning_rate_nothing_changes(rule):
    pre, post = random_trains(30, 3, 3)
    start = np.linspace(-0.9, 0.9, 9).reshape(3, 3)
    for soft in (True, False):
        np.testing.assert_array_equal(
            run_rule(rule(float_bits=64, rate=0.0, soft_bounds=soft), pre, post, start), start
        )


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (STDP, {"pre_decay": 1.1}),
        (STDP, {"depression": -1.0}),
        (STDP, {"weight_limit": 0.0}),
        (STDPFixed, {"weight_bits": 1}),
        (STDPFixed, {"up_shift": 17}),
        (TripletSTDP, {"triplet_depression": -1e-3}),
        (RewardSTDP, {"eligibility_decay": -0.1}),
    ],
)
def test_parameters_are_validated(rule, wrong):
    with pytest.raises(ValidationError):
        rule(**wrong)
