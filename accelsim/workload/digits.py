"""Handwritten digits of 8 x 8 pixels: the brightness of a pixel is the rate of its input's spikes, or its payload.

The 1,797 pictures of the UCI set "Optical Recognition of Handwritten Digits" (E. Alpaydin and C. Kaynak, 1998) that
scikit-learn ships, 17 levels a pixel, ten classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from accelsim.config.model import Model
from accelsim.config.quantity import Time
from accelsim.controllers.samples import Samples

PIXELS = 64
LEVELS = 16.0
"""Brightest level of a pixel."""
CLASSES = 10
PICTURES = 1797


class Digits(Model):
    """Classification of handwritten digits, a picture per sample.

    A picture is shown for `length` time steps. In each of them an input spikes with its pixel's brightness (0 to 1)
    times `spikes_per_tick`; the spikes of a time step come in random order.
    """

    kind: Literal["digits"]
    tick: Time = Field(default=1e-3, gt=0)
    """Time step."""
    length: int = Field(default=20, gt=0, le=10_000)
    """Time steps that a picture is shown."""
    training_length: int | None = Field(default=None, gt=0, le=10_000)
    """Time steps that a picture is shown for training; as many as otherwise if not given."""
    spikes_per_tick: float = Field(default=0.5, gt=0, le=1)
    """Spikes of the brightest pixel in a time step, on average."""
    coding: Literal["bernoulli", "systematic", "regular", "graded"] = "bernoulli"
    """Spikes drawn independently in each time step, evenly spaced from a random phase, or evenly spaced from phase
    one half, the same in every sample. Or no spikes: the first time step brings an event of every input with the
    brightness as its payload."""
    complement: bool = False
    """Whether 64 further inputs spike with the darkness of the pixels."""
    held_out: int = Field(default=500, gt=0, lt=PICTURES - CLASSES)
    """Pictures kept for the test, drawn with the seed, classes in proportion."""

    @property
    def inputs(self) -> int:
        """Number of input addresses."""
        return PIXELS * (1 + self.complement)

    @property
    def outputs(self) -> int:
        """Number of classes."""
        return CLASSES

    @property
    def spikes_per_sample(self) -> float:
        """Spikes of the brightest pixel in a sample, on average."""
        return self.spikes_per_tick * self.length

    def examples(self, seed: int, training: bool) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Inputs between 0 and 1, (pictures, inputs), and classes of one part of the set."""
        brightness, label = _pictures()
        chosen = _split(self.held_out, seed)[0 if training else 1]
        shown = brightness[chosen]
        return np.hstack([shown, 1.0 - shown]) if self.complement else shown, label[chosen]

    def ticks(self, training: bool) -> int:
        """Time steps of a sample."""
        return self.training_length if training and self.training_length is not None else self.length

    def batches(self, rng: np.random.Generator, count: int, training: bool, seed: int, size: int) -> Iterator[Samples]:
        """Pictures as spikes, at most `size` at once.

        Training pictures come in random order, each once before any comes again; test pictures in a fixed order.
        """
        inputs, label = self.examples(seed, training)
        rounds = -(-count // len(label))
        drawn = [rng.permutation(len(label)) if training else np.arange(len(label)) for _ in range(rounds)]
        order = np.concatenate([np.zeros(0, np.int64), *drawn])[:count]
        for start in range(0, count, size):
            chosen = order[start : start + size]
            shown = self._payloads if self.coding == "graded" else self._spikes
            yield shown(rng, inputs[chosen], label[chosen], training)

    def _payloads(
        self, rng: np.random.Generator, inputs: NDArray[np.float64], label: NDArray[np.int32], training: bool
    ) -> Samples:
        del rng
        count, inputs_count = inputs.shape
        tick = np.repeat(np.arange(count, dtype=np.int64) * self.ticks(training), inputs_count)
        address = np.tile(np.arange(inputs_count, dtype=np.int32), count)
        return self._samples(label, training, tick, address, inputs.astype(np.float32).ravel())

    def _spikes(
        self, rng: np.random.Generator, inputs: NDArray[np.float64], label: NDArray[np.int32], training: bool
    ) -> Samples:
        count, inputs_count = inputs.shape
        length = self.ticks(training)
        rate = (inputs * self.spikes_per_tick)[:, None, :]
        if self.coding == "bernoulli":
            fires = rng.random((count, length, inputs_count)) < rate
        else:
            phase = rng.random((count, 1, inputs_count)) if self.coding == "systematic" else 0.5
            fires = np.diff(np.floor(np.arange(length + 1)[None, :, None] * rate + phase), axis=1) > 0
        sample, tick, address = np.nonzero(fires)
        order = np.lexsort((rng.random(len(tick)), sample * length + tick))
        return self._samples(label, training, (sample * length + tick)[order], address[order].astype(np.int32))

    def _samples(
        self,
        label: NDArray[np.int32],
        training: bool,
        tick: NDArray[np.int64],
        address: NDArray[np.int32],
        value: NDArray[np.float32] | None = None,
    ) -> Samples:
        count, length = label.size, self.ticks(training)
        shown = np.ones(count * length, np.uint8)
        return Samples(
            length=np.full(count, length, np.int32),
            event_tick=tick,
            event_address=address,
            label=label,
            label_tick=np.full(count, 0 if training else -1, np.int32),
            target_valid=shown if training else np.zeros_like(shown),
            infer=shown,
            targets=np.zeros((0, 0), np.int32),
            training=np.full(count, training),
            event_value=value,
        )


@cache
def _pictures() -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    from sklearn.datasets import load_digits

    held = load_digits()
    return held.data / LEVELS, held.target.astype(np.int32)


@cache
def _split(held_out: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Training and test pictures by number."""
    from sklearn.model_selection import train_test_split

    label = _pictures()[1]
    train, test = train_test_split(np.arange(len(label)), test_size=held_out, stratify=label, random_state=seed)
    return train, test
