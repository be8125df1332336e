"""Energy of a bit that is sent: over wires of a chip, or to another chip."""

from __future__ import annotations

from typing import Literal

from accelsim.technology.estimate import Estimate
from accelsim.technology.node import Technology

OffChip = Literal["lpddr", "ddr3"]
"""Interfaces to another chip; their energies are per bit, with drivers and the memory behind them."""


def toggle_energy(length_m: Estimate, *, technology: Technology, voltage_v: float) -> Estimate:
    """Return the energy (J) of one transition of a wire with its repeaters: ``0.5 C' L V^2``."""
    squared = Estimate.exact(0.5 * voltage_v**2, None, f"0.5 x ({voltage_v:g} V)^2", "V2")
    return technology.constant("wire_capacitance").scaled(length_m).scaled(squared).in_unit("J")


def wire_energy(length_m: Estimate, *, technology: Technology, voltage_v: float) -> Estimate:
    """Return the energy (J) of a bit sent over a wire: ``0.5 alpha C' L V^2``.

    alpha is the constant ``link_activity``, transitions per bit.
    """
    toggle = toggle_energy(length_m, technology=technology, voltage_v=voltage_v)
    return technology.constant("link_activity").scaled(toggle).in_unit("J")


def off_chip_energy(interface: OffChip, *, technology: Technology) -> Estimate:
    """Return the energy (J) of a bit read from or written to a memory on another chip.

    Its supply is its own: the voltage of the chip does not enter.
    """
    return technology.constant(f"off_chip_{interface}_bit")
