"""Leaky integrate-and-fire neuron of barrier-synchronised chips, as SANA-FE 2.2.9 models the first Loihi.

J. A. Boyle et al., "SANA-FE", IEEE TCAD 44(8):3165 (2025). The synaptic current u and the potential v decay, v is
cut to 6 bits after the point (towards zero), and unless the neuron is refractory::

    u <- u + input,  v <- v + bias + u,  spike and reset if v > threshold,  reverse reset if v < reverse_threshold

A reset either keeps the potential or drops it, then adds a constant: `hard` drops it and adds the reset potential,
`soft` keeps it and adds minus the threshold, `none` keeps it and adds 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from accelsim.datapath.intrinsics import maximum, where

DEFAULTS: dict[str, float | str] = {
    "v0": 0.0,
    "bias": 0.0,
    "leak_decay": 1.0,
    "input_decay": 0.0,
    "refractory": 0,
    "reset_mode": "hard",
    "reset": 0.0,
    "reverse_threshold": -np.inf,
    "reverse_reset_mode": "none",
    "reverse_reset": 0.0,
}
"""Parameters per neuron besides `threshold`, which has no default."""


def update(
    v: Any,
    u: Any,
    refractory_left: Any,
    current: Any,
    arrived: Any,
    first: Any,
    threshold: Any,
    bias: Any,
    leak_decay: Any,
    input_decay: Any,
    refractory: Any,
    spike_keep: Any,
    spike_add: Any,
    reverse_threshold: Any,
    reverse_keep: Any,
    reverse_add: Any,
) -> Any:
    """One time step of a neuron, in float64.

    Parameters
    ----------
    v, u, refractory_left : potential, synaptic current, steps left of the refractory period.
    current, arrived : sum of the weights that arrived, and whether any did (their sum may be 0).
    first : whether this is the first step of all, in which nothing decays.

    Returns
    -------
    v, u, refractory_left, fired, active : `active` says whether the neuron had anything to compute.
    """
    active = (v != 0) | arrived | (bias != 0)
    u = where(first, u, u * input_decay)
    v = where(first, v, v * leak_decay)
    v = np.trunc(v * 64.0) * 0.015625
    ready = refractory_left == 0
    total = u + current
    raised = (v + bias) + total
    fired = ready & (raised > threshold)
    raised = where(fired, where(spike_keep != 0, raised, 0.0) + spike_add, raised)
    low = raised < reverse_threshold
    raised = where(low, where(reverse_keep != 0, raised, 0.0) + reverse_add, raised)
    v = where(ready, raised, v)
    u = where(ready, total, u)
    refractory_left = maximum(where(fired, refractory, refractory_left) - 1.0, 0.0)
    return v, u, refractory_left, fired, active
