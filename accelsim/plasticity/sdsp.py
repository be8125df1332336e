"""Spike-driven synaptic plasticity (J. M. Brader, W. Senn, S. Fusi, Neural Comput. 19:2881, 2007) in digital form.

The form of ODIN (C. Frenkel et al., IEEE TBCAS 13(1):145, 2019; open RTL): a presynaptic spike moves a weight of
few bits one unit up or down as two flags of the postsynaptic neuron say, and nothing else of its history is
needed.  The flags compare its potential with one threshold and its calcium, a slow spike counter, with three; a
bistability drift pulls weights to the nearer end of their range.  Every function is scalar arithmetic on exact
integers, run by the compiled kernels and traced for its cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from accelsim.datapath.intrinsics import maximum, minimum, where
from accelsim.datapath.stages import stage
from accelsim.datapath.words import BIT, Format, Word
from accelsim.plasticity.base import PlasticityRule, register


def spike_update(w: Any, up: Any, down: Any, enabled: Any, bits: Any) -> Any:
    """Weight after a presynaptic spike: one unit up, else down, as the postsynaptic flags say."""
    moved = where(up, minimum(w + 1, (1 << bits) - 1), where(down, maximum(w - 1, 0), w))
    return where(enabled, moved, w)


def drift(w: Any, enabled: Any, bits: Any) -> Any:
    """Weight after a bistability event: one unit towards the nearer end of its range."""
    moved = where(w >= 1 << (bits - 1), minimum(w + 1, (1 << bits) - 1), maximum(w - 1, 0))
    return where(enabled, moved, w)


def leak_counter(count: Any, period: Any, counts: Any) -> Any:
    """Counter modulo `period` (0: off) of a 5-bit word that moves if `counts`; also whether it came round."""
    running = counts & (period != 0)
    around = running & (count == period - 1)
    return where(around, 0, where(running, (count + 1) & 31, count)), around


def calcium_update(calcium: Any, spike: Any, leaks: Any, enabled: Any, increment: Any, highest: Any) -> Any:
    """Calcium up by `increment` with a spike, down by one with a leak; both together cancel."""
    rises = enabled & spike & (leaks == 0)
    falls = enabled & leaks & (spike == 0)
    return where(rises, minimum(calcium + increment, highest), where(falls, maximum(calcium - 1, 0), calcium))


def learning_flags(above: Any, calcium: Any, enabled: Any, theta1: Any, theta2: Any, theta3: Any) -> Any:
    """Flags (up, down) of a postsynaptic neuron; `above`: its potential reaches the membrane threshold."""
    learns = enabled & (calcium >= theta1)
    return learns & above & (calcium < theta3), learns & (above == 0) & (calcium < theta2)
