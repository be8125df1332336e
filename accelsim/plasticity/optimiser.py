"""How a gathered gradient becomes a change of the weight."""

from __future__ import annotations

from typing import Any, Literal

from accelsim.config.model import PathError
from accelsim.datapath.intrinsics import sqrt

Update = Literal["online", "end of sample"]
"""When weights change: with each learning signal, or by the sum of a sample's changes."""
Optimiser = Literal["sgd", "adam"]
"""Gradient descent, plain or with `adam`."""

MEAN_DECAY, SQUARE_DECAY, SMALLEST = 0.9, 0.999, 1e-8
"""Constants of Adam, the publication's."""


def check_optimiser(optimiser: Optimiser, update: Update) -> None:
    """Raise `PathError` if there is no gradient for the optimiser."""
    if optimiser == "adam" and update == "online":
        raise PathError("optimiser", "`adam` needs `update: end of sample`")


def adam(gradient: Any, mean: Any, square: Any, rate: Any) -> Any:
    """New mean and mean square of the gradient, and the change (D. P. Kingma, J. Ba, ICLR 2015).

    Without the publication's correction of the first steps, which are up to 3.2 times as large as with it.
    """
    mean = MEAN_DECAY * mean + (1.0 - MEAN_DECAY) * gradient
    square = SQUARE_DECAY * square + (1.0 - SQUARE_DECAY) * (gradient * gradient)
    return mean, square, -rate * mean / (sqrt(square) + SMALLEST)
