"""Workloads of chips with common time steps: a spiking network, where it is placed, and how many steps it runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from accelsim.config.document import Document
from accelsim.config.model import Model, PathError, PathErrors
from accelsim.controllers.stepped.network import NetworkData
from accelsim.workload.mission import Mission
from accelsim.workload.network import read_network
from accelsim.workload.network_graphs import Edges, connect, conv2d, dense, random_edges

MAX_SYNAPSES = 200_000_000
LEAK = 1023 / 1024
"""Factor of a potential per step, in networks made by rule (assumed)."""


class Recurrent(Model):
    """A random recurrent network driven by its biases; four neurons in five excite (assumed)."""

    kind: Literal["recurrent"]
    neurons: int = Field(gt=0, le=10_000_000)
    """How many."""
    fan_out: int = Field(gt=0)
    """Synapses of each neuron."""
    window: int | None = Field(default=None, gt=0)
    """Largest distance of a target on the ring of neurons; without it targets are anywhere."""
    rate: float = Field(default=0.05, ge=0, le=1)
    """Spikes of a neuron per step that the biases alone give, on average."""
    threshold: float = Field(default=256.0, gt=0)
    """Firing threshold."""

    @model_validator(mode="after")
    def _size(self) -> Self:
        if self.neurons * self.fan_out > MAX_SYNAPSES:
            raise PathError("fan_out", f"{self.neurons * self.fan_out:,} synapses are more than {MAX_SYNAPSES:,}")
        return self

    def build(self, seed: int, neuron_model: str, document: Document | None) -> NetworkData:
        """The network."""
        rng = _generator(seed, "network.recurrent")
        n, k = self.neurons, self.fan_out
        src = np.repeat(np.arange(n, dtype=np.int32), k)
        if self.window is None:
            dst = rng.integers(0, n, n * k, dtype=np.int32)
        else:
            dst = ((src + rng.integers(-self.window, self.window + 1, n * k)) % n).astype(np.int32)
        excites = rng.random(n) < 0.8
        weight = np.where(excites[src], rng.integers(1, 5, n * k), -rng.integers(4, 17, n * k)).astype(np.int16)
        parameters = _driven(rng, n, np.full(n, self.rate), self.threshold, neuron_model)
        return NetworkData(n, src, dst, weight, parameters=parameters)


class Layer(Model):
    """A layer of a feed-forward network and how the one before it is connected to it."""

    neurons: int | None = Field(default=None, gt=0)
    """Its neurons; not for a convolution."""
    shape: tuple[int, int, int] | None = None
    """Channels, height and width instead of `neurons`; a convolution after it needs them."""
    connect: Literal["dense", "random", "convolution"] = "dense"
    """How the layer before is connected to this one."""
    fan_out: int | None = Field(default=None, gt=0)
    """Synapses of each neuron of the layer before; for `random`."""
    features: int | None = Field(default=None, gt=0)
    """Output channels; for `convolution`."""
    kernel: int = Field(default=3, gt=0)
    """Rows and columns of a convolution."""
    stride: int = Field(default=1, gt=0)
    """Of a convolution."""
    rate: float = Field(default=0.0, ge=0, le=1)
    """Spikes of a neuron per step that its bias alone gives, on average."""


class Layered(Model):
    """Layers one after the other; weights are drawn around the threshold over the fan-in, so that rates carry on."""

    kind: Literal["layers"]
    layers: tuple[Layer, ...] = Field(min_length=1)
    """From the driven one to the last."""
    threshold: float = Field(default=256.0, gt=0)
    """Firing threshold."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if problems := list(self._problems()):
            raise PathErrors(problems)
        return self

    def _problems(self) -> Iterator[PathError]:
        shape: tuple[int, int, int] | None = None
        for i, layer in enumerate(self.layers):
            at = ("layers", i)
            if layer.connect == "convolution":
                if i == 0 or shape is None:
                    yield PathError(at, "a convolution needs a layer with a `shape`, or another convolution, before it")
                elif layer.features is None:
                    yield PathError((*at, "features"), "missing; a convolution needs it")
                elif min(shape[1:]) < layer.kernel:
                    message = f"a kernel of {layer.kernel} does not fit a layer of {shape[1]} x {shape[2]}"
                    yield PathError((*at, "kernel"), message)
                else:
                    shape = _convolved(shape, layer)
                continue
            if (layer.neurons is None) == (layer.shape is None):
                yield PathError((*at, "neurons"), "give either `neurons` or a `shape`")
            if layer.connect == "random" and layer.fan_out is None:
                yield PathError((*at, "fan_out"), "missing; random synapses need it")
            shape = layer.shape

    def build(self, seed: int, neuron_model: str, document: Document | None) -> NetworkData:
        """The network."""
        rng = _generator(seed, "network.layers")
        sizes: list[int] = []
        edges: dict[tuple[int, int], Edges] = {}
        shape: tuple[int, int, int] | None = None
        for i, layer in enumerate(self.layers):
            before = shape
            shape = _convolved(before, layer) if layer.connect == "convolution" and before else layer.shape
            sizes.append(int(np.prod(shape)) if shape is not None else layer.neurons or 0)
            if i:
                edges[i - 1, i] = self._edges(rng, layer, before, sizes[-2], sizes[-1])
        rate = np.repeat([layer.rate for layer in self.layers], sizes)
        parameters = _driven(rng, int(sum(sizes)), rate, self.threshold, neuron_model)
        found = connect(sizes, edges, {"threshold": [self.threshold] * len(sizes)})
        return NetworkData(found.n, found.src, found.dst, found.weight, parameters=parameters)

    def _edges(
        self, rng: np.random.Generator, layer: Layer, before: tuple[int, int, int] | None, sources: int, targets: int
    ) -> Edges:
        if layer.connect == "dense":
            return dense(self._weights(rng, (sources, targets), sources))
        if layer.connect == "random":
            assert layer.fan_out is not None  # by validation
            fan_in = max(1, sources * layer.fan_out // targets)
            drawn = random_edges(sources, targets, layer.fan_out, [0], int(rng.integers(1 << 31)))
            return drawn._replace(weight=self._weights(rng, drawn.src.shape, fan_in))
        assert before is not None
        assert layer.features is not None
        taps = (layer.kernel, layer.kernel, before[0], layer.features)
        kernel = self._weights(rng, taps, layer.kernel**2 * before[0])
        return conv2d(kernel, before[1], before[2], layer.stride)

    def _weights(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int) -> NDArray[np.int16]:
        mean = self.threshold / fan_in
        spread = max(4.0, 3 * mean)
        return np.round(rng.uniform(mean - spread, mean + spread, shape)).astype(np.int16)


class FromFile(Model):
    """A network given as arrays (see `accelsim.workload.network`)."""

    kind: Literal["file"]
    path: str
    """The `.npz` file; relative to the workload's file."""

    def build(self, seed: int, neuron_model: str, document: Document | None) -> NetworkData:
        """The network."""
        return read_network(self.file(document), neuron_model)

    def file(self, document: Document | None) -> Path:
        """The file that is meant."""
        path = Path(self.path)
        if not path.is_absolute() and document is not None and document.file:
            return Path(document.file).parent / path
        return path


NetworkSpec = Annotated[Recurrent | Layered | FromFile, Field(discriminator="kind")]


class MappingSpec(Model):
    """Where neurons are placed."""

    policy: Literal["fill", "balance", "minimise-traffic", "given"] = "fill"
    """In order, core after core; with equal work; with few messages over few hops; or as the network's file says."""
    neurons_per_core: int | None = Field(default=None, gt=0)
    """At most so many, where that is less than a core holds."""


class SteppedWorkload(Model):
    """A network and the steps that it runs."""

    workload: str
    """Name of the workload."""
    description: str = ""
    """What runs, in a line."""
    network: NetworkSpec
    """Neurons and synapses."""
    mapping: MappingSpec = MappingSpec()
    """How neurons are placed on cores."""
    steps: int = Field(gt=0, le=100_000_000)
    """Time steps."""
    mission: Mission | None = None
    """What the device does all day; an event is answered by all steps of the run."""

    @model_validator(mode="after")
    def _given_by_a_file(self) -> Self:
        if self.mapping.policy == "given" and not isinstance(self.network, FromFile):
            raise PathError(("mapping", "policy"), "`given` needs a network from a file that holds the cores")
        if self.mission is not None and self.mission.learn_share:
            raise PathError(("mission", "learn_share"), "such a network does not learn; leave it out")
        return self


def is_stepped(document: Document) -> bool:
    """Whether a workload document is one for chips with common time steps."""
    network = document.data.get("network")
    return isinstance(network, dict) and isinstance(network.get("kind"), str)


def _generator(seed: int, component: str) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([seed, crc32(component.encode())]))


def _convolved(shape: tuple[int, int, int], layer: Layer) -> tuple[int, int, int]:
    side = [(size - layer.kernel) // layer.stride + 1 for size in shape[1:]]
    return (layer.features or 0, side[0], side[1])


def _driven(
    rng: np.random.Generator, n: int, rate: NDArray[np.float64], threshold: float, neuron_model: str
) -> dict[str, NDArray]:
    """Parameters of neurons that their biases bring to the threshold at a rate, from random potentials."""
    drive = rate * threshold * rng.uniform(0.5, 1.5, n)
    parameters: dict[str, NDArray] = {
        "threshold": np.full(n, threshold, np.float32),
        "bias": (np.round(drive * 64) / 64).astype(np.float32),
        "v0": np.floor(rng.uniform(0, threshold, n)).astype(np.float32),
    }
    if neuron_model == "lif":
        parameters["leak_decay"] = np.full(n, LEAK)
    return parameters
