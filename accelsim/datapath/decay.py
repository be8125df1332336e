"""Exponential decay of a word in floating point."""

from __future__ import annotations

from typing import Any

from accelsim.datapath.intrinsics import where


def decay_factor(decay: float, exact_decays: bool) -> float:
    """The register that `decayed` multiplies with: the decay per time step, or its difference from 1."""
    return 1.0 - decay if exact_decays else decay


def decayed(x: Any, factor: Any, exact_decays: bool) -> Any:
    """``decay x``, or x minus ``(1 - decay) x``.

    The second takes one more addition. But a float32 near 1 is known to 3e-8 only, which moves a time constant of n
    steps by n times that share; its difference from 1 is known as well as any other number.
    """
    return where(exact_decays, x - factor * x, factor * x)
