"""Networks made by rule: dense and convolutional layers, random graphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accelsim.config.errors import Problem, check
from accelsim.controllers.stepped.network import NetworkData


class Edges(NamedTuple):
    """Synapses between two layers, with neurons numbered from 0 within each."""

    src: NDArray[np.int32]
    dst: NDArray[np.int32]
    weight: NDArray


def dense(weights: ArrayLike) -> Edges:
    """Every neuron to every other, zero weights included; `weights` has the shape (sources, targets)."""
    weights = np.asarray(weights)
    sources, targets = weights.shape
    src = np.repeat(np.arange(sources, dtype=np.int32), targets)
    return Edges(src, np.tile(np.arange(targets, dtype=np.int32), sources), weights.reshape(-1))


def conv2d(kernel: ArrayLike, height: int, width: int, stride: int = 1) -> Edges:
    """A convolution without padding, every tap a synapse, zero weights included.

    Parameters
    ----------
    kernel : (rows, columns, input channels, output channels)
    height, width : of the input; neuron (channel, y, x) has number (channel * height + y) * width + x, also in the
        output, whose size is (height - rows) // stride + 1 by (width - columns) // stride + 1.
    stride : in both directions.
    """
    kernel = np.asarray(kernel)
    rows, columns, channels, features = kernel.shape
    tall, wide = (height - rows) // stride + 1, (width - columns) // stride + 1
    y, x, dy, dx, c, f = np.ix_(*map(np.arange, (tall, wide, rows, columns, channels, features)))
    src = (c * height + y * stride + dy) * width + x * stride + dx
    dst = (f * tall + y) * wide + x
    shape = (tall, wide, *kernel.shape)
    src, dst, weight = (np.broadcast_to(each, shape).reshape(-1) for each in (src, dst, kernel))
    return Edges(src.astype(np.int32), dst.astype(np.int32), weight)


def random_edges(sources: int, targets: int, fan_out: int, weights: ArrayLike, seed: int) -> Edges:
    """`fan_out` targets for each source, drawn uniformly and with replacement, each with one of `weights`."""
    generator = np.random.default_rng(seed)
    src = np.repeat(np.arange(sources, dtype=np.int32), fan_out)
    dst = generator.integers(0, targets, src.size, dtype=np.int32)
    return Edges(src, dst, generator.choice(np.asarray(weights), src.size))


def connect(
    sizes: Sequence[int],
    edges: Mapping[tuple[int, int], Edges],
    parameters: Mapping[str, Sequence[Any]],
    raster: NDArray[np.uint8] | None = None,
) -> NetworkData:
    """A network of layers.

    Parameters
    ----------
    sizes : neurons of each layer; ids count through the layers.
    edges : synapses from layer to layer, the same one for recurrent ones.
    parameters : of the neuron model, by name; for each layer one value or one per neuron.
    raster : (steps, neurons of layer 0), if that layer is an input.

    Raises
    ------
    ConfigError
        If synapses lead out of their layers or the raster does not fit.
    """
    check(
        Problem(path=f"edges.{a}-{b}", message=f"neuron {ids.max()} of layer {layer}, which has {sizes[layer]}")
        for (a, b), e in edges.items()
        for layer, ids in ((a, e.src), (b, e.dst))
        if ids.max(initial=0) >= sizes[layer]
    )
    first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    n = int(first[-1])
    parts = [(e.src + first[a], e.dst + first[b], e.weight) for (a, b), e in edges.items()]
    none = (np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int16))
    src, dst, weight = (np.concatenate(column) for column in zip(*(parts or [none]), strict=True))
    values = {
        name: np.concatenate([np.broadcast_to(x, size) for x, size in zip(layers, sizes, strict=True)])
        for name, layers in parameters.items()
    }
    is_input = None if raster is None else np.arange(n) < sizes[0]
    return NetworkData(n, src, dst, weight, parameters=values, is_input=is_input, raster=raster)
