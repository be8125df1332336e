"""Estimates that follow from others by another law than a sum or a product."""

from __future__ import annotations

from collections.abc import Callable

from accelsim.technology.estimate import Estimate, merged


def derived(ends: tuple[float, float, float], formula: str, unit: str, operands: tuple[Estimate, ...]) -> Estimate:
    """Return the band with these ends and the sources of its operands."""
    sources = merged(*(operand.sources for operand in operands))
    return Estimate(*ends, sources, formula, unit, "from", operands)


def combined(law: Callable[[float, float], float], one: Estimate, other: Estimate, formula: str) -> Estimate:
    """Return ``law(one, other)``, a rising law, low with low and high with high."""
    ends = (law(one.low, other.low), law(one.nominal, other.nominal), law(one.high, other.high))
    return derived(ends, formula, one.unit or other.unit, (one, other))


def less(one: Estimate, other: Estimate, formula: str) -> Estimate:
    """Return ``one - other``, not below zero, and as wide as both bands allow."""
    pairs = ((one.low, other.high), (one.nominal, other.nominal), (one.high, other.low))
    low, nominal, high = (max(0.0, a - b) for a, b in pairs)
    return derived((low, nominal, high), formula, one.unit, (one, other))
