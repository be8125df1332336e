"""Pair-based spike-timing-dependent plasticity, all pairs of spikes, in floating point.

Of G. Bi, M. Poo, J. Neurosci. 18(24):10464 (1998), with the traces that make it local (S. Song, K. D. Miller,
L. F. Abbott, Nature Neuroscience 3:919, 2000). With the presynaptic spike z_i and the postsynaptic spike z_j::

    x_i  <- d_pre x_i + eta A+ z_i                 presynaptic trace
    y_j  <- d_post y_j + eta A- z_j                postsynaptic trace
    w_ji <- w_ji + f+(w_ji) x_i    if z_j          potentiation
    w_ji <- w_ji - f-(w_ji) y_j    if z_i          depression

A decay d is 1 - 1/tau for a time constant of tau steps. The amplitudes are part of the traces, so that a synapse
multiplies nothing. Traces are updated first: spikes that coincide take part in both terms, which follow each other.
Hard bounds have f+ = f- = 1 and cut what goes beyond; with soft ones f+ = w_max - w and f- = w - w_min (M. C. W. van
Rossum, G. Bi, G. G. Turrigiano, J. Neurosci. 20(23):8812, 2000, for the second).
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from accelsim.datapath.intrinsics import maximum, minimum, where
from accelsim.datapath.stages import stage
from accelsim.datapath.words import Float, Format
from accelsim.plasticity.base import PlasticityRule, register


def strengthen(amount: Any, w: Any, weight_limit: Any, soft_bounds: bool) -> Any:
    """Change of a weight that is potentiated by an amount; the commit cuts it at the limit."""
    return where(soft_bounds, amount * (weight_limit - w), amount)


def weaken(amount: Any, w: Any, weight_limit: Any, soft_bounds: bool, excitatory: bool) -> Any:
    """Change of a weight that is depressed by an amount: to 0 at most if excitatory, else to minus the limit."""
    room = where(excitatory, maximum(w, 0.0), w + weight_limit)
    return -where(soft_bounds, amount * room, where(excitatory, minimum(amount, room), amount))


class BoundedWeight(PlasticityRule):
    """Weight, bounds and decays of a rule of spike timing in floating point."""

    float_bits: Literal[32, 64] = 32
    """Width of every word."""

    weight_limit: float = Field(default=1.0, gt=0)
    """Largest weight w_max; potentiation ends there."""

    excitatory: bool = True
    """Whether depression ends at 0 rather than at -weight_limit; weights below 0 are then not depressed."""

    soft_bounds: bool = False
    """Whether a change is proportional to the distance from the bound that it goes to."""

    rate: float = Field(default=0.01, ge=0)
    """Learning rate eta."""

    pre_decay: float = Field(default=0.95, ge=0, le=1)
    """Decay of the presynaptic trace per time step."""

    post_decay: float = Field(default=0.95, ge=0, le=1)
    """Decay of the postsynaptic trace per time step."""

    @property
    def word(self) -> Float:
        """Format of every word."""
        return Float(self.float_bits)

    @property
    def synapse_state(self) -> Mapping[str, Format]:
        """The weight."""
        return {"w": self.word}


@register("stdp")
class STDP(BoundedWeight):
    """Pair-based spike-timing-dependent plasticity with a trace on either side, in floating point."""

    potentiation: float = Field(default=1.0, ge=0)
    """Amplitude A+ of a postsynaptic spike after a presynaptic one."""

    depression: float = Field(default=1.05, ge=0)
    """Amplitude A- of a presynaptic spike after a postsynaptic one."""

    @property
    def presynaptic_state(self) -> Mapping[str, Format]:
        """Low-pass filtered spikes, times eta A+."""
        return {"pre_trace": self.word}

    @property
    def postsynaptic_state(self) -> Mapping[str, Format]:
        """Low-pass filtered spikes, times eta A-."""
        return {"post_trace": self.word}

    @property
    def derived(self) -> Mapping[str, float]:
        """What a spike adds to a trace."""
        return {"pre_step": self.rate * self.potentiation, "post_step": self.rate * self.depression}

    @stage(on="time step", per="presynaptic neuron", writes=("pre_trace",))
    def filter_presynaptic(pre_trace: Any, pre_spike: Any, pre_decay: Any, pre_step: Any) -> Any:
        """x <- d x + eta A+ z."""
        return pre_decay * pre_trace + where(pre_spike, pre_step, 0.0)

    @stage(on="time step", per="postsynaptic neuron", writes=("post_trace",))
    def filter_postsynaptic(post_trace: Any, post_spike: Any, post_decay: Any, post_step: Any) -> Any:
        """y <- d y + eta A- z."""
        return post_decay * post_trace + where(post_spike, post_step, 0.0)

    @stage(on="postsynaptic spike", per="synapse", writes=("change",))
    def potentiate(pre_trace: Any, w: Any, weight_limit: Any, soft_bounds: bool) -> Any:
        """F+(w) x."""
        return strengthen(pre_trace, w, weight_limit, soft_bounds)

    @stage(on="presynaptic spike", per="synapse", writes=("change",))
    def depress(post_trace: Any, w: Any, weight_limit: Any, soft_bounds: bool, excitatory: bool) -> Any:
        """-f-(w) y."""
        return weaken(post_trace, w, weight_limit, soft_bounds, excitatory)
