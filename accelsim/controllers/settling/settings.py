"""What an architecture may choose of a settling core's function, and what a workload may set on it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from accelsim.config.model import Model
from accelsim.controllers.initial import InitialWeights


class SettlingOptions(Model):
    """How errors return through the weights."""

    transposed: Literal["free", "copy", "slow"] = "free"
    """Transposed weights: read like others, read from a copy that is kept up to date, or one column of the array after
    the other."""


class SettlingSettings(Model):
    """Programming of the core."""

    rules: dict[str, dict[str, float | int | bool | str]] = Field(default_factory=dict)
    """Parameters of plasticity rules by name, for this core; those under the workload's `learning` win."""
    output: Literal["softmax", "linear"] = "softmax"
    """What the output answers with, and is compared with its target."""
    activation: Literal["relu", "sign"] = "relu"
    """What neurons send of their activity h: max(0, h), or its sign, with the slope of a line from -1 to 1 (estimated
    straight through; M. Courbariaux et al., arXiv:1602.02830)."""
    bias: bool = True
    """Whether each neuron has a synapse from a rate that is always 1."""
    weights: InitialWeights = InitialWeights(scale=1.0)
    """Of every layer; biases start from 0."""
