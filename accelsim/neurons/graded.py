"""Neurons that send a number in every time step instead of spikes: rectified, logistic, and an integrator.

::

    v <- decay v + I,    activity = max(0, v)  or  1 / (1 + e^(-v))  or  v

The surrogate derivative is the activity's own with respect to the potential. They are for cores that multiply
activities with weights; `spike` tells whether there is anything to send.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from accelsim.datapath.intrinsics import maximum, sigmoid, where
from accelsim.datapath.stages import stage
from accelsim.datapath.words import BIT, Float, Format
from accelsim.neurons.base import NeuronModel, register


class GradedNeuron(NeuronModel):
    """Base of models that keep an ``activity``."""

    graded: ClassVar[bool] = True

    float_bits: Literal[32, 64] = 32
    """Width of every word but the flag."""

    decay: float = Field(default=0.0, ge=0, le=1)
    """Factor of the potential per time step; 0 for none from step to step."""

    @property
    def state(self) -> Mapping[str, Format]:
        """Potential and activity."""
        word = Float(self.float_bits)
        return {"potential": word, "activity": word, "spike": BIT}

    @property
    def current(self) -> Format:
        """Format of the summed synaptic input."""
        return Float(self.float_bits)

    @property
    def surrogate(self) -> Format:
        """Format of the derivative of the activity."""
        return Float(self.float_bits)


@register("relu")
class ReLU(GradedNeuron):
    """Rectified linear unit: activity max(0, v)."""

    @stage(on="time step", per="neuron", writes=("potential", "activity", "spike", "surrogate"))
    def soma(potential: Any, current: Any, decay: Any) -> Any:
        """Leak, integrate, rectify."""
        potential = decay * potential + current
        active = potential > 0
        return potential, maximum(potential, 0), active, where(active, 1.0, 0.0)


@register("sigmoid")
class Sigmoid(GradedNeuron):
    """Logistic unit: activity 1 / (1 + e^-v)."""

    @stage(on="time step", per="neuron", writes=("potential", "activity", "spike", "surrogate"))
    def soma(potential: Any, current: Any, decay: Any) -> Any:
        """Leak, integrate, squash."""
        potential = decay * potential + current
        activity = sigmoid(potential)
        return potential, activity, activity > 0, activity * (1.0 - activity)


@register("integrator")
class Integrator(GradedNeuron):
    """Linear unit: activity v, by default without a leak."""

    decay: float = Field(default=1.0, ge=0, le=1)
    """Factor of the potential per time step."""

    @stage(on="time step", per="neuron", writes=("potential", "activity", "spike", "surrogate"))
    def soma(potential: Any, current: Any, decay: Any) -> Any:
        """Leak and integrate."""
        potential = decay * potential + current
        return potential, potential, potential != 0, 1.0
