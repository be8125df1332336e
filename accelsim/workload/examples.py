"""Sets of labelled examples, shown one per sample for a fixed time: what digits, image files and manifolds share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from accelsim.config.model import Model
from accelsim.config.quantity import Time
from accelsim.controllers.samples import Samples
from accelsim.workload import encoders

Inputs = NDArray[np.float64]
Labels = NDArray[np.int32]
Chosen = NDArray[np.int64]


class Pool(Protocol):
    """Labelled examples of one part of a set, as a task of a stream may have them."""

    @property
    def label(self) -> Labels:
        """Their classes."""

    def samples(
        self, chosen: Chosen, training: bool, rng: np.random.Generator, order_rng: np.random.Generator
    ) -> Samples:
        """Some examples as a chunk; trials are drawn from `rng`, the order of events within a time step from
        `order_rng` (both sample after sample; they may be the same)."""

    def only(self, chosen: Chosen, label: Labels) -> Self:
        """Some of the examples, under labels for them."""

    def permuted(self, rng: np.random.Generator) -> Self:
        """The examples with their inputs permuted, the same way in each."""


def shuffled(rng: np.random.Generator, available: int, count: int, training: bool) -> Chosen:
    """Which examples come: for training in random order, each once before any comes again; else in a fixed order."""
    rounds = -(-count // available) if count else 0
    drawn = [rng.permutation(available) if training else np.arange(available) for _ in range(rounds)]
    return np.concatenate([np.zeros(0, np.int64), *drawn])[:count]


def pool_batches(
    pool: Pool, streams: tuple[np.random.Generator, ...], count: int, training: bool, size: int
) -> Iterator[Samples]:
    """`count` samples from a pool, at most `size` at once; the two streams are those of :meth:`Pool.samples`."""
    rng, order_rng = streams
    order = shuffled(rng, len(pool.label), count, training)
    for start in range(0, count, size):
        yield pool.samples(order[start : start + size], training, rng, order_rng)


class Examples(Model):
    """Classification of examples with inputs between 0 and 1, each shown for `length` time steps."""

    tick: Time = Field(default=1e-3, gt=0)
    """Time step."""
    length: int = Field(default=20, gt=0, le=10_000)
    """Time steps that an example is shown."""
    training_length: int | None = Field(default=None, gt=0, le=10_000)
    """Time steps that an example is shown for training; as many as otherwise if not given."""

    @abstractmethod
    def features(self, seed: int, training: bool) -> tuple[Inputs, Labels]:
        """Examples of one part of the set, (examples, features) between 0 and 1, and their classes."""

    @abstractmethod
    def encoded(self, features: Inputs) -> Inputs:
        """What the input addresses show of some examples, (examples, inputs) between 0 and 1."""

    @abstractmethod
    def fires(self, inputs: Inputs, ticks: int, rng: np.random.Generator) -> NDArray[np.bool_] | None:
        """Spikes, (examples, time steps, inputs); None where the inputs are payloads of the first time step."""

    def examples(self, seed: int, training: bool) -> tuple[Inputs, Labels]:
        """Inputs between 0 and 1, (examples, inputs), and classes of one part of the set."""
        features, label = self.features(seed, training)
        return self.encoded(features), label

    def ticks(self, training: bool) -> int:
        """Time steps of a sample."""
        return self.training_length if training and self.training_length is not None else self.length

    def pool(self, seed: int, training: bool) -> ExamplePool:
        """One part of the set."""
        return ExamplePool(self, *self.features(seed, training))

    def batches(self, rng: np.random.Generator, count: int, training: bool, seed: int, size: int) -> Iterator[Samples]:
        """Examples as spikes, at most `size` at once.

        Those for training come in random order, each once before any comes again; those for tests in a fixed order.
        """
        return pool_batches(self.pool(seed, training), (rng, rng), count, training, size)

    def shown(
        self,
        inputs: Inputs,
        label: Labels,
        training: bool,
        rng: np.random.Generator,
        order_rng: np.random.Generator,
    ) -> Samples:
        """Some examples as a chunk of samples; the answer counts all the time."""
        count, width, length = *inputs.shape, self.ticks(training)
        value = None
        fires = self.fires(inputs, length, rng)
        if fires is None:
            tick = np.repeat(np.arange(count, dtype=np.int64) * length, width)
            address = np.tile(np.arange(width, dtype=np.int32), count)
            value = inputs.astype(np.float32).ravel()
        else:
            sample, step, spiking = np.nonzero(fires)
            order = np.lexsort((order_rng.random(len(step)), sample * length + step))
            tick, address = (sample * length + step)[order], spiking[order].astype(np.int32)
        asked = np.ones(count * length, np.uint8)
        return Samples(
            length=np.full(count, length, np.int32),
            event_tick=tick,
            event_address=address,
            label=label,
            label_tick=np.full(count, 0 if training else -1, np.int32),
            target_valid=asked if training else np.zeros_like(asked),
            infer=asked,
            targets=np.zeros((0, 0), np.int32),
            training=np.full(count, training),
            event_value=value,
        )


@dataclass(frozen=True, eq=False)
class ExamplePool:
    """Part of a set of examples (see :class:`Pool`), perhaps changed; what is changed is changed when it is shown."""

    task: Examples
    features: Inputs
    label: Labels
    change: Callable[[Inputs], Inputs] | None = None

    def samples(
        self, chosen: Chosen, training: bool, rng: np.random.Generator, order_rng: np.random.Generator
    ) -> Samples:
        features = self.features[chosen]
        changed = features if self.change is None else self.change(features)
        return self.task.shown(self.task.encoded(changed), self.label[chosen], training, rng, order_rng)

    def only(self, chosen: Chosen, label: Labels) -> Self:
        return replace(self, features=self.features[chosen], label=label)

    def permuted(self, rng: np.random.Generator) -> Self:
        permutation = rng.permutation(self.features.shape[1])
        return replace(self, change=lambda features: features[:, permutation])


class Pictures(Examples):
    """Pictures, whose pixels' brightness is the rate or the time of an input's spikes, or its payload."""

    spikes_per_tick: float = Field(default=0.5, gt=0, le=1)
    """Spikes of the brightest pixel in a time step, on average."""
    coding: Literal["bernoulli", "systematic", "regular", "latency", "population", "graded"] = "bernoulli"
    """Spikes drawn independently in each time step, evenly spaced from a random phase, or evenly spaced from phase
    one half, the same in every sample. Or one spike per input: the earlier the brighter its pixel, or the nearer its
    pixel's brightness to the centre of its receptive field. Or no spikes: the first time step brings an event of every
    input with the brightness as its payload."""
    complement: bool = False
    """Whether as many further inputs show the darkness of the pixels."""
    receptive_fields: int = Field(default=4, ge=2, le=64)
    """Inputs per pixel of `population` coding."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """Rows and columns of a picture."""

    @property
    def inputs(self) -> int:
        """Number of input addresses."""
        fields = self.receptive_fields if self.coding == "population" else 1
        return self.shape[0] * self.shape[1] * (1 + self.complement) * fields

    @property
    def spikes_per_sample(self) -> float:
        """Spikes of the brightest pixel in a sample, on average."""
        return self.spikes_per_tick * self.length

    def encoded(self, features: Inputs) -> Inputs:
        """Brightness of the pixels, then their darkness if asked for."""
        shown = np.hstack([features, 1.0 - features]) if self.complement else features
        return encoders.population(shown, self.receptive_fields) if self.coding == "population" else shown

    def fires(self, inputs: Inputs, ticks: int, rng: np.random.Generator) -> NDArray[np.bool_] | None:
        """Spikes of the chosen coding."""
        if self.coding == "graded":
            return None
        if self.coding == "bernoulli":
            return encoders.bernoulli(inputs, ticks, self.spikes_per_tick, rng)
        if self.coding == "systematic":
            return encoders.systematic(inputs, ticks, self.spikes_per_tick, rng)
        if self.coding == "regular":
            return encoders.regular(inputs, ticks, self.spikes_per_tick)
        return encoders.latency(inputs, ticks)

    def rotated(self, pictures: Inputs, degrees: float) -> Inputs:
        """Pictures turned counter-clockwise about their middle, interpolated bilinearly, dark where nothing was."""
        from scipy.ndimage import rotate

        turned = rotate(
            pictures.reshape(-1, *self.shape), degrees, axes=(2, 1), reshape=False, order=1, mode="constant"
        )
        return np.asarray(turned, np.float64).reshape(len(pictures), -1)


def held_out_parts(label: Labels, held_out: int, seed: int) -> tuple[Chosen, Chosen]:
    """Training and test examples by number, drawn with the seed, classes in proportion."""
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(np.arange(len(label)), test_size=held_out, stratify=label, random_state=seed)
    return train, test
