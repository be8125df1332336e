"""Input words of tinyODIN: with addresses of ``a`` bits, {virtual event, time reference, neuron[a]}.

Addresses may be arrays. For 256 neurons these are the 10-bit words of the open RTL.
"""

from __future__ import annotations

from typing import Any

from accelsim.controllers.crossbar import Shape


def neuron_event(shape: Shape, n: Any) -> Any:
    """A presynaptic spike of neuron `n`."""
    del shape  # alike for every size
    return n


def virtual_event(shape: Shape, n: Any, weight: Any) -> Any:
    """An input of a neuron that no synapse carries: a signed weight -8..7.

    It reaches neurons below 16 of 256; a weight of 0 makes it a neuron event.
    """
    return 2 << shape.address_bits | (weight & 15) << shape.address_bits - 4 | n


def time_reference(shape: Shape, n: Any = None) -> Any:
    """A time reference for neuron `n`, or for all; the highest address stands for all."""
    return 1 << shape.address_bits | ((1 << shape.address_bits) - 1 if n is None else n)
