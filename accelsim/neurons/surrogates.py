"""Surrogate derivatives of a spike with respect to the potential, by their distance from the threshold.

Shapes of the potential minus the threshold, d, and a slope k; see J. K. Eshraghian et al., "Training spiking neural
networks using lessons from deep learning", Proceedings of the IEEE 111(9) (2023), and G. Bellec et al., Nature
Communications 11:3625 (2020) for the triangle. Hardware keeps a few segments of a shape in a table; a ladder of
comparators finds the segment.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Literal

from accelsim.datapath.intrinsics import absolute, lookup, maximum, recip, sigmoid
from accelsim.datapath.stages import Stage

Shape = Literal["triangular", "fast-sigmoid", "arctan", "sigmoid", "straight-through"]


def triangular(distance: Any, slope: Any) -> Any:
    """max(0, 1 - k |d|)."""
    return maximum(1 - absolute(distance) * slope, 0)


def fast_sigmoid(distance: Any, slope: Any) -> Any:
    """1 / (1 + k |d|)^2."""
    root = recip(1.0 + absolute(distance) * slope)
    return root * root


def arctan(distance: Any, slope: Any) -> Any:
    """(k / 2) / (1 + (pi k d / 2)^2)."""
    scaled = (0.5 * math.pi) * slope * distance
    return 0.5 * slope * recip(1.0 + scaled * scaled)


def logistic(distance: Any, slope: Any) -> Any:
    """k s (1 - s) with s = 1 / (1 + e^(-k d))."""
    s = sigmoid(slope * distance)
    return slope * s * (1.0 - s)


def straight_through(distance: Any, slope: Any) -> Any:
    """1 everywhere."""
    return 1.0


SHAPES: dict[str, Callable[[Any, Any], Any]] = {
    "triangular": triangular,
    "fast-sigmoid": fast_sigmoid,
    "arctan": arctan,
    "sigmoid": logistic,
    "straight-through": straight_through,
}
"""Every shape by name."""
SLOPES = {"fast-sigmoid": 25.0, "arctan": 2.0, "sigmoid": 25.0, "straight-through": 1.0}
"""Slopes where none is given, those of snnTorch; the triangle's is 1 / threshold."""
REACH = {"triangular": 1.0, "fast-sigmoid": 4.0, "arctan": 2.0, "sigmoid": 5.0, "straight-through": 1.0}
"""Distance, in units of 1 / slope, up to which a table follows a shape (assumed but for the triangle, which ends)."""


def table(shape: str, slope: float, segments: int) -> tuple[list[float], list[float]]:
    """A shape as a table of constant segments.

    Returns
    -------
    edges : list of float
        ``segments - 1`` distances, from minus to plus the shape's reach.
    values : list of float
        Of the shape in the middle of each segment; the outermost ones have the values at the reach.
    """
    reach = REACH[shape] / slope
    edges = [reach * (2 * i / (segments - 2) - 1) for i in range(segments - 1)]
    middles = [-reach, *(0.5 * (a + b) for a, b in pairwise(edges)), reach]
    return edges, [float(SHAPES[shape](middle, slope)) for middle in middles]


def derivative(shape: str) -> Stage:
    """The stage that leaves ``peak`` times a shape of ``distance`` and ``slope`` in ``surrogate``."""
    function = SHAPES[shape]

    def surrogate_derivative(distance: Any, slope: Any, peak: Any) -> Any:
        return peak * function(distance, slope)

    return Stage(surrogate_derivative, "time step", "neuron", ("surrogate",))


def derivative_of_table(edges: Sequence[float], values: Sequence[float]) -> Stage:
    """The same from a table (see `table`)."""
    edges, values = list(edges), list(values)

    def surrogate_derivative(distance: Any, peak: Any) -> Any:
        segment: Any = 0
        for edge in edges:
            segment = segment + (distance > edge)
        return peak * lookup(values, segment)

    return Stage(surrogate_derivative, "time step", "neuron", ("surrogate",))


def codes(shape: str, slope: float, segments: int, fraction: int, bits: int) -> tuple[int, list[int]]:
    """A shape as a table for fixed-point distances.

    Parameters
    ----------
    segments : rounded up to a power of two of equal segments between minus and plus the shape's reach.
    fraction : bits of the distance after the point.
    bits : of a code; the shape's largest value gets the largest code.

    Returns
    -------
    shift : int
        Entry ``(distance >> shift) + len(codes) / 2`` holds; beyond the table its first and last entry do.
    codes : list of int
    """
    reach = REACH[shape] / slope
    shift = max(0, math.ceil(math.log2(2 * reach * 2**fraction / segments)))
    half = max(1, math.ceil(reach * 2**fraction / (1 << shift)))
    middles = [(i + 0.5) * (1 << shift) / 2**fraction for i in range(-half, half)]
    scale = ((1 << bits) - 1) / float(SHAPES[shape](0.0, slope))
    values = [round(scale * float(SHAPES[shape](middle, slope))) for middle in middles]
    return shift, values if shape == "straight-through" else [0, *values, 0]


def derivative_of_codes(shift: int, values: Sequence[int]) -> Stage:
    """The stage that leaves the code of ``distance`` in ``surrogate`` (see `codes`)."""
    table, half = list(values), len(values) // 2

    def surrogate_derivative(distance: Any) -> Any:
        return lookup(table, (distance >> shift) + half)

    return Stage(surrogate_derivative, "time step", "neuron", ("surrogate",))
