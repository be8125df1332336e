"""What heat does: warmth of a wearable's surface, of the tissue around an implant, of the die."""

from __future__ import annotations

from accelsim.technology import catalogue
from accelsim.technology.estimate import Estimate


def skin_temperature_k(ambient_k: Estimate, power_w: Estimate, surface_m2: Estimate) -> Estimate:
    """Return ``T_ambient + P / (h A)``: the surface of a device that natural convection cools."""
    cooling = catalogue.constant("convection").scaled(surface_m2).described("cooling of the surface", "W/K")
    rise = power_w.scaled(cooling.inverse()).described("power / (convection x surface)", "K")
    return (ambient_k + rise).described("ambient + power / (convection x surface)", "K")


def tissue_rise_k(power_w: Estimate) -> Estimate:
    """Return the warming of the tissue around an implant, ``slope x P``."""
    return power_w.scaled(catalogue.constant("tissue_slope")).described("power x tissue slope", "K")


def power_allowed_w(rise_k: float) -> Estimate:
    """Return the power that warms tissue by so much: 69 mW at 2 K, 34 mW at 1 K."""
    rise = Estimate.exact(rise_k, None, "allowed rise", "K")
    return rise.scaled(catalogue.constant("tissue_slope").inverse()).described("rise / tissue slope", "W")


def power_density_w_per_m2(power_w: Estimate, surface_m2: Estimate) -> Estimate:
    """Return the heat that leaves a surface."""
    return power_w.scaled(surface_m2.inverse()).described("power / surface", "W/m2")


def junction_temperature_k(ambient_k: Estimate, power_w: Estimate, theta_ja_k_per_w: Estimate) -> Estimate:
    """Return ``T_ambient + theta_JA P`` of the die."""
    rise = power_w.scaled(theta_ja_k_per_w).described("power of the die x thermal resistance", "K")
    return (ambient_k + rise).described("ambient + power x thermal resistance", "K")
