"""Gradients of a recurrent network of spiking neurons by three exact or approximate methods: a reference in float64.

The network is that of G. Bellec et al., Nature Communications 11:3625 (2020), for time step t::

    a(t) = rho a(t-1) + z(t-1)
    v(t) = alpha v(t-1) + Win x(t) + Wrec z(t-1) - v_th z(t-1)
    z(t) = H(v(t) - v_th - beta a(t)), 0 while refractory;   dz/dv = psi
    y(t) = kappa y(t-1) + Wout z(t);   loss = sum (y - target)^2 / 2

`rtrl` carries the derivatives of every state with respect to every weight forward in time (real-time recurrent
learning, R. J. Williams, D. Zipser, Neural Computation 1(2):270, 1989). Where only those of a neuron's own weights are
kept, it is e-prop. `bptt` goes back through time over what was stored. Nothing here runs on a core: full RTRL keeps
two words for each pair of neuron and synapse; `cost` tells how many, and the operations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Method = Literal["rtrl", "block-diagonal rtrl", "bptt"]


@dataclass(frozen=True)
class Network:
    """A recurrent network with a leaky readout; N neurons, I inputs, K outputs.

    Attributes
    ----------
    w_in, w_rec, w_out : float64 arrays, (N, I), (N, N), (K, N), postsynaptic index first
        The diagonal of `w_rec` is not used.
    beta : (N,) strength of the adaptation
    decay, adaptation_decay, readout_decay : float
        alpha, rho and kappa.
    threshold : float
    dampening : float
        Height gamma of the triangle that stands for the derivative of a spike, times the threshold.
    refractory_steps : int
    smooth : float
        0 for spikes; else these are replaced by 1 / (1 + exp(-(v - A) / smooth)) with its own derivative.
    reset_gradient : bool
        Whether derivatives go through the reset of the potential.
    """

    w_in: Array
    w_rec: Array
    w_out: Array
    beta: Array
    decay: float
    adaptation_decay: float
    readout_decay: float
    threshold: float
    dampening: float = 0.3
    refractory_steps: int = 0
    smooth: float = 0.0
    reset_gradient: bool = False

    @property
    def recurrent(self) -> Array:
        """Derivative of the potentials with respect to the spikes of the step before."""
        weights = self.w_rec - np.diag(np.diag(self.w_rec))
        return weights - self.threshold * np.eye(len(weights)) if self.reset_gradient else weights


@dataclass(frozen=True)
class Run:
    """States of a network in T time steps: (T, N) arrays, `y` and `error` (T, K)."""

    x: Array
    v: Array
    a: Array
    z: Array
    psi: Array
    y: Array
    error: Array

    @property
    def loss(self) -> float:
        """Half the sum of squared errors."""
        return float(0.5 * (self.error**2).sum())

    @property
    def before(self) -> Array:
        """Spikes of the step before, (T, N)."""
        return np.vstack([np.zeros_like(self.z[:1]), self.z[:-1]])


@dataclass(frozen=True)
class Gradients:
    """Derivatives of the loss with respect to input, recurrent and output weights, of their shapes."""

    w_in: Array
    w_rec: Array
    w_out: Array


def run(network: Network, x: Array, target: Array) -> Run:
    """The network's states, for inputs (T, I) and targets (T, K)."""
    n, steps = network, len(x)
    size = len(n.beta)
    weights = n.w_rec - np.diag(np.diag(n.w_rec))
    v, a, z, psi = (np.zeros((steps, size)) for _ in range(4))
    y = np.zeros_like(target, dtype=np.float64)
    left = np.zeros(size)
    v_now, a_now, z_now, y_now = np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(target.shape[1])
    for t in range(steps):
        a_now = n.adaptation_decay * a_now + z_now
        v_now = n.decay * v_now + n.w_in @ x[t] + weights @ z_now - n.threshold * z_now
        distance = v_now - n.threshold - n.beta * a_now
        ready = left == 0
        if n.smooth:
            z_now = 1.0 / (1.0 + np.exp(-distance / n.smooth))
            psi[t] = z_now * (1.0 - z_now) / n.smooth
        else:
            z_now = (ready & (distance > 0)).astype(np.float64)
            psi[t] = ready * n.dampening / n.threshold * np.maximum(0.0, 1.0 - np.abs(distance / n.threshold))
            left = np.clip(left + n.refractory_steps * z_now - 1, 0, n.refractory_steps)
        y_now = n.readout_decay * y_now + n.w_out @ z_now
        v[t], a[t], z[t], y[t] = v_now, a_now, z_now, y_now
    return Run(np.asarray(x, np.float64), v, a, z, psi, y, y - target)


def rtrl(network: Network, states: Run, *, block_diagonal: bool = False, feedback: Array | None = None) -> Gradients:
    """Gradients carried forward in time.

    Parameters
    ----------
    network, states : the network and its run.
    block_diagonal : whether a neuron's states depend on its own weights only, which is e-prop.
    feedback : (N, K) weights that errors return through, instead of the readout's own.
    """
    back = network.w_out.T if feedback is None else feedback
    gradient, w_out, trace = np.zeros(1), np.zeros_like(network.w_out), np.zeros(len(network.beta))
    filtered = np.zeros(1)
    for t, derivative in enumerate(_derivatives(network, states, block_diagonal)):
        filtered = network.readout_decay * filtered + derivative
        signal = back @ states.error[t]
        gradient = gradient + (signal[:, None] * filtered if block_diagonal else np.tensordot(signal, filtered, 1))
        trace = network.readout_decay * trace + states.z[t]
        w_out += np.outer(states.error[t], trace)
    return _parted(gradient, w_out, network)


def _derivatives(network: Network, states: Run, block_diagonal: bool) -> Iterator[Array]:
    """Derivatives of the spikes of each time step: (N, N, I + N), or (N, I + N) with respect to the own weights."""
    n = network
    size, fan_in = len(n.beta), n.w_in.shape[1] + len(n.beta)
    own, couplings, before = np.arange(size), n.recurrent, states.before
    s_v, s_a, s_z = (np.zeros((size, fan_in) if block_diagonal else (size, size, fan_in)) for _ in range(3))
    shape = (-1, 1) if block_diagonal else (-1, 1, 1)
    for t in range(len(states.x)):
        s_a = n.adaptation_decay * s_a + s_z
        arrived = np.concatenate([states.x[t], before[t]])
        if block_diagonal:
            s_v = n.decay * s_v + np.diag(couplings).reshape(shape) * s_z + arrived
        else:
            s_v = n.decay * s_v + np.tensordot(couplings, s_z, 1)
            s_v[own, own] += arrived
        s_z = states.psi[t].reshape(shape) * (s_v - n.beta.reshape(shape) * s_a)
        yield s_z


def bptt(network: Network, states: Run) -> Gradients:
    """Gradients carried back through time."""
    gradient, w_out, _ = _backwards(network, states)
    return _parted(gradient, w_out, network)


def spike_gradients(network: Network, states: Run) -> Array:
    """(T, N) derivative of the loss with respect to each spike, through readout and other neurons.

    It is the learning signal that makes e-prop exact: what goes through a neuron's own states its eligibilities hold.
    """
    return _backwards(network, states)[2]


def factorised(network: Network, states: Run, signals: Array) -> Gradients:
    """Sum over time of (T, N) learning signals times the unfiltered eligibilities of e-prop; no output weights."""
    gradient = sum(signals[t][:, None] * each for t, each in enumerate(_derivatives(network, states, True)))
    return _parted(np.asarray(gradient), np.zeros_like(network.w_out), network)


def cost(method: Method, inputs: int, neurons: int, outputs: int, steps: int) -> dict[str, int]:
    """Words of memory beside the weights, and multiply-accumulates per time step, of a network with adaptation.

    Of the derivatives of potential and adaptation with respect to the weights, filtered and not (RTRL), or of the
    states of all time steps (BPTT), and of the gradient.
    """
    synapses, readout = neurons * (inputs + neurons), neurons * outputs
    if method == "bptt":
        words = steps * (inputs + 4 * neurons + outputs) + synapses + readout
        return {"words": words, "multiply_accumulates": 2 * synapses + 2 * readout + 4 * neurons}
    derivatives = synapses if method == "block-diagonal rtrl" else neurons * synapses
    coupling = 0 if method == "block-diagonal rtrl" else neurons * derivatives
    words = 4 * derivatives + synapses + readout + neurons
    return {"words": words, "multiply_accumulates": coupling + 6 * derivatives + 2 * readout + neurons}


def _backwards(network: Network, states: Run) -> tuple[Array, Array, Array]:
    n = network
    size = len(n.beta)
    gradient, w_out = np.zeros((size, n.w_in.shape[1] + size)), np.zeros_like(n.w_out)
    d_v, d_a, d_y = np.zeros(size), np.zeros(size), np.zeros(n.w_out.shape[0])
    signals = np.zeros_like(states.z)
    own, before = np.diag(n.recurrent), states.before
    others = n.recurrent - np.diag(own)
    for t in reversed(range(len(states.x))):
        d_y = states.error[t] + n.readout_decay * d_y
        w_out += np.outer(d_y, states.z[t])
        signals[t] = n.w_out.T @ d_y + others.T @ d_v
        d_z = signals[t] + own * d_v + d_a
        d_v = states.psi[t] * d_z + n.decay * d_v
        d_a = -states.psi[t] * n.beta * d_z + n.adaptation_decay * d_a
        gradient += np.outer(d_v, np.concatenate([states.x[t], before[t]]))
    return gradient, w_out, signals


def _parted(gradient: Array, w_out: Array, network: Network) -> Gradients:
    """Input and recurrent part; a neuron has no synapse with itself."""
    inputs = network.w_in.shape[1]
    recurrent = gradient[:, inputs:].copy()
    np.fill_diagonal(recurrent, 0.0)
    return Gradients(gradient[:, :inputs].copy(), recurrent, w_out)
