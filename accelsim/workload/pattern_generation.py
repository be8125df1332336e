"""Pattern generation: a sum of sines, to be drawn again and again from the same input spikes.

G. Bellec, F. Scherr et al., "A solution to the learning dilemma for recurrent networks of spiking neurons",
Nature Communications 11:3625 (2020). Inputs spike at random, but in every sample alike; the targets are sums of
sines with random amplitudes and phases, shifted to start at zero and scaled to a largest value of 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from accelsim.config.model import Model, PathError
from accelsim.config.quantity import Quantity, Time
from accelsim.controllers.samples import Samples

Rate = Annotated[float, Quantity("frequency", "Hz", "50 Hz")]
MAX_TICKS = 1_000_000
"""Of a sample: its events are drawn at once."""


class PatternGeneration(Model):
    """Regression of sums of sines from frozen input spikes. Defaults are those of the publication."""

    kind: Literal["pattern-generation"]
    tick: Time = Field(default=1e-3, gt=0)
    """Time step."""
    duration: Time = Field(default=1.0, gt=0)
    """Of a sample."""
    inputs: int = Field(default=100, gt=0)
    """Number of inputs."""
    outputs: int = Field(default=1, gt=0)
    """Number of targets, each with sines of its own."""
    input_rate: Rate = Field(default=50.0, gt=0)
    """Mean rate of an input."""
    periods: tuple[Time, ...] = Field(default=(1.0, 0.5, 1 / 3, 0.2), min_length=1)
    """Of the sines."""
    amplitude: tuple[float, float] = (0.5, 2.0)
    """Range of the sines' amplitudes, before the sum is scaled."""
    target_scale: int = Field(default=10_000, gt=0, le=32_767)
    """Integer that is handed to the chip for a target of 1."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not 1 < self.length <= MAX_TICKS:
            raise PathError("duration", f"{self.length} ticks are not 2 to {MAX_TICKS}")
        if self.input_rate * self.tick > 1:
            raise PathError("input_rate", "more than one spike per tick")
        if not 0 < self.amplitude[0] <= self.amplitude[1]:
            raise PathError("amplitude", f"{list(self.amplitude)} is no range of positive numbers")
        if any(period <= 0 for period in self.periods):
            raise PathError("periods", "a period is not > 0")
        return self

    @property
    def length(self) -> int:
        """Ticks of a sample."""
        return round(self.duration / self.tick)

    def ticks(self, training: bool) -> int:
        """Time steps of a sample."""
        return self.length

    def batches(self, rng: np.random.Generator, count: int, training: bool, seed: int, size: int) -> Iterator[Samples]:
        """`count` samples that differ in nothing, at most `size` at once."""
        yield from self.repeated(count, training, seed, size)

    def repeated(self, count: int, training: bool, seed: int, size: int, pattern: int = 0) -> Iterator[Samples]:
        """The same sample `count` times, at most `size` at once; patterns differ in their targets, not their inputs."""
        frozen = np.random.default_rng(np.random.SeedSequence([seed, crc32(b"task.pattern")]))
        drawn = self.draw_targets(frozen)
        if pattern:
            drawn = self.draw_targets(np.random.default_rng([seed, crc32(b"task.pattern"), pattern]))
        targets = np.rint(drawn * self.target_scale).astype(np.int32)
        tick, address = np.nonzero(frozen.random((self.length, self.inputs)) < self.input_rate * self.tick)
        for start in range(0, count, size):
            samples = min(size, count - start)
            shift = np.repeat(np.arange(samples, dtype=np.int64) * self.length, len(tick))
            yield Samples(
                length=np.full(samples, self.length, np.int32),
                event_tick=np.tile(tick, samples) + shift,
                event_address=np.tile(address, samples).astype(np.int32),
                label=np.zeros(samples, np.int32),
                label_tick=np.full(samples, -1, np.int32),
                target_valid=np.full(samples * self.length, training, np.uint8),
                infer=np.ones(samples * self.length, np.uint8),
                targets=np.tile(targets, (samples, 1)),
                training=np.full(samples, training),
            )

    def draw_targets(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """(length, outputs) targets between -1 and 1."""
        shape = (len(self.periods), self.outputs)
        amplitude, phase = rng.uniform(*self.amplitude, shape), rng.uniform(0.0, 2 * np.pi, shape)
        turns = np.arange(self.length)[:, None] * self.tick / np.array(self.periods)
        sums = (amplitude * np.sin(2 * np.pi * turns[:, :, None] + phase)).sum(axis=1)
        sums -= sums[0]
        return np.asarray(sums / np.abs(sums).max(axis=0), np.float64)
