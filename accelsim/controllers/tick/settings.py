"""What an architecture may choose of a tick-driven core's function, and what a workload may set on it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from accelsim.config.model import Model
from accelsim.controllers.initial import InitialWeights


class TickOptions(Model):
    """Function of the core beside its neuron model and rules."""

    feedback: Literal["symmetric", "random", "adaptive"] = "symmetric"
    """Weights that carry output errors back: those of the readout, fixed random ones from a memory of their own, or
    random ones that change as the readout's do (with `weight_decay` of the output rule they become alike)."""
    exact_decays: bool = False
    """Whether floating-point outputs decay by a subtraction (see `accelsim.datapath.decay`)."""
    output_rule: str = "delta"
    """Plasticity rule of the readout; it also gives the format of the readout's weights."""
    consolidate_output: bool = True
    """Whether the consolidation that a workload asks for also works on the readout's synapses."""
    readout_bits: int = Field(default=16, ge=4, le=31)
    """Width of an output of a readout with fixed-point weights; otherwise outputs are float32."""
    readout_fraction: int = Field(default=8, ge=0, le=24)
    """Bits of such an output after the point."""


class TickSettings(Model):
    """Programming of the core: parameters and initial weights; a weight of 1 lifts a potential by 1."""

    neuron: dict[str, float | int | bool | str] = Field(default_factory=dict)
    """Parameters of the core's neuron model."""
    rules: dict[str, dict[str, float | int | bool | str]] = Field(default_factory=dict)
    """Parameters of plasticity rules by name, for this core; those under the workload's `learning` win."""
    readout_decay: float = Field(default=0.95, ge=0, le=1)
    """Factor of the outputs per time step."""
    target: float = 1.0
    """What the output of the right class should be; the others 0."""
    target_unit: float = Field(default=1.0, gt=0)
    """Output that a regression target of 1 stands for."""
    output_parameters: dict[str, float | int | bool | str] = Field(default_factory=dict)
    """Parameters of the readout's rule."""
    input_weights: InitialWeights = InitialWeights(scale=1.0)
    recurrent_weights: InitialWeights = InitialWeights(scale=0.5)
    output_weights: InitialWeights = InitialWeights(scale=0.5)
    feedback_weights: InitialWeights = InitialWeights(scale=1.0)
    """Weights of random feedback, and first ones of adaptive feedback, drawn as if the outputs were as many as the
    recurrent neurons."""
