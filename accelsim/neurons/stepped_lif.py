"""Leaky integrate-and-fire neuron of barrier-synchronised chips, as SANA-FE 2.2.9 models the first Loihi.

J. A. Boyle et al., "SANA-FE", IEEE TCAD 44(8):3165 (2025). The synaptic current u and the potential v decay, v is
cut to 6 bits after the point (towards zero), and unless the neuron is refractory::

    u <- u + input,  v <- v + bias + u,  spike and reset if v > threshold,  reverse reset if v < reverse_threshold

A reset either keeps the potential or drops it, then adds a constant: `hard` drops it and adds the reset potential,
`soft` keeps it and adds minus the threshold, `none` keeps it and adds 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from accelsim.datapath.intrinsics import maximum, truncate, where
from accelsim.datapath.stages import stage
from accelsim.datapath.words import BIT, Float, Format
from accelsim.neurons.base import NeuronModel, register

Reset = Literal["hard", "soft", "none"]
ReverseReset = Literal["hard", "soft", "saturate", "none"]


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
    v = truncate(v * 64.0) * 0.015625
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


class SteppedNeuron(NeuronModel):
    """What neuron models of stepped chips share: float64 words, and resets as a choice and an addition."""

    threshold: float = 1.0
    """Potential at which (`truenorth`) or above which (`stepped-lif`) the neuron fires."""

    bias: float = 0.0
    """Added in every time step."""

    reset_mode: Reset = "hard"
    """What a spike does to the potential."""

    reset: float = 0.0
    """Potential after a hard reset."""

    reverse_threshold: float = Field(default=-math.inf, allow_inf_nan=True)
    """Potential under which it is reset from below."""

    reverse_reset_mode: ReverseReset = "none"
    """What a reset from below does; `saturate` holds the potential at the reverse threshold."""

    reverse_reset: float = 0.0
    """Potential after a hard reset from below."""

    @property
    def state(self) -> Mapping[str, Format]:
        """The potential, and whether the neuron fired."""
        return {"potential": Float(64), "spike": BIT}

    @property
    def current(self) -> Format:
        """The sum of the weights that arrived."""
        return Float(64)

    @property
    def surrogate(self) -> Format:
        """Stays 0: these chips do not learn by gradients."""
        return Float(64)

    @property
    def soft_reverse(self) -> float:
        """What a soft reset from below adds."""
        return -self.reverse_threshold

    @property
    def derived(self) -> Mapping[str, float]:
        """Resets: whether the potential is kept, and what is added."""
        spike = {"hard": self.reset, "soft": -self.threshold, "none": 0.0}
        reverse = {"hard": self.reverse_reset, "soft": self.soft_reverse, "none": 0.0}
        reverse["saturate"] = self.reverse_threshold
        return {
            "spike_keep": float(self.reset_mode in ("soft", "none")),
            "spike_add": spike[self.reset_mode],
            "reverse_keep": float(self.reverse_reset_mode in ("soft", "none")),
            "reverse_add": reverse[self.reverse_reset_mode],
        }


@register("stepped-lif")
class SteppedLIF(SteppedNeuron):
    """Leaky integrate-and-fire of barrier-synchronised chips, float64; in their descriptions it is `lif`."""

    leak_decay: float = 1.0
    """Factor of the potential per time step."""

    input_decay: float = 0.0
    """Factor of the synaptic current per time step."""

    refractory: float = Field(default=0, ge=0)
    """Time steps after a spike in which the neuron does not integrate."""

    @property
    def state(self) -> Mapping[str, Format]:
        """Potential, synaptic current, steps left of the refractory period, and whether the neuron fired."""
        return {**super().state, "synaptic_current": Float(64), "refractory_left": Float(64)}

    @stage(on="time step", per="neuron", writes=("potential", "synaptic_current", "refractory_left", "spike"))
    def soma(
        potential: Any,
        synaptic_current: Any,
        refractory_left: Any,
        current: Any,
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
        """`update`, in any step but the first."""
        v, u, left, fired, _ = update(
            potential,
            synaptic_current,
            refractory_left,
            current,
            current != 0,
            False,
            threshold,
            bias,
            leak_decay,
            input_decay,
            refractory,
            spike_keep,
            spike_add,
            reverse_threshold,
            reverse_keep,
            reverse_add,
        )
        return v, u, left, fired


def defaults(model: type[SteppedNeuron]) -> dict[str, float | str]:
    """Return the parameters per neuron of a stepped chip besides `threshold`, which has no default there."""
    given = {name: field.default for name, field in model.model_fields.items() if name != "threshold"}
    return {"v0": 0.0, **given}
