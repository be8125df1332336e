from __future__ import annotations

import numpy as np
import pytest

from accelsim.config.errors import ConfigError
from accelsim.workload.network_graphs import Edges, connect, conv2d, dense, random_edges


def matrix(edges: Edges, sources: int, targets: int) -> np.ndarray:
    found = np.zeros((sources, targets))
    np.add.at(found, (edges.src, edges.dst), edges.weight)
    return found


def test_dense():
    weights = np.arange(6).reshape(2, 3)
    edges = dense(weights)
    assert edges.src.size == 6  # zero weights are synapses too
    assert matrix(edges, 2, 3).tolist() == weights.tolist()


@pytest.mark.parametrize(("height", "width", "stride"), [(5, 4, 1), (7, 6, 2)])
def test_convolution(height, width, stride):
    rng = np.random.default_rng(1)
    kernel, image = rng.integers(-4, 5, (3, 2, 2, 3)), rng.integers(0, 5, (2, height, width))
    tall, wide = (height - 3) // stride + 1, (width - 2) // stride + 1
    expected = np.zeros((3, tall, wide))
    for f, y, x in np.ndindex(expected.shape):
        patch = image[:, y * stride : y * stride + 3, x * stride : x * stride + 2]
        expected[f, y, x] = (patch * kernel[..., f].transpose(2, 0, 1)).sum()
    edges = conv2d(kernel, height, width, stride)
    assert edges.src.size == tall * wide * kernel.size
    assert (image.reshape(-1) @ matrix(edges, image.size, expected.size)).tolist() == expected.reshape(-1).tolist()


def test_random_edges_follow_their_seed():
    one, same, other = (random_edges(50, 20, 8, [-2, 5], seed) for seed in (1, 1, 2))
    assert one.dst.tolist() == same.dst.tolist() != other.dst.tolist()
    assert np.bincount(one.src).tolist() == [8] * 50
    assert set(one.weight.tolist()) == {-2, 5}
    assert one.dst.max() == 19


def test_layers():
    edges = {(0, 1): dense(np.ones((2, 3))), (1, 1): random_edges(3, 3, 2, [1], 0)}
    network = connect((2, 3), edges, {"threshold": (1.0, [2, 3, 4])}, np.ones((5, 2), np.uint8))
    assert network.n == 5
    assert network.parameters["threshold"].tolist() == [1, 1, 2, 3, 4]
    assert network.inputs.tolist() == [0, 1]
    assert network.dst.min() == 2
    assert network.src.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4]
    assert connect((4,), {}, {"threshold": (1.0,)}).synapses == 0


def test_layers_that_are_too_small():
    with pytest.raises(ConfigError) as caught:
        connect((2, 2), {(0, 1): dense(np.ones((2, 3)))}, {"threshold": (1.0, 1.0)})
    assert str(caught.value) == "edges.0-1: neuron 2 of layer 1, which has 2"
