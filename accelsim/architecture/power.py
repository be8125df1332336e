"""The schema of power management: what the clock and the supply do while nothing is to be done, and other points.

All of it is priced, none of it is timed: a wake-up delays the event that it was for, and that delay stands in the
account of power in real time, not in the cycles of the run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from accelsim.architecture.roles import cost
from accelsim.config.errors import choose_from
from accelsim.config.model import Model, PathError
from accelsim.config.quantity import Energy, Frequency, Time, Voltage

if TYPE_CHECKING:
    from accelsim.architecture.schema import Core


class PowerDomain(Model):
    """Parts of the core whose supply is switched off together between time steps.

    A part that must not forget, a volatile memory or flip-flops, keeps its content at a lower supply.
    """

    components: tuple[str, ...] = cost(min_length=1)
    """Memories, units, queues and flip-flops."""
    after: Time = cost(0.0)
    """Time without work after which they are switched off."""
    wake_up_time: Time = cost(100e-9)
    """Before work can begin; the default is assumed."""
    wake_up_energy: Energy | None = cost(None)
    """Of the whole domain; without it, that of charging the capacitance of its area."""
    residual: Annotated[float, Field(ge=0, le=1)] | None = cost(None)
    """Share of the leakage that remains while switched off; without it, constants `power_gating_residual`, and
    `retention_residual` for what keeps its content."""


class PowerPoint(Model):
    """A supply and a clock at which the same silicon could run."""

    voltage: Annotated[Voltage, Field(gt=0)] = cost()
    """Supply."""
    clock: Frequency = cost()
    """Clock."""


class PowerManagement(Model):
    """What saves power."""

    clock_gating: bool = cost(True)
    """Whether the clock stops between time steps; otherwise registers are clocked all the time."""
    domains: dict[str, PowerDomain] = cost(default_factory=dict)
    """What is switched off together, by name."""
    points: dict[str, PowerPoint] = cost(default_factory=dict)
    """Supplies and clocks to compare."""


OWN_POINT = "own"
"""Name of the supply and clock that the chip itself has."""


def power_problems(power: PowerManagement, core: Core) -> Iterator[PathError]:
    """Names in domains that lead nowhere, parts that belong to two, and a name of a point that is taken."""
    if OWN_POINT in power.points:
        yield PathError(("power", "points", OWN_POINT), "is the chip's own point; choose another name")
    known: Mapping[str, object] = {**core.memories, **core.units, **core.queues, **core.flops}
    owners = Counter(name for domain in power.domains.values() for name in set(domain.components))
    for domain_name, domain in power.domains.items():
        at = ("power", "domains", domain_name)
        for i, name in enumerate(domain.components):
            here = (*at, "components", i)
            if name not in known:
                yield PathError(
                    here, f"`{name}` is no memory, unit, queue or flops of this core{choose_from(name, known)}"
                )
            elif owners[name] > 1 or domain.components.count(name) > 1:
                yield PathError(here, f"`{name}` is in a domain already")
            elif name in core.memories and core.memories[name].kind == "edram" and domain.residual is None:
                message = f"`{name}` is refreshed all the time: give the `residual` of a memory that may forget"
                yield PathError(here, message)
