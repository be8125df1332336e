"""Numbers as spikes: rates, times of first spikes, receptive fields, and changes of a signal.

Inputs are numbers between 0 and 1, (samples, inputs); spikes are booleans, (samples, time steps, inputs). Random
numbers are drawn sample after sample, so that samples do not depend on how a stream is cut into chunks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Inputs = NDArray[np.float64]
Spikes = NDArray[np.bool_]

SILENT_BELOW = 0.1
"""Response of a receptive field from which on it spikes (S. M. Bohte, J. N. Kok, H. La Poutre, "Error-backpropagation
in temporally encoded networks of spiking neurons", Neurocomputing 48, 2002: times after nine tenths do not count)."""
FIELD_WIDTH = 1.5
"""Distance between the centres of receptive fields over their standard deviation (Bohte et al. 2002)."""


def bernoulli(inputs: Inputs, ticks: int, spikes_per_tick: float, rng: np.random.Generator) -> Spikes:
    """Spikes drawn independently in each time step; an input of 1 spikes with probability `spikes_per_tick`."""
    count, width = inputs.shape
    return rng.random((count, ticks, width)) < (inputs * spikes_per_tick)[:, None, :]


def systematic(inputs: Inputs, ticks: int, spikes_per_tick: float, rng: np.random.Generator) -> Spikes:
    """Evenly spaced spikes, each input's from a random phase."""
    return regular(inputs, ticks, spikes_per_tick, rng.random((len(inputs), 1, inputs.shape[1])))


def regular(inputs: Inputs, ticks: int, spikes_per_tick: float, phase: NDArray[np.float64] | float = 0.5) -> Spikes:
    """Evenly spaced spikes from a phase between 0 and 1, the first after a share of `1 - phase` of their distance."""
    rate = (inputs * spikes_per_tick)[:, None, :]
    return np.diff(np.floor(np.arange(ticks + 1)[None, :, None] * rate + phase), axis=1) > 0


def latency(inputs: Inputs, ticks: int) -> Spikes:
    """One spike of each input above 0: in the first time step for a 1, the later the smaller it is."""
    at = np.rint((1.0 - inputs) * (ticks - 1)).astype(np.int64)
    return (at[:, None, :] == np.arange(ticks)[None, :, None]) & (inputs > 0)[:, None, :]


def population(inputs: Inputs, fields: int) -> Inputs:
    """Responses of Gaussian receptive fields, (samples, inputs * fields), the fields of an input side by side.

    Their centres are spread evenly over the range from 0 to 1; responses below `SILENT_BELOW` are 0.
    """
    centres = (np.arange(fields) + 0.5) / fields
    response = np.exp(-0.5 * ((inputs[:, :, None] - centres) * fields * FIELD_WIDTH) ** 2)
    return np.where(response < SILENT_BELOW, 0.0, response).reshape(len(inputs), -1)


def delta(signals: NDArray[np.float64], threshold: float) -> Spikes:
    """Spikes of a delta modulator, (samples, time steps, 2 * channels): first those of rises, then those of falls.

    Each channel has a reference, which starts at the first value. A signal that is more than `threshold` above or
    below it gives a spike and moves it by `threshold`, once in a time step: a steeper signal is followed later.

    Parameters
    ----------
    signals
        (samples, time steps, channels).
    threshold
        In units of the signals.
    """
    reference = signals[:, 0].copy()
    spikes = np.zeros((*signals.shape[:2], 2 * signals.shape[2]), np.bool_)
    for tick in range(signals.shape[1]):
        change = signals[:, tick] - reference
        rises, falls = change > threshold, change < -threshold
        reference += threshold * (rises.astype(np.float64) - falls)
        spikes[:, tick] = np.concatenate([rises, falls], axis=1)
    return spikes
