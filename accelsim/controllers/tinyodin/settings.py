"""What a workload may set on a tinyODIN core."""

from __future__ import annotations

from pydantic import Field

from accelsim.config.model import Model
from accelsim.controllers.handshake import Handshake


class TinyOdinOptions(Model):
    """The released design has no options."""


class TinyOdinSettings(Model):
    """Off-line training of the weights, thresholds, and the events beside those of the inputs; defaults are assumed."""

    epochs: int = Field(default=40, gt=0, le=10_000)
    """Of off-line training; half as many follow with rounded weights."""
    rate: float = Field(default=3e-3, gt=0)
    """Rate of off-line training."""
    clip: float = Field(default=0.5, gt=0, le=1)
    """Full scale of a weight's code, as a share of its layer's largest weight."""
    hidden_spikes: float = Field(default=5.0, gt=0)
    """Spikes of a very active hidden neuron (the 99th percentile) in a sample: sets their threshold."""
    output_threshold: int = Field(default=8, gt=0, le=2047)
    """Threshold of the output neurons."""
    resets: int = Field(default=17, ge=0, le=1000)
    """Time references at the beginning of a sample; 17 leaks bring any 12-bit potential to zero."""
    leak: int = Field(default=127, ge=0, le=127)
    """Leak of a time reference."""
    open_loop: bool = False
    """Spikes leave the chip only; they do not enter the scheduler."""
    handshake: Handshake = Handshake()
