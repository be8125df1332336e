"""A spiking network as plain arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from accelsim.config.errors import Problem, check

MAX_DELAY = 63
"""Largest additional delay of a synapse, in steps."""


@dataclass(frozen=True, eq=False)
class NetworkData:
    """Neurons, synapses and input of a network.

    Attributes
    ----------
    n : int
        Neurons, with ids 0 to n - 1.
    src, dst : int array, shape (synapses,)
        Neurons each synapse connects; parallel synapses are distinct.
    weight : int or float array, shape (synapses,)
    delay : int array, shape (synapses,), or None
        Steps in addition to the one that every spike takes.
    parameters : mapping of str to array of shape (n,) or ()
        What the neuron model needs (see `MODELS` of `accelsim.controllers.stepped.population`), per neuron or for all;
        numbers, and texts for modes.
    is_input : bool array, shape (n,), or None
        Neurons that have no state and replay the raster.
    raster : uint8 array, shape (steps, inputs), or None
        Spikes of the inputs in the order of their ids.

    Raises
    ------
    ConfigError
        If the arrays contradict each other.
    """

    n: int
    src: NDArray[np.integer]
    dst: NDArray[np.integer]
    weight: NDArray[np.number]
    delay: NDArray[np.integer] | None = None
    parameters: Mapping[str, NDArray] = field(default_factory=dict)
    is_input: NDArray[np.bool_] | None = None
    raster: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        check(Problem(path=where, message=message) for where, message in self.mistakes())

    @property
    def synapses(self) -> int:
        """Number of synapses."""
        return self.src.size

    @property
    def inputs(self) -> NDArray[np.int64]:
        """Ids of the input neurons."""
        return np.flatnonzero(self.is_input) if self.is_input is not None else np.zeros(0, np.int64)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield (where, what) for every contradiction."""
        for name in ("src", "dst"):
            yield from _outside(name, getattr(self, name), 0, self.n - 1, f"a neuron of 0 to {self.n - 1}")
        if self.delay is not None:
            yield from _outside("delay", self.delay, 0, MAX_DELAY, f"a delay of 0 to {MAX_DELAY} steps")
        for name in ("dst", "weight", "delay"):
            array = getattr(self, name)
            if array is not None and array.shape != self.src.shape:
                yield name, f"has shape {array.shape}, but `src` has {self.src.shape}"
        if self.weight.dtype.kind == "f" and not np.isfinite(self.weight).all():
            at = int(np.argmin(np.isfinite(self.weight)))
            yield f"weight[{at}]", f"{self.weight[at]} is not a finite number"
        for name, values in self.parameters.items():
            if np.shape(values) not in ((), (self.n,)):
                yield name, f"has shape {np.shape(values)}; expected one value or one for each of {self.n} neurons"
        if self.is_input is not None and self.is_input.shape != (self.n,):
            yield "is_input", f"has shape {self.is_input.shape}; expected ({self.n},)"
        elif self.inputs.size and self.raster is None:
            yield "raster", f"missing, but there are {self.inputs.size} inputs"
        elif self.raster is not None and (self.raster.ndim != 2 or self.raster.shape[1] != self.inputs.size):
            yield "raster", f"has shape {self.raster.shape}; expected (steps, {self.inputs.size})"


def _outside(name: str, array: NDArray, low: int, high: int, wanted: str) -> Iterator[tuple[str, str]]:
    if array.size and (array.min() < low or array.max() > high):
        at = int(np.argmax((array < low) | (array > high)))
        yield f"{name}[{at}]", f"{array[at]} is not {wanted}"
