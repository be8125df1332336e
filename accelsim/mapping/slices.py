"""A population cut into contiguous slices of whole blocks, one for each core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from accelsim.config.errors import ConfigError, DoesNotFit, Problem

Policy = Literal["balance", "fill"]


@dataclass(frozen=True)
class Slices:
    """Neurons of each core that holds any: core c has ``start[c]`` to ``start[c + 1] - 1``.

    Attributes
    ----------
    start : tuple of int
        First neuron of each core, and the number of neurons.
    lanes : int
        Neurons of a block; every slice begins with a block.
    """

    start: tuple[int, ...]
    lanes: int

    @classmethod
    def cut(cls, neurons: int, lanes: int, cores: int, policy: Policy, room: int | None = None) -> Self:
        """Cut a population.

        Parameters
        ----------
        neurons, lanes : neurons of the population and of a block
        cores : cores that there are
        policy : `balance` gives all cores as many blocks, earlier ones the odd ones; `fill` fills core after core
        room : neurons that a core has room for, by default any number with `balance`

        Raises
        ------
        ConfigError
            If a block does not fit a core, the cores have not enough room, or `fill` has no bound.
        """
        if policy == "fill" and room is None:
            raise ConfigError(
                Problem(path="neurons_per_core", message="missing; `fill` needs to know when a core is full")
            )
        blocks = -(-neurons // lanes)
        most = blocks if room is None else room // lanes
        if most == 0:
            message = f"{room} neurons a core are less than a block of {lanes}"
            raise ConfigError(Problem(path="neurons_per_core", message=message))
        if blocks > most * cores:
            message = f"{cores} cores of {most} blocks of {lanes} have room for {most * cores * lanes} neurons, "
            message += f"{neurons - most * cores * lanes} less than the {neurons} of the network"
            raise DoesNotFit(Problem(path="neurons_per_core", message=message))
        if policy == "fill":
            first = list(range(0, blocks, most))
        else:
            each, odd = divmod(blocks, cores)
            first = [core * each + min(core, odd) for core in range(min(cores, blocks))]
        return cls((*(block * lanes for block in first), neurons), lanes)

    @property
    def cores(self) -> int:
        """Cores that hold neurons: the first so many of the chip."""
        return len(self.start) - 1

    def neurons(self, core: int) -> range:
        """Neurons of a core."""
        return range(self.start[core], self.start[core + 1])

    def blocks(self, core: int) -> range:
        """Blocks of a core, counted over the population."""
        return range(self.start[core] // self.lanes, -(-self.start[core + 1] // self.lanes))

    def sizes(self) -> tuple[int, ...]:
        """Number of neurons of each core."""
        return tuple(len(self.neurons(core)) for core in range(self.cores))
