"""Simulated times of the golden cases of kind `snn-chip-steps`, compared with two other simulators.

`time_detailed` is a queueing model, `time_cycle` a network flit by flit (of the first steps of some cases).  Neither is
the same model as ours: totals are compared, with a tolerance.  The flit-level reference has buffers of 16 flits in
every case, and adds work after a chip's last message once the network has drained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.engine.choice import ENGINES
from accelsim.engine.stepped.messages import TimedMessages
from accelsim.engine.stepped.timing import Fidelity, StepTiming
from accelsim.validation.runner import Check, equal
from accelsim.validation.snn_case import TICK_S, Chip

CLOCK = 10
"""Ticks of a cycle of the flit-level reference: 1 ns."""
FLITS = 16
"""Places of its buffers and receive queues."""
DETAILED_TOLERANCE = 0.06
CYCLE_TOLERANCE = {"dvs_gesture": 0.02}
"""By case, elsewhere 0.01."""
REFERENCE_MESSAGES = 3000
"""Messages of the steps that the reference engine repeats."""
FIDELITIES: tuple[Fidelity, ...] = ("transaction", "cycle")


def time_checks(
    name: str,
    chip: Chip,
    messages: TimedMessages,
    core: NDArray[np.integer],
    expected: Mapping[str, NDArray[Any]],
) -> Iterator[tuple[Check, str]]:
    """Checks of the total time, and what to say about each.

    Parameters
    ----------
    name : of the case
    chip : its sizes and durations
    messages : of all steps
    core : of each neuron
    expected : holds `time_detailed`, and perhaps `time_cycle`
    """
    costs = replace(chip.costs(), link=CLOCK)
    for fidelity in FIDELITIES:
        timing = StepTiming(chip.grid(), costs, core, fidelity=fidelity, clock=CLOCK)
        found = timing.run_timed(messages).time
        yield _total(f"{fidelity} against time_detailed", found, expected["time_detailed"], DETAILED_TOLERANCE)
    if "time_cycle" in expected:
        costs = replace(costs, buffer=FLITS, receive_queue=FLITS)
        timing = StepTiming(chip.grid(), costs, core, clock=CLOCK, tails_last=True)
        found = timing.run_timed(messages.part(0, len(expected["time_cycle"]))).time
        yield _total("cycle against time_cycle", found, expected["time_cycle"], CYCLE_TOLERANCE.get(name, 0.01))


def reference_checks(chip: Chip, messages: TimedMessages, core: NDArray[np.integer]) -> Iterator[Check]:
    """The reference engine on the first steps, which must take exactly as long as on the compiled one."""
    steps = int(np.searchsorted(messages.step_start, REFERENCE_MESSAGES, side="right")) - 1
    part = messages.part(0, max(1, min(steps, messages.steps)))
    costs = replace(chip.costs(), link=CLOCK)
    for fidelity in FIDELITIES:
        compiled, reference = (
            StepTiming(chip.grid(), costs, core, fidelity=fidelity, clock=CLOCK, engine=engine).run_timed(part).time
            for engine in ENGINES
        )
        yield equal(f"{fidelity}, first {part.steps} steps", reference, compiled)


def _total(what: str, ticks: NDArray[np.int64], seconds: NDArray[np.float64], tolerance: float) -> tuple[Check, str]:
    difference = float(ticks.sum() * TICK_S / seconds.sum() - 1)
    steps = float(np.abs(ticks * TICK_S / seconds - 1).max())
    note = f"{what} {difference:+.2%}, steps within {steps:.1%}"
    wrong = abs(difference) > tolerance
    first = f"total differs by {difference:+.2%}, more than {tolerance:.0%}" if wrong else ""
    return Check(what, 1, int(wrong), first), note
