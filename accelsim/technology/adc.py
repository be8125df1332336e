"""Cost of a column converter, from the figure of merit of surveyed ones.

``energy of a conversion = figure of merit x 2^bits`` (R. Walden, IEEE J. Sel. Areas Commun. 17(4), 1999): each bit more
doubles it.  The area doubles too, as its capacitors do.  Both are those of the surveyed converters at their own
supplies and nodes, whatever the chip's: analog parts shrink little, and the bands span the survey.
"""

from __future__ import annotations

from dataclasses import dataclass

from accelsim.technology.estimate import Estimate
from accelsim.technology.logic import logic_leakage
from accelsim.technology.node import REFERENCE_TEMPERATURE_K, Technology


@dataclass(frozen=True)
class ConverterCost:
    """A successive-approximation converter."""

    conversion_energy_j: Estimate
    leakage_w: Estimate
    area_m2: Estimate


def converter(
    bits: int,
    *,
    technology: Technology,
    voltage_v: float | None = None,
    temperature_k: float = REFERENCE_TEMPERATURE_K,
) -> ConverterCost:
    """Return the cost of a converter of `bits` bits, its clock and control included.

    Parameters
    ----------
    bits : width of its code.
    technology, voltage_v, temperature_k : operating point of the leakage; the supply defaults to the nominal one.
    """
    voltage = technology.supply_v.nominal if voltage_v is None else voltage_v
    codes = 2**bits
    area = (technology.constant("adc_area_step") * codes).described(f"area per code x 2^{bits}", "m2")
    return ConverterCost(
        (technology.constant("adc_conversion_step") * codes).described(f"figure of merit x 2^{bits}", "J"),
        logic_leakage(area, technology, voltage, temperature_k).described("leakage of logic of the same area", "W"),
        area,
    )
