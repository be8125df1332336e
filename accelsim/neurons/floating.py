"""What neuron models in floating point share: the width of their words and the shape of the surrogate derivative."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from accelsim.datapath.stages import Stage
from accelsim.datapath.words import Float, Format
from accelsim.neurons.base import NeuronModel
from accelsim.neurons.surrogates import SLOPES, Shape, derivative, derivative_of_table, table


class FloatNeuron(NeuronModel):
    """Base of models in float32 or float64 that fire where a stage's ``distance`` from the threshold is positive."""

    float_bits: Literal[32, 64] = 32
    """Width of every word that is no flag or counter."""

    threshold: float = Field(default=1.0, gt=0)
    """Potential above which the neuron fires."""

    dampening: float = Field(default=0.3, ge=0)
    """Factor gamma of the surrogate derivative; the triangle is also divided by the threshold."""

    surrogate_shape: Shape = "triangular"
    """Shape of the surrogate derivative (see `accelsim.neurons.surrogates`)."""

    surrogate_slope: float | None = Field(default=None, gt=0)
    """Its slope; without it the shape's own, for the triangle 1 / threshold."""

    surrogate_segments: int = Field(default=0, ge=0, le=256)
    """Segments of its table, at least 3; 0 computes it."""

    @property
    def word(self) -> Float:
        """Format of potentials and the like."""
        return Float(self.float_bits)

    @property
    def current(self) -> Format:
        """Format of the summed synaptic input."""
        return self.word

    @property
    def surrogate(self) -> Format:
        """Format of the surrogate derivative."""
        return self.word

    @property
    def slope(self) -> float:
        """Slope of the surrogate derivative."""
        return self.surrogate_slope or SLOPES.get(self.surrogate_shape, 1 / self.threshold)

    @property
    def derived(self) -> Mapping[str, float]:
        """What the surrogate derivative multiplies with."""
        scale = 1 / self.threshold if self.surrogate_shape == "triangular" else 1.0
        return {"slope": self.slope, "peak": self.dampening * scale}

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The model's own, with the surrogate derivative behind the one that tells ``distance``."""
        if self.surrogate_segments:
            surrogate = derivative_of_table(*table(self.surrogate_shape, self.slope, self.surrogate_segments))
        else:
            surrogate = derivative(self.surrogate_shape)
        found: list[Stage] = []
        for each in super().stages:
            found += [each, surrogate] if "distance" in each.writes else [each]
        return tuple(found)

    def check(self) -> None:
        """Raise `ConfigError` if it cannot be run."""
        if self.surrogate_segments in (1, 2):
            raise self.problem(f"surrogate_segments: {self.surrogate_segments}, but a table has 0 or at least 3")
        super().check()
