"""What neuron models on integers share: word formats, and the surrogate derivative as a triangle or from a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from accelsim.datapath.intrinsics import absolute, maximum, saturate_unsigned
from accelsim.datapath.stages import Stage
from accelsim.datapath.words import Format, Word
from accelsim.neurons.base import NeuronModel
from accelsim.neurons.surrogates import SLOPES, Shape, codes, derivative_of_codes


def triangle(distance: Any, threshold: int, potential_fraction: int, surrogate_bits: int) -> Any:
    """Triangle around the threshold, truncated to the surrogate's bits."""
    height = maximum(threshold - absolute(distance), 0) << surrogate_bits
    return saturate_unsigned(height >> potential_fraction, surrogate_bits)


class FixedNeuron(NeuronModel):
    """Base of models on integers whose threshold is 1; stages tell the ``distance`` from it."""

    potential_bits: int = Field(default=16, ge=4, le=24)
    """Width of the potential."""

    potential_fraction: int = Field(default=10, ge=1, le=20)
    """Bits of potential and current after the point; the threshold is 1."""

    surrogate_bits: int = Field(default=5, ge=1, le=16)
    """Width of the surrogate derivative, all after the point."""

    surrogate_shape: Shape = "triangular"
    """Shape of the surrogate derivative (see `accelsim.neurons.surrogates`), scaled so that it fills its word."""

    surrogate_slope: float | None = Field(default=None, gt=0)
    """Its slope; without it the shape's own, for the triangle 1."""

    surrogate_segments: int = Field(default=0, ge=0, le=1024)
    """Segments of its table; with 0 the triangle is computed, other shapes have 32."""

    @property
    def current(self) -> Format:
        """The sum of weights that arrived, in units of the potential."""
        return Word(self.potential_bits, fraction=self.potential_fraction)

    @property
    def surrogate(self) -> Format:
        """Non-negative and below 1."""
        return Word(self.surrogate_bits, signed=False, fraction=self.surrogate_bits)

    @property
    def distance(self) -> Format:
        """Wide enough for any difference of potential and threshold."""
        return Word(self.potential_bits + 2, fraction=self.potential_fraction)

    @property
    def derived(self) -> Mapping[str, float]:
        """The threshold as an integer."""
        return {"threshold": 1 << self.potential_fraction}

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The model's own, with the surrogate derivative behind the one that tells ``distance``."""
        if self.surrogate_shape == "triangular" and not self.surrogate_segments:
            surrogate = Stage(triangle, "time step", "neuron", ("surrogate",))
        else:
            slope = self.surrogate_slope or SLOPES.get(self.surrogate_shape, 1.0)
            segments = self.surrogate_segments or 32
            known = codes(self.surrogate_shape, slope, segments, self.potential_fraction, self.surrogate_bits)
            surrogate = derivative_of_codes(*known)
        found: list[Stage] = []
        for each in super().stages:
            found += [each, surrogate] if "distance" in each.writes else [each]
        return tuple(found)
