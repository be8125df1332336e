"""Laws of forgetting: of Benna-Fusi chains, of cascades, and of a network that learns two tasks."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from synapse_rows import DescentFixed, rows
from tick_cores import FIXED, FIXED_SETTINGS, build

from accelsim.datapath.words import Word
from accelsim.plasticity.benna_fusi import BennaFusi

STEPS = (10, 100, 1000, 10_000, 100_000)


def _relaxation(beakers, **parameters):
    """Matrix of one relaxation of the levels: the answer of the chain to each of them alone."""
    chains = rows("benna-fusi", beakers, beakers=beakers, **parameters)
    names = ["w", *chains.unit.weight_copies]
    for k, name in enumerate(names):
        chains[name] = np.eye(beakers)[k]
    chains.fire("every K steps")
    return np.array([chains[name] for name in names])


def _response(matrix, steps):
    """The weight after so many relaxations of a change of 1."""
    return np.array([np.linalg.matrix_power(matrix, n)[0, 0] for n in steps])


def test_impulse_response_of_benna_fusi_chains():
    expected = [0.403, 0.133, 0.0425, 0.0134, 0.0042]  # simulated independently of this code
    np.testing.assert_allclose(_response(_relaxation(8), STEPS), expected, rtol=0.015)
    np.testing.assert_allclose(_response(_relaxation(12), STEPS), expected, rtol=0.015)
    np.testing.assert_allclose(_response(_relaxation(4), STEPS[2:4]), [0.0361, 9.4e-6], rtol=0.01)
    np.testing.assert_allclose(_response(_relaxation(1), STEPS[:2]), [0.263, 1.6e-6], rtol=0.01)


@pytest.mark.parametrize(("ratio", "beakers"), [(1.5, 12), (2.0, 8), (2.0, 12), (3.0, 8), (4.0, 8)])
def test_benna_fusi_chains_forget_by_the_square_root_of_time(ratio, beakers):
    steps = np.unique(np.geomspace(50, 5000, 40).astype(int))
    response = _response(_relaxation(beakers, ratio=ratio), steps)
    assert np.polyfit(np.log(steps), np.log(response), 1)[0] == pytest.approx(-0.5, abs=0.03)


@pytest.mark.parametrize("leak", [False, True])
def test_a_chain_without_leak_conserves_what_is_poured_in(leak):
    chains = rows("benna-fusi", 3, weights=[-0.5, 0.0, 0.5], beakers=6, leak=leak)
    sizes = 2.0 ** np.arange(6)
    lost = []
    for gradient in np.random.default_rng(0).normal(0, 1, 40):
        chains.fire("learning signal", learning_signal=gradient)
        before = _content(chains, sizes)
        chains.fire("every K steps")
        lost.append(np.abs(_content(chains, sizes) - before).max())
    assert min(lost) > 1e-6 if leak else max(lost) < 1e-13


def _content(chains, sizes):
    return sizes @ np.array([chains[name] for name in ("w", *chains.unit.weight_copies)])


def test_beakers_beside_fixed_point_weights_follow():
    chains = rows("benna-fusi", 4000, DescentFixed(rounding="stochastic"), 0.0, beakers=4, leak=False)
    chains["w"] = 1.0
    exact = _relaxation(4, leak=False)
    for _ in range(30):
        chains.fire("every K steps")
    levels = np.linalg.matrix_power(exact, 30)[:, 0]
    means = [chains[name].mean() for name in ("w", *chains.unit.weight_copies)]
    np.testing.assert_allclose(means, levels, atol=0.004)


def test_beakers_start_level_with_the_weight():
    controller, *_ = build("eprop-fixed", {}, FIXED_SETTINGS, FIXED, consolidation="benna-fusi")
    synapses, formats = controller.state.inp, BennaFusi().synapse_words(Word(8, fraction=6))
    for name, format in formats.items():
        np.testing.assert_array_equal(format.decode(getattr(synapses, name)), synapses.w / 64)


def _transitions(levels, direction):
    """Matrix of probabilities from state (column) to state, first the weak ones, each by depth, then the strong."""
    states, draws = 2 * levels, 4096  # probabilities are multiples of 2^-(levels - 2)
    synapses = rows("cascade", states * draws, levels=levels)
    start = np.repeat(np.arange(states), draws)
    synapses["w"] = np.where(start < levels, -0.5, 0.5)
    synapses["depth"] = start % levels
    draw = np.tile(np.arange(draws) << 4, states)
    synapses.words["random"] = draw
    synapses.fire("learning signal", learning_signal=-direction, random=draw)
    end = (synapses["w"] > 0) * levels + synapses["depth"].astype(int)
    counts = np.zeros((states, states))
    np.add.at(counts, (end, start), 1)
    return counts / draws


def test_cascade_transitions_are_those_of_the_paper():
    up = _transitions(4, 1)
    for k in range(4):  # weak at depth k + 1
        turns = 2.0**-k if k < 3 else 0.25
        assert up[4, k] == turns
        assert up[k, k] == 1 - turns
        deeper = 2.0**-k if k < 3 else 0.0
        assert up[min(4 + k + 1, 7), 4 + k] == (deeper or 1.0)
    np.testing.assert_array_equal(_transitions(4, -1), np.roll(np.roll(up, 4, 0), 4, 1))


SIGNALS = [(1, 1.0, 0.0), (4, 0.5, 1.67e-8), (8, 0.25, 0.00918), (12, 1 / 6, 0.00687)]


@pytest.mark.parametrize(("levels", "start", "later"), SIGNALS)  # iterated independently of this code
def test_cascade_signal_at_the_start_and_after_100_events(levels, start, later):
    up, down = _transitions(levels, 1), _transitions(levels, -1)
    between, sign = (up + down) / 2, np.repeat([-1.0, 1.0], levels)
    values, vectors = np.linalg.eig(between)
    rest = np.real(vectors[:, np.argmax(values.real)])
    stored = up @ (rest / rest.sum())
    assert sign @ stored == pytest.approx(start)
    signal = sign @ np.linalg.matrix_power(between, 100) @ stored
    assert signal == pytest.approx(later, rel=0.005, abs=1e-12)


@pytest.mark.parametrize("fixed", [False, True])
def test_cascade_on_any_weight_turns_as_often(fixed):
    rule = DescentFixed(rounding="stochastic") if fixed else None
    synapses = rows("cascade", 60_000, rule, weights=-0.5, levels=6)
    synapses["depth"] = np.repeat(np.arange(6), 10_000)
    synapses.fire("learning signal", learning_signal=-0.1)
    turned = (synapses["w"] == 0.5).reshape(6, -1).mean(1)
    np.testing.assert_allclose(turned, [1, 0.5, 0.25, 0.125, 0.0625, 0.0625], atol=0.015)


def _network(name, **parameters):
    """A network of 64-48-10 that learns the digits, then the digits with permuted pixels: accuracy on both."""
    digits = load_digits()
    images, labels = digits.data[:900] / 16, digits.target[:900]
    generator = np.random.default_rng(2)
    shapes = ((64, 48), (48, 10))
    weights = np.concatenate([generator.normal(0, a**-0.5, a * b) for a, b in shapes])
    synapses = rows(name, weights.size, weights=weights, **parameters)
    orders = [np.arange(64), generator.permutation(64)]

    def forward(x):
        w = synapses["w"]
        first, second = w[: 64 * 48].reshape(64, 48), w[64 * 48 :].reshape(48, 10)
        hidden = np.maximum(x @ first, 0)
        return hidden, hidden @ second, second

    for order in orders:
        for _ in range(4):
            for batch in np.split(generator.permutation(600), 60):
                x = images[batch][:, order]
                hidden, out, second = forward(x)
                error = np.exp(out - out.max(1, keepdims=True))
                error = error / error.sum(1, keepdims=True) - np.eye(10)[labels[batch]]
                back = (error @ second.T) * (hidden > 0)
                gradient = np.concatenate([(x.T @ back).ravel(), (hidden.T @ error).ravel()]) / len(batch)
                synapses.fire("learning signal", learning_signal=gradient)
                synapses.fire("end of sample")
        synapses.fire("task boundary")
    return [np.mean(forward(images[600:, order])[1].argmax(1) == labels[600:]) for order in orders]


def test_consolidated_networks_forget_less():
    plain = _network("l2-anchor", strength=0.0)
    intelligent = _network("synaptic-intelligence", strength=1.0)
    elastic = _network("ewc", strength=1000.0, samples=240, tasks=1)
    assert plain[1] > 0.85
    for consolidated in (intelligent, elastic):
        assert consolidated[0] > plain[0] + 0.05
        assert consolidated[1] < plain[1] + 0.02
        assert np.mean(consolidated) > np.mean(plain)
