"""Initial weights of a network, drawn from a law."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from accelsim.config.model import Model


class InitialWeights(Model):
    """Law of the weights of a projection before anything is learnt.

    The standard deviation is ``scale / sqrt(presynaptic neurons)``, so that the summed input of a neuron has the
    same spread whatever the number of its inputs. The unit of `scale` is the controller's: a real weight of 1, or
    the last bit of an integer weight.
    """

    law: Literal["normal", "uniform", "zero"] = "normal"
    """Distribution; `uniform` is symmetric around zero with the same standard deviation."""
    scale: float = Field(default=0.0, ge=0)
    """Standard deviation times the root of the number of presynaptic neurons; unused with `zero`."""
    self_connections: bool = True
    """Whether a neuron of a recurrent projection may have a weight onto itself."""

    def draw_real(self, rng: np.random.Generator, pre: int, post: int) -> NDArray[np.float64]:
        """Draw (pre, post) real weights."""
        deviation = self.scale / np.sqrt(pre)
        if self.law == "zero":
            weights = np.zeros((pre, post))
        elif self.law == "normal":
            weights = rng.normal(0.0, deviation, (pre, post))
        else:
            weights = rng.uniform(-1.0, 1.0, (pre, post)) * np.sqrt(3.0) * deviation
        if not self.self_connections:
            np.fill_diagonal(weights, 0.0)
        return weights

    def draw(self, rng: np.random.Generator, pre: int, post: int) -> NDArray[np.int8]:
        """Draw (pre, post) int8 weights: rounded to integers and clipped to -128..127."""
        return np.clip(np.rint(self.draw_real(rng, pre, post)), -128, 127).astype(np.int8)
