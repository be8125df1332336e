"""Evidence accumulation: which of two sides gave more cues, asked a long time after the last one.

G. Bellec, F. Scherr et al., "A solution to the learning dilemma for recurrent networks of spiking neurons",
Nature Communications 11:3625 (2020), after the T-maze experiment of Morcos and Harvey (2016). Four groups of
inputs: cues on the left, cues on the right, the request to answer, and background noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from accelsim.config.model import Model, PathError, PathErrors
from accelsim.config.quantity import Quantity, Time, format_quantity
from accelsim.controllers.samples import Samples

LEFT, RIGHT, RECALL, NOISE = range(4)
"""Input groups, in the order of their addresses. LEFT and RIGHT are also the two classes."""
GROUPS = 4

Rule = Literal["majority", "minority", "first", "last"]
"""Which side is right: the one with more cues, the other one (as if the inputs of the sides were exchanged), or the one
of the first or the last cue."""

SpikeRate = Annotated[float, Quantity("frequency", "Hz", "40 Hz")]
"""Mean rate of one input; 0 Hz for a silent one."""

_DURATIONS = ("cue_duration", "cue_spacing", "delay", "recall_duration")
MAX_TICKS = 1_000_000
"""Of a sample: its events are drawn at once."""
_RATES = ("cue_rate", "recall_rate", "noise_rate")


class CueAccumulation(Model):
    """Delayed decision on the majority of a series of cues.

    Each cue takes one `cue_spacing`: a gap, then `cue_duration` of spikes of the side's group. After the last
    cue follow `delay` and, to the end of the sample, `recall_duration`, in which the answer counts and the
    target is given. Every sample prefers one side, drawn evenly, and each cue takes that side with
    `preference`; the class is the side with more cues. Defaults are those of the publication.
    """

    kind: Literal["cue-accumulation"]
    tick: Time = Field(default=1e-3, gt=0)
    """Time step."""
    cues: int = Field(default=7, gt=0)
    """Number of cues; odd, so that there is always a majority."""
    cue_duration: Time = 100e-3
    """How long the group of a cue spikes."""
    cue_spacing: Time = 150e-3
    """From the end of one cue to the end of the next."""
    delay: Time = 1050e-3
    """From the end of the last cue to the request to answer."""
    recall_duration: Time = 150e-3
    """How long the answer is asked for."""
    preference: float = Field(default=0.7, ge=0.5, le=1)
    """Probability that a cue is on the side its sample prefers; the other side has the rest."""
    cue_rate: SpikeRate = 40.0
    """Rate of each input of a group during its cue."""
    recall_rate: SpikeRate = 40.0
    """Rate of each input of the recall group while the answer is asked for."""
    noise_rate: SpikeRate = 10.0
    """Rate of each input of the noise group, all the time."""
    group_size: int = Field(default=10, gt=0)
    """Inputs of each of the four groups."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if problems := list(self._problems()):
            raise PathErrors(problems)
        return self

    def _problems(self) -> Iterator[PathError]:
        tick = format_quantity(self.tick, "s")
        if self.cues % 2 == 0:
            yield PathError("cues", f"{self.cues} is even: both sides could have as many cues")
        if self.length > MAX_TICKS:
            excess = f"a sample has {self.length} ticks, more than {MAX_TICKS}"
            yield PathError("tick", f"{excess}: shorten its cues or durations, or lengthen `tick`")
        for name in _DURATIONS:
            ticks = getattr(self, name) / self.tick
            shown = format_quantity(getattr(self, name), "s")
            if abs(ticks - round(ticks)) > 1e-6:
                yield PathError(name, f"{shown} is no whole number of ticks of {tick}")
            elif round(ticks) == 0 and name != "delay":
                yield PathError(name, f"{shown} is shorter than a tick of {tick}")
        if self.cue_duration > self.cue_spacing:
            shown, limit = (format_quantity(t, "s") for t in (self.cue_duration, self.cue_spacing))
            yield PathError("cue_duration", f"{shown} is longer than the cue_spacing of {limit}")
        for name in _RATES:
            if getattr(self, name) * self.tick > 1:
                shown = format_quantity(getattr(self, name), "Hz")
                yield PathError(name, f"{shown} is more than one spike per tick of {tick}")

    @property
    def inputs(self) -> int:
        """Number of input addresses."""
        return GROUPS * self.group_size

    @property
    def outputs(self) -> int:
        """Number of classes: left and right."""
        return 2

    @property
    def recall_tick(self) -> int:
        """First tick of a sample in which the answer counts."""
        return self.cues * self._ticks(self.cue_spacing) + self._ticks(self.delay)

    @property
    def length(self) -> int:
        """Ticks of a sample."""
        return self.recall_tick + self._ticks(self.recall_duration)

    @property
    def draws(self) -> int:
        """Random numbers per sample: sample i of a stream starts at number ``i * draws``."""
        active = self.cues * self._ticks(self.cue_duration) + self._ticks(self.recall_duration) + self.length
        return 1 + self.cues + self.group_size * active

    def ticks(self, training: bool) -> int:
        """Time steps of a sample."""
        return self.length

    def batches(self, rng: np.random.Generator, count: int, training: bool, seed: int, size: int) -> Iterator[Samples]:
        """`count` samples, at most `size` at once (see :meth:`generate`)."""
        for start in range(0, count, size):
            yield self.generate(rng, min(size, count - start), training)

    def generate(self, rng: np.random.Generator, count: int, training: bool, rule: Rule = "majority") -> Samples:
        """Draw the next samples.

        A sample depends only on its place in the stream of `rng`, not on how the stream is cut into chunks:
        each takes `draws` uniform numbers.

        Parameters
        ----------
        rng
            Source of randomness.
        count
            Number of samples.
        training
            Whether they are to be learnt from. Only then is the label handed over, before the recall, and
            the target valid during it.
        rule
            Which side is right.
        """
        drawn = rng.random((count, self.draws))
        prefers_right = drawn[:, 0] < 0.5
        keeps = drawn[:, 1 : 1 + self.cues] < self.preference
        side = np.where(keeps == prefers_right[:, None], RIGHT, LEFT)
        label = self._label(side, rule)
        tick, address = self._events(drawn[:, 1 + self.cues :], side)

        valid = np.tile(np.arange(self.length) >= self.recall_tick, count).astype(np.uint8)
        return Samples(
            length=np.full(count, self.length, np.int32),
            event_tick=tick,
            event_address=address,
            label=label,
            label_tick=np.full(count, self.recall_tick if training else -1, np.int32),
            target_valid=valid if training else np.zeros_like(valid),
            infer=valid,
            targets=np.zeros((0, 0), np.int32),
            training=np.full(count, training),
        )

    def _label(self, side: NDArray[np.int64], rule: Rule) -> NDArray[np.int32]:
        """Classes by the sides of the cues, (samples, cues)."""
        if rule in ("first", "last"):
            right = side[:, 0 if rule == "first" else -1] == RIGHT
        else:
            right = (2 * side.sum(axis=1) > self.cues) == (rule == "majority")
        return np.where(right, RIGHT, LEFT).astype(np.int32)

    def _events(
        self, drawn: NDArray[np.float64], side: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Ticks and addresses of all events, one Bernoulli trial per tick and input that may spike.

        Parameters
        ----------
        drawn
            (samples, trials) uniform numbers: cues, then recall, then noise.
        side
            (samples, cues) LEFT or RIGHT.
        """
        count, size, width = len(side), self.group_size, self._ticks(self.cue_duration)
        spacing, recall = self._ticks(self.cue_spacing), self._ticks(self.recall_duration)
        during_cues, during_recall, always = np.split(
            drawn, np.cumsum([self.cues * width * size, recall * size]), axis=1
        )

        def spikes(trials: NDArray[np.float64], rate: float, shape: tuple[int, ...]) -> tuple[NDArray[np.int64], ...]:
            return np.nonzero((trials < rate * self.tick).reshape(count, *shape, size))

        s, cue, t, unit = spikes(during_cues, self.cue_rate, (self.cues, width))
        cue_end = (cue + 1) * spacing
        parts = [(s, cue_end - width + t, side[s, cue], unit)]
        s, t, unit = spikes(during_recall, self.recall_rate, (recall,))
        parts.append((s, self.recall_tick + t, np.full(s.size, RECALL), unit))
        s, t, unit = spikes(always, self.noise_rate, (self.length,))
        parts.append((s, t, np.full(s.size, NOISE), unit))
        sample, tick, group, unit = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        # One key orders by tick, then by address.
        key = np.sort((sample * self.length + tick) * self.inputs + group * size + unit)
        ticks, addresses = np.divmod(key, self.inputs)
        return ticks, addresses.astype(np.int32)

    def _ticks(self, duration: float) -> int:
        return round(duration / self.tick)
