"""What a tick-driven core holds after each time step, for comparison with other implementations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.samples import Samples
from accelsim.controllers.tick.controller import Tick


def record_states(core: Tick, samples: Samples) -> dict[str, NDArray[Any]]:
    """Run samples on a core one time step at a time.

    Returns
    -------
    dict
        Arrays with an entry per time step: every word of the neurons' state, their `surrogate`, the `learning_signal`
        and the outputs, `total`. In the last time step of a sample they are zero but for the learning signal.
    """
    words = (*core.path.neuron.state, "surrogate")
    found: dict[str, list[NDArray[Any]]] = {name: [] for name in (*words, "learning_signal", "total")}
    stimulus = core._stimulus(samples)
    for t in range(samples.ticks):
        core._advance(core._loop, stimulus, range(t, t + 1), samples)
        for name in words:
            found[name].append(getattr(core.state.neurons, name).copy())
        found["learning_signal"].append(core.state.back.learning_signal.copy())
        found["total"].append(core.state.out.total.copy())
    return {name: np.array(values) for name, values in found.items()}
