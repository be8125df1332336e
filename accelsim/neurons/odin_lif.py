"""Leaky integrate-and-fire neuron of ODIN (C. Frenkel et al., IEEE TBCAS 13(1):145, 2019; open RTL).

An 8-bit unsigned potential with a linear leak at time references, reset to zero, and the calcium state of
spike-driven plasticity.  The whole neuron is one 128-bit memory word whose bit 0 is 1.  Every function is scalar
arithmetic on exact integers, run by the compiled kernels and traced for its cost.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from accelsim.datapath.fields import Field
from accelsim.datapath.intrinsics import maximum, minimum, where
from accelsim.plasticity.sdsp import calcium_update, count_to, learning_flags


class LIFWord(NamedTuple):
    """Fields of the neuron word; bits that no field names are kept."""

    lif: Field = Field(0, 1)
    leak_str: Field = Field(1, 7)
    leak_en: Field = Field(8, 1)
    thr: Field = Field(9, 8)
    ca_en: Field = Field(17, 1)
    thetamem: Field = Field(18, 8)
    theta1: Field = Field(26, 3)
    theta2: Field = Field(29, 3)
    theta3: Field = Field(32, 3)
    caleak: Field = Field(35, 5)
    core: Field = Field(70, 8)
    calcium: Field = Field(78, 3)
    caleak_cnt: Field = Field(81, 5)
    disable: Field = Field(127, 1)


LIF = LIFWord()
"""Layout of the neuron word."""


def integrate(core: Any, w: Any, inhibitory: Any) -> Any:
    """Potential after a synaptic input, saturated to 8 bits."""
    return where(inhibitory, maximum(core - w, 0), minimum(core + w, 255))


def leak(core: Any, leak_str: Any, leak_en: Any) -> Any:
    """Potential after a time reference."""
    return where(leak_en, maximum(core - leak_str, 0), core)


def update(
    tref: Any, inhibitory: Any, w: Any, leak_str: Any, leak_en: Any, thr: Any, ca_en: Any, thetamem: Any,
    theta1: Any, theta2: Any, theta3: Any, caleak: Any, core: Any, calcium: Any, caleak_cnt: Any,
) -> Any:  # fmt: skip
    """One update: a time reference if `tref`, else a synaptic input.

    Returns
    -------
    core, calcium, caleak_cnt : the new state.
    spike : whether the threshold was reached (before the output is masked).
    up, down : the plasticity flags of the neuron as a target.
    """
    v = where(tref, leak(core, leak_str, leak_en), integrate(core, w, inhibitory))
    spike = v >= thr
    v = where(spike, 0, v)
    caleak_cnt, leaks = count_to(caleak_cnt, caleak, tref & ca_en, 5)
    calcium = calcium_update(calcium, spike, leaks, ca_en, 1)
    up, down = learning_flags(v >= thetamem, calcium, ca_en, theta1, theta2, theta3)
    return v, calcium, caleak_cnt, spike, up, down
