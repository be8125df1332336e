"""Messages of cores that share a network and learn: spikes, sums of the outputs, errors.

A time step has one round of messages, or three if there is a target; cores wait for each other after each.

- First round: a core computes its spikes and sends them, computes its part of the outputs and sends it to the core of
  the readout if any of its neurons fired, then works on: without a target until the end of the time step.
- Second: the core of the readout, which has all parts now, computes the errors and sends them.
- Third: all cores learn from them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.datapath.compile import kernel
from accelsim.engine.stepped.messages import TAIL, TimedMessages, timed_messages

SEGMENTS = ("spikes", "sums", "others", "errors", "learning")
"""Parts of a core's work in a time step, in order: until its spikes are sent, its sums, ... ."""
ROUNDS = 3
"""Rounds of a time step with a target."""


class ExchangeWork(NamedTuple):
    """What the cores do in some time steps.

    Attributes
    ----------
    cycles : (steps, cores, 5) int64
        By `SEGMENTS`.
    spikes : (steps, cores) int64
    target : (steps,) uint8
        Whether errors are sent.
    errors : (steps,) int64
        Messages that take them to a core.
    outputs : int
        Messages of a core's sums.
    fan_out : (steps, cores, cores) int64, or (0, 0, 0)
        Spikes of a core, the first index, that each other core hears; without it, all of them.
    """

    cycles: NDArray[np.int64]
    spikes: NDArray[np.int64]
    target: NDArray[np.uint8]
    errors: NDArray[np.int64]
    outputs: int
    fan_out: NDArray[np.int64] = np.zeros((0, 0, 0), np.int64)

    @property
    def copies(self) -> NDArray[np.int64]:
        """(steps, cores): messages of a core's spikes."""
        if self.fan_out.size:
            return np.asarray(self.fan_out.sum(axis=2))
        return self.spikes * (self.spikes.shape[1] - 1)

    @property
    def sends_sums(self) -> NDArray[np.bool_]:
        """(steps, cores): cores with sums to send, the readout's own included."""
        return self.spikes > 0


def exchange(
    work: ExchangeWork, readout: int, send: int, serve: tuple[int, int, int]
) -> tuple[TimedMessages, NDArray[np.int64]]:
    """Messages of the cores, in cycles.

    Parameters
    ----------
    work : of the cores that hold neurons, which are the first of the chip
    readout : core of the outputs
    send : cycles of the sender for a message
    serve : cycles of the receiver for a spike, a sum, an error

    Returns
    -------
    messages : TimedMessages
        A step is a round.
    first : (steps + 1,) int64
        First round of each time step, and their number.
    """
    cores = work.spikes.shape[1]
    target = work.target != 0
    first = np.concatenate([[0], np.cumsum(np.where(target, ROUNDS, 1))])
    sums = work.sends_sums.sum(axis=1) - work.sends_sums[:, readout]
    rows = np.full(first[-1], cores, np.int64)
    rows[first[:-1]] += work.copies.sum(axis=1) + sums * work.outputs
    rows[first[:-1][target] + 1] += work.errors[target] * (cores - 1)
    start = np.concatenate([[0], np.cumsum(rows)])
    source, destination, gen, proc = np.zeros((4, start[-1]), np.int64)
    _fill(*work, readout, send, np.array(serve, np.int64), source, destination, gen, proc)
    return timed_messages(start, source, destination, gen, proc), first


@kernel
def _fill(
    cycles: np.ndarray,
    spikes: np.ndarray,
    target: np.ndarray,
    errors: np.ndarray,
    outputs: int,
    fan_out: np.ndarray,
    readout: int,
    send: int,
    serve: np.ndarray,
    source: np.ndarray,
    destination: np.ndarray,
    gen: np.ndarray,
    proc: np.ndarray,
) -> None:
    """Fill in the rows; work goes to the first message after it. Copies go to the core of the next number first, so
    that not all cores send to the same one at once."""
    cores = spikes.shape[1]
    row = 0
    for t in range(spikes.shape[0]):
        for core in range(cores):
            done = cycles[t, core, 0]
            for spike in range(spikes[t, core]):
                for way in range(1, cores):
                    other = (core + way) % cores
                    if fan_out.shape[0] > 0 and spike >= fan_out[t, core, other]:
                        continue
                    source[row], destination[row] = core, other
                    gen[row], proc[row] = done + send, serve[0]
                    done = 0
                    row += 1
            done += cycles[t, core, 1]
            if spikes[t, core] > 0 and core != readout:
                for _ in range(outputs):
                    source[row], destination[row] = core, readout
                    gen[row], proc[row] = done + send, serve[1]
                    done = 0
                    row += 1
            done += cycles[t, core, 2]
            if target[t] == 0:
                done += cycles[t, core, 3] + cycles[t, core, 4]
            source[row], destination[row], gen[row] = core, TAIL, done
            row += 1
        if target[t] == 0:
            continue
        for core in range(cores):
            done = cycles[t, core, 3]
            if core == readout:
                for _ in range(errors[t]):
                    for way in range(1, cores):
                        source[row], destination[row] = core, (core + way) % cores
                        gen[row], proc[row] = done + send, serve[2]
                        done = 0
                        row += 1
            source[row], destination[row], gen[row] = core, TAIL, done
            row += 1
        for core in range(cores):
            source[row], destination[row], gen[row] = core, TAIL, cycles[t, core, 4]
            row += 1
