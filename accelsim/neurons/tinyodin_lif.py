"""Leaky integrate-and-fire neuron of tinyODIN (C. Frenkel, open RTL, 2022).

A 12-bit signed potential that leaks linearly towards zero at time references and is reset to zero; the whole
neuron is one 32-bit memory word.  Every function is scalar arithmetic on exact integers, run by the compiled
kernels and traced for its cost.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from accelsim.datapath.fields import Field
from accelsim.datapath.intrinsics import maximum, minimum, saturate, where


class LIFWord(NamedTuple):
    """Fields of the neuron word."""

    core: Field = Field(0, 12, signed=1)
    thr: Field = Field(12, 12)
    leak_str: Field = Field(24, 7)
    disable: Field = Field(31, 1)


LIF = LIFWord()
"""Layout of the neuron word."""


def leak(core: Any, leak_str: Any) -> Any:
    """Potential after a time reference: towards zero, where it stops."""
    return where(core < 0, minimum(core + leak_str, 0), maximum(core - leak_str, 0))


def update(tref: Any, w: Any, core: Any, thr: Any, leak_str: Any) -> Any:
    """One update: a time reference if `tref`, else the signed weight `w`.

    Returns
    -------
    core : the new potential.
    spike : whether the threshold was reached (before the output is masked); from 2048 on it never is.
    """
    v = where(tref, leak(core, leak_str), saturate(core + w, 12))
    spike = (v >= 0) & (v >= thr)
    return where(spike, 0, v), spike
