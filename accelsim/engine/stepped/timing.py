"""Time of steps by one model of the network or another, and what held each step up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accelsim.controllers.stepped.chunk import Messages
from accelsim.engine.choice import Engine
from accelsim.engine.noc.config import NocConfig
from accelsim.engine.stepped import ideal, transaction
from accelsim.engine.stepped.bound import Work, link_messages, work
from accelsim.engine.stepped.costs import Grid, StepCosts
from accelsim.engine.stepped.cycle import CycleNetwork, router_network
from accelsim.engine.stepped.messages import TimedMessages, timed
from accelsim.engine.stepped.schedule import LAST_DONE, LAST_SENT, LAST_TAIL, Schedule

Fidelity = Literal["ideal", "transaction", "cycle"]

SENDER, RECEIVER = 0, 1
"""Sides of a core."""


@dataclass(frozen=True, eq=False)
class StepTimes:
    """Times of consecutive steps, in ticks.

    Attributes
    ----------
    messages : the messages with their durations
    schedule : when they were sent and served
    barrier : duration of the barrier after each step
    tails_last : whether work after a chip's last message waits until the network has drained
    grid : where cores and links are
    """

    messages: TimedMessages
    schedule: Schedule
    barrier: int
    tails_last: bool
    grid: Grid

    @cached_property
    def time(self) -> NDArray[np.int64]:
        """(steps,): duration of each step, barrier included."""
        sent, done, tail = (self.schedule.ends[:, i] for i in (LAST_SENT, LAST_DONE, LAST_TAIL))
        drained = np.maximum(sent, done)
        if self.tails_last:
            return drained + np.maximum(tail - sent, 0) + self.barrier
        return np.maximum(drained, tail) + self.barrier

    @cached_property
    def work(self) -> Work:
        """Ticks for which the sender and the receiver of each core work."""
        return work(self.messages, self.grid.cores)

    @property
    def bound(self) -> NDArray[np.int64]:
        """(steps,): time without any waiting, barrier included."""
        return self.work.bound + self.barrier

    @property
    def blocked(self) -> NDArray[np.int64]:
        """(steps, cores): ticks for which each sender waited for the network."""
        return self.schedule.blocked

    @cached_property
    def link_messages(self) -> NDArray[np.int64]:
        """(steps, 4 * routers): messages over each link, east, west, north, south of each router."""
        return link_messages(self.messages, self.grid)

    @cached_property
    def critical(self) -> NDArray[np.int64]:
        """(steps, 2): core that ended each step, and its side, `SENDER` or `RECEIVER`; -1 in a step without work."""
        ends = self.schedule.ends
        sent, done, tail = (ends[:, i] for i in (LAST_SENT, LAST_DONE, LAST_TAIL))
        by_tail = tail > (sent if self.tails_last else np.maximum(sent, done))
        by_receiver = ~by_tail & (done > 0) & (done >= sent)
        column = np.where(by_tail, LAST_TAIL, np.where(by_receiver, LAST_DONE, LAST_SENT)) + 1
        core = np.take_along_axis(ends, column[:, None], axis=1)[:, 0]
        idle = ends[:, [LAST_SENT, LAST_DONE, LAST_TAIL]].max(axis=1, initial=0) == 0
        return np.where(idle[:, None], -1, np.stack([core, by_receiver.astype(np.int64)], axis=1))


def _compiled(fidelity: Fidelity, network: NocConfig, clock: int) -> Callable[..., Schedule]:
    """What schedules the messages of steps: a function of messages, grid, costs and whether to record."""
    if fidelity == "cycle":
        return CycleNetwork(network, clock).schedule
    return ideal.schedule if fidelity == "ideal" else transaction.schedule


def _reference(fidelity: Fidelity, network: NocConfig, clock: int) -> Callable[..., Schedule]:
    """The same as SimPy processes; they always record."""
    from accelsim.engine.stepped import reference

    def schedule(messages: TimedMessages, grid: Grid, costs: StepCosts, recorded: bool) -> Schedule:
        if fidelity == "cycle":
            return reference.cycle_schedule(messages, grid, costs, network, clock)
        kind = reference.Step if fidelity == "ideal" else reference.TransactionStep
        return reference.schedule(messages, grid, costs, kind)

    return schedule


class StepTiming:
    """Times steps of a chip whose cores meet at a barrier after each.

    Parameters
    ----------
    grid : where the cores are
    costs : durations and sizes
    cores_in_use : cores that hold neurons; the barrier spans their routers
    fidelity : model of the network
    noc : network of fidelity "cycle"; by default one whose hops take what the costs say
    clock : ticks of the network's cycle
    tails_last : whether work after the chip's last message waits until the network has drained
    engine : which of the two engines

    Raises
    ------
    ConfigError
        If a size or duration is out of range.
    """

    def __init__(
        self,
        grid: Grid,
        costs: StepCosts,
        cores_in_use: ArrayLike,
        *,
        fidelity: Fidelity = "cycle",
        noc: NocConfig | None = None,
        clock: int = 10,
        tails_last: bool = False,
        engine: Engine = "compiled",
    ) -> None:
        self.grid, self.costs, self.tails_last = grid, costs, tails_last
        self.barrier = costs.barrier_ticks(grid.tiles(np.asarray(cores_in_use)))
        network = noc or router_network(grid, costs, clock)
        self._schedule = (_compiled if engine == "compiled" else _reference)(fidelity, network, clock)

    def run(self, messages: Messages, *, recorded: bool = False) -> StepTimes:
        """Time the steps of a chunk.

        Parameters
        ----------
        recorded : whether to keep the moments of every message in the schedule
        """
        return self.run_timed(timed(messages, self.costs), recorded=recorded)

    def run_timed(self, messages: TimedMessages, *, recorded: bool = False) -> StepTimes:
        """The same for messages with given durations."""
        schedule = self._schedule(messages, self.grid, self.costs, recorded)
        return StepTimes(messages, schedule, self.barrier, self.tails_last, self.grid)
