"""Off-line training: it learns, its codes fit their bits, and the few-bit network keeps its answers."""

import numpy as np
import pytest

from accelsim.plasticity.offline import accuracy, activities, train_quantised


def clusters(rng, count=600):
    """Four classes of points around four corners of the unit square, the last two dimensions noise."""
    label = rng.integers(0, 4, count).astype(np.int32)
    corner = np.stack([label & 1, label >> 1], axis=1)
    points = np.hstack([0.15 + 0.7 * corner, 0.5 * np.ones((count, 2))])
    return np.clip(points + rng.normal(0, 0.08, points.shape), 0, 1), label


@pytest.mark.parametrize("bits", [3, 4, 8])
def test_codes_fit_and_keep_the_answers(bits):
    rng = np.random.default_rng(0)
    inputs, label = clusters(rng)
    network = train_quantised(inputs, label, [4, 24, 4], bits, rng, rate=1e-2)
    assert accuracy(inputs, label, network.weights) > 0.95
    assert all(-(1 << (bits - 1)) <= code.min() and code.max() < 1 << (bits - 1) for code in network.codes)
    assert accuracy(inputs, label, [code.astype(float) for code in network.codes]) > 0.9


def test_hidden_layers_are_rectified_and_the_last_is_not():
    layers = activities(np.array([[1.0, 2.0]]), [np.array([[1.0, -1.0], [0.0, 0.0]]), np.array([[-3.0], [5.0]])])
    assert [layer.tolist() for layer in layers] == [[[1.0, 2.0]], [[1.0, 0.0]], [[-3.0]]]


def test_the_same_seed_gives_the_same_codes():
    inputs, label = clusters(np.random.default_rng(3))
    found = [train_quantised(inputs, label, [4, 8, 4], 4, np.random.default_rng(7), epochs=3) for _ in range(2)]
    assert all(np.array_equal(*pair) for pair in zip(found[0].codes, found[1].codes, strict=True))
