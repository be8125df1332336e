"""Random smooth manifolds as times of spikes: classes that only the timing of spikes tells apart.

F. Zenke and T. P. Vogels, "The remarkable robustness of surrogate gradient learning for instilling complex function in
spiking neural networks", Neural Computation 33 (2021): a class is a manifold of dimension `dimension` in the space of
the times at which each input spikes once,

.. math:: t_i(x) \\propto \\prod_j \\sum_{k=1}^{K-1} (k + 1)^{-\\alpha} A_{ijk} \\sin(2 \\pi (k B_{ijk} x_j + C_{ijk}))

with A, B and C uniform between 0 and 1, scaled so that each input's times fill the sample. The larger alpha, the
smoother the manifold.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from accelsim.workload import encoders
from accelsim.workload.examples import ExamplePool, Examples

SMALLEST_AMPLITUDE = 1e-3
"""Terms of the sums with a smaller amplitude are left out, as in the authors' code."""
MOST_TERMS = 1000


class Manifolds(Examples):
    """Classification of points on random smooth manifolds, a point per sample, one spike per input and sample."""

    kind: Literal["manifolds"]
    classes: int = Field(default=10, ge=2, le=256)
    """Manifolds to tell apart."""
    inputs: int = Field(default=20, gt=0, le=4096)
    """Number of inputs, the dimension of the space that the manifolds lie in."""
    dimension: int = Field(default=1, gt=0, le=8)
    """Of a manifold."""
    alpha: float = Field(default=2.0, gt=0, le=10)
    """Smoothness of the manifolds."""
    length: int = Field(default=50, gt=1, le=10_000)
    """Time steps of a sample."""
    spike_share: float = Field(default=1.0, gt=0, le=1)
    """Share of a sample, from its beginning, over which the spikes are spread."""
    training_per_class: int = Field(default=200, gt=0, le=10_000)
    """Training points of a manifold."""
    test_per_class: int = Field(default=50, gt=0, le=10_000)
    """Test points of a manifold."""

    @property
    def outputs(self) -> int:
        """Number of classes."""
        return self.classes

    def features(self, seed: int, training: bool) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Times of the spikes, (points, inputs) from 0 to 1, and classes of one part of the set."""
        return self.drawn(seed, training, 0)

    def drawn(self, seed: int, training: bool, number: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """:meth:`features` of set `number` of manifolds."""
        times, first = _points(self, seed, number), self.training_per_class
        part = times[:first] if training else times[first:]
        label = np.tile(np.arange(self.classes, dtype=np.int32), len(part))
        return part.reshape(-1, self.inputs), label

    def numbered(self, seed: int, training: bool, number: int) -> ExamplePool:
        """One part of set `number` of manifolds."""
        return ExamplePool(self, *self.drawn(seed, training, number))

    def encoded(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Times of the spikes as they are."""
        return features

    def fires(self, inputs: NDArray[np.float64], ticks: int, rng: np.random.Generator) -> NDArray[np.bool_]:
        """One spike of each input."""
        # An input of 0 would be silent, so that the latest spike stands a hair above it.
        spread = max(1, round(ticks * self.spike_share))
        spikes = encoders.latency(np.maximum(1.0 - inputs, 1e-9), spread)
        return np.pad(spikes, ((0, 0), (0, ticks - spread), (0, 0)))


@lru_cache(maxsize=2)
def _points(task: Manifolds, seed: int, number: int) -> NDArray[np.float64]:
    """Times of the spikes of all points, (training and test points, classes, inputs) from 0 to 1."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, crc32(b"task.manifolds"), number]))
    points = task.training_per_class + task.test_per_class
    terms = min(math.ceil(SMALLEST_AMPLITUDE ** (-1 / task.alpha)), MOST_TERMS)
    frequency = np.arange(1, terms)
    amplitude = (frequency + 1.0) ** -task.alpha
    times = np.empty((points, task.classes, task.inputs))
    for manifold in times.transpose(1, 0, 2):
        place = rng.random((points, task.dimension))
        for i in range(task.inputs):
            a, b, c = rng.random((3, task.dimension, terms - 1))
            waves = np.sin(2 * np.pi * (frequency * b * place[:, :, None] + c))
            manifold[:, i] = (amplitude * a * waves).sum(axis=2).prod(axis=1)
    low, high = times.min(axis=0), times.max(axis=0)
    return (times - low) / np.maximum(high - low, 1e-12)
