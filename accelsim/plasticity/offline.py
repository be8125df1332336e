"""Off-line training of a feed-forward network for cores that only infer: float weights, then few-bit codes.

Rectified layers without biases, cross-entropy, Adam (D. P. Kingma, J. Ba, ICLR 2015). The codes are trained with the
straight-through estimator (Y. Bengio et al., arXiv 1308.3432): rounded weights forward, gradients as if unrounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Weights = list[NDArray[np.float64]]
BATCH = 64
DECAY = 1e-4
"""Of the weights, per step; assumed."""
MOMENTS = (0.9, 0.999)
"""Decays of Adam's moments, the publication's."""


@dataclass(frozen=True)
class Quantised:
    """A trained network and its few-bit form.

    Attributes
    ----------
    weights : list of float64 arrays, (presynaptic, postsynaptic)
    codes : list of int64 arrays of the same shapes, two's complement of the bits asked for
    """

    weights: Weights
    codes: list[NDArray[np.int64]]


def activities(inputs: NDArray[np.float64], weights: Sequence[NDArray[np.float64]]) -> Weights:
    """Activities of every layer, the inputs first; all but the last are rectified."""
    layers = [inputs]
    for i, w in enumerate(weights):
        drive = layers[-1] @ w
        layers.append(drive if i == len(weights) - 1 else np.maximum(drive, 0.0))
    return layers


def accuracy(inputs: NDArray[np.float64], label: NDArray[np.int32], weights: Sequence[NDArray[np.float64]]) -> float:
    """Share of examples whose largest output is their class."""
    return float((activities(inputs, weights)[-1].argmax(axis=1) == label).mean())


def train_quantised(
    inputs: NDArray[np.float64],
    label: NDArray[np.int32],
    sizes: Sequence[int],
    bits: int,
    rng: np.random.Generator,
    *,
    epochs: int = 40,
    rate: float = 3e-3,
    clip: float = 0.5,
) -> Quantised:
    """Train a network, then tune its few-bit codes for half as many epochs.

    Parameters
    ----------
    inputs : (examples, sizes[0])
    label : (examples,) classes
    sizes : neurons of every layer, the inputs first
    bits : width of a code
    clip : full scale of the codes, as a share of a layer's largest weight
    """
    start = [rng.normal(0.0, np.sqrt(2.0 / n), (n, m)) for n, m in pairwise(sizes)]
    weights = _train(inputs, label, start, None, bits, rng, epochs, rate)
    scales = [clip * float(np.abs(w).max()) / ((1 << (bits - 1)) - 1) for w in weights]
    tuned = _train(inputs, label, weights, scales, bits, rng, epochs // 2, rate / 3)
    codes = [_code(w, scale, bits).astype(np.int64) for w, scale in zip(tuned, scales, strict=True)]
    return Quantised(weights, codes)


def _code(w: NDArray[np.float64], scale: float, bits: int) -> NDArray[np.float64]:
    half = 1 << (bits - 1)
    return np.clip(np.round(w / scale), -half, half - 1)


def _train(
    inputs: NDArray[np.float64],
    label: NDArray[np.int32],
    start: Weights,
    scales: list[float] | None,
    bits: int,
    rng: np.random.Generator,
    epochs: int,
    rate: float,
) -> Weights:
    weights = [w.copy() for w in start]
    first, second = ([np.zeros_like(w) for w in weights] for _ in range(2))
    target = np.eye(weights[-1].shape[1])[label]
    step = 0
    for epoch in range(epochs):
        order = rng.permutation(len(inputs))
        for at in range(0, len(order), BATCH):
            chosen = order[at : at + BATCH]
            used = weights
            if scales is not None:
                used = [_code(w, scale, bits) * scale for w, scale in zip(weights, scales, strict=True)]
            layers = activities(inputs[chosen], used)
            likelihood = np.exp(layers[-1] - layers[-1].max(axis=1, keepdims=True))
            error = (likelihood / likelihood.sum(axis=1, keepdims=True) - target[chosen]) / len(chosen)
            step += 1
            for i in reversed(range(len(weights))):
                gradient = layers[i].T @ error + DECAY * weights[i]
                error = (error @ used[i].T) * (layers[i] > 0)
                first[i] = MOMENTS[0] * first[i] + (1 - MOMENTS[0]) * gradient
                second[i] = MOMENTS[1] * second[i] + (1 - MOMENTS[1]) * gradient**2
                mean, square = first[i] / (1 - MOMENTS[0] ** step), second[i] / (1 - MOMENTS[1] ** step)
                weights[i] -= rate * (1 - epoch / epochs) * mean / (np.sqrt(square) + 1e-8)
    return weights
