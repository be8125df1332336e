"""TrueNorth neuron in its deterministic modes, as SANA-FE 2.2.9 models it.

A. S. Cassidy et al., "Cognitive computing building block", IJCNN 2013. The potential leaks linearly, by a constant or
towards zero (which it may overshoot), then integrates; it neither decays nor loses precision. A spike needs
v >= threshold; otherwise v <= reverse_threshold resets it from below. Resets are those of
`accelsim.neurons.stepped_lif`, but a `soft` reverse reset adds the reverse threshold.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from accelsim.datapath.intrinsics import where

DEFAULTS: dict[str, float | str] = {
    "v0": 0.0,
    "bias": 0.0,
    "leak": 0.0,
    "leak_towards_zero": 0,
    "reset_mode": "hard",
    "reset": 0.0,
    "reverse_threshold": -np.inf,
    "reverse_reset_mode": "none",
    "reverse_reset": 0.0,
}
"""Parameters per neuron besides `threshold`, which has no default."""


def update(
    v: Any,
    current: Any,
    arrived: Any,
    threshold: Any,
    bias: Any,
    leak: Any,
    leak_towards_zero: Any,
    spike_keep: Any,
    spike_add: Any,
    reverse_threshold: Any,
    reverse_keep: Any,
    reverse_add: Any,
) -> Any:
    """One time step of a neuron, in float64; see `accelsim.neurons.stepped_lif.update`.

    Returns
    -------
    v, fired, active
    """
    active = (v != 0) | arrived | (bias != 0)
    inward = where(v > 0, -leak, where(v < 0, leak, 0.0))
    v = v + where(leak_towards_zero != 0, inward, leak)
    v = v + (bias + current)
    fired = v >= threshold
    low = (v <= reverse_threshold) & (not fired)
    after_spike = where(spike_keep != 0, v, 0.0) + spike_add
    after_low = where(reverse_keep != 0, v, 0.0) + reverse_add
    return where(fired, after_spike, where(low, after_low, v)), fired, active
