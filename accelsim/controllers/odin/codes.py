"""Input words of ODIN: with addresses of ``a`` bits, {synapse event, source or neuron[a], target or code[a]}.

Addresses may be arrays. For 256 neurons these are the 17-bit words of the open RTL.
"""

from __future__ import annotations

from typing import Any

from accelsim.controllers.crossbar import Shape


def neuron_event(shape: Shape, n: Any) -> Any:
    """A presynaptic spike of neuron `n`."""
    return n << shape.address_bits | 0x07


def virtual_event(shape: Shape, n: Any, weight: Any, inhibitory: Any = 0, leak: Any = 0) -> Any:
    """An input of neuron `n` that no synapse carries: a weight 0..7 and its sign, or a leak.

    With all three 0 the core takes it for a neuron event.
    """
    return n << shape.address_bits | weight << 5 | inhibitory << 4 | leak << 3 | 1


def time_reference(shape: Shape, n: Any = None) -> Any:
    """A time reference for neuron `n`, or for all."""
    return 0x7F if n is None else n << shape.address_bits | 0xFF


def bistability(shape: Shape, pre: Any = None) -> Any:
    """A bistability event for the outgoing synapses of neuron `pre`, or for all."""
    return 0x00 if pre is None else pre << shape.address_bits | 0x80


def synapse_event(shape: Shape, pre: Any, post: Any) -> Any:
    """An event on the synapse from `pre` to `post` alone."""
    return 1 << 2 * shape.address_bits | pre << shape.address_bits | post
