"""Spoken keywords, synthetic: formants glide through the channels of a filter bank, each class along its own way.

No recording is used and nothing is licensed: a word is a set of formant trajectories, as the loci of vowels and their
transitions are described by G. E. Peterson and H. L. Barney, "Control methods used in a study of the vowels", JASA
24:175 (1952), here drawn at random once for a vocabulary. Speakers differ in vocal-tract length (all formants shift),
speed, onset and loudness; noise spikes are everywhere, all the time. Only the difficulty resembles speech.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from accelsim.config.model import Model, PathError, PathErrors
from accelsim.config.quantity import Quantity, Time, format_quantity
from accelsim.controllers.samples import Samples

SpikeRate = Annotated[float, Quantity("frequency", "Hz", "100 Hz")]
"""Mean rate of one input; 0 Hz for a silent one."""

POINTS = 4
"""Places that a trajectory goes through, evenly spaced in time (assumed)."""
CANDIDATES = 64
"""Words that each word of a vocabulary is the most distinct one of."""
SPREAD = 0.9
"""Width of a formant in channels, one standard deviation (assumed)."""
ATTACK = 0.1
"""Share of a word in which it swells, and in which it fades (assumed)."""
SPEAKER = 4
"""Random numbers of a sample that describe its speaker: shift, speed, onset, loudness."""
MAX_DRAWS = 10_000_000


class Keywords(Model):
    """Classification of synthetic spoken keywords, a word per sample.

    A word lasts `word_duration` at normal speed and begins at a random time; in the last `answer_duration` of the
    sample the answer counts and, in training, the target is given. Every channel spikes with the energy of the
    formants in it, one Bernoulli trial per time step.
    """

    kind: Literal["keywords"]
    tick: Time = Field(default=5e-3, gt=0)
    """Time step."""
    classes: int = Field(default=5, ge=2, le=32)
    """Words to tell apart."""
    channels: int = Field(default=24, ge=4, le=256)
    """Inputs: channels of the filter bank, from low to high frequencies."""
    formants: int = Field(default=2, ge=1, le=4)
    """Trajectories of a word."""
    length: Time = 500e-3
    """Duration of a sample."""
    word_duration: Time = 350e-3
    """Duration of a word at normal speed."""
    answer_duration: Time = 250e-3
    """How long the answer is asked for, at the end of a sample."""
    peak_rate: SpikeRate = 100.0
    """Rate of a channel with a formant in its middle."""
    noise_rate: SpikeRate = 4.0
    """Rate of every channel, all the time."""
    speaker_shift: float = Field(default=1.0, ge=0, le=16)
    """Shift of a speaker's formants in channels, at most, to either side."""
    speed: float = Field(default=0.15, ge=0, lt=1)
    """Largest share by which a word is shorter or longer."""
    onset_jitter: Time = 50e-3
    """Latest beginning of a word."""
    vocabulary: int = Field(default=0, ge=0)
    """Number of the vocabulary; the words of one are the same whatever the seed of a run."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if problems := list(self._problems()):
            raise PathErrors(problems)
        return self

    def _problems(self) -> Iterator[PathError]:
        tick = format_quantity(self.tick, "s")
        for name in ("length", "answer_duration"):
            ticks = getattr(self, name) / self.tick
            shown = format_quantity(getattr(self, name), "s")
            if abs(ticks - round(ticks)) > 1e-6:
                yield PathError(name, f"{shown} is no whole number of ticks of {tick}")
            elif round(ticks) == 0:
                yield PathError(name, f"{shown} is shorter than a tick of {tick}")
        if self.answer_duration > self.length:
            yield PathError("answer_duration", f"is longer than the sample of {format_quantity(self.length, 's')}")
        longest = self.onset_jitter + self.word_duration * (1 + self.speed)
        if longest > self.length * (1 + 1e-9):
            message = f"a late, slow word ends after {format_quantity(longest, 's')}, a sample before that"
            yield PathError("word_duration", message)
        for name in ("peak_rate", "noise_rate"):
            if getattr(self, name) * self.tick > 1:
                shown = format_quantity(getattr(self, name), "Hz")
                yield PathError(name, f"{shown} is more than one spike per tick of {tick}")
        if self.draws > MAX_DRAWS:
            yield PathError("tick", f"a sample has {self.draws} random numbers, more than {MAX_DRAWS}: lengthen `tick`")

    @property
    def inputs(self) -> int:
        """Number of input addresses."""
        return self.channels

    @property
    def outputs(self) -> int:
        """Number of classes."""
        return self.classes

    @property
    def draws(self) -> int:
        """Random numbers per sample: sample i of a stream starts at number ``i * draws``."""
        return 1 + SPEAKER + self.ticks(False) * self.channels

    def ticks(self, training: bool) -> int:
        """Time steps of a sample."""
        return round(self.length / self.tick)

    def batches(self, rng: np.random.Generator, count: int, training: bool, seed: int, size: int) -> Iterator[Samples]:
        """`count` samples, at most `size` at once (see :meth:`generate`)."""
        for start in range(0, count, size):
            yield self.generate(rng, min(size, count - start), training)

    def generate(self, rng: np.random.Generator, count: int, training: bool) -> Samples:
        """Draw the next samples; each depends only on its place in the stream of `rng`."""
        drawn = rng.random((count, self.draws))
        label = (drawn[:, 0] * self.classes).astype(np.int32)
        length = self.ticks(training)
        trials = drawn[:, 1 + SPEAKER :].reshape(count, length, self.channels)
        sample, tick, address = np.nonzero(trials < self.rates(label, drawn[:, 1 : 1 + SPEAKER]) * self.tick)
        answer = length - round(self.answer_duration / self.tick)
        valid = np.tile(np.arange(length) >= answer, count).astype(np.uint8)
        return Samples(
            length=np.full(count, length, np.int32),
            event_tick=(sample * length + tick).astype(np.int64),
            event_address=address.astype(np.int32),
            label=label,
            label_tick=np.full(count, answer if training else -1, np.int32),
            target_valid=valid if training else np.zeros_like(valid),
            infer=valid,
            targets=np.zeros((0, 0), np.int32),
            training=np.full(count, training),
        )

    def rates(self, label: NDArray[np.int32], speaker: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rate of every channel in every time step in Hz, (samples, ticks, channels).

        Parameters
        ----------
        label
            (samples,) words.
        speaker
            (samples, `SPEAKER`) uniform numbers: shift, speed, onset, loudness.
        """
        shift = (2 * speaker[:, 0] - 1) * self.speaker_shift
        duration = self.word_duration * (1 + (2 * speaker[:, 1] - 1) * self.speed)
        onset = speaker[:, 2] * self.onset_jitter
        loudness = 0.7 + 0.3 * speaker[:, 3]  # a quiet speaker at seven tenths (assumed)
        time = (np.arange(self.ticks(False)) + 0.5) * self.tick
        share = (time[None, :] - onset[:, None]) / duration[:, None]
        envelope = np.clip(np.minimum(share, 1 - share) / ATTACK, 0, 1) * loudness[:, None]
        ways = words(self.vocabulary, self.classes, self.formants)[label] * (self.channels - 1)
        at = np.clip(share, 0, 1) * (POINTS - 1)
        first = np.minimum(at.astype(np.int64), POINTS - 2)
        rows = np.arange(len(label))[:, None]
        energy = np.zeros((*share.shape, self.channels))
        for way in ways.transpose(1, 0, 2):
            centre = way[rows, first] + (at - first) * (way[rows, first + 1] - way[rows, first]) + shift[:, None]
            distance = (np.arange(self.channels) - centre[:, :, None]) / SPREAD
            energy += np.exp(-0.5 * distance**2)
        return np.minimum(self.peak_rate, energy * envelope[:, :, None] * self.peak_rate) + self.noise_rate


@cache
def words(vocabulary: int, classes: int, formants: int) -> NDArray[np.float64]:
    """Trajectories of the words of a vocabulary, (classes, formants, `POINTS`), as places between 0 and 1.

    Each word is the most distinct of `CANDIDATES` drawn ones, so that the first words of a vocabulary are the same
    however many there are. The formants of a word keep their order.
    """
    rng = np.random.default_rng(np.random.SeedSequence([vocabulary, formants]))
    chosen: list[NDArray[np.float64]] = []
    for _ in range(classes):
        drawn = np.sort(rng.random((CANDIDATES, formants, POINTS)), axis=1)
        near = [min((float(np.abs(word - other).mean()) for other in chosen), default=0.0) for word in drawn]
        chosen.append(drawn[int(np.argmax(near))])
    return np.stack(chosen)
