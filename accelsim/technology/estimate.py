"""A number with a band and a memory of where it came from."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

Verified = Literal["verified", "measured", "memory", "assumed"]


Operator = Literal["", "sum", "product", "from"]


@dataclass(frozen=True)
class Source:
    """Where a number comes from.

    Parameters
    ----------
    text : citation, for example ``"Horowitz, ISSCC 2014"``.
    verified : ``verified`` (seen in the cited text), ``measured`` (by running a tool or a chip), ``memory``
        (quoted without the text at hand) or ``assumed`` (an engineering guess).
    """

    text: str
    verified: Verified

    def __post_init__(self) -> None:
        if self.verified not in get_args(Verified):
            raise ValueError(f"{self.verified!r} is not one of {', '.join(get_args(Verified))}")


@dataclass(frozen=True)
class Estimate:
    """A non-negative quantity known within a band, in SI units.

    Bands combine as if fully correlated (low with low, high with high): the terms of one chip share the same
    library, voltage and modelling error, so independent-error statistics would be too narrow. Only factors of one
    term that err for different reasons are `compounded`.

    Parameters
    ----------
    low, nominal, high : the band, ``0 <= low <= nominal <= high``.
    sources : every citation the value rests on.
    formula : how it was derived, in words.
    unit : SI unit, where it is known; it is for people and decides nothing.
    operator, operands : what it was computed from, for `accelsim.cost.explain`: a ``sum``, a ``product``, or
        ``from`` operands by another law; no operands where it was given.
    """

    low: float
    nominal: float
    high: float
    sources: tuple[Source, ...] = ()
    formula: str = ""
    unit: str = field(default="", compare=False)
    operator: Operator = field(default="", compare=False, repr=False)
    operands: tuple[Estimate, ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.nominal <= self.high:
            raise ValueError(f"band must be ordered and not negative: {self.low}, {self.nominal}, {self.high}")

    @classmethod
    def exact(cls, value: float, source: Source | None = None, formula: str = "", unit: str = "") -> Estimate:
        """Return a band of zero width."""
        return cls(value, value, value, (source,) if source else (), formula, unit)

    @classmethod
    def spanning(
        cls, nominal: float, others: Iterable[float], sources: tuple[Source, ...] = (), formula: str = ""
    ) -> Estimate:
        """Return the smallest band that holds `nominal` and `others`."""
        values = (nominal, *others)
        return cls(min(values), nominal, max(values), sources, formula)

    def __add__(self, other: Estimate) -> Estimate:
        return Estimate(
            self.low + other.low,
            self.nominal + other.nominal,
            self.high + other.high,
            merged(self.sources, other.sources),
            _joined(self.formula, " + ", other.formula),
            self.unit or other.unit,
            "sum",
            (self, other),
        )

    def __mul__(self, factor: float) -> Estimate:
        if factor == 1:
            return self
        return Estimate(
            self.low * factor,
            self.nominal * factor,
            self.high * factor,
            self.sources,
            f"({self.formula}) x {factor:.4g}" if self.formula else "",
            self.unit,
            "product",
            (self, Estimate.exact(factor, unit="1")),
        )

    __rmul__ = __mul__

    def __truediv__(self, divisor: float) -> Estimate:
        formula = f"({self.formula}) / {divisor:.4g}" if self.formula else ""
        return replace(
            self,
            low=self.low / divisor,
            nominal=self.nominal / divisor,
            high=self.high / divisor,
            formula=formula,
            operator="product",
            operands=(self, Estimate.exact(1 / divisor, unit="1")),
        )

    def scaled(self, factor: Estimate) -> Estimate:
        """Return the product of two bands, low with low and high with high."""
        if ONE in (self, factor):
            return factor if self == ONE else self
        return Estimate(
            self.low * factor.low,
            self.nominal * factor.nominal,
            self.high * factor.high,
            merged(self.sources, factor.sources),
            _joined(self.formula, " x ", factor.formula),
            self.unit if factor.unit == "1" else factor.unit if self.unit == "1" else "",
            "product",
            (self, factor),
        )

    def compounded(self, *factors: Estimate) -> Estimate:
        """Return the product with factors that err independently: the logarithms of their bands add in quadrature."""
        bands = (self, *(factor for factor in factors if factor != ONE))
        below = math.hypot(*(math.log(band.nominal / band.low) for band in bands))
        above = math.hypot(*(math.log(band.high / band.nominal) for band in bands))
        nominal = math.prod(band.nominal for band in bands)
        return Estimate(
            nominal * math.exp(-below),
            nominal,
            nominal * math.exp(above),
            merged(*(band.sources for band in bands)),
            " x ".join(band.formula for band in bands if band.formula),
            self.unit,
            "product",
            bands,
        )

    def inverse(self) -> Estimate:
        """Return the band of the reciprocal; the quantity must be positive."""
        return Estimate(
            1 / self.high,
            1 / self.nominal,
            1 / self.low,
            self.sources,
            f"1 / ({self.formula})",
            "1" if self.unit == "1" else "",
            "from",
            (self,),
        )

    def described(self, formula: str, unit: str | None = None) -> Estimate:
        """Return the same band with another formula, and perhaps a unit."""
        unit = self.unit if unit is None else unit
        return Estimate(self.low, self.nominal, self.high, self.sources, formula, unit, self.operator, self.operands)

    def in_unit(self, unit: str) -> Estimate:
        """Return the same band with its SI unit."""
        return self if self.unit == unit else self.described(self.formula, unit)

    def provenance(self) -> str:
        """Return the formula and the citations in one readable line."""
        cited = "; ".join(f"{source.text} [{source.verified}]" for source in self.sources)
        return f"{self.formula} | {cited}" if self.formula and cited else self.formula or cited


ZERO = Estimate(0.0, 0.0, 0.0)
ONE = Estimate(1.0, 1.0, 1.0)


def total(parts: Iterable[Estimate], formula: str) -> Estimate:
    """Return the sum of `parts`, described by `formula` instead of by a chain of plus signs."""
    low = nominal = high = 0.0
    sources: list[tuple[Source, ...]] = []
    parts = tuple(parts)
    for part in parts:
        low += part.low
        nominal += part.nominal
        high += part.high
        sources.append(part.sources)
    unit = next((part.unit for part in parts if part.unit), "")
    return Estimate(low, nominal, high, merged(*sources), formula, unit, "sum", parts)


def merged(*chains: tuple[Source, ...]) -> tuple[Source, ...]:
    """Return the citations of all chains once each, in order of first appearance."""
    # Parts of a sum mostly rest on the same tuples: telling those apart by identity saves hashing what they hold.
    distinct = list({id(chain): chain for chain in chains if chain}.values())
    if len(distinct) <= 1:
        return distinct[0] if distinct else ()
    return tuple(dict.fromkeys(source for chain in distinct for source in chain))


def _joined(left: str, sign: str, right: str) -> str:
    return f"{left}{sign}{right}" if left and right else left or right
