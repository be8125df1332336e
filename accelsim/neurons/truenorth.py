"""TrueNorth neuron in its deterministic modes, as SANA-FE 2.2.9 models it.

A. S. Cassidy et al., "Cognitive computing building block", IJCNN 2013. The potential leaks linearly, by a constant or
towards zero (which it may overshoot), then integrates; it neither decays nor loses precision. A spike needs
v >= threshold; otherwise v <= reverse_threshold resets it from below. Resets are those of
`accelsim.neurons.stepped_lif`, but a `soft` reverse reset adds the reverse threshold.
"""

from __future__ import annotations

from typing import Any

from accelsim.datapath.intrinsics import where
from accelsim.datapath.stages import stage
from accelsim.neurons.base import register
from accelsim.neurons.stepped_lif import SteppedNeuron


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
    low = v <= reverse_threshold
    after_spike = where(spike_keep != 0, v, 0.0) + spike_add
    after_low = where(reverse_keep != 0, v, 0.0) + reverse_add
    return where(fired, after_spike, where(low, after_low, v)), fired, active


@register("truenorth")
class TrueNorth(SteppedNeuron):
    """TrueNorth neuron in its deterministic modes, float64."""

    leak: float = 0.0
    """Added in every time step, or taken towards zero."""

    leak_towards_zero: int = 0
    """Whether the leak goes towards zero."""

    @property
    def soft_reverse(self) -> float:
        """What a soft reset from below adds."""
        return self.reverse_threshold

    @stage(on="time step", per="neuron", writes=("potential", "spike"))
    def soma(
        potential: Any,
        current: Any,
        threshold: Any,
        bias: Any,
        leak: Any,
        leak_towards_zero: int,
        spike_keep: Any,
        spike_add: Any,
        reverse_threshold: Any,
        reverse_keep: Any,
        reverse_add: Any,
    ) -> Any:
        """`update`."""
        v, fired, _ = update(
            potential,
            current,
            current != 0,
            threshold,
            bias,
            leak,
            leak_towards_zero,
            spike_keep,
            spike_add,
            reverse_threshold,
            reverse_keep,
            reverse_add,
        )
        return v, fired
