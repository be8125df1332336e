"""What a workload may set on an ODIN core."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from accelsim.config.model import Model, PathError
from accelsim.controllers.handshake import Handshake


class OdinOptions(Model):
    """The released design has no options."""


class Teacher(Model):
    """The signal that tells the right class during training: virtual events for its output neuron."""

    after_events: int = Field(default=20, ge=0)
    """Input events of a sample before it comes."""
    events: int = Field(default=35, ge=0)
    """Virtual events, one after the other."""
    weight: int = Field(default=7, ge=1, le=7)
    """Excitation by each."""


class Neuron(Model):
    """Parameters of the output neurons, by the names of their fields; the defaults are assumed, a task's choice."""

    thr: int = Field(default=180, ge=1, le=255)
    """Firing threshold during training."""
    thr_inference: int = Field(default=16, ge=1, le=255)
    """Firing threshold otherwise."""
    leak_str: int = Field(default=127, ge=0, le=127)
    """Leak of a time reference."""
    thetamem: int = Field(default=115, ge=0, le=255)
    """Potential from which on a synapse is strengthened, below which it is weakened."""
    theta1: int = Field(default=1, ge=0, le=7)
    """Calcium from which on anything is learnt."""
    theta2: int = Field(default=2, ge=0, le=7)
    """Calcium from which on nothing is weakened any more."""
    theta3: int = Field(default=3, ge=0, le=7)
    """Calcium from which on nothing is strengthened any more."""
    caleak: int = Field(default=1, ge=0, le=31)
    """Time references after which calcium falls by one; 0 for never."""


class OdinSettings(Model):
    """Programming of the core for classification by spike-driven plasticity; a sample ends with time references."""

    neuron: Neuron = Neuron()
    teacher: Teacher = Teacher()
    initial_weights: tuple[int, int] = (0, 7)
    """Least and largest weight, drawn evenly."""
    inhibition: int = Field(default=0, ge=0)
    """Weight by which an output neuron's spike inhibits the other ones; it then takes its way through the scheduler."""
    resets: int = Field(default=2, ge=0, le=1000)
    """Time references at the beginning of a sample: they clear the potentials."""
    drift_every: int = Field(default=0, ge=0)
    """Training samples from one bistability event to the next; 0 for none."""
    open_loop: bool = True
    """Spikes leave the chip only; they do not enter the scheduler."""
    handshake: Handshake = Handshake()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        low, high = self.initial_weights
        if not 0 <= low <= high:
            raise PathError("initial_weights", f"{low} to {high} is no range of weights")
        if self.inhibition and self.open_loop:
            raise PathError("inhibition", "needs `open_loop: false`: the spikes must enter the scheduler")
        return self
