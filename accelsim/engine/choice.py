"""Counters of every time step by the engine that the user chose."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.schema import Architecture
from accelsim.controllers.activity import Activity
from accelsim.engine.counts import count_engine
from accelsim.engine.program import Program
from accelsim.engine.reference import ReferenceEngine

Engine = Literal["compiled", "simpy"]
ENGINES: tuple[Engine, ...] = ("compiled", "simpy")


class TickCounters:
    """The chosen engine of a core, as far as counters go.

    Parameters
    ----------
    architecture : Architecture
    program : Program
        Its control, lowered for a network.
    engine : {"compiled", "simpy"}
        `compiled` sums up in closed form; `simpy` simulates, and needs the masks of every time step.
    """

    def __init__(self, architecture: Architecture, program: Program, engine: str) -> None:
        self.closed_form = count_engine(program)
        self.counters = self.closed_form.counters
        self.reference = ReferenceEngine(architecture, program.placement, program.vocabulary)
        self.engine = engine

    def count(self, activity: Activity) -> NDArray[np.int64]:
        """Counters of every time step, (time steps, counters)."""
        if self.engine == "compiled":
            return self.closed_form.run(activity.counts)
        return self.reference.run(activity).table(self.counters)
