"""Fixed-point leaky integrate-and-fire neuron of ReckOn (C. Frenkel, G. Indiveri, ISSCC 2022; open RTL).

``u <- alpha u`` at every time step, spike when the potential before the leak reaches the threshold, reset by
subtraction or to zero, then ``u <- u + W`` per event.  Potentials are 16-bit signed, leak factors carry 15
(``alpha``) or 7 (``kappa``) fraction bits.  Every function below is scalar arithmetic on exact integers and is
both run by the compiled kernels and traced for its cost.
"""

from __future__ import annotations

from typing import Any

from accelsim.datapath.intrinsics import saturate, where, wrap, wrap_unsigned

ALPHA_ONE = 0x8000
"""``alpha`` that means "no leak": 15 fraction bits."""
KAPPA_ONE = 0x80
"""``kappa`` that means "no leak": 7 fraction bits."""


def round_up(dropped: Any, random: Any, kept: Any, stochastic: Any) -> Any:
    """1 if the dropped fraction rounds a non-zero ``kept`` word up, else 0 (a zero word stays zero)."""
    return where(stochastic, 1, 0) & where(dropped >= random, 1, 0) & where(kept != 0, 1, 0)


def leak_potential(u: Any, alpha: Any, random: Any, stochastic: Any) -> Any:
    """Leaked 16-bit potential; ``alpha`` above one wraps as the multiplier's slice does."""
    product = u * alpha
    kept = wrap(product >> 15, 16)
    return wrap(kept + round_up(product & 0x7FFF, random, kept, stochastic & (alpha != ALPHA_ONE)), 16)


def leak_trace(trace: Any, alpha: Any, random: Any, stochastic: Any) -> Any:
    """Leaked 12-bit input or recurrent trace."""
    product = trace * alpha
    kept = (product >> 15) & 0xFFF
    return (kept + round_up(product & 0x7FFF, random, kept, stochastic & (alpha != ALPHA_ONE))) & 0xFFF


def leak_output_trace(trace: Any, kappa: Any, random: Any, stochastic: Any) -> Any:
    """Leaked 10-bit output trace."""
    product = trace * kappa
    kept = (product >> 7) & 0x3FF
    return (kept + round_up(product & 0x7F, random, kept, stochastic & (kappa != KAPPA_ONE))) & 0x3FF


def leak_output(y: Any, kappa: Any, random: Any, stochastic: Any) -> Any:
    """Leaked 16-bit output potential."""
    product = y * kappa
    kept = wrap(product >> 7, 16)
    return wrap(kept + round_up(product & 0x7F, random, kept, stochastic & (kappa != KAPPA_ONE)), 16)


def fire(u: Any, threshold: Any) -> Any:
    """Spike if the un-leaked potential reaches the threshold (signed)."""
    return u >= threshold


def reset(leaked: Any, threshold: Any, spike: Any, to_zero: Any) -> Any:
    """Potential after the spike test: reset by subtraction, or to zero."""
    return where(spike, where(to_zero, 0, wrap(leaked - threshold, 16)), leaked)


def synaptic_input(w_in: Any, shift_in: Any, w_rec: Any, shift_rec: Any) -> Any:
    """Sum of the scaled input and recurrent weight of one shared sweep, saturated to 16 bits."""
    return saturate(wrap(w_in << shift_in, 16) + wrap(w_rec << shift_rec, 16), 16)


def integrate(u: Any, w: Any, noise: Any) -> Any:
    """Add a weight (and noise) to the potential with the RTL's overflow test on the signs of ``u`` and ``w``.

    The test ignores the noise: a negative noise that carries a non-negative sum below zero counts as overflow
    and gives +32767, and mirrored.
    """
    x = wrap(u + w + noise, 16)
    over = (u >= 0) & (w >= 0) & (x < 0)
    under = (u < 0) & (w < 0) & (x >= 0)
    return where(over, 32767, where(under, -32768, x))


def bump_trace(trace: Any, increment: Any, bits: Any) -> Any:
    """Trace after an event: the sum, or all ones when the wrapped sum is smaller than the old value."""
    total = wrap_unsigned(trace + increment, bits)
    return where(total < trace, (1 << bits) - 1, total)


def accumulate_output(y: Any, w: Any, shift: Any) -> Any:
    """Output potential after one recurrent spike."""
    return saturate(y + wrap(w << shift, 16), 16)


def leak_neuron(
    u: Any, ti: Any, tr: Any, to: Any, alpha: Any, kappa: Any, threshold: Any,
    random_u: Any, random_ti: Any, random_tr: Any, random_to: Any, stochastic: Any, to_zero: Any,
) -> Any:  # fmt: skip
    """One neuron of a STEP: potential, spike and the three traces (the stage that is costed per neuron)."""
    spike = fire(u, threshold)
    return (
        reset(leak_potential(u, alpha, random_u, stochastic), threshold, spike, to_zero),
        spike,
        leak_trace(ti, alpha, random_ti, stochastic),
        leak_trace(tr, alpha, random_tr, stochastic),
        leak_output_trace(to, kappa, random_to, stochastic),
    )


def sweep_neuron(u: Any, w_in: Any, w_rec: Any, shift_in: Any, shift_rec: Any, noise: Any) -> Any:
    """One neuron of an event sweep: scale, add and saturate (the stage that is costed per synaptic operation)."""
    return integrate(u, synaptic_input(w_in, shift_in, w_rec, shift_rec), noise)
